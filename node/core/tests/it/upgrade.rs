//! The members vote for another specification: nodes that have it go on, a node that lacks it halts and says so.

use crate::{
    chain::{Node, register_node, sign},
    memory_store::MemoryStore,
};
use musubi_node_core::{
    executor::Specs,
    ports::{ChainStore, ConsensusHost, Freshness},
};
use musubi_runtime::{
    RuntimeCall,
    rehearsal::{MARK_KEY, SPECS},
};
use pallet_consortium::proposal::Action;
use sp_runtime::transaction_validity::TransactionSource;

/// First height under the new specification.
const SWITCH: u32 = 15;

async fn vote_for_the_second_spec(node: &Node<MemoryStore>) {
    let genesis = node.pipeline.genesis();
    let action = Action::ScheduleSpec {
        spec: 2,
        height: SWITCH,
    };
    let propose = RuntimeCall::Consortium(pallet_consortium::Call::propose { action });
    submit(node, sign(genesis, 1, 0, propose)).await;
    node.advance().await;
    for sender in [2, 3] {
        let proposal = Default::default();
        let vote = pallet_consortium::Call::vote {
            proposal,
            approve: true,
        };
        submit(
            node,
            sign(genesis, sender, 0, RuntimeCall::Consortium(vote)),
        )
        .await;
    }
}

async fn submit(node: &Node<MemoryStore>, bytes: Vec<u8>) {
    node.pipeline
        .pool()
        .submit(TransactionSource::Local, bytes)
        .await
        .expect("it is valid");
}

#[tokio::test]
async fn a_node_that_has_the_voted_spec_goes_on_and_one_that_lacks_it_halts_and_says_so() {
    let ready = Node::try_start(Default::default(), Specs::new(SPECS)).expect("genesis is spec 1");
    let outdated = Node::<MemoryStore>::start(Default::default());
    vote_for_the_second_spec(&ready).await;
    while ready.pipeline.tip() < u64::from(SWITCH) - 1 {
        ready.advance().await;
    }
    let decided = ready
        .pipeline
        .decided(1..=u64::from(SWITCH))
        .await
        .expect("memory");
    for (block, certificate) in decided {
        outdated
            .check(&block, Freshness::Replayed)
            .await
            .expect("no fault under spec 1");
        outdated
            .pipeline
            .commit(certificate)
            .await
            .expect("it is certified");
    }
    let switch = ready.advance().await;
    let mark = ready
        .pipeline
        .executor()
        .storage(&switch.hash, MARK_KEY)
        .expect("the state is there");
    assert!(
        mark.is_some(),
        "the migration ran in the first block under the new specification"
    );
    for halted in [
        outdated
            .pipeline
            .height_parameters(u64::from(SWITCH))
            .await
            .map(|_| ()),
        outdated
            .check(&switch, Freshness::Replayed)
            .await
            .map(|_| ()),
    ] {
        let text = halted
            .expect_err("specification 2 is not there")
            .to_string();
        assert!(
            text.contains("specification 2") && text.contains("install"),
            "{text}"
        );
    }
    let store = outdated.store.clone();
    outdated.stop().await;
    assert_eq!(
        store.tip().expect("memory").map(|tip| tip.0),
        Some(u64::from(SWITCH) - 1)
    );
    assert!(
        Node::try_start(store.clone(), Specs::default()).is_err(),
        "it stays halted"
    );
    let upgraded =
        Node::try_start(store, Specs::new(SPECS)).expect("it has both specifications now");
    upgraded
        .check(&switch, Freshness::Replayed)
        .await
        .expect("no fault");
    upgraded.commit(&switch).await;
    assert_eq!(
        upgraded.store.tip().expect("memory"),
        ready.store.tip().expect("memory")
    );
}

#[tokio::test]
async fn what_was_signed_for_the_old_spec_is_refused_under_the_new_one() {
    let node = Node::<MemoryStore>::try_start(Default::default(), Specs::new(SPECS))
        .expect("genesis is spec 1");
    vote_for_the_second_spec(&node).await;
    while node.pipeline.tip() < u64::from(SWITCH) {
        node.advance().await;
    }
    let stale = register_node(node.pipeline.genesis(), 4, 0, 0);
    let refused = node
        .pipeline
        .pool()
        .submit(TransactionSource::External, stale)
        .await;
    assert_eq!(refused.expect_err("it names spec 1").code(), 1010);
}
