//! The OpenAPI 3.1 document of the REST endpoints on this listener: the gateway's signed calls and the facade's FHIR.
//!
//! The facade's half is made from the table of what is served; the gateway's half is a table ([`signed`]), held against the gateway's
//! routes by the tests. Every status that a call may get is named: what is not in the document is a fault.

mod fhir;
mod schemas;
pub mod signed;

use crate::{openapi_sessions as sessions, outcome::FHIR_JSON, served::SERVED, smart::TOKEN_PATH};
use fhir::{Answer, fhir, of_type};
use schemas::Schemas;
use serde_json::{Map, Value, json};
pub use signed::{SIGNED, SignedEndpoint};

const JSON: &str = "application/json";
const PDF: &str = "application/pdf";
const BYTES: &str = "application/octet-stream";
const PROBLEM: &str = "application/problem+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The document, for a listener that is known under this origin.
pub fn document(origin: &str) -> Value {
    let mut paths = Map::new();
    for endpoint in SIGNED {
        put(
            &mut paths,
            endpoint.path,
            endpoint.method,
            endpoint.operation(),
        );
    }
    for (path, method, operation) in sessions::operations() {
        put(&mut paths, path, method, operation);
    }
    for (path, method, operation) in plain().into_iter().chain(SERVED.iter().flat_map(of_type)) {
        put(&mut paths, &path, &method, operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Musubi", "version": env!("CARGO_PKG_VERSION"), "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "REST of one member's node: signed calls of staff and devices, and FHIR R4 for the member's own systems.",
        },
        "servers": [{"url": origin}],
        "paths": paths,
        "components": with_all(sessions::with_schemas(components())),
    })
}

/// The components with the schemas of the gateway's bodies and of what is served.
fn with_all(mut components: Value) -> Value {
    if let Some(schemas) = components["schemas"].as_object_mut() {
        schemas.extend(Schemas::all());
        schemas.extend(fhir::schemas());
    }
    components
}

fn put(paths: &mut Map<String, Value>, path: &str, method: &str, mut operation: Value) {
    let named: Vec<&str> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect();
    let own = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let in_path = named.iter().map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}),
    );
    let parameters: Vec<Value> = in_path.chain(own).collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    operation["operationId"] = operation_id(method, path).into();
    let at = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
    at[method] = operation;
}

fn operation_id(method: &str, path: &str) -> String {
    let words = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    std::iter::once(method)
        .chain(words)
        .collect::<Vec<_>>()
        .join("-")
}

/// The facade's endpoints that are about no type.
fn plain() -> Vec<(String, String, Value)> {
    let open = |path: &str, summary: &str, answer: &str, schema: &str| {
        let content = json!({answer: {"schema": Schemas::named(schema)}});
        let mut operation = json!({
            "summary": summary, "tags": ["discovery"], "security": [],
            "responses": {"200": {"description": "there it is", "content": content}},
        });
        if answer == FHIR_JSON {
            operation["responses"]["406"] =
                json!({"$ref": "#/components/responses/OperationOutcome"});
        }
        (path.to_owned(), "get".to_owned(), operation)
    };
    let smart = ("SMART configuration.", "SmartConfiguration");
    let transaction = fhir(
        "A transaction: all or nothing.",
        &Answer::bundle("transaction-response"),
    )
    .taking("Bundle")
    .refusing(fhir::WRITING)
    .operation();
    vec![
        open("/.well-known/smart-configuration", smart.0, JSON, smart.1),
        open(
            "/fhir/.well-known/smart-configuration",
            smart.0,
            JSON,
            smart.1,
        ),
        open(
            "/.well-known/jwks.json",
            "Public keys of health cards.",
            JSON,
            "KeySet",
        ),
        open("/openapi.json", "This document.", JSON, "OpenApi"),
        open(
            "/cds-services",
            "The CDS Hooks services.",
            JSON,
            "HookServices",
        ),
        open(
            "/v1/chain",
            "The chain, its members and the rules in force.",
            JSON,
            "Chain",
        ),
        open(
            "/fhir/metadata",
            "CapabilityStatement.",
            FHIR_JSON,
            "CapabilityStatement",
        ),
        (TOKEN_PATH.to_owned(), "post".to_owned(), token()),
        ("/fhir".to_owned(), "post".to_owned(), transaction),
    ]
}

fn token() -> Value {
    let oauth = json!({JSON: {"schema": Schemas::named("OauthError")}});
    let refused =
        json!({"description": "an OAuth error (RFC 6749, section 5.2)", "content": oauth});
    let outcome = json!({"$ref": "#/components/responses/OperationOutcome"});
    json!({
        "summary": "A token for a client that proves itself by private_key_jwt.", "tags": ["SMART backend services"], "security": [],
        "requestBody": {"required": true, "content": {FORM: {"schema": Schemas::named("TokenRequest")}}},
        "responses": {
            "200": {"description": "a token", "content": {JSON: {"schema": Schemas::named("Token")}}},
            "400": refused, "401": refused, "503": refused, "406": outcome, "413": outcome,
        },
    })
}

fn components() -> Value {
    let in_header = |name: &str, description: &str| json!({"type": "apiKey", "in": "header", "name": name, "description": description});
    json!({
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "from the token endpoint"},
            "hooks": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "CDS Hooks 2: signed by the client for this very address, good once",
            },
            "session": {"type": "http", "scheme": "bearer", "description": "from /v1/sessions"},
            "account": in_header("musubi-account", "0x and 64 hexadecimal digits"),
            "time": in_header("musubi-time", "milliseconds since 1970, at most 60 s off"),
            "signature": in_header("musubi-signature", "Ed25519 over chain, method, path, subject, time and body"),
        },
        "responses": {
            "OperationOutcome": {
                "description": "what is wrong, where, and what to do",
                "content": {FHIR_JSON: {"schema": Schemas::named("OperationOutcome")}},
            },
            "ProblemOrOutcome": {
                "description": "RFC 9457, or what is wrong with the resource, and where",
                "content": {
                    FHIR_JSON: {"schema": Schemas::named("OperationOutcome")},
                    PROBLEM: {"schema": Schemas::named("Problem")},
                },
            },
            "Problem": {
                "description": "RFC 9457",
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "schemas": {
            "OperationOutcome": {
                "type": "object", "required": ["resourceType", "issue"],
                "properties": {
                    "resourceType": {"const": "OperationOutcome"},
                    "issue": {"type": "array", "minItems": 1, "items": {
                        "type": "object", "required": ["severity", "code", "diagnostics"],
                        "properties": {
                            "severity": {"enum": ["fatal", "error", "warning", "information"]}, "code": {"type": "string"},
                            "diagnostics": {"type": "string", "minLength": 1}, "expression": {"type": "array", "items": {"type": "string"}},
                        },
                    }},
                },
            },
            "CapabilityStatement": {
                "type": "object", "required": ["resourceType", "status", "date", "kind", "fhirVersion", "format", "rest"],
                "properties": {"resourceType": {"const": "CapabilityStatement"}, "fhirVersion": {"const": "4.0.1"}},
            },
            "OpenApi": {"type": "object", "required": ["openapi", "info", "paths"], "properties": {"openapi": {"const": "3.1.0"}}},
            "OauthError": {
                "type": "object", "required": ["error", "error_description"], "additionalProperties": false,
                "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
            },
            "Problem": {
                "type": "object", "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string", "format": "uri"}, "title": {"type": "string"},
                    "status": {"type": "integer", "minimum": 400, "maximum": 599}, "detail": {"type": "string", "minLength": 1},
                },
                "additionalProperties": false,
            },
            "TokenRequest": {
                "type": "object", "required": ["grant_type", "client_assertion_type", "client_assertion", "scope"],
                "properties": {
                    "grant_type": {"const": "client_credentials"},
                    "client_assertion_type": {"const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                    "client_assertion": {"type": "string"}, "scope": {"type": "string"},
                },
            },
            "Token": {
                "type": "object", "required": ["access_token", "token_type", "expires_in", "scope"],
                "properties": {
                    "access_token": {"type": "string"}, "token_type": {"const": "bearer"},
                    "expires_in": {"type": "integer"}, "scope": {"type": "string"},
                },
            },
        },
    })
}
