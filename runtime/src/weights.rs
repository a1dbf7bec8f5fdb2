//! Block limits: how much one block may cost and how long it may be; and what calls cost, as measured ([`access`] and the like).

pub mod access;
pub mod consent;
pub mod consortium;
pub mod records;
pub mod residents;
pub mod trail;

use frame_support::{
    dispatch::DispatchClass,
    parameter_types,
    weights::{RuntimeDbWeight, Weight, constants::WEIGHT_REF_TIME_PER_MILLIS},
};
use frame_system::limits;
use sp_runtime::Perbill;

/// Execution time of a full block with cold caches, in milliseconds; a fast pace leaves the rest to consensus.
const BLOCK_MILLISECONDS: u64 = 60;
/// What transactions may use of it; the rest is left to the sweeps at the block's end, which full blocks would otherwise starve.
const TRANSACTIONS_PERCENT: u32 = 90;
/// The most bytes of a block's transactions: what validators pass on within a round.
const BLOCK_BYTES: u32 = 2 * 1024 * 1024;
/// What a block costs before its first transaction: hooks, state root of what every block writes, header.
const BASE_BLOCK: Weight = Weight::from_parts(500_000_000, 0);
/// What a transaction costs beside its call: decoding, nonce, extensions, its share of the state root. Signatures are verified before.
const BASE_TRANSACTION: Weight = Weight::from_parts(25_000_000, 0);

/// Fetching a trie node that no cache of this process has, in picoseconds: three of four random reads among three million values of a node's
/// size took at most 5 µs (RocksDB 7.8 `db_bench readrandom`, 440 MB of data, 32 MB of block cache, files in the system's page cache).
const NODE_READ: u64 = 5_000_000;
/// A block's new nodes are written when it is decided, in one batch and off the path to the vote: they cost its execution nothing.
const NODE_WRITE: u64 = 0;

parameter_types! {
    /// What measured weights add for each trie node: their reads and writes count nodes, not keys.
    pub const NodeWeight: RuntimeDbWeight = RuntimeDbWeight { read: NODE_READ, write: NODE_WRITE };
    /// Limit on execution time.
    pub BlockWeights: limits::BlockWeights = block_weights();
    /// Limit on bytes.
    pub BlockLength: limits::BlockLength = limits::BlockLength::builder().max_length(BLOCK_BYTES).build();
}

fn block_weights() -> limits::BlockWeights {
    let limit = Weight::from_parts(
        BLOCK_MILLISECONDS.saturating_mul(WEIGHT_REF_TIME_PER_MILLIS),
        u64::MAX,
    );
    limits::BlockWeights::builder()
        .base_block(BASE_BLOCK)
        .for_class(DispatchClass::all(), |weights| {
            weights.base_extrinsic = BASE_TRANSACTION;
        })
        .for_class(DispatchClass::non_mandatory(), |weights| {
            weights.max_total = Some(limit);
        })
        .for_class(DispatchClass::Normal, |weights| {
            #[allow(
                clippy::arithmetic_side_effects,
                reason = "a share of a weight cannot overflow it"
            )]
            let share = Perbill::from_percent(TRANSACTIONS_PERCENT) * limit;
            weights.max_total = Some(share);
        })
        .build()
        .expect("a test builds the limits: base weights fit into the totals")
}

/// What the checks before a call cost. Their time is part of [`BASE_TRANSACTION`], and what they read of the block's beginning every
/// transaction shares; only the path to the sender's nonce is each one's own.
#[derive(Clone, Copy, Debug)]
pub struct Extensions;

/// Trie nodes on the path to an account that the rest of a block does not share, with 65,536 accounts.
const ACCOUNT_NODES: u64 = 4;

impl frame_system::ExtensionsWeightInfo for Extensions {
    fn check_nonce() -> Weight {
        NodeWeight::get().reads_writes(ACCOUNT_NODES, ACCOUNT_NODES)
    }
    fn check_genesis() -> Weight {
        Weight::zero()
    }
    fn check_mortality_mortal_transaction() -> Weight {
        Weight::zero()
    }
    fn check_mortality_immortal_transaction() -> Weight {
        Weight::zero()
    }
    fn check_non_zero_sender() -> Weight {
        Weight::zero()
    }
    fn check_spec_version() -> Weight {
        Weight::zero()
    }
    fn check_tx_version() -> Weight {
        Weight::zero()
    }
    fn check_weight() -> Weight {
        Weight::zero()
    }
    fn weight_reclaim() -> Weight {
        Weight::zero()
    }
}

/// What the rehearsed migration costs: one read and one write.
pub const MIGRATION: Weight = Weight::from_parts(5_000_000, 0);
