//! Partitions under load: one village alone, and wires that carry one way only.
//!
//! Who hears a quorum goes on, the others stand still, and when the wires are mended all are equal again by themselves.

use crate::scene::Scene;

/// Transactions of each client.
const TRANSACTIONS: usize = 4;

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
