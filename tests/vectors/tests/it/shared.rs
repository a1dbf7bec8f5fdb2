//! The vectors that every language's SDK must meet (`data/sdk.json`): the Rust core makes the very same bytes.

use ed25519_dalek::SigningKey;
use musubi_care::{
    child::{Circumstances, History, Proposal, Subject},
    presets::SCHEDULE_2026,
    rules::RuleSet,
    schedule,
};
use musubi_client_sdk::{
    calls::consent,
    extrinsics::{ChainContext, Mortality, account_of, prepare},
    rest::SignedCall,
};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../data/sdk.json")).expect("the vectors are JSON")
}

fn key(vector: &Value) -> SigningKey {
    let seed = hex::decode(vector["seed"].as_str().unwrap()).unwrap();
    SigningKey::from_bytes(&seed.try_into().unwrap())
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn the_extrinsic_is_made_to_the_byte() {
    let vector = &vectors()["extrinsic"];
    let envelope = &vector["envelope"];
    let number = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let chain = ChainContext {
        genesis: parsed(&envelope["genesis"]),
        spec_version: number(&envelope["specVersion"]),
        transaction_version: number(&envelope["transactionVersion"]),
    };
    let mortality = Mortality::Mortal {
        period: envelope["mortal"]["period"].as_u64().unwrap(),
        height: envelope["mortal"]["height"].as_u64().unwrap(),
        block: parsed(&envelope["mortal"]["block"]),
    };
    let call = consent::withdraw(parsed(&vector["consent"]), None);
    assert_eq!(hex::encode(&call.0), vector["call"]);
    let (key, nonce) = (key(vector), number(&envelope["nonce"]));
    let unsigned = prepare(&chain, account_of(&key), nonce, mortality, call);
    assert_eq!(hex::encode(unsigned.payload_to_sign()), vector["payload"]);
    let extrinsic = unsigned.sign(&key).unwrap();
    assert_eq!(hex::encode(extrinsic.bytes), vector["extrinsic"]);
}

#[test]
fn the_gateway_call_is_signed_to_the_byte() {
    let vector = &vectors()["gateway"];
    let call = SignedCall {
        method: "GET",
        path: vector["path"].as_str().unwrap(),
        subject: "",
        time: vector["time"].as_u64().unwrap(),
        body: &[],
    };
    let signature = call.sign(&parsed(&vector["genesis"]), &key(vector));
    assert_eq!(signature, vector["signature"]);
}

#[test]
fn the_schedule_check_answers_the_same() {
    let vector = &vectors()["care"];
    let read = |value: &Value| serde_json::from_value::<History>(value.clone()).unwrap();
    let subject: Subject = serde_json::from_value(vector["child"]["subject"].clone()).unwrap();
    let proposal: Proposal = serde_json::from_value(vector["proposal"].clone()).unwrap();
    let rules = RuleSet::parse(SCHEDULE_2026).unwrap();
    let history = read(&vector["child"]["history"]);
    let verdict = schedule::check(
        &rules,
        &subject,
        &history,
        &Circumstances::default(),
        &proposal,
    );
    let verdict = serde_json::to_value(verdict).unwrap();
    assert_eq!(verdict["answer"], vector["answer"]);
}
