//! Sensitive scopes: a second officer, or a second village that the statement names; and disagreement, on the chain and in words.

use crate::town::{SECOND, Town, document, look};
use musubi_client_sdk::calls;
use musubi_consent::{Statement, StatementFields};
use musubi_primitives::{Category, CategorySet, ConsentState, Ending, MemberId, Purpose};
use musubi_tests_support::{gateway::Gateway, statement::party};
use serde_json::{Value, json};

fn sensitive(mut fields: StatementFields, second: bool) -> StatementFields {
    fields.categories = CategorySet::of(&[Category::Scale]);
    fields.second_attester = second.then(|| party(SECOND, "蘭越町"));
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sensitive_scope_gets_its_second_word_from_an_officer_or_from_the_village_named() {
    let town = Town::open().await;
    let (guardian, child, certificate) = town.family("2026-01-15").await;

    // Two officers of the home municipality.
    let fields = sensitive(town.statement(child, guardian).await, false);
    let consent = town.consent(&certificate, fields).await;
    assert_eq!(town.give(&consent).await["outcome"], "attested");
    assert_eq!(town.state(consent.consent()).await, ConsentState::Proposed);
    let path = format!("/v1/consents/{}", consent.consent());
    let (status, refused) = look(&town.clerk, &format!("{path}/for-second-village")).await;
    assert_eq!(status, 422, "{refused}");
    let (_, seen) = look(&town.second_officer, &format!("{path}/second-look")).await;
    assert_eq!(seen["verdict"], "agrees", "{seen}");
    town.second_officer
        .submit(calls::consent::attest(consent.consent()))
        .await;
    assert_eq!(town.state(consent.consent()).await, ConsentState::Effective);

    // The second village that the statement names.
    let rankoshi = town.caller(1, town.key("rankoshi", "clerk"));
    let fields = sensitive(town.statement(child, guardian).await, true);
    let consent = town.consent(&certificate, fields).await;
    assert_eq!(town.give(&consent).await["outcome"], "attested");
    let path = format!("/v1/consents/{}", consent.consent());
    let (_, sealed) = look(&town.clerk, &format!("{path}/for-second-village")).await;
    assert_eq!(sealed["member"], SECOND.0, "{sealed}");
    let answer = hand_over(&rankoshi, consent.about, &sealed).await;
    assert_eq!(answer["outcome"], "attested", "{answer}");
    assert_eq!(town.state(consent.consent()).await, ConsentState::Effective);
    assert_eq!(
        hand_over(&rankoshi, consent.about, &sealed).await["outcome"],
        "attested"
    );
    let (_, standing) = look(&rankoshi, &path).await;
    assert_eq!(standing["attested"], json!([0, 1]), "{standing}");
    // A village that has nothing to do with it hears what it would hear of nothing.
    let sarabetsu = town.caller(2, town.key("sarabetsu", "clerk"));
    let (status, unknown) = look(&sarabetsu, &path).await;
    let nothing = format!("/v1/consents/{}", musubi_primitives::ConsentId([0; 32]));
    assert_eq!((status, unknown), look(&sarabetsu, &nothing).await);
    assert_eq!(status, 404);
    town.tells_nothing().await;
}

async fn hand_over(village: &Gateway, about: [u8; 32], sealed: &Value) -> Value {
    let body = document("handed-over", about, sealed["sealed"].as_str().unwrap());
    village.post("/v1/evidence", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_recorded_on_the_chain_and_shown_to_those_whom_it_concerns() {
    let town = Town::open().await;
    let (guardian, child, certificate) = town.family("2026-01-15").await;
    let statement = Statement::new(town.statement(child, guardian).await).unwrap();
    let evidence = certificate.sign(&statement, town.genesis());
    let mut other = statement.fields().terms(evidence.commitment());
    other.purpose = Purpose::Statistics;
    let consent = town
        .propose(statement.fields().consent, &other, evidence)
        .await;
    let answer = town.give(&consent).await;
    assert_eq!(answer["outcome"], "disagreed", "{answer}");
    assert_eq!(
        answer["reason"],
        "Purpose on chain differs from the signed statement"
    );
    assert!(answer["block"].is_u64());
    let refused = ConsentState::Ended(Ending::Refused);
    assert_eq!(town.state(consent.consent()).await, refused);
    assert_eq!(town.give(&consent).await, answer, "told the same again");

    let path = format!("/v1/consents/{}", consent.consent());
    let (_, standing) = look(&town.clerk, &path).await;
    assert_eq!(standing["state"], json!({"ended": "refused"}));
    let disagreement = json!({"reason": answer["reason"], "block": answer["block"]});
    assert_eq!(standing["disagreement"], disagreement);
    // The recipient learns that it was refused, not why.
    assert_eq!(statement.fields().recipient.member, MemberId(5));
    let recipient = town.caller(0, town.key("shiribetsu-clinic", "clerk"));
    let (_, standing) = look(&recipient, &path).await;
    assert_eq!(
        (&standing["state"], &standing["disagreement"]),
        (&json!({"ended": "refused"}), &Value::Null)
    );

    // What the person signed is still good: proposed as it stands, it is attested.
    let fields = town.statement(child, guardian).await;
    let consent = town.consent(&certificate, fields).await;
    assert_eq!(town.give(&consent).await["outcome"], "attested");
    town.tells_nothing().await;
}
