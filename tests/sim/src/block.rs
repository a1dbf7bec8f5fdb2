//! Blocks of a few bytes, and the chain of decided ones.
//!
//! Four rules make a block valid: its height follows the tip, its parent is the tip, it says that it is good, and a change of validators that
//! it carries leaves a set that can bear the traitors among it. A change in block `h` decides who votes from `h + 2` on, as in the runtime.

use codec::{Decode, DecodeAll, Encode};
use musubi_primitives::{
    BlockHash, MemberId, VerifyingKey,
    commitment::hash_parts,
    finality::{CommitCertificate, Validator, ValidatorSet},
};
use std::collections::BTreeSet;

/// The genesis of every run.
pub const GENESIS: BlockHash = BlockHash([9; 32]);

/// A change of who votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    /// This key votes too.
    Admit([u8; 32]),
    /// This key votes no more.
    VoteOut([u8; 32]),
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// The block before it.
    pub parent: [u8; 32],
    /// What tells blocks of one height apart.
    pub salt: u64,
    /// Who votes from two blocks later.
    pub change: Option<Change>,
    /// False: nobody may accept it.
    pub good: bool,
}

impl Block {
    /// Reads a block.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Self::decode_all(&mut &*bytes).ok()
    }

    /// Its hash.
    pub fn hash(&self) -> BlockHash {
        BlockHash(hash_parts(&[&self.encode()]))
    }
}

/// The decided blocks of one node.
#[derive(Clone, Debug)]
pub struct Chain {
    founders: BTreeSet<[u8; 32]>,
    /// The fewest validators that a change may leave.
    validators_min: usize,
    decided: Vec<(Block, CommitCertificate)>,
}

impl Chain {
    /// A chain at genesis.
    pub fn new(founders: BTreeSet<[u8; 32]>, validators_min: usize) -> Self {
        Self {
            founders,
            validators_min,
            decided: Vec::new(),
        }
    }

    /// Height of the newest block.
    pub fn tip(&self) -> u64 {
        u64::try_from(self.decided.len()).expect("a length")
    }

    /// Hash of the newest block.
    pub fn head(&self) -> BlockHash {
        self.decided
            .last()
            .map_or(GENESIS, |(block, _)| block.hash())
    }

    /// A decided block and why it is final.
    pub fn at(&self, height: u64) -> Option<&(Block, CommitCertificate)> {
        self.decided
            .get(usize::try_from(height.checked_sub(1)?).ok()?)
    }

    /// Who votes on a height: the founders, and what every block up to two before it changed.
    pub fn voters(&self, height: u64) -> BTreeSet<[u8; 32]> {
        let mut voters = self.founders.clone();
        let settled = self
            .decided
            .iter()
            .take_while(|(block, _)| block.height + 2 <= height);
        for change in settled.filter_map(|(block, _)| block.change) {
            apply(&mut voters, change);
        }
        voters
    }

    /// The same as a validator set.
    pub fn validators(&self, height: u64) -> ValidatorSet {
        let voter = |key: [u8; 32]| Validator {
            key: VerifyingKey(key),
            member: MemberId(0),
            power: 1,
        };
        ValidatorSet::new(self.voters(height).into_iter().map(voter).collect())
            .expect("changes leave a set with members, once each")
    }

    /// Whether a block may follow the tip.
    pub fn accepts(&self, block: &Block) -> bool {
        let follows = block.height == self.tip() + 1 && block.parent == self.head().0;
        follows && block.good && block.change.is_none_or(|change| self.bears(change))
    }

    /// Whether a change does something and leaves enough validators; a change that is still under way counts as done.
    pub fn bears(&self, change: Change) -> bool {
        let before = self.voters(self.tip() + 2);
        let mut after = before.clone();
        apply(&mut after, change);
        after != before && after.len() >= self.validators_min
    }

    /// Adds a decided block.
    pub fn push(&mut self, block: Block, certificate: CommitCertificate) {
        self.decided.push((block, certificate));
    }
}

fn apply(voters: &mut BTreeSet<[u8; 32]>, change: Change) {
    match change {
        Change::Admit(key) => voters.insert(key),
        Change::VoteOut(key) => voters.remove(&key),
    };
}
