//! What becomes of an extrinsic, as Substrate clients read it, and why one is refused.

use crate::ports::LocalFault;
use musubi_primitives::BlockHash;
use sp_runtime::transaction_validity::{InvalidTransaction, UnknownTransaction};

/// A step in the life of an extrinsic of the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TxStatus {
    /// Waits for an earlier nonce of its sender.
    Future,
    /// May go into the next block.
    Ready,
    /// Was sent to these peers.
    Broadcast(Vec<String>),
    /// Stands in this block, which is final.
    InBlock(BlockHash),
    /// Stands in this final block; the last status.
    Finalized(BlockHash),
    /// Another extrinsic took its nonce; the last status.
    Usurped([u8; 32]),
    /// The pool had no room; the last status.
    Dropped,
    /// Cannot go into a block any more; the last status.
    Invalid,
}

impl TxStatus {
    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        match self {
            Self::Finalized(_) | Self::Usurped(_) | Self::Dropped | Self::Invalid => true,
            Self::Future | Self::Ready | Self::Broadcast(_) | Self::InBlock(_) => false,
        }
    }
}

/// Why an extrinsic is not in the pool. [`PoolError::code`] has Substrate's numbers.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// No signed transaction.
    #[error("Extrinsic has invalid format: {0}")]
    BadFormat(#[from] codec::Error),
    /// More bytes than any call needs.
    #[error("the extrinsic has {bytes} bytes, at most {max} are accepted")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// The runtime refuses it.
    #[error("Invalid Transaction: {}", <&'static str>::from(*.0))]
    Invalid(InvalidTransaction),
    /// The runtime cannot tell.
    #[error("Unknown Transaction Validity: {}", <&'static str>::from(*.0))]
    Unknown(UnknownTransaction),
    /// It was refused in a block not long ago.
    #[error("Transaction is temporarily banned")]
    TemporarilyBanned,
    /// It is here.
    #[error("Transaction is already imported")]
    AlreadyImported,
    /// Another extrinsic of the sender has this nonce and the same or a higher priority.
    #[error("Priority is too low: ({held} vs {offered}); the first extrinsic of a nonce stays")]
    PriorityTooLow {
        /// Priority of the one that is here.
        held: u64,
        /// Priority of the new one.
        offered: u64,
    },
    /// The sender has as many waiting as its role allows.
    #[error(
        "Immediately Dropped: the sender has {quota} extrinsics waiting, as many as its role allows"
    )]
    QuotaExceeded {
        /// The role's quota.
        quota: u32,
    },
    /// The pool is full of extrinsics of the same or higher priority.
    #[error("Immediately Dropped: the pool is full")]
    PoolFull,
    /// This node is at fault.
    #[error(transparent)]
    Fault(#[from] LocalFault),
}

impl PoolError {
    /// The JSON-RPC error code that Substrate's `author` methods use.
    pub fn code(&self) -> i32 {
        match self {
            Self::BadFormat(_) => 1001,
            Self::Invalid(_) | Self::TooLarge { .. } => 1010,
            Self::Unknown(_) => 1011,
            Self::TemporarilyBanned => 1012,
            Self::AlreadyImported => 1013,
            Self::PriorityTooLow { .. } => 1014,
            Self::QuotaExceeded { .. } | Self::PoolFull => 1016,
            Self::Fault(_) => -32603,
        }
    }
}
