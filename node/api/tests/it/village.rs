//! A village of one: finalised blocks, state and a pool in memory, and the API in front of them.

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::connect_info::ConnectInfo,
    http::{Request, StatusCode},
};
use codec::{Decode, Encode};
use http_body_util::BodyExt;
use musubi_node_api::{
    About, Api, Checkpoint, Checkpoints, Head, Limits, Metrics, NetworkView, PoolView, Refusal,
    Services, StateError, StateView, Token, TransactionStatus, build, ports::Peer,
};
use musubi_node_core::ports::{
    BlockBytes, BlockCommit, ChainStore, Clock, LocalFault, SnapshotCommit, Undecided,
};
use musubi_primitives::{
    AccountId, BlockHash, MemberId, Moment, Pseudonym, VerifyingKey,
    finality::{CommitCertificate, Validator, ValidatorSet},
    mountain_range::{MountainRange, NodeHash, Position, leaf_hash},
    trail::{TrailFact, TrailHead, TrailRow},
};
use serde_json::{Value, json};
use sp_core::H256;
use sp_runtime::{
    OpaqueExtrinsic, generic,
    traits::{BlakeTwo256, Header as _},
};
use sp_version::RuntimeVersion;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{mpsc, watch};
use tower::ServiceExt;

pub(crate) type Header = generic::Header<u32, BlakeTwo256>;
type Block = generic::Block<Header, OpaqueExtrinsic>;
pub(crate) type State = BTreeMap<Vec<u8>, Vec<u8>>;

pub(crate) const SUBJECT: Pseudonym = Pseudonym([7; 32]);
/// The extrinsic that this pool refuses.
pub(crate) const REFUSED: &[u8] = b"refused";

#[derive(Default)]
struct Chain {
    blocks: Vec<(BlockHash, Vec<u8>)>,
    states: BTreeMap<BlockHash, State>,
    rows: Vec<Vec<TrailRow>>,
    range: MountainRange,
    nodes: BTreeMap<Position, NodeHash>,
}

/// Chain, state, pool, peers and clock in one.
pub(crate) struct Village {
    chain: Mutex<Chain>,
    head: watch::Sender<Head>,
    clock: AtomicU64,
    history_start: AtomicU64,
    watched: Mutex<Vec<mpsc::Sender<TransactionStatus>>>,
}

impl Village {
    /// A village whose chain holds genesis.
    pub(crate) fn found() -> Arc<Self> {
        let (head, _) = watch::channel(Head {
            height: 0,
            hash: BlockHash([0; 32]),
            at: 0,
        });
        let village = Self {
            chain: Mutex::default(),
            head,
            clock: AtomicU64::new(1000),
            history_start: AtomicU64::new(1),
            watched: Mutex::default(),
        };
        village.extend(State::new(), vec![]);
        Arc::new(village)
    }

    /// Finalises a block after which state is `state`, with one trail row for each fact.
    pub(crate) fn extend(&self, state: State, facts: Vec<TrailFact>) -> BlockHash {
        let mut chain = self.chain.lock().unwrap();
        let height = chain.blocks.len() as u64;
        let parent = chain
            .blocks
            .last()
            .map_or(BlockHash([0; 32]), |(hash, _)| *hash);
        let header = Header::new(
            height as u32,
            H256::zero(),
            H256::zero(),
            H256(parent.0),
            Default::default(),
        );
        let hash = BlockHash(header.hash().0);
        let block = Block {
            header,
            extrinsics: vec![OpaqueExtrinsic::from_blob(vec![1, 2, 3])],
        };
        chain.blocks.push((hash, block.encode()));
        chain.states.insert(hash, state);
        let first = chain.rows.iter().map(Vec::len).sum::<usize>() as u64;
        let row = |(at, fact)| TrailRow {
            subject: SUBJECT,
            index: first + at as u64,
            at: 1000,
            fact,
        };
        let rows = facts.into_iter().enumerate().map(row).collect();
        chain.rows.push(rows);
        let Chain { range, nodes, .. } = &mut *chain;
        range.append(leaf_hash(&hash.0), |position, node| {
            nodes.insert(position, node);
        });
        drop(chain);
        self.head.send_replace(Head {
            height,
            hash,
            at: 1000,
        });
        hash
    }

    /// From now on the village is like one that joined by snapshot at the block before `height`.
    pub(crate) fn begin_history_at(&self, height: u64) {
        self.history_start.store(height, Ordering::SeqCst);
    }

    pub(crate) fn turn_clock(&self, now: Moment) {
        self.clock.store(now, Ordering::SeqCst);
    }

    /// Says a status to everybody who watches a transaction.
    pub(crate) async fn say(&self, status: TransactionStatus) {
        let watched = self.watched.lock().unwrap().clone();
        for watcher in watched {
            watcher.send(status).await.unwrap();
        }
    }

    pub(crate) fn services(self: &Arc<Self>) -> Services {
        let about = About {
            name: "musubi",
            version: "0.1.0",
            chain: "Test village".to_owned(),
            chain_type: "Development".to_owned(),
            ss58_prefix: 42,
            validates: true,
        };
        Services {
            store: self.clone(),
            state: self.clone(),
            pool: self.clone(),
            network: self.clone(),
            clock: self.clone(),
            head: self.head.subscribe(),
            checkpoints: self.clone(),
            genesis: self.chain.lock().unwrap().blocks[0].0,
            about,
        }
    }

    /// The API with small limits, so that tests reach them.
    pub(crate) fn api(self: &Arc<Self>) -> Api {
        self.api_within(Limits {
            request_bytes_max: 4096,
            response_bytes_max: 16 * 1024,
            batch_max: 4,
            subscriptions_max: 3,
            ..Limits::default()
        })
    }

    fn api_within(self: &Arc<Self>, limits: Limits) -> Api {
        build(
            &self.services(),
            &limits,
            Token::new("a long enough secret"),
            &Metrics::default(),
        )
        .unwrap()
    }

    /// Serves on a free port of this machine; the address to connect to.
    pub(crate) async fn listen(self: &Arc<Self>) -> SocketAddr {
        self.serve(self.api()).await
    }

    /// The same within other limits.
    pub(crate) async fn listen_within(self: &Arc<Self>, limits: Limits) -> SocketAddr {
        self.serve(self.api_within(limits)).await
    }

    async fn serve(self: &Arc<Self>, api: Api) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(musubi_node_api::serve(
            api,
            listener,
            std::future::pending(),
        ));
        address
    }
}

/// One HTTP exchange with the router, from an address, without a socket.
pub(crate) async fn exchange(
    router: &Router,
    from: &str,
    mut request: Request<Body>,
) -> (StatusCode, String) {
    request
        .extensions_mut()
        .insert(ConnectInfo(SocketAddr::new(from.parse().unwrap(), 50_000)));
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Posts a JSON-RPC body from an address, with its length as every HTTP client says it.
pub(crate) async fn post(
    router: &Router,
    from: &str,
    body: impl Into<Vec<u8>>,
) -> (StatusCode, String) {
    let body = body.into();
    let request = Request::post("/")
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .body(Body::from(body))
        .unwrap();
    exchange(router, from, request).await
}

/// The result of one call by an operator, or its error.
pub(crate) async fn call(router: &Router, method: &str, params: Value) -> Result<Value, Value> {
    call_from(router, "127.0.0.1", method, params).await
}

/// The result of one call from an address, or its error.
pub(crate) async fn call_from(
    router: &Router,
    from: &str,
    method: &str,
    params: Value,
) -> Result<Value, Value> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let (_, text) = post(router, from, body.to_string()).await;
    let mut answer: Value = serde_json::from_str(&text).unwrap();
    match answer.get("error") {
        Some(error) => Err(error.clone()),
        None => Ok(answer["result"].take()),
    }
}

pub(crate) fn validators() -> ValidatorSet {
    ValidatorSet::new(vec![Validator {
        key: VerifyingKey([3; 32]),
        member: MemberId(0),
        power: 1,
    }])
    .unwrap()
}

fn no_business() -> LocalFault {
    LocalFault::new("change the store", "the API has no business there")
}

impl ChainStore for Village {
    fn tip(&self) -> Result<Option<(u64, BlockHash)>, LocalFault> {
        let head = *self.head.borrow();
        Ok(Some((head.height, head.hash)))
    }
    fn hash_at(&self, height: u64) -> Result<Option<BlockHash>, LocalFault> {
        Ok(self
            .chain
            .lock()
            .unwrap()
            .blocks
            .get(height as usize)
            .map(|(hash, _)| *hash))
    }
    fn block(&self, hash: &BlockHash) -> Result<Option<BlockBytes>, LocalFault> {
        let chain = self.chain.lock().unwrap();
        let found = chain.blocks.iter().find(|(known, _)| known == hash);
        Ok(found.map(|(hash, bytes)| BlockBytes {
            hash: *hash,
            bytes: bytes.clone(),
        }))
    }
    fn height_of(&self, hash: &BlockHash) -> Result<Option<u64>, LocalFault> {
        let chain = self.chain.lock().unwrap();
        Ok(chain
            .blocks
            .iter()
            .position(|(known, _)| known == hash)
            .map(|at| at as u64))
    }
    fn certificate(&self, height: u64) -> Result<Option<CommitCertificate>, LocalFault> {
        let hash = self.hash_at(height)?.filter(|_| height > 0);
        Ok(hash.map(|block| CommitCertificate {
            height,
            round: 0,
            block,
            signatures: vec![],
        }))
    }
    fn validators(&self, _height: u64) -> Result<Option<ValidatorSet>, LocalFault> {
        Ok(Some(validators()))
    }
    fn events(&self, _height: u64) -> Result<Option<Vec<u8>>, LocalFault> {
        Ok(None)
    }
    fn extrinsic(&self, _hash: &[u8; 32]) -> Result<Option<(u64, u32)>, LocalFault> {
        Ok(None)
    }
    fn trail(
        &self,
        subject: &Pseudonym,
        first: u64,
        limit: u32,
    ) -> Result<Vec<(TrailRow, u64, u32)>, LocalFault> {
        let chain = self.chain.lock().unwrap();
        let placed = chain.rows.iter().enumerate().flat_map(|(height, rows)| {
            rows.iter()
                .enumerate()
                .map(move |(place, row)| (row.clone(), height as u64, place as u32))
        });
        let start = self.history_start.load(Ordering::SeqCst);
        Ok(placed
            .filter(|(_, height, _)| *height >= start)
            .filter(|(row, ..)| row.subject == *subject && row.index >= first)
            .take(limit as usize)
            .collect())
    }
    fn trail_of_block(&self, height: u64) -> Result<Vec<TrailRow>, LocalFault> {
        Ok(self
            .chain
            .lock()
            .unwrap()
            .rows
            .get(height as usize)
            .cloned()
            .unwrap_or_default())
    }
    fn mountain_node(&self, position: Position) -> Result<Option<NodeHash>, LocalFault> {
        Ok(self.chain.lock().unwrap().nodes.get(&position).copied())
    }
    fn trie_node(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, LocalFault> {
        Ok(None)
    }
    fn commit(&self, _commit: BlockCommit) -> Result<(), LocalFault> {
        Err(no_business())
    }
    fn keep_undecided(
        &self,
        _undecided: &Undecided,
        _block: &BlockBytes,
    ) -> Result<(), LocalFault> {
        Err(no_business())
    }
    fn undecided(&self, _height: u64, _round: u32) -> Result<Vec<Undecided>, LocalFault> {
        Ok(vec![])
    }
    fn undecided_block(&self, _hash: &BlockHash) -> Result<Option<BlockBytes>, LocalFault> {
        Ok(None)
    }
    fn note_attempt(&self, _hash: &BlockHash) -> Result<u32, LocalFault> {
        Ok(0)
    }
    fn forget_attempts(&self, _hash: &BlockHash) -> Result<(), LocalFault> {
        Ok(())
    }
    fn history_start(&self) -> Result<u64, LocalFault> {
        Ok(self.history_start.load(Ordering::SeqCst))
    }
    fn prune(&self) -> Result<(), LocalFault> {
        Err(no_business())
    }
    fn import_state_nodes(
        &self,
        _height: u64,
        _added: &[(Vec<u8>, Vec<u8>)],
        _dropped: &[Vec<u8>],
    ) -> Result<(), LocalFault> {
        Err(no_business())
    }
    fn import_mountain_nodes(&self, _nodes: &[(Position, NodeHash)]) -> Result<(), LocalFault> {
        Err(no_business())
    }
    fn discard_import(&self) -> Result<(), LocalFault> {
        Err(no_business())
    }
    fn install_snapshot(&self, _snapshot: SnapshotCommit) -> Result<(), LocalFault> {
        Err(no_business())
    }
    fn state_start(&self) -> Result<u64, LocalFault> {
        Ok(0)
    }
}

impl Village {
    fn state_of(&self, at: &BlockHash) -> Result<State, StateError> {
        self.chain
            .lock()
            .unwrap()
            .states
            .get(at)
            .cloned()
            .ok_or(StateError::UnknownBlock(*at))
    }
}

impl StateView for Village {
    fn call(
        &self,
        at: &BlockHash,
        function: &str,
        arguments: &[u8],
    ) -> Result<Vec<u8>, StateError> {
        let state = self.state_of(at)?;
        match function {
            "Core_version" => {
                let spec_version = state
                    .get(b":spec".as_slice())
                    .map_or(1, |bytes| u32::from(bytes[0]));
                Ok(RuntimeVersion {
                    spec_name: "musubi".into(),
                    spec_version,
                    ..Default::default()
                }
                .encode())
            }
            "Metadata_metadata_at_version" => {
                let asked = u32::decode(&mut &*arguments).unwrap();
                Ok((asked == 14).then(|| b"meta\x0e".to_vec()).encode())
            }
            "AccountNonceApi_account_nonce" => Ok(5u32.encode()),
            "MusubiApi_trail_head" => {
                let subject = Pseudonym::decode(&mut &*arguments).unwrap();
                let mut head = TrailHead::start(&subject);
                let chain = self.chain.lock().unwrap();
                let rows = chain.rows.iter().flatten();
                for row in rows.filter(|row| row.subject == subject) {
                    head = head.after(row).unwrap_or(head);
                }
                Ok(head.encode())
            }
            "Test_break" => Err(StateError::Fault(LocalFault::new(
                "read a trie node",
                "secret detail of the disk",
            ))),
            other => Err(StateError::UnknownFunction(other.to_owned())),
        }
    }
    fn storage(&self, at: &BlockHash, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.state_of(at)?.get(key).cloned())
    }
    fn keys(
        &self,
        at: &BlockHash,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StateError> {
        let state = self.state_of(at)?;
        let wanted = |key: &&Vec<u8>| {
            key.starts_with(prefix) && after.is_none_or(|after| key.as_slice() > after)
        };
        Ok(state
            .keys()
            .filter(wanted)
            .take(limit as usize)
            .cloned()
            .collect())
    }
    fn prove(&self, at: &BlockHash, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StateError> {
        self.state_of(at)?;
        Ok(keys.to_vec())
    }
}

#[async_trait]
impl PoolView for Village {
    async fn submit(&self, extrinsic: Vec<u8>) -> Result<[u8; 32], Refusal> {
        if extrinsic == REFUSED {
            return Err(Refusal::Invalid("Stale: the nonce was used".to_owned()));
        }
        Ok(sp_core::H256::from_slice(&[9; 32]).0)
    }
    async fn submit_and_watch(
        &self,
        extrinsic: Vec<u8>,
    ) -> Result<mpsc::Receiver<TransactionStatus>, Refusal> {
        self.submit(extrinsic).await?;
        let (send, receive) = mpsc::channel(8);
        send.send(TransactionStatus::Ready).await.unwrap();
        self.watched.lock().unwrap().push(send);
        Ok(receive)
    }
    fn pending(&self, _limit: usize) -> Vec<Vec<u8>> {
        vec![vec![4, 1]]
    }
    fn count(&self) -> usize {
        1
    }
    fn next_nonce(&self, _account: &AccountId, in_state: u32) -> u32 {
        in_state + 2
    }
}

impl NetworkView for Village {
    fn local_peer_id(&self) -> String {
        "12D3KooWLocal".to_owned()
    }
    fn peers(&self) -> Vec<Peer> {
        vec![Peer {
            id: "12D3KooWPeer".to_owned(),
            head: None,
        }]
    }
    fn is_syncing(&self) -> bool {
        false
    }
}

#[async_trait]
impl Checkpoints for Village {
    async fn make(&self) -> Result<Checkpoint, LocalFault> {
        let head = *self.head.borrow();
        Ok(Checkpoint {
            folder: "/var/lib/musubi/checkpoint".into(),
            height: head.height,
            hash: head.hash,
        })
    }
}

impl Clock for Village {
    fn now(&self) -> Moment {
        self.clock.load(Ordering::SeqCst)
    }
}
