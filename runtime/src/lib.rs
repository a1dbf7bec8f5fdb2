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
#![allow(
    missing_docs,
    missing_debug_implementations,
    reason = "the runtime macro makes items at the root without either"
)]

extern crate alloc;

pub mod extension;
pub mod interface;
pub mod rehearsal;
pub mod signature;
pub mod spec;
pub mod weights;

mod apis;
mod configuration;

pub use apis::api;
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

// At the root and no deeper: public clients (Python's scalecodec) know calls and events by the path `<crate>::RuntimeEvent`.
#[frame_support::runtime]
mod runtime {
    /// The pallets put together.
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Timestamp = pallet_timestamp;
    #[runtime::pallet_index(2)]
    pub type Consortium = pallet_consortium;
    #[runtime::pallet_index(3)]
    pub type Residents = pallet_residents;
    #[runtime::pallet_index(4)]
    pub type Consent = pallet_consent;
    #[runtime::pallet_index(5)]
    pub type Records = pallet_records;
    #[runtime::pallet_index(6)]
    pub type Access = pallet_access;
    // Last: its end-of-block hook anchors what the others did.
    #[runtime::pallet_index(10)]
    pub type Trail = pallet_trail;
}

#[cfg(test)]
mod tests {
    use super::{RuntimeCall, RuntimeEvent};
    use scale_info::TypeInfo;

    #[test]
    fn public_clients_find_calls_and_events_by_path() {
        let path = |kind: scale_info::Type| kind.path.segments;
        assert_eq!(
            path(RuntimeEvent::type_info()),
            ["musubi_runtime", "RuntimeEvent"]
        );
        assert_eq!(
            path(RuntimeCall::type_info()),
            ["musubi_runtime", "RuntimeCall"]
        );
    }
}
