//! A consortium at practice: brisk blocks, a family with one record, and the commands that its operators type.

use musubi_primitives::RecordId;
use musubi_tests_support::gateway::{Gateway, now, secret};
use musubi_tests_support::{Consortium, chance::Chance, process::binary};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

const DAY: u64 = 24 * 3600 * 1000;
/// More blocks than anything here takes.
const BLOCKS_MAX: usize = 400;
/// Place of the clinic's member node in the plan.
pub(crate) const CLINIC: usize = 4;

pub(crate) struct Practice {
    pub(crate) consortium: Consortium,
    /// Chooses when things happen.
    chance: Chance,
}

impl Practice {
    /// Four villages and a clinic whose blocks follow one another five times a second.
    pub(crate) async fn begin() -> Self {
        let mut consortium = Consortium::lay_out();
        consortium.change_spec(|spec| {
            spec["genesis"]["consortium"]["parameters"]["idleBeat"] = 200.into();
        });
        for place in 0..consortium.size() {
            consortium.node(place).process.restart();
        }
        // Commands are typed at any of them: a consortium that makes blocks may still have a node that opens its ports.
        for place in 0..consortium.size() {
            consortium.rpc(place).await.wait_for_height(2).await;
        }
        Self {
            consortium,
            chance: Chance::of_this_run(),
        }
    }

    /// The most memory that a node ever had, in bytes.
    pub(crate) fn peak_memory(&mut self, place: usize) -> u64 {
        self.consortium.node(place).process.peak_memory()
    }

    /// A node's folder.
    pub(crate) fn home(&self, place: usize) -> PathBuf {
        self.consortium
            .config(place)
            .parent()
            .unwrap()
            .to_path_buf()
    }

    /// A key file of a member.
    pub(crate) fn key(&self, member: &str, name: &str) -> PathBuf {
        let keys = self.consortium.folder().join("members").join(member);
        keys.join(format!("{name}.pem"))
    }

    /// A client of a node's gateway.
    pub(crate) async fn gateway(&self, place: usize, member: &str, name: &str) -> Gateway {
        let genesis = self.consortium.rpc(1).await.hash_at(0).await;
        let genesis = genesis.as_str().unwrap().parse().unwrap();
        let config = std::fs::read_to_string(self.consortium.config(place)).unwrap();
        let (_, after) = config.split_once("[gateway]").unwrap();
        let (_, after) = after.split_once("listen = \"").unwrap();
        let address = after.split('"').next().unwrap();
        Gateway::new(address, secret(&self.key(member, name)), genesis)
    }

    /// Lets so many blocks go by, as seen on the second village.
    pub(crate) async fn blocks(&self, count: u64) {
        let rpc = self.consortium.rpc(1).await;
        rpc.wait_for_height(rpc.height().await + count).await;
    }

    /// Lets one to five blocks go by.
    pub(crate) async fn some_blocks(&mut self) {
        let count = 1 + self.chance.draw() % 5;
        self.blocks(count).await;
    }

    /// Waits until a node has what the second village has now, and compares hashes.
    pub(crate) async fn assert_level(&self, place: usize) {
        let (others, rpc) = (
            self.consortium.rpc(1).await,
            self.consortium.rpc(place).await,
        );
        let height = others.height().await;
        rpc.wait_for_height(height).await;
        assert_eq!(rpc.hash_at(height).await, others.hash_at(height).await);
    }
}

/// Runs a command of the binary.
pub(crate) fn musubi(arguments: &[&str]) -> Output {
    Command::new(binary())
        .args(arguments)
        .output()
        .expect("musubi runs")
}

/// What a command that must succeed prints.
pub(crate) fn done(arguments: &[&str]) -> String {
    let output = musubi(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that must fail says.
pub(crate) fn refused(arguments: &[&str]) -> String {
    let output = musubi(arguments);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success(),
        "{arguments:?} must be refused: {said}"
    );
    String::from_utf8(output.stderr).unwrap()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

pub(crate) fn patient(name: &str, born: &str) -> Value {
    let patient = json!({
        "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": name}], "name": [{"text": name}], "birthDate": born,
    });
    json!({"patient": patient, "domain": "health"})
}

pub(crate) async fn enrolled(village: &Gateway, name: &str, born: &str) -> String {
    let enrolled = village.post("/v1/people", &patient(name, born)).await;
    enrolled["pseudonym"].as_str().unwrap().to_owned()
}

/// A child with a guardian and one dose, kept by the clinic and by the home village.
pub(crate) async fn family_with_a_dose(practice: &Practice) -> (String, RecordId) {
    let village = practice.gateway(0, "rusutsu", "clerk").await;
    let clinic = practice.gateway(CLINIC, "yotei-clinic", "doctor").await;
    let child = enrolled(&village, "見本　結", "2026-07-03").await;
    let guardian = enrolled(&village, "見本　花子", "1994-05-12").await;
    let form = json!({
        "subject": child, "guardian": guardian, "role": "parental-authority", "authority": "single", "until": now() + 5_000 * DAY,
    });
    village.post("/v1/guardianships", &form).await;
    for _ in 0..BLOCKS_MAX {
        let sent = clinic.request(Method::POST, "/fhir/Immunization", &child, dose());
        let response = sent.send().await.unwrap();
        if response.status().is_success() {
            let taken: Value = response.json().await.unwrap();
            let record = taken["record"].as_str().unwrap().to_owned();
            until_stored(practice, &clinic, &record).await;
            return (child, record.parse().unwrap());
        }
        assert_eq!(response.status(), 503);
        practice.blocks(1).await;
    }
    panic!("the dose was never taken in");
}

async fn until_stored(practice: &Practice, clinic: &Gateway, record: &str) {
    let path = format!("/v1/records/{record}");
    for _ in 0..BLOCKS_MAX {
        let asked = clinic.request(Method::GET, &path, "", Vec::new());
        let view: Value = asked.send().await.unwrap().json().await.unwrap();
        if view["state"] == "stored" {
            return until_all_know(practice).await;
        }
        practice.blocks(1).await;
    }
    panic!("the record never reached its second holder");
}

/// Waits until every node has what the clinic's has now.
async fn until_all_know(practice: &Practice) {
    let height = practice.consortium.rpc(CLINIC).await.height().await;
    for place in 0..practice.consortium.size() {
        let rpc = practice.consortium.rpc(place).await;
        rpc.wait_for_height(height).await;
    }
}

fn dose() -> Vec<u8> {
    let dose = json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "T-1", "vaccineCode": {"text": "5種混合"},
        "patient": {"reference": "Patient/x"}, "occurrenceDateTime": "2026-11-05",
    });
    dose.to_string().into_bytes()
}
