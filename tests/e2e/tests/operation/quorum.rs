//! The drill of the worst day: two of four validators are gone for good, no block can be decided, and those who are left go on from a signed snapshot
//! without losing a person or a record.

use crate::{
    backup::assert_is_readable,
    practice::{CLINIC, Practice, done, enrolled, family_with_a_dose, refused, text},
};
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

/// Places of the nodes that are left: two villages and the clinic.
const LEFT: [usize; 3] = [0, 1, CLINIC];
const VILLAGES: [&str; 2] = ["rusutsu", "rankoshi"];

#[tokio::test(flavor = "multi_thread")]
async fn after_two_of_four_validators_are_lost_the_rest_go_on_from_a_signed_snapshot() {
    let mut practice = Practice::begin().await;
    let (child, record) = family_with_a_dose(&practice).await;
    practice.some_blocks().await;
    for place in 0..practice.consortium.size() {
        practice.consortium.node(place).process.kill();
    }
    for lost in [2, 3] {
        std::fs::remove_dir_all(practice.home(lost)).unwrap();
    }
    let folder = practice.consortium.folder().to_path_buf();
    let (snapshot, next) = (
        folder.join("state.snapshot"),
        folder.join("chain-spec-2.json"),
    );
    let config = practice.consortium.config(0);
    done(&[
        "recover",
        "snapshot",
        "--config",
        text(&config),
        "--out",
        text(&snapshot),
    ]);
    plan(&practice, &snapshot, &next);
    for place in LEFT {
        go_over_to(&practice, place);
    }
    assert_unsigned_is_refused(&practice, &next);
    for (member, village) in (0..).zip(VILLAGES) {
        sign(&practice, &next, member, village);
    }

    for place in LEFT {
        practice.consortium.node(place).process.restart();
    }
    practice.blocks(5).await;
    for place in LEFT {
        practice.assert_level(place).await;
    }
    let village = practice.gateway(0, "rusutsu", "clerk").await;
    assert_eq!(enrolled(&village, "見本　結", "2026-07-03").await, child);
    let newcomer = enrolled(&village, "見本　新", "2026-10-01").await;
    assert_ne!(newcomer, child, "the chain takes transactions");
    let clinic = practice.gateway(CLINIC, "yotei-clinic", "doctor").await;
    let asked = clinic.request(
        Method::GET,
        &format!("/v1/records/{record}"),
        "",
        Vec::new(),
    );
    let view: Value = asked.send().await.unwrap().json().await.unwrap();
    assert_eq!(view["state"], "stored", "{view}");
    practice.consortium.node(0).process.kill();
    assert_is_readable(
        &practice.home(0).join("data/vault"),
        &practice.key("rusutsu", "hpke"),
        &record,
    );
}

fn plan(practice: &Practice, snapshot: &Path, next: &Path) {
    let former = practice.consortium.folder().join("chain-spec.json");
    let seats: Vec<String> = (0..)
        .zip(VILLAGES)
        .map(|(member, village): (u32, &str)| {
            let path = practice.key(village, "consensus");
            let shown = done(&["key", "show", "--kind", "ed25519", text(&path)]);
            let public = shown.lines().find_map(|line| line.strip_prefix("public: "));
            format!("--seat={member}:{}", public.unwrap())
        })
        .collect();
    let mut all = vec![
        "recover",
        "plan",
        "--spec",
        text(&former),
        "--snapshot",
        text(snapshot),
        "--out",
        text(next),
    ];
    all.extend(seats.iter().map(String::as_str));
    done(&all);
}

fn sign(practice: &Practice, next: &Path, member: u32, village: &str) {
    let (key, member) = (practice.key(village, "operator"), member.to_string());
    done(&[
        "recover",
        "sign",
        "--spec",
        text(next),
        "--member",
        &member,
        "--key",
        text(&key),
    ]);
}

/// Sets the former chain aside and names the new specification; register and vault stay.
fn go_over_to(practice: &Practice, place: usize) {
    let config = practice.consortium.config(place);
    let before = std::fs::read_to_string(&config).unwrap();
    let after = before.replace("chain-spec.json", "chain-spec-2.json");
    assert_ne!(before, after);
    std::fs::write(&config, after).unwrap();
    let data = practice.home(place).join("data");
    for store in ["chain", "consensus"] {
        std::fs::rename(data.join(store), data.join(format!("{store}-former"))).unwrap();
    }
}

/// Without every signature, with a stranger's, or with a changed state, no node starts.
fn assert_unsigned_is_refused(practice: &Practice, next: &Path) {
    let config = practice.consortium.config(0);
    let start = ["node", "--config", text(&config)];
    let unsigned = refused(&start);
    assert!(unsigned.contains("member 0 has not signed"), "{unsigned}");
    sign(practice, next, 0, "rusutsu");
    sign(practice, next, 1, "sarabetsu");
    let stranger = refused(&start);
    assert!(stranger.contains("member 1 has not signed"), "{stranger}");
    let snapshot = next.with_file_name("state.snapshot");
    let whole = std::fs::read(&snapshot).unwrap();
    let mut bent = whole.clone();
    let middle = bent.len() / 2;
    bent[middle] ^= 1;
    std::fs::write(&snapshot, bent).unwrap();
    let changed = refused(&start);
    assert!(changed.contains("SHA-256"), "{changed}");
    std::fs::write(&snapshot, whole).unwrap();
}
