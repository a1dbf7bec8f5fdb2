//! Catching up: nodes tell their tips, who lags asks, and blocks come with the certificates that make them final.

use super::{STATUS_INTERVAL, hands::Hands};
use crate::{
    message::{Message, To, Wake},
    scenario::Treason,
};
use arc_malachitebft_core_consensus::ProposedValue;
use arc_malachitebft_core_types::{Round, ValueResponse};
use codec::Encode;
use musubi_node_consensus::{
    certificate, context::MusubiContext, height::Height, peer::peer_id, validator::ConsensusKey,
};
use musubi_node_core::ports::Undecided;
use musubi_primitives::{VerifyingKey, finality::CommitCertificate};
use std::time::Duration;

/// Blocks of one answer.
const HEIGHTS_MAX: u64 = 4;
/// How long an answer is waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How far ahead a liar claims to be.
const BOAST: u64 = 1_000;

impl Hands {
    pub(super) fn tell_status(&mut self) {
        let tip = self.disk.chain.tip();
        let told = if self.treason == Some(Treason::Liar) {
            tip + BOAST
        } else {
            tip
        };
        self.send(To::Everybody, Message::Status(told));
        self.after(STATUS_INTERVAL, Wake::Status);
    }

    pub(super) fn hear_status(&mut self, from: usize, tip: u64) {
        let next = self.memory.height.max(1);
        let waits = self
            .memory
            .asked
            .is_some_and(|(height, at)| height == next && self.now < at + ANSWER_TIMEOUT);
        if tip >= next && !waits && !self.memory.synced.contains_key(&next) {
            self.memory.asked = Some((next, self.now));
            self.send(To::One(from), Message::Request(next));
        }
    }

    pub(super) fn serve(&mut self, from: usize, height: u64) {
        let heights = height..height.saturating_add(HEIGHTS_MAX);
        let decided = heights.map_while(|height| self.disk.chain.at(height));
        let mut blocks: Vec<_> = decided
            .map(|(block, certificate)| (block.encode(), certificate.clone()))
            .collect();
        if self.treason == Some(Treason::Liar) {
            for (_, certificate) in &mut blocks {
                certificate.signatures.truncate(1);
            }
        }
        if !blocks.is_empty() {
            self.send(To::One(from), Message::Blocks(blocks));
        }
    }

    pub(super) fn receive_blocks(
        &mut self,
        blocks: Vec<(Vec<u8>, CommitCertificate)>,
        from: usize,
    ) {
        self.memory.asked = None;
        for (bytes, certificate) in blocks {
            self.memory
                .synced
                .insert(certificate.height, (from, bytes, certificate));
        }
    }

    /// The decided block of this height, once.
    pub(super) fn take_synced(&mut self, height: u64) -> Option<ValueResponse<MusubiContext>> {
        self.memory.synced.retain(|synced, _| *synced >= height);
        let (from, bytes, certificate) = self.memory.synced.remove(&height)?;
        let peer = peer_id(&VerifyingKey(self.manners.keys[from]));
        Some(ValueResponse::new(
            peer,
            bytes.into(),
            certificate::to_synced(&certificate),
        ))
    }

    /// Judges a block that came with a certificate; `None` when it is not the block that the certificate names.
    pub(super) fn check_synced(
        &mut self,
        height: Height,
        round: Round,
        proposer: ConsensusKey,
        bytes: Vec<u8>,
    ) -> Option<ProposedValue<MusubiContext>> {
        let hash = crate::block::Block::read(&bytes)?.hash();
        let place = Undecided {
            height: height.0,
            round: round.as_u32().unwrap_or(0),
            valid_round: None,
            proposer: proposer.0,
            hash,
            valid: false,
        };
        Some(self.judge(place, bytes))
    }
}
