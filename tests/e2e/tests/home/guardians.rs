//! Who decides for whom: alone, jointly, by proxy, until an age, and no longer than the register says.

use crate::town::{GUARDIAN, Town, guardianship};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use musubi_primitives::{
    ConsentState, Pseudonym,
    resident::{Authority as Holding, SignerRole},
};
use reqwest::Method;
use serde_json::json;

use crate::town::answer;

#[tokio::test(flavor = "multi_thread")]
async fn another_holder_of_joint_authority_objects_at_the_counter_and_takes_it_back() {
    let town = Town::open().await;
    let (mother, child, certificate) = town.family("2026-01-15").await;
    let father = town.enrol("見本　太郎", "1990-08-01", None).await;
    town.let_decide(child, mother, Holding::Joint).await;
    town.let_decide(child, father, Holding::Joint).await;
    let mut fields = town.statement(child, mother).await;
    let single = town.consent(&certificate, fields.clone()).await;
    let reason = "the signer's authority differs from the register";
    assert_eq!(town.give(&single).await["reason"], reason);
    fields = town.statement(child, mother).await;
    fields.authority = Holding::Joint;
    let consent = town.consent(&certificate, fields).await;
    assert_eq!(town.give(&consent).await["outcome"], "attested");

    let paper = STANDARD.encode("異議申立書");
    let id = consent.consent();
    let objects = |objector: Pseudonym| json!({"event": "objected", "consent": id, "objector": objector, "paper": paper});
    let (status, refused) = town.enter(&town.clerk, &objects(mother)).await;
    assert_eq!(status, 409, "{refused}");
    assert_eq!(town.enter(&town.clerk, &objects(father)).await.0, 201);
    assert_eq!(town.state(id).await, ConsentState::Paused);
    let back = json!({"event": "objection-withdrawn", "consent": id, "paper": paper});
    assert_eq!(town.enter(&town.clerk, &back).await.0, 201);
    assert_eq!(town.state(id).await, ConsentState::Effective);
    let empty = json!({"event": "objection-withdrawn", "consent": id, "paper": ""});
    assert_eq!(town.enter(&town.clerk, &empty).await.0, 422);
    town.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guardians_word_reaches_to_fifteen_and_ends_with_the_guardianship() {
    let town = Town::open().await;
    // Fifteen in some weeks, whatever the day of this test: born so many years before a date within its period.
    let soon = musubi_tests_support::gateway::now() + 40 * crate::town::DAY;
    let born = date_years_before(soon, 15);
    let (person, child, certificate) = town.family(&born).await;
    let fields = town.statement(child, person).await;
    let beyond = town.consent(&certificate, fields).await;
    let reason = "the consent would outlive the signer's authority";
    assert_eq!(town.give(&beyond).await["reason"], reason);
    let mut fields = town.statement(child, person).await;
    fields.not_after = fields.not_before + 30 * crate::town::DAY;
    let until = town.consent(&certificate, fields).await;
    assert_eq!(town.give(&until).await["outcome"], "attested");

    let ended = json!({"event": "guardianship-ended", "subject": child, "guardian": person});
    assert_eq!(town.enter(&town.clerk, &ended).await.0, 403);
    assert_eq!(town.enter(&town.officer, &ended).await.0, 201);
    let mut fields = town.statement(child, person).await;
    fields.not_after = fields.not_before + crate::town::DAY;
    let statement = musubi_consent::Statement::new(fields).unwrap();
    let evidence = certificate.sign(&statement, town.genesis());
    let terms = statement.fields().terms(evidence.commitment());
    let call = musubi_client_sdk::calls::consent::propose(statement.fields().consent, &terms, None);
    let refused = town.clerk.try_submit(call).await;
    assert_eq!(refused, "Consent.NoGuardianship");
    town.tells_nothing().await;
}

/// YYYY-MM-DD of the day so many years before, on the first of its month: no leap day.
fn date_years_before(moment: u64, years: u64) -> String {
    let days = moment / crate::town::DAY;
    let year = 1970 + days * 4 / 1461;
    let month_days = days - (year - 1970) * 1461 / 4;
    let month = (month_days / 31 + 1).min(12);
    format!("{:04}-{month:02}-01", year - years)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_decides_for_an_adult_on_a_paper_that_the_vault_keeps() {
    let town = Town::open().await;
    let proxy = town.enrol(GUARDIAN, "1992-04-01", None).await;
    let adult = town.enrol("見本　松", "1940-01-01", None).await;
    let certificate = town.authority.certify(GUARDIAN);
    assert_eq!(
        town.bind(proxy, &certificate, None).await["outcome"],
        "attested"
    );
    let mut form = guardianship(adult, proxy, SignerRole::Proxy, Holding::Single);
    let path = "/v1/guardianships";
    let (status, refused) = answer(
        &town.clerk,
        Method::POST,
        path,
        form.to_string().into_bytes(),
    )
    .await;
    assert_eq!(status, 422);
    assert!(
        refused["detail"].as_str().unwrap().contains("委任状"),
        "{refused}"
    );
    form["paper"] = json!(STANDARD.encode("委任状"));
    town.clerk.post(path, &form).await;
    let mut fields = town.statement(adult, proxy).await;
    fields.role = SignerRole::Proxy;
    let consent = town.consent(&certificate, fields).await;
    assert_eq!(town.give(&consent).await["outcome"], "attested");
    let parent = town
        .consent(&certificate, town.statement(adult, proxy).await)
        .await;
    let reason = "the signer's authority differs from the register";
    assert_eq!(town.give(&parent).await["reason"], reason);
    town.tells_nothing().await;
}
