//! Starting the engine on a chain.

use crate::{
    actors::{Actors, Parts},
    ballots,
    config::{Config, ConfigError, Dissemination},
    engine::Engine,
    proposal::Proposal,
    signing::{SignatureCheck, VoteSigner},
};
use arc_malachitebft_app_channel::app::net::Multiaddr;
use musubi_node_core::ports::ConsensusHost;
use std::{fmt, io, path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};

/// Verified proposals that may wait to meet their bodies.
const PROPOSALS_WAITING_MAX: usize = 256;

/// How long the engine may take to open its port.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);

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
    /// The notes of what this validator has voted cannot be opened.
    #[error("open the notes of this validator's votes {path}: {source}")]
    Votes {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The engine does not say that it listens: most often its port is taken.
    #[error(
        "listen on {0}: the port does not open; is it taken, or the address not this machine's?"
    )]
    NotListening(Multiaddr),
    /// A part of the engine did not come up.
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

/// Starts consensus for the chain that `host` keeps, and opens its port. Nothing is decided until [`Engine::run`] is polled.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config, host: Arc<dyn ConsensusHost>) -> Result<Engine, StartError> {
    let genesis = host.genesis();
    let listen = config.listen.clone();
    let broadcasts = config.dissemination == Dissemination::Broadcast;
    let signer = VoteSigner::new(config.key.clone(), genesis)
        .with_memory(&config.directory)
        .map_err(|source| StartError::Votes {
            path: config.directory.join(ballots::FILE),
            source,
        })?;
    let (verified, proposals) = mpsc::channel::<Proposal>(PROPOSALS_WAITING_MAX);
    let check = SignatureCheck::new(genesis, verified);
    let key = signer.address();
    let (actors, mut inbox) = Actors::spawn(Parts {
        config,
        genesis,
        signer,
        check,
    })
    .await?;
    // The engine speaks for the first time when its port is open, and when the port cannot be opened it says nothing at all.
    let Ok(Some(first)) = timeout(LISTEN_TIMEOUT, inbox.recv()).await else {
        return Err(StartError::NotListening(listen));
    };
    let mut engine = Engine::new(host, key, actors, inbox, proposals);
    engine.handle(first);
    if broadcasts {
        engine.watch_listeners();
    }
    Ok(engine)
}
