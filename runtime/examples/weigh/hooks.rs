//! What blocks do beside their calls: the hooks of consortium and trail, and one item of each sweep.

use crate::{Costs, begin_block, dispatch, ground::Ground, note};
use frame_support::{
    traits::{OnFinalize, OnIdle, OnInitialize},
    weights::Weight,
};
use musubi_runtime::{Access, Consent, Consortium, Runtime, Trail};

/// A moment at which everything of the story is over: a hundred years, in milliseconds.
const LATE: u64 = 100 * 366 * 24 * 60 * 60 * 1_000;

pub(crate) fn weigh(ground: &mut Ground, costs: &mut Costs) {
    let idle = ground.weigh(|| ());
    let consortium = ground.weigh(|| {
        // A new set of validators, as after a vote.
        pallet_consortium::Seats::<Runtime>::mutate(|seats| seats.pop());
        Consortium::on_initialize(2);
        Consortium::on_finalize(2);
    });
    note(
        costs,
        "consortium".to_owned(),
        "hooks",
        consortium.without(idle),
    );
    let trail = ground.weigh(|| {
        Trail::on_initialize(2);
        Trail::on_finalize(2);
    });
    note(costs, "trail".to_owned(), "hooks", trail.without(idle));
    sweep(ground, costs, "consent", consent_items);
    sweep(ground, costs, "access", access_items);
}

/// Weighs a sweep that finds much to do, and shares its cost among the items.
fn sweep(ground: &mut Ground, costs: &mut Costs, pallet: &str, run: fn() -> u64) {
    let empty = ground.weigh(|| dispatch(&[]));
    let full = ground.weigh(|| {
        late_block(run);
    });
    let (items, _) = ground.block(false, || late_block(run));
    assert!(items > 0, "the sweep of {pallet} found nothing to do");
    note(
        costs,
        pallet.to_owned(),
        "sweep_item",
        full.without(empty) / items,
    );
}

fn late_block(run: fn() -> u64) -> u64 {
    let height = begin_block();
    pallet_timestamp::Now::<Runtime>::put(LATE);
    let items = run();
    Trail::on_finalize(height);
    items
}

fn consent_items() -> u64 {
    let each =
        <<Runtime as pallet_consent::Config>::WeightInfo as pallet_consent::WeightInfo>::sweep_item(
        );
    items(Consent::on_idle(2, Weight::MAX), each)
}

fn access_items() -> u64 {
    let each =
        <<Runtime as pallet_access::Config>::WeightInfo as pallet_access::WeightInfo>::sweep_item();
    items(Access::on_idle(2, Weight::MAX), each)
}

fn items(used: Weight, each: Weight) -> u64 {
    used.ref_time() / each.ref_time().max(1)
}
