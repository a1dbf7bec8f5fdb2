//! A second specification, to rehearse the switch with: it exists in this crate so that every test rehearses the same one, and is in force
//! nowhere unless a test registers [`SPECS`] as its [`crate::spec::SpecTable`].

use crate::{
    spec::{FIRST, Spec},
    weights::MIGRATION,
};
use frame_support::weights::Weight;

/// Where the rehearsed migration leaves its mark.
pub const MARK_KEY: &[u8] = b":musubi:rehearsal";

/// The specifications of production and the rehearsed one.
pub const SPECS: &[Spec] = &[
    FIRST,
    Spec {
        id: 2,
        transaction_version: 1,
        migrate: leave_mark,
    },
];

/// The migration: counts how often it ran, which must be once.
fn leave_mark() -> Weight {
    let times = frame_support::storage::unhashed::get_or_default::<u32>(MARK_KEY);
    frame_support::storage::unhashed::put(MARK_KEY, &times.saturating_add(1));
    MIGRATION
}
