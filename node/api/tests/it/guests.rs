//! What a caller without credentials may not do, whichever way it asks.

use crate::village::{Village, call_from, exchange, post};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};

const STRANGER: &str = "192.0.2.1";

#[tokio::test]
async fn a_guest_reads_headers_but_no_state() {
    let api = Village::found().api();
    assert!(
        call_from(&api.router, STRANGER, "chain_getHeader", json!([]))
            .await
            .is_ok()
    );
    for method in [
        "state_getStorage",
        "state_call",
        "chain_getBlock",
        "musubi_trail",
        "author_pendingExtrinsics",
    ] {
        let error = call_from(&api.router, STRANGER, method, json!(["0x00", "0x"]))
            .await
            .unwrap_err();
        assert_eq!(error["code"], -32601);
        assert!(
            error["message"].as_str().unwrap().contains("for operators"),
            "{method}"
        );
    }
}

#[tokio::test]
async fn a_batch_is_no_way_around() {
    let api = Village::found().api();
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "system_chain" },
        { "jsonrpc": "2.0", "id": 2, "method": "state_getStorage", "params": ["0x00"] },
    ]);
    let (_, text) = post(&api.router, STRANGER, batch.to_string()).await;
    let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(answers[0]["result"], "Test village");
    assert_eq!(answers[1]["error"]["code"], -32601);
}

#[tokio::test]
async fn a_guest_is_shown_only_what_it_may_call() {
    let api = Village::found().api();
    let listed = call_from(&api.router, STRANGER, "rpc_methods", json!([]))
        .await
        .unwrap();
    let names = listed["methods"].as_array().unwrap();
    assert!(
        names.contains(&json!("chain_getHeader")) && !names.contains(&json!("state_getStorage"))
    );
}

#[tokio::test]
async fn the_bearer_token_makes_an_operator() {
    let api = Village::found().api();
    let with = |token: &str| {
        let body =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "state_getStorage", "params": ["0x00"] });
        Request::post("/rpc")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(body.to_string()))
            .unwrap()
    };
    let (_, right) = exchange(&api.router, STRANGER, with("a long enough secret")).await;
    assert!(right.contains("result"), "{right}");
    let (_, wrong) = exchange(&api.router, STRANGER, with("a long enough guess!")).await;
    assert!(wrong.contains("-32601"), "{wrong}");
}

#[tokio::test]
async fn a_web_page_on_the_operators_machine_is_a_guest() {
    let api = Village::found().api();
    let body =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "state_getStorage", "params": ["0x00"] });
    let request = Request::post("/")
        .header("content-type", "application/json")
        .header("origin", "https://example.org")
        .body(Body::from(body.to_string()))
        .unwrap();
    let (_, text) = exchange(&api.router, "127.0.0.1", request).await;
    assert!(text.contains("-32601"), "{text}");
}

#[tokio::test]
async fn metrics_are_for_operators() {
    let api = Village::found().api();
    let ask = || Request::get("/metrics").body(Body::empty()).unwrap();
    assert_eq!(
        exchange(&api.router, STRANGER, ask()).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        exchange(&api.router, "127.0.0.1", ask()).await.0,
        StatusCode::OK
    );
}
