//! Disks that fail while they are used: reads that give an error, reads that come short, and flushes that take their time.
//!
//! A validator on such a disk halts with the reason or goes on rightly. It answers nobody with what it could not read, and votes against nobody.

use crate::{disks::SAFETY, scene::Scene};
use musubi_tests_support::{
    Rpc,
    rpc::parse_height,
    shim::{FailingDisk, Orders},
};
use serde_json::json;
use std::time::Duration;

/// Transactions of each client.
const TRANSACTIONS: usize = 6;
/// What the system says of a read that failed.
const READ_ERROR: &str = "Input/output error";

impl Scene {
    /// Puts a validator's data on a failing disk that does nothing yet, before it starts.
    fn on_failing_disk(&mut self, place: usize) -> FailingDisk {
        let workshop = self.consortium.folder().join("shim");
        let disk = FailingDisk::make(&workshop, &self.data(place));
        let process = &mut self.consortium.node(place).process;
        process.surround(disk.environment());
        disk
    }

    /// Every block that a node gives is the one that the others have; it may refuse.
    async fn gives_nothing_wrong(&self, doubtful: &Rpc, witness: usize) -> (u32, u32) {
        let witness = self.consortium.rpc(witness).await;
        let (mut given, mut refused) = (0, 0);
        for height in 0..=witness.height().await {
            let hash = witness.hash_at(height).await;
            let Ok(block) = doubtful
                .call("chain_getBlock", std::slice::from_ref(&hash))
                .await
            else {
                refused += 1;
                continue;
            };
            // One that has not come there yet knows no such block.
            if !block.is_null() {
                assert_eq!(block, witness.ask("chain_getBlock", &[hash]).await);
                assert_eq!(parse_height(&block["block"]["header"]), height);
                given += 1;
            }
        }
        (given, refused)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_whose_disk_gives_read_errors_halts_with_the_reason_and_answers_nothing_wrong()
{
    let mut scene = Scene::lay_out().await;
    let victim = scene.victims(1)[0];
    let witness = scene.all_but(&[victim])[0];
    let disk = scene.on_failing_disk(victim);
    scene.start().await;
    scene.load(TRANSACTIONS);
    scene.some_blocks(victim).await;
    // On its next start it reads what it wrote: most files, and none of them.
    for failing_read in [1, 2] {
        scene.consortium.node(victim).process.kill();
        disk.order(Orders {
            failing_read,
            ..Orders::default()
        });
        scene.consortium.node(victim).process.restart();
        let status = scene.end_of(victim).await;
        let said = scene.consortium.node(victim).process.log();
        assert!(
            matches!(status.code(), Some(1 | SAFETY)),
            "{status}: {said}"
        );
        assert!(said.contains(READ_ERROR), "{said}");
        assert!(disk.done() > 0);
    }
    scene.some_blocks(witness).await;
    // Whole again, and then again not while it runs.
    disk.order(Orders::default());
    scene.consortium.node(victim).process.restart();
    assert_eq!(scene.comes_back(victim).await, None);
    let rpc = scene.consortium.rpc(victim).await;
    disk.order(Orders {
        failing_read: 2 + u32::try_from(scene.chance.below(4)).unwrap(),
        ..Orders::default()
    });
    let (given, refused) = scene.gives_nothing_wrong(&rpc, witness).await;
    println!(
        "{given} blocks given, {refused} refused, {} reads failed",
        disk.done()
    );
    scene.some_blocks(witness).await;
    disk.order(Orders::default());
    scene.consortium.node(victim).process.restart();
    assert_eq!(scene.comes_back(victim).await, None);
    scene.nobody_voted_twice().await;
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_come_short_cost_nothing() {
    let mut scene = Scene::lay_out().await;
    let victim = scene.victims(1)[0];
    let disk = scene.on_failing_disk(victim);
    scene.start().await;
    scene.load(TRANSACTIONS);
    scene.some_blocks(victim).await;
    let short_read = 1 + u32::try_from(scene.chance.below(3)).unwrap();
    disk.order(Orders {
        short_read,
        ..Orders::default()
    });
    scene.consortium.node(victim).process.restart();
    assert_eq!(scene.comes_back(victim).await, None);
    assert!(disk.done() > 0, "no read came short");
    let rpc = scene.consortium.rpc(victim).await;
    let prefix = [json!("0x"), json!(1_000)];
    let keys = rpc.ask("state_getKeysPaged", &prefix).await;
    assert!(keys.as_array().unwrap().len() > 20, "{keys}");
    scene.nobody_voted_twice().await;
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_on_a_slow_disk_costs_nothing_but_time() {
    let mut scene = Scene::lay_out().await;
    let slow = scene.victims(1)[0];
    let witness = scene.all_but(&[slow])[0];
    let disk = scene.on_failing_disk(slow);
    scene.start().await;
    scene.load(TRANSACTIONS);
    // Seven flushes a block: from hardly noticed to longer than a round.
    let flush = Duration::from_millis(20 + scene.chance.draw() % 280);
    disk.order(Orders {
        flush,
        ..Orders::default()
    });
    scene.some_blocks(witness).await;
    scene.some_blocks(witness).await;
    assert!(disk.done() > 0, "nothing was flushed");
    disk.order(Orders::default());
    scene.some_blocks(slow).await;
    scene.nobody_voted_twice().await;
    scene.judge().await;
}
