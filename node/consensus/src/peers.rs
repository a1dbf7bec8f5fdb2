//! Peers admitted or removed while the engine runs, as members come and go on chain.

use crate::{
    config::{ConfigError, Peer},
    context::MusubiContext,
};
use arc_malachitebft_engine::network::{NetworkMsg, NetworkRef, PersistentPeersOp};
use std::fmt;
use tokio::sync::oneshot;

/// Adds and removes peers of a running engine.
#[derive(Clone)]
pub struct Peers(NetworkRef<MusubiContext>);

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peers")
    }
}

/// Why a peer was not added or removed.
#[derive(Debug, thiserror::Error)]
pub enum PeersError {
    /// Its address takes no peer id.
    #[error(transparent)]
    Address(#[from] ConfigError),
    /// It was there already, or was not there.
    #[error("the consensus network refuses: {0}")]
    Refused(String),
    /// The engine has stopped.
    #[error("the consensus network has stopped")]
    Stopped,
}

impl Peers {
    pub(crate) fn new(network: NetworkRef<MusubiContext>) -> Self {
        Self(network)
    }

    /// Connects to a peer and stays connected.
    ///
    /// # Errors
    /// See [`PeersError`].
    pub async fn add(&self, peer: &Peer) -> Result<(), PeersError> {
        self.update(PersistentPeersOp::Add(peer.full_address()?))
            .await
    }

    /// Lets a peer go.
    ///
    /// # Errors
    /// See [`PeersError`].
    pub async fn remove(&self, peer: &Peer) -> Result<(), PeersError> {
        self.update(PersistentPeersOp::Remove(peer.full_address()?))
            .await
    }

    async fn update(&self, change: PersistentPeersOp) -> Result<(), PeersError> {
        let (reply, answer) = oneshot::channel();
        self.0
            .cast(NetworkMsg::UpdatePersistentPeers(change, reply.into()))
            .map_err(|_| PeersError::Stopped)?;
        answer
            .await
            .map_err(|_| PeersError::Stopped)?
            .map_err(|refusal| PeersError::Refused(format!("{refusal:?}")))
    }
}
