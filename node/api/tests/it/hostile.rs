//! Hostile input: every refusal has a code, says what was wrong, and the node goes on answering.

use crate::village::{Village, call, exchange, post};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};

/// Posts a body and gives the error's code; afterwards the node must still answer.
async fn code_for(body: impl Into<Vec<u8>>) -> Value {
    let api = Village::found().api();
    let (_, text) = post(&api.router, "127.0.0.1", body).await;
    assert_eq!(
        call(&api.router, "system_name", json!([])).await,
        Ok(json!("musubi"))
    );
    serde_json::from_str::<Value>(&text)
        .map_or(Value::Null, |answer| answer["error"]["code"].clone())
}

#[tokio::test]
async fn bytes_that_are_no_call_are_refused() {
    assert_eq!(code_for("garbage").await, json!(-32700));
    assert_eq!(code_for(vec![0xff; 64]).await, json!(-32700));
    assert_eq!(code_for(r#"{"jsonrpc":"2.0","id":1}"#).await, json!(-32600));
    assert_eq!(code_for("[]").await, json!(-32600));
    assert_eq!(code_for("[".repeat(2000)).await, json!(-32700));
    assert_eq!(
        code_for(r#"{"jsonrpc":"2.0","id":1,"method":"no_such"}"#).await,
        json!(-32601)
    );
}

#[tokio::test]
async fn oversized_bodies_and_batches_are_refused() {
    assert_eq!(code_for("x".repeat(5000)).await, json!(-32007));
    let one = json!({ "jsonrpc": "2.0", "id": 1, "method": "system_name" });
    assert_eq!(
        code_for(json!([one, one, one, one, one]).to_string()).await,
        json!(-32010)
    );
}

#[tokio::test]
async fn an_answer_that_grew_too_large_is_an_error() {
    let village = Village::found();
    village.extend([(vec![1], vec![0; 20_000])].into(), vec![]);
    let error = call(&village.api().router, "state_getStorage", json!(["0x01"]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], -32008);
}

#[tokio::test]
async fn parameters_out_of_bounds_say_what_was_wrong() {
    let api = Village::found().api();
    let cases = [
        ("state_getStorage", json!(["0xzz"]), "hex"),
        ("state_getStorage", json!([]), "No more params"),
        (
            "state_getKeysPaged",
            json!(["0x", 1001]),
            "at most 1000 keys",
        ),
        (
            "state_getStorage",
            json!([format!("0x{}", "00".repeat(1025))]),
            "at most 1024 bytes",
        ),
        (
            "state_call",
            json!(["../../etc", "0x"]),
            "letters, digits and underscores",
        ),
        ("chain_getBlockHash", json!([-1]), ""),
        ("chain_getBlockHash", json!(["12"]), "0x and hexadecimal"),
        (
            "chain_getBlockHash",
            json!([vec![1; 257]]),
            "at most 256 heights",
        ),
        ("chain_getHeader", json!(["0x00"]), "length"),
        (
            "musubi_trail",
            json!([format!("0x{}", "07".repeat(32)), 0, 501]),
            "at most 500 rows",
        ),
        ("musubi_trail", json!(["0x07"]), "64 hexadecimal digits"),
        ("author_submitExtrinsic", json!([5]), "string"),
    ];
    for (method, params, said) in cases {
        let error = call(&api.router, method, params).await.unwrap_err();
        assert_eq!(error["code"], -32602, "{method}: {error}");
        assert!(error.to_string().contains(said), "{method}: {error}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_absent() {
    let api = Village::found().api();
    let unknown = format!("0x{}", "11".repeat(32));
    assert_eq!(
        call(&api.router, "chain_getHeader", json!([unknown])).await,
        Ok(Value::Null)
    );
    let error = call(&api.router, "state_getStorage", json!(["0x00", unknown]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], 4000);
    let error = call(&api.router, "state_call", json!(["Core_absent", "0x"]))
        .await
        .unwrap_err();
    assert_eq!(error["message"], "the runtime has no function Core_absent");
    let error = call(&api.router, "musubi_certificate", json!([unknown]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], 3000);
}

#[tokio::test]
async fn other_verbs_types_and_paths_are_refused() {
    let api = Village::found().api();
    let get = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(
        exchange(&api.router, "127.0.0.1", get).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let text = Request::post("/")
        .header("content-type", "text/plain")
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(
        exchange(&api.router, "127.0.0.1", text).await.0,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let elsewhere = Request::get("/../etc/passwd").body(Body::empty()).unwrap();
    assert_eq!(
        exchange(&api.router, "127.0.0.1", elsewhere).await.0,
        StatusCode::NOT_FOUND
    );
}
