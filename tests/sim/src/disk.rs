//! What a node keeps over a crash: its chain, the bodies it has judged, and the engine's write-ahead log with a tail that is not yet synced.

use crate::{block::Chain, chance::Chance};
use arc_malachitebft_core_consensus::Input;
use arc_malachitebft_engine::wal::{decode_entry, encode_entry};
use musubi_node_consensus::{context::MusubiContext, wire::ScaleCodec};
use musubi_node_core::ports::Undecided;
use musubi_primitives::BlockHash;
use std::collections::BTreeMap;

/// One node's disk.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) chain: Chain,
    pub(crate) log: Log,
    bodies: BTreeMap<BlockHash, Vec<u8>>,
    undecided: Vec<Undecided>,
}

impl Disk {
    pub(crate) fn new(chain: Chain) -> Self {
        Self {
            chain,
            log: Log::default(),
            bodies: BTreeMap::new(),
            undecided: Vec::new(),
        }
    }

    /// Keeps a judged body; synced before it returns.
    pub(crate) fn keep(&mut self, undecided: Undecided, bytes: Vec<u8>) {
        self.bodies.insert(undecided.hash, bytes);
        if !self.undecided.contains(&undecided) {
            self.undecided.push(undecided);
        }
    }

    pub(crate) fn body(&self, hash: &BlockHash) -> Option<&Vec<u8>> {
        self.bodies.get(hash)
    }

    /// Judged bodies of a round.
    pub(crate) fn undecided(&self, height: u64, round: u32) -> impl Iterator<Item = &Undecided> {
        self.undecided
            .iter()
            .filter(move |kept| kept.height == height && kept.round == round)
    }

    /// Forgets what is below the tip.
    pub(crate) fn prune(&mut self) {
        let tip = self.chain.tip();
        self.undecided.retain(|kept| kept.height > tip);
        let undecided = &self.undecided;
        self.bodies
            .retain(|hash, _| undecided.iter().any(|kept| kept.hash == *hash));
    }
}

/// An entry that cannot be read: the node must not go on.
#[derive(Debug)]
pub(crate) struct Unreadable;

/// The write-ahead log of one height.
#[derive(Debug, Default)]
pub(crate) struct Log {
    height: u64,
    synced: Vec<Vec<u8>>,
    tail: Vec<Vec<u8>>,
}

impl Log {
    /// The entries of a height about to begin; a log of another height begins anew.
    pub(crate) fn begin(&mut self, height: u64) -> Result<Vec<Input<MusubiContext>>, Unreadable> {
        if self.height != height {
            self.reset(height);
        }
        let read =
            |entry: &Vec<u8>| decode_entry(&ScaleCodec, entry.as_slice()).map_err(|_| Unreadable);
        self.synced.iter().map(read).collect()
    }

    pub(crate) fn reset(&mut self, height: u64) {
        *self = Self {
            height,
            ..Self::default()
        };
    }

    pub(crate) fn append(
        &mut self,
        height: u64,
        entry: Input<MusubiContext>,
    ) -> Result<(), String> {
        if height == self.height {
            let mut bytes = Vec::new();
            encode_entry(entry, &ScaleCodec, &mut bytes).map_err(|error| error.to_string())?;
            self.tail.push(bytes);
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) {
        self.synced.append(&mut self.tail);
    }

    /// The power goes: any part of the tail may have reached the disk, in order.
    pub(crate) fn crash(&mut self, chance: &mut Chance) {
        let survived = chance.place(self.tail.len() + 1);
        self.tail.truncate(survived);
        self.flush();
    }

    /// A tag that no entry has, in place of one that was there. The engine's file carries a checksum per entry, so that every flipped bit
    /// shows as such an unreadable entry. False when there is nothing to damage.
    pub(crate) fn damage(&mut self, chance: &mut Chance) -> bool {
        let count = self.synced.len();
        if count > 0 {
            self.synced[chance.place(count)][0] = 0xff;
        }
        count > 0
    }
}
