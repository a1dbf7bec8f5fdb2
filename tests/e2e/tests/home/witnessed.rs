//! People without a signing certificate: two officers witness, the chain holds the lowest level, and sensitive scopes refuse it.

use crate::town::{CHILD, GUARDIAN, Town, look};
use musubi_client_sdk::calls;
use musubi_primitives::{
    AssuranceLevel, Category, CategorySet, ConsentState, resident::Authority as Holding,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn two_officers_stand_in_for_a_card_and_both_put_their_word_on_the_chain() {
    let town = Town::open().await;
    let guardian = town.enrol(GUARDIAN, "1992-04-01", None).await;
    let child = town.enrol(CHILD, "2026-01-15", None).await;
    town.let_decide(child, guardian, Holding::Single).await;
    let witnessed = async |officers: &[&str]| {
        let mut fields = town.statement(child, guardian).await;
        fields.assurance = AssuranceLevel::Witnessed;
        town.witnessed(fields, officers).await
    };

    let alone = witnessed(&["officer"]).await;
    let answer = town.give(&alone).await;
    assert_eq!(answer["outcome"], "disagreed", "{answer}");
    assert!(
        answer["reason"].as_str().unwrap().starts_with("1 officers"),
        "{answer}"
    );
    let by_clerk = witnessed(&["officer", "clerk"]).await;
    assert_eq!(town.give(&by_clerk).await["outcome"], "disagreed");

    let consent = witnessed(&["officer", "second-officer"]).await;
    let answer = town.give(&consent).await;
    assert_eq!(answer["outcome"], "attested", "{answer}");
    let path = format!("/v1/consents/{}", consent.consent());
    let (_, standing) = look(&town.clerk, &path).await;
    assert_eq!(standing["state"], "proposed");
    assert_eq!(
        (&standing["attested"], &standing["needed"]),
        (&json!([0]), &json!(2))
    );

    let second_look = format!("{path}/second-look");
    assert_eq!(look(&town.clerk, &second_look).await.0, 403);
    let (_, seen) = look(&town.second_officer, &second_look).await;
    assert_eq!(seen["verdict"], "agrees", "{seen}");
    assert!(
        seen["statement"].as_str().unwrap().contains("留寿都村"),
        "{seen}"
    );
    town.second_officer
        .submit(calls::consent::attest(consent.consent()))
        .await;
    assert_eq!(town.state(consent.consent()).await, ConsentState::Effective);

    let (_, receipt) = look(&town.clerk, &format!("{path}/papers/receipt.json")).await;
    assert_eq!(receipt["proof"]["assurance"], "witnessed", "{receipt}");
    assert_eq!(receipt["proof"]["standing"], "witnessed");

    // A scope that needs a card refuses what was only witnessed (K9).
    let mut fields = town.statement(child, guardian).await;
    fields.assurance = AssuranceLevel::Witnessed;
    fields.categories = CategorySet::of(&[Category::Scale]);
    let statement = musubi_consent::Statement::new(fields).unwrap();
    let terms = statement.fields().terms(consent.evidence.commitment());
    let call = calls::consent::propose(statement.fields().consent, &terms, None);
    let refused = town.clerk.try_submit(call).await;
    assert_eq!(refused, "Consent.AssuranceTooLow");
    town.tells_nothing().await;
}
