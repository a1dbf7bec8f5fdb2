//! Who is let in: a key that the chain knows, signing this very call, now.

use crate::world::{CHILD, NOW, Outgoing, Village, doctor, guardian};
use axum::http::StatusCode;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::rest::SIGNATURE;
use musubi_primitives::{AccountId, BlockHash};
use serde_json::json;

#[tokio::test]
async fn staff_and_residents_are_let_in_by_their_signature() {
    for key in [doctor(), guardian()] {
        let village = Village::default();
        let (status, body) = village
            .send(Outgoing::get("/v1/signing-context").signed_by(&key))
            .await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            (&body["nonce"], &body["specVersion"]),
            (&json!(3), &json!(1))
        );
    }
}

#[tokio::test]
async fn a_stranger_is_told_so_and_no_desk_hears_of_it() {
    let village = Village::default();
    let stranger = SigningKey::from_bytes(&[99; 32]);
    let (status, body) = village
        .send(Outgoing::post("/v1/nonces", "").signed_by(&stranger))
        .await;
    assert_eq!(
        (status, &body["type"]),
        (
            StatusCode::FORBIDDEN,
            &json!("urn:musubi:problem:unknown-key")
        )
    );
    assert!(village.is_untouched());
}

#[tokio::test]
async fn a_signature_serves_no_other_method_path_query_subject_body_time_or_chain() {
    let call = Outgoing::post("/v1/vault?custodian=0", "a message").about(&CHILD.to_string());
    let bent: [fn(&mut Outgoing); 6] = [
        |call| call.path = "/v1/vault?custodian=1".to_owned(),
        |call| call.path = "/v1/extrinsics".to_owned(),
        |call| call.subject = None,
        |call| call.body = b"another message".to_vec(),
        |call| call.time = NOW - 1,
        |call| call.method = "PUT",
    ];
    let key = doctor();
    let account = AccountId(key.verifying_key().to_bytes());
    let honest = call.signed_by(&key);
    let signature = honest.headers()[SIGNATURE].to_str().unwrap().to_owned();
    let village = Village::default();
    for bend in bent {
        let mut other = call.clone();
        bend(&mut other);
        let (status, _) = village
            .send(other.with_signature(&account, &signature))
            .await;
        assert!(
            matches!(
                status,
                StatusCode::UNAUTHORIZED | StatusCode::METHOD_NOT_ALLOWED
            ),
            "{status}"
        );
    }
    let elsewhere = Outgoing {
        genesis: BlockHash([1; 32]),
        ..call.clone()
    };
    assert_eq!(
        village.send(elsewhere.signed_by(&key)).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert!(village.is_untouched());
    assert_eq!(village.send(honest).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_old_or_early_call_is_refused_with_what_to_do() {
    for time in [NOW - 60_001, NOW + 60_001, 0, u64::MAX] {
        let village = Village::default();
        let late = Outgoing {
            time,
            ..Outgoing::post("/v1/nonces", "")
        };
        let (status, body) = village.send(late.signed_by(&doctor())).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(
            body["detail"].as_str().unwrap().contains("set the clock"),
            "{body}"
        );
        assert!(village.is_untouched());
    }
}

#[tokio::test]
async fn missing_or_malformed_headers_are_named() {
    let call = Outgoing::post("/v1/nonces", "");
    for name in ["musubi-account", "musubi-time", "musubi-signature"] {
        let village = Village::default();
        let mut without = call.signed_by(&doctor());
        without.headers_mut().remove(name);
        let (status, body) = village.send(without).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(body["detail"].as_str().unwrap().contains(name), "{body}");
        let mut wrong = call.signed_by(&doctor());
        wrong.headers_mut().insert(name, "?".parse().unwrap());
        assert_eq!(village.send(wrong).await.0, StatusCode::UNAUTHORIZED);
        assert!(village.is_untouched());
    }
}
