//! How long after it was posted a record is to be seen at another entitled node, and there to be read.

use crate::{
    actor::{Actor, Question},
    bedside::day,
    people::{Home, patient},
    world::{AT_CLINIC, AT_RUSUTSU, BLOCKS_MAX, RUSUTSU, World},
};
use musubi_primitives::{
    Category, CategorySet, Claim, Pseudonym, Purpose, RecordId, StatuteArticle,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RECORDS: u32 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_record_posted_at_the_clinic_is_seen_and_read_in_the_village() {
    let world = World::open().await;
    let chart = patient("visible", "見本　visible", &day(-120));
    let subject = Home::rusutsu(&world).child(&chart).await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let (mut seen, mut kept) = (Vec::new(), Vec::new());
    for number in 0..RECORDS {
        let begun = Instant::now();
        let record = clinic.record(&subject, &weight(number)).await;
        until_village_says(&world, &nurse, &record, |_| true).await;
        seen.push(begun.elapsed());
        let is_kept = |view: &Value| view["state"] == "stored";
        until_village_says(&world, &nurse, &record, is_kept).await;
        kept.push(begun.elapsed());
    }
    let read = nurse.read(RUSUTSU, &by_statute(subject)).await.unwrap();
    assert_eq!(read.len(), usize::try_from(RECORDS).unwrap());
    tell("posted to seen by the village", seen);
    tell("posted to kept by two holders", kept);
    world.tells_nothing().await;
}

/// Asks the village's own node until it has the record as wanted.
async fn until_village_says(
    world: &World,
    nurse: &Actor,
    record: &RecordId,
    wanted: impl Fn(&Value) -> bool,
) {
    for _ in 0..BLOCKS_MAX {
        let (status, view) = nurse.get(&format!("/v1/records/{record}")).await;
        if status == StatusCode::OK && wanted(&view) {
            return;
        }
        assert!(status == StatusCode::OK || status == StatusCode::NOT_FOUND);
        world.next_block().await;
    }
    panic!("the village never saw record {record}");
}

fn weight(number: u32) -> Value {
    json!({
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": "Patient/visible"}, "effectiveDateTime": day(-1),
        "valueQuantity": {"value": 6240 + number, "code": "g", "system": "http://unitsofmeasure.org"},
    })
}

fn by_statute(subject: Pseudonym) -> Question {
    Question {
        subject,
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Growth]),
        claim: Claim::Statute(StatuteArticle::MaternalChildHealth19_2),
        session: None,
    }
}

/// Figures are told, never asserted: how fast a machine is says nothing about the code.
#[allow(
    clippy::print_stdout,
    reason = "the figures are this test's other product"
)]
fn tell(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)].as_millis();
    println!(
        "{what}: p50 {} ms, p95 {} ms, {} records",
        at(50),
        at(95),
        took.len()
    );
}
