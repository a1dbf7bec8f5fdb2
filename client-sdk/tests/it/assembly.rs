//! Bundles put together from a chain: they verify, however much the validators have changed.

use crate::{bundle, chain::Chain};
use musubi_client_sdk::proofs::{
    FollowError, Statement,
    assembly::{AssemblyError, assemble, row_written},
    verify,
};

#[test]
fn what_is_assembled_verifies() {
    let chain = bundle::chain();
    let statements = bundle::honest(&chain).statements;
    let bundle = assemble(&chain, &chain.genesis(), chain.height(), statements.clone()).unwrap();
    let report = verify(&chain.genesis(), bundle.to_text().as_bytes()).unwrap();
    assert_eq!(report.statements, statements);
    assert_eq!(report.checkpoint.height, chain.height());
}

#[test]
fn a_row_is_proved_where_it_stands_and_nowhere_else() {
    let chain = bundle::chain();
    let (row, proof) = chain.row(1, 1);
    assert_eq!(
        row_written(&chain, 1, 1).unwrap(),
        Statement::RowWritten {
            height: 1,
            row,
            proof
        }
    );
    assert_eq!(
        row_written(&chain, 1, 2),
        Err(AssemblyError::NoSuchPlace(1))
    );
}

/// Four validators, of which one is replaced every five blocks: after twenty nobody of the first four is left.
fn chain_of_changes() -> Chain {
    let mut chain = Chain::new(&[1, 2, 3, 4]);
    for oldest in 2..6 {
        chain.block(
            &[],
            Default::default(),
            &[oldest, oldest + 1, oldest + 2, oldest + 3],
        );
        chain.blocks(4);
    }
    chain
}

#[test]
fn where_too_few_old_validators_are_left_the_way_has_more_steps() {
    let chain = chain_of_changes();
    let direct = chain.genesis().follow(&chain.step(chain.height()));
    assert!(matches!(
        direct,
        Err(FollowError::TooFewTrusted { signed: 0, .. })
    ));
    let bundle = assemble(&chain, &chain.genesis(), chain.height(), vec![]).unwrap();
    assert!(
        (2..5).contains(&bundle.steps.len()),
        "{} steps",
        bundle.steps.len()
    );
    verify(&chain.genesis(), bundle.to_text().as_bytes()).unwrap();
}

#[test]
fn what_the_chain_does_not_have_is_said() {
    let chain = bundle::chain();
    assert_eq!(
        assemble(&chain, &chain.genesis(), 99, vec![]),
        Err(AssemblyError::Source(99))
    );
}
