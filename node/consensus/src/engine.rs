//! The running engine: one loop that owns all state. Whatever takes time runs as a task and comes back as an [`Outcome`].

use crate::{
    actors::Actors,
    bodies::Bodies,
    context::MusubiContext,
    opening::Opening,
    peers::Peers,
    proposal::Proposal,
    status::Status,
    streaming::Reassembly,
    validator::{ConsensusKey, UnusableValidators, Validators},
    wire::Malformed,
};
use arc_malachitebft_core_consensus::SignedConsensusMsg;
use arc_malachitebft_core_types::{NilOrVal, Vote as _};
use arc_malachitebft_engine::{
    host::HostMsg,
    util::events::{Event, RxEvent},
};
use musubi_node_core::ports::{ConsensusHost, LocalFault};
use ractor::RpcReplyPort;
use std::{fmt, future::Future, sync::Arc};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc, watch},
    task::{JoinError, JoinSet},
};

/// Why the engine has stopped by itself. The node halts with it: it votes no more, so it votes against nobody.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// This machine could not judge, keep or commit a block.
    #[error("consensus halts for a fault of this machine: {0}")]
    Fault(#[from] LocalFault),
    /// The committed state names validators that cannot vote.
    #[error("consensus halts: {0}")]
    Validators(#[from] UnusableValidators),
    /// The engine decided by a certificate that has no written form.
    #[error("consensus halts: a decided certificate has no written form: {0}")]
    Certificate(#[from] Malformed),
    /// A call into the chain panicked.
    #[error("consensus halts: a task did not finish: {0}")]
    Panicked(#[from] JoinError),
    /// The write-ahead log failed. A blind restart could vote twice: an operator looks first.
    #[error(
        "consensus halts for safety: its write-ahead log failed; look at the disk before this node starts again"
    )]
    SafetyFailure,
    /// The engine stopped for a reason that it has logged; a restart is safe.
    #[error("the consensus engine stopped; its log has the reason")]
    Stopped,
}

/// What a task has come to.
pub(crate) enum Outcome {
    /// Nothing is left to do.
    Done,
    /// The parameters of a height are known.
    Opened(Opening),
    /// The pause before a height is over.
    Rested(Opening),
    /// A decided block is on disk.
    Committed {
        /// Its height.
        height: u64,
        /// Tells the engine.
        reply: RpcReplyPort<()>,
    },
}

/// Where consensus stands.
pub(crate) struct Place {
    /// The height worked on, or about to be.
    pub(crate) height: u64,
    /// The round within it.
    pub(crate) round: u32,
    /// Who votes on it.
    pub(crate) validators: Option<Validators>,
    /// The height that the process started with: only there can the disk know of values that the engine does not.
    pub(crate) first: Option<u64>,
    /// The greatest height that came from peers as already final.
    pub(crate) synced: u64,
}

/// A running consensus engine; [`Engine::run`] drives it, dropping it stops it.
pub struct Engine {
    pub(crate) host: Arc<dyn ConsensusHost>,
    pub(crate) key: ConsensusKey,
    pub(crate) actors: Actors,
    pub(crate) status: Arc<Status>,
    pub(crate) place: Place,
    pub(crate) reassembly: Reassembly,
    pub(crate) bodies: Bodies,
    /// The greatest height at which a proposer has been heard.
    pub(crate) heard: watch::Sender<u64>,
    tasks: JoinSet<Result<Outcome, EngineError>>,
    inbox: mpsc::Receiver<HostMsg<MusubiContext>>,
    proposals: mpsc::Receiver<Proposal>,
    events: RxEvent<MusubiContext>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("key", &self.key)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn new(
        host: Arc<dyn ConsensusHost>,
        key: ConsensusKey,
        actors: Actors,
        inbox: mpsc::Receiver<HostMsg<MusubiContext>>,
        proposals: mpsc::Receiver<Proposal>,
    ) -> Self {
        let tip = host.tip();
        Self {
            status: Arc::new(Status::new(tip, actors.metrics.clone())),
            events: actors.events.subscribe(),
            place: Place {
                height: tip.saturating_add(1),
                round: 0,
                validators: None,
                first: None,
                synced: 0,
            },
            reassembly: Reassembly::default(),
            bodies: Bodies::default(),
            heard: watch::Sender::new(tip),
            tasks: JoinSet::new(),
            host,
            key,
            actors,
            inbox,
            proposals,
        }
    }

    /// Live numbers for readiness and metrics.
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// Adds and removes peers while the engine runs.
    pub fn peers(&self) -> Peers {
        self.actors.peers()
    }

    /// Runs until `stop` resolves or the engine can no longer go on; then stops every actor and waits for sockets and files to close.
    ///
    /// # Errors
    /// See [`EngineError`]. After any of them the node must not go on as a validator.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) -> Result<(), EngineError> {
        let result = self.serve(stop).await;
        self.tasks.shutdown().await;
        self.actors.stop().await;
        result
    }

    async fn serve(&mut self, stop: impl Future<Output = ()> + Send) -> Result<(), EngineError> {
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(()),
                Some(finished) = self.tasks.join_next(), if !self.tasks.is_empty() => self.conclude(finished??),
                message = self.inbox.recv() => match message {
                    Some(message) => self.handle(message),
                    None => return Err(self.why_stopped()),
                },
                Some(proposal) = self.proposals.recv() => self.meet(proposal),
                event = self.events.recv() => self.observe(event),
            }
        }
    }

    /// Lets peers go that do not say that they listen, beside the loop.
    pub(crate) fn watch_listeners(&mut self) {
        let watch = self.actors.watch_listeners();
        self.spawn(async move {
            watch.await;
            Ok(Outcome::Done)
        });
    }

    /// Runs slow work beside the loop.
    pub(crate) fn spawn(
        &mut self,
        work: impl Future<Output = Result<Outcome, EngineError>> + Send + 'static,
    ) {
        self.tasks.spawn(work);
    }

    fn conclude(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Done => {}
            Outcome::Opened(opening) => self.open(opening),
            Outcome::Rested(opening) => opening.reply(),
            Outcome::Committed { height, reply } => self.committed(height, reply),
        }
    }

    /// Counts this node's votes for "no block": many of them say that proposals come late or that blocks are refused.
    fn observe(&mut self, event: Result<Event<MusubiContext>, RecvError>) {
        if let Ok(Event::Published(SignedConsensusMsg::Vote(vote))) = event
            && matches!(vote.message.value(), NilOrVal::Nil)
        {
            self.status.voted_nil();
        }
    }

    fn why_stopped(&self) -> EngineError {
        if self.status.snapshot().safety_failure {
            EngineError::SafetyFailure
        } else {
            EngineError::Stopped
        }
    }
}

/// Answers the engine; when it no longer waits it is stopping, and the answer is for nobody.
pub(crate) fn answer<T: Send + 'static>(reply: RpcReplyPort<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("the engine no longer waits for an answer");
    }
}
