//! Specifications: numbered sets of rules, of which state names the one in force.
//!
//! The members vote a number and a height (`pallet-consortium`, C13). The block before that height leaves the new number in state; the
//! first block under it runs, in order, the migrations of every specification newer than the one that state was last migrated to.
//! A program knows the specifications of its table, [`PRODUCTION`]; before it executes a block on a state it asks [`ensure_supported`],
//! and halts when the state's specification is missing. Tests bring a longer table, per execution, by registering [`SpecTable`]: nothing
//! else can put another specification into a program.

use crate::{Consortium, System, apis};
use frame_support::{traits::Get, weights::Weight};
use sp_externalities::ExternalitiesExt;
use sp_version::RuntimeVersion;
use std::{borrow::Cow, fmt};

/// One specification.
#[derive(Clone, Copy)]
pub struct Spec {
    /// Its number; `spec_version` to clients.
    pub id: u32,
    /// Version of the transaction format; changes when call numbers or arguments do.
    pub transaction_version: u32,
    /// Carries the state of the specification before over to this one.
    pub migrate: fn() -> Weight,
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spec {}", self.id)
    }
}

/// The specification of genesis.
pub const FIRST: Spec = Spec {
    id: 1,
    transaction_version: 1,
    migrate: Weight::zero,
};

/// The specifications that this program executes, oldest first.
pub const PRODUCTION: &[Spec] = &[FIRST];

sp_externalities::decl_extension! {
    /// Another table of specifications for one execution; only tests register it.
    pub struct SpecTable(&'static [Spec]);
}

impl fmt::Debug for SpecTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SpecTable").field(&self.0).finish()
    }
}

/// The state needs a specification that this program does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecMissing {
    /// The specification in force.
    pub active: u32,
    /// Those that the program has.
    pub supported: Vec<u32>,
}

impl fmt::Display for SpecMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { active, supported } = self;
        write!(
            f,
            "the next block needs specification {active}, this program has {supported:?}: install a program that has it, and start again"
        )
    }
}

impl std::error::Error for SpecMissing {}

/// Numbers of the specifications in a table.
pub fn supported_specs(table: &[Spec]) -> Vec<u32> {
    table.iter().map(|spec| spec.id).collect()
}

/// Whether a state with this active specification (`MusubiApi_spec_status`) can be executed on with a table.
///
/// # Errors
/// When the table lacks it: the node must halt, and neither propose nor vote.
pub fn ensure_supported(active: u32, table: &[Spec]) -> Result<(), SpecMissing> {
    match find(active, table) {
        Some(_) => Ok(()),
        None => Err(SpecMissing {
            active,
            supported: supported_specs(table),
        }),
    }
}

fn find(id: u32, table: &[Spec]) -> Option<&Spec> {
    table.iter().find(|spec| spec.id == id)
}

fn table() -> &'static [Spec] {
    sp_externalities::with_externalities(|mut externalities| {
        externalities.extension::<SpecTable>().map(|table| table.0)
    })
    .flatten()
    .unwrap_or(PRODUCTION)
}

/// The version that clients see, as of the surrounding state.
pub fn active_version() -> RuntimeVersion {
    let id = pallet_consortium::ActiveSpec::<crate::Runtime>::get();
    let transaction_version = find(id, table()).map_or(1, |spec| spec.transaction_version);
    RuntimeVersion {
        spec_name: Cow::Borrowed("musubi"),
        impl_name: Cow::Borrowed("musubi-native"),
        authoring_version: 1,
        spec_version: id,
        impl_version: 1,
        apis: apis::VERSIONS,
        transaction_version,
        system_version: 1,
    }
}

/// [`active_version`], as FRAME asks for it.
#[derive(Clone, Copy, Debug)]
pub struct ActiveVersion;

impl Get<RuntimeVersion> for ActiveVersion {
    fn get() -> RuntimeVersion {
        active_version()
    }
}

/// Runs in the first block under a new specification, before anything else.
#[derive(Clone, Copy, Debug)]
pub struct Migrations;

impl frame_support::traits::OnRuntimeUpgrade for Migrations {
    fn on_runtime_upgrade() -> Weight {
        let from = System::last_runtime_upgrade_spec_version();
        let to = Consortium::spec_status().active;
        table()
            .iter()
            .filter(|spec| from < spec.id && spec.id <= to)
            .map(|spec| (spec.migrate)())
            .fold(Weight::zero(), |sum, weight| sum.saturating_add(weight))
    }
}
