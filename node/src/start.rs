//! Starting a node: the only place where store, pipeline, consensus, network and API meet.

use crate::{
    backup::checkpoint::NodeCheckpoints,
    clock::SystemClock,
    commands::{care::chain as chain_of, spec},
    config::NodeConfig,
    desk::{self, Office, chain::Chain, custodian::VaultDoor, family::FamilyOffice},
    explorer, gossip,
    halt::Halt,
    join,
    key_file::{self, KeyKind},
    membership::Memberships,
    observed::{Observed, calls::GatewayCalls},
    recovery, restored,
    views::{Network as NetworkAsSeen, States, Transactions},
};
use musubi_chain_spec::{ChainSpec, Environment};
use musubi_node_api::{About, Head, Limits, Metrics, Services, Token};
use musubi_node_consensus::{self as consensus, Dissemination, Engine, NodeKey, Peer};
use musubi_node_core::{
    executor::{Genesis, Specs, Worker},
    pipeline::{Finalised, Pipeline, PipelineParts},
    ports::{Clock, ConsensusHost},
};
use musubi_node_facade::Facade;
use musubi_node_gateway::sessions::RelyingParty;
use musubi_node_network::{Event, Network, Settings};
use musubi_node_store::{Retention, Store, StoreOptions};
use musubi_node_web::Face;
use musubi_primitives::VerifyingKey;
use std::{future::Future, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::{broadcast::error::RecvError, mpsc, watch},
};

/// Prefix of account addresses: Substrate's generic one, as the runtime has it.
const SS58_PREFIX: u16 = 42;
/// Connections of the members' network, in both directions together.
const CONNECTIONS_MAX: u32 = 256;
/// Folder of the consensus write-ahead log, below the data folder.
const CONSENSUS: &str = "consensus";
/// Memory for cached trie nodes, in bytes.
const TRIE_CACHE_BYTES: usize = 64 << 20;
/// Memory for RocksDB's block cache, in bytes.
const STORE_CACHE_BYTES: usize = 32 << 20;

/// Runs a node until `stop` resolves or a part of it halts.
///
/// # Errors
/// A sentence that says which part could not start or had to halt, and why.
pub async fn run(
    config: NodeConfig,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Halt> {
    let spec = spec::read(&config.spec)?;
    desk::check_cards(&config, spec.environment)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let genesis = genesis(&config, &spec).await?;
    let hash = genesis.hash();
    restored::mark_if_copied(&config.data)?;
    let dissemination = Dissemination::for_validators(genesis.validators().validators().len());
    let (pipeline, store) = pipeline(&config, &spec, genesis, Arc::clone(&clock))?;
    let node_key = consensus_key(&config)?;
    let door = VaultDoor::default();
    let (network, events) = network(&config, &pipeline, door.clone())?;
    tokio::pin!(stop);
    tokio::select! {
        joined = join::catch_up(&config, &pipeline, &network) => joined?,
        () = &mut stop => return Ok(()),
    }
    gossip::start(&pipeline, &network, events);
    tokio::select! {
        followed = follow_if_restored(&config, &pipeline, &network, dissemination) => followed?,
        () = &mut stop => return Ok(()),
    }
    let head = heads(&pipeline)?;
    let chain = Chain::new(pipeline.clone(), Arc::clone(&clock), head.clone());
    let (office, background) = desk::open(&config, chain, network.clone(), &door).await?;
    let office = Arc::new(office);
    let engine = engine(&config, &node_key, CONSENSUS, &pipeline, dissemination).await?;
    let explorer = explorer_routes(&config, &spec, &pipeline, Arc::clone(&clock)).await?;
    let checkpoint_made_at = Arc::default();
    let checkpoints = NodeCheckpoints::new(
        store,
        Arc::clone(&office),
        &config.data,
        Arc::clone(&checkpoint_made_at),
    );
    let services = services(
        &config,
        &spec,
        &pipeline,
        &engine,
        &network,
        (clock, head),
        checkpoints,
    )
    .await?;
    let metrics = Metrics::default();
    let validates = services.about.validates;
    Observed::new(
        engine.status(),
        Arc::clone(&office),
        &config,
        validates,
        checkpoint_made_at,
    )
    .register(&metrics);
    let listener = TcpListener::bind(config.rpc.listen)
        .await
        .map_err(|error| format!("rpc.listen {}: {error}", config.rpc.listen))?;
    let mut api = musubi_node_api::build(
        &services,
        &Limits::default(),
        operator_token(&config)?,
        &metrics,
    )
    .map_err(|error| format!("build the API: {error}"))?;
    api.router = api.router.merge(explorer);
    let faces = api.for_guests.clone().merge(Face::App.routes());
    let faces = faces.merge(Face::Counter.calling(&config.counter.callable()?));
    tracing::info!(name = config.name, %hash, rpc = %config.rpc.listen, key = %node_key.public(), "node started");
    let (stopped, stopping) = watch::channel(false);
    let facade = desk::facade::open(&config, &office)?;
    let calls = GatewayCalls::register(&metrics);
    let family = FamilyOffice::new(Arc::clone(&office), &config, spec.name.clone())?;
    serve_gateway(
        &config,
        office,
        family,
        facade,
        faces,
        calls,
        stopping.clone(),
    )
    .await?;
    background.start();
    let serving = tokio::spawn(musubi_node_api::serve(api, listener, told(stopping)));
    let outcome = engine.run(stop).await.map_err(Halt::from);
    tracing::info!(name = config.name, "node stops");
    stopped.send_replace(true);
    match serving.await {
        Ok(Ok(())) => outcome,
        Ok(Err(error)) => outcome.and(Err(format!("serve the API: {error}").into())),
        Err(error) => outcome.and(Err(format!("serve the API: {error}").into())),
    }
}

/// The explorer's answers, for operators only, and its pages, which tell nothing; no routes where the configuration has none.
async fn explorer_routes(
    config: &NodeConfig,
    spec: &ChainSpec,
    pipeline: &Pipeline,
    clock: Arc<dyn Clock>,
) -> Result<axum::Router, String> {
    if !config.explorer.enabled {
        return Ok(axum::Router::new());
    }
    let chain = spec.name.clone();
    let answers = explorer::open(&config.explorer, &config.data, chain, pipeline, clock).await?;
    let answers = musubi_node_api::for_operators(answers, operator_token(config)?);
    let face = Face::Explorer;
    tracing::info!(pages = face.is_here(), "explorer opened at {}", face.path());
    Ok(answers.merge(face.routes()))
}

/// Serves the gateway, where the configuration has one, until the node stops; beside it the pages that call it, and what the light
/// client in them asks.
async fn serve_gateway(
    config: &NodeConfig,
    office: Arc<Office>,
    family: FamilyOffice,
    facade: Option<Facade>,
    faces: axum::Router,
    calls: GatewayCalls,
    stopping: watch::Receiver<bool>,
) -> Result<(), String> {
    let Some(address) = config.gateway.listen else {
        return Ok(());
    };
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("gateway.listen {address}: {error}"))?;
    let entrance = musubi_node_gateway::Entrance::new(Arc::clone(&office) as _);
    let care = musubi_node_gateway::cds::router(
        entrance.clone(),
        Arc::clone(&office) as _,
        facade
            .as_ref()
            .and_then(|facade| desk::facade::systems(facade, &office)),
    );
    let follow_up =
        musubi_node_gateway::follow_up::router(entrance.clone(), Arc::clone(&office) as _);
    let forms = musubi_node_gateway::forms::router(entrance.clone(), Arc::clone(&office) as _);
    let sessions = sessions_routes(config, &entrance)?;
    let console =
        desk::console::Console::new(Arc::clone(&office), &config.counter, &config.explorer)?;
    let console = musubi_node_gateway::console::router(entrance.clone(), Arc::new(console));
    let neighbours = config.counter.neighbours()?.into_values().collect();
    let family = musubi_node_gateway::family::router(entrance.clone(), Arc::new(family));
    let own = musubi_node_gateway::router(entrance, office)
        .merge(care)
        .merge(console)
        .merge(family)
        .merge(follow_up)
        .merge(forms)
        .merge(sessions);
    // Each router is watched by itself: only it knows its routes' patterns.
    let mut routes = calls.clone().watch(own).merge(faces);
    if let Some(facade) = facade {
        routes = musubi_node_facade::beside(routes, calls.watch(facade.router()));
    }
    routes = musubi_node_gateway::console::across(routes, neighbours);
    tracing::info!(%address, "gateway opened");
    tokio::spawn(async move {
        let served = musubi_node_listener::serve(
            listener,
            routes,
            musubi_node_listener::Bounds::default(),
            told(stopping),
        );
        if let Err(error) = served.await {
            tracing::error!(%error, "the gateway ended");
        }
    });
    Ok(())
}

/// Sessions and passkeys; passkeys only where the configuration has an origin.
fn sessions_routes(
    config: &NodeConfig,
    entrance: &musubi_node_gateway::Entrance,
) -> Result<axum::Router, String> {
    let party = config.gateway.origin.as_deref().map(|origin| {
        RelyingParty::of(origin).ok_or_else(|| {
            format!("gateway.origin {origin:?}: expected https://HOST[:PORT], or http://localhost[:PORT]")
        })
    });
    let store = Arc::new(desk::passkeys::Passkeys::open(&config.data)?);
    Ok(musubi_node_gateway::sessions::router(
        entrance.clone(),
        store,
        party.transpose()?,
    ))
}

/// Resolves when the node is told to stop.
async fn told(mut stopping: watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = stopping.wait_for(|stopped| *stopped).await;
}

/// Builds genesis on a thread with the stack that the runtime needs.
///
/// # Errors
/// When the specification cannot be read, or the runtime refuses it.
pub async fn genesis(config: &NodeConfig, spec: &ChainSpec) -> Result<Genesis, String> {
    let (path, spec) = (config.spec.clone(), spec.clone());
    let worker = Worker::start("musubi-genesis").map_err(|fault| fault.to_string())?;
    let built = worker.run(move || recovery::genesis(&path, &spec)).await;
    built.map_err(|fault| fault.to_string())?
}

/// The chain of a node that does not run, for whoever reads its state. Needs the stack of a worker thread.
///
/// # Errors
/// A sentence that names the file or folder.
pub fn stopped(config: &NodeConfig) -> Result<Pipeline, String> {
    let spec = spec::read(&config.spec)?;
    let genesis = recovery::genesis(&config.spec, &spec)?;
    let (pipeline, _) = pipeline(config, &spec, genesis, Arc::new(SystemClock::default()))?;
    Ok(pipeline)
}

/// The chain of a node in its data folder, which is made where it is missing, and its store.
///
/// # Errors
/// A sentence that names the folder.
pub fn pipeline(
    config: &NodeConfig,
    spec: &ChainSpec,
    genesis: Genesis,
    clock: Arc<dyn Clock>,
) -> Result<(Pipeline, Arc<Store>), String> {
    let path = config.data.join("chain");
    std::fs::create_dir_all(&path).map_err(|error| format!("data {}: {error}", path.display()))?;
    let retention = if config.store.archive {
        Retention::Archive
    } else {
        Retention::Heights(config.store.pruning_window.into())
    };
    let options = StoreOptions {
        path,
        chain: spec.id.clone(),
        genesis: genesis.hash(),
        retention,
        cache_bytes: STORE_CACHE_BYTES,
    };
    let store = Arc::new(Store::open(options).map_err(|error| error.to_string())?);
    let parts = PipelineParts {
        journal: Arc::clone(&store) as _,
        store: Arc::clone(&store) as _,
        genesis,
        specs: Specs::default(),
        clock,
        cache_bytes: TRIE_CACHE_BYTES,
    };
    let pipeline = Pipeline::start(parts).map_err(|fault| fault.to_string())?;
    Ok((pipeline, store))
}

fn consensus_key(config: &NodeConfig) -> Result<NodeKey, String> {
    let passphrase = crate::commands::key::passphrase(None)?;
    let secret = key_file::read(
        &config.keys.consensus,
        KeyKind::Ed25519,
        passphrase.as_deref(),
    )
    .map_err(|error| error.to_string())?;
    Ok(NodeKey::from_seed(*secret))
}

/// A restored node follows under a throw-away key until its own key can no longer vote twice.
async fn follow_if_restored(
    config: &NodeConfig,
    pipeline: &Pipeline,
    network: &Network,
    dissemination: Dissemination,
) -> Result<(), Halt> {
    if !restored::must_follow(config) {
        return Ok(());
    }
    let secret = key_file::new_secret().map_err(|error| format!("draw a key: {error}"))?;
    let key = NodeKey::from_seed(*secret);
    let follower = engine(config, &key, restored::FOLLOWER, pipeline, dissemination).await?;
    let safe = restored::until_safe(config.clone(), pipeline.clone(), network.clone());
    follower.run(safe).await?;
    Ok(restored::forget(config)?)
}

async fn engine(
    config: &NodeConfig,
    key: &NodeKey,
    folder: &str,
    pipeline: &Pipeline,
    dissemination: Dissemination,
) -> Result<Engine, Halt> {
    let directory = config.data.join(folder);
    std::fs::create_dir_all(&directory)
        .map_err(|error| format!("data {}: {error}", directory.display()))?;
    let config = consensus::Config {
        name: config.name.clone(),
        key: key.clone(),
        listen: config
            .consensus
            .listen
            .parse()
            .map_err(|error| format!("consensus.listen: {error}"))?,
        peers: config
            .consensus
            .peers
            .iter()
            .map(|peer| parse_peer(peer))
            .collect::<Result<_, _>>()?,
        peers_only: false,
        directory,
        dissemination,
    };
    Ok(consensus::start(config, Arc::new(pipeline.clone())).await?)
}

/// The members' network of a node, on the current tokio runtime.
///
/// # Errors
/// A sentence that names the key file, or the address that is of no use.
pub fn network(
    config: &NodeConfig,
    pipeline: &Pipeline,
    door: VaultDoor,
) -> Result<(Network, mpsc::Receiver<Event>), String> {
    let seed = key_file::read(
        &config.keys.network,
        KeyKind::Ed25519,
        crate::commands::key::passphrase(None)?.as_deref(),
    );
    let address = |key: &'static str, text: &str| {
        text.parse()
            .map_err(|error| format!("{key} {text:?}: {error}"))
    };
    let settings = Settings {
        node_seed: *seed.map_err(|error| error.to_string())?,
        genesis: pipeline.genesis(),
        listen: vec![address("network.listen", &config.network.listen)?],
        dial: config
            .network
            .peers
            .iter()
            .map(|peer| address("network.peers", peer))
            .collect::<Result<_, _>>()?,
        connections_max: CONNECTIONS_MAX,
        membership: Arc::new(Memberships::new(pipeline)),
        snapshots: Arc::new(pipeline.clone()),
        blobs: Arc::new(door),
    };
    musubi_node_network::start(settings).map_err(|error| chain_of(&error))
}

/// `/ip4/…/tcp/PORT/p2p/<peer id>`, where the peer id holds the node's Ed25519 key.
fn parse_peer(text: &str) -> Result<Peer, String> {
    let wrong = || {
        format!(
            "consensus.peers {text:?}: expected /ip4/ADDRESS/tcp/PORT/p2p/PEER-ID with an Ed25519 peer id"
        )
    };
    let (address, id) = text.split_once("/p2p/").ok_or_else(wrong)?;
    let id: libp2p::PeerId = id.parse().map_err(|_| wrong())?;
    // A short key stands in the id itself: identity multihash, then a protobuf of type Ed25519 (libp2p specification, "Peer Ids and Keys").
    let bytes = id.to_bytes();
    let key = bytes
        .strip_prefix(&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20])
        .ok_or_else(wrong)?;
    let key = VerifyingKey(key.try_into().map_err(|_| wrong())?);
    Ok(Peer {
        address: address.parse().map_err(|_| wrong())?,
        key,
    })
}

async fn services(
    config: &NodeConfig,
    spec: &ChainSpec,
    pipeline: &Pipeline,
    engine: &Engine,
    network: &Network,
    (clock, head): (Arc<dyn Clock>, watch::Receiver<Head>),
    checkpoints: NodeCheckpoints,
) -> Result<Services, String> {
    let next = pipeline
        .height_parameters(pipeline.tip().saturating_add(1))
        .await
        .map_err(|fault| fault.to_string())?;
    let validates = next
        .validators
        .get(&consensus_key(config)?.public())
        .is_some();
    let network = NetworkAsSeen {
        swarm: network.clone(),
        status: engine.status(),
    };
    Ok(Services {
        store: Arc::clone(pipeline.store()),
        state: Arc::new(States(pipeline.clone())),
        pool: Arc::new(Transactions(pipeline.clone())),
        network: Arc::new(network),
        clock,
        head,
        checkpoints: Arc::new(checkpoints),
        genesis: pipeline.genesis(),
        about: about(spec, validates),
    })
}

fn about(spec: &ChainSpec, validates: bool) -> About {
    let chain_type = match spec.environment {
        Environment::Development => "Development",
        Environment::Production => "Live",
    };
    About {
        name: "musubi",
        version: env!("CARGO_PKG_VERSION"),
        chain: spec.name.clone(),
        chain_type: chain_type.to_owned(),
        ss58_prefix: SS58_PREFIX,
        validates,
    }
}

/// The newest head as a watch, fed by the pipeline.
fn heads(pipeline: &Pipeline) -> Result<watch::Receiver<Head>, String> {
    let (height, hash) = pipeline
        .store()
        .tip()
        .map_err(|fault| fault.to_string())?
        .ok_or("the store has no genesis")?;
    let header = pipeline
        .executor()
        .header(&hash)
        .map_err(|error| error.to_string())?;
    let at = pipeline
        .executor()
        .time_of(&header)
        .map_err(|fault| fault.to_string())?;
    let (sender, receiver) = watch::channel(Head { height, hash, at });
    let mut finalised = pipeline.finalised();
    tokio::spawn(async move {
        loop {
            match finalised.recv().await {
                Ok(block) => sender.send_replace(head_of(&block)),
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
        }
    });
    Ok(receiver)
}

fn head_of(block: &Finalised) -> Head {
    Head {
        height: block.height,
        hash: block.hash,
        at: block.time,
    }
}

fn operator_token(config: &NodeConfig) -> Result<Option<Token>, String> {
    let Some(path) = &config.rpc.operator_token else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("rpc.operator_token {}: {error}", path.display()))?;
    let token = Token::new(text.trim()).ok_or_else(|| {
        format!(
            "rpc.operator_token {}: expected at least {} bytes",
            path.display(),
            Token::BYTES_MIN
        )
    })?;
    Ok(Some(token))
}
