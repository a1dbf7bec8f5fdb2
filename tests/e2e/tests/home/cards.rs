//! Cards that are lost, found, renewed and revoked: who the person is does not change with the card.

use crate::town::{GUARDIAN, Town};
use musubi_primitives::ConsentState;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_card_signs_nothing_until_an_officer_lifts_it_and_consents_given_with_it_stay() {
    let town = Town::open().await;
    let (person, child, certificate) = town.family("2026-01-15").await;
    let given = town
        .consent(&certificate, town.statement(child, person).await)
        .await;
    assert_eq!(town.give(&given).await["outcome"], "attested");

    let lost = json!({"event": "card-lost", "person": person});
    assert_eq!(town.enter(&town.clerk, &lost).await.0, 201);
    assert_eq!(town.card(person).await, None);
    let (status, again) = town.enter(&town.clerk, &lost).await;
    assert_eq!(status, 409, "{again}");
    assert_eq!(town.state(given.consent()).await, ConsentState::Effective);
    let meanwhile = town
        .consent(&certificate, town.statement(child, person).await)
        .await;
    let answer = town.give(&meanwhile).await;
    assert_eq!(answer["reason"], "the signer has no active card binding");

    let found = json!({"event": "card-found", "person": person});
    assert_eq!(town.enter(&town.clerk, &found).await.0, 403);
    assert_eq!(town.enter(&town.officer, &found).await.0, 201);
    assert_eq!(town.give(&meanwhile).await["outcome"], "attested");

    let revoked = json!({"event": "card-revoked", "person": person});
    assert_eq!(town.enter(&town.officer, &revoked).await.0, 201);
    assert_eq!(town.card(person).await, None);
    let (status, answer) = town.enter(&town.officer, &found).await;
    assert_eq!(
        (status, answer["detail"].as_str()),
        (422, Some("person: no card is bound"))
    );
    town.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_card_takes_the_place_of_the_old_one_for_the_same_person() {
    let town = Town::open().await;
    let (person, child, old) = town.family("2026-01-15").await;
    let former = town.card(person).await;
    let renewed = town.authority.certify(GUARDIAN);
    let unnamed = town.bind(person, &renewed, None).await;
    assert_eq!(
        unnamed["reason"],
        "field replaces differs from what is expected"
    );
    let bound = town.bind(person, &renewed, former).await;
    assert_eq!(bound["outcome"], "attested", "{bound}");
    assert_ne!(town.card(person).await, former);

    let by_old = town
        .consent(&old, town.statement(child, person).await)
        .await;
    let answer = town.give(&by_old).await;
    let reason = "the certificate is not that of the active card binding";
    assert_eq!(answer["reason"], reason, "{answer}");
    let by_new = town
        .consent(&renewed, town.statement(child, person).await)
        .await;
    assert_eq!(town.give(&by_new).await["outcome"], "attested");
    town.tells_nothing().await;
}
