//! Papers to take home, the auditor's second look, and evidence that is erased with a receipt.

use crate::town::{DAY, GUARDIAN, Town, answer, fresh_hpke, fresh_key, look};
use musubi_client_sdk::{calls, extrinsics::account_of};
use musubi_consent::ConsentReceipt;
use musubi_node_register::ErasedEvidence;
use musubi_primitives::{Role, VerifyingKey};
use musubi_tests_support::{
    gateway::{Gateway, now},
    statement::HOME,
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_looks_again_and_erased_evidence_leaves_a_receipt_and_nothing_else() {
    let town = Town::open().await;
    let (person, child, certificate) = town.family("2026-01-15").await;
    let consent = town
        .consent(&certificate, town.statement(child, person).await)
        .await;
    assert_eq!(town.give(&consent).await["outcome"], "attested");
    let path = format!("/v1/consents/{}", consent.consent());

    // Papers, in print and as data.
    for paper in ["statement.pdf", "receipt.pdf?language=en"] {
        let request = town.clerk.request(
            Method::GET,
            &format!("{path}/papers/{paper}"),
            "",
            Vec::new(),
        );
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{paper}");
        assert!(
            response.bytes().await.unwrap().starts_with(b"%PDF-"),
            "{paper}"
        );
    }
    let receipt = town.clerk.request(
        Method::GET,
        &format!("{path}/papers/receipt.json"),
        "",
        Vec::new(),
    );
    let bytes = receipt.send().await.unwrap().bytes().await.unwrap();
    ConsentReceipt::parse(&bytes).unwrap();
    let strangers = town.caller(0, town.key("yotei-clinic", "doctor"));
    assert_eq!(
        look(&strangers, &format!("{path}/papers/receipt.json"))
            .await
            .0,
        404
    );

    // The auditor sees verdicts, also after the card was renewed and the certificate revoked.
    let auditor = fresh_key();
    let operator = town.caller(0, town.key("rusutsu", "operator"));
    let until = now() + 300 * DAY;
    let register =
        calls::consortium::register_key(account_of(&auditor), Role::Auditor, fresh_hpke(), until);
    operator.submit(register).await;
    let auditor = town.caller(0, auditor.to_bytes());
    let verdict = format!("{path}/verdict");
    assert_eq!(look(&town.officer, &verdict).await.0, 403);
    let upheld = json!({"verdict": "upheld"});
    assert_eq!(look(&auditor, &verdict).await, (200, upheld.clone()));
    town.authority.revoke(&certificate);
    let renewed = town.authority.certify(GUARDIAN);
    let former = town.card(person).await;
    assert_eq!(
        town.bind(person, &renewed, former).await["outcome"],
        "attested"
    );
    assert_eq!(look(&auditor, &verdict).await, (200, upheld));

    // While it holds, its evidence stays; when it is over, an officer may destroy it.
    let erasure = json!({"consent": consent.consent()})
        .to_string()
        .into_bytes();
    let erase = async |who: &Gateway| {
        answer(who, Method::POST, "/v1/evidence/erasures", erasure.clone()).await
    };
    assert_eq!(erase(&town.officer).await.0, 422);
    let withdrawal = town
        .withdrawal(&renewed, consent.consent(), child, person)
        .await;
    assert_eq!(town.give(&withdrawal).await["outcome"], "attested");
    assert_eq!(erase(&town.clerk).await.0, 403);
    let (status, receipt) = erase(&town.officer).await;
    assert_eq!(status, 201, "{receipt}");
    let erased = ErasedEvidence {
        holder: HOME,
        commitment: consent.evidence.commitment(),
        at: receipt["at"].as_u64().unwrap(),
        signature: signature(&receipt),
    };
    let verifier = ed25519_dalek::SigningKey::from_bytes(&town.key("rusutsu", "verifier"));
    let verifier = VerifyingKey(verifier.verifying_key().to_bytes());
    assert!(erased.verifies(&town.genesis(), &verifier));
    assert_eq!(look(&auditor, &verdict).await.0, 404);
    for paper in ["statement.pdf", "receipt.json", "receipt.pdf"] {
        let gone = look(&town.clerk, &format!("{path}/papers/{paper}")).await;
        assert_eq!(gone.0, 404, "{paper}");
    }
    town.tells_nothing().await;
}

fn signature(receipt: &Value) -> [u8; 64] {
    let digits = receipt["signature"]
        .as_str()
        .unwrap()
        .trim_start_matches("0x");
    hex::decode(digits).unwrap().try_into().unwrap()
}
