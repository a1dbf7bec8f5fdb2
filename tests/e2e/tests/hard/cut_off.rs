//! A clinic whose node is up and whose network is cut, for longer than a transaction lives: it takes records in, holds the next dose against
//! what it has staged, and is merged with what the village wrote when the wires are mended.

use crate::{
    actor::Actor,
    bedside::{Order, day, dose, verdict},
    damage::Disk,
    moving::{by_statute, sorted, weight},
    people::{Home, patient},
    schedule::explains,
    world::{AT_CLINIC, AT_RUSUTSU, BLOCKS_MAX, CLINIC, RUSUTSU, World},
};
use musubi_primitives::{Pseudonym, RecordId};
use musubi_tests_support::{Consortium, wires::Wires};
use reqwest::Method;
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::interval;

/// Milliseconds after which a block follows also when there is no work: brisk, so that an hour's worth of them is soon over.
const IDLE_BEAT: u32 = 200;
/// Blocks that a transaction of a desk lives; whatever waited in the clinic's pool when the wires were cut is dead after them, as it is
/// after an hour at the usual beat of five seconds.
const MORTALITY_BLOCKS: u64 = 256;
/// For so long a caller waits whose node cannot answer for the chain; then it goes away.
const PATIENCE: Duration = Duration::from_secs(2);
/// Looks at the clinic's disk, four a second, until everything must be staged there.
const LOOKS_MAX: usize = 240;

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_that_is_cut_off_records_holds_doses_against_its_own_and_is_merged() {
    let consortium = Consortium::lay_out();
    consortium.change_spec(|spec| {
        spec["genesis"]["consortium"]["parameters"]["idleBeat"] = IDLE_BEAT.into();
    });
    let wires = Wires::lay(&consortium).await;
    let world = World::open_with(consortium).await;
    let chart = patient("cut", "見本　cut", &day(-120));
    let subject = Home::rusutsu(&world).child(&chart).await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let first = dose("cut", "PCV20", &day(-50), "L1");
    let record = clinic.record(&subject, &first).await;
    world.until_stored(&record).await;
    let in_the_morning = Order {
        day: day(-1),
        ..Order::new(subject, &chart, "RV1")
    };
    let card = clinic.check(&in_the_morning).await;
    assert_eq!(verdict(&card), ("conditions_met", None));

    until_on_their_way(&world, 0).await;
    wires.part(&[AT_CLINIC], &[0, 1, 2, 3]);
    let queue = [
        dose("cut", "RV1", &day(-1), "R1"),
        weight("cut", &day(-1)),
        dose("cut", "DPT-IPV-HIB", &day(-1), "D1"),
    ];
    for resource in &queue {
        goes_unanswered(&clinic, &subject, resource).await;
    }
    until_on_their_way(&world, queue.len()).await;
    // The same again a day later: stopped at once, by what only this node knows.
    let too_early = dose("cut", "RV1", &day(0), "R2");
    let stopped = clinic.post_fhir(&subject, &too_early).await;
    explains(&stopped, "INTERVAL_TOO_SHORT_SAME");
    let meanwhile = life_goes_on(&world, &subject).await;

    wires.mend();
    let records = all_are_merged(&world, &clinic, &subject, &queue).await;
    assert_eq!(records, queue.len());
    let mut expected = queue.to_vec();
    expected.extend([first, meanwhile]);
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let read = nurse.read(RUSUTSU, &by_statute(subject)).await.unwrap();
    assert_eq!(sorted(read), sorted(expected));
    let card = clinic.check(&Order::new(subject, &chart, "RV1")).await;
    assert_eq!(verdict(&card), ("not_met", Some("INTERVAL_TOO_SHORT_SAME")));
    world.tells_nothing().await;
}

/// The clinic's system sends a record, gets no word in time, and goes away.
async fn goes_unanswered(clinic: &Actor, subject: &Pseudonym, resource: &Value) {
    let path = format!("/fhir/{}", resource["resourceType"].as_str().unwrap());
    let body = resource.to_string().into_bytes();
    let request = clinic
        .gateway
        .request(Method::POST, &path, &subject.to_string(), body);
    let answer = request.timeout(PATIENCE).send().await;
    assert!(answer.is_err(), "nothing is final here: {answer:?}");
}

/// Looks at the clinic's vault until so many records are on their way out, sealed.
async fn until_on_their_way(world: &World, count: usize) {
    let mut pulse = interval(Duration::from_millis(250));
    for _ in 0..LOOKS_MAX {
        pulse.tick().await;
        if Disk::count_beside_its_node(world, AT_CLINIC, "outbox") == count {
            return;
        }
    }
    panic!("there were never {count} records on their way out of the clinic")
}

/// The village's own nurse records, and the chain grows past the life of every transaction that waits at the clinic.
async fn life_goes_on(world: &World, subject: &Pseudonym) -> Value {
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let meanwhile = weight("cut", &day(-2));
    nurse.record(subject, &meanwhile).await;
    let left = world.consortium.rpc(AT_CLINIC).await.height().await;
    let rpc = world.consortium.rpc(AT_RUSUTSU).await;
    rpc.wait_for_height(left + MORTALITY_BLOCKS + 1).await;
    let stands = world.consortium.rpc(AT_CLINIC).await.height().await;
    assert_eq!(stands, left, "the clinic hears of nothing");
    meanwhile
}

/// The clinic catches up; its system sends everything once more, and each is the one record that had been staged.
async fn all_are_merged(
    world: &World,
    clinic: &Actor,
    subject: &Pseudonym,
    queue: &[Value],
) -> usize {
    world.until_level(AT_CLINIC).await;
    let mut records = BTreeSet::new();
    for resource in queue.iter().chain(queue) {
        let record = until_answered(world, clinic, subject, resource).await;
        let view = world.until_stored(&record).await;
        assert_eq!(view.author, CLINIC);
        records.insert(record);
    }
    records.len()
}

/// Sends a record once a block until the node answers for it: one that its duties are committing at this moment is refused for now.
async fn until_answered(
    world: &World,
    clinic: &Actor,
    subject: &Pseudonym,
    resource: &Value,
) -> RecordId {
    for _ in 0..BLOCKS_MAX {
        let (status, taken) = clinic.post_fhir(subject, resource).await;
        if status.is_success() {
            return taken["record"].as_str().unwrap().parse().unwrap();
        }
        assert_eq!(status, 503, "{taken}");
        world.next_block().await;
    }
    panic!("the clinic's node never answered for a record it has")
}
