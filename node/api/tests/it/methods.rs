//! Single calls: the answers that public clients build on.

use crate::village::{SUBJECT, State, Village, call, post};
use serde_json::{Value, json};

fn state(pairs: &[(&[u8], &[u8])]) -> State {
    pairs
        .iter()
        .map(|(key, value)| (key.to_vec(), value.to_vec()))
        .collect()
}

#[tokio::test]
async fn rpc_methods_lists_exactly_what_answers() {
    let api = Village::found().api();
    let listed = call(&api.router, "rpc_methods", json!([])).await.unwrap();
    let names: Vec<String> = serde_json::from_value(listed["methods"].clone()).unwrap();
    assert!(names.is_sorted() && names.contains(&"state_getMetadata".to_owned()));
    for name in &names {
        let answer = call(&api.router, name, json!([])).await;
        let missing = answer.is_err_and(|error| error["code"] == -32601);
        assert!(!missing, "{name} is listed but not served");
    }
}

#[tokio::test]
async fn params_may_be_missing_where_none_are_needed() {
    let api = Village::found().api();
    for method in [
        "chain_getFinalizedHead",
        "rpc_methods",
        "system_health",
        "state_getRuntimeVersion",
    ] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method }).to_string();
        let (_, text) = post(&api.router, "127.0.0.1", body).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer.get("result").is_some(), "{method}: {text}");
    }
}

#[tokio::test]
async fn blocks_are_found_by_number_text_and_list() {
    let village = Village::found();
    let hash = village.extend(State::new(), vec![]).to_string();
    let api = village.api();
    let ask = |params| call(&api.router, "chain_getBlockHash", params);
    assert_eq!(ask(json!([])).await, Ok(json!(hash)));
    assert_eq!(ask(json!([1])).await, Ok(json!(hash)));
    assert_eq!(ask(json!(["0x1"])).await, Ok(json!(hash)));
    assert_eq!(
        ask(json!([[1, "0x1", 2]])).await,
        Ok(json!([hash, hash, null]))
    );
    assert_eq!(ask(json!([7])).await, Ok(Value::Null));
    let block = call(&api.router, "chain_getBlock", json!([hash]))
        .await
        .unwrap();
    assert_eq!(block["block"]["header"]["number"], "0x1");
    assert_eq!(block["block"]["extrinsics"], json!(["0x0c010203"]));
    assert_eq!(block["justifications"], Value::Null);
}

#[tokio::test]
async fn metadata_is_version_14() {
    let api = Village::found().api();
    let metadata = call(&api.router, "state_getMetadata", json!([])).await;
    assert_eq!(
        metadata,
        Ok(json!(format!("0x{}", hex::encode(b"meta\x0e"))))
    );
}

#[tokio::test]
async fn storage_is_read_at_the_block_asked_for() {
    let village = Village::found();
    let before = village.extend(state(&[(b"ab", b"old")]), vec![]);
    village.extend(
        state(&[(b"ab", b"new"), (b"ac", b""), (b"b", b"x")]),
        vec![],
    );
    let api = village.api();
    let key = "0x6162";
    assert_eq!(
        call(&api.router, "state_getStorage", json!([key])).await,
        Ok(json!("0x6e6577"))
    );
    assert_eq!(
        call(&api.router, "state_getStorage", json!([key, before])).await,
        Ok(json!("0x6f6c64"))
    );
    assert_eq!(
        call(&api.router, "state_getStorageSize", json!([key])).await,
        Ok(json!(3))
    );
    assert_eq!(
        call(&api.router, "state_getStorage", json!(["0x00"])).await,
        Ok(Value::Null)
    );
    let keys = call(&api.router, "state_getKeysPaged", json!(["0x61", 10, key])).await;
    assert_eq!(keys, Ok(json!(["0x6163"])));
    let changes = call(
        &api.router,
        "state_queryStorageAt",
        json!([[key, "0x00"], before]),
    )
    .await
    .unwrap();
    assert_eq!(
        changes,
        json!([{ "block": before, "changes": [[key, "0x6f6c64"], ["0x00", null]] }])
    );
}

#[tokio::test]
async fn the_code_hash_follows_the_specification() {
    let village = Village::found();
    let api = village.api();
    let hash = || call(&api.router, "state_getStorageHash", json!(["0x3a636f6465"]));
    let first = hash().await.unwrap();
    village.extend(State::new(), vec![]);
    assert_eq!(hash().await.unwrap(), first);
    village.extend(state(&[(b":spec", &[2])]), vec![]);
    assert!(first.is_string());
    assert_ne!(hash().await.unwrap(), first);
}

#[tokio::test]
async fn an_account_is_named_by_address_or_hexadecimal() {
    let api = Village::found().api();
    let address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    assert_eq!(
        call(&api.router, "system_accountNextIndex", json!([address])).await,
        Ok(json!(7))
    );
    assert_eq!(
        call(&api.router, "system_accountNextIndex", json!([SUBJECT])).await,
        Ok(json!(7))
    );
    let error = call(&api.router, "system_accountNextIndex", json!(["nobody"]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn a_refused_transaction_names_the_rule() {
    let api = Village::found().api();
    let refused = format!("0x{}", hex::encode(crate::village::REFUSED));
    let error = call(&api.router, "author_submitExtrinsic", json!([refused]))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        json!({ "code": 1010, "message": "Invalid Transaction", "data": "Stale: the nonce was used" })
    );
    let error = call(&api.router, "author_submitExtrinsic", json!(["0x"]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], 1001);
}

#[tokio::test]
async fn a_fault_of_the_node_is_not_told_to_the_caller() {
    let api = Village::found().api();
    let error = call(&api.router, "state_call", json!(["Test_break", "0x"]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], -32603);
    assert!(!error.to_string().contains("secret"));
}
