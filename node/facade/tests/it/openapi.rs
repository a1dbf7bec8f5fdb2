//! The OpenAPI document and the routes agree, both ways, for the facade and for the gateway.

use crate::away::{ORIGIN, call, is_served, router};
use axum::http::Method;
use musubi_node_facade::{
    openapi::{SIGNED, document},
    openapi_sessions as sessions,
};
use std::collections::BTreeSet;

/// The schedule check's id, as the gateway's source has it.
const SERVICE: &str = "musubi-immunization";

const METHODS: [(&str, Method); 5] = [
    ("get", Method::GET),
    ("post", Method::POST),
    ("put", Method::PUT),
    ("delete", Method::DELETE),
    ("patch", Method::PATCH),
];

/// The gateway's routes as its sources have them: path and first method.
fn gateway_routes() -> BTreeSet<(String, String)> {
    let sources = [
        include_str!("../../../gateway/src/router.rs"),
        include_str!("../../../gateway/src/cds.rs"),
        include_str!("../../../gateway/src/follow_up.rs"),
        include_str!("../../../gateway/src/follow_up/incidents.rs"),
        include_str!("../../../gateway/src/follow_up/letters.rs"),
        include_str!("../../../gateway/src/follow_up/surveys.rs"),
        include_str!("../../../gateway/src/forms.rs"),
        include_str!("../../../gateway/src/console.rs"),
        include_str!("../../../gateway/src/family.rs"),
        include_str!("../../../gateway/src/home.rs"),
        include_str!("../../../gateway/src/sessions.rs"),
    ];
    let routes = sources
        .iter()
        .flat_map(|source| source.split(".route(").skip(1));
    let placed = routes.filter_map(|rest| {
        let path = rest.split('"').nth(1)?.replace("{SERVICE}", SERVICE);
        let methods = rest.split_once("\"")?.1.split_once(',')?.1;
        let method = methods.trim().split('(').next()?;
        Some((path, method.to_owned()))
    });
    placed.collect()
}

#[tokio::test]
async fn the_document_is_served_and_every_path_of_the_facade_has_exactly_the_methods_it_says() {
    let router = router();
    let (_, served) = call(&router, Method::GET, "/openapi.json").await;
    assert_eq!(served, document(ORIGIN));
    let paths = served["paths"].as_object().unwrap();
    let ours = paths
        .iter()
        .filter(|(path, _)| !path.starts_with("/v1/") && !path.starts_with("/cds-"));
    for (path, operations) in ours {
        for (name, method) in &METHODS {
            let is_there = is_served(&router, method.clone(), path).await;
            assert_eq!(is_there, operations.get(name).is_some(), "{name} {path}");
        }
    }
}

#[test]
fn the_document_has_exactly_the_gateways_routes() {
    let documented: BTreeSet<(String, String)> = SIGNED
        .iter()
        .map(|endpoint| (endpoint.path.to_owned(), endpoint.method.to_owned()))
        .chain(sessions::operations().map(|(path, method, _)| (path.to_owned(), method.to_owned())))
        .collect();
    let mut routes = gateway_routes();
    // The signed form of a create; the document has it for each type.
    assert!(routes.remove(&("/fhir/{kind}".to_owned(), "post".to_owned())));
    // The list of services is open to all, so that it is no signed call.
    assert!(routes.remove(&("/cds-services".to_owned(), "get".to_owned())));
    assert_eq!(documented, routes);
}

#[test]
fn operation_ids_are_unique() {
    let document = document(ORIGIN);
    let operations = document["paths"].as_object().unwrap().values();
    let ids: Vec<&str> = operations
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let unique: BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
}

/// The gateway's table of scopes, with the names as they are sent.
fn gateway_scopes() -> BTreeSet<(String, String, String)> {
    let source = include_str!("../../../gateway/src/sessions/scope.rs");
    let (_, table) = source.split_once("pub const SCOPED").unwrap();
    let (table, _) = table.split_once("];").unwrap();
    let rows = table.split("(\"").skip(1).map(|row| {
        let words: Vec<&str> = row
            .split(['"', ',', '(', ')', ' ', '\n'])
            .filter(|word| !word.is_empty())
            .collect();
        (words[0].to_lowercase(), words[1].to_owned(), sent(words[2]))
    });
    rows.collect()
}

/// `FollowUpRead` is sent as `follow-up.read`.
fn sent(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            words.push(String::new());
        }
        words.last_mut().unwrap().push(letter.to_ascii_lowercase());
    }
    let last = words.pop().unwrap();
    format!("{}.{last}", words.join("-"))
}

#[test]
fn the_document_says_which_calls_a_session_opens() {
    let documented: BTreeSet<(String, String, String)> = sessions::SCOPED
        .iter()
        .map(|(method, path, scope)| ((*method).into(), (*path).into(), (*scope).into()))
        .collect();
    assert_eq!(documented, gateway_scopes());
    for (method, path, scope) in sessions::SCOPED {
        let document = document(ORIGIN);
        let by_session = &document["paths"][path][method]["security"][1]["session"];
        assert_eq!(by_session[0], *scope, "{method} {path}");
    }
}
