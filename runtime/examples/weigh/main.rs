//! Weighs every call on this machine: plays the family's story for many families and prints, per call, the time of its dispatch and of the
//! state root that its writes cause, as the lines of `weights.rs`.
//!
//! `cargo run --release -p musubi-runtime --example weigh -- 200` plays 200 families. A debug build measures the compiler, not the runtime.
#![allow(
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a measuring program reads the clock and prints"
)]

#[allow(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../tests/it/chain.rs"]
mod chain;
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../tests/it/story.rs"]
mod story;

use chain::{Chain, account};
use musubi_primitives::AccountId;
use musubi_runtime::{RuntimeCall, RuntimeOrigin};
use pallet_consortium::proposal::Action;
use sp_runtime::{StateVersion, traits::Dispatchable};
use sp_state_machine::OverlayedChanges;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use story::{Family, Step};

/// What one call cost: dispatch, and the state root of its writes.
type Costs = BTreeMap<(String, &'static str), Vec<(Duration, Duration)>>;

fn main() {
    let families = std::env::args()
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(100);
    if cfg!(debug_assertions) {
        println!("a debug build: these figures are of no use as weights");
    }
    let mut chain = Chain::new();
    chain.extend(vec![]);
    let mut costs = Costs::new();
    for number in 0..families {
        play(&mut chain, number, &mut costs);
    }
    costs
        .iter()
        .for_each(|((pallet, call), samples)| report(pallet, call, samples));
}

fn play(chain: &mut Chain, number: u32, costs: &mut Costs) {
    let phone = AccountId(sp_io::hashing::blake2_256(&number.to_be_bytes()));
    let family = Family::new(number, phone, 1_000);
    let parts = [
        family.until_consent(),
        family.visit(),
        family.aftermath(),
        vec![family.withdraw()],
        family.keys(),
        votes(number),
        family.life(),
    ];
    for step in parts.into_iter().flatten() {
        let pallet = pallet_of(&step.call);
        let cost = weigh(chain, &step);
        costs.entry((pallet, step.name)).or_default().push(cost);
    }
}

/// A pace that is voted in by the second and third approval.
fn votes(number: u32) -> Vec<Step> {
    let parameters = musubi_primitives::parameter::Parameters::default();
    let propose = pallet_consortium::Call::propose {
        action: Action::ChangeParameters(parameters),
    };
    let vote = pallet_consortium::Call::vote {
        proposal: number,
        approve: true,
    };
    let by = |seed, name, call| Step {
        name,
        by: account(seed),
        call: RuntimeCall::Consortium(call),
    };
    vec![
        by(1, "propose", propose),
        by(2, "vote", vote.clone()),
        by(3, "vote", vote),
    ]
}

fn pallet_of(call: &RuntimeCall) -> String {
    use frame_support::traits::GetCallMetadata;
    call.get_call_metadata().pallet_name.to_lowercase()
}

/// Dispatches on the newest state, keeps what that changed, and says what it cost.
fn weigh(chain: &mut Chain, step: &Step) -> (Duration, Duration) {
    let origin = RuntimeOrigin::signed(step.by.0.into());
    let call = step.call.clone();
    let mut overlay = OverlayedChanges::default();
    let start = Instant::now();
    let outcome = chain::run(&chain.state, &mut overlay, &mut chain.extensions(), || {
        call.dispatch(origin)
    });
    let dispatched = start.elapsed();
    overlay.storage_root(&chain.state, StateVersion::V1);
    let rooted = start.elapsed();
    outcome.unwrap_or_else(|error| panic!("{}: {:?}", step.name, error.error));
    chain.state = chain::apply(&chain.state, overlay);
    (dispatched, rooted.saturating_sub(dispatched))
}

/// Prints a call's weight: half as much again as the median of dispatch and of root, in whole microseconds.
fn report(pallet: &str, call: &str, samples: &[(Duration, Duration)]) {
    let dispatch = median(samples.iter().map(|(dispatch, _)| *dispatch).collect());
    let root = median(samples.iter().map(|(_, root)| *root).collect());
    let weight = (dispatch + root).saturating_mul(3).div_ceil(2);
    println!(
        "{pallet:<11} fn {call}: Weight::from_parts({weight} * MICROSECOND, 0) // medians: dispatch {dispatch}, root {root}"
    );
}

fn median(mut times: Vec<Duration>) -> u128 {
    times.sort();
    times
        .get(times.len() / 2)
        .copied()
        .unwrap_or_default()
        .as_micros()
}
