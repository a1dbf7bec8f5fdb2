//! Vault blobs: whole, refused, resumed.

use crate::villages::{Archive, node_key, sees, village, within};
use musubi_node_network::{AskError, Refusal};
use std::sync::Arc;
use tokio::sync::mpsc;

const PIECE: u64 = 512 * 1024;

fn bytes(length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect()
}

#[tokio::test]
async fn a_blob_arrives_whole_and_only_with_its_ticket() {
    let archive = Arc::new(Archive {
        blob: bytes(1_300_000),
        ..Archive::default()
    });
    let holder = village(1, 2, vec![], archive.clone()).await;
    let asker = village(2, 2, vec![holder.address.clone()], Arc::default()).await;
    sees(&asker, 1).await;
    let got = asker
        .network
        .read_blob(&node_key(1), b"ticket".to_vec())
        .await;
    assert_eq!(got.as_ref(), Ok(&archive.blob));
    let refused = asker
        .network
        .read_blob(&node_key(1), b"no ticket".to_vec())
        .await;
    assert_eq!(refused, Err(AskError::Refused(Refusal::NotPermitted)));
}

#[tokio::test]
async fn a_broken_connection_costs_one_piece_at_most() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let archive = Arc::new(Archive {
        blob: bytes(3_000_000),
        on_read: Some(tell),
        ..Archive::default()
    });
    let holder = village(1, 2, vec![], archive.clone()).await;
    let asker = village(2, 2, vec![holder.address.clone()], Arc::default()).await;
    sees(&asker, 1).await;
    let reading = tokio::spawn({
        let network = asker.network.clone();
        async move { network.read_blob(&node_key(1), b"ticket".to_vec()).await }
    });
    while within(told.recv()).await.unwrap() < 2 * PIECE {}
    holder
        .network
        .disconnect(asker.network.local_peer_id())
        .await
        .unwrap();
    assert_eq!(within(reading).await.unwrap().as_ref(), Ok(&archive.blob));
    let mut asked = archive.asked.lock().unwrap().clone();
    assert!(asked.is_sorted() && asked.len() <= 7, "{asked:?}");
    asked.dedup();
    assert_eq!(asked, (0..6).map(|piece| piece * PIECE).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_blob_is_handed_over_from_where_it_stopped() {
    let blob = bytes(1_200_000);
    let archive = Arc::new(Archive {
        received: blob[..PIECE as usize].to_vec().into(),
        ..Archive::default()
    });
    let holder = village(1, 2, vec![], archive.clone()).await;
    let giver = village(2, 2, vec![holder.address.clone()], Arc::default()).await;
    sees(&giver, 1).await;
    giver
        .network
        .write_blob(&node_key(1), b"label".to_vec(), &blob)
        .await
        .unwrap();
    assert_eq!(*archive.received.lock().unwrap(), blob);
}
