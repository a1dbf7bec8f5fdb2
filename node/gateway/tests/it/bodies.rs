//! What callers send: parsed at the door, refused with a place, never repeated in an error.

use crate::world::{CHILD, Outgoing, Village, doctor, guardian};
use axum::http::StatusCode;
use musubi_primitives::RecordId;
use serde_json::{Value, json};

async fn post(path: &str, body: Value) -> (StatusCode, Value) {
    let call = Outgoing::post(path, body.to_string()).about(&CHILD.to_string());
    Village::default().send(call.signed_by(&doctor())).await
}

fn dose() -> Value {
    json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "A1", "vaccineCode": {"text": "5種混合"},
        "patient": {"reference": "Patient/x"}, "occurrenceDateTime": "2026-11-05",
    })
}

#[tokio::test]
async fn a_resource_becomes_a_record_and_says_where_it_is() {
    let (status, body) = post("/fhir/Immunization", dose()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        (&body["record"], &body["block"]),
        (&json!(RecordId([8; 32])), &json!(7))
    );
}

#[tokio::test]
async fn a_wrong_resource_gets_an_operation_outcome_with_its_place() {
    let mut wrong = dose();
    wrong["occurrenceDateTime"] = json!("2026-02-30");
    let (status, body) = post("/fhir/Immunization", wrong).await;
    assert_eq!(
        (status, &body["resourceType"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("OperationOutcome"))
    );
    assert_eq!(
        body["issue"][0]["expression"][0],
        "Immunization.occurrenceDateTime"
    );
}

/// The issue of an `OperationOutcome`, which says where it is.
fn outcome(body: &Value) -> &Value {
    assert_eq!(body["resourceType"], "OperationOutcome", "{body}");
    let issue = &body["issue"][0];
    assert!(issue["expression"][0].is_string(), "{body}");
    issue
}

#[tokio::test]
async fn every_refusal_at_an_address_of_fhir_is_an_operation_outcome_and_nothing_is_taken_in() {
    let path = "/fhir/Immunization";
    let about = |call: Outgoing| call.about(&CHILD.to_string());
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[77; 32]);
    let right = || about(Outgoing::post(path, dose().to_string()));
    let calls = [
        (right().signed_by(&stranger), StatusCode::FORBIDDEN),
        (
            about(Outgoing::post(path, vec![0xff, 0xfe])).signed_by(&doctor()),
            StatusCode::BAD_REQUEST,
        ),
        (
            about(Outgoing::post(path, "{".to_owned())).signed_by(&doctor()),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            about(Outgoing::post(path, vec![b' '; 3 << 20])).signed_by(&doctor()),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ];
    for (call, expected) in calls {
        let village = Village::default();
        let (status, body) = village.send(call).await;
        assert_eq!(status, expected, "{body}");
        outcome(&body);
        assert!(village.asked.lock().unwrap().is_empty(), "{body}");
    }
    let village = Village::refusing("Records::Full");
    let (status, body) = village.send(right().signed_by(&doctor())).await;
    assert_eq!(status, StatusCode::CONFLICT, "{body}");
    assert_eq!(outcome(&body)["code"], "conflict");
}

#[tokio::test]
async fn a_resource_at_another_types_address_or_about_nobody_is_refused() {
    let (status, body) = post("/fhir/Observation", dose()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let issue = outcome(&body);
    assert_eq!(issue["expression"][0], "Resource.resourceType");
    assert!(
        issue["diagnostics"]
            .as_str()
            .unwrap()
            .contains("/fhir/Immunization")
    );
    let nobody = Outgoing::post("/fhir/Immunization", dose().to_string()).about("somebody");
    let (status, body) = Village::default().send(nobody.signed_by(&doctor())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(outcome(&body)["expression"][0], "http.musubi-subject");
}

#[tokio::test]
async fn a_malformed_body_is_refused_and_not_repeated() {
    let secret = "結城　花子";
    for path in ["/v1/people", "/v1/guardianships", "/v1/evidence"] {
        for body in [
            json!({"patient": secret}),
            json!(secret),
            json!({"about": secret, "kind": secret}),
        ] {
            let (status, answer) = post(path, body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
            assert!(!answer.to_string().contains(secret), "{answer}");
            assert!(
                answer["detail"].as_str().unwrap().contains("expected JSON"),
                "{answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_patient_is_checked_before_the_counter_sees_the_form() {
    let patient = json!({"resourceType": "Patient", "identifier": [{"value": "1"}], "name": [{"text": "x"}], "birthDate": "2026-13-01"});
    let form = json!({"patient": patient, "domain": "health"});
    let (status, body) = post("/v1/people", form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body["issue"][0]["expression"][0], "Patient.birthDate");
}

#[tokio::test]
async fn residents_may_not_do_what_only_staff_may() {
    let patient =
        json!({"resourceType": "Patient", "identifier": [{"value": "1"}], "name": [{"text": "x"}]});
    let form = json!({"patient": patient, "domain": "health"}).to_string();
    let village = Village::default();
    let (status, _) = village
        .send(Outgoing::post("/v1/people", form).signed_by(&guardian()))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_chains_refusal_names_its_rule() {
    let village = Village::refusing("Consent.NonceUsed: K5: this nonce made a consent before.");
    let call = Outgoing::post("/v1/extrinsics", vec![1, 2, 3]);
    let (status, body) = village.send(call.signed_by(&doctor())).await;
    assert_eq!(
        (status, &body["type"]),
        (
            StatusCode::CONFLICT,
            &json!("urn:musubi:problem:refused-by-chain")
        )
    );
    assert!(
        body["detail"]
            .as_str()
            .unwrap()
            .contains("Consent.NonceUsed")
    );
}

#[tokio::test]
async fn an_oversized_body_reaches_no_desk() {
    let village = Village::default();
    let call = Outgoing::post("/v1/vault?custodian=0", vec![0; 6 * 1024 * 1024 + 1]);
    let (status, _) = village.send(call.signed_by(&doctor())).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(village.is_untouched());
}

#[tokio::test]
async fn what_is_not_there_is_said_without_telling_why() {
    let (status, body) = post("/v1/nowhere", json!({})).await;
    assert_eq!(
        (status, &body["status"]),
        (StatusCode::NOT_FOUND, &json!(404))
    );
    let village = Village::default();
    let call = Outgoing::get(&format!("/v1/records/{}", RecordId([1; 32])));
    assert_eq!(
        village.send(call.signed_by(&doctor())).await.0,
        StatusCode::NOT_FOUND
    );
    let call = Outgoing::get("/v1/records/xyz");
    assert_eq!(
        village.send(call.signed_by(&doctor())).await.0,
        StatusCode::BAD_REQUEST
    );
    let call = Outgoing::post("/v1/vault", "x");
    assert_eq!(
        village.send(call.signed_by(&doctor())).await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_nonce_is_asked_for_by_what_it_will_stand_in() {
    let bodies = [
        ("", "nonce for Document"),
        ("null", "nonce for Document"),
        ("{}", "nonce for Document"),
        (r#"{"for": "check-in"}"#, "nonce for CheckIn"),
    ];
    for (body, noted) in bodies {
        let village = Village::default();
        let call = Outgoing::post("/v1/nonces", body).signed_by(&doctor());
        assert_eq!(village.send(call).await.0, StatusCode::CREATED, "{body}");
        assert_eq!(*village.asked.lock().unwrap(), [noted]);
    }
    for body in [r#"{"for": "a-bus"}"#, r#"{"for": 1}"#, "7"] {
        let call = Outgoing::post("/v1/nonces", body).signed_by(&doctor());
        let (status, _) = Village::default().send(call).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn a_check_in_is_answered_with_a_code_for_programs_and_a_sentence_for_people() {
    let form = json!({
        "session": CHILD, "subject": CHILD, "staff": CHILD, "purpose": "child-care", "sealed": "AAAA",
    });
    let (status, body) = post("/v1/check-ins", form.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        body,
        json!({"outcome": "refused", "code": "other-card", "reason": "another card"})
    );
    for missing in ["session", "subject", "staff", "purpose", "sealed"] {
        let mut form = form.clone();
        form.as_object_mut().unwrap().remove(missing);
        assert_eq!(post("/v1/check-ins", form).await.0, StatusCode::BAD_REQUEST);
    }
}
