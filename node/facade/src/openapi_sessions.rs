//! Sessions and passkeys in the OpenAPI document, and which of the gateway's calls a session opens; held against the gateway's source by
//! the tests.

use serde_json::{Value, json};

const JSON: &str = "application/json";
/// By which statuses a call may be refused.
const REFUSALS: [u16; 10] = [400, 401, 403, 404, 408, 409, 413, 429, 501, 503];

/// Calls that a session with the scope opens: method, path, scope.
pub const SCOPED: &[(&str, &str, &str)] = &[
    ("get", "/v1/desk", "desk.read"),
    ("get", "/v1/signing-context", "desk.read"),
    ("get", "/v1/family", "family.read"),
    ("get", "/v1/family/{subject}/trail", "family.read"),
    ("get", "/v1/family/{subject}/trail-end", "family.read"),
    ("get", "/v1/family/{subject}/consents", "family.read"),
    ("get", "/v1/family/{subject}/records", "family.read"),
    ("get", "/v1/family/{subject}/copy", "family.read"),
    ("post", "/v1/family/{subject}/health-cards", "family.write"),
    ("post", "/v1/hand-overs", "family.write"),
    ("get", "/v1/hand-overs/{code}", "records.read"),
    ("post", "/v1/hand-overs/{code}", "counter.write"),
    ("get", "/v1/forms", "forms.read"),
    ("get", "/v1/forms/{id}", "forms.read"),
    ("get", "/v1/forms/{id}/draft", "forms.read"),
    ("post", "/v1/forms/{id}/draft", "forms.write"),
    ("get", "/v1/records/{record}", "records.read"),
    ("get", "/v1/requests/{request}", "records.read"),
    ("get", "/v1/consents/{consent}", "records.read"),
    (
        "get",
        "/v1/consents/{consent}/papers/{paper}",
        "records.read",
    ),
    ("post", "/v1/people", "counter.write"),
    ("post", "/v1/guardianships", "counter.write"),
    ("post", "/v1/evidence", "counter.write"),
    ("post", "/v1/nonces", "counter.write"),
    ("get", "/v1/follow-up/due", "follow-up.read"),
    ("get", "/v1/follow-up/open", "follow-up.read"),
    ("get", "/v1/follow-up/coverage", "follow-up.read"),
    ("get", "/v1/follow-up/recall", "follow-up.read"),
    ("get", "/v1/follow-up/surveys", "follow-up.read"),
    ("get", "/v1/follow-up/letters", "follow-up.read"),
    ("get", "/v1/follow-up/incidents", "follow-up.read"),
    ("post", "/v1/follow-up/incidents", "follow-up.write"),
    ("post", "/v1/follow-up/steps", "follow-up.write"),
    ("post", "/v1/follow-up/incident-reports", "follow-up.write"),
    ("post", "/v1/follow-up/reaction-reports", "follow-up.write"),
    ("post", "/cds-services/musubi-immunization", "care.check"),
];

/// The endpoints: path, method, operation.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str, Value)> {
    let signed = json!({"account": [], "time": [], "signature": []});
    let either = json!([signed, {"session": []}]);
    let signed = json!([signed]);
    let open = json!([]);
    [
        (
            "/v1/sessions/challenges",
            "post",
            operation("Gives a challenge, good for one use within two minutes.", &open, None, Some(("201", "Challenge"))),
        ),
        (
            "/v1/sessions",
            "post",
            operation(
                "Opens a session of the account that signs, or, with visit, of whoever touched a card at its terminal.",
                &signed,
                Some("SessionRequest"),
                Some(("201", "OpenedSession")),
            ),
        ),
        (
            "/v1/sessions/by-passkey",
            "post",
            operation(
                "Opens a session of the account whose passkey signed the challenge (WebAuthn Level 2, section 7.2).",
                &open,
                Some("PasskeySessionRequest"),
                Some(("201", "OpenedSession")),
            ),
        ),
        (
            "/v1/sessions",
            "get",
            operation("Lists the account's sessions, the newest first.", &either, None, Some(("200", "Sessions"))),
        ),
        (
            "/v1/sessions/{session}",
            "delete",
            operation("Ends one of the account's sessions.", &either, None, None),
        ),
        (
            "/v1/passkeys",
            "post",
            operation(
                "Registers a passkey of the account, with attestation \"none\" (WebAuthn Level 2, section 7.1).",
                &signed,
                Some("PasskeyRegistration"),
                Some(("201", "Passkey")),
            ),
        ),
        (
            "/v1/passkeys",
            "get",
            operation("Lists the account's passkeys.", &either, None, Some(("200", "Passkeys"))),
        ),
        (
            "/v1/passkeys/{credential}",
            "delete",
            operation("Forgets one of the account's passkeys.", &signed, None, None),
        ),
    ]
    .into_iter()
}

fn operation(
    summary: &str,
    security: &Value,
    body: Option<&str>,
    answer: Option<(&str, &str)>,
) -> Value {
    let content = |name: &str| {
        let schema = format!("#/components/schemas/{name}");
        json!({JSON: {"schema": {"$ref": schema}}})
    };
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let mut operation = json!({
        "summary": summary, "tags": ["sessions"], "security": security,
        "responses": {},
    });
    for status in REFUSALS {
        operation["responses"][status.to_string()] = problem.clone();
    }
    match answer {
        Some((status, name)) => {
            operation["responses"][status] =
                json!({"description": "done", "content": content(name)});
        }
        None => operation["responses"]["204"] = json!({"description": "done"}),
    }
    if let Some(name) = body {
        operation["requestBody"] = json!({"required": true, "content": content(name)});
    }
    operation
}

/// The components with the schemas of this module.
pub fn with_schemas(mut components: Value) -> Value {
    let all = components["schemas"].as_object_mut();
    if let (Some(all), Value::Object(own)) = (all, schemas()) {
        all.extend(own);
    }
    components
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let base64url = json!({"type": "string", "pattern": "^[A-Za-z0-9_-]+$"});
    let moment = json!({"type": "integer", "minimum": 0, "description": "milliseconds since 1970"});
    let scopes = json!({"type": "array", "uniqueItems": true, "items": {"type": "string", "enum": scopes()}});
    let session = json!({
        "id": text, "ground": {"enum": ["device-key", "passkey", "check-in"]},
        "scopes": scopes, "opened": moment, "until": moment,
    });
    let mut opened = session.clone();
    opened["token"] = base64url.clone();
    opened["tokenType"] = json!({"const": "Bearer"});
    let passkey =
        json!({"credential": base64url, "algorithm": {"enum": ["ES256", "EdDSA"]}, "made": moment});
    let assertion = json!({
        "credential": base64url, "clientDataJSON": base64url,
        "authenticatorData": base64url, "signature": base64url,
    });
    json!({
        "Challenge": {
            "type": "object", "required": ["challenge", "until"],
            "properties": {"challenge": base64url, "until": moment, "rpId": text},
        },
        "SessionRequest": {
            "type": "object", "required": ["challenge"], "additionalProperties": false,
            "properties": {"challenge": base64url, "scopes": scopes, "visit": {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}},
        },
        "PasskeySessionRequest": {
            "type": "object", "required": ["assertion"], "additionalProperties": false,
            "properties": {"assertion": closed(&assertion), "scopes": scopes},
        },
        "OpenedSession": all_of(&opened),
        "Session": all_of(&session),
        "Sessions": {"type": "array", "items": {"$ref": "#/components/schemas/Session"}},
        "PasskeyRegistration": closed(&json!({"clientDataJSON": base64url, "attestationObject": base64url})),
        "Passkey": all_of(&passkey),
        "Passkeys": {"type": "array", "items": {"$ref": "#/components/schemas/Passkey"}},
    })
}

/// An object with all of these properties.
fn all_of(properties: &Value) -> Value {
    let names = properties.as_object().into_iter().flatten();
    let required: Vec<&String> = names.map(|(name, _)| name).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// An object with all of these properties and no others.
fn closed(properties: &Value) -> Value {
    let mut object = all_of(properties);
    object["additionalProperties"] = false.into();
    object
}

fn scopes() -> Vec<&'static str> {
    let mut names: Vec<&str> = SCOPED.iter().map(|(_, _, scope)| *scope).collect();
    names.sort_unstable();
    names.dedup();
    names
}
