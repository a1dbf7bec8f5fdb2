//! Families' phones: what reaches the desk, and what never does.

use crate::world::{GENESIS, Outgoing, Village, answer, guardian};
use async_trait::async_trait;
use axum::{Router, http::StatusCode};
use musubi_client_sdk::proofs::Checkpoint;
use musubi_node_gateway::{
    Caller, DeskError, Entrance,
    family::{
        About, CopyForm, Draft, Family, FamilyConsent, FamilyDesk, FamilyRecord, HandOver,
        HealthCard, Prepared, ProvedRow, router,
    },
};
use musubi_primitives::{
    BlockHash, HpkeKey, MemberId, Pseudonym, RecordId, VerifyingKey,
    finality::{Validator, ValidatorSet},
};
use serde_json::{Value, json};
use std::sync::Arc;

const CHILD: &str = "0x0303030303030303030303030303030303030303030303030303030303030303";
const KEY: &str = "0x0404040404040404040404040404040404040404040404040404040404040404";

#[async_trait]
impl FamilyDesk for Village {
    async fn about(&self) -> Result<About, DeskError> {
        let about = About {
            chain: "test".to_owned(),
            genesis: Checkpoint::at_genesis(GENESIS, validators()),
            home: None,
            members: vec![],
            rules: None,
        };
        self.note("about".to_owned(), about)
    }

    async fn family(&self, _: &Caller) -> Result<Family, DeskError> {
        let person = Pseudonym([1; 32]);
        self.note(
            "family".to_owned(),
            Family {
                person,
                people: vec![],
            },
        )
    }

    async fn trail(
        &self,
        _: &Caller,
        subject: Pseudonym,
        first: u64,
    ) -> Result<Vec<ProvedRow>, DeskError> {
        self.note(format!("trail {subject} {first}"), vec![])
    }

    async fn trail_end(
        &self,
        _: &Caller,
        subject: Pseudonym,
        block: BlockHash,
    ) -> Result<Vec<Vec<u8>>, DeskError> {
        self.note(format!("trail end {subject} {block}"), vec![vec![1, 2]])
    }

    async fn consents(
        &self,
        _: &Caller,
        subject: Pseudonym,
    ) -> Result<Vec<FamilyConsent>, DeskError> {
        self.note(format!("consents {subject}"), vec![])
    }

    async fn records(
        &self,
        _: &Caller,
        subject: Pseudonym,
        key: HpkeKey,
        after: Option<RecordId>,
    ) -> Result<Vec<FamilyRecord>, DeskError> {
        self.note(format!("records {subject} {key} {after:?}"), vec![])
    }

    async fn copy(
        &self,
        _: &Caller,
        subject: Pseudonym,
        form: CopyForm,
    ) -> Result<Vec<u8>, DeskError> {
        self.note(format!("copy {subject} {form:?}"), b"{}".to_vec())
    }

    async fn health_card(&self, _: &Caller, subject: Pseudonym) -> Result<HealthCard, DeskError> {
        let card = HealthCard {
            card: "a.b.c".to_owned(),
        };
        self.note(format!("card {subject}"), card)
    }

    async fn hand_over(&self, _: &Caller, draft: Draft) -> Result<HandOver, DeskError> {
        let kept = kept(draft);
        self.note(format!("draft {}", kept.draft.label), kept)
    }

    async fn handed_over(&self, _: &Caller, code: &str) -> Result<HandOver, DeskError> {
        let draft: Draft = serde_json::from_value(draft("お子さん", 30)).unwrap();
        self.note(format!("code {code}"), kept(draft))
    }

    async fn prepare(
        &self,
        _: &Caller,
        code: &str,
        prepared: Prepared,
    ) -> Result<HandOver, DeskError> {
        let draft: Draft = serde_json::from_value(draft("お子さん", 30)).unwrap();
        let bytes = prepared.statement.len();
        self.note(format!("statement {code} {bytes}"), kept(draft))
    }
}

fn validators() -> ValidatorSet {
    let validator = Validator {
        key: VerifyingKey([8; 32]),
        member: MemberId(0),
        power: 1,
    };
    ValidatorSet::new(vec![validator]).unwrap()
}

fn kept(draft: Draft) -> HandOver {
    HandOver {
        code: "12345678".to_owned(),
        until: 1,
        guardian: Pseudonym([1; 32]),
        draft,
        statement: None,
    }
}

fn draft(label: &str, days: u16) -> Value {
    json!({
        "subject": CHILD, "label": label, "recipient": 5, "purpose": "child-care", "categories": ["immunization"], "days": days,
        "language": "ja",
    })
}

fn routes(village: &Village) -> Router {
    let entrance = Entrance::new(Arc::new(village.clone()));
    router(entrance, Arc::new(village.clone()))
}

async fn send(village: &Village, call: Outgoing) -> (StatusCode, Value) {
    answer(routes(village), call.signed_by(&guardian())).await
}

#[tokio::test]
async fn everybody_may_know_which_chain_it_is_and_nothing_else_unsigned() {
    let village = Village::default();
    let unsigned = |path: &str| {
        axum::http::Request::get(path)
            .body(axum::body::Body::empty())
            .unwrap()
    };
    let (status, about) = answer(routes(&village), unsigned("/v1/chain")).await;
    assert_eq!((status, &about["chain"]), (StatusCode::OK, &json!("test")));
    for path in ["/v1/family", &format!("/v1/family/{CHILD}/trail")] {
        let (status, _) = answer(routes(&village), unsigned(path)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(*village.asked.lock().unwrap(), ["about"]);
}

#[tokio::test]
async fn what_a_phone_asks_reaches_the_desk_with_its_numbers() {
    let village = Village::default();
    let block = KEY;
    for path in [
        "/v1/family".to_owned(),
        format!("/v1/family/{CHILD}/trail?first=7"),
        format!("/v1/family/{CHILD}/trail-end?block={block}"),
        format!("/v1/family/{CHILD}/consents"),
        format!("/v1/family/{CHILD}/records?key={KEY}"),
        "/v1/hand-overs/12345678".to_owned(),
        format!("/v1/family/{CHILD}/copy?form=fhir"),
    ] {
        let (status, _) = send(&village, Outgoing::get(&path)).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    let path = format!("/v1/family/{CHILD}/health-cards");
    let (status, card) = send(&village, Outgoing::post(&path, "{}")).await;
    assert_eq!(
        (status, &card["card"]),
        (StatusCode::CREATED, &json!("a.b.c"))
    );
    let asked = village.asked.lock().unwrap().clone();
    assert_eq!(asked[1], format!("trail {CHILD} 7"));
    assert_eq!(asked[2], format!("trail end {CHILD} {KEY}"));
    assert_eq!(asked[4], format!("records {CHILD} {KEY} None"));
    assert_eq!(asked[6], format!("copy {CHILD} Fhir"));
}

#[tokio::test]
async fn numbers_that_are_none_and_drafts_out_of_bounds_never_reach_the_desk() {
    let village = Village::default();
    for path in [
        "/v1/family/0x12/trail",
        &format!("/v1/family/{CHILD}/trail?first=x"),
        &format!("/v1/family/{CHILD}/trail-end"),
        &format!("/v1/family/{CHILD}/records"),
        &format!("/v1/family/{CHILD}/copy"),
        &format!("/v1/family/{CHILD}/copy?form=doc"),
        &format!("/v1/family/{CHILD}/records?key={KEY}&all=true"),
    ] {
        let (status, _) = send(&village, Outgoing::get(path)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
    }
    for (label, days) in [
        ("", 30),
        (&"長".repeat(21), 30),
        ("お子さん", 0),
        ("お子さん", 367),
    ] {
        let body = draft(label, days).to_string();
        let (status, _) = send(&village, Outgoing::post("/v1/hand-overs", body)).await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{label:?} for {days} days"
        );
    }
    assert!(village.is_untouched());
    let body = draft("お子さん", 366).to_string();
    let (status, _) = send(&village, Outgoing::post("/v1/hand-overs", body)).await;
    assert_eq!(status, StatusCode::CREATED);
}
