//! Damaged disks: a write-ahead log that was cut short or has flipped bits, and a disk without room.
//!
//! Such a node refuses to start and says why, or comes back to where the others are; it never votes twice, and the chain goes on without it.

use crate::scene::Scene;
use musubi_tests_support::disk::SmallDisk;
use std::{ops::Range, path::PathBuf, process::ExitStatus};

/// Transactions of each client.
const TRANSACTIONS: usize = 6;
/// What a node ends with that an operator must look at.
pub(crate) const SAFETY: i32 = 3;
/// Bytes of a record before its data: a flag, the length, a checksum.
const RECORD_HEADER_BYTES: usize = 13;
/// Room on the small disk, in MiB: ten times what a young chain takes.
const DISK_MEBIBYTES: u32 = 64;

/// A validator's write-ahead log as the crash left it.
pub(crate) struct Log {
    path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

impl Log {
    /// Bytes before the first record: version and height.
    pub(crate) const HEADER_BYTES: usize = 12;

    pub(crate) fn of(scene: &Scene, place: usize) -> Self {
        let path = scene.data(place).join("consensus/consensus.wal");
        let bytes = std::fs::read(&path).unwrap();
        Self { path, bytes }
    }

    /// The height that it is of.
    pub(crate) fn height(&self) -> u64 {
        u64::from_be_bytes(self.bytes[4..Self::HEADER_BYTES].try_into().unwrap())
    }

    /// Where its records lie.
    pub(crate) fn records(&self) -> Vec<Range<usize>> {
        let mut records = Vec::new();
        let mut start = Self::HEADER_BYTES;
        while let Some(length) = self.bytes.get(start + 1..start + 9) {
            let length = usize::try_from(u64::from_be_bytes(length.try_into().unwrap())).unwrap();
            let end = start + RECORD_HEADER_BYTES + length;
            records.push(start..end);
            start = end;
        }
        records
    }

    pub(crate) fn replace(&self, bytes: &[u8]) {
        std::fs::write(&self.path, bytes).unwrap();
    }
}

/// What happens to a log. Places are chosen among its records; a log without any is hit in its header.
#[derive(Clone, Copy, Debug)]
enum Damage {
    CutAfterRecord,
    CutInRecord,
    BitInRecord,
    BitInVersion,
}

impl Damage {
    fn of(self, log: &Log, scene: &mut Scene) -> Vec<u8> {
        let records = log.records();
        let record = match records.len() {
            0 => 0..Log::HEADER_BYTES,
            count => records[scene.chance.below(count)].clone(),
        };
        let within = record.start + scene.chance.below(record.len());
        let mut bytes = log.bytes.clone();
        match self {
            Self::CutAfterRecord => bytes.truncate(record.end),
            Self::CutInRecord => bytes.truncate(within.max(Log::HEADER_BYTES)),
            Self::BitInRecord => bytes[within] ^= 1 << scene.chance.below(8),
            Self::BitInVersion => bytes[0] ^= 1 << scene.chance.below(8),
        }
        bytes
    }
}

/// A validator crashes, its log is damaged, and it starts when the others have passed the height that the log is of. How it ended, if it did.
async fn crash_and_damage(scene: &mut Scene, victim: usize, damage: Damage) -> Option<ExitStatus> {
    scene.some_blocks(victim).await;
    scene.consortium.node(victim).process.kill();
    let log = Log::of(scene, victim);
    let damaged = damage.of(&log, scene);
    log.replace(&damaged);
    for other in scene.all_but(&[victim]) {
        let rpc = scene.consortium.rpc(other).await;
        rpc.wait_for_height(log.height() + 1).await;
    }
    scene.consortium.node(victim).process.restart();
    let ended = scene.comes_back(victim).await;
    println!("{damage:?} of {} bytes: {ended:?}", log.bytes.len());
    if let Some(status) = ended {
        let said = scene.consortium.node(victim).process.log();
        assert_eq!(status.code(), Some(SAFETY), "{said}");
        assert!(said.contains("write-ahead log"), "{said}");
        // The operator's part: the log is what it was.
        log.replace(&log.bytes);
        scene.consortium.node(victim).process.restart();
        assert_eq!(scene.comes_back(victim).await, None);
    }
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_write_ahead_log_is_refused_or_mended_and_nobody_votes_twice() {
    let mut scene = Scene::lay_out().await;
    scene.start().await;
    scene.load(TRANSACTIONS);
    let victim = scene.victims(1)[0];
    for damage in [
        Damage::CutAfterRecord,
        Damage::CutInRecord,
        Damage::BitInRecord,
    ] {
        crash_and_damage(&mut scene, victim, damage).await;
    }
    let ended = crash_and_damage(&mut scene, victim, Damage::BitInVersion).await;
    assert!(ended.is_some(), "a log of another version is not read");
    scene.nobody_voted_twice().await;
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_without_room_on_its_disk_stops_with_a_reason_and_goes_on_when_there_is_room() {
    let mut scene = Scene::lay_out().await;
    let victim = scene.victims(1)[0];
    let folder = scene.data(victim);
    match SmallDisk::mount(&folder, DISK_MEBIBYTES) {
        Ok(disk) => scene.disks.push(disk),
        Err(refusal) => return println!("not tried: {refusal}"),
    }
    scene.start().await;
    scene.load(TRANSACTIONS);
    scene.some_blocks(victim).await;
    scene.disks[0].fill();
    let status = scene.end_of(victim).await;
    let said = scene.consortium.node(victim).process.log();
    assert!(
        matches!(status.code(), Some(1 | SAFETY)),
        "{status}: {said}"
    );
    assert!(said.contains("No space left on device"), "{said}");
    let witness = scene.all_but(&[victim])[0];
    scene.some_blocks(witness).await;
    scene.disks[0].make_room();
    scene.consortium.node(victim).process.restart();
    scene.judge().await;
}
