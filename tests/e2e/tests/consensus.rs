//! Four validators and a member node as processes: they agree, survive kill -9, and refuse to mix with strangers.
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

use musubi_tests_support::{Consortium, chance::Chance};
use std::process::Command;

/// Waits until every node has `height`, then compares their hashes there.
async fn assert_all_agree(consortium: &Consortium, height: u64) {
    let mut hashes = Vec::new();
    for place in 0..consortium.size() {
        let rpc = consortium.rpc(place).await;
        rpc.wait_for_height(height).await;
        hashes.push(rpc.hash_at(height).await);
    }
    assert!(
        hashes[0].is_string() && hashes.iter().all(|hash| *hash == hashes[0]),
        "at height {height}: {hashes:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn four_validators_and_a_member_finalise_the_same_blocks() {
    let consortium = Consortium::start();
    assert_all_agree(&consortium, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_go_on_without_one_of_four_and_it_catches_up_after_kill_9() {
    let mut consortium = Consortium::start();
    assert_all_agree(&consortium, 2).await;
    let mut chance = Chance::of_this_run();
    let victim = chance.below(4);
    consortium.node(victim).process.kill();
    let others = consortium.rpc((victim + 1) % 4).await;
    let reached = others.height().await;
    let later = reached + 1 + chance.draw() % 5;
    others.wait_for_height(later).await;
    consortium.node(victim).process.restart();
    assert_all_agree(&consortium, later).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kill_9_of_all_four_nothing_finalised_is_lost() {
    let mut consortium = Consortium::start();
    let height = 2 + Chance::of_this_run().draw() % 4;
    assert_all_agree(&consortium, height).await;
    let before = consortium.rpc(0).await;
    let tip = before.height().await;
    let hash = before.hash_at(tip).await;
    for place in 0..4 {
        consortium.node(place).process.kill();
    }
    for place in 0..4 {
        consortium.node(place).process.restart();
    }
    assert_all_agree(&consortium, tip + 1).await;
    assert_eq!(consortium.rpc(2).await.hash_at(tip).await, hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_genesis_refuses_its_own_database() {
    let mut consortium = Consortium::start();
    assert_all_agree(&consortium, 2).await;
    consortium.node(1).process.kill();
    let spec = consortium.folder().join("chain-spec.json");
    let text = std::fs::read_to_string(&spec).expect("the specification is there");
    let mut json: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    json["genesis"]["consortium"]["parameters"]["idleBeat"] = 4_000.into();
    std::fs::write(&spec, json.to_string()).expect("it can be written");
    let config = consortium
        .folder()
        .join("nodes")
        .join(&consortium.node(1).name)
        .join("node.toml");
    let output = Command::new(musubi_tests_support::process::binary())
        .args(["node", "--config"])
        .arg(config)
        .output()
        .expect("musubi runs");
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("genesis"), "{message}");
}
