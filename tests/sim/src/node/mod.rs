//! One validator: the engine's consensus core between a disk and a list of orders to the world. What the engine's actors do, in their order.

mod hands;
mod host;
mod sync;

pub(crate) use hands::{Hands, Identity, Manners};

use crate::{
    chance::Chance,
    judge::Fact,
    message::{Message, Order, Wake},
};
use arc_malachitebft_app_channel::app::metrics::Metrics;
use arc_malachitebft_core_consensus::{
    Input, LivenessMsg, Params, SignedConsensusMsg, State, ValuePayload, process,
};
use arc_malachitebft_core_types::{ThresholdParams, ValueOrigin, VoteExtensionPolicy};
use musubi_node_consensus::{context::MusubiContext, height::Height, validator::Validators};
use std::time::Duration;

/// The engine's own defaults (`queue_capacity`, `queue_per_height_capacity`).
const QUEUE_HEIGHTS: usize = 10;
const QUEUE_PER_HEIGHT: usize = 500;
/// So far away that the real clock, which the core reads for this alone, never decides anything; `hands` waits for the block time itself.
const TARGET_TIME: Duration = Duration::from_secs(3_600);
/// How often nodes tell each other how far they are.
pub(crate) const STATUS_INTERVAL: Duration = Duration::from_secs(1);

/// One node: what survives a crash, and what does not.
pub(crate) struct Node {
    pub(crate) hands: Hands,
    core: Option<State<MusubiContext>>,
    thresholds: ThresholdParams,
    metrics: Metrics,
    /// Which start of the process this is; what an earlier one planned is void.
    pub(crate) start: u32,
    /// It runs.
    pub(crate) up: bool,
    /// It found its log unreadable and votes no more.
    pub(crate) halted: bool,
}

impl Node {
    pub(crate) fn new(hands: Hands, thresholds: ThresholdParams) -> Self {
        Self {
            hands,
            core: None,
            thresholds,
            metrics: Metrics::new(),
            start: 0,
            up: false,
            halted: false,
        }
    }

    /// The process starts.
    pub(crate) fn boot(&mut self) {
        self.up = true;
        self.start += 1;
        // The core's metrics follow its steps, and a new process begins with new ones.
        self.metrics = Metrics::new();
        let next = self.hands.disk.chain.tip() + 1;
        self.hands.begin_life(next);
        self.hands.after(Duration::ZERO, Wake::Open(next));
        self.hands.after(STATUS_INTERVAL, Wake::Status);
    }

    /// The power goes.
    pub(crate) fn crash(&mut self, chance: &mut Chance) {
        self.up = false;
        self.core = None;
        self.hands.crash(chance);
    }

    /// Does what it had planned.
    pub(crate) fn wake(&mut self, wake: Wake) {
        match wake {
            Wake::Open(height) => self.open(height),
            Wake::Timer(timeout, number) => {
                if self.hands.take_timer(timeout, number) {
                    self.feed(Input::TimeoutElapsed(timeout));
                }
            }
            Wake::Build(height, round) => {
                let value = self.hands.build(height, round);
                self.feed(Input::Propose(value));
            }
            Wake::Check(proposal, bytes) => {
                let value = self.hands.check(&proposal, bytes);
                self.feed(Input::ProposedValue(value, ValueOrigin::Consensus));
            }
            Wake::CheckSynced {
                height,
                round,
                proposer,
                bytes,
            } => {
                if let Some(value) = self.hands.check_synced(height, round, proposer, bytes) {
                    self.feed(Input::ProposedValue(value, ValueOrigin::Sync));
                }
            }
            Wake::Recall(value) => self.feed(Input::ProposedValue(value, ValueOrigin::Consensus)),
            Wake::Commit(certificate) => self.hands.commit(certificate),
            Wake::Status => self.hands.tell_status(),
        }
    }

    /// Takes a message in.
    pub(crate) fn receive(&mut self, from: usize, message: Message) {
        match message {
            Message::Consensus(SignedConsensusMsg::Vote(vote)) => self.feed(Input::Vote(vote)),
            Message::Consensus(SignedConsensusMsg::Proposal(proposal)) => {
                self.feed(Input::Proposal(proposal));
            }
            Message::Liveness(LivenessMsg::Vote(vote)) => self.feed(Input::Vote(vote)),
            Message::Liveness(LivenessMsg::PolkaCertificate(certificate)) => {
                self.feed(Input::PolkaCertificate(certificate));
            }
            Message::Liveness(LivenessMsg::SkipRoundCertificate(certificate)) => {
                self.feed(Input::RoundCertificate(certificate));
            }
            Message::Part(part) => self.hands.receive_part(from, part),
            Message::Status(tip) => self.hands.hear_status(from, tip),
            Message::Request(height) => self.hands.serve(from, height),
            Message::Blocks(blocks) => {
                self.hands.receive_blocks(blocks, from);
                self.feed_synced();
            }
        }
    }

    /// A height begins: from the log when the process died in it.
    fn open(&mut self, height: u64) {
        let validators = Validators::new(&self.hands.disk.chain.validators(height))
            .expect("the keys of a run are Ed25519 keys");
        let Ok(entries) = self.hands.begin_height(height, &validators) else {
            // The engine hangs on an unreadable entry until an operator has looked.
            self.halted = true;
            self.up = false;
            self.hands.tell(Fact::Refused);
            return;
        };
        self.ensure_core(height, &validators);
        self.feed(Input::StartHeight(
            Height(height),
            validators,
            false,
            Some(TARGET_TIME),
            VoteExtensionPolicy::Disabled,
        ));
        if !entries.is_empty() {
            self.hands.tell(Fact::Replayed);
            self.replay(entries);
        }
        self.feed_synced();
    }

    fn ensure_core(&mut self, height: u64, validators: &Validators) {
        let params = Params {
            address: self.hands.address(),
            threshold_params: self.thresholds,
            value_payload: ValuePayload::ProposalAndParts,
            enabled: true,
        };
        self.core.get_or_insert_with(|| {
            State::new(
                MusubiContext,
                Height(height),
                validators.clone(),
                params,
                QUEUE_HEIGHTS,
                QUEUE_PER_HEIGHT,
            )
        });
    }

    fn replay(&mut self, entries: Vec<Input<MusubiContext>>) {
        let core = self.core.as_mut().expect("a height is open");
        core.record_recovered_own_precommit_extensions(&entries);
        core.index_wal_entries(&entries);
        self.hands.replaying(true);
        for entry in entries {
            self.feed(entry);
        }
        self.hands.replaying(false);
        self.core
            .as_mut()
            .expect("a height is open")
            .reset_entries_index();
    }

    fn feed(&mut self, input: Input<MusubiContext>) {
        let Some(core) = self.core.as_mut() else {
            return;
        };
        let (hands, metrics) = (&mut self.hands, &self.metrics);
        let result: Result<(), String> = process!(
            input: input,
            state: core,
            metrics: metrics,
            with: effect => Ok::<_, String>(hands.perform(effect))
        )
        .map_err(|error: arc_malachitebft_core_consensus::Error<MusubiContext>| error.to_string());
        if let Err(error) = result {
            self.hands.orders.push(Order::Tell(Fact::Failed(error)));
        }
    }

    fn feed_synced(&mut self) {
        let Some(height) = self.core.as_ref().map(State::height) else {
            return;
        };
        if let Some(response) = self.hands.take_synced(height.0) {
            self.feed(Input::SyncValueResponse(response));
        }
    }
}
