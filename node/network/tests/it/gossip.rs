//! Transactions reach all members, once, and members only.

use crate::villages::{Village, hears, members, sees, settled, village, within};
use musubi_node_network::{AskError, Event};
use musubi_primitives::BlockHash;
use std::sync::Arc;

/// Sends a last transaction and collects everything a village heard up to it.
async fn heard_until(village: &mut Village, last: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while !all.iter().any(|one: &Vec<u8>| one == last) {
        all.extend(hears(village).await);
    }
    all
}

#[tokio::test]
async fn a_transaction_reaches_every_member_once_although_all_pass_it_on() {
    let mut all = members(4).await;
    all[0].network.gossip(b"one".to_vec()).unwrap();
    for village in &mut all[1..] {
        assert_eq!(hears(village).await, vec![b"one".to_vec()]);
        village.network.offer(vec![b"one".to_vec()]).unwrap();
    }
    all[1].network.gossip(b"last".to_vec()).unwrap();
    for place in [0, 2, 3] {
        assert_eq!(
            heard_until(&mut all[place], b"last").await,
            vec![b"last".to_vec()],
            "village {place}"
        );
    }
}

#[tokio::test]
async fn it_reaches_members_that_are_connected_through_others_only() {
    let mut middle = village(1, 3, vec![], Arc::default()).await;
    let left = village(2, 3, vec![middle.address.clone()], Arc::default()).await;
    let mut right = village(3, 3, vec![middle.address.clone()], Arc::default()).await;
    sees(&middle, 2).await;
    sees(&left, 1).await;
    left.network.gossip(b"far".to_vec()).unwrap();
    let waiting = hears(&mut middle).await;
    middle.network.offer(waiting).unwrap();
    assert_eq!(hears(&mut right).await, vec![b"far".to_vec()]);
}

#[tokio::test]
async fn a_stranger_neither_hears_nor_is_heard() {
    let mut inside = members(2).await;
    let mut stranger = village(7, 9, vec![inside[0].address.clone()], Arc::default()).await;
    let mut foreigner = settled(
        2,
        BlockHash([1; 32]),
        9,
        vec![inside[0].address.clone()],
        Arc::default(),
    )
    .await;
    stranger.network.gossip(b"from outside".to_vec()).unwrap();
    foreigner
        .network
        .gossip(b"from another chain".to_vec())
        .unwrap();
    inside[0].network.gossip(b"inside".to_vec()).unwrap();
    assert_eq!(hears(&mut inside[1]).await, vec![b"inside".to_vec()]);
    inside[1].network.gossip(b"back".to_vec()).unwrap();
    assert_eq!(hears(&mut inside[0]).await, vec![b"back".to_vec()]);
    assert!(stranger.events.try_recv().is_err() && foreigner.events.try_recv().is_err());
    assert!(
        inside[0]
            .network
            .peers()
            .iter()
            .all(|peer| peer.id == inside[1].network.local_peer_id())
    );
}

#[tokio::test]
async fn an_oversized_transaction_is_not_sent() {
    let all = members(2).await;
    let size = 256 * 1024 + 1;
    assert_eq!(
        all[0].network.gossip(vec![0; size]),
        Err(AskError::Oversized(size))
    );
}

#[tokio::test]
async fn a_busy_node_loses_nothing() {
    let mut all = members(2).await;
    let sent: Vec<Vec<u8>> = (0..2000u32)
        .map(|number| number.to_be_bytes().to_vec())
        .collect();
    for transaction in &sent {
        all[0].network.gossip(transaction.clone()).unwrap();
        tokio::task::yield_now().await;
    }
    let mut heard = Vec::new();
    while heard.len() < sent.len() {
        heard.extend(hears(&mut all[1]).await);
    }
    heard.sort();
    assert_eq!(heard, sent);
}

#[tokio::test]
async fn who_passes_on_bad_transactions_is_shut_out() {
    let mut judge = village(1, 3, vec![], Arc::default()).await;
    let culprit = village(2, 3, vec![judge.address.clone()], Arc::default()).await;
    sees(&judge, 1).await;
    sees(&culprit, 1).await;
    for number in 0..10u8 {
        culprit.network.gossip(vec![number]).unwrap();
        let Event::Transactions { from, .. } = within(judge.events.recv()).await.unwrap();
        judge.network.blame(from).await.unwrap();
    }
    sees(&judge, 0).await;
    // The culprit dials again and again; a member that comes after it is let in, and it is not.
    let late = village(3, 3, vec![judge.address.clone()], Arc::default()).await;
    sees(&late, 1).await;
    sees(&judge, 1).await;
    assert_eq!(judge.network.peers()[0].id, late.network.local_peer_id());
}

#[tokio::test]
async fn peers_tell_their_heads() {
    let all = members(2).await;
    all[0]
        .network
        .announce(5, BlockHash([5; 32]))
        .await
        .unwrap();
    let mut peers = all[1].network.follow_peers();
    let told = within(peers.wait_for(|peers| peers.iter().any(|peer| peer.head.is_some())))
        .await
        .unwrap();
    assert_eq!(told[0].head, Some((5, BlockHash([5; 32]))));
}
