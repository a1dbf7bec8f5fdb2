//! A member that comes late, as a process: it joins by snapshot or block by block, and is then a node like any other.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "these tests start processes and change files on purpose"
)]

use musubi_tests_support::{Consortium, Rpc, chance::Chance};
use serde_json::{Value, json};

/// More blocks than a peer must be ahead for a snapshot to be taken (`BLOCKS_AHEAD_MIN` in node/src/join.rs).
const HEIGHT: u64 = 40;
/// Place of the clinic's member node in the plan.
const LATE: usize = 4;

/// Four villages whose blocks follow one another without a pause, at [`HEIGHT`]; the clinic's node has not started yet.
async fn consortium_without_the_clinic() -> Consortium {
    let mut consortium = Consortium::lay_out();
    consortium.change_spec(|spec| {
        spec["genesis"]["consortium"]["parameters"]["idleBeat"] = 200.into();
    });
    for place in 0..LATE {
        consortium.node(place).process.restart();
    }
    let first = consortium.rpc(0).await;
    for height in (0..=HEIGHT).step_by(5) {
        first.wait_for_height(height).await;
    }
    consortium
}

/// Waits until both nodes have what the first has now, and compares block, every key and every value of the state there.
async fn assert_same_state(one: &Rpc, other: &Rpc) {
    let height = one.height().await;
    other.wait_for_height(height).await;
    let hash = one.hash_at(height).await;
    assert_eq!(other.hash_at(height).await, hash, "height {height}");
    let state = async |rpc: &Rpc| {
        let page = [json!("0x"), json!(1_000), Value::Null, hash.clone()];
        let keys = rpc.ask("state_getKeysPaged", &page).await;
        let values = rpc
            .ask("state_queryStorageAt", &[keys.clone(), hash.clone()])
            .await;
        (keys, values[0]["changes"].clone())
    };
    let (keys, values) = state(one).await;
    assert!(keys.as_array().unwrap().len() > 20, "{keys}");
    assert_eq!(state(other).await, (keys, values));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_member_joins_by_snapshot_and_survives_kill_9() {
    let mut consortium = consortium_without_the_clinic().await;
    consortium.node(LATE).process.restart();
    let (first, late) = (consortium.rpc(0).await, consortium.rpc(LATE).await);
    let log = consortium.node(LATE).process.log();
    assert!(log.contains("joined by snapshot"), "{log}");
    // It has no blocks from before; a node that had replayed them would.
    assert!(first.hash_at(2).await.is_string());
    assert_eq!(late.hash_at(2).await, Value::Null);
    assert_same_state(&first, &late).await;
    // What a light client asks for is there, for the newest block and for the one it joined at.
    let (joined_at, _) = first_kept(&late).await;
    for height in [joined_at, late.height().await] {
        let hash = first.hash_at(height).await;
        let proof = late
            .ask("musubi_certificate", std::slice::from_ref(&hash))
            .await;
        assert_eq!(proof["hash"], hash);
        assert_eq!(
            proof["setCommittedBy"]["hash"],
            first.hash_at(height - 2).await
        );
    }
    let bodiless = first.hash_at(joined_at).await;
    let missing = late.call("chain_getBlock", &[bodiless]).await;
    let message = missing.unwrap_err().to_string();
    assert!(message.contains("history begins"), "{message}");

    let mut chance = Chance::of_this_run();
    late.wait_for_height(late.height().await + chance.draw() % 4)
        .await;
    consortium.node(LATE).process.kill();
    let reached = first.height().await;
    first.wait_for_height(reached + 1 + chance.draw() % 5).await;
    consortium.node(LATE).process.restart();
    let late = consortium.rpc(LATE).await;
    assert_same_state(&first, &late).await;
    assert_eq!(late.hash_at(2).await, Value::Null);
    let log = consortium.node(LATE).process.log();
    assert_eq!(log.matches("joined by snapshot").count(), 1, "{log}");
}

/// The block that a joined node took over: the first above genesis with a certificate here.
async fn first_kept(late: &Rpc) -> (u64, Value) {
    let tip = late.height().await;
    for height in 1..=tip {
        let hash = late.hash_at(height).await;
        if hash.is_string()
            && late
                .call("musubi_certificate", std::slice::from_ref(&hash))
                .await
                .is_ok()
        {
            return (height, hash);
        }
    }
    panic!("no block up to {tip} has a certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_member_that_is_told_to_replays_every_block() {
    let mut consortium = consortium_without_the_clinic().await;
    let config = consortium.config(LATE);
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n[store]\njoin = \"replay\"\n")).unwrap();
    consortium.node(LATE).process.restart();
    let (first, late) = (consortium.rpc(0).await, consortium.rpc(LATE).await);
    assert_same_state(&first, &late).await;
    for height in [1, 2, HEIGHT / 2] {
        let hash = first.hash_at(height).await;
        assert_eq!(late.hash_at(height).await, hash);
        let block = late
            .ask("chain_getBlock", std::slice::from_ref(&hash))
            .await;
        assert_eq!(block, first.ask("chain_getBlock", &[hash]).await);
    }
    let log = consortium.node(LATE).process.log();
    assert!(
        log.contains("block by block") && !log.contains("joined by snapshot"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_write_ahead_log_has_an_exit_code_of_its_own() {
    let mut consortium = Consortium::lay_out();
    for place in 0..4 {
        consortium.node(place).process.restart();
    }
    consortium.rpc(3).await.wait_for_height(2).await;
    consortium.node(3).process.kill();
    let home = consortium.config(3).parent().unwrap().to_path_buf();
    let path = home.join("data/consensus/consensus.wal");
    let mut log = std::fs::read(&path).unwrap();
    log[..8].fill(0xff);
    std::fs::write(&path, log).unwrap();
    consortium.node(3).process.restart();
    assert_eq!(consortium.node(3).process.wait().code(), Some(3));
    let log = consortium.node(3).process.log();
    assert!(log.contains("write-ahead log"), "{log}");
}
