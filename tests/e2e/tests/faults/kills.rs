//! kill -9 of one, two and all four validators under load, and their restart.

use crate::scene::{Scene, VALIDATORS};

/// Transactions of each client.
const TRANSACTIONS: usize = 6;

/// Kills so many at once, after a few blocks under load; what a majority can do meanwhile it does.
async fn kill(count: usize) {
    let mut scene = Scene::open().await;
    scene.load(TRANSACTIONS);
    let victims = scene.victims(count);
    let witness = (0..VALIDATORS).find(|place| !victims.contains(place));
    scene.some_blocks(witness.unwrap_or(0)).await;
    for place in &victims {
        scene.consortium.node(*place).process.kill();
    }
    if let (1, Some(witness)) = (count, witness) {
        scene.some_blocks(witness).await;
    }
    for place in &victims {
        scene.consortium.node(*place).process.restart();
    }
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_one_validator_loses_nothing_that_a_client_saw() {
    kill(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_two_validators_loses_nothing_that_a_client_saw() {
    kill(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_all_validators_loses_nothing_that_a_client_saw() {
    kill(VALIDATORS).await;
}
