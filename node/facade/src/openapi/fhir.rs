//! The facade's half of the document, made from the table of what is served.

use super::{FORM, Schemas};
use crate::{
    outcome::FHIR_JSON,
    served::{Act, Interaction, Operation, SERVED, Served},
};
use axum::http::Method;
use serde_json::{Map, Value, json};

/// By which statuses a read may be refused: malformed, no token, no scope or no permit, absent, another format, erased, not offered, away.
const READING: &[u16] = &[400, 401, 403, 404, 406, 410, 413, 501, 503];
/// Those of a write besides: conflict, precondition, another media type, what does not fit, no version named.
pub(super) const WRITING: &[u16] = &[
    400, 401, 403, 404, 406, 409, 410, 412, 413, 415, 422, 428, 501, 503,
];
/// Those of what takes a body and writes nothing.
const ASKING: &[u16] = &[400, 401, 403, 404, 406, 410, 413, 415, 422, 501, 503];

/// What an operation answers: a resource type, and for a Bundle its kind.
pub(super) struct Answer {
    resource: &'static str,
    bundle: Option<&'static str>,
}

impl Answer {
    const fn resource(resource: &'static str) -> Self {
        Self {
            resource,
            bundle: None,
        }
    }

    pub(super) const fn bundle(kind: &'static str) -> Self {
        Self {
            resource: "Bundle",
            bundle: Some(kind),
        }
    }

    fn content(&self) -> Value {
        let mut schema = Schemas::named(&name_of(self.resource));
        if let Some(kind) = self.bundle {
            schema = json!({"allOf": [schema, {"properties": {"type": {"const": kind}}}]});
        }
        json!({FHIR_JSON: {"schema": schema}})
    }
}

/// An operation that is put together.
pub(super) struct Described(Value);

/// An operation that answers so with 200.
pub(super) fn fhir(summary: &str, answer: &Answer) -> Described {
    Described(json!({
        "summary": summary, "tags": ["FHIR"], "security": [{"token": []}],
        "responses": {"200": {"description": "the resource or Bundle", "content": answer.content()}},
    }))
}

impl Described {
    pub(super) fn taking(mut self, resource: &str) -> Self {
        let schema = Schemas::named(&name_of(resource));
        self.0["requestBody"] =
            json!({"required": true, "content": {FHIR_JSON: {"schema": schema}}});
        self
    }

    pub(super) fn refusing(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            self.0["responses"][status.to_string()] =
                json!({"$ref": "#/components/responses/OperationOutcome"});
        }
        self
    }

    pub(super) fn operation(self) -> Value {
        self.0
    }
}

pub(super) fn of_type(served: &'static Served) -> Vec<(String, String, Value)> {
    let name = served.of.as_str();
    let mut endpoints = Vec::new();
    for interaction in served.interactions {
        let (method, path) = interaction.endpoint(name);
        let mut operation = of_interaction(name, *interaction);
        operation["parameters"] = parameters(served, *interaction);
        endpoints.push((
            format!("/fhir{path}"),
            method.as_str().to_lowercase(),
            operation,
        ));
        if *interaction == Interaction::Search {
            endpoints.push((
                format!("/fhir/{name}/_search"),
                "post".to_owned(),
                search_by_form(served),
            ));
        }
    }
    let operations = served.operations.iter();
    endpoints.extend(operations.map(|operation| of_operation(name, operation)));
    endpoints
}

fn of_interaction(name: &'static str, interaction: Interaction) -> Value {
    let summary = format!("{} {name}", interaction.as_str());
    let one = Answer::resource(name);
    match interaction {
        Interaction::Read => {
            let mut read = fhir(&summary, &one).refusing(READING).operation();
            read["responses"]["304"] = json!({"description": "the version that the client has"});
            read
        }
        Interaction::Vread => fhir(&summary, &one).refusing(READING).operation(),
        Interaction::HistoryInstance => fhir(&summary, &Answer::bundle("history"))
            .refusing(READING)
            .operation(),
        Interaction::Search => fhir(&summary, &Answer::bundle("searchset"))
            .refusing(READING)
            .operation(),
        Interaction::Create => {
            let create = fhir(&summary, &one).taking(name).refusing(WRITING);
            let mut create = create.operation();
            create["responses"]["201"] =
                json!({"description": "made by this call", "content": one.content()});
            create
        }
        Interaction::Update => fhir(&summary, &one)
            .taking(name)
            .refusing(WRITING)
            .operation(),
    }
}

fn search_by_form(served: &Served) -> Value {
    let name = served.of.as_str();
    let summary = format!("search-type {name}, by form");
    let mut search = fhir(&summary, &Answer::bundle("searchset"))
        .refusing(ASKING)
        .operation();
    let fields: Map<String, Value> = names_of_search(served)
        .map(|name| (name.to_owned(), json!({"type": "string"})))
        .collect();
    let schema = json!({"type": "object", "properties": fields});
    search["requestBody"] = json!({"required": true, "content": {FORM: {"schema": schema}}});
    search
}

fn of_operation(name: &'static str, operation: &Operation) -> (String, String, Value) {
    let path = format!("/fhir/{name}/{{id}}/{}", operation.name);
    let answer = match operation.act {
        Act::Everything => Answer::bundle("searchset"),
        Act::Summary => Answer::bundle("document"),
        Act::ExportHistory => Answer::bundle("history"),
        Act::IssueHealthCard => Answer::resource("Parameters"),
        Act::Flags | Act::Score => Answer::bundle("collection"),
    };
    let described = fhir(operation.name, &answer);
    if operation.method() == Method::POST {
        let operation = described.taking("Parameters").refusing(ASKING).operation();
        return (path, "post".to_owned(), operation);
    }
    let refusals = [READING, &[422]].concat();
    (
        path,
        "get".to_owned(),
        described.refusing(&refusals).operation(),
    )
}

fn names_of_search(served: &Served) -> impl Iterator<Item = &'static str> {
    let own = served.parameters.iter().map(|parameter| parameter.name);
    own.chain(["_id", "_lastUpdated", "_count", "_cursor"])
}

fn parameters(served: &Served, interaction: Interaction) -> Value {
    let header = |name: &str, required: bool| json!({"name": name, "in": "header", "required": required, "schema": {"type": "string"}});
    match interaction {
        Interaction::Search => names_of_search(served)
            .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
            .collect(),
        Interaction::Create => json!([header("If-None-Exist", false)]),
        Interaction::Update => json!([header("If-Match", true)]),
        Interaction::Read => json!([header("If-None-Match", false)]),
        Interaction::Vread | Interaction::HistoryInstance => json!([]),
    }
}

/// A resource's schema has another name than bodies of the gateway.
fn name_of(resource: &str) -> String {
    format!("fhir.{resource}")
}

/// What each resource has at least, as it is sent and as it is shown.
pub(super) fn schemas() -> Map<String, Value> {
    let served = SERVED.iter().map(|served| served.of.as_str());
    let all = served.chain(["Bundle", "Parameters"]);
    all.map(|resource| (name_of(resource), schema(resource)))
        .collect()
}

fn schema(resource: &str) -> Value {
    let required: &[&str] = match resource {
        "Immunization" => &["status", "vaccineCode", "patient", "occurrenceDateTime"],
        "Observation" => &["status", "code", "subject", "effectiveDateTime"],
        "QuestionnaireResponse" => &["status", "questionnaire", "subject"],
        "DocumentReference" => &["status", "subject", "content"],
        "ImmunizationRecommendation" => &["patient", "date", "recommendation"],
        "Questionnaire" => &["status", "url", "version"],
        "Consent" => &["status", "scope", "category", "patient"],
        "AuditEvent" => &["type", "recorded", "agent", "source"],
        "Provenance" => &["target", "recorded", "agent", "signature"],
        "Bundle" => &["type"],
        _ => &[],
    };
    let required: Vec<&str> = ["resourceType"]
        .into_iter()
        .chain(required.iter().copied())
        .collect();
    json!({
        "type": "object", "required": required,
        "properties": {
            "resourceType": {"const": resource}, "id": {"type": "string", "pattern": "^[A-Za-z0-9\\-.]{1,64}$"},
            "status": {"type": "string"}, "entry": {"type": "array", "items": {"type": "object"}},
        },
    })
}
