//! The vectors that every language's SDK must meet (`data/sdk.json`): the Rust core makes the very same bytes.

use codec::DecodeAll;
use ed25519_dalek::SigningKey;
use musubi_care::{
    child::{Circumstances, History, Proposal, Subject},
    growth::{Position, Reference},
    presets::{GROWTH_2023, SCHEDULE_2026},
    rules::RuleSet,
    schedule,
};
use musubi_client_sdk::{
    calls::consent,
    extrinsics::{ChainContext, Mortality, account_of, prepare},
    rest::SignedCall,
    sealing::{Envelope, HpkeSecret, SealedRecord},
};
use musubi_consent::{CheckIn, SignedContent};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../data/sdk.json")).expect("the vectors are JSON")
}

fn key(vector: &Value) -> SigningKey {
    SigningKey::from_bytes(&bytes(&vector["seed"]).try_into().unwrap())
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
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
    let subject: Subject = read(&vector["child"]["subject"]);
    let proposal: Proposal = read(&vector["proposal"]);
    let rules = RuleSet::parse(SCHEDULE_2026).unwrap();
    let history: History = read(&vector["child"]["history"]);
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

#[test]
fn the_growth_reference_places_the_same() {
    let vector = &vectors()["growth"];
    let reference = Reference::parse(GROWTH_2023).unwrap();
    let evaluation = reference.evaluate(
        read(&vector["measure"]),
        read(&vector["sex"]),
        read(&vector["birth"]),
        read(&vector["on"]),
        read(&vector["value"]),
    );
    let [low, high]: [u8; 2] = read(&vector["between"]);
    assert_eq!(evaluation.unwrap().position, Position::Between(low, high));
}

#[test]
fn the_check_in_is_signed_to_the_byte() {
    let vector = &vectors()["checkIn"];
    let document = CheckIn::parse(vector["document"].as_str().unwrap().as_bytes()).unwrap();
    let content = SignedContent::of(&document, parsed(&vector["genesis"]));
    assert_eq!(hex::encode(content.to_bytes()), vector["bytesToSign"]);
}

#[test]
fn the_sealed_record_opens() {
    let vector = &vectors()["sealing"];
    let decoded = bytes(&vector["sealed"]);
    let sealed = SealedRecord::decode_all(&mut decoded.as_slice()).unwrap();
    let envelope = Envelope::decode_all(&mut bytes(&vector["envelope"]).as_slice()).unwrap();
    let secret = HpkeSecret::from_bytes(bytes(&vector["secret"]).try_into().unwrap());
    assert_eq!(sealed.record, parsed(&vector["record"]));
    assert_eq!(sealed.commitment, parsed(&vector["commitment"]));
    let data_key = envelope.open(&secret).unwrap();
    let opened = sealed
        .open(&parsed(&vector["ciphertext"]), &data_key)
        .unwrap();
    assert_eq!(
        opened.as_slice(),
        vector["opened"].as_str().unwrap().as_bytes()
    );
}
