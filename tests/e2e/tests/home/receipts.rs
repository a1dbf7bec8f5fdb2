//! Receipts: one for each change of a consent, signed once by the municipality, the same in print as in data, and checked offline.

use crate::town::{Signed, Town};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use musubi_client_sdk::{calls, extrinsics::account_of};
use musubi_consent::{ConsentReceipt, Statement, StatementFields};
use musubi_primitives::{
    ConsentId, ConsentState, Ending, VerifyingKey, resident::Authority as Holding,
};
use musubi_tests_support::{
    authority::Certificate, gateway::now, process::binary, statement::HOME,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A paper about a consent, as the clerk fetches it: status and bytes.
async fn fetch(town: &Town, consent: ConsentId, paper: &str) -> (u16, Vec<u8>) {
    let path = format!("/v1/consents/{consent}/papers/{paper}");
    let request = town.clerk.request(Method::GET, &path, "", Vec::new());
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.bytes().await.unwrap().to_vec())
}

/// The fields of a receipt that is there.
async fn receipt(town: &Town, consent: ConsentId, number: u32) -> Value {
    let paper = format!("receipt.json?number={number}");
    let (status, bytes) = fetch(town, consent, &paper).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    ConsentReceipt::parse(&bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// What happened, by all receipts of a consent, oldest first.
async fn events(town: &Town, consent: ConsentId) -> Vec<String> {
    let mut events = Vec::new();
    loop {
        let number = events.len() + 1;
        let (status, bytes) = fetch(town, consent, &format!("receipt.json?number={number}")).await;
        if status == 404 {
            return events;
        }
        let fields: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(fields["receipt_number"], number);
        events.push(fields["event"].as_str().unwrap().to_owned());
    }
}

fn verifier(town: &Town) -> VerifyingKey {
    let key = ed25519_dalek::SigningKey::from_bytes(&town.key("rusutsu", "verifier"));
    VerifyingKey(key.verifying_key().to_bytes())
}

/// Runs a program that must succeed; what it prints.
fn run(program: impl AsRef<std::ffi::OsStr>, arguments: &[&Path]) -> String {
    let output = Command::new(&program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// `musubi verify` on a receipt: whether it holds, and what is said.
fn verify(town: &Town, receipt: &Path, more: &[&str]) -> (bool, String) {
    let mut command = Command::new(binary());
    command.arg("verify").arg("--spec").arg(town.spec());
    let output = command.args(more).arg(receipt).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn paper_and_data_have_one_digest_and_the_verifier_signed_it() {
    let town = Town::open().await;
    let (person, child, certificate) = town.family("2026-01-15").await;
    let consent = town
        .consent(&certificate, town.statement(child, person).await)
        .await;
    let id = consent.consent();
    assert_eq!(fetch(&town, id, "receipt.json").await.0, 404);
    assert_eq!(town.give(&consent).await["outcome"], "attested");

    // Whoever asks, and however often, gets the bytes that were signed once.
    let (_, bytes) = fetch(&town, id, "receipt.json").await;
    let receipt = ConsentReceipt::parse(&bytes).unwrap();
    assert_eq!(receipt.verifier(), (HOME, verifier(&town)));
    assert_eq!(fetch(&town, id, "receipt.json").await.1, bytes);
    let fields: Value = serde_json::from_slice(&bytes).unwrap();
    let details = &fields["details"];
    let clerk = account_of(town.clerk.signing()).to_string();
    assert_eq!(details["terminal"], clerk, "{fields}");
    assert_eq!(details["staff"], clerk);
    assert_eq!(details["age_band"], "under-fifteen");
    assert_eq!(details["authority_basis"], "municipal-register");
    assert_eq!(
        details["legal_basis"],
        json!(["consent-of-the-person", "consent-to-acquire"])
    );
    assert_eq!(details["reviews"], json!([fields["validity_end"]]));
    for unknown in ["helper", "source_systems", "delivery", "delivered_at"] {
        assert_eq!(details[unknown], Value::Null, "{unknown} is not invented");
    }

    // The code on paper holds the digest of the file.
    let folder = tempfile::tempdir().unwrap();
    let (_, pdf) = fetch(&town, id, "receipt.pdf?language=ja-x-easy").await;
    let pdf = write(folder.path(), "receipt.pdf", &pdf);
    let image = folder.path().join("first");
    let draw = ["-r", "150", "-png", "-f", "1", "-l", "1", "-singlefile"].map(Path::new);
    run("pdftoppm", &[&draw[..], &[&pdf, &image]].concat());
    let scanned = ["-q", "--nodbus", "--raw"].map(Path::new);
    let image = image.with_extension("png");
    let code = run("zbarimg", &[&scanned[..], &[&image]].concat());
    assert_eq!(code.trim_end(), receipt.qr_text());
    let file = write(folder.path(), "receipt.json", &bytes);
    let sum = run("sha256sum", &[&file]);
    let digest = sum.split(' ').next().unwrap().to_uppercase();
    assert!(code.contains(&digest), "{digest} in {code}");

    // Offline, with the specification alone.
    let (holds, said) = verify(&town, &file, &[]);
    assert!(holds, "{said}");
    assert!(said.contains(&verifier(&town).to_string()), "{said}");
    assert!(said.contains("by the chain specification"), "{said}");
    let text = String::from_utf8(bytes).unwrap();
    let altered = text.replace("\"transfer_abroad\":false", "\"transfer_abroad\":true");
    assert_ne!(altered, text);
    let altered = write(folder.path(), "altered.json", altered.as_bytes());
    let (holds, said) = verify(&town, &altered, &[]);
    assert!(!holds && said.contains("altered"), "{said}");
    let stranger = VerifyingKey([7; 32]).to_string();
    let (holds, said) = verify(&town, &file, &["--verifier-key", &stranger]);
    assert!(!holds && said.contains("not proved"), "{said}");
    town.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_has_its_own_event() {
    let town = Town::open().await;
    let (mother, child, certificate) = town.family("2026-01-15").await;
    let father = town.enrol("見本　太郎", "1990-08-01", None).await;
    town.let_decide(child, mother, Holding::Joint).await;
    town.let_decide(child, father, Holding::Joint).await;
    let mut fields = town.statement(child, mother).await;
    fields.authority = Holding::Joint;
    let first = town.consent(&certificate, fields).await;
    let id = first.consent();
    assert_eq!(town.give(&first).await["outcome"], "attested");

    // Over by itself, while the rest of this goes on.
    let mut short = town.statement(child, mother).await;
    short.authority = Holding::Joint;
    short.not_after = now() + 60_000;
    let short = town.consent(&certificate, short).await;
    assert_eq!(town.give(&short).await["outcome"], "attested");

    let paper = STANDARD.encode("異議申立書");
    let objected = json!({"event": "objected", "consent": id, "objector": father, "paper": paper});
    assert_eq!(town.enter(&town.clerk, &objected).await.0, 201);
    let resumed = json!({"event": "objection-withdrawn", "consent": id, "paper": paper});
    assert_eq!(town.enter(&town.clerk, &resumed).await.0, 201);
    let renewed = town.authority.certify(crate::town::GUARDIAN);
    let former = town.card(mother).await;
    let bound = town.bind(mother, &renewed, former).await;
    assert_eq!(bound["outcome"], "attested");
    let second = replace(&town, id, &renewed, {
        let mut fields = town.statement(child, mother).await;
        fields.authority = Holding::Joint;
        fields
    })
    .await;
    let withdrawal = town
        .withdrawal(&renewed, second.consent(), child, mother)
        .await;
    assert_eq!(town.give(&withdrawal).await["outcome"], "attested");

    let of_first = ["given", "objected", "resumed", "rebinding", "superseded"];
    assert_eq!(events(&town, id).await, of_first);
    assert_eq!(
        events(&town, second.consent()).await,
        ["renewed", "withdrawn"]
    );
    let objected = receipt(&town, id, 2).await;
    assert!(objected["act"]["record_id"].is_string(), "{objected}");

    // The receipt of a withdrawal tells when it was signed and when it took effect.
    let given = receipt(&town, second.consent(), 1).await;
    let withdrawn = receipt(&town, second.consent(), 2).await;
    assert_eq!(given["act"], Value::Null);
    let record = withdrawal.evidence.commitment().to_string();
    assert_eq!(withdrawn["act"]["record_id"], record, "{withdrawn}");
    let signed_at = withdrawal.evidence.signed_at;
    assert_eq!(withdrawn["act"]["signed_timestamp"], signed_at);
    let time = |fields: &Value| fields["event_timestamp"].as_u64().unwrap();
    assert!(time(&given) < time(&withdrawn));

    town.wait_until_over(short.consent()).await;
    let state = town.state(short.consent()).await;
    assert_eq!(state, ConsentState::Ended(Ending::Expired));
    let of_short = events(&town, short.consent()).await;
    assert_eq!(of_short, ["given", "rebinding", "expired"]);
    town.tells_nothing().await;
}

/// A consent in place of another one, attested.
async fn replace(
    town: &Town,
    earlier: ConsentId,
    certificate: &Certificate,
    mut fields: StatementFields,
) -> Signed {
    fields.supersedes = Some(earlier);
    let statement = Statement::new(fields).unwrap();
    let evidence = certificate.sign(&statement, town.genesis());
    let terms = statement.fields().terms(evidence.commitment());
    let consent = statement.fields().consent;
    let call = calls::consent::propose(consent, &terms, Some(earlier));
    town.clerk.submit(call).await;
    let signed = Signed {
        kind: "consent",
        about: consent.0,
        evidence,
    };
    assert_eq!(town.give(&signed).await["outcome"], "attested");
    signed
}
