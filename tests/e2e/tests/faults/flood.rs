//! A flood of transactions: accounts with the largest quota fill it, which is dozens of blocks, hold their first one back until all others wait, and
//! then hand over more as fast as nodes answer.
//!
//! Other accounts get in all the same, nodes keep their memory within bounds, and nobody comes apart.

use crate::{
    client::{chain_context, transaction},
    scene::{Scene, VALIDATORS},
};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::extrinsics::ChainContext;
use musubi_tests_support::{Rpc, gateway::secret};
use serde_json::json;
use std::{ops::Range, sync::Arc};
use tokio::task::JoinSet;

/// Transactions of each honest client.
const TRANSACTIONS: usize = 4;
/// Accounts that flood.
const FLOODING: usize = 2;
/// What each may have waiting: the quota of a gateway, which is the largest (node/core/src/pool/queue.rs).
const QUOTA: u32 = 4_096;
/// What each hands over beyond it.
const BEYOND: u32 = 400;
/// Calls that one who floods has open at once.
const AT_ONCE: usize = 64;
/// What a node's memory may grow by, at its highest point, in bytes.
const GROWTH_MAX: u64 = 300 << 20;

/// An account that floods, at one node.
#[derive(Clone)]
struct Flood {
    rpc: Arc<Rpc>,
    chain: ChainContext,
    key: Arc<SigningKey>,
}

impl Flood {
    async fn of(scene: &mut Scene, place: usize) -> Self {
        let rpc = scene.consortium.rpc(place).await;
        let name = scene.consortium.node(place).name.clone();
        let member = scene.consortium.folder().join("members").join(name);
        Self {
            chain: chain_context(&rpc).await.unwrap(),
            rpc: Arc::new(rpc),
            key: Arc::new(SigningKey::from_bytes(&secret(&member.join("gateway.pem")))),
        }
    }

    /// Whether one transaction is taken.
    async fn hand_over(&self, nonce: u32) -> bool {
        let signed = transaction(&self.chain, &self.key, nonce).bytes;
        let bytes = [json!(format!("0x{}", hex::encode(signed)))];
        let answer = self.rpc.call("author_submitExtrinsic", &bytes).await;
        answer.is_ok()
    }

    /// Hands over those with these nonces; how many were taken.
    async fn swell(self, nonces: Range<u32>) -> u32 {
        let (mut calls, mut taken) = (JoinSet::new(), 0);
        for nonce in nonces {
            let flood = self.clone();
            calls.spawn(async move { flood.hand_over(nonce).await });
            if calls.len() == AT_ONCE {
                taken += u32::from(calls.join_next().await.unwrap().unwrap());
            }
        }
        while let Some(call) = calls.join_next().await {
            taken += u32::from(call.unwrap());
        }
        taken
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_transactions_keeps_nobody_out_and_memory_within_bounds() {
    let mut scene = Scene::open().await;
    let mut before = Vec::new();
    for place in 0..VALIDATORS {
        before.push(scene.consortium.node(place).process.peak_memory());
    }
    let mut floods = Vec::new();
    for place in scene.victims(FLOODING) {
        floods.push(Flood::of(&mut scene, place).await);
    }
    let swell = |nonces: Range<u32>| -> Vec<_> {
        let floods = floods.iter().cloned();
        floods
            .map(|flood| tokio::spawn(flood.swell(nonces.clone())))
            .collect()
    };
    for swelling in swell(1..QUOTA) {
        assert_eq!(swelling.await.unwrap(), QUOTA - 1, "within its quota");
    }
    // With its first one, all the others of an account want into the next block.
    for flood in &floods {
        assert!(flood.hand_over(0).await);
    }
    let more = swell(QUOTA..QUOTA + BEYOND);
    scene.load(TRANSACTIONS);
    let seen = scene.clients_done().await;
    assert_eq!(seen, VALIDATORS * TRANSACTIONS, "some were kept out");
    for swelling in more {
        let taken = swelling.await.unwrap();
        println!("{taken} of {BEYOND} taken beyond the quota");
    }
    for (place, before) in before.into_iter().enumerate() {
        let peak = scene.consortium.node(place).process.peak_memory();
        println!("node {place}: {} MiB at its highest", peak >> 20);
        assert!(
            peak < before + GROWTH_MAX,
            "{before} bytes before, {peak} at the highest"
        );
    }
    scene.judge().await;
}
