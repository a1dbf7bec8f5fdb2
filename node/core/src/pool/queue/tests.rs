//! The queue's rules, each by name.
#![allow(
    clippy::cast_possible_truncation,
    reason = "numbers in tests are small"
)]

use super::*;
use proptest::prelude::*;

fn tx(sender: u8, nonce: u32, priority: u64, salt: u8) -> PoolTx {
    let bytes = vec![sender, salt, nonce as u8, priority as u8];
    PoolTx {
        hash: sp_io::hashing::blake2_256(&bytes),
        bytes: Arc::new(bytes),
        origin: Origin {
            sender: AccountId([sender; 32]),
            nonce,
        },
        role: None,
        priority,
        valid_until: 100,
        propagate: true,
    }
}

fn order(queue: &Queue) -> Vec<(u8, u32)> {
    queue
        .best(usize::MAX)
        .iter()
        .filter_map(|candidate| queue.get(&candidate.hash))
        .map(|tx| (tx.origin.sender.0[0], tx.origin.nonce))
        .collect()
}

fn statuses(changes: &Changes) -> Vec<TxStatus> {
    changes
        .statuses
        .iter()
        .map(|(_, status)| status.clone())
        .collect()
}

#[test]
fn p1_a_gap_makes_the_rest_wait_until_it_is_filled() {
    let mut queue = Queue::default();
    let late = queue.admit(tx(1, 1, 0, 0), 0).expect("there is room");
    assert_eq!(statuses(&late), [TxStatus::Future]);
    assert!(order(&queue).is_empty() && !queue.has_ready());
    let first = queue.admit(tx(1, 0, 0, 0), 0).expect("there is room");
    assert_eq!(statuses(&first), [TxStatus::Ready, TxStatus::Ready]);
    assert_eq!(order(&queue), [(1, 0), (1, 1)]);
}

#[test]
fn p2_higher_priority_goes_first_and_equals_go_in_order_of_arrival() {
    let mut queue = Queue::default();
    for (sender, priority) in [(1, 0), (2, 0), (3, 9)] {
        queue
            .admit(tx(sender, 0, priority, 0), 0)
            .expect("there is room");
    }
    assert_eq!(order(&queue), [(3, 0), (1, 0), (2, 0)]);
}

#[test]
fn p2_who_has_many_waiting_holds_nobody_up_who_has_one() {
    let mut queue = Queue::default();
    for nonce in 0..3 {
        queue.admit(tx(1, nonce, 0, 0), 0).expect("there is room");
    }
    for sender in [2, 3] {
        queue.admit(tx(sender, 0, 0, 0), 0).expect("there is room");
    }
    assert_eq!(order(&queue), [(1, 0), (2, 0), (3, 0), (1, 1), (1, 2)]);
}

#[test]
fn p3_the_first_of_a_nonce_stays_unless_the_second_has_more_priority() {
    let mut queue = Queue::default();
    let first = tx(1, 0, 5, 0);
    queue.admit(first.clone(), 0).expect("there is room");
    assert!(matches!(
        queue.admit(tx(1, 0, 5, 1), 0),
        Err(PoolError::PriorityTooLow {
            held: 5,
            offered: 5
        })
    ));
    let second = tx(1, 0, 6, 1);
    let changes = queue
        .admit(second.clone(), 0)
        .expect("it has more priority");
    assert_eq!(
        changes.statuses[0],
        (first.hash, TxStatus::Usurped(second.hash))
    );
    assert_eq!(order(&queue), [(1, 0)]);
    assert_eq!(queue.len(), 1);
}

#[test]
fn p4_an_account_without_a_role_has_sixteen_waiting() {
    let mut queue = Queue::default();
    for nonce in 0..16 {
        queue
            .admit(tx(1, nonce, 0, 0), 0)
            .expect("within the quota");
    }
    assert!(matches!(
        queue.admit(tx(1, 16, 0, 0), 0),
        Err(PoolError::QuotaExceeded { quota: 16 })
    ));
    queue
        .admit(tx(2, 0, 0, 0), 0)
        .expect("another account has its own quota");
}

#[test]
fn p5_a_full_pool_lets_go_of_the_lowest_priority_and_of_futures_first() {
    let mut queue = Queue::bounded(3, BYTES_MAX);
    queue.admit(tx(1, 0, 1, 0), 0).expect("there is room");
    let future = tx(2, 5, 1, 0);
    queue.admit(future.clone(), 0).expect("there is room");
    queue.admit(tx(3, 0, 1, 0), 0).expect("there is room");
    assert!(matches!(
        queue.admit(tx(4, 0, 1, 0), 0),
        Err(PoolError::PoolFull)
    ));
    let changes = queue.admit(tx(5, 0, 2, 0), 0).expect("it is worth more");
    assert_eq!(changes.statuses[0], (future.hash, TxStatus::Dropped));
}

#[test]
fn p6_what_is_final_stale_or_expired_leaves_with_its_last_status() {
    let mut queue = Queue::default();
    let included = tx(1, 0, 0, 0);
    let rival = tx(2, 0, 0, 0);
    let expiring = PoolTx {
        valid_until: 7,
        ..tx(3, 0, 0, 0)
    };
    for tx in [&included, &rival, &expiring] {
        queue.admit(tx.clone(), 0).expect("there is room");
    }
    let block = BlockHash([9; 32]);
    let origins = [
        included.origin,
        Origin {
            nonce: 0,
            ..rival.origin
        },
    ];
    let changes = queue.finalise(7, block, &[included.hash], &origins);
    let last = |hash| {
        changes
            .statuses
            .iter()
            .rev()
            .find(|(tx, _)| *tx == hash)
            .map(|(_, s)| s.clone())
    };
    assert_eq!(last(included.hash), Some(TxStatus::Finalized(block)));
    assert_eq!(last(rival.hash), Some(TxStatus::Invalid));
    assert_eq!(last(expiring.hash), Some(TxStatus::Invalid));
    assert!(queue.is_empty());
    assert_eq!(changes.dropped.len(), 3);
}

#[test]
fn p6_what_was_refused_is_banned_for_a_while() {
    let mut queue = Queue::default();
    let refused = tx(1, 0, 0, 0);
    queue.admit(refused.clone(), 0).expect("there is room");
    assert_eq!(
        statuses(&queue.refuse(&refused.hash, 1_000)),
        [TxStatus::Invalid]
    );
    assert!(matches!(
        queue.preadmit(&refused.hash, 1_001),
        Err(PoolError::TemporarilyBanned)
    ));
    assert!(queue.preadmit(&refused.hash, 1_000 + BAN).is_ok());
}

proptest! {
    /// Any sequence of steps keeps the queue within its bounds, its sums right, and each account's best extrinsics in unbroken nonce order.
    #[test]
    fn the_queue_stays_consistent(steps in prop::collection::vec((0u8..5, 0u32..6, 0u64..3, 0u8..4), 1..120)) {
        let mut queue = Queue::bounded(20, 70);
        let mut next = BTreeMap::<u8, u32>::new();
        for (sender, nonce, priority, action) in steps {
            let on_chain = *next.get(&sender).unwrap_or(&0);
            match action {
                0 => {
                    let origin = Origin { sender: AccountId([sender; 32]), nonce: on_chain };
                    let hash = tx(sender, on_chain, 0, 0).hash;
                    queue.finalise(1, BlockHash([1; 32]), &[hash], &[origin]);
                    next.insert(sender, on_chain + 1);
                }
                1 => drop(queue.invalidate(&tx(sender, nonce, priority, 0).hash)),
                _ if nonce >= on_chain => drop(queue.admit(tx(sender, nonce, priority, action), on_chain)),
                _ => (),
            }
            let bytes: usize = queue.all().map(|tx| tx.bytes.len()).sum();
            prop_assert_eq!(bytes, queue.bytes());
            prop_assert!(queue.len() <= 20 && bytes <= 70);
            let mut expected = next.clone();
            for (sender, nonce) in order(&queue) {
                let at = expected.entry(sender).or_insert(0);
                prop_assert_eq!(*at, nonce);
                *at += 1;
            }
            prop_assert_eq!(queue.has_ready(), !queue.best(usize::MAX).is_empty());
        }
    }
}

#[test]
fn what_waits_is_handed_out_once_in_sixteen_blocks_and_never_more_than_asked_for() {
    let mut queue = Queue::default();
    for sender in 1..=3 {
        queue.admit(tx(sender, 0, 0, 0), 0).expect("there is room");
    }
    assert!(
        queue.take_stale(10, 2).is_empty(),
        "just judged on admission"
    );
    assert!(queue.take_stale(25, 2).is_empty());
    assert_eq!(queue.take_stale(26, 2).len(), 2);
    assert_eq!(
        queue.take_stale(26, 2).len(),
        1,
        "the one that was left over"
    );
    assert!(queue.take_stale(26, 2).is_empty());
}
