//! A protected person: frozen at once, re-issued under another pseudonym, and no hint of either to the other guardian.

use crate::town::{CHILD, GUARDIAN, Town, fresh_key, look};
use musubi_client_sdk::calls;
use musubi_primitives::{Pseudonym, resident::Authority as Holding};
use musubi_tests_support::statement::party;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_child_gets_another_pseudonym_and_the_other_guardian_hears_what_strangers_hear()
{
    let town = Town::open().await;
    let (mother, child, certificate) = town.family("2026-01-15").await;
    let phone = fresh_key();
    let father = town.enrol("見本　太郎", "1990-08-01", Some(&phone)).await;
    town.let_decide(child, father, Holding::Joint).await;
    let consent = town
        .consent(&certificate, town.statement(child, mother).await)
        .await;
    assert_eq!(town.give(&consent).await["outcome"], "attested");
    let fathers = town.caller(0, phone.to_bytes());

    // The officer's freeze is lifted by no guardian.
    let frozen = json!({"event": "frozen", "subject": child});
    assert_eq!(town.enter(&town.clerk, &frozen).await.0, 201);
    let lifted = fathers.try_submit(calls::residents::unfreeze(child)).await;
    assert_eq!(lifted, "Residents.FrozenByOfficer");
    let unfrozen = json!({"event": "unfrozen", "subject": child});
    assert_eq!(town.enter(&town.clerk, &unfrozen).await.0, 403);
    assert_eq!(town.enter(&town.officer, &unfrozen).await.0, 201);

    let protected = json!({"event": "protected", "person": child, "guardians": [mother]});
    assert_eq!(town.enter(&town.clerk, &protected).await.0, 403);
    let (status, entered) = town.enter(&town.officer, &protected).await;
    assert_eq!(status, 201, "{entered}");
    let hidden: Pseudonym = serde_json::from_value(entered["pseudonym"].clone()).unwrap();
    assert_ne!(hidden, child);
    assert!(town.home(hidden).await.is_some());
    assert_eq!(town.home(child).await, None, "the old pseudonym is retired");
    let (_, again) = town.enter(&town.officer, &protected).await;
    assert_eq!(
        again["pseudonym"], entered["pseudonym"],
        "done again, it changes nothing"
    );

    // The mother decides for the new pseudonym; a second village may not be named.
    let mut fields = town.statement(hidden, mother).await;
    let again = town.consent(&certificate, fields).await;
    assert_eq!(town.give(&again).await["outcome"], "attested");
    fields = town.statement(hidden, mother).await;
    fields.second_attester = Some(party(crate::town::SECOND, "蘭越町"));
    let statement = musubi_consent::Statement::new(fields).unwrap();
    let terms = statement.fields().terms(again.evidence.commitment());
    let call = calls::consent::propose(statement.fields().consent, &terms, None);
    let refused = town.clerk.try_submit(call).await;
    assert_eq!(refused, "Consent.SecondAttesterNotAllowed");

    // The father's phone asks for the consent of before, the new one, and one that never was: one answer.
    let nothing = musubi_primitives::ConsentId([0; 32]);
    let unknown = look(&fathers, &format!("/v1/consents/{nothing}")).await;
    assert_eq!(unknown.0, 404);
    for id in [consent.consent(), again.consent()] {
        assert_eq!(look(&fathers, &format!("/v1/consents/{id}")).await, unknown);
        let paper = format!("/v1/consents/{id}/papers/receipt.json");
        let (status, answer) = look(&fathers, &paper).await;
        assert_eq!(status, 404, "{answer}");
        for name in [CHILD, GUARDIAN, &hidden.to_string()] {
            assert!(!answer.to_string().contains(name), "{answer}");
        }
    }
    town.tells_nothing().await;
}
