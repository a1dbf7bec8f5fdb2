//! What the consensus core asks for, done.

use crate::{
    block::Chain,
    chance::Chance,
    disk::{Disk, Unreadable},
    judge::Fact,
    message::{Message, Order, To, Wake},
    scenario::{Flaw, Treason},
    signatures::{Signatures, ready},
};
use arc_malachitebft_core_consensus::{
    ConsensusMsg, Effect, Input, LivenessMsg, MisbehaviorEvidence, Resumable, Resume,
    SignedConsensusMsg,
};
use arc_malachitebft_core_types::{
    CommitCertificate, LinearTimeouts, Round, Timeout, TimeoutKind, ValueResponse,
};
use arc_malachitebft_signing::VerifierExt;
use musubi_node_consensus::{
    NodeKey, certificate,
    context::MusubiContext,
    height::Height,
    proposal::Proposal,
    streaming::{Reassembly, StreamName},
    timeouts::timeouts,
    validator::{ConsensusKey, Validators},
};
use musubi_node_core::ports::HeightParameters;
use musubi_primitives::{BlockHash, finality};
use std::{collections::BTreeMap, time::Duration};

/// The parameters of the demonstration's chain.
const PROPOSE_TIMEOUT: Duration = Duration::from_millis(600);
const VOTE_TIMEOUT: Duration = Duration::from_millis(300);
const TIMEOUT_DELTA: Duration = Duration::from_millis(200);
const BLOCK_TIME: Duration = Duration::from_millis(500);

/// A node without its core: key, disk, memory, and what it asks of the world.
pub(crate) struct Hands {
    pub(super) key: NodeKey,
    pub(crate) signatures: Signatures,
    pub(crate) disk: Disk,
    pub(crate) memory: Memory,
    pub(crate) orders: Vec<Order>,
    pub(crate) chance: Chance,
    pub(crate) treason: Option<Treason>,
    flaw: Option<Flaw>,
    pub(super) manners: Manners,
    pub(crate) now: Duration,
}

/// What differs from run to run for every node.
#[derive(Clone, Debug)]
pub(crate) struct Manners {
    /// The most milliseconds that the disk takes for a block.
    pub(crate) disk_max: u64,
    /// Changes in a thousand blocks.
    pub(crate) changes: u64,
    /// The key of every founder and spare.
    pub(crate) keys: Vec<[u8; 32]>,
}

/// What a crash forgets.
#[derive(Default)]
pub(crate) struct Memory {
    pub(super) height: u64,
    pub(super) round: u32,
    pub(super) validators: Option<Validators>,
    timers: Vec<(Timeout, u64)>,
    timers_started: u64,
    votes: bool,
    replaying: bool,
    /// The height that the process started with.
    first: u64,
    began: Duration,
    finalized: u64,
    pub(super) reassembly: Reassembly,
    pub(super) bodies: BTreeMap<StreamName, (BlockHash, Vec<u8>)>,
    pub(crate) proposals: Vec<Proposal>,
    /// Asked for blocks from this height on, and when.
    pub(super) asked: Option<(u64, Duration)>,
    pub(super) synced: BTreeMap<u64, (usize, Vec<u8>, finality::CommitCertificate)>,
    /// A traitor's other block of a round.
    pub(crate) doubles: BTreeMap<StreamName, BlockHash>,
}

/// Who a node is.
pub(crate) struct Identity {
    pub(crate) key: NodeKey,
    pub(crate) real_signatures: bool,
    pub(crate) treason: Option<Treason>,
    pub(crate) flaw: Option<Flaw>,
}

impl Hands {
    pub(crate) fn new(identity: Identity, chain: Chain, chance: Chance, manners: Manners) -> Self {
        Self {
            signatures: Signatures::new(&identity.key, identity.real_signatures),
            key: identity.key,
            disk: Disk::new(chain),
            memory: Memory::default(),
            orders: Vec::new(),
            chance,
            treason: identity.treason,
            flaw: identity.flaw,
            manners,
            now: Duration::ZERO,
        }
    }

    pub(crate) fn address(&self) -> ConsensusKey {
        ConsensusKey(self.key.public())
    }

    pub(super) fn begin_life(&mut self, first: u64) {
        self.memory = Memory {
            first,
            ..Memory::default()
        };
    }

    pub(super) fn crash(&mut self, chance: &mut Chance) {
        self.disk.log.crash(chance);
        if self.treason == Some(Treason::Amnesia) {
            self.disk.log.reset(0);
        }
    }

    /// Flips a bit of the log; false when it is empty.
    pub(crate) fn damage(&mut self) -> bool {
        self.disk.log.damage(&mut self.chance)
    }

    pub(super) fn after(&mut self, time: Duration, wake: Wake) {
        self.orders.push(Order::After(time, wake));
    }

    pub(super) fn send(&mut self, to: To, message: Message) {
        self.orders.push(Order::Send(to, message));
    }

    pub(super) fn tell(&mut self, fact: Fact) {
        self.orders.push(Order::Tell(fact));
    }

    pub(super) fn begin_height(
        &mut self,
        height: u64,
        validators: &Validators,
    ) -> Result<Vec<Input<MusubiContext>>, Unreadable> {
        self.memory.height = height;
        self.memory.round = 0;
        self.memory.began = self.now;
        self.memory.votes = validators.contains(&self.address());
        self.memory.validators = Some(validators.clone());
        self.tell(Fact::Began(
            height,
            validators.keys().map(|key| key.0.0).collect(),
        ));
        if self.memory.votes {
            self.disk.log.begin(height)
        } else {
            self.disk.log.reset(height);
            Ok(Vec::new())
        }
    }

    pub(super) fn replaying(&mut self, replaying: bool) {
        self.memory.replaying = replaying;
    }

    /// True once for a timer that runs.
    pub(super) fn take_timer(&mut self, timeout: Timeout, number: u64) -> bool {
        let before = self.memory.timers.len();
        self.memory
            .timers
            .retain(|timer| *timer != (timeout, number));
        self.memory.timers.len() < before
    }

    /// One effect after the other, as `Consensus::handle_effect` of the engine has them.
    pub(super) fn perform(&mut self, effect: Effect<MusubiContext>) -> Resume<MusubiContext> {
        match effect {
            Effect::CancelAllTimeouts(resume) => {
                self.memory.timers.clear();
                resume.resume_with(())
            }
            Effect::CancelTimeout(timeout, resume) => {
                self.memory
                    .timers
                    .retain(|(running, _)| *running != timeout);
                resume.resume_with(())
            }
            Effect::ScheduleTimeout(timeout, resume) => {
                self.start_timer(timeout);
                resume.resume_with(())
            }
            Effect::StartRound(height, round, _, _, resume) => {
                self.start_round(height, round);
                resume.resume_with(())
            }
            Effect::PublishConsensusMsg(message, resume) => {
                self.publish(message);
                resume.resume_with(())
            }
            Effect::PublishLivenessMsg(message, resume) => {
                self.send(To::Everybody, Message::Liveness(message));
                resume.resume_with(())
            }
            Effect::RepublishVote(vote, resume) => {
                self.send(To::Everybody, Message::Liveness(LivenessMsg::Vote(vote)));
                resume.resume_with(())
            }
            Effect::RepublishRoundCertificate(certificate, resume) => {
                self.send(
                    To::Everybody,
                    Message::Liveness(LivenessMsg::SkipRoundCertificate(certificate)),
                );
                resume.resume_with(())
            }
            Effect::GetValue(height, round, _, resume) => {
                let time = self.chance.millis(1, 60);
                self.after(time, Wake::Build(height, round));
                resume.resume_with(())
            }
            Effect::RestreamProposal(height, round, _, _, block, resume) => {
                self.restream(height, round, block);
                resume.resume_with(())
            }
            Effect::CertVerifiedSyncValue(response, proposer, resume) => {
                self.judge_synced(response, proposer);
                resume.resume_with(())
            }
            Effect::CertRejectedSyncValue(_, _, _, resume) => {
                self.memory.asked = None;
                resume.resume_with(())
            }
            Effect::Decide(certificate, _, resume) => {
                self.decide(&certificate);
                resume.resume_with(())
            }
            Effect::Finalize(certificate, _, evidence, resume) => {
                self.finalize(certificate.height.0, &evidence);
                resume.resume_with(())
            }
            Effect::SignVote(vote, resume) => resume.resume_with(
                ready(self.signatures.signer.sign_vote(vote)).expect("a key at hand signs"),
            ),
            Effect::SignProposal(proposal, resume) => resume.resume_with(
                ready(self.signatures.signer.sign_proposal(proposal)).expect("a key at hand signs"),
            ),
            Effect::VerifySignature(message, key, resume) => {
                let check = &self.signatures.check;
                let verdict = match &message.message {
                    ConsensusMsg::Vote(vote) => {
                        ready(check.verify_signed_vote(vote, &message.signature, &key))
                    }
                    ConsensusMsg::Proposal(proposal) => {
                        ready(check.verify_signed_proposal(proposal, &message.signature, &key))
                    }
                };
                let holds = verdict.is_ok_and(|verdict| verdict.is_valid());
                if let (true, ConsensusMsg::Proposal(proposal)) = (holds, message.message) {
                    self.meet(proposal);
                }
                resume.resume_with(holds)
            }
            Effect::VerifyCommitCertificate(certificate, validators, thresholds, resume) => {
                let check = &self.signatures.check;
                resume.resume_with(ready(check.verify_commit_certificate(
                    &MusubiContext,
                    &certificate,
                    &validators,
                    thresholds,
                )))
            }
            Effect::VerifyExtendedCommitCertificate(
                certificate,
                validators,
                thresholds,
                policy,
                resume,
            ) => {
                let check = &self.signatures.check;
                resume.resume_with(ready(check.verify_extended_commit_certificate(
                    &MusubiContext,
                    &certificate,
                    &validators,
                    thresholds,
                    policy,
                )))
            }
            Effect::VerifyPolkaCertificate(certificate, validators, thresholds, resume) => {
                let check = &self.signatures.check;
                resume.resume_with(ready(check.verify_polka_certificate(
                    &MusubiContext,
                    &certificate,
                    &validators,
                    thresholds,
                )))
            }
            Effect::VerifyRoundCertificate(certificate, validators, thresholds, resume) => {
                let check = &self.signatures.check;
                resume.resume_with(ready(check.verify_round_certificate(
                    &MusubiContext,
                    &certificate,
                    &validators,
                    thresholds,
                )))
            }
            Effect::WalAppend(height, entry, resume) => {
                self.append(height, entry);
                resume.resume_with(())
            }
            Effect::ExtendVote(.., resume) => resume.resume_with(None),
            Effect::VerifyVoteExtension(.., resume) => resume.resume_with(Ok(())),
        }
    }

    fn start_timer(&mut self, timeout: Timeout) {
        self.memory
            .timers
            .retain(|(running, _)| *running != timeout);
        self.memory.timers_started += 1;
        let number = self.memory.timers_started;
        self.memory.timers.push((timeout, number));
        let time = match timeout.kind {
            // The core reckons with the real clock here.
            TimeoutKind::FinalizeHeight(_) => {
                (self.memory.began + BLOCK_TIME).saturating_sub(self.now)
            }
            TimeoutKind::Propose
            | TimeoutKind::Prevote
            | TimeoutKind::Precommit
            | TimeoutKind::Rebroadcast => self.timeouts().duration_for(timeout),
        };
        self.after(time, Wake::Timer(timeout, number));
    }

    fn timeouts(&self) -> LinearTimeouts {
        timeouts(&HeightParameters {
            validators: self.disk.chain.validators(self.memory.height),
            propose_timeout: PROPOSE_TIMEOUT,
            vote_timeout: VOTE_TIMEOUT,
            timeout_delta: TIMEOUT_DELTA,
            block_time: BLOCK_TIME,
            idle_beat: BLOCK_TIME,
        })
    }

    fn start_round(&mut self, height: Height, round: Round) {
        self.flush();
        let round = round.as_u32().unwrap_or(0);
        self.memory.round = round;
        self.memory.reassembly.forget_below(height.0);
        self.memory.bodies.retain(|name, _| name.height >= height.0);
        self.memory
            .proposals
            .retain(|proposal| proposal.height.0 >= height.0);
        if self.memory.first == height.0 {
            self.recall(height.0, round);
        }
        self.match_bodies();
    }

    fn publish(&mut self, message: SignedConsensusMsg<MusubiContext>) {
        self.flush();
        self.tell(Fact::Signed(message.clone()));
        self.send(To::Everybody, Message::Consensus(message));
    }

    fn decide(&mut self, decided: &CommitCertificate<MusubiContext>) {
        self.flush();
        let certificate = certificate::from_decided(decided)
            .expect("the engine decides in rounds that have begun");
        self.tell(Fact::Decided(certificate.clone()));
        let time = self.chance.millis(1, self.manners.disk_max);
        self.after(time, Wake::Commit(certificate));
    }

    fn finalize(&mut self, height: u64, evidence: &MisbehaviorEvidence<MusubiContext>) {
        let voters = evidence.votes.iter().map(|(address, _)| address.0.0);
        let proposers = evidence.proposals.iter().map(|(address, _)| address.0.0);
        let accused: Vec<_> = voters.chain(proposers).collect();
        if !accused.is_empty() {
            self.tell(Fact::Accused(accused));
        }
        self.memory.finalized = height;
        self.open_next();
    }

    /// The next height opens when this one is both final and on disk.
    pub(super) fn open_next(&mut self) {
        let tip = self.disk.chain.tip();
        if self.memory.finalized == tip && self.memory.height == tip {
            let rest = self.chance.millis(0, 20);
            self.after(rest, Wake::Open(tip + 1));
        }
    }

    fn append(&mut self, height: Height, entry: Input<MusubiContext>) {
        if self.memory.votes
            && !self.memory.replaying
            && self.flaw != Some(Flaw::VotesWithoutLog)
            && let Err(error) = self.disk.log.append(height.0, entry)
        {
            self.tell(Fact::Failed(error));
        }
    }

    fn flush(&mut self) {
        if self.memory.votes && !self.memory.replaying {
            self.disk.log.flush();
        }
    }

    fn judge_synced(&mut self, response: ValueResponse<MusubiContext>, proposer: ConsensusKey) {
        let time = self.chance.millis(1, self.manners.disk_max);
        self.after(
            time,
            Wake::CheckSynced {
                height: response.certificate.height,
                round: response.certificate.round,
                proposer,
                bytes: response.value_bytes.to_vec(),
            },
        );
    }
}
