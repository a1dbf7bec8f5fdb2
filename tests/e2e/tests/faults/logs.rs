//! A write-ahead log that lost its end, at every record of it, and one with a bit flipped in each.
//!
//! The validator is alone at a height that it has voted on: no quorum carries it past, and the test, in the seat of another, hears all that it
//! says on each of its starts. It may be refused, or lose what the log lost; it never says twice what it said otherwise.

use crate::{
    disks::{Log, SAFETY},
    scene::{Scene, VALIDATORS},
};
use std::ops::Range;

/// Transactions of each client.
const TRANSACTIONS: usize = 4;

/// One harm to a log.
#[derive(Debug)]
enum Harm {
    /// All from here on is gone.
    CutAt(usize),
    /// This bit of this byte is the other.
    Bit(usize, u32),
}

impl Harm {
    fn done_to(&self, log: &Log) -> Vec<u8> {
        let mut bytes = log.bytes.clone();
        match *self {
            Self::CutAt(length) => bytes.truncate(length),
            Self::Bit(place, bit) => bytes[place] ^= 1 << bit,
        }
        bytes
    }
}

/// Cut behind every record, and one bit of each: which one, chance says.
fn harms(records: &[Range<usize>], scene: &mut Scene) -> Vec<Harm> {
    let mut harms = vec![Harm::CutAt(Log::HEADER_BYTES)];
    for record in records {
        let bent = record.start + scene.chance.below(record.len());
        let bit = u32::try_from(scene.chance.below(8)).unwrap();
        harms.push(Harm::Bit(bent, bit));
        harms.push(Harm::CutAt(record.end));
    }
    harms
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_cut_or_bent_at_any_record_makes_no_validator_contradict_itself() {
    let mut scene = Scene::lay_out().await;
    let chosen = scene.victims(2);
    let (victim, seat) = match scene.chance.below(2) {
        0 => (chosen[0], chosen[1]),
        _ => (chosen[1], chosen[0]),
    };
    scene.honest.retain(|place| *place != seat);
    scene.start().await;
    let mut heard = scene.listen(seat, victim).await;
    scene.load(TRANSACTIONS);
    scene.some_blocks(victim).await;
    heard.once_more().await;
    // Nobody waits for a block while there is none.
    scene.clients_done().await;
    // The others go first; what the victim says at its height until it goes too, it says to the seat alone.
    let others: Vec<usize> = (0..VALIDATORS)
        .filter(|place| ![victim, seat].contains(place))
        .collect();
    for place in &others {
        scene.consortium.node(*place).process.kill();
    }
    scene.until_logged(victim).await;
    scene.consortium.node(victim).process.kill();

    let log = Log::of(&scene, victim);
    let records = log.records();
    let harms = harms(&records, &mut scene);
    println!(
        "height {}, {} records, {} harms",
        log.height(),
        records.len(),
        harms.len()
    );
    for harm in harms {
        log.replace(&harm.done_to(&log));
        scene.consortium.node(victim).process.restart();
        if let Some(status) = scene.listens(victim).await {
            println!("{harm:?}: refused with {status}");
            let said = scene.consortium.node(victim).process.log();
            assert_eq!(status.code(), Some(SAFETY), "{harm:?}: {said}");
            assert!(said.contains("write-ahead log"), "{harm:?}: {said}");
        } else {
            // It may have nothing more to say than it said.
            heard.for_a_while().await;
        }
        scene.consortium.node(victim).process.kill();
        heard.assert_one_word_each();
    }
    log.replace(&log.bytes);
    for place in others.iter().chain(&[victim]) {
        scene.consortium.node(*place).process.restart();
    }
    scene.load(TRANSACTIONS);
    scene.some_blocks(victim).await;
    heard.assert_one_word_each();
    scene.nobody_voted_twice().await;
    scene.judge().await;
}
