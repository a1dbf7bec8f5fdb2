//! A clinic's system that loses its connection while the chain stands still, and sends the same dose again and again: one record, kept by
//! two holders, whatever became of the first calls.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this test starts processes, stops them, and signs at this machine's time"
)]
use musubi_tests_support::{
    Consortium, Rpc,
    gateway::{Gateway, now, secret},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{process::Command, time::Duration};

const DAY: u64 = 24 * 3600 * 1000;
/// More blocks than handing over a record takes.
const BLOCKS_MAX: usize = 300;

async fn enrolled(village: &Gateway, name: &str, born: &str) -> String {
    let patient = json!({
        "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": name}], "name": [{"text": name}], "birthDate": born,
    });
    let form = json!({"patient": patient, "domain": "health"});
    let enrolled = village.post("/v1/people", &form).await;
    enrolled["pseudonym"].as_str().unwrap().to_owned()
}

fn dose() -> Vec<u8> {
    let dose = json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "T-1", "vaccineCode": {"text": "5種混合"},
        "patient": {"reference": "Patient/x"}, "occurrenceDateTime": "2026-11-05",
    });
    dose.to_string().into_bytes()
}

/// Sends a signal to the last two validators: without them nothing becomes final.
fn signal(consortium: &mut Consortium, signal: &str) {
    for place in 2..4 {
        let pid = consortium.node(place).process.pid().unwrap().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success(), "{signal} {pid}");
    }
}

fn gateway_of(consortium: &Consortium, place: usize) -> String {
    let config = std::fs::read_to_string(consortium.config(place)).unwrap();
    let (_, after) = config.split_once("[gateway]").unwrap();
    let (_, after) = after.split_once("listen = \"").unwrap();
    after.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_goes_away_and_comes_back_has_one_record_with_two_holders() {
    let mut consortium = Consortium::lay_out_traced().await;
    consortium.start_all();
    let rpc = consortium.rpc(0).await;
    rpc.wait_for_height(1).await;
    let genesis = rpc.hash_at(0).await.as_str().unwrap().parse().unwrap();
    let key = |of: &Consortium, member: &str, name: &str| {
        secret(&of.folder().join("members").join(member).join(name))
    };
    let clerk = key(&consortium, "rusutsu", "clerk.pem");
    let village = Gateway::new(&gateway_of(&consortium, 0), clerk, genesis);
    let doctor = key(&consortium, "yotei-clinic", "doctor.pem");
    let clinic = Gateway::new(&gateway_of(&consortium, 4), doctor, genesis);
    let child = enrolled(&village, "見本　結", "2026-07-03").await;
    let guardian = enrolled(&village, "見本　花子", "1994-05-12").await;
    let form = json!({
        "subject": child, "guardian": guardian, "role": "parental-authority", "authority": "single", "until": now() + 5_000 * DAY,
    });
    village.post("/v1/guardianships", &form).await;

    signal(&mut consortium, "-STOP");
    let send = || clinic.request(Method::POST, "/fhir/Immunization", &child, dose());
    for _ in 0..3 {
        // The caller goes away; a call that found the first one at work was answered, and changed nothing.
        let sent = send().timeout(Duration::from_secs(2)).send().await;
        assert!(sent.is_err() || sent.unwrap().status() == 503);
    }
    signal(&mut consortium, "-CONT");

    let record = until_answered(&rpc, send).await;
    until_stored(&rpc, &clinic, &record).await;
    musubi_tests_privacy::tells_nothing(&mut consortium).await;
}

async fn until_stored(rpc: &Rpc, clinic: &Gateway, record: &str) {
    let path = format!("/v1/records/{record}");
    for _ in 0..BLOCKS_MAX {
        let view = clinic.request(Method::GET, &path, "", Vec::new());
        let view: Value = view.send().await.unwrap().json().await.unwrap();
        if view["state"] == "stored" {
            assert_eq!(view["holders"].as_array().unwrap().len(), 2);
            return;
        }
        rpc.wait_for_height(rpc.height().await + 1).await;
    }
    panic!("the record never reached its second holder");
}

/// Sends the dose once a block until it is answered for.
async fn until_answered(rpc: &Rpc, send: impl Fn() -> reqwest::RequestBuilder) -> String {
    for _ in 0..BLOCKS_MAX {
        let response = send().send().await.unwrap();
        if response.status().is_success() {
            let taken: Value = response.json().await.unwrap();
            return taken["record"].as_str().unwrap().to_owned();
        }
        assert_eq!(response.status(), 503);
        rpc.wait_for_height(rpc.height().await + 1).await;
    }
    panic!("the dose was never taken in");
}
