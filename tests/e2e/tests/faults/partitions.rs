//! Partitions under load: one village alone, two and two, wires that carry one way only, and slow ones.
//!
//! Who hears a quorum goes on, the others stand still, and when the wires are mended all are equal again by themselves.

use crate::scene::{Scene, VALIDATORS};
use std::time::Duration;

/// Transactions of each client.
const TRANSACTIONS: usize = 4;
/// For so long nobody may go on who hears no quorum, although work waits everywhere: a block takes a twentieth of it.
const STANDSTILL: Duration = Duration::from_secs(4);
/// Blocks that may become final after the wires are cut, from what was on its way.
const ON_THEIR_WAY: u64 = 1;

#[tokio::test(flavor = "multi_thread")]
async fn three_go_on_without_the_one_that_is_cut_off_which_then_catches_up() {
    let mut scene = Scene::open().await;
    scene.load(TRANSACTIONS);
    let alone = scene.victims(1);
    scene.some_blocks(alone[0]).await;
    let others = scene.all_but(&alone);
    scene.wires.part(&alone, &others);
    scene.goes_on_without(others[0], alone[0]).await;
    scene.wires.mend();
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hears_nobody_and_one_that_nobody_hears_cost_nothing_but_time() {
    let mut scene = Scene::open().await;
    scene.load(TRANSACTIONS);
    let one = scene.victims(1);
    let others = scene.all_but(&one);
    scene.some_blocks(others[0]).await;
    scene.wires.cut(&others, &one);
    scene.some_blocks(others[0]).await;
    scene.wires.mend();
    scene.some_blocks(one[0]).await;
    scene.wires.cut(&one, &others);
    scene.some_blocks(others[0]).await;
    scene.wires.mend();
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_and_two_stand_still_until_they_hear_each_other_again() {
    let mut scene = Scene::open().await;
    let some = scene.victims(VALIDATORS / 2);
    let others = scene.all_but(&some);
    scene.wires.part(&some, &others);
    let parted = scene.heights().await;
    scene.load(TRANSACTIONS);
    tokio::time::sleep(STANDSTILL).await;
    let stood = scene.heights().await;
    let (before, after) = (parted.iter().max().unwrap(), stood.iter().max().unwrap());
    assert!(
        *after <= before + ON_THEIR_WAY,
        "without a quorum nobody goes on: {parted:?}, then {stood:?}"
    );
    scene.wires.mend();
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_behind_slow_wires_costs_nothing_but_time() {
    let mut scene = Scene::open().await;
    scene.load(TRANSACTIONS);
    let slow = scene.victims(1);
    let others = scene.all_but(&slow);
    // From hardly noticed to later than any vote is waited for in the first round.
    let delay = Duration::from_millis(50 + scene.chance.draw() % 450);
    scene.wires.slow(&slow, &others, delay);
    scene.some_blocks(others[0]).await;
    scene.some_blocks(slow[0]).await;
    scene.wires.mend();
    scene.judge().await;
}
