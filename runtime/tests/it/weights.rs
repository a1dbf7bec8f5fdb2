//! Weights: every call is weighed, has the weight that was measured, and full blocks stay within what a block may take.

use crate::{
    chain::account,
    story::{Family, Step},
};
use frame_support::{dispatch::GetDispatchInfo, traits::GetCallMetadata};
use musubi_primitives::{AccountId, parameter::Parameters, record::Category};
use musubi_runtime::{Runtime, RuntimeCall, extension::tx_extension};
use pallet_consortium::proposal::Action;
use sp_runtime::{generic::Era, traits::TransactionExtension};
use std::collections::BTreeSet;

const PALLETS: [&str; 5] = ["Consortium", "Residents", "Consent", "Records", "Access"];

/// One step of each kind that the weighing program plays.
fn weighed() -> Vec<Step> {
    let family = Family::new(0, AccountId([9; 32]), 1_000);
    let votes = [
        pallet_consortium::Call::propose {
            action: Action::ChangeParameters(Parameters::default()),
        },
        pallet_consortium::Call::vote {
            proposal: 0,
            approve: true,
        },
    ];
    let votes = votes.into_iter().zip(["propose", "vote"]);
    let mut steps: Vec<Step> = votes
        .map(|(call, name)| Step {
            name,
            by: account(1),
            call: RuntimeCall::Consortium(call),
        })
        .collect();
    steps.extend(family.until_consent());
    steps.extend(family.relatives(1));
    steps.extend(family.devices(1));
    steps.push(family.propose(1, Category::Growth));
    steps.extend(family.dispute(1));
    steps.extend(family.visit());
    steps.extend(family.aftermath());
    steps.push(family.withdraw());
    steps.extend(family.keys());
    steps.extend(family.life());
    steps
}

fn names_of(call: &RuntimeCall) -> (&'static str, &'static str) {
    let names = call.get_call_metadata();
    (names.pallet_name, names.function_name)
}

#[test]
fn every_call_of_our_pallets_is_weighed() {
    let weighed: BTreeSet<_> = weighed().iter().map(|step| names_of(&step.call)).collect();
    let all: BTreeSet<_> = PALLETS
        .iter()
        .flat_map(|pallet| {
            let names = RuntimeCall::get_call_names(pallet);
            names.iter().map(move |name| (*pallet, *name))
        })
        .collect();
    assert!(all.len() > 40, "the runtime has only {} calls", all.len());
    assert_eq!(weighed, all);
}

/// The file that the weighing program wrote for a pallet, and the type that the runtime charges by.
fn measured(pallet: &str) -> (&'static str, &'static str) {
    use core::any::type_name;
    match pallet {
        "Consortium" => (
            include_str!("../../src/weights/consortium.rs"),
            type_name::<<Runtime as pallet_consortium::Config>::WeightInfo>(),
        ),
        "Residents" => (
            include_str!("../../src/weights/residents.rs"),
            type_name::<<Runtime as pallet_residents::Config>::WeightInfo>(),
        ),
        "Consent" => (
            include_str!("../../src/weights/consent.rs"),
            type_name::<<Runtime as pallet_consent::Config>::WeightInfo>(),
        ),
        "Records" => (
            include_str!("../../src/weights/records.rs"),
            type_name::<<Runtime as pallet_records::Config>::WeightInfo>(),
        ),
        "Access" => (
            include_str!("../../src/weights/access.rs"),
            type_name::<<Runtime as pallet_access::Config>::WeightInfo>(),
        ),
        other => panic!("{other} has no measured weights"),
    }
}

#[test]
fn every_call_is_charged_by_a_measured_weight() {
    for step in weighed() {
        let (pallet, call) = names_of(&step.call);
        let (file, charged_by) = measured(pallet);
        assert!(charged_by.contains("::weights::"), "{pallet}: {charged_by}");
        assert!(
            file.contains(&format!("fn {}(", step.name)),
            "{pallet}.{call}: nothing was measured as {}",
            step.name
        );
        let declared = step.call.get_dispatch_info().call_weight.ref_time();
        assert!(declared > 0, "{pallet}.{call} weighs nothing");
    }
}

/// What comes before a call is not charged by the figures of another database, nor for proofs that nobody is sent.
#[test]
fn the_checks_before_a_call_cost_no_more_than_a_transaction_does() {
    let limits = <Runtime as frame_system::Config>::BlockWeights::get();
    let base = limits
        .get(frame_support::dispatch::DispatchClass::Normal)
        .base_extrinsic;
    for step in weighed() {
        let checks = tx_extension(Era::immortal(), 0).weight(&step.call);
        assert!(checks.ref_time() > 0, "the nonce is read");
        assert!(checks.all_lte(base), "{checks:?}");
    }
}

#[test]
fn the_dearest_call_fits_into_a_block_many_times() {
    let limits = <Runtime as frame_system::Config>::BlockWeights::get();
    let normal = limits.get(frame_support::dispatch::DispatchClass::Normal);
    let room = normal
        .max_total
        .expect("transactions are limited")
        .ref_time();
    for step in weighed() {
        let each = step
            .call
            .get_dispatch_info()
            .call_weight
            .saturating_add(normal.base_extrinsic);
        assert!(
            room / each.ref_time() >= 10,
            "{:?} fits {} times",
            names_of(&step.call),
            room / each.ref_time()
        );
    }
}
