//! Joining by snapshot: a node at genesis follows the chain by certificates to a peer's newest block, and takes over its state.
//!
//! One peer leads: it gives the newest block, which is followed from genesis as a light client does (few steps, however long the chain), and
//! the history before it. Pieces of state may come from anybody. Peers are trusted for nothing: whoever gives something that proves
//! nothing is shut out, whoever is away or has not got it is passed over, and another takes its place. Until everything is here and
//! checked, this node stands at genesis.

use crate::{
    handle::{AskError, Network},
    message::{FinalBlock, LEAVES_MAX, Request, Response, STATE_BYTES},
};
use codec::DecodeAll;
use libp2p::PeerId;
use musubi_client_sdk::proofs::{Checkpoint, FollowError};
use musubi_node_core::{
    executor::Header,
    pipeline::{AdoptError, Adoption, Lie, Pipeline, Snapshot},
    ports::{ConsensusHost, LocalFault},
};
use musubi_primitives::{BlockHash, mountain_range::NodeHash};
use std::collections::BTreeSet;

/// Steps from genesis to the newest block; each half-way step is taken only where validators changed a lot.
const STEPS_MAX: u32 = 4_096;
/// Bytes that a piece of state has at least, unless it is the last; who gives less would draw the join out without end.
const PIECE_BYTES_MIN: usize = STATE_BYTES as usize / 4;

/// What this node took over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Height of the block.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// Keys in its state.
    pub keys: u64,
}

/// Why no snapshot could be taken over.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// This machine is at fault, or the node has blocks of its own.
    #[error(transparent)]
    Own(AdoptError),
    /// Every peer failed.
    #[error("no peer gives a snapshot: {}", all(.0))]
    NoPeer(Vec<PeerFailure>),
}

/// What kept a peer from helping.
#[derive(Debug, thiserror::Error)]
#[error("{peer}: {cause}")]
pub struct PeerFailure {
    /// Who.
    pub peer: PeerId,
    /// Why.
    pub cause: FailureCause,
}

/// Why a peer did not help.
#[derive(Debug, thiserror::Error)]
pub enum FailureCause {
    /// It gave no answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// It is hardly further than this node.
    #[error("its newest block is {0}")]
    NotAhead(u64),
    /// Its blocks do not follow from genesis.
    #[error("its blocks do not follow from genesis: {0}")]
    Unfollowed(#[from] FollowError),
    /// What it gave is not the snapshot's.
    #[error(transparent)]
    Lie(#[from] Lie),
    /// It gave another block than was asked for, or no block.
    #[error("it gave something else than the block asked for")]
    OtherBlock,
    /// It gave less than there is.
    #[error("it gives less than it was asked for, again and again")]
    Dawdles,
}

impl FailureCause {
    /// Whether no honest node does that.
    fn is_dishonest(&self) -> bool {
        match self {
            Self::Ask(error) => *error == AskError::Nonsense,
            // Validators that all change at once leave no trusted way to the newest block, whoever shows it.
            Self::NotAhead(_) | Self::Unfollowed(FollowError::TooFewTrusted { .. }) => false,
            Self::Unfollowed(_) | Self::Lie(_) | Self::OtherBlock | Self::Dawdles => true,
        }
    }
}

fn all(failures: &[PeerFailure]) -> String {
    let texts: Vec<_> = failures.iter().map(ToString::to_string).collect();
    if texts.is_empty() {
        return "none is connected".to_owned();
    }
    texts.join("; ")
}

/// What ends one attempt.
enum Setback {
    Own(AdoptError),
    Peer(Box<PeerFailure>),
}

impl From<LocalFault> for Setback {
    fn from(fault: LocalFault) -> Self {
        Self::Own(fault.into())
    }
}

/// Takes over the newest state that a connected peer proves, at least at height `height_min`. Afterwards `pipeline` stands there.
///
/// # Errors
/// See [`JoinError`]; then the node stands at genesis, as before.
pub async fn join(
    network: &Network,
    pipeline: &Pipeline,
    height_min: u64,
) -> Result<Joined, JoinError> {
    let mut failures = Vec::new();
    let mut tried = BTreeSet::new();
    while let Some(peer) = furthest(network, &tried) {
        tried.insert(peer);
        let lead = Source { network, peer };
        match attempt(&lead, pipeline, height_min, &mut failures).await {
            Ok(joined) => return Ok(joined),
            Err(Setback::Own(error)) => return Err(JoinError::Own(error)),
            Err(Setback::Peer(failure)) => report(network, failure, &mut failures).await,
        }
    }
    Err(JoinError::NoPeer(failures))
}

/// The peer that says to be furthest, among those not tried.
fn furthest(network: &Network, tried: &BTreeSet<PeerId>) -> Option<PeerId> {
    let peers = network.peers().into_iter();
    let untried = peers.filter(|peer| !tried.contains(&peer.id));
    untried
        .max_by_key(|peer| peer.head.map(|(height, _)| height))
        .map(|peer| peer.id)
}

/// Notes a failure, and shuts the peer out if it was no accident.
async fn report(network: &Network, failure: Box<PeerFailure>, failures: &mut Vec<PeerFailure>) {
    let PeerFailure { peer, cause } = failure.as_ref();
    if cause.is_dishonest() {
        tracing::warn!(%peer, %cause, "a peer gave a false snapshot and is shut out");
        // A network that has stopped has no peers to shut out.
        let _ = network.denounce(*peer).await;
    } else {
        tracing::info!(%peer, %cause, "a peer gives no snapshot");
    }
    failures.push(*failure);
}

async fn attempt(
    lead: &Source<'_>,
    pipeline: &Pipeline,
    height_min: u64,
    failures: &mut Vec<PeerFailure>,
) -> Result<Joined, Setback> {
    let snapshot = follow(lead, &trusted(pipeline)?, height_min).await?;
    let begun = pipeline.begin_adoption(snapshot).await;
    let adoption = begun.map_err(|error| lead.setback(error))?;
    let (height, hash) = (adoption.height(), adoption.hash());
    tracing::info!(height, %hash, peer = %lead.peer, "taking over a state by snapshot");
    fetch_history(lead, &adoption).await?;
    fetch_state(lead, &adoption, failures).await?;
    let keys = adoption.keys();
    let finished = adoption.finish().await;
    finished.map_err(|error| lead.setback(error))?;
    Ok(Joined { height, hash, keys })
}

/// Genesis and its validators, which the chain specification gives.
fn trusted(pipeline: &Pipeline) -> Result<Checkpoint, LocalFault> {
    let missing = || LocalFault::new("join by snapshot", "the store has no genesis");
    let validators = pipeline.store().validators(0)?.ok_or_else(missing)?;
    Ok(Checkpoint::at_genesis(pipeline.genesis(), validators))
}

/// Follows the chain from what is trusted to the lead's newest block: in one step, or half-way first where too few of the validators are
/// still the same.
async fn follow(
    lead: &Source<'_>,
    trusted: &Checkpoint,
    height_min: u64,
) -> Result<Snapshot, Setback> {
    let newest = lead.final_block(None).await?;
    let height = lead.height_of(&newest)?;
    if height < height_min {
        return Err(lead.fails(FailureCause::NotAhead(height)));
    }
    let mut checkpoint = trusted.clone();
    let (mut aim, mut step) = (height, newest.to_step());
    for _ in 0..STEPS_MAX {
        match checkpoint.follow(&step) {
            Ok((_, header)) if header.height == height => return snapshot(lead, newest),
            Ok((next, _)) => (checkpoint, aim, step) = (next, height, newest.to_step()),
            Err(FollowError::TooFewTrusted { .. })
                if checkpoint.height.midpoint(aim) > checkpoint.height =>
            {
                aim = checkpoint.height.midpoint(aim);
                step = lead.final_block(Some(aim)).await?.to_step();
            }
            Err(error) => return Err(lead.fails(error)),
        }
    }
    Err(lead.fails(FailureCause::Dawdles))
}

/// The block as a snapshot to take over, with the two headers before it.
fn snapshot(lead: &Source<'_>, newest: FinalBlock) -> Result<Snapshot, Setback> {
    let naming = newest.named_by.as_ref().map(|(header, _)| header);
    let parents = newest.parent.iter().chain(naming);
    Ok(Snapshot {
        header: lead.header_of(&newest.header)?,
        parents: parents
            .map(|parent| lead.header_of(parent))
            .collect::<Result<_, _>>()?,
        certificate: newest.certificate,
        validators: newest.validators,
    })
}

/// Fetches the leaves of all earlier headers from the lead, who answers for every one of them.
async fn fetch_history(lead: &Source<'_>, adoption: &Adoption) -> Result<(), Setback> {
    while let Some((first, count)) = adoption.history_wanted() {
        let mut leaves = lead.history(first).await?;
        let wanted = count.min(LEAVES_MAX.into());
        // The lead may have moved on since: what lies above the snapshot is not wanted.
        leaves.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        if u64::try_from(leaves.len()) != Ok(wanted) {
            return Err(lead.fails(FailureCause::Dawdles));
        }
        let taken = adoption.take_history(leaves).await;
        taken.map_err(|error| lead.setback(error))?;
    }
    Ok(())
}

/// Fetches the state piece by piece, from the lead and then from whoever else is there.
async fn fetch_state(
    lead: &Source<'_>,
    adoption: &Adoption,
    failures: &mut Vec<PeerFailure>,
) -> Result<(), Setback> {
    let mut failed = BTreeSet::new();
    let mut source = Source { ..*lead };
    while let Some(after) = adoption.state_wanted() {
        match fetch_piece(&source, adoption, after).await {
            Ok(()) => {}
            Err(Setback::Own(error)) => return Err(Setback::Own(error)),
            Err(Setback::Peer(failure)) => {
                failed.insert(source.peer);
                let Some(peer) = furthest(lead.network, &failed) else {
                    return Err(Setback::Peer(failure));
                };
                report(lead.network, failure, failures).await;
                source.peer = peer;
            }
        }
    }
    Ok(())
}

async fn fetch_piece(
    source: &Source<'_>,
    adoption: &Adoption,
    after: Option<Vec<u8>>,
) -> Result<(), Setback> {
    let piece = source.state(adoption.hash(), after).await?;
    let bytes: usize = piece.iter().map(Vec::len).sum();
    let taken = adoption.take_state(piece).await;
    taken.map_err(|error| source.setback(error))?;
    tracing::debug!(keys = adoption.keys(), bytes, peer = %source.peer, "took a piece of state");
    if bytes < PIECE_BYTES_MIN && adoption.state_wanted().is_some() {
        return Err(source.fails(FailureCause::Dawdles));
    }
    Ok(())
}

/// A peer that is asked.
struct Source<'a> {
    network: &'a Network,
    peer: PeerId,
}

impl Source<'_> {
    async fn final_block(&self, height: Option<u64>) -> Result<FinalBlock, Setback> {
        match self.ask(Request::FinalBlock { height }).await? {
            Response::FinalBlock(block) => {
                let found = self.height_of(&block)?;
                if height.is_some_and(|height| height != found) {
                    return Err(self.fails(FailureCause::OtherBlock));
                }
                Ok(block)
            }
            _ => Err(self.fails(AskError::Nonsense)),
        }
    }

    async fn history(&self, first: u64) -> Result<Vec<NodeHash>, Setback> {
        match self.ask(Request::History { first }).await? {
            Response::History(leaves) => Ok(leaves),
            _ => Err(self.fails(AskError::Nonsense)),
        }
    }

    async fn state(
        &self,
        block: BlockHash,
        after: Option<Vec<u8>>,
    ) -> Result<Vec<Vec<u8>>, Setback> {
        match self.ask(Request::State { block, after }).await? {
            Response::State(piece) => Ok(piece),
            _ => Err(self.fails(AskError::Nonsense)),
        }
    }

    async fn ask(&self, request: Request) -> Result<Response, Setback> {
        let answer = self.network.ask(self.peer, request).await;
        answer.map_err(|error| self.fails(error))
    }

    fn header_of(&self, bytes: &[u8]) -> Result<Header, Setback> {
        Header::decode_all(&mut &*bytes).map_err(|_| self.fails(FailureCause::OtherBlock))
    }

    fn height_of(&self, block: &FinalBlock) -> Result<u64, Setback> {
        let header = self.header_of(&block.header)?;
        Ok(header.number.into())
    }

    fn fails(&self, cause: impl Into<FailureCause>) -> Setback {
        Setback::Peer(Box::new(PeerFailure {
            peer: self.peer,
            cause: cause.into(),
        }))
    }

    fn setback(&self, error: AdoptError) -> Setback {
        match error {
            AdoptError::Lie(lie) => self.fails(lie),
            own @ (AdoptError::Fault(_) | AdoptError::NotAtGenesis(_) | AdoptError::Incomplete) => {
                Setback::Own(own)
            }
        }
    }
}
