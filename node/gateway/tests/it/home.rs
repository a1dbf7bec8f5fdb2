//! Life events, second words, papers, audits and erasures: what reaches the desk, and what never does.

use async_trait::async_trait;
use axum::{
    body::Body,
    http::{Request, StatusCode, header::CONTENT_TYPE},
};
use musubi_node_gateway::{
    Applied, AuditAnswer, Caller, ConsentStanding, DeskError, Disagreement, ErasureForm,
    ErasureReceipt, ForSecond, HomeDesk, LifeEntered, LifeEvent, PaperForm, SecondLook,
};
use musubi_primitives::{
    BlockHash, Commitment, ConsentId, ConsentState, Ending, MemberId, Pseudonym,
};
use serde_json::json;

use crate::world::{Outgoing, Village, doctor, guardian};

const CONSENT: &str = "0x0101010101010101010101010101010101010101010101010101010101010101";
const PERSON: &str = "0x0202020202020202020202020202020202020202020202020202020202020202";

#[async_trait]
impl HomeDesk for Village {
    async fn live(&self, _: &Caller, event: LifeEvent) -> Result<LifeEntered, DeskError> {
        let entered = LifeEntered {
            applied: Applied {
                block: 7,
                hash: BlockHash([7; 32]),
            },
            pseudonym: matches!(event, LifeEvent::Protected { .. }).then_some(Pseudonym([9; 32])),
        };
        self.note(format!("{event:?}"), entered)
    }

    async fn consent(&self, _: &Caller, consent: ConsentId) -> Result<ConsentStanding, DeskError> {
        let standing = ConsentStanding {
            state: ConsentState::Ended(Ending::Refused),
            until: 9,
            attested: vec![MemberId(0)],
            needed: 2,
            disagreement: Some(Disagreement {
                reason: "Purpose on chain differs from the signed statement".to_owned(),
                block: 7,
            }),
        };
        self.note(format!("consent {consent}"), standing)
    }

    async fn second_look(&self, _: &Caller, _: ConsentId) -> Result<SecondLook, DeskError> {
        self.note("second look".to_owned(), SecondLook::Pending)
    }

    async fn for_second(&self, _: &Caller, _: ConsentId) -> Result<ForSecond, DeskError> {
        let sealed = ForSecond {
            member: MemberId(1),
            sealed: "AAAA".to_owned(),
        };
        self.note("for second".to_owned(), sealed)
    }

    async fn paper(&self, _: &Caller, _: ConsentId, form: PaperForm) -> Result<Vec<u8>, DeskError> {
        let PaperForm {
            paper,
            language,
            number,
        } = form;
        let asked = format!("{paper:?} {number:?} in {language:?}");
        self.note(asked, b"%PDF".to_vec())
    }

    async fn audit(&self, _: &Caller, _: ConsentId) -> Result<AuditAnswer, DeskError> {
        let answer = AuditAnswer {
            verdict: "refuted",
            ground: Some("card"),
        };
        self.note("audit".to_owned(), answer)
    }

    async fn erase(&self, _: &Caller, form: ErasureForm) -> Result<ErasureReceipt, DeskError> {
        let receipt = ErasureReceipt {
            holder: MemberId(0),
            commitment: Commitment([4; 32]),
            at: 9,
            signature: "0x00".to_owned(),
        };
        self.note(format!("erase {}", form.consent), receipt)
    }
}

#[tokio::test]
async fn each_life_event_is_known_by_its_name_and_needs_its_fields() {
    let events = [
        json!({"event": "card-lost", "person": PERSON}),
        json!({"event": "card-found", "person": PERSON}),
        json!({"event": "card-revoked", "person": PERSON}),
        json!({"event": "phone-lost", "person": PERSON, "device": {"account": PERSON, "hpke": PERSON}}),
        json!({"event": "guardianship-ended", "subject": PERSON, "guardian": PERSON}),
        json!({"event": "frozen", "subject": PERSON}),
        json!({"event": "unfrozen", "subject": PERSON}),
        json!({"event": "protected", "person": PERSON, "guardians": []}),
        json!({"event": "objected", "consent": CONSENT, "objector": PERSON, "paper": "AAAA"}),
        json!({"event": "objection-withdrawn", "consent": CONSENT, "paper": "AAAA"}),
    ];
    for event in events {
        let village = Village::default();
        let request = Outgoing::post("/v1/life-events", event.to_string()).signed_by(&doctor());
        let (status, answer) = village.send(request).await;
        assert_eq!(status, StatusCode::CREATED, "{event}: {answer}");
        assert_eq!(answer["block"], 7);
        let is_protected = event["event"] == "protected";
        assert_eq!(answer["pseudonym"].is_string(), is_protected, "{answer}");
        let mut fewer = event.clone();
        let fields = fewer.as_object_mut().unwrap();
        let last = fields
            .keys()
            .rfind(|name| *name != "event")
            .unwrap()
            .clone();
        fields.remove(&last);
        refused_unheard(&fewer.to_string()).await;
    }
    for wrong in [
        json!({"event": "card-stolen", "person": PERSON}),
        json!({"event": "card-lost", "person": "花子"}),
        json!({"event": "card-lost", "person": PERSON, "why": "花子 said so"}),
        json!({"event": "objected", "consent": CONSENT, "objector": PERSON, "paper": "?"}),
    ] {
        refused_unheard(&wrong.to_string()).await;
    }
}

/// The body is refused at the door, and the refusal repeats nothing of it.
async fn refused_unheard(body: &str) {
    let village = Village::default();
    let request = Outgoing::post("/v1/life-events", body).signed_by(&doctor());
    let (status, answer) = village.send(request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
    assert!(village.is_untouched());
    assert!(!answer.to_string().contains("花子"), "{answer}");
}

#[tokio::test]
async fn a_consent_shows_who_vouched_how_many_are_needed_and_why_somebody_disagreed() {
    let village = Village::default();
    let path = format!("/v1/consents/{CONSENT}");
    let (status, answer) = village.send(get(&path)).await;
    assert_eq!(status, StatusCode::OK);
    let expected = json!({
        "state": {"ended": "refused"}, "until": 9, "attested": [0], "needed": 2,
        "disagreement": {"reason": "Purpose on chain differs from the signed statement", "block": 7},
    });
    assert_eq!(answer, expected);
    let (status, answer) = village.send(get("/v1/consents/0x12")).await;
    assert_eq!(
        (status, &answer["type"]),
        (
            StatusCode::BAD_REQUEST,
            &json!("urn:musubi:problem:malformed-id")
        )
    );
}

#[tokio::test]
async fn the_second_word_and_the_audit_have_their_doors() {
    let village = Village::default();
    let ask = async |what: &str| {
        let path = format!("/v1/consents/{CONSENT}/{what}");
        village.send(get(&path)).await.1
    };
    assert_eq!(ask("second-look").await, json!({"verdict": "pending"}));
    let sealed = json!({"member": 1, "sealed": "AAAA"});
    assert_eq!(ask("for-second-village").await, sealed);
    let verdict = json!({"verdict": "refuted", "ground": "card"});
    assert_eq!(ask("verdict").await, verdict);
}

#[tokio::test]
async fn papers_come_in_their_own_form_and_in_a_language_that_there_is() {
    let village = Village::default();
    let papers = [
        ("statement.pdf", "application/pdf"),
        ("receipt.pdf?language=ja-x-easy", "application/pdf"),
        ("receipt.json?language=en&number=2", "application/json"),
    ];
    for (name, form) in papers {
        let path = format!("/v1/consents/{CONSENT}/papers/{name}");
        let response = village.answer(get(&path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        assert_eq!(response.headers()[CONTENT_TYPE], form, "{name}");
    }
    for (name, status) in [
        ("receipt.docx", StatusCode::NOT_FOUND),
        ("receipt.pdf?language=fr", StatusCode::BAD_REQUEST),
        ("receipt.json?number=-1", StatusCode::BAD_REQUEST),
    ] {
        let path = format!("/v1/consents/{CONSENT}/papers/{name}");
        assert_eq!(village.send(get(&path)).await.0, status, "{name}");
    }
    let asked = village.asked.lock().unwrap().clone();
    let expected = [
        "Statement None in None",
        "ReceiptPdf None in Some(PlainJapanese)",
        "Receipt Some(2) in Some(English)",
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn erased_evidence_leaves_a_signed_receipt() {
    let village = Village::default();
    let body = json!({"consent": CONSENT}).to_string();
    let request = Outgoing::post("/v1/evidence/erasures", body).signed_by(&doctor());
    let (status, answer) = village.send(request).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        (&answer["holder"], &answer["signature"]),
        (&json!(0), &json!("0x00"))
    );
}

fn get(path: &str) -> Request<Body> {
    Outgoing::get(path).signed_by(&guardian())
}
