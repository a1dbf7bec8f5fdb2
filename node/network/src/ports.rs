//! What the node answers for its network: who is a member, what state it serves, and what its vault gives and takes.
//!
//! Snapshot and vault calls may wait for the disk; the network makes them on threads of their own, a bounded number for each peer.

use crate::message::{FinalBlock, Refusal, SnapshotChunk};
use musubi_primitives::{BlockHash, MemberId, VerifyingKey};

/// Who may speak here, as the newest finalised state says.
pub trait Membership: Send + Sync + 'static {
    /// The active member whose node key this is.
    fn member(&self, key: &VerifyingKey) -> Option<MemberId>;
}

/// What a joining or lagging node asks for. Answers within the bounds given, in order.
pub trait SnapshotSource: Send + Sync + 'static {
    /// Final blocks from a height upwards, without gaps, at most `limit`.
    fn final_blocks(&self, first: u64, limit: u32) -> Result<Vec<FinalBlock>, Refusal>;
    /// The block whose state is offered as a snapshot.
    fn newest(&self) -> Result<FinalBlock, Refusal>;
    /// State after a block: pairs with keys strictly after `after`, about `bytes_max` of them, at least one unless none is left.
    fn chunk(
        &self,
        block: &BlockHash,
        after: Option<&[u8]>,
        bytes_max: u32,
    ) -> Result<SnapshotChunk, Refusal>;
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
