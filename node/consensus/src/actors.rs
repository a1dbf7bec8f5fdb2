//! The engine's actors: network, write-ahead log, consensus and sync under one supervisor, with our [`Bridge`] in place of the stock connector.

use crate::{
    bridge::Bridge,
    config::Config,
    context::MusubiContext,
    listeners,
    part::BlockPart,
    peer::peer_id,
    peers::Peers,
    signing::{SignatureCheck, VoteSigner},
    start::StartError,
    wire::ScaleCodec,
};
use arc_malachitebft_app_channel::{
    NetworkIdentity,
    app::{
        config::{ConsensusConfig, ValueSyncConfig},
        metrics::{Metrics, SharedRegistry},
        spawn::{
            spawn_consensus_actor, spawn_network_actor, spawn_node_actor, spawn_sync_actor,
            spawn_wal_actor,
        },
        types::Keypair,
    },
};
use arc_malachitebft_codec::Codec;
use arc_malachitebft_engine::{
    consensus::ConsensusRef,
    host::{HostMsg, HostRef},
    network::{NetworkMsg, NetworkRef},
    node::NodeRef,
    sync::SyncRef,
    util::{
        events::TxEvent,
        output_port::{OutputPort, OutputPortSubscriberTrait},
        streaming::StreamMessage,
    },
    wal::WalRef,
};
use arc_malachitebft_signing::Signer;
use musubi_primitives::BlockHash;
use ractor::Actor;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How long the actors may take to stop: the network closes its sockets, the write-ahead log its file.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Messages that may wait for the chain before the bridge waits too.
const INBOX_MESSAGES_MAX: usize = 128;

/// The running actors. They stop when this is dropped.
pub(crate) struct Actors {
    node: NodeRef,
    network: NetworkRef<MusubiContext>,
    /// What happens within consensus.
    pub(crate) events: TxEvent<MusubiContext>,
    /// The engine's own metrics.
    pub(crate) metrics: Metrics,
}

/// What the actors are built from.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) genesis: BlockHash,
    pub(crate) signer: VoteSigner,
    pub(crate) check: SignatureCheck,
}

impl Actors {
    /// Starts all actors; the receiver gets every message that the engine has for the chain.
    pub(crate) async fn spawn(
        parts: Parts,
    ) -> Result<(Self, mpsc::Receiver<HostMsg<MusubiContext>>), StartError> {
        let consensus = parts.config.consensus(&parts.genesis)?;
        let registry = SharedRegistry::global().with_moniker(parts.config.name.clone());
        let metrics = Metrics::register(&registry);
        let (node, _) = spawn_node_actor(metrics.clone())
            .await
            .map_err(StartError::actor("supervisor"))?;
        let plan = Plan {
            parts,
            consensus,
            sync: Config::sync(),
            registry,
            metrics,
            node: node.clone(),
        };
        // A half-built tree must not stay behind.
        plan.spawn_children().await.inspect_err(|_| stop(&node))
    }

    /// Sends the parts of a block to everybody.
    pub(crate) fn publisher(&self) -> Publisher {
        Publisher(self.network.clone())
    }

    /// Lets peers go that do not say that they listen; ends with the network.
    pub(crate) fn watch_listeners(&self) -> impl Future<Output = ()> + Send + 'static {
        listeners::watch(self.network.clone())
    }

    /// Adds and removes peers.
    pub(crate) fn peers(&self) -> Peers {
        Peers::new(self.network.clone())
    }

    /// Stops all actors and waits until sockets and files are closed.
    pub(crate) async fn stop(self) {
        self.node
            .get_cell()
            .stop_children_and_wait(Some("stopping".to_owned()), Some(STOP_TIMEOUT))
            .await;
        if let Err(error) = self
            .node
            .get_cell()
            .stop_and_wait(None, Some(STOP_TIMEOUT))
            .await
        {
            tracing::debug!(%error, "the supervisor had stopped by itself");
        }
    }
}

impl Drop for Actors {
    fn drop(&mut self) {
        stop(&self.node);
    }
}

fn stop(node: &NodeRef) {
    node.get_cell().stop_children(Some("stopping".to_owned()));
    node.get_cell().stop(None);
}

/// Publishes parts of blocks.
#[derive(Clone)]
pub(crate) struct Publisher(NetworkRef<MusubiContext>);

impl Publisher {
    /// Hands the parts to the network; when that has stopped, the whole engine is stopping and nobody needs them.
    pub(crate) fn publish(&self, parts: Vec<StreamMessage<BlockPart>>) {
        for part in parts {
            if self.0.cast(NetworkMsg::PublishProposalPart(part)).is_err() {
                tracing::debug!("the network has stopped, a part is not published");
            }
        }
    }
}

struct Plan {
    parts: Parts,
    consensus: ConsensusConfig,
    sync: ValueSyncConfig,
    registry: SharedRegistry,
    metrics: Metrics,
    node: NodeRef,
}

impl Plan {
    /// The order matters: consensus needs network, bridge and log; sync needs consensus.
    async fn spawn_children(
        self,
    ) -> Result<(Actors, mpsc::Receiver<HostMsg<MusubiContext>>), StartError> {
        let network = self.spawn_network().await?;
        let wal = self.spawn_wal().await?;
        let (host, inbox) = self.spawn_bridge().await?;
        let (events, port) = (TxEvent::new(), Arc::new(OutputPort::new()));
        let consensus = spawn_consensus_actor(
            MusubiContext,
            self.parts.signer.address(),
            self.consensus.clone(),
            Box::new(self.parts.check.clone()),
            Some(Box::new(self.parts.signer.clone())),
            network.clone(),
            host.clone(),
            wal,
            port.clone(),
            self.metrics.clone(),
            events.clone(),
            self.node.clone(),
        );
        let consensus = consensus.await.map_err(StartError::actor("consensus"))?;
        consensus.link(self.node.get_cell());
        if let Some(sync) = self.spawn_sync(&network, &host, &consensus).await? {
            sync.subscribe_to_port(&port);
        }
        Ok((
            Actors {
                node: self.node,
                network,
                events,
                metrics: self.metrics,
            },
            inbox,
        ))
    }

    async fn spawn_network(&self) -> Result<NetworkRef<MusubiContext>, StartError> {
        let identity = self.identity().await?;
        let network = spawn_network_actor(
            &self.consensus,
            &self.sync,
            identity,
            &self.registry,
            ScaleCodec,
        )
        .await;
        let network = network.map_err(StartError::actor("network"))?;
        network.link(self.node.get_cell());
        Ok(network)
    }

    /// The node proves on every connection that its peer id belongs to its consensus key.
    async fn identity(&self) -> Result<NetworkIdentity, StartError> {
        let key = &self.parts.config.key;
        let keypair =
            Keypair::ed25519_from_bytes(key.seed()).map_err(StartError::actor("network key"))?;
        let proof = self
            .parts
            .signer
            .sign_validator_proof(key.public().0.to_vec(), peer_id(&key.public()).to_bytes())
            .await;
        let proof = ScaleCodec
            .encode(&proof.map_err(StartError::actor("validator proof"))?)
            .map_err(StartError::actor("validator proof"))?;
        Ok(NetworkIdentity::new_validator(
            self.parts.config.name.clone(),
            keypair,
            self.parts.signer.address().to_string(),
            proof,
        ))
    }

    async fn spawn_wal(&self) -> Result<WalRef<MusubiContext>, StartError> {
        let path = self.parts.config.directory.join("consensus.wal");
        let wal = spawn_wal_actor(
            &MusubiContext,
            ScaleCodec,
            &path,
            &self.registry,
            self.node.clone(),
        )
        .await;
        let wal = wal.map_err(|cause| StartError::WriteAheadLog {
            path,
            cause: format!("{cause:#}"),
        })?;
        wal.link(self.node.get_cell());
        Ok(wal)
    }

    async fn spawn_bridge(
        &self,
    ) -> Result<
        (
            HostRef<MusubiContext>,
            mpsc::Receiver<HostMsg<MusubiContext>>,
        ),
        StartError,
    > {
        let (sender, inbox) = mpsc::channel(INBOX_MESSAGES_MAX);
        let (host, _) = Bridge::spawn(None, Bridge, sender)
            .await
            .map_err(StartError::actor("bridge"))?;
        host.link(self.node.get_cell());
        Ok((host, inbox))
    }

    async fn spawn_sync(
        &self,
        network: &NetworkRef<MusubiContext>,
        host: &HostRef<MusubiContext>,
        consensus: &ConsensusRef<MusubiContext>,
    ) -> Result<Option<SyncRef<MusubiContext>>, StartError> {
        let (network, host, consensus) = (network.clone(), host.clone(), consensus.clone());
        let sync = spawn_sync_actor(
            MusubiContext,
            network,
            host,
            consensus,
            ScaleCodec,
            &self.sync,
            &self.registry,
        )
        .await;
        let sync = sync.map_err(StartError::actor("sync"))?;
        if let Some(sync) = &sync {
            sync.link(self.node.get_cell());
        }
        Ok(sync)
    }
}
