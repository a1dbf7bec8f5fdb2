"""Base R4B by fhir.resources (structure, cardinality, types), Japan by our own table, and the OpenAPI document by openapi-spec-validator.

Prints one JSON line; exits 1 when anything is refused, or when a seeded fault passes.
"""

import json
import sys

import japan
from fhir.resources.R4B import get_fhir_model_class
from openapi_spec_validator import OpenAPIV31SpecValidator


def refused(resource):
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        return None
    except Exception as error:  # whatever it raises, it refuses
        return str(error)


with open(sys.argv[1], encoding="utf-8") as file:
    emitted = json.load(file)
resources = emitted["resources"]

complaints = []
for resource in resources:
    said = refused(resource)
    if said is not None:
        complaints.append({"of": resource["resourceType"], "id": resource.get("id"), "said": said})

for resource in resources:
    for said in japan.complaints_about(resource):
        complaints.append({"by": "japan", "of": resource["resourceType"], "id": resource.get("id"), "said": said})

for error in OpenAPIV31SpecValidator(emitted["openapi"]).iter_errors():
    complaints.append({"of": "OpenAPI", "said": f"{list(error.absolute_path)}: {error.message}"})

# The gates can close.
if not list(OpenAPIV31SpecValidator({**emitted["openapi"], "info": {}}).iter_errors()):
    complaints.append({"said": "an OpenAPI document without a title passed"})
dose = next(resource for resource in resources if resource["resourceType"] == "Immunization")
if refused({**dose, "occurrenceDateTime": "2026-13-01"}) is None:
    complaints.append({"said": "month 13 passed"})

complaints.extend({"said": fault} for fault in japan.missed())

print(json.dumps({"resources": len(resources), "complaints": complaints}, ensure_ascii=False))
sys.exit(1 if complaints else 0)
