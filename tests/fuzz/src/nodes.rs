//! What reaches a node from others: transactions and blocks, members' messages, votes and all else of consensus, JSON-RPC from anybody, and proofs
//! that somebody brings along.

use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use arc_malachitebft_core_types::{PolkaCertificate, ValidatorProof};
use arc_malachitebft_engine::util::streaming::StreamMessage;
use arc_malachitebft_sync::{Request, Response, Status};
use codec::Encode as _;
use musubi_client_sdk::proofs::{Checkpoint, verify};
use musubi_node_consensus::{
    context::MusubiContext,
    part::BlockPart,
    wire::{OnWire, ScaleCodec},
};
use musubi_node_core::executor::{Block, Submission};
use std::sync::LazyLock;

/// A transaction as a client hands it over.
pub(crate) fn extrinsic(bytes: &[u8]) -> bool {
    Submission::parse(bytes.to_vec()).is_ok()
}

/// A block as a proposer sends it, and every transaction in it.
pub(crate) fn block(bytes: &[u8]) -> bool {
    let Ok(block) = Block::parse(bytes) else {
        return false;
    };
    assert_eq!(block.encode(), bytes, "a block has one form");
    assert_eq!(block.extrinsic_hashes().len(), block.extrinsics.len());
    let transactions = block.extrinsics.iter();
    // Who proposed it may have put anything into it.
    let read = transactions.filter(|bytes| Submission::parse(bytes.encode()).is_ok());
    read.count() == block.extrinsics.len()
}

/// A question or an answer of the members' network, as it comes off a stream.
pub(crate) fn members(bytes: &[u8]) -> bool {
    musubi_node_network::reads(bytes)
}

/// Every message of consensus, on the wire and in the write-ahead log.
pub(crate) fn consensus(bytes: &[u8]) -> bool {
    // Each of them reads, not only the first that accepts.
    [
        has_one_form::<SignedConsensusMsg<MusubiContext>>(bytes),
        has_one_form::<LivenessMsg<MusubiContext>>(bytes),
        has_one_form::<ProposedValue<MusubiContext>>(bytes),
        has_one_form::<PolkaCertificate<MusubiContext>>(bytes),
        has_one_form::<ValidatorProof<MusubiContext>>(bytes),
        has_one_form::<StreamMessage<BlockPart>>(bytes),
        has_one_form::<Status<MusubiContext>>(bytes),
        has_one_form::<Request<MusubiContext>>(bytes),
        has_one_form::<Response<MusubiContext>>(bytes),
    ]
    .contains(&true)
}

fn has_one_form<T: OnWire>(bytes: &[u8]) -> bool {
    let message: Result<T, _> = ScaleCodec.decode(bytes.to_vec().into());
    message.is_ok_and(|message| {
        let written = ScaleCodec
            .encode(&message)
            .expect("what was read has a form");
        assert_eq!(written, bytes, "a message has one form");
        true
    })
}

/// The checkpoint that the kept bundle begins at.
static TRUSTED: LazyLock<Checkpoint> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/roots/checkpoint.json");
    let text = std::fs::read(path).expect("a file of this crate");
    serde_json::from_slice(&text).expect("a checkpoint")
});

/// A bundle of proofs as `musubi verify` gets it.
pub(crate) fn proofs(bytes: &[u8]) -> bool {
    verify(&TRUSTED, bytes).is_ok()
}
