//! Following heads, values and transactions over WebSocket.

use crate::village::{State, Village};
use jsonrpsee::{
    core::client::{Client, Error, Subscription, SubscriptionClientT},
    rpc_params,
    ws_client::WsClientBuilder,
};
use musubi_node_api::TransactionStatus;
use musubi_primitives::BlockHash;
use serde_json::{Value, json};
use std::sync::Arc;

async fn connect(village: &Arc<Village>) -> Client {
    let url = format!("ws://{}", village.listen().await);
    WsClientBuilder::default().build(url).await.unwrap()
}

async fn next(subscription: &mut Subscription<Value>) -> Value {
    subscription.next().await.unwrap().unwrap()
}

#[tokio::test]
async fn every_head_arrives_once_and_in_order() {
    let village = Village::found();
    let client = connect(&village).await;
    let follows = [
        ("chain_subscribeNewHeads", "chain_unsubscribeNewHeads"),
        (
            "chain_subscribeFinalizedHeads",
            "chain_unsubscribeFinalizedHeads",
        ),
        ("chain_subscribeAllHeads", "chain_unsubscribeAllHeads"),
    ];
    for (subscribe, unsubscribe) in follows {
        let start = village.services().head.borrow().height;
        let mut heads = client
            .subscribe::<Value, _>(subscribe, rpc_params![], unsubscribe)
            .await
            .unwrap();
        for _ in 0..3 {
            village.extend(State::new(), vec![]);
        }
        for height in start..=start + 3 {
            assert_eq!(
                next(&mut heads).await["number"],
                format!("0x{height:x}"),
                "{subscribe}"
            );
        }
        heads.unsubscribe().await.unwrap();
    }
}

#[tokio::test]
async fn a_followed_value_is_sent_when_it_changes() {
    let village = Village::found();
    let client = connect(&village).await;
    let mut values: Subscription<Value> = client
        .subscribe(
            "state_subscribeStorage",
            rpc_params![["0x01", "0x02"]],
            "state_unsubscribeStorage",
        )
        .await
        .unwrap();
    assert_eq!(
        next(&mut values).await["changes"],
        json!([["0x01", null], ["0x02", null]])
    );
    village.extend([(vec![1], vec![9])].into(), vec![]);
    village.extend([(vec![1], vec![9])].into(), vec![]);
    let last = village.extend([(vec![1], vec![9]), (vec![2], vec![])].into(), vec![]);
    assert_eq!(
        next(&mut values).await["changes"],
        json!([["0x01", "0x09"]])
    );
    assert_eq!(
        next(&mut values).await,
        json!({ "block": last, "changes": [["0x02", "0x"]] })
    );
}

#[tokio::test]
async fn a_new_specification_is_announced_once() {
    let village = Village::found();
    let client = connect(&village).await;
    let mut versions: Subscription<Value> = client
        .subscribe(
            "state_subscribeRuntimeVersion",
            rpc_params![],
            "state_unsubscribeRuntimeVersion",
        )
        .await
        .unwrap();
    assert_eq!(next(&mut versions).await["specVersion"], 1);
    village.extend(State::new(), vec![]);
    village.extend([(b":spec".to_vec(), vec![2])].into(), vec![]);
    assert_eq!(next(&mut versions).await["specVersion"], 2);
}

#[tokio::test]
async fn a_watched_transaction_is_followed_to_finality() {
    let village = Village::found();
    let client = connect(&village).await;
    let mut updates: Subscription<Value> = client
        .subscribe(
            "author_submitAndWatchExtrinsic",
            rpc_params!["0x0401"],
            "author_unwatchExtrinsic",
        )
        .await
        .unwrap();
    assert_eq!(next(&mut updates).await, "ready");
    let block = BlockHash([5; 32]);
    village
        .say(TransactionStatus::Finalised { block, index: 1 })
        .await;
    assert_eq!(next(&mut updates).await, json!({ "inBlock": block }));
    assert_eq!(next(&mut updates).await, json!({ "finalized": block }));
}

#[tokio::test]
async fn a_refused_transaction_refuses_the_subscription() {
    let village = Village::found();
    let client = connect(&village).await;
    let refused = format!("0x{}", hex::encode(crate::village::REFUSED));
    let answer = client
        .subscribe::<Value, _>(
            "author_submitAndWatchExtrinsic",
            rpc_params![refused],
            "author_unwatchExtrinsic",
        )
        .await;
    assert!(matches!(answer, Err(Error::Call(error)) if error.code() == 1010));
}

#[tokio::test]
async fn subscriptions_on_one_connection_are_bounded() {
    let village = Village::found();
    let client = connect(&village).await;
    let subscribe = || {
        client.subscribe::<Value, _>(
            "chain_subscribeNewHeads",
            rpc_params![],
            "chain_unsubscribeNewHeads",
        )
    };
    let held = [
        subscribe().await.unwrap(),
        subscribe().await.unwrap(),
        subscribe().await.unwrap(),
    ];
    assert!(matches!(subscribe().await, Err(Error::Call(error)) if error.code() == -32006));
    drop(held);
}

#[tokio::test]
async fn following_all_of_state_is_refused() {
    let village = Village::found();
    let client = connect(&village).await;
    let answer = client
        .subscribe::<Value, _>(
            "state_subscribeStorage",
            rpc_params![],
            "state_unsubscribeStorage",
        )
        .await;
    assert!(matches!(answer, Err(Error::Call(error)) if error.code() == -32602));
}
