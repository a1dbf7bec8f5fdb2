//! Starting the engine on a chain.

use crate::{
    actors::{Actors, Parts},
    config::{Config, ConfigError},
    engine::Engine,
    proposal::Proposal,
    signing::{SignatureCheck, VoteSigner},
};
use musubi_node_core::ports::ConsensusHost;
use std::{fmt, path::PathBuf, sync::Arc};
use tokio::sync::mpsc;

/// Verified proposals that may wait to meet their bodies.
const PROPOSALS_WAITING_MAX: usize = 256;

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The write-ahead log is damaged, of another version, or cannot be opened. Deleting it is safe only on a node that has never voted.
    #[error("open the consensus write-ahead log {path}: {cause}")]
    WriteAheadLog {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        cause: String,
    },
    /// A part of the engine did not come up, the network because its port is taken, for instance.
    #[error("start consensus {actor}: {cause}")]
    Actor {
        /// Which part.
        actor: &'static str,
        /// What went wrong.
        cause: String,
    },
}

impl StartError {
    pub(crate) fn actor<E: fmt::Display>(actor: &'static str) -> impl FnOnce(E) -> Self {
        move |cause| Self::Actor {
            actor,
            cause: format!("{cause:#}"),
        }
    }
}

/// Starts consensus for the chain that `host` keeps. Nothing happens until [`Engine::run`] is polled, except that the port is open.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config, host: Arc<dyn ConsensusHost>) -> Result<Engine, StartError> {
    let genesis = host.genesis();
    let signer = VoteSigner::new(config.key.clone(), genesis);
    let (verified, proposals) = mpsc::channel::<Proposal>(PROPOSALS_WAITING_MAX);
    let check = SignatureCheck::new(genesis, verified);
    let key = signer.address();
    let (actors, inbox) = Actors::spawn(Parts {
        config,
        genesis,
        signer,
        check,
    })
    .await?;
    Ok(Engine::new(host, key, actors, inbox, proposals))
}
