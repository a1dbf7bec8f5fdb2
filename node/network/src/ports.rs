//! What the node answers for its network: who is a member, what state it serves, and what its vault gives and takes.
//!
//! All calls may wait for the disk; the network makes them on threads of their own, a bounded number for each peer.

use crate::message::{FinalBlock, Refusal};
use musubi_primitives::{BlockHash, MemberId, VerifyingKey, mountain_range::NodeHash};

/// Who may speak here, as the newest finalised state says.
pub trait Membership: Send + Sync + 'static {
    /// The active member whose node key this is.
    fn member(&self, key: &VerifyingKey) -> Option<MemberId>;
}

/// What a node that joins asks for. Whoever asks checks everything; see [`mod@crate::join`].
pub trait SnapshotSource: Send + Sync + 'static {
    /// A final block, or the newest one.
    fn final_block(&self, height: Option<u64>) -> Result<FinalBlock, Refusal>;
    /// Leaves of earlier headers in the mountain range, from header `first` on, at most `limit`.
    fn history(&self, first: u64, limit: u32) -> Result<Vec<NodeHash>, Refusal>;
    /// Trie nodes that prove a run of the state after a block: keys strictly after `after`, about `bytes` of proof, at least one key unless
    /// none is left.
    fn state(
        &self,
        block: &BlockHash,
        after: Option<&[u8]>,
        bytes: u32,
    ) -> Result<Vec<Vec<u8>>, Refusal>;
}

/// The asking side of a vault exchange: a proven member node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Its node key.
    pub key: VerifyingKey,
    /// Its member.
    pub member: MemberId,
}

/// The vault's side of blob exchange. Requests, labels and bytes mean something to vaults only.
pub trait Blobs: Send + Sync + 'static {
    /// At most `limit` bytes, from `offset`, of what `request` asks for, and the whole length.
    /// The same request must give the same bytes for as long as it is permitted, so that a transfer can be resumed.
    fn read(
        &self,
        asker: Asker,
        request: &[u8],
        offset: u64,
        limit: u32,
    ) -> Result<(u64, Vec<u8>), Refusal>;
    /// Takes bytes that start at `offset` of a blob described by `label`; how many bytes from the start are held afterwards.
    /// A vault that holds more, or less, than `offset` takes nothing and says how much it holds.
    fn write(
        &self,
        asker: Asker,
        label: &[u8],
        offset: u64,
        total: u64,
        bytes: Vec<u8>,
    ) -> Result<u64, Refusal>;
}
