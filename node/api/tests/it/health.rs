//! Health, readiness and metrics.

use crate::village::{State, Village, call, exchange};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::json;

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_node_whose_blocks_stopped_is_alive_but_not_ready() {
    let village = Village::found();
    village.extend(State::new(), vec![]);
    let api = village.api();
    assert_eq!(
        exchange(&api.router, "192.0.2.1", get("/readyz")).await.0,
        StatusCode::OK
    );
    village.turn_clock(1000 + 16_000);
    let (status, report) = exchange(&api.router, "192.0.2.1", get("/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        report,
        r#"{"ready":false,"height":1,"headAgeSeconds":16,"syncing":false}"#
    );
    assert_eq!(
        exchange(&api.router, "192.0.2.1", get("/healthz")).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn metrics_count_calls_by_known_names_only() {
    let village = Village::found();
    let api = village.api();
    call(&api.router, "system_chain", json!([])).await.unwrap();
    call(&api.router, "state_getStorage", json!(["zz"]))
        .await
        .unwrap_err();
    call(&api.router, "name_of_a_child", json!([]))
        .await
        .unwrap_err();
    let (_, text) = exchange(&api.router, "127.0.0.1", get("/metrics")).await;
    assert!(
        text.contains(r#"musubi_rpc_calls_total{method="system_chain",outcome="success"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"musubi_rpc_calls_total{method="state_getStorage",outcome="error"} 1"#)
    );
    assert!(text.contains(r#"method="unknown""#) && !text.contains("child"));
    assert!(text.contains("musubi_height 0") && text.contains("musubi_peers 1"));
}
