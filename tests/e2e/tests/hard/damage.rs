//! What happens to a vault's disk while its node is away, and a node that answers in another's place and lies.

use crate::world::World;
use codec::{Decode, Encode};
use musubi_node_network::{
    Blobs, FinalBlock, Membership, Multiaddr, Network, Refusal, Settings, SnapshotSource,
    ports::Asker, start,
};
use musubi_node_vault::{
    VaultRequest, VaultResponse,
    exchange::{Part, PartWanted},
};
use musubi_primitives::{BlockHash, MemberId, RecordId, VerifyingKey, mountain_range::NodeHash};
use musubi_tests_support::gateway::secret;
use rocksdb::{DB, IteratorMode, Options};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Where a node keeps its vault.
pub(crate) fn vault_of(world: &World, place: usize) -> PathBuf {
    world
        .consortium
        .config(place)
        .with_file_name("data")
        .join("vault")
}

/// The database of a vault whose node is away.
pub(crate) struct Disk(DB);

impl Disk {
    pub(crate) fn of(world: &World, place: usize) -> Self {
        let path = vault_of(world, place);
        let options = Options::default();
        let columns = DB::list_cf(&options, &path).unwrap();
        Self(DB::open_cf(&options, &path, columns).unwrap())
    }

    /// How many entries of a column begin with a record's id.
    pub(crate) fn count_below(&self, column: &str, record: &RecordId) -> usize {
        let handle = self.0.cf_handle(column).unwrap();
        let entries = self.0.iterator_cf(handle, IteratorMode::Start);
        let keys = entries.map(|entry| entry.unwrap().0);
        keys.filter(|key| key.starts_with(&record.0)).count()
    }

    /// How many entries a column has, read beside the node that writes it.
    pub(crate) fn count_beside_its_node(world: &World, place: usize, column: &str) -> usize {
        let path = vault_of(world, place);
        let options = Options::default();
        let columns = DB::list_cf(&options, &path).unwrap();
        let db = DB::open_cf_for_read_only(&options, &path, columns, false).unwrap();
        let handle = db.cf_handle(column).unwrap();
        db.iterator_cf(handle, IteratorMode::Start).count()
    }

    pub(crate) fn remove(&self, column: &str, key: &[u8]) {
        self.0
            .delete_cf(self.0.cf_handle(column).unwrap(), key)
            .unwrap();
    }

    /// Alters what a column has under a key.
    pub(crate) fn alter(&self, column: &str, key: &[u8], alter: impl FnOnce(&mut Vec<u8>)) {
        let handle = self.0.cf_handle(column).unwrap();
        let mut value = self.0.get_cf(handle, key).unwrap().unwrap();
        alter(&mut value);
        self.0.put_cf(handle, key, value).unwrap();
    }

    /// Puts other records' envelopes in the place of this record's.
    pub(crate) fn swap_envelopes(&self, record: &RecordId, other: &RecordId) {
        let handle = self.0.cf_handle("envelopes").unwrap();
        for entry in self.0.prefix_iterator_cf(handle, other.0) {
            let (key, value) = entry.unwrap();
            if let Some(holder) = key.strip_prefix(&other.0) {
                let place = [&record.0, holder].concat();
                self.0.put_cf(handle, place, value).unwrap();
            }
        }
    }
}

/// Somebody who has a member's node key, answers for its vault, and gives false bytes.
pub(crate) struct Impostor {
    _network: Network,
    asked: Arc<AtomicU64>,
}

impl Impostor {
    /// Takes the place of a node that is away.
    pub(crate) fn in_place_of(world: &World, place: usize, member: &str) -> Self {
        let folder = world.consortium.folder().join("members").join(member);
        let asked = Arc::<AtomicU64>::default();
        let liar = Arc::new(Liar(Arc::clone(&asked)));
        let settings = Settings {
            node_seed: secret(&folder.join("network.pem")),
            genesis: world.genesis,
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
            dial: peers_of(world, place),
            connections_max: 16,
            membership: Arc::new(Everybody),
            snapshots: liar.clone(),
            blobs: liar,
        };
        let (network, _) = start(settings).unwrap();
        Self {
            _network: network,
            asked,
        }
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Whom a node dials in the members' network, by its configuration.
fn peers_of(world: &World, place: usize) -> Vec<Multiaddr> {
    let config = std::fs::read_to_string(world.consortium.config(place)).unwrap();
    let (_, after) = config.split_once("[network]").unwrap();
    let (_, after) = after.split_once("peers = [").unwrap();
    let (list, _) = after.split_once(']').unwrap();
    let addresses = list.split('"').filter(|part| part.starts_with('/'));
    addresses.map(|address| address.parse().unwrap()).collect()
}

struct Everybody;

impl Membership for Everybody {
    fn member(&self, _: &VerifyingKey) -> Option<MemberId> {
        Some(MemberId(0))
    }
}

struct Liar(Arc<AtomicU64>);

impl Blobs for Liar {
    fn read(&self, _: Asker, request: &[u8], _: u64, _: u32) -> Result<(u64, Vec<u8>), Refusal> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let VaultRequest::Fetch(PartWanted { .. }) = VaultRequest::decode(&mut &*request).unwrap()
        else {
            return Err(Refusal::Absent);
        };
        let part = Part {
            total: 100,
            bytes: vec![0x11; 100],
        };
        let answer = VaultResponse::Part(part).encode();
        Ok((u64::try_from(answer.len()).unwrap(), answer))
    }

    fn write(&self, _: Asker, _: &[u8], _: u64, _: u64, _: Vec<u8>) -> Result<u64, Refusal> {
        Err(Refusal::NotPermitted)
    }
}

impl SnapshotSource for Liar {
    fn final_block(&self, _: Option<u64>) -> Result<FinalBlock, Refusal> {
        Err(Refusal::Absent)
    }

    fn history(&self, _: u64, _: u32) -> Result<Vec<NodeHash>, Refusal> {
        Err(Refusal::Absent)
    }

    fn state(&self, _: &BlockHash, _: Option<&[u8]>, _: u32) -> Result<Vec<Vec<u8>>, Refusal> {
        Err(Refusal::Absent)
    }
}
