//! Follow-ups of a child who gets another pseudonym, or another home: what was noted goes with the pseudonym, and stays with the village.

use crate::{actor::Actor, bedside::day};
use musubi_primitives::Pseudonym;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a child of four months is invited to.
const CHECKUP: &str = "checkup-3-4m";

/// A village's nurse invites a child.
pub(crate) async fn a_child_is_invited(nurse: &Actor, child: Pseudonym) {
    let (status, standing) = step(nurse, child, "invite", &day(-30)).await;
    assert_eq!(status, StatusCode::CREATED, "{standing}");
    assert_eq!(states(nurse, child).await, ["invited"]);
}

/// The village that issued a pseudonym anew goes on where it was: the invitation stands, the doses count, and no list names the former one.
pub(crate) async fn a_reissued_child_is_followed_on(
    nurse: &Actor,
    former: Pseudonym,
    child: Pseudonym,
) {
    assert_eq!(states(nurse, child).await, ["invited"]);
    assert_eq!(doses_due(nurse, child).await.get("PCV20"), Some(&2));
    let (status, standing) = step(nurse, child, "remind", &day(0)).await;
    assert_eq!(status, StatusCode::CREATED, "{standing}");
    assert_eq!(standing["state"], "reminded");
    for path in ["/v1/follow-up/due", "/v1/follow-up/open"] {
        let (status, list) = nurse.get(path).await;
        assert!(status.is_success(), "{list}");
        assert!(!list.to_string().contains(&former.to_string()), "{path}");
    }
    assert_eq!(states(nurse, child).await, ["reminded"]);
}

/// A village that a child has left lists and invites it no more.
pub(crate) async fn a_child_who_moved_is_followed_no_more(nurse: &Actor, child: Pseudonym) {
    assert_eq!(states(nurse, child).await, [""; 0]);
    assert!(doses_due(nurse, child).await.is_empty());
    let (status, said) = step(nurse, child, "remind", &day(0)).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{said}");
    let letters = format!("/v1/follow-up/letters?about={CHECKUP}&letter=remind");
    let (status, said) = nurse.get(&letters).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nobody is left: {said}");
}

/// The new village begins its own follow-up.
pub(crate) async fn a_child_who_came_is_invited_anew(nurse: &Actor, child: Pseudonym) {
    assert_eq!(states(nurse, child).await, [""; 0]);
    a_child_is_invited(nurse, child).await;
}

async fn step(nurse: &Actor, child: Pseudonym, step: &str, on: &str) -> (StatusCode, Value) {
    let form = json!({"subject": child, "about": CHECKUP, "step": step, "on": on});
    let body = form.to_string().into_bytes();
    let path = "/v1/follow-up/steps";
    nurse.send(Method::POST, path, None, body).await
}

/// Where each follow-up of a child stands.
async fn states(nurse: &Actor, child: Pseudonym) -> Vec<String> {
    let path = format!("/v1/follow-up/open?subject={child}");
    let (status, list) = nurse.get(&path).await;
    assert!(status.is_success(), "{list}");
    let open = list["open"].as_array().unwrap().iter();
    open.map(|one| one["state"].as_str().unwrap().to_owned())
        .collect()
}

/// Number of the next dose of each vaccine that a village lists a child for.
async fn doses_due(nurse: &Actor, child: Pseudonym) -> BTreeMap<String, u64> {
    let (status, list) = nurse.get("/v1/follow-up/due").await;
    assert!(status.is_success(), "{list}");
    let rows = list["doses"].as_array().unwrap().iter();
    let own = rows.filter(|row| row["person"] == json!(child));
    own.map(|row| {
        let number = row["dose"].as_str().unwrap();
        let vaccine = row["vaccine"].as_str().unwrap();
        (vaccine.to_owned(), number.parse().unwrap_or_default())
    })
    .collect()
}
