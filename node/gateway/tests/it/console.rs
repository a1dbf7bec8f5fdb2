//! What a console is told, and which other origins' pages may read a gateway's answers.

use crate::world::{Outgoing, Village, answer, doctor, guardian};
use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{
        Request, StatusCode,
        header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN},
    },
};
use musubi_node_gateway::{
    Caller, DeskError, Entrance,
    console::{ConsoleDesk, Here, Neighbour, Resident, Signer, You, across, router},
};
use musubi_primitives::{
    BindingId, HpkeKey, MemberId, MemberKind, Pseudonym,
    resident::{Authority, SignerRole},
};
use serde_json::json;
use std::sync::Arc;
use tower::ServiceExt;

const NEIGHBOUR: &str = "https://gateway.village.example.jp";

#[async_trait]
impl ConsoleDesk for Village {
    async fn here(&self, caller: &Caller) -> Result<Here, DeskError> {
        let actor = caller.staff()?;
        let village = Neighbour {
            member: MemberId(0),
            kind: MemberKind::Municipality,
            title: Some("留寿都村".to_owned()),
            hpke: HpkeKey([1; 32]),
            gateway: Some(NEIGHBOUR.to_owned()),
        };
        let here = Here {
            you: You {
                member: actor.member,
                kind: actor.kind,
                role: actor.role,
            },
            node: Some(MemberId(4)),
            members: vec![village],
            agent: "http://127.0.0.1:8937".to_owned(),
        };
        self.note("here".to_owned(), here)
    }

    async fn resident(&self, _: &Caller, person: Pseudonym) -> Result<Resident, DeskError> {
        let mother = Signer {
            person: Pseudonym([1; 32]),
            name: "山田　陽子".to_owned(),
            role: SignerRole::ParentalAuthority,
            authority: Authority::Single,
            until: 9,
        };
        let resident = Resident {
            person,
            name: "山田　空".to_owned(),
            kana: "ヤマダ　ソラ".to_owned(),
            born: "2026-08-01".to_owned(),
            number: "R-1".to_owned(),
            card: Some(BindingId([2; 32])),
            guardians: vec![mother],
        };
        self.note(format!("resident {person}"), resident)
    }
}

fn routes(village: &Village) -> Router {
    let desk = Arc::new(village.clone());
    let entrance = Entrance::new(Arc::clone(&desk) as _);
    let routes = village.routes().merge(router(entrance, desk));
    across(routes, vec![NEIGHBOUR.to_owned()])
}

#[tokio::test]
async fn staff_are_told_their_role_and_their_neighbours_and_residents_nothing() {
    let village = Village::default();
    let asked = Outgoing::get("/v1/desk");
    let (status, said) = answer(routes(&village), asked.signed_by(&doctor())).await;
    assert_eq!(status, StatusCode::OK);
    let you = json!({"member": 4, "kind": "clinic", "role": "doctor"});
    assert_eq!(said["you"], you);
    assert_eq!(said["members"][0]["gateway"], NEIGHBOUR);
    let (status, _) = answer(routes(&village), asked.signed_by(&guardian())).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_counter_is_told_who_signs_for_somebody_and_which_card_speaks() {
    let village = Village::default();
    let person = Pseudonym([3; 32]);
    let asked = Outgoing::get(&format!("/v1/desk/residents/{person}"));
    let (status, said) = answer(routes(&village), asked.signed_by(&doctor())).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(said["person"], json!(person));
    assert_eq!(said["card"], json!(BindingId([2; 32])));
    let signer = json!({
        "person": Pseudonym([1; 32]), "name": "山田　陽子", "role": "parental-authority", "authority": "single", "until": 9,
    });
    assert_eq!(said["guardians"], json!([signer]));
    let unreadable = Outgoing::get("/v1/desk/residents/0x12").signed_by(&doctor());
    let (status, _) = answer(routes(&village), unreadable).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_neighbours_page_may_read_answers_and_any_others_may_not() {
    let village = Village::default();
    for (origin, may) in [
        (NEIGHBOUR, true),
        ("https://elsewhere.example", false),
        ("null", false),
    ] {
        let preflight = Request::options("/v1/nonces").header(ORIGIN, origin);
        let preflight = preflight.body(Body::empty()).unwrap();
        let allowed = routes(&village).oneshot(preflight).await.unwrap();
        let says_so = allowed.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(says_so.is_some(), may, "{origin}");
        assert_eq!(allowed.status() == StatusCode::NO_CONTENT, may, "{origin}");
        if may {
            let headers = allowed.headers()[ACCESS_CONTROL_ALLOW_HEADERS].to_str();
            assert!(headers.unwrap().contains("musubi-signature"));
        }
        let mut call = Outgoing::post("/v1/nonces", "").signed_by(&doctor());
        call.headers_mut().insert(ORIGIN, origin.parse().unwrap());
        let answered = routes(&village).oneshot(call).await.unwrap();
        let readable = answered.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(readable.is_some(), may, "{origin}");
    }
}
