//! The OpenAPI 3.1 document of the REST endpoints on this listener: the gateway's signed calls and the facade's FHIR.
//!
//! The facade's half is made from the table of what is served; the gateway's half is a table here, held against the gateway's routes by
//! the tests.

use crate::{
    openapi_sessions as sessions,
    outcome::FHIR_JSON,
    served::{Interaction, Operation, SERVED, Served},
    smart::TOKEN_PATH,
};
use axum::http::Method;
use serde_json::{Map, Value, json};

/// An endpoint of the gateway.
#[derive(Clone, Copy, Debug)]
pub struct SignedEndpoint {
    /// `get` or `post`.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Media type of its body, if it has one.
    pub body: Option<&'static str>,
    /// Media type of its answer.
    pub answer: &'static str,
}

const JSON: &str = "application/json";
const PDF: &str = "application/pdf";
const BYTES: &str = "application/octet-stream";
const FORM: &str = "application/x-www-form-urlencoded";

const fn signed(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answer: &'static str,
) -> SignedEndpoint {
    SignedEndpoint {
        method,
        path,
        summary,
        body,
        answer,
    }
}

/// The gateway's endpoints, each called with the three headers of a signed call.
pub const SIGNED: &[SignedEndpoint] = &[
    signed(
        "get",
        "/v1/desk",
        "Whom the caller works for, the members in good standing, and where their gateways and the card agent are reached.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/desk/residents/{person}",
        "Somebody of the register: name, who signs, and the card's binding. The municipality's own counter only.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/signing-context",
        "What a caller must know to sign a transaction.",
        None,
        JSON,
    ),
    signed(
        "post",
        "/v1/extrinsics",
        "Submits a signed transaction and waits until it is final.",
        Some(BYTES),
        JSON,
    ),
    signed(
        "post",
        "/v1/nonces",
        "Issues a nonce for a document that a card will sign.",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/v1/people",
        "Enters a person into the municipality's register and enrols the pseudonym.",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/v1/guardianships",
        "Enters a guardianship and attests it on the chain.",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/v1/evidence",
        "Takes evidence of a card signature, checks it, and vouches or disagrees on the chain.",
        Some(JSON),
        JSON,
    ),
    signed(
        "get",
        "/v1/records/{record}",
        "What the chain knows of a record of the caller's member.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/requests/{request}",
        "What the runtime decided on an access request.",
        None,
        JSON,
    ),
    signed(
        "post",
        "/v1/vault",
        "Asks a custodian's vault: SCALE in, SCALE out.",
        Some(BYTES),
        BYTES,
    ),
    signed(
        "get",
        "/v1/consents/{consent}",
        "How a consent stands, for those whom it concerns.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/consents/{consent}/second-look",
        "What a second officer sees before giving a word of their own.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/consents/{consent}/for-second-village",
        "Evidence for the second village that a statement names, sealed to it.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/consents/{consent}/verdict",
        "An auditor's second look at the evidence, as of the time of signing.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/consents/{consent}/papers/{paper}",
        "Statement, or the newest or numbered receipt that the municipality signed, as PDF or JSON.",
        None,
        PDF,
    ),
    signed(
        "post",
        "/v1/check-ins",
        "Opens a visit by a check-in that a card signed at this terminal.",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/v1/nonce-batches",
        "Issues a signed batch of nonces for one terminal without a network.",
        Some(JSON),
        JSON,
    ),
    signed(
        "get",
        "/v1/follow-up/due",
        "Doses and checkups that are due or overdue, by people of the own register.",
        None,
        JSON,
    ),
    signed(
        "post",
        "/v1/follow-up/steps",
        "Notes what was done for a child who is expected.",
        Some(JSON),
        JSON,
    ),
    signed(
        "get",
        "/v1/follow-up/open",
        "Follow-ups whose next step is due, or all about one person.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/follow-up/coverage",
        "Counts checkups and doses of a fiscal year; with publish= small counts are hidden.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/follow-up/recall",
        "Finds every dose of a lot in the own ledger.",
        None,
        JSON,
    ),
    signed(
        "post",
        "/v1/follow-up/incident-reports",
        "Completes and checks a report of a mistake at a vaccination; keeps nothing.",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/v1/follow-up/reaction-reports",
        "Completes and checks the draft on a suspected reaction; keeps nothing.",
        Some(JSON),
        JSON,
    ),
    signed(
        "get",
        "/v1/forms",
        "Lists the forms that the caller is asked to answer for the subject of the call.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/forms/{id}",
        "A form as a FHIR Questionnaire, in the version asked for (?version=) or the newest.",
        None,
        FHIR_JSON,
    ),
    signed(
        "get",
        "/v1/forms/{id}/draft",
        "The caller's own draft about the subject of the call, on the newest version of its form.",
        None,
        FHIR_JSON,
    ),
    signed(
        "post",
        "/v1/forms/{id}/draft",
        "Keeps a draft (QuestionnaireResponse, in-progress) for the caller alone.",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/v1/life-events",
        "Enters what happened to a card, a guardian, or a person who is protected from now on.",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/v1/evidence/erasures",
        "Destroys evidence and answers with a signed receipt.",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/cds-services/musubi-immunization",
        "Checks the drafts of an order against the schedule (CDS Hooks 2, order-select).",
        Some(JSON),
        JSON,
    ),
    signed(
        "post",
        "/cds-services/musubi-immunization/feedback",
        "What became of the cards; an override gets what the doctor signs for the chain.",
        Some(JSON),
        JSON,
    ),
    signed(
        "get",
        "/v1/family",
        "Whom the owner of a device speaks for, as the chain has it now.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/family/{subject}/trail",
        "Rows of a person's trail from ?first= on, each with the path to its block's anchor.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/family/{subject}/trail-end",
        "Trie nodes that prove a trail's length after ?block=.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/family/{subject}/consents",
        "Every consent about a person that the chain remembers.",
        None,
        JSON,
    ),
    signed(
        "get",
        "/v1/family/{subject}/records",
        "A person's records, sealed, with their keys wrapped to the device's ?key=.",
        None,
        JSON,
    ),
    signed(
        "post",
        "/v1/family/{subject}/health-cards",
        "Sign a person's doses as a SMART Health Card.",
        Some(JSON),
        JSON,
    ),
    signed(
        "get",
        "/v1/family/{subject}/copy",
        "A person's record to take along: ?form=fhir a Bundle with the Patient, ?form=pdf paper.",
        None,
        PDF,
    ),
    signed(
        "post",
        "/v1/hand-overs",
        "Keep a draft of a consent for the counter; gives a code.",
        Some(JSON),
        JSON,
    ),
    signed(
        "get",
        "/v1/hand-overs/{code}",
        "A draft by its code, for its guardian and for the counter.",
        None,
        JSON,
    ),
    signed(
        "post",
        "/v1/hand-overs/{code}",
        "Put the statement that will be signed beside the draft. Counter only.",
        Some(JSON),
        JSON,
    ),
];

/// The document, for a listener that is known under this origin.
pub fn document(origin: &str) -> Value {
    let mut paths = Map::new();
    for endpoint in SIGNED {
        put(
            &mut paths,
            endpoint.path,
            endpoint.method,
            signed_operation(endpoint),
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
        "components": sessions::with_schemas(components()),
    })
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

fn signed_operation(endpoint: &SignedEndpoint) -> Value {
    let mut operation = json!({
        "summary": endpoint.summary,
        "tags": ["signed calls"],
        "security": security(endpoint),
        "responses": {
            "200": {"description": "done, or done before", "content": {endpoint.answer: {}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    });
    if endpoint.method == "post" {
        let made = json!({"description": "made by this call", "content": {endpoint.answer: {}}});
        operation["responses"]["201"] = made;
    }
    if let Some(body) = endpoint.body {
        operation["requestBody"] = json!({"required": true, "content": {body: {}}});
    }
    if endpoint.path == "/v1/vault" {
        operation["parameters"] = json!([{
            "name": "custodian", "in": "query", "required": true, "schema": {"type": "integer", "minimum": 0},
        }]);
    }
    operation
}

/// Every call may be signed; some are opened by a session too.
fn security(endpoint: &SignedEndpoint) -> Value {
    let signed = json!({"account": [], "time": [], "signature": []});
    let scoped = sessions::SCOPED
        .iter()
        .find(|(method, path, _)| (*method, *path) == (endpoint.method, endpoint.path));
    match scoped {
        Some((_, _, scope)) => json!([signed, {"session": [scope]}]),
        None => json!([signed]),
    }
}

/// The facade's endpoints that are about no type.
fn plain() -> Vec<(String, String, Value)> {
    let open = |path: &str, summary: &str, answer: &str| {
        let operation = json!({
            "summary": summary, "tags": ["discovery"], "security": [],
            "responses": {"200": {"description": "there it is", "content": {answer: {}}}},
        });
        (path.to_owned(), "get".to_owned(), operation)
    };
    let token = json!({
        "summary": "A token for a client that proves itself by private_key_jwt.", "tags": ["SMART backend services"], "security": [],
        "requestBody": {"required": true, "content": {FORM: {"schema": {"$ref": "#/components/schemas/TokenRequest"}}}},
        "responses": {
            "200": {"description": "a token", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Token"}}}},
            "default": {
                "description": "an OAuth error (RFC 6749, section 5.2), or what is wrong with the call itself (RFC 9457)",
                "content": {JSON: {}, "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    });
    let transaction = fhir("A transaction: all or nothing.", "200", true);
    vec![
        open(
            "/.well-known/smart-configuration",
            "SMART configuration.",
            JSON,
        ),
        open(
            "/fhir/.well-known/smart-configuration",
            "SMART configuration.",
            JSON,
        ),
        open(
            "/.well-known/jwks.json",
            "Public keys of health cards.",
            JSON,
        ),
        open("/openapi.json", "This document.", JSON),
        open("/cds-services", "The CDS Hooks services.", JSON),
        open("/fhir/metadata", "CapabilityStatement.", FHIR_JSON),
        (TOKEN_PATH.to_owned(), "post".to_owned(), token),
        ("/fhir".to_owned(), "post".to_owned(), transaction),
    ]
}

fn of_type(served: &'static Served) -> Vec<(String, String, Value)> {
    let name = served.of.as_str();
    let mut endpoints = Vec::new();
    for interaction in served.interactions {
        let (method, path) = interaction.endpoint(name);
        let is_write = matches!(interaction, Interaction::Create | Interaction::Update);
        let status = if *interaction == Interaction::Create {
            "201"
        } else {
            "200"
        };
        let mut operation = fhir(
            &format!("{} {name}", interaction.as_str()),
            status,
            is_write,
        );
        operation["parameters"] = parameters(served, *interaction);
        endpoints.push((
            format!("/fhir{path}"),
            method.as_str().to_lowercase(),
            operation,
        ));
        if *interaction == Interaction::Search {
            let mut by_form = fhir(&format!("search-type {name}, by form"), "200", false);
            by_form["requestBody"] = json!({"required": true, "content": {FORM: {}}});
            endpoints.push((format!("/fhir/{name}/_search"), "post".to_owned(), by_form));
        }
    }
    let operations = served
        .operations
        .iter()
        .map(|operation| of_operation(name, operation));
    endpoints.extend(operations);
    endpoints
}

fn of_operation(name: &str, operation: &Operation) -> (String, String, Value) {
    let is_post = operation.method() == Method::POST;
    let path = format!("/fhir/{name}/{{id}}/{}", operation.name);
    let method = if is_post { "post" } else { "get" };
    (
        path,
        method.to_owned(),
        fhir(operation.name, "200", is_post),
    )
}

fn fhir(summary: &str, status: &str, has_body: bool) -> Value {
    let resource = json!({FHIR_JSON: {"schema": {"$ref": "#/components/schemas/Resource"}}});
    let mut operation = json!({
        "summary": summary, "tags": ["FHIR"], "security": [{"token": []}],
        "responses": {
            status: {"description": "the resource or Bundle", "content": resource},
            "default": {"$ref": "#/components/responses/OperationOutcome"},
        },
    });
    if has_body {
        operation["requestBody"] = json!({"required": true, "content": resource});
    }
    operation
}

fn parameters(served: &Served, interaction: Interaction) -> Value {
    let header = |name: &str, required: bool| json!({"name": name, "in": "header", "required": required, "schema": {"type": "string"}});
    match interaction {
        Interaction::Search => {
            let own = served.parameters.iter().map(|parameter| parameter.name);
            let all = own.chain(["_id", "_lastUpdated", "_count", "_cursor"]);
            all.map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
                .collect()
        }
        Interaction::Create => json!([header("If-None-Exist", false)]),
        Interaction::Update => json!([header("If-Match", true)]),
        Interaction::Read => json!([header("If-None-Match", false)]),
        Interaction::Vread | Interaction::HistoryInstance => json!([]),
    }
}

fn components() -> Value {
    let in_header = |name: &str, description: &str| json!({"type": "apiKey", "in": "header", "name": name, "description": description});
    json!({
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "from the token endpoint"},
            "session": {"type": "http", "scheme": "bearer", "description": "from /v1/sessions"},
            "account": in_header("musubi-account", "0x and 64 hexadecimal digits"),
            "time": in_header("musubi-time", "milliseconds since 1970, at most 60 s off"),
            "signature": in_header("musubi-signature", "Ed25519 over chain, method, path, subject, time and body"),
        },
        "responses": {
            "OperationOutcome": {
                "description": "what is wrong, where, and what to do",
                "content": {FHIR_JSON: {"schema": {"$ref": "#/components/schemas/Resource"}}},
            },
            "Problem": {
                "description": "RFC 9457",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "schemas": {
            "Resource": {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}},
            "Problem": {
                "type": "object", "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string", "format": "uri"}, "title": {"type": "string"},
                    "status": {"type": "integer"}, "detail": {"type": "string"},
                },
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
