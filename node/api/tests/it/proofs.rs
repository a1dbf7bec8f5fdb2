//! `musubi_*`: what a client checks without trusting the node.

use crate::village::{SUBJECT, Village, call};
use codec::Decode;
use musubi_primitives::{
    finality::CommitCertificate,
    mountain_range::{LeafProof, MountainRange, leaf_hash},
    trail::{TrailFact, TrailHead, TrailRow},
};
use serde_json::{Value, json};

fn bytes(text: &Value) -> Vec<u8> {
    hex::decode(text.as_str().unwrap().trim_start_matches("0x")).unwrap()
}

fn decode<T: Decode>(text: &Value) -> T {
    T::decode(&mut bytes(text).as_slice()).unwrap()
}

fn freeze(frozen: bool) -> TrailFact {
    TrailFact::FreezeSwitched { frozen }
}

#[tokio::test]
async fn an_old_header_is_proved_under_a_new_one() {
    let village = Village::found();
    let hashes: Vec<_> = (0..9)
        .map(|_| village.extend(Default::default(), vec![]))
        .collect();
    let genesis = village.services().genesis;
    let all = [genesis].into_iter().chain(hashes.clone());
    let root = MountainRange::over(all.take(9).map(|hash| leaf_hash(&hash.0))).root();
    let answer = call(&village.api().router, "musubi_historyProof", json!([4]))
        .await
        .unwrap();
    assert_eq!(answer["underHeight"], 9);
    let proof: LeafProof = decode(&answer["proof"]["encoded"]);
    assert!(proof.verifies(&root, &leaf_hash(&hashes[3].0)));
    let error = call(&village.api().router, "musubi_historyProof", json!([9]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn a_certificate_comes_with_its_validators_and_who_committed_to_them() {
    let village = Village::found();
    let first = village.extend(Default::default(), vec![]);
    village.extend(Default::default(), vec![]);
    let third = village.extend(Default::default(), vec![]);
    let answer = call(&village.api().router, "musubi_certificate", json!([third]))
        .await
        .unwrap();
    let certificate: CommitCertificate = decode(&answer["certificateEncoded"]);
    assert_eq!((certificate.height, certificate.block), (3, third));
    assert_eq!(answer["setCommittedBy"]["hash"], json!(first));
    let answer = call(&village.api().router, "musubi_certificate", json!([first]))
        .await
        .unwrap();
    assert_eq!(answer["setCommittedBy"], Value::Null);
}

#[tokio::test]
async fn a_trail_is_complete_and_each_row_is_proved() {
    let village = Village::found();
    village.extend(
        Default::default(),
        vec![freeze(true), freeze(false), freeze(true)],
    );
    village.extend(Default::default(), vec![freeze(false)]);
    let router = village.api().router;
    let rows = call(&router, "musubi_trail", json!([SUBJECT]))
        .await
        .unwrap();
    let rows = rows.as_array().unwrap();
    let read = |row: &Value| decode::<TrailRow>(&row["encoded"]);
    let head = rows
        .iter()
        .try_fold(TrailHead::start(&SUBJECT), |head, row| {
            head.after(&read(row))
        });
    assert_eq!(head.map(|head| head.count), Some(4));
    assert_eq!(
        (&rows[2]["height"], &rows[2]["place"]),
        (&json!(1), &json!(2))
    );

    let block = call(
        &router,
        "musubi_blockTrail",
        json!([village.services().store.hash_at(1).unwrap()]),
    )
    .await
    .unwrap();
    let of_block = block["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| leaf_hash(&bytes(row)));
    let root = MountainRange::over(of_block).root();
    let proved = call(&router, "musubi_trailProof", json!([SUBJECT, 2]))
        .await
        .unwrap();
    let proof: LeafProof = decode(&proved["proof"]["encoded"]);
    assert!(proof.verifies(&root, &read(&proved["row"]).leaf()));
    assert_eq!(
        call(&router, "musubi_trailProof", json!([SUBJECT, 4]))
            .await
            .unwrap_err()["code"],
        3000
    );
}

#[tokio::test]
async fn what_a_snapshot_left_out_is_missed_and_not_passed_over() {
    let village = Village::found();
    let before = village.extend(Default::default(), vec![freeze(true), freeze(false)]);
    let snapshot = village.extend(Default::default(), vec![freeze(true)]);
    village.extend(Default::default(), vec![freeze(false)]);
    village.begin_history_at(3);
    let router = village.api().router;
    let kept = call(&router, "musubi_trail", json!([SUBJECT, 3]))
        .await
        .unwrap();
    assert_eq!(kept.as_array().map(Vec::len), Some(1));
    for (method, params) in [
        ("musubi_trail", json!([SUBJECT])),
        ("musubi_trail", json!([SUBJECT, 1])),
        ("musubi_trailProof", json!([SUBJECT, 2])),
        ("musubi_blockTrail", json!([before])),
        ("chain_getBlock", json!([snapshot])),
    ] {
        let error = call(&router, method, params).await.unwrap_err();
        assert_eq!(error["code"], 3000, "{method}");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("begins with block 3"),
            "{method}: {message}"
        );
    }
    let nobody = json!([musubi_primitives::Pseudonym([8; 32])]);
    let empty = call(&router, "musubi_trail", nobody).await.unwrap();
    assert_eq!(empty, json!([]));
    call(&router, "chain_getHeader", json!([snapshot]))
        .await
        .unwrap();
}
