"""Schemathesis over the node's own OpenAPI document, with signed calls and a token: `fuzz.py SETTINGS`.

Each operation gets one right call that somebody prepared, which must be answered 2xx, and then calls that the document allows and calls that
it forbids. Whatever comes, the node answers as the document says: a documented status and media type, a body of the documented form, and
never a fault. Prints one JSON line; exits 1 on a complaint, on an operation that nobody prepared a call for, or when a document that says
something else passes.
"""

import copy
import hashlib
import json
import sys
import time

import requests
import schemathesis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

# Answers with 5xx that are no fault: another member's node is away (503), or the node has no key for what is asked (501).
NOT_A_FAULT = {501, 503}
SEED = 20261126

with open(sys.argv[1], encoding="utf-8") as file:
    SETTINGS = json.load(file)
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)) for name, secret in SETTINGS["keys"].items()}
SESSION = requests.Session()
# Paths that are told to everybody: nobody signs a call of theirs.
OPEN = {path for path, item in SETTINGS["openapi"]["paths"].items() if all(one.get("security") == [] for one in item.values())}


class Signed(requests.auth.AuthBase):
    """Signs exactly what is sent, as `musubi_client_sdk::rest` has it; FHIR gets the token."""

    def __init__(self, name="officer"):
        self.key = KEYS.get(name)

    def __call__(self, request):
        if request.path_url.split("?")[0] in OPEN:
            return request
        if request.path_url.startswith("/fhir"):
            request.headers["authorization"] = f"Bearer {SETTINGS['token']}"
            return request
        moment = int(time.time() * 1000)
        request.headers["musubi-account"] = "0x" + self.key.public_key().public_bytes_raw().hex()
        request.headers["musubi-time"] = str(moment)
        request.headers["musubi-signature"] = self.key.sign(signing_bytes(request, moment)).hex()
        return request


def signing_bytes(request, moment):
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    parts = [request.method.encode(), request.path_url.encode(), text(request.headers.get("musubi-subject")), body]
    hashed = b"".join(sha256(b"musubi/gateway/part/v1\0" + part) for part in parts)
    genesis = bytes.fromhex(SETTINGS["genesis"].removeprefix("0x"))
    return sha256(b"musubi/gateway/call/v1\0" + genesis + moment.to_bytes(8, "big") + hashed)


def text(header):
    return header if isinstance(header, bytes) else (header or "").encode("latin-1")


def sha256(data):
    return hashlib.sha256(data).digest()


def checks():
    load_all_checks()
    wanted = ["status_code_conformance", "content_type_conformance", "response_schema_conformance"]
    return CHECKS.get_by_names(wanted)


class Run:
    """Calls of one document."""

    def __init__(self, document):
        self.schema = schemathesis.openapi.from_dict(document)
        self.calls, self.statuses, self.complaints = 0, {}, []

    def operations(self, only=None):
        for found in self.schema.get_all_operations():
            operation = found.ok()
            if only is None or operation.path == only:
                yield operation

    def fuzz(self, examples, only=None):
        for operation in self.operations(only):
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation):
                    continue
                self.fuzz_one(operation, mode, examples)
        return self

    def fuzz_one(self, operation, mode, examples):
        @seed(SEED)
        @settings(
            max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case):
            self.judge(case, self.answer(case))

        try:
            call()
        except (FailureGroup, BaseExceptionGroup) as group:
            self.complain(operation, *[str(error) for error in group.exceptions])
        except AssertionError as error:
            self.complain(operation, str(error))
        except Exception as error:  # what cannot be generated, or breaks the connection
            self.complain(operation, f"{type(error).__name__}: {error}")

    def answer(self, case, name="officer"):
        while True:
            response = case.call(base_url=SETTINGS["origin"], session=SESSION, auth=Signed(name), timeout=30)
            self.calls += 1
            self.statuses[response.status_code] = self.statuses.get(response.status_code, 0) + 1
            if response.status_code != 429:
                return response
            time.sleep(1)  # the node names the time after which an account may call again

    def judge(self, case, response):
        if 500 <= response.status_code and response.status_code not in NOT_A_FAULT:
            raise AssertionError(f"{case.method} {case.formatted_path}: {response.status_code} {response.text[:300]}")
        case.validate_response(response, checks=checks())

    def seed(self, seeds):
        """Sends each prepared call; gives the operations that were answered 2xx."""
        known = {f"{one.method.upper()} {one.path}": one for one in self.operations()}
        answered = set()
        for call in seeds:
            name = f"{call['method']} {call['path']}"
            if name not in known:
                self.complaints.append({"of": name, "said": ["it is not in the document"]})
                continue
            try:
                response = self.answer(case_of(known[name], call), call["as"])
                self.judge(case_of(known[name], call), response)
                if not 200 <= response.status_code < 300:
                    raise AssertionError(f"a right call got {response.status_code} {response.text[:300]}")
                answered.add(name)
            except (FailureGroup, BaseExceptionGroup) as group:
                self.complain(known[name], *[str(error) for error in group.exceptions])
            except AssertionError as error:
                self.complain(known[name], str(error))
        return answered

    def complain(self, operation, *said):
        self.complaints.append({"of": f"{operation.method.upper()} {operation.path}", "said": [line[:600] for line in said]})


def case_of(operation, call):
    """A prepared call as schemathesis has it."""
    parts = {name: call[name] for name in ("path_parameters", "query", "headers", "media_type") if name in call}
    if "bytes" in call:
        parts |= {"body": bytes.fromhex(call["bytes"]), "media_type": "application/octet-stream"}
    elif "body" in call:
        content = operation.definition.raw["requestBody"]["content"]
        parts |= {"body": call["body"], "media_type": call.get("media_type", next(iter(content)))}
    return operation.Case(**parts)


def can_be_wrong(operation):
    """Whether the document forbids anything: parameters with a form, or a body with a schema."""
    raw = operation.definition.raw
    bodies = raw.get("requestBody", {}).get("content", {}).values()
    return any(body.get("schema") for body in bodies) or any(
        parameter.get("in") in ("query", "header") for parameter in raw.get("parameters", [])
    )


def main():
    document = SETTINGS["openapi"]
    began = time.monotonic()
    run = Run(document)
    answered = run.seed(SETTINGS["seeds"])
    all_operations = {f"{one.method.upper()} {one.path}" for one in run.operations()}
    run.fuzz(SETTINGS["examples"])
    complaints = run.complaints
    for name in sorted(all_operations - answered - set(SETTINGS["elsewhere"])):
        complaints.append({"of": name, "said": ["no right call was answered 2xx"]})
    for name in sorted(set(SETTINGS["elsewhere"]) & answered | set(SETTINGS["elsewhere"]) - all_operations):
        complaints.append({"of": name, "said": ["it is listed as called elsewhere, and is not"]})

    # The gate can close: a document that promises something else is complained of.
    false = copy.deepcopy(document)
    answer = false["paths"]["/fhir/metadata"]["get"]["responses"]["200"]["content"]
    for media in answer.values():
        media["schema"] = {"type": "array"}
    if not Run(false).fuzz(2, only="/fhir/metadata").complaints:
        complaints.append({"said": "a capability statement passed as an array"})
    silent = copy.deepcopy(document)
    silent["paths"]["/cds-services"]["get"]["responses"] = {"404": {"description": "nothing"}}
    if not Run(silent).fuzz(2, only="/cds-services").complaints:
        complaints.append({"said": "an undocumented status passed"})

    undressed = copy.deepcopy(document)
    undressed["paths"]["/v1/desk"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "object", "maxProperties": 1}
    if not Run(undressed).fuzz(2, only="/v1/desk").complaints:
        complaints.append({"said": "a signed call's body passed as something else"})

    report = {
        "answered": len(answered),
        "operations": len(list(Run(document).operations())),
        "calls": run.calls,
        "statuses": run.statuses,
        "seconds": round(time.monotonic() - began, 1),
        "complaints": complaints,
    }
    print(json.dumps(report, ensure_ascii=False))
    sys.exit(1 if complaints else 0)


main()
