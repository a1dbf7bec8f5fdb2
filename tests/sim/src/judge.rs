//! What must hold in every run, and who finds out. The judge sees what no node sees: everything.
//!
//! 1. **Agreement.** No two honest nodes decide different blocks at a height.
//! 2. **Honesty.** No honest node ever signs two different messages for one step, crash or no crash.
//! 3. **Validity.** What an honest node commits follows its chain by the rules, and its certificate holds the signatures of more than two
//!    thirds of exactly the validators that the chain names for the height, a change counting from two blocks after it.
//! 4. **Durability.** A committed block is the one that was decided, and heights follow one another over every crash.
//! 5. **Justice.** Evidence accuses traitors only.
//! 6. **Soundness.** The core reports no error and does not panic, whatever it is fed.
//! 7. **Liveness.** When the faults have ended every honest node decides [`BLOCKS_AFTER_HEALING`] more blocks within [`PATIENCE`].

use crate::block::{Block, Chain};
use arc_malachitebft_core_consensus::SignedConsensusMsg;
use musubi_node_consensus::context::MusubiContext;
use musubi_primitives::{
    BlockHash, VerifyingKey,
    finality::{CommitCertificate, Vote},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How many blocks must follow when the faults have ended.
pub const BLOCKS_AFTER_HEALING: u64 = 3;
/// How long they may take, in the time of the simulation.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Two blocks decided at a height.
    Conflict(u64),
    /// An honest node signed twice, at this height.
    SignedTwice(u64),
    /// A block committed that breaks the rules.
    Invalid(u64),
    /// A certificate that proves nothing.
    BadCertificate(u64),
    /// A height was opened with other validators than the chain names.
    WrongValidators(u64),
    /// A committed block is not the one decided, or does not follow the one before.
    Lost(u64),
    /// An honest node is accused.
    FalseAccusation,
    /// The core could not go on.
    Failed(String),
    /// Panic of the core.
    Panicked,
    /// No progress after healing: height reached, height due.
    Stuck(u64, u64),
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// What was violated.
    pub violations: BTreeSet<Violation>,
    /// Greatest height decided.
    pub height: u64,
    /// Greatest round of a decision.
    pub round: u32,
    /// Events played.
    pub events: u64,
    /// Crashes, restarts from a log with entries, changes of validators, accused traitors: what the run has really exercised.
    pub exercised: Exercised,
    /// A hash of every event in order.
    pub trace: u64,
}

/// How often things happened that a run is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exercised {
    /// Crashes.
    pub crashes: u64,
    /// Heights that began by replaying a log.
    pub replays: u64,
    /// Decided changes of the validator set.
    pub changes: u64,
    /// Accusations of traitors.
    pub accusations: u64,
    /// Nodes that refused a damaged log.
    pub refusals: u64,
    /// Decisions in a round after the first.
    pub later_rounds: u64,
}

impl Report {
    /// A run that ended in a panic.
    pub(crate) fn panicked(seed: u64) -> Self {
        Self {
            seed,
            violations: BTreeSet::from([Violation::Panicked]),
            height: 0,
            round: 0,
            events: 0,
            exercised: Exercised::default(),
            trace: 0,
        }
    }
}

/// Something that happened in a node.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    Began(u64, BTreeSet<[u8; 32]>),
    Replayed,
    Refused,
    Signed(SignedConsensusMsg<MusubiContext>),
    Decided(CommitCertificate),
    /// A block, its certificate, and whether the rules allowed it.
    Committed(Block, CommitCertificate, bool),
    Accused(Vec<[u8; 32]>),
    Failed(String),
}

type Step = (u64, u32, u8);

/// Everything that has been seen.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) violations: BTreeSet<Violation>,
    pub(crate) exercised: Exercised,
    traitors: BTreeSet<[u8; 32]>,
    signed: BTreeMap<([u8; 32], Step), Option<BlockHash>>,
    decided: BTreeMap<u64, BlockHash>,
    /// The chain as honest nodes committed it.
    chain: Chain,
    pub(crate) height: u64,
    pub(crate) round: u32,
    genesis: BlockHash,
    real_signatures: bool,
}

impl Judge {
    pub(crate) fn new(chain: Chain, traitors: BTreeSet<[u8; 32]>, real_signatures: bool) -> Self {
        Self {
            violations: BTreeSet::new(),
            exercised: Exercised::default(),
            traitors,
            signed: BTreeMap::new(),
            decided: BTreeMap::new(),
            chain,
            height: 0,
            round: 0,
            genesis: crate::block::GENESIS,
            real_signatures,
        }
    }

    /// Hears a fact of the node with this key.
    pub(crate) fn hear(&mut self, key: &VerifyingKey, fact: Fact) {
        if self.traitors.contains(&key.0) {
            return;
        }
        match fact {
            Fact::Began(height, voters) => self.began(height, &voters),
            Fact::Replayed => self.exercised.replays += 1,
            Fact::Refused => self.exercised.refusals += 1,
            Fact::Signed(message) => self.signed(key, &message),
            Fact::Decided(certificate) => self.decided(&certificate),
            Fact::Committed(block, certificate, allowed) => {
                self.committed(block, certificate, allowed);
            }
            Fact::Accused(accused) => self.accused(&accused),
            Fact::Failed(why) => self.find(Violation::Failed(why)),
        }
    }

    fn find(&mut self, violation: Violation) {
        self.violations.insert(violation);
    }

    fn began(&mut self, height: u64, voters: &BTreeSet<[u8; 32]>) {
        if height <= self.chain.tip() + 1 && *voters != self.chain.voters(height) {
            self.find(Violation::WrongValidators(height));
        }
    }

    fn signed(&mut self, key: &VerifyingKey, message: &SignedConsensusMsg<MusubiContext>) {
        let (step, block) = match message {
            SignedConsensusMsg::Vote(vote) => step_of(&vote.message.plain()),
            SignedConsensusMsg::Proposal(proposal) => {
                let proposal = &proposal.message;
                (
                    (proposal.height.0, proposal.round, 0),
                    Some(proposal.block.0),
                )
            }
        };
        if *self.signed.entry((key.0, step)).or_insert(block) != block {
            self.find(Violation::SignedTwice(step.0));
        }
    }

    fn decided(&mut self, certificate: &CommitCertificate) {
        let height = certificate.height;
        if *self.decided.entry(height).or_insert(certificate.block) != certificate.block {
            self.find(Violation::Conflict(height));
        }
        self.height = self.height.max(height);
        self.round = self.round.max(certificate.round);
        if certificate.round > 0 {
            self.exercised.later_rounds += 1;
        }
    }

    fn committed(&mut self, block: Block, certificate: CommitCertificate, allowed: bool) {
        let height = certificate.height;
        if !allowed {
            self.find(Violation::Invalid(height));
        }
        if self.decided.get(&height) != Some(&block.hash()) || block.height != height {
            self.find(Violation::Lost(height));
        }
        if height <= self.chain.tip() + 1 && !self.proves(&certificate) {
            self.find(Violation::BadCertificate(height));
        }
        if height == self.chain.tip() + 1 {
            self.exercised.changes += u64::from(block.change.is_some());
            self.chain.push(block, certificate);
        }
    }

    /// By the light client's own rules; without real signatures by who signed.
    fn proves(&self, certificate: &CommitCertificate) -> bool {
        let validators = self.chain.validators(certificate.height);
        if self.real_signatures {
            return certificate.verify(&self.genesis, &validators).is_ok();
        }
        let signers: BTreeSet<_> = certificate
            .signatures
            .iter()
            .map(|entry| entry.validator)
            .collect();
        let power: u64 = signers
            .iter()
            .filter_map(|signer| validators.get(signer))
            .map(|signer| signer.power)
            .sum();
        signers.len() == certificate.signatures.len()
            && signers
                .iter()
                .all(|signer| validators.get(signer).is_some())
            && validators.is_quorum(power)
    }

    fn accused(&mut self, accused: &[[u8; 32]]) {
        if accused.iter().all(|key| self.traitors.contains(key)) {
            self.exercised.accusations += 1;
        } else {
            self.find(Violation::FalseAccusation);
        }
    }
}

fn step_of(vote: &Vote) -> (Step, Option<BlockHash>) {
    let kind = match vote.kind {
        musubi_primitives::finality::VoteKind::Prevote => 1,
        musubi_primitives::finality::VoteKind::Precommit => 2,
    };
    ((vote.height, vote.round, kind), vote.block)
}
