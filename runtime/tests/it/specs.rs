//! The members vote a specification in; its migration runs once; a program that lacks it knows.

use crate::chain::Chain;
use codec::Decode;
use musubi_primitives::parameter::SpecStatus;
use musubi_runtime::{
    RuntimeCall,
    rehearsal::{MARK_KEY, SPECS},
    spec::{PRODUCTION, SpecMissing, ensure_supported},
};
use pallet_consortium::proposal::Action;
use sp_runtime::transaction_validity::InvalidTransaction;

fn schedule(chain: &mut Chain, spec: u32, height: u32) {
    let propose = RuntimeCall::Consortium(pallet_consortium::Call::propose {
        action: Action::ScheduleSpec { spec, height },
    });
    let vote = RuntimeCall::Consortium(pallet_consortium::Call::vote {
        proposal: 0,
        approve: true,
    });
    let transactions = vec![
        chain.sign(1, 0, propose),
        chain.sign(2, 0, vote.clone()),
        chain.sign(3, 0, vote),
    ];
    let built = chain.extend(transactions);
    assert!(
        built.results.iter().all(|result| *result == Ok(Ok(()))),
        "{:?}",
        built.results
    );
}

fn status(chain: &Chain) -> SpecStatus {
    SpecStatus::decode(&mut &chain.call("MusubiApi_spec_status", &())[..]).expect("a status")
}

fn mark(chain: &Chain) -> Option<u32> {
    chain.read(|| frame_support::storage::unhashed::get(MARK_KEY))
}

fn version(chain: &Chain) -> u32 {
    sp_version::RuntimeVersion::decode(&mut &chain.call("Core_version", &())[..])
        .expect("a version")
        .spec_version
}

fn until(chain: &mut Chain, height: u32) {
    while chain.head.number < height {
        chain.extend(vec![]);
    }
}

#[test]
fn the_migration_runs_once_in_the_first_block_under_the_new_specification() {
    let mut chain = Chain::new();
    chain.specs = SPECS;
    schedule(&mut chain, 2, 12);
    until(&mut chain, 10);
    assert_eq!((version(&chain), mark(&chain)), (1, None));
    until(&mut chain, 11);
    assert_eq!(
        (version(&chain), mark(&chain)),
        (2, None),
        "block 12 will be the first under it"
    );
    until(&mut chain, 12);
    assert_eq!(mark(&chain), Some(1));
    until(&mut chain, 14);
    assert_eq!(mark(&chain), Some(1));
}

#[test]
fn transactions_signed_for_the_old_specification_are_refused_by_the_new_one() {
    let mut chain = Chain::new();
    chain.specs = SPECS;
    schedule(&mut chain, 2, 12);
    let vote = RuntimeCall::Consortium(pallet_consortium::Call::vote {
        proposal: 0,
        approve: true,
    });
    let old = chain.sign(4, 0, vote);
    until(&mut chain, 11);
    assert_eq!(
        chain.build(vec![old]).results,
        [Err(InvalidTransaction::BadProof.into())]
    );
}

#[test]
fn a_program_without_the_specification_says_what_it_needs() {
    let mut chain = Chain::new();
    schedule(&mut chain, 2, 12);
    until(&mut chain, 10);
    assert_eq!(ensure_supported(status(&chain).active, PRODUCTION), Ok(()));
    until(&mut chain, 11);
    let missing = ensure_supported(status(&chain).active, PRODUCTION)
        .expect_err("specification 2 is no production specification");
    assert_eq!(
        missing,
        SpecMissing {
            active: 2,
            supported: vec![1]
        }
    );
    assert!(missing.to_string().contains("specification 2"));
    assert_eq!(ensure_supported(2, SPECS), Ok(()));
}
