//! The schedule check at the door: who asks by a bearer, whom the order is for, and whose card a feedback names.

use crate::world::{CHILD, Village, answer, doctor};
use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use musubi_node_gateway::{
    Caller, DeskError, Entrance, Standing,
    cds::{
        self, ScheduleDesk,
        card::{Card, Countersign},
        request::{Order, Overriding},
        systems::{HookSystems, SystemError},
    },
};
use musubi_primitives::{AccountId, MemberId, MemberKind, Pseudonym, Role, seams::Actor};
use serde_json::{Value, json};
use std::sync::Arc;

const SERVICE: &str = "/cds-services/musubi-immunization";
const CARD: &str = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea";

#[async_trait]
impl ScheduleDesk for Village {
    async fn check(&self, caller: &Caller, order: Order) -> Result<Vec<Card>, DeskError> {
        let confirmed = order.circumstances.history_confirmed;
        let asked = format!(
            "{:?} for {} as {} with {} doses, whole {confirmed}",
            caller.staff()?.role,
            order.subject,
            order.chart_id,
            order.doses.len(),
        );
        self.note(asked, Vec::new())
    }

    async fn subject_of_card(&self, _: &Caller, card: &str) -> Result<Pseudonym, DeskError> {
        if card == CARD {
            return self.note("whose card".to_owned(), CHILD);
        }
        Err(DeskError::NotFound("no such card".to_owned()))
    }

    async fn override_card(
        &self,
        _: &Caller,
        subject: Pseudonym,
        overriding: Overriding,
    ) -> Result<Countersign, DeskError> {
        Err(DeskError::Unprocessable(format!(
            "{} about {subject}",
            overriding.code
        )))
    }
}

/// Knows one token, and one system whose proof is stale.
struct OneSystem;

#[async_trait]
impl HookSystems for OneSystem {
    async fn caller(&self, bearer: &str, path: &str) -> Result<Option<Caller>, SystemError> {
        match bearer {
            "good" if path.starts_with(SERVICE) => Ok(Some(Caller {
                account: AccountId([5; 32]),
                standing: Standing::Staff(Actor {
                    member: MemberId(4),
                    kind: MemberKind::Clinic,
                    role: Role::Doctor,
                }),
            })),
            "stale" => Err(SystemError::Unproved("the client's JWT: over".to_owned())),
            "narrow" => Err(DeskError::Forbidden("needs a scope".to_owned()).into()),
            _ => Ok(None),
        }
    }
}

fn routes(village: &Village) -> Router {
    let desk = Arc::new(village.clone());
    cds::router(Entrance::new(desk.clone()), desk, Some(Arc::new(OneSystem)))
}

async fn send(village: &Village, bearer: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::post(path).header("authorization", format!("Bearer {bearer}"));
    let request = request.body(Body::from(body.to_string())).unwrap();
    answer(routes(village), request).await
}

fn order(patient_id: &str, patient: &Value) -> Value {
    let doses = json!({"resourceType": "Bundle", "link": [{"relation": "self", "url": "x"}], "entry": [
        {"search": {"mode": "outcome"}, "resource": {"resourceType": "OperationOutcome"}},
    ]});
    json!({
        "hook": "order-sign", "context": {"patientId": patient_id, "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": {}}]}},
        "prefetch": {"patient": patient, "immunizations": doses}, "extension": {"musubi": {"historyConfirmed": true}},
    })
}

fn plain(subject: &Pseudonym) -> String {
    subject.to_string().trim_start_matches("0x").to_owned()
}

#[tokio::test]
async fn a_registered_system_is_heard_by_its_bearer_alone() {
    let village = Village::default();
    let asked = order(&plain(&CHILD), &Value::Null);
    assert_eq!(
        send(&village, "good", SERVICE, &asked).await.0,
        StatusCode::OK
    );
    let (status, problem) = send(&village, "stale", SERVICE, &asked).await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::UNAUTHORIZED, &json!("the client's JWT: over"))
    );
    assert_eq!(
        send(&village, "narrow", SERVICE, &asked).await.0,
        StatusCode::FORBIDDEN
    );
    let (status, problem) = send(&village, "unknown", SERVICE, &asked).await;
    assert_eq!(
        (status, &problem["type"]),
        (
            StatusCode::UNAUTHORIZED,
            &json!("urn:musubi:problem:no-session")
        )
    );
    assert_eq!(village.asked.lock().unwrap().len(), 1);
    // Whoever signs is heard by the signature.
    let signed = crate::world::Outgoing::post(SERVICE, asked.to_string()).signed_by(&doctor());
    assert_eq!(answer(routes(&village), signed).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_pseudonym_is_the_charts_id_or_stands_in_the_chart() {
    let village = Village::default();
    let said = |system: &str| json!({"resourceType": "Patient", "id": "17", "identifier": [{"system": system, "value": plain(&CHILD)}]});
    let known = said("urn:musubi:pseudonym:health");
    for (id, patient) in [
        (plain(&CHILD), Value::Null),
        ("17".to_owned(), known.clone()),
    ] {
        let (status, answered) = send(&village, "good", SERVICE, &order(&id, &patient)).await;
        assert_eq!(status, StatusCode::OK, "{answered}");
        let asked = village.asked.lock().unwrap().pop();
        assert_eq!(
            asked,
            Some(format!(
                "Doctor for {CHILD} as {id} with 0 doses, whole true"
            ))
        );
    }
    let (status, problem) = send(&village, "good", SERVICE, &order("17", &said("urn:other"))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .starts_with("context.patientId"),
        "{problem}"
    );
    // A page of a longer list is not all doses.
    let mut paged = order("17", &known);
    paged["prefetch"]["immunizations"]["link"][0]["relation"] = json!("next");
    send(&village, "good", SERVICE, &paged).await;
    let asked = village.asked.lock().unwrap().pop().unwrap();
    assert!(asked.ends_with("whole false"), "{asked}");
}

#[tokio::test]
async fn a_feedback_names_its_card_and_nobody_else() {
    let village = Village::default();
    let path = format!("{SERVICE}/feedback");
    let overridden = |card: &str| {
        let reason = json!({"reason": {"code": "catch-up"}, "userComment": "x"});
        json!({"feedback": [{"card": card, "outcome": "overridden", "overrideReason": reason}]})
    };
    let (_, answered) = send(&village, "good", &path, &overridden(CARD)).await;
    assert_eq!(answered["detail"], format!("catch-up about {CHILD}"));
    let (status, _) = send(&village, "good", &path, &overridden("another")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let accepted = json!({"feedback": [{"card": "another", "outcome": "accepted"}]});
    let (status, answered) = send(&village, "good", &path, &accepted).await;
    assert_eq!((status, answered), (StatusCode::OK, json!({"toSign": []})));
}
