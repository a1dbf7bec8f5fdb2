//! Villages whose member nodes form a network, and strangers that are not let in.

use musubi_node_network::{
    Blobs, Event, FinalBlock, Membership, Multiaddr, Network, Refusal, Settings, SnapshotSource,
    network_key, ports::Asker, start,
};
use musubi_primitives::{BlockHash, MemberId, VerifyingKey, mountain_range::NodeHash};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::mpsc;

pub(crate) const GENESIS: BlockHash = BlockHash([9; 32]);
/// No test waits longer than this for something that must happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// The node key of the village with this number.
pub(crate) fn node_key(number: u8) -> VerifyingKey {
    let pair = musubi_node_network::Keypair::ed25519_from_bytes([number; 32]).unwrap();
    VerifyingKey(pair.public().try_into_ed25519().unwrap().to_bytes())
}

/// Villages 1 to `0` are members.
pub(crate) struct Members(pub(crate) u8);

impl Membership for Members {
    fn member(&self, key: &VerifyingKey) -> Option<MemberId> {
        (1..=self.0)
            .find(|number| node_key(*number) == *key)
            .map(|number| MemberId(u32::from(number)))
    }
}

/// The vault of a village, in memory; it has no chain.
#[derive(Default)]
pub(crate) struct Archive {
    pub(crate) blob: Vec<u8>,
    pub(crate) received: Mutex<Vec<u8>>,
    /// Offsets at which the blob was asked for, and a caller's wish to be told of each.
    pub(crate) asked: Mutex<Vec<u64>>,
    pub(crate) on_read: Option<mpsc::UnboundedSender<u64>>,
}

impl SnapshotSource for Archive {
    fn final_block(&self, _height: Option<u64>) -> Result<FinalBlock, Refusal> {
        Err(Refusal::Absent)
    }
    fn history(&self, _first: u64, _limit: u32) -> Result<Vec<NodeHash>, Refusal> {
        Err(Refusal::Absent)
    }
    fn state(
        &self,
        _block: &BlockHash,
        _after: Option<&[u8]>,
        _bytes: u32,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        Err(Refusal::Absent)
    }
}

impl Blobs for Archive {
    fn read(
        &self,
        _asker: Asker,
        request: &[u8],
        offset: u64,
        limit: u32,
    ) -> Result<(u64, Vec<u8>), Refusal> {
        if request != b"ticket" {
            return Err(Refusal::NotPermitted);
        }
        self.asked.lock().unwrap().push(offset);
        if let Some(tell) = &self.on_read {
            tell.send(offset).unwrap();
        }
        let rest = &self.blob[usize::try_from(offset).unwrap()..];
        Ok((
            self.blob.len() as u64,
            rest[..rest.len().min(limit as usize)].to_vec(),
        ))
    }
    fn write(
        &self,
        _asker: Asker,
        _label: &[u8],
        offset: u64,
        _total: u64,
        bytes: Vec<u8>,
    ) -> Result<u64, Refusal> {
        let mut received = self.received.lock().unwrap();
        if offset == received.len() as u64 {
            received.extend(bytes);
        }
        Ok(received.len() as u64)
    }
}

/// A running village.
pub(crate) struct Village {
    pub(crate) network: Network,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) address: Multiaddr,
}

/// Starts the village with this number, which knows `members` members and stays connected with `dial`.
pub(crate) async fn village(
    number: u8,
    members: u8,
    dial: Vec<Multiaddr>,
    archive: Arc<Archive>,
) -> Village {
    settled(number, GENESIS, members, dial, archive).await
}

/// The same on any chain.
pub(crate) async fn settled(
    number: u8,
    genesis: BlockHash,
    members: u8,
    dial: Vec<Multiaddr>,
    archive: Arc<Archive>,
) -> Village {
    furnished(number, genesis, members, dial, archive.clone(), archive).await
}

/// The same with any chain to give to those that join.
pub(crate) async fn furnished(
    number: u8,
    genesis: BlockHash,
    members: u8,
    dial: Vec<Multiaddr>,
    snapshots: Arc<dyn SnapshotSource>,
    blobs: Arc<Archive>,
) -> Village {
    let settings = Settings {
        node_seed: [number; 32],
        genesis,
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        dial,
        connections_max: 64,
        membership: Arc::new(Members(members)),
        snapshots,
        blobs,
    };
    let (network, events) = start(settings).unwrap();
    assert_eq!(
        network.local_peer_id(),
        network_key(&[number; 32]).public().to_peer_id()
    );
    let mut addresses = network.follow_addresses();
    let address = within(addresses.wait_for(|all| !all.is_empty()))
        .await
        .unwrap()[0]
        .clone();
    Village {
        network,
        events,
        address,
    }
}

/// Waits until a village sees this many proved members.
pub(crate) async fn sees(village: &Village, count: usize) {
    let mut peers = village.network.follow_peers();
    within(peers.wait_for(|peers| peers.len() == count))
        .await
        .unwrap();
}

/// `count` members, each connected with every other.
pub(crate) async fn members(count: u8) -> Vec<Village> {
    let mut all: Vec<Village> = Vec::new();
    for number in 1..=count {
        let dial = all.iter().map(|village| village.address.clone()).collect();
        all.push(village(number, count, dial, Arc::default()).await);
    }
    for village in &all {
        sees(village, usize::from(count) - 1).await;
    }
    all
}

/// What must happen, happens before the deadline.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("it happens before the deadline")
}

/// The next transactions that a village hears of.
pub(crate) async fn hears(village: &mut Village) -> Vec<Vec<u8>> {
    let Event::Transactions { transactions, .. } = within(village.events.recv()).await.unwrap();
    transactions
}
