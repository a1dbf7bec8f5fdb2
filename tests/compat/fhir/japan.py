"""What no validator sees of Japan: the extensions of JP Core, Japanese code systems, and numbers that belong to nobody else.

The tables are JP Core's (jami-fhir-jp-wg/jp-core-v1x, commit cb1f4ee1) and MEDIS-DC's, as far as Musubi may ever say any of it: whatever
calls itself Japanese and stands in no table is a complaint too, since it is misspelt or not thought through.
"""

import re

EXTENSIONS = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/"
# Name: resource that may have it, type of its value, how often.
EXTENSION = {
    "JP_Immunization_DueDateOfNextDose": ("Immunization", "valueDate", 1),
    "JP_Immunization_ManufacturedDate": ("Immunization", "valueDate", 1),
    "JP_Immunization_CertificatedDate": ("Immunization", "valueDate", 1),
}
PROFILES = "http://jpfhir.jp/fhir/core/StructureDefinition/"
PROFILE = {"JP_Patient": "Patient", "JP_Immunization": "Immunization", "JP_Observation_Common": "Observation"}
# Code system: what its codes look like.
SYSTEM = {
    "http://medis.or.jp/CodeSystem/master-HOT9": r"\d{9}",
    "http://medis.or.jp/CodeSystem/master-HOT13": r"\d{13}",
    "http://capstandard.jp/iyaku.info/CodeSystem/YJ-code": r"[0-9A-Z]{12}",
    "http://medis.or.jp/CodeSystem/master-disease-exCode": r"[0-9A-Z]{4,8}",
}
JAPANESE = re.compile(r"^(https?://|urn:).*(medis\.or\.jp|capstandard|jpfhir|jami\.jp)|^urn:oid:1\.2\.392\.")
TWELVE_DIGITS = re.compile(r"(?<![0-9A-Za-z+/_-])\d{12}(?![0-9A-Za-z+/_=-])")
PHONETIC = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"


def complaints_about(resource):
    """Every complaint about a resource and what it contains, each with its place."""
    return [f"{place}: {said}" for place, said in _resource(resource.get("resourceType", "?"), resource)]


def _resource(place, resource):
    kind = resource.get("resourceType")
    for profile in resource.get("meta", {}).get("profile", []):
        if profile.startswith(PROFILES) and PROFILE.get(profile.removeprefix(PROFILES)) != kind:
            yield f"{place}.meta.profile", f"{profile} is no JP Core profile of {kind} that Musubi knows"
    if kind == "Patient" and PROFILES + "JP_Patient" in resource.get("meta", {}).get("profile", []):
        if not resource.get("identifier"):
            yield place, "JP_Patient demands an identifier"
    yield from _element(place, resource, kind)


def _element(place, value, kind):
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _element(f"{place}[{index}]", item, kind)
    elif isinstance(value, dict):
        yield from _object(place, value, kind)
    elif isinstance(value, str) and TWELVE_DIGITS.search(value):
        yield place, "twelve digits: an individual number may be nowhere"


def _object(place, value, kind):
    yield from _extensions(place, value.get("extension", []), kind)
    if "system" in value and "code" in value:
        yield from _coding(place, value["system"], value["code"])
    for name, item in value.items():
        if isinstance(item, dict) and "resourceType" in item:
            yield from _resource(f"{place}.{name}", item)
        elif name == "contained":
            for index, inner in enumerate(item):
                yield from _resource(f"{place}.contained[{index}]", inner)
        else:
            yield from _element(f"{place}.{name}", item, kind)


def _extensions(place, extensions, kind):
    seen = {}
    for index, extension in enumerate(extensions):
        at, url = f"{place}.extension[{index}]", extension.get("url", "")
        seen[url] = seen.get(url, 0) + 1
        if url == PHONETIC and extension.get("valueCode") not in ("IDE", "SYL", "ABC"):
            yield at, "a name is written IDE, SYL or ABC"
        if not JAPANESE.match(url):
            continue
        known = EXTENSION.get(url.removeprefix(EXTENSIONS)) if url.startswith(EXTENSIONS) else None
        if known is None:
            yield at, f"{url} is no extension of JP Core that Musubi knows"
            continue
        of, of_type, most = known
        if place != of and not place.endswith(".resource") and kind != of:
            yield at, f"{url} belongs to {of}"
        if [name for name in extension if name.startswith("value")] != [of_type]:
            yield at, f"{url} has {of_type}"
        if seen[url] > most:
            yield at, f"{url} may be there {most} times"


def _coding(place, system, code):
    if not JAPANESE.match(system):
        return
    if system not in SYSTEM:
        yield f"{place}.system", f"{system} is no Japanese code system that Musubi knows"
    elif not re.fullmatch(SYSTEM[system], code):
        yield f"{place}.code", f"{code} is no code of {system}"


def missed():
    """Seeded faults that pass: none may."""
    due = EXTENSIONS + "JP_Immunization_DueDateOfNextDose"
    good = {
        "resourceType": "Immunization",
        "id": "2" * 64,
        "meta": {"profile": [PROFILES + "JP_Immunization"]},
        "extension": [{"url": due, "valueDate": "2026-12-01"}],
        "vaccineCode": {"coding": [{"system": "http://medis.or.jp/CodeSystem/master-HOT9", "code": "111501701"}]},
    }
    coding = lambda system, code: {"vaccineCode": {"coding": [{"system": system, "code": code}]}}
    faults = {
        "two due dates": {"extension": good["extension"] * 2},
        "a moment for a date": {"extension": [{"url": due, "valueDateTime": "2026-12-01"}]},
        "two values": {"extension": [{"url": due, "valueDate": "2026-12-01", "valueString": "x"}]},
        "an extension misspelt": {"extension": [{"url": due + "s", "valueDate": "2026-12-01"}]},
        "a system misspelt": coding("http://medis.or.jp/CodeSystem/master-hot9", "111501701"),
        "a code too short": coding("http://medis.or.jp/CodeSystem/master-HOT9", "1115017"),
        "twelve digits": {"note": [{"text": "番号は 123456789012 です"}]},
        "another type's profile": {"meta": {"profile": [PROFILES + "JP_Patient"]}},
        "a patient without identifier": {"resourceType": "Patient", "meta": {"profile": [PROFILES + "JP_Patient"]}, "extension": []},
    }
    if complaints_about(good):
        yield f"a right dose was complained of: {complaints_about(good)}"
    for name, fault in faults.items():
        inner = {"resourceType": "Bundle", "entry": [{"resource": {**good, **fault}}]}
        if not complaints_about({**good, **fault}) or not complaints_about(inner):
            yield f"{name} passed"
