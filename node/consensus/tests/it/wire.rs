//! Every message reads back, and no bytes that a stranger sends do harm.

use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use arc_malachitebft_core_types::{
    NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate, RoundCertificateType,
    RoundSignature, SignedMessage, ValidatorProof, Validity, VoteType,
};
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamMessage};
use arc_malachitebft_signing_ed25519::Signature;
use arc_malachitebft_sync::{
    RawDecidedValue, Request, Response, Status, ValueRequest, ValueResponse,
};
use bytes::Bytes;
use musubi_node_consensus::{
    certificate,
    context::MusubiContext,
    height::Height,
    part::BlockPart,
    peer::peer_id,
    proposal::Proposal,
    streaming::StreamName,
    validator::ConsensusKey,
    value::BlockValue,
    vote::Vote,
    wire::{CERTIFICATE_BYTES_MAX, Mirror, OnWire, ScaleCodec},
};
use musubi_primitives::{
    BlockHash, VerifyingKey,
    finality::{self, CommitCertificate, CommitSignature, VALIDATORS_MAX, VoteKind},
};
use proptest::prelude::*;
use std::fmt::Debug;

const BLOCK: BlockHash = BlockHash([3; 32]);

fn key(index: u8) -> ConsensusKey {
    ConsensusKey(VerifyingKey([index; 32]))
}

fn signature() -> Signature {
    Signature::from_bytes([9; 64])
}

fn vote(block: Option<BlockHash>) -> SignedMessage<MusubiContext, Vote> {
    let vote = finality::Vote {
        kind: VoteKind::Precommit,
        height: 5,
        round: 2,
        block,
        validator: key(1).0,
    };
    SignedMessage::new(vote.into(), signature())
}

fn proposal() -> SignedMessage<MusubiContext, Proposal> {
    let proposal = Proposal {
        height: Height(5),
        round: 2,
        block: BlockValue(BLOCK),
        polka_round: Some(1),
        proposer: key(1),
    };
    SignedMessage::new(proposal, signature())
}

fn polka(signers: u8) -> PolkaCertificate<MusubiContext> {
    let polka_signatures = (0..signers)
        .map(|index| PolkaSignature::new(key(index), signature()))
        .collect();
    PolkaCertificate {
        height: Height(5),
        round: Round::new(2),
        value_id: BLOCK,
        polka_signatures,
    }
}

fn round_certificate() -> RoundCertificate<MusubiContext> {
    let entry = |vote_type, value_id| RoundSignature::new(vote_type, value_id, key(4), signature());
    RoundCertificate {
        height: Height(5),
        round: Round::new(2),
        cert_type: RoundCertificateType::Skip,
        round_signatures: vec![
            entry(VoteType::Prevote, NilOrVal::Nil),
            entry(VoteType::Precommit, NilOrVal::Val(BLOCK)),
        ],
    }
}

fn proposed() -> ProposedValue<MusubiContext> {
    ProposedValue {
        height: Height(5),
        round: Round::new(2),
        valid_round: Round::Nil,
        proposer: key(1),
        value: BlockValue(BLOCK),
        validity: Validity::Invalid,
    }
}

fn part(part: Option<BlockPart>) -> StreamMessage<BlockPart> {
    let content = part.map_or(StreamContent::Fin, StreamContent::Data);
    StreamMessage::new(
        StreamName {
            height: 5,
            round: 2,
        }
        .id(),
        3,
        content,
    )
}

fn response() -> Response<MusubiContext> {
    let signatures = (1..=4)
        .map(|index| CommitSignature {
            validator: key(index).0,
            signature: [index; 64],
        })
        .collect();
    let certificate = CommitCertificate {
        height: 5,
        round: 2,
        block: BLOCK,
        signatures,
    };
    let value = RawDecidedValue::new(
        Bytes::from_static(b"block"),
        certificate::to_synced(&certificate),
    );
    Response::ValueResponse(ValueResponse::new(Height(5), vec![value]))
}

fn status() -> Status<MusubiContext> {
    Status {
        peer_id: peer_id(&key(1).0),
        tip_height: Height(9),
        history_min_height: Height(1),
    }
}

fn written<T: OnWire>(message: &T) -> Bytes {
    ScaleCodec.encode(message).unwrap()
}

fn reads_back<T: OnWire + PartialEq + Debug>(message: &T) {
    let bytes = written(message);
    assert!(bytes.len() <= T::Mirror::BYTES_MAX);
    let read: T = ScaleCodec.decode(bytes).unwrap();
    assert_eq!(read, *message);
}

#[test]
fn every_message_reads_back() {
    reads_back(&SignedConsensusMsg::Vote(vote(None)));
    reads_back(&SignedConsensusMsg::Vote(vote(Some(BLOCK))));
    reads_back(&SignedConsensusMsg::Proposal(proposal()));
    reads_back(&proposed());
    reads_back(&polka(100));
    reads_back(&LivenessMsg::Vote(vote(None)));
    reads_back(&LivenessMsg::PolkaCertificate(polka(3)));
    reads_back(&LivenessMsg::SkipRoundCertificate(round_certificate()));
    reads_back(&part(None));
    for block_part in [
        BlockPart::Init { bytes: 9 },
        BlockPart::Data(vec![1; 300]),
        BlockPart::Fin { block: BLOCK },
    ] {
        reads_back(&block_part);
        reads_back(&part(Some(block_part)));
    }
    reads_back(&Request::<MusubiContext>::ValueRequest(ValueRequest::new(
        Height(2)..=Height(7),
    )));
    reads_back(&response());
    reads_back(&status());
    reads_back(&ValidatorProof::<MusubiContext>::new(
        vec![1; 32],
        vec![2; 38],
        signature(),
    ));
}

#[test]
fn messages_longer_than_their_kind_are_refused_before_they_are_decoded() {
    let long = Bytes::from(vec![0; CERTIFICATE_BYTES_MAX + 1]);
    let refusal = Codec::<PolkaCertificate<MusubiContext>>::decode(&ScaleCodec, long).unwrap_err();
    assert!(refusal.to_string().contains("at most"), "{refusal}");
}

#[test]
fn a_message_with_something_after_its_end_is_refused() {
    let bytes = [&written(&SignedConsensusMsg::Vote(vote(None)))[..], &[0]].concat();
    assert!(Codec::<SignedConsensusMsg<MusubiContext>>::decode(&ScaleCodec, bytes.into()).is_err());
}

#[test]
fn more_signatures_than_validators_are_refused() {
    let most = u8::try_from(VALIDATORS_MAX).unwrap();
    let read = |certificate| {
        Codec::<PolkaCertificate<MusubiContext>>::decode(&ScaleCodec, written(&certificate))
    };
    assert!(read(polka(most)).is_ok());
    assert!(read(polka(most + 1)).is_err());
}

/// Decodes as every kind of message; returning at all is the property.
fn decode_as_everything(bytes: &Bytes) {
    fn attempt<T: OnWire>(bytes: &Bytes) {
        if let Ok(message) = Codec::<T>::decode(&ScaleCodec, bytes.clone()) {
            assert_eq!(
                written(&message),
                bytes,
                "what is read is written the same way"
            );
        }
    }
    attempt::<SignedConsensusMsg<MusubiContext>>(bytes);
    attempt::<LivenessMsg<MusubiContext>>(bytes);
    attempt::<ProposedValue<MusubiContext>>(bytes);
    attempt::<PolkaCertificate<MusubiContext>>(bytes);
    attempt::<StreamMessage<BlockPart>>(bytes);
    attempt::<BlockPart>(bytes);
    attempt::<ValidatorProof<MusubiContext>>(bytes);
    attempt::<Status<MusubiContext>>(bytes);
    attempt::<Request<MusubiContext>>(bytes);
    let _ = Codec::<Response<MusubiContext>>::decode(&ScaleCodec, bytes.clone());
}

fn samples() -> Vec<Bytes> {
    vec![
        written(&SignedConsensusMsg::Vote(vote(Some(BLOCK)))),
        written(&SignedConsensusMsg::Proposal(proposal())),
        written(&LivenessMsg::PolkaCertificate(polka(4))),
        written(&LivenessMsg::SkipRoundCertificate(round_certificate())),
        written(&proposed()),
        written(&part(Some(BlockPart::Data(vec![5; 64])))),
        written(&response()),
        written(&status()),
        written(&ValidatorProof::<MusubiContext>::new(
            vec![1; 32],
            vec![2; 38],
            signature(),
        )),
    ]
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        decode_as_everything(&bytes.into());
    }

    #[test]
    fn altered_messages_do_no_harm(
        which in 0..9usize,
        at in any::<prop::sample::Index>(),
        with in any::<[u8; 4]>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = samples()[which].to_vec();
        let at = at.index(bytes.len());
        for (byte, new) in bytes[at..].iter_mut().zip(with) {
            *byte = new;
        }
        decode_as_everything(&bytes.clone().into());
        bytes.truncate(cut.index(bytes.len()));
        decode_as_everything(&bytes.into());
    }

    /// A list that claims four thousand million entries costs its sender more than it costs us.
    #[test]
    fn a_list_longer_than_its_message_is_refused(claimed in 200u32..) {
        use codec::Encode;
        let head = (5u64, 2u32, BLOCK, codec::Compact(claimed)).encode();
        let bytes = Bytes::from([&head[..], &[7; 960]].concat());
        prop_assert!(Codec::<PolkaCertificate<MusubiContext>>::decode(&ScaleCodec, bytes).is_err());
    }
}
