//! Weighs every call on this machine and writes what it found into `runtime/src/weights/`, a file for each pallet.
//!
//! `cargo run --release -p musubi-runtime --example weigh -- 2000` first lets 2,000 families live on the chain. Then it takes blocks of calls of
//! one kind, at the bounds that the pallets allow (eight guardians, four devices, eight consents of one scope, a hundred municipalities, 64
//! proposals), and runs each on a state whose trie cache is empty, as after a restart. A call's weight is its share of dispatch, trail and
//! state root, as processor time in the best of seven runs, beside the trie nodes that it fetches and makes; what a node costs on disk, `weights.rs` says.
//! Trie nodes are in memory here: the time holds hashing and decoding of nodes, and no RocksDB.
//!
//! A debug build measures the compiler, not the runtime, and writes nothing.
#![allow(
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a measuring program reads the clock, prints, and fails loudly"
)]

#[allow(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../../tests/it/chain.rs"]
mod chain;
mod council;
mod ground;
mod hooks;
mod report;
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../../tests/it/story.rs"]
mod story;

use chain::Chain;
use frame_support::traits::OnFinalize;
use ground::{Cost, Ground};
use musubi_primitives::{AccountId, record::Category};
use musubi_runtime::{RuntimeCall, RuntimeOrigin, System, Trail};
use sp_runtime::traits::Dispatchable;
use std::collections::BTreeMap;
use story::{Family, Step};

/// What calls and hooks cost, by pallet and function of its `WeightInfo`.
pub(crate) type Costs = BTreeMap<(String, &'static str), Cost>;

/// Families whose calls are weighed, in one block each time: about as many calls as a full block has, which share the upper trie nodes.
const WEIGHED: u32 = 256;
/// Families that live through their calls together before.
const TOGETHER: u32 = 100;
/// Time of the family's story, in milliseconds; the chain stands there.
const NOW: u64 = 1_000;

fn main() {
    let families = std::env::args()
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(2_000);
    let mut chain = Chain::from_genesis(&council::genesis()).expect("the genesis breaks no rule");
    chain.extend(vec![]);
    let mut ground = Ground::of(&chain);
    populate(&mut ground, families);
    let entries = ground.entries();
    println!("{families} families, {entries} entries of state");
    let mut costs = Costs::new();
    let mut lean = Costs::new();
    weigh_families(&mut ground, families, &mut costs, full_life);
    weigh_families(&mut ground, families + WEIGHED, &mut lean, lean_life);
    weigh_keys(&mut ground, families, &mut costs);
    council::weigh(&mut ground, &mut costs);
    hooks::weigh(&mut ground, &mut costs);
    report::print(&costs);
    if cfg!(debug_assertions) {
        println!("a debug build: these figures are of no use as weights, and are not written");
    } else {
        report::write(&costs, &lean, families, entries);
    }
}

fn family(number: u32) -> Family {
    let phone = AccountId(sp_io::hashing::blake2_256(&number.to_be_bytes()));
    Family::new(number, phone, NOW)
}

/// Lets families live through what leaves entries behind.
fn populate(ground: &mut Ground, families: u32) {
    for first in (0..families).step_by(TOGETHER as usize) {
        let numbers = first..families.min(first + TOGETHER);
        let lives: Vec<Vec<Step>> = numbers
            .map(family)
            .map(|family| [family.until_consent(), family.visit(), family.aftermath()].concat())
            .collect();
        for steps in abreast(lives) {
            ground.block(true, || dispatch(&steps));
        }
    }
}

/// A family's whole life, at the pallets' bounds.
fn full_life(family: &Family) -> Vec<Step> {
    let mut life = family.life();
    let own_devices: Vec<Step> = life.drain(..2).collect();
    let mut steps = [family.enrolment(), family.relatives(7)].concat();
    // Seven consents of the scope that do not cover what is asked for, and one that does.
    for which in 1..8 {
        steps.extend([
            family.propose(which, Category::Growth),
            family.attest(which),
        ]);
    }
    steps.extend([family.propose(0, Category::Immunization), family.attest(0)]);
    steps.extend((8..12).map(|which| family.propose(which, Category::Growth)));
    steps.extend(family.visit());
    steps.extend(family.dispute(8));
    steps.extend(family.aftermath());
    steps.push(family.withdraw());
    steps.extend(own_devices);
    steps.extend(family.devices(3));
    steps.extend(life);
    steps
}

/// A life with one consent, for what each further one adds.
fn lean_life(family: &Family) -> Vec<Step> {
    [family.until_consent(), family.visit()].concat()
}

fn weigh_families(
    ground: &mut Ground,
    first: u32,
    costs: &mut Costs,
    life: fn(&Family) -> Vec<Step>,
) {
    let families: Vec<Family> = (first..first + WEIGHED).map(family).collect();
    for steps in abreast(families.iter().map(life).collect()) {
        weigh(ground, &steps, costs);
        ground.block(true, || dispatch(&steps));
    }
}

/// An operator keeps keys and nodes, a block for each call, as a member has few nodes.
fn weigh_keys(ground: &mut Ground, number: u32, costs: &mut Costs) {
    for step in family(number).keys() {
        weigh(ground, std::slice::from_ref(&step), costs);
        ground.block(true, || dispatch(std::slice::from_ref(&step)));
    }
}

/// The first step of all lives, then the second of all, and so on.
fn abreast(lives: Vec<Vec<Step>>) -> Vec<Vec<Step>> {
    let mut lives: Vec<_> = lives.into_iter().map(Vec::into_iter).collect();
    let mut rows = Vec::new();
    loop {
        let row: Vec<Step> = lives.iter_mut().filter_map(Iterator::next).collect();
        if row.is_empty() {
            return rows;
        }
        rows.push(row);
    }
}

/// Weighs a block of calls of one kind; the dearest block of a kind counts.
pub(crate) fn weigh(ground: &mut Ground, steps: &[Step], costs: &mut Costs) {
    let empty = ground.weigh(|| dispatch(&[]));
    let full = ground.weigh(|| dispatch(steps));
    let count = u64::try_from(steps.len()).expect("a block has few calls");
    let Some(step) = steps.first() else { return };
    note(
        costs,
        pallet_of(&step.call),
        step.name,
        full.without(empty) / count,
    );
}

/// Keeps the dearest cost of a kind.
pub(crate) fn note(costs: &mut Costs, pallet: String, name: &'static str, cost: Cost) {
    let known = costs.entry((pallet, name)).or_default();
    *known = known.dearest(cost);
}

/// A block's calls, with what every block does for its events and its trail.
pub(crate) fn dispatch(steps: &[Step]) {
    let height = begin_block();
    for step in steps {
        let origin = RuntimeOrigin::signed(step.by.0.into());
        if let Err(error) = step.call.clone().dispatch(origin) {
            panic!("{}: {:?}", step.name, error.error);
        }
    }
    Trail::on_finalize(height);
}

/// Begins the next block, without its hooks; its height.
pub(crate) fn begin_block() -> u32 {
    let height = System::block_number() + 1;
    System::reset_events();
    System::initialize(&height, &Default::default(), &Default::default());
    height
}

fn pallet_of(call: &RuntimeCall) -> String {
    use frame_support::traits::GetCallMetadata;
    call.get_call_metadata().pallet_name.to_lowercase()
}
