//! The runtime of Musubi: the pallets put together, the runtime interface that nodes and clients call, and the switch from one
//! specification to the next. FRAME, compiled and executed natively; there is no Wasm blob.
//!
//! **Invariants.** The same specification id means the same bytes on every validator: nothing here reads a clock, a file, the
//! environment or a random source. No call takes a name, a place or free text, which is why no block takes a call of `System`
//! (`remark` is free text; see [`extension`]). Accounts have no balances: they exist because a member admitted them.
//!
//! Reading order: [`spec`] (versions), [`signature`] (verify once), [`weights`] (block limits), [`interface`] (what clients ask).
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::float_arithmetic
    )
)]

extern crate alloc;

pub mod extension;
pub mod interface;
pub mod rehearsal;
pub mod signature;
pub mod spec;
pub mod weights;

mod composition;
mod configuration;

pub use composition::apis::api;
pub use composition::*;
pub use signature::{PreVerified, Signature};

use sp_runtime::{AccountId32, MultiAddress, generic, traits::BlakeTwo256};

/// An account: an Ed25519 public key.
pub type AccountId = AccountId32;
/// Number of transactions an account has sent.
pub type Nonce = u32;
/// Height of a block.
pub type BlockNumber = u32;
/// BLAKE2-256.
pub type Hash = sp_core::H256;
/// Header of a block.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// How a transaction names its sender.
pub type Address = MultiAddress<AccountId, ()>;
/// What is signed and checked beside the call itself.
pub type TxExtension = (
    extension::CheckSender,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckEra<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
);
/// A transaction or inherent as it travels.
pub type UncheckedExtrinsic =
    generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What the sender of a transaction signs.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// Executes blocks.
pub type Executive = frame_executive::Executive<
    Runtime,
    Block,
    frame_system::ChainContext<Runtime>,
    Runtime,
    AllPalletsWithSystem,
>;
