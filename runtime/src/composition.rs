//! The pallets put together.
#![allow(
    missing_docs,
    missing_debug_implementations,
    reason = "the runtime macro makes items without either"
)]

pub(crate) mod apis;

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
