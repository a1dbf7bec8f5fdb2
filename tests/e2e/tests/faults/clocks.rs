//! Wrong clocks: one village's runs half a minute ahead, another's half a minute behind.
//!
//! The wall clock alone is wrong, as on a machine whose time was set by hand; time that passes is measured right. Debian's `faketime` lends
//! both nodes their clocks: they are the product as it is.

use crate::scene::Scene;
use std::path::PathBuf;

/// Transactions of each client.
const TRANSACTIONS: usize = 4;
/// How wrong the clocks are, in seconds; more than the five that a validator tolerates.
const SKEWS: [i32; 2] = [30, -30];

/// The library that answers in place of the system when a process asks what time it is.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap();
    let mut libraries = folders.map(|folder| {
        let folder = folder.unwrap().path();
        folder.join("faketime/libfaketimeMT.so.1")
    });
    let found = libraries.find(|library| library.is_file());
    found.expect("libfaketime is needed: ./dev setup installs Debian's package faketime")
}

fn clock(skew: i32) -> Vec<(&'static str, String)> {
    let library = library().to_str().unwrap().to_owned();
    vec![
        ("LD_PRELOAD", library),
        ("FAKETIME", format!("{skew:+}")),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_half_a_minute_ahead_and_behind_neither_stop_the_chain_nor_lead_it_astray() {
    let mut scene = Scene::lay_out().await;
    let wrong = scene.victims(SKEWS.len());
    for (place, skew) in wrong.iter().zip(SKEWS) {
        scene.consortium.node(*place).process.surround(clock(skew));
    }
    scene.start().await;
    scene.load(TRANSACTIONS);
    for place in &wrong {
        scene.some_blocks(*place).await;
    }
    for place in &wrong {
        let process = &mut scene.consortium.node(*place).process;
        process.surround(Vec::new());
        process.restart();
    }
    scene.judge().await;
}
