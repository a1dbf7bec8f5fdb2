//! Writes the good seeds of what reaches a node from others, and the checkpoint that the kept bundle of proofs begins at.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool that stops where something is wrong"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "it writes files, on one thread"
)]

#[path = "../../../client-sdk/tests/it/chain.rs"]
#[allow(
    dead_code,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "the small chain of the light client's own tests, of which a part is used here"
)]
mod chain;

use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_consensus::SignedConsensusMsg;
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamMessage};
use arc_malachitebft_signing::Signer;
use chain::{Chain, Entries};
use codec::{DecodeAll, Encode};
use ed25519_dalek::Signer as _;
use musubi_client_sdk::{
    calls::consortium,
    extrinsics::{ChainContext, Mortality, account_of, prepare},
    proofs::{Bundle, Statement},
};
use musubi_node_consensus::{
    NodeKey,
    context::MusubiContext,
    height::Height,
    part::BlockPart,
    proposal::Proposal,
    signing::VoteSigner,
    streaming::StreamName,
    value::BlockValue,
    wire::{OnWire, ScaleCodec},
};
use musubi_node_core::executor::{Block, Header, Specs, state_root};
use musubi_node_network::{PeerProof, network_key};
use musubi_primitives::{
    BlockHash, MemberId, Pseudonym, VerifyingKey,
    finality::{self, CommitCertificate, CommitSignature, Validator, ValidatorSet, VoteKind},
    trail::TrailFact,
};
use sp_runtime::traits::Header as _;
use std::{fs, path::Path};

const GENESIS: BlockHash = BlockHash([0xC1; 32]);
const SEED: [u8; 32] = [7; 32];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let extrinsic = extrinsic();
    write("corpus/extrinsic", "good-vote", &extrinsic);
    write("corpus/block", "good-two", &block(&extrinsic));
    write_members(&extrinsic);
    write_consensus().await;
    write_json_rpc(&extrinsic);
    write_proofs();
    write_backup();
    write_snapshot();
}

/// Writes one file below this crate.
fn write(folder: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

fn extrinsic() -> Vec<u8> {
    let key = ed25519_dalek::SigningKey::from_bytes(&SEED);
    let chain = ChainContext {
        genesis: GENESIS,
        spec_version: 1,
        transaction_version: 1,
    };
    let call = consortium::vote(3, true);
    let unsigned = prepare(&chain, account_of(&key), 0, Mortality::Immortal, call);
    unsigned.sign(&key).unwrap().bytes
}

fn block(extrinsic: &[u8]) -> Vec<u8> {
    let root = sp_core::H256([2; 32]);
    let header = Header::new(5, root, root, root, sp_runtime::Digest::default());
    // In a block they stand without their length.
    let opaque: Vec<u8> = DecodeAll::decode_all(&mut &*extrinsic).unwrap();
    let block = Block {
        header,
        extrinsics: vec![opaque.clone(), opaque],
    };
    block.encode()
}

/// A message of the members' network with its length before it; its first byte says which kind of question it is.
fn write_members(extrinsic: &[u8]) {
    let folder = "corpus/members";
    let framed = |name: &str, parts: &[Vec<u8>]| {
        let message = parts.concat();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        write(folder, name, &[&length[..], &message].concat());
    };
    let peer = network_key(&SEED).public().to_peer_id();
    let proof = PeerProof::sign(&SEED, &GENESIS, &peer).unwrap();
    framed("good-greeting", &[vec![0], proof.encode()]);
    framed(
        "good-transactions",
        &[vec![1], vec![extrinsic.to_vec()].encode()],
    );
    framed("good-head", &[vec![2], (9_u64, GENESIS).encode()]);
    framed(
        "good-state",
        &[vec![5], (GENESIS, Some(vec![1_u8; 40])).encode()],
    );
    let part = (vec![1_u8; 50], 0_u64, 1_000_u64, vec![2_u8; 300]);
    framed("good-part-of-a-blob", &[vec![7], part.encode()]);
}

async fn write_consensus() {
    let folder = "corpus/consensus";
    let signer = VoteSigner::new(NodeKey::from_seed(SEED), GENESIS);
    let vote = finality::Vote {
        kind: VoteKind::Precommit,
        height: 5,
        round: 2,
        block: Some(GENESIS),
        validator: signer.address().0,
    };
    let vote = signer.sign_vote(vote.into()).await.unwrap();
    let proposal = Proposal {
        height: Height(5),
        round: 2,
        block: BlockValue(GENESIS),
        polka_round: Some(1),
        proposer: signer.address(),
    };
    let proposal = signer.sign_proposal(proposal).await.unwrap();
    let message = SignedConsensusMsg::<MusubiContext>::Vote(vote);
    write(folder, "good-vote", &written(&message));
    let message = SignedConsensusMsg::<MusubiContext>::Proposal(proposal);
    write(folder, "good-proposal", &written(&message));
    let name = StreamName {
        height: 5,
        round: 2,
    };
    let data = StreamContent::Data(BlockPart::Data(vec![1; 300]));
    let part = StreamMessage::new(name.id(), 3, data);
    write(folder, "good-part-of-a-block", &written(&part));
}

fn written<T: OnWire>(message: &T) -> Vec<u8> {
    ScaleCodec.encode(message).unwrap().to_vec()
}

fn write_json_rpc(extrinsic: &[u8]) {
    let folder = "corpus/json-rpc";
    let extrinsic = hex::encode(extrinsic);
    let calls = [
        ("good-hash", r#""chain_getBlockHash","params":[0]"#.to_owned()),
        ("good-keys", r#""state_getKeysPaged","params":["0x",10]"#.to_owned()),
        ("good-trail", format!(r#""musubi_trail","params":["0x{}",0,9]"#, "07".repeat(32))),
        ("call", format!(r#""state_call","params":["Core_version","0x{extrinsic}"]"#)),
        ("submit", format!(r#""author_submitExtrinsic","params":["0x{extrinsic}"]"#)),
        ("proof", r#""state_getReadProof","params":[["0x00","0x3a636f6465"]]"#.to_owned()),
        ("nonce", r#""system_accountNextIndex","params":["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"]"#.to_owned()),
    ];
    for (name, call) in &calls {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":{call}}}"#);
        write(folder, name, body.as_bytes());
    }
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"system_chain"},{"jsonrpc":"2.0","id":2,"method":"system_health"}]"#;
    write(folder, "good-batch", batch.as_bytes());
}

fn write_proofs() {
    const FOUR: [u8; 4] = [1, 2, 3, 4];
    let subject = Pseudonym([7; 32]);
    let mut chain = Chain::new(&FOUR);
    let enrolled = TrailFact::Enrolled { home: MemberId(1) };
    chain.block(&[(subject, enrolled)], Entries::new(), &FOUR);
    chain.blocks(3);
    let newest = chain.height();
    let mut bundle = Bundle::new(chain.hash(0));
    bundle.steps = vec![chain.step(newest)];
    bundle.ancestors = vec![chain.ancestor(1, newest)];
    bundle.states = vec![chain.state(newest, &[])];
    let (row, proof) = chain.row(1, 0);
    bundle.statements = vec![Statement::RowWritten {
        height: 1,
        row,
        proof,
    }];
    write("corpus/proofs", "good-row", bundle.to_text().as_bytes());
    let checkpoint = serde_json::to_string_pretty(&chain.genesis()).unwrap();
    write(
        "roots",
        "checkpoint.json",
        format!("{checkpoint}\n").as_bytes(),
    );
}

fn write_backup() {
    let (genesis, hash) = ("c1".repeat(32), "02".repeat(32));
    let facts = format!(
        r#"{{"version":1,"program":"0.1.0","node":"rusutsu","genesis":"0x{genesis}","height":7,"hash":"0x{hash}","madeAt":1795305600000}}"#
    );
    write("corpus/backup", "good-facts", facts.as_bytes());
    let sums = format!("{genesis}  backup.json\n{hash}  chain/CURRENT\n");
    write("corpus/backup", "good-sums", sums.as_bytes());
}

/// A state of two keys, and one validator who decided for it.
fn write_snapshot() {
    let state = vec![
        (b"key".to_vec(), b"value".to_vec()),
        (b"kez".to_vec(), vec![7; 40]),
    ];
    let root = state_root(Specs::default(), &state).unwrap();
    let zero = sp_core::H256::zero();
    let header = Header::new(5, zero, root.into(), zero, sp_runtime::Digest::default());
    let signing = ed25519_dalek::SigningKey::from_bytes(&SEED);
    let key = VerifyingKey(signing.verifying_key().to_bytes());
    let vote = finality::Vote {
        kind: VoteKind::Precommit,
        height: 5,
        round: 0,
        block: Some(BlockHash(header.hash().0)),
        validator: key,
    };
    let certificate = CommitCertificate {
        height: 5,
        round: 0,
        block: BlockHash(header.hash().0),
        signatures: vec![CommitSignature {
            validator: key,
            signature: signing.sign(&vote.signing_bytes(&GENESIS)).to_bytes(),
        }],
    };
    let validators = ValidatorSet::new(vec![Validator {
        key,
        member: MemberId(0),
        power: 1,
    }]);
    let snapshot = (GENESIS, header, certificate, validators.unwrap(), state);
    write("corpus/snapshot", "good-two-keys", &snapshot.encode());
}
