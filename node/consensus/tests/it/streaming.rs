//! Blocks come together again in any order, and a hostile publisher hurts nobody else.

use arc_malachitebft_app_channel::app::types::{Keypair, PeerId};
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamMessage};
use musubi_node_consensus::{
    NodeKey,
    part::BlockPart,
    peer::peer_id,
    streaming::{CHUNK_BYTES, Reassembly, STREAMS_PER_PUBLISHER_MAX, StreamName, split},
};
use musubi_primitives::{BlockHash, VerifyingKey, finality::BLOCK_BYTES_MAX};
use proptest::prelude::*;

const NAME: StreamName = StreamName {
    height: 4,
    round: 1,
};
const BLOCK: BlockHash = BlockHash([6; 32]);

fn peer(index: u8) -> PeerId {
    peer_id(&VerifyingKey([index; 32]))
}

fn parts(bytes: &[u8]) -> Vec<(u64, BlockPart)> {
    split(NAME, BLOCK, bytes)
        .into_iter()
        .map(numbered)
        .collect()
}

fn numbered(message: StreamMessage<BlockPart>) -> (u64, BlockPart) {
    assert_eq!(StreamName::read(&message.stream_id), Some(NAME));
    match message.content {
        StreamContent::Data(part) => (message.sequence, part),
        StreamContent::Fin => panic!("the end is a part of its own"),
    }
}

/// A part such as a liar may send.
fn lie() -> impl Strategy<Value = (u64, BlockPart)> {
    let part = prop_oneof![
        any::<u32>().prop_map(|bytes| BlockPart::Init { bytes }),
        (0..4096u32).prop_map(|bytes| BlockPart::Init { bytes }),
        prop::collection::vec(any::<u8>(), 0..2048).prop_map(BlockPart::Data),
        Just(BlockPart::Data(vec![0; CHUNK_BYTES])),
        any::<[u8; 32]>().prop_map(|block| BlockPart::Fin {
            block: BlockHash(block)
        }),
    ];
    (prop_oneof![0..8u64, any::<u64>()], part)
}

proptest! {
    #[test]
    fn a_block_comes_together_in_any_order_with_repeats(
        length in 0..3 * CHUNK_BYTES,
        order in any::<[u8; 16]>(),
    ) {
        let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut shuffled = parts(&bytes);
        let count = shuffled.len();
        for (at, swap) in order.iter().enumerate() {
            shuffled.swap(at % count, usize::from(*swap) % count);
        }
        let mut reassembly = Reassembly::default();
        let mut whole = Vec::new();
        for (at, (sequence, part)) in shuffled.iter().enumerate() {
            whole.extend(reassembly.insert(peer(1), NAME, *sequence, part.clone()));
            if at + 1 < count {
                whole.extend(reassembly.insert(peer(1), NAME, *sequence, part.clone()));
            }
        }
        prop_assert_eq!(whole.len(), 1);
        prop_assert_eq!((&whole[0].bytes, whole[0].claimed), (&bytes, BLOCK));
        prop_assert_eq!(reassembly.bytes_of(&peer(1)), 0);
    }

    #[test]
    fn lies_cost_their_publisher_alone(lies in prop::collection::vec((0..12u64, 0..3u32, lie()), 0..60)) {
        let honest = vec![8; CHUNK_BYTES + 5];
        let mut honest_parts = parts(&honest).into_iter();
        let mut reassembly = Reassembly::default();
        let mut whole = Vec::new();
        for (height, round, (sequence, part)) in lies {
            reassembly.insert(peer(9), StreamName { height, round }, sequence, part);
            let bound = STREAMS_PER_PUBLISHER_MAX * (BLOCK_BYTES_MAX as usize);
            prop_assert!(reassembly.bytes_of(&peer(9)) <= bound);
            if let Some((sequence, part)) = honest_parts.next() {
                whole.extend(reassembly.insert(peer(1), NAME, sequence, part));
            }
        }
        for (sequence, part) in honest_parts {
            whole.extend(reassembly.insert(peer(1), NAME, sequence, part));
        }
        prop_assert_eq!(whole.len(), 1);
        prop_assert_eq!(&whole[0].bytes, &honest);
    }
}

#[test]
fn a_stream_never_holds_more_than_it_announced() {
    let mut reassembly = Reassembly::default();
    reassembly.insert(peer(1), NAME, 0, BlockPart::Init { bytes: 10 });
    assert!(
        reassembly
            .insert(peer(1), NAME, 1, BlockPart::Data(vec![0; 11]))
            .is_none()
    );
    assert_eq!(reassembly.bytes_of(&peer(1)), 0);
}

#[test]
fn a_block_larger_than_any_block_may_be_is_not_even_begun() {
    let mut reassembly = Reassembly::default();
    reassembly.insert(
        peer(1),
        NAME,
        0,
        BlockPart::Init {
            bytes: BLOCK_BYTES_MAX + 1,
        },
    );
    reassembly.insert(peer(1), NAME, 1, BlockPart::Data(vec![0; 8]));
    assert_eq!(
        reassembly.bytes_of(&peer(1)),
        8,
        "the announcement broke its stream, the chunk began another"
    );
}

#[test]
fn a_publisher_pays_for_new_streams_with_its_own_oldest() {
    let mut reassembly = Reassembly::default();
    for height in 0..20 {
        reassembly.insert(
            peer(1),
            StreamName { height, round: 0 },
            1,
            BlockPart::Data(vec![0; 100]),
        );
    }
    assert_eq!(
        reassembly.bytes_of(&peer(1)),
        STREAMS_PER_PUBLISHER_MAX * 100
    );
    reassembly.forget_below(100);
    assert_eq!(reassembly.bytes_of(&peer(1)), 0);
}

#[test]
fn a_node_is_known_in_the_network_by_its_node_key() {
    let seed = [5; 32];
    let keypair = Keypair::ed25519_from_bytes(seed).unwrap();
    let transport = keypair.public().to_peer_id();
    assert_eq!(
        peer_id(&NodeKey::from_seed(seed).public()).to_bytes(),
        transport.to_bytes()
    );
}
