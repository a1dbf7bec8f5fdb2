//! The CapabilityStatement lists exactly what the router serves.

use crate::away::{call, is_served, router};
use axum::http::Method;
use serde_json::Value;

/// What a client can try on a type: FHIR's code, method, path.
const TRIES: [(&str, Method, &str); 8] = [
    ("read", Method::GET, "/{id}"),
    ("vread", Method::GET, "/{id}/_history/{version}"),
    ("history-instance", Method::GET, "/{id}/_history"),
    ("search-type", Method::GET, ""),
    ("create", Method::POST, ""),
    ("update", Method::PUT, "/{id}"),
    ("delete", Method::DELETE, "/{id}"),
    ("patch", Method::PATCH, "/{id}"),
];
/// Types that R4 has and that might be asked for, served or not.
const TYPES: [&str; 16] = [
    "Patient",
    "Immunization",
    "ImmunizationRecommendation",
    "Observation",
    "Questionnaire",
    "QuestionnaireResponse",
    "Consent",
    "AuditEvent",
    "Provenance",
    "DocumentReference",
    "Bundle",
    "Practitioner",
    "Organization",
    "Encounter",
    "Condition",
    "Binary",
];
const OPERATIONS: [&str; 6] = [
    "everything",
    "summary",
    "export-history",
    "health-cards-issue",
    "match",
    "validate",
];

fn codes(list: &Value, name: &str) -> Vec<String> {
    let entries = list.as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|entry| entry[name].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_capability_statement_lists_exactly_what_is_served() {
    let router = router();
    let (_, statement) = call(&router, Method::GET, "/fhir/metadata").await;
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    for name in TYPES {
        let listed = resources.iter().find(|resource| resource["type"] == name);
        let interactions = listed
            .map(|resource| codes(&resource["interaction"], "code"))
            .unwrap_or_default();
        for (code, method, path) in TRIES {
            let served = is_served(&router, method, &format!("/fhir/{name}{path}")).await;
            assert_eq!(
                served,
                interactions.contains(&code.to_owned()),
                "{name} {code}"
            );
        }
        let operations = listed
            .map(|resource| codes(&resource["operation"], "name"))
            .unwrap_or_default();
        for operation in OPERATIONS {
            let path = format!("/fhir/{name}/{{id}}/${operation}");
            let served = is_served(&router, Method::GET, &path).await
                || is_served(&router, Method::POST, &path).await;
            assert_eq!(
                served,
                operations.contains(&operation.to_owned()),
                "{name} ${operation}"
            );
        }
    }
    assert_eq!(
        resources.len(),
        TYPES
            .iter()
            .filter(|name| resources.iter().any(|resource| resource["type"] == **name))
            .count()
    );
    assert!(is_served(&router, Method::POST, "/fhir").await);
}

#[tokio::test]
async fn nothing_that_is_about_a_person_answers_without_a_token() {
    let router = router();
    for name in TYPES {
        for (_, method, path) in TRIES {
            let path = format!("/fhir/{name}{path}")
                .replace("{id}", "x")
                .replace("{version}", "1");
            let (status, body) = call(&router, method, &path).await;
            assert!(status.is_client_error(), "{path}: {status}");
            assert_eq!(body["resourceType"], "OperationOutcome", "{path}");
        }
    }
    let (status, body) = call(&router, Method::GET, "/fhir/Immunization/%FF").await;
    assert_eq!(
        (status.as_u16(), &body["resourceType"]),
        (400, &"OperationOutcome".into())
    );
}
