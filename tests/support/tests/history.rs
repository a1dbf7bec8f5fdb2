//! The judge of histories accepts what one order explains and rejects every kind of contradiction, each planted once.

use musubi_tests_support::history::{
    Call::{Find, Submit, Tip},
    Contradiction::{FromNowhere, OutOfOrder, TwoPlaces, TwoTransactions, Vanished, WentBack},
    *,
};

fn operation(client: usize, node: usize, asked: u64, answered: u64, call: Call) -> Operation {
    Operation {
        client,
        node,
        asked,
        answered,
        call,
    }
}

/// Two clients at two nodes; client 1 lags behind and never hears of its own second transaction.
fn sound() -> Vec<Operation> {
    vec![
        operation(0, 0, 0, 10, Submit("a".into(), Some((1, 0)))),
        operation(1, 1, 5, 8, Find("a".into(), None)),
        operation(1, 1, 12, 30, Submit("b".into(), Some((2, 1)))),
        operation(0, 0, 11, 29, Submit("c".into(), Some((2, 0)))),
        operation(1, 1, 31, 40, Submit("d".into(), None)),
        operation(0, 0, 41, 42, Find("b".into(), Some((2, 1)))),
        operation(0, 0, 43, 44, Tip(2)),
        operation(0, 0, 45, 46, Find("d".into(), Some((3, 0)))),
    ]
}

fn with(more: Operation) -> Result<(), Contradiction> {
    check(&[sound(), vec![more]].concat())
}

#[test]
fn what_one_order_explains_is_accepted() {
    assert_eq!(check(&sound()), Ok(()));
    assert_eq!(check(&[]), Ok(()));
}

#[test]
fn every_planted_contradiction_is_rejected() {
    let planted = [
        (
            Find("a".into(), Some((2, 2))),
            TwoPlaces("a".into(), (1, 0), (2, 2)),
        ),
        (
            Submit("e".into(), Some((2, 0))),
            TwoTransactions((2, 0), "c".into(), "e".into()),
        ),
        (
            Submit("e".into(), Some((1, 1))),
            OutOfOrder("d".into(), "e".into()),
        ),
        (
            Find("never".into(), Some((4, 0))),
            FromNowhere("never".into()),
        ),
        (Find("a".into(), None), Vanished("a".into())),
        (Tip(2), WentBack(3, 2)),
    ];
    for (call, contradiction) in planted {
        assert_eq!(with(operation(0, 0, 50, 60, call)), Err(contradiction));
    }
    // Found before it was submitted.
    let early = operation(2, 1, 1, 3, Find("c".into(), Some((2, 0))));
    assert_eq!(with(early), Err(FromNowhere("c".into())));
}

#[test]
fn a_node_that_lags_behind_another_contradicts_nothing() {
    assert_eq!(with(operation(2, 1, 50, 60, Tip(1))), Ok(()));
    assert_eq!(
        with(operation(2, 1, 50, 60, Find("a".into(), None))),
        Ok(())
    );
}
