//! The chain's side: bodies are built, met with the proposals that name them, judged, kept and committed.

use super::hands::Hands;
use crate::{
    block::{Block, Change},
    judge::Fact,
    message::{Message, To, Wake},
    scenario::Treason,
};
use arc_malachitebft_core_consensus::{LocallyProposedValue, ProposedValue};
use arc_malachitebft_core_types::{Round, Validator as _, Validity};
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamMessage};
use codec::Encode;
use musubi_node_consensus::{
    context::MusubiContext,
    height::Height,
    part::BlockPart,
    peer::peer_id,
    proposal::Proposal,
    streaming::{StreamName, split},
    validator::ConsensusKey,
    value::BlockValue,
};
use musubi_node_core::ports::Undecided;
use musubi_primitives::{BlockHash, VerifyingKey, finality::CommitCertificate};

/// Parts of so many heights and rounds ahead are kept, as in the adapter.
const HEIGHTS_AHEAD_MAX: u64 = 1;
const ROUNDS_AHEAD_MAX: u32 = 8;

impl Hands {
    /// Builds a block, keeps it, sends it; asked twice for a round it gives the same block.
    pub(super) fn build(
        &mut self,
        height: Height,
        round: Round,
    ) -> LocallyProposedValue<MusubiContext> {
        let name = StreamName {
            height: height.0,
            round: round.as_u32().unwrap_or(0),
        };
        let own = self.key.public();
        let kept = self
            .disk
            .undecided(name.height, name.round)
            .find(|kept| kept.proposer == own && kept.valid_round.is_none());
        let hash = kept.map(|kept| kept.hash);
        let hash = hash.unwrap_or_else(|| self.build_new(name));
        self.stream(To::Everybody, name, hash);
        LocallyProposedValue::new(height, round, BlockValue(hash))
    }

    fn build_new(&mut self, name: StreamName) -> BlockHash {
        let block = self.draw_block(name.height);
        if self.treason == Some(Treason::TwoProposals) {
            let double = self.draw_block(name.height);
            let hash = self.keep_own(name, &double);
            self.memory.doubles.insert(name, hash);
            self.stream(To::Half(1), name, hash);
        }
        self.keep_own(name, &block)
    }

    fn draw_block(&mut self, height: u64) -> Block {
        Block {
            height,
            parent: self.disk.chain.head().0,
            salt: self.chance.next(),
            change: self.draw_change(),
            good: self.treason != Some(Treason::BadBlocks),
        }
    }

    fn draw_change(&mut self) -> Option<Change> {
        if !self.chance.per_mille(self.manners.changes) {
            return None;
        }
        let key = self.manners.keys[self.chance.place(self.manners.keys.len())];
        let voters = self.disk.chain.voters(self.disk.chain.tip() + 2);
        let change = if voters.contains(&key) {
            Change::VoteOut(key)
        } else {
            Change::Admit(key)
        };
        self.disk.chain.bears(change).then_some(change)
    }

    fn keep_own(&mut self, name: StreamName, block: &Block) -> BlockHash {
        let hash = block.hash();
        let proposer = self.key.public();
        let undecided = Undecided {
            height: name.height,
            round: name.round,
            valid_round: None,
            proposer,
            hash,
            valid: true,
        };
        self.disk.keep(undecided, block.encode());
        hash
    }

    pub(super) fn restream(&mut self, height: Height, round: Round, block: BlockHash) {
        self.stream(
            To::Everybody,
            StreamName {
                height: height.0,
                round: round.as_u32().unwrap_or(0),
            },
            block,
        );
    }

    fn stream(&mut self, to: To, name: StreamName, hash: BlockHash) {
        let Some(bytes) = self.disk.body(&hash).cloned() else {
            return;
        };
        for part in split(name, hash, &bytes) {
            self.send(to, Message::Part(part));
        }
    }

    pub(super) fn receive_part(&mut self, from: usize, message: StreamMessage<BlockPart>) {
        let Some(name) = StreamName::read(&message.stream_id) else {
            return;
        };
        let StreamContent::Data(part) = message.content else {
            return;
        };
        let publisher = VerifyingKey(self.manners.keys[from]);
        if !self.is_turn_of(&publisher, name) {
            return;
        }
        if let Some(body) =
            self.memory
                .reassembly
                .insert(peer_id(&publisher), name, message.sequence, part)
            && Block::read(&body.bytes).is_some_and(|block| block.hash() == body.claimed)
        {
            self.memory.bodies.insert(name, (body.claimed, body.bytes));
            self.match_bodies();
        }
    }

    fn is_turn_of(&self, publisher: &VerifyingKey, name: StreamName) -> bool {
        let Some(validators) = &self.memory.validators else {
            return false;
        };
        let ahead = match name.height.checked_sub(self.memory.height) {
            Some(0) => name.round <= self.memory.round + ROUNDS_AHEAD_MAX,
            Some(ahead) => ahead <= HEIGHTS_AHEAD_MAX && name.round <= ROUNDS_AHEAD_MAX,
            None => false,
        };
        ahead && validators.proposer(name.height, name.round).address().0 == *publisher
    }

    /// A proposal whose signature holds meets its body.
    pub(super) fn meet(&mut self, proposal: Proposal) {
        if !self.memory.proposals.contains(&proposal) {
            self.memory.proposals.push(proposal);
        }
        self.match_bodies();
    }

    /// Bodies of this height with a proposal that names them go to be judged.
    pub(super) fn match_bodies(&mut self) {
        let height = self.memory.height;
        for proposal in self.memory.proposals.clone() {
            let name = StreamName {
                height: proposal.height.0,
                round: proposal.round,
            };
            let named = self
                .memory
                .bodies
                .get(&name)
                .is_some_and(|(hash, _)| *hash == proposal.block.0);
            if name.height == height && named && self.is_turn_of(&proposal.proposer.0, name) {
                let (_, bytes) = self.memory.bodies.remove(&name).expect("it was there");
                let time = self.chance.millis(1, 60);
                self.after(time, Wake::Check(proposal, bytes));
            }
        }
    }

    /// Judges a proposed body and keeps it with the verdict.
    pub(super) fn check(
        &mut self,
        proposal: &Proposal,
        bytes: Vec<u8>,
    ) -> ProposedValue<MusubiContext> {
        let place = Undecided {
            height: proposal.height.0,
            round: proposal.round,
            valid_round: proposal.polka_round,
            proposer: proposal.proposer.0,
            hash: proposal.block.0,
            valid: false,
        };
        self.judge(place, bytes)
    }

    pub(super) fn judge(
        &mut self,
        place: Undecided,
        bytes: Vec<u8>,
    ) -> ProposedValue<MusubiContext> {
        let chain = &self.disk.chain;
        let valid = match chain.at(place.height) {
            Some((block, _)) => block.hash() == place.hash,
            None => Block::read(&bytes).is_some_and(|block| chain.accepts(&block)),
        };
        let place = Undecided { valid, ..place };
        self.disk.keep(place.clone(), bytes);
        value_of(&place)
    }

    /// After a crash: the blocks that were judged in this round.
    pub(super) fn recall(&mut self, height: u64, round: u32) {
        let values: Vec<_> = self.disk.undecided(height, round).map(value_of).collect();
        for value in values {
            self.after(std::time::Duration::ZERO, Wake::Recall(value));
        }
    }

    pub(super) fn commit(&mut self, certificate: CommitCertificate) {
        let block = self
            .disk
            .body(&certificate.block)
            .and_then(|bytes| Block::read(bytes));
        let Some(block) = block else {
            return self.tell(Fact::Failed(format!(
                "no body for the decided block of height {}",
                certificate.height
            )));
        };
        self.tell(Fact::Committed(
            block.clone(),
            certificate.clone(),
            self.disk.chain.accepts(&block),
        ));
        self.disk.chain.push(block, certificate);
        self.disk.prune();
        self.open_next();
    }
}

/// The engine's word for a judged block.
fn value_of(undecided: &Undecided) -> ProposedValue<MusubiContext> {
    ProposedValue {
        height: Height(undecided.height),
        round: Round::new(undecided.round),
        valid_round: Round::from(undecided.valid_round),
        proposer: ConsensusKey(undecided.proposer),
        value: BlockValue(undecided.hash),
        validity: Validity::from_bool(undecided.valid),
    }
}
