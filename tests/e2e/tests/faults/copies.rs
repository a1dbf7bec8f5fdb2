//! A database that was copied while its node wrote to it, and put in the place of the original.
//!
//! The copy may be torn: then it is refused with the reason. Where it opens it is right, and its validator does not vote where its other
//! self may have voted already.

use crate::{
    disks::SAFETY,
    scene::{Scene, VALIDATORS},
};
use std::{io::ErrorKind, path::Path};

/// Transactions of each client.
const TRANSACTIONS: usize = 8;

/// Copies a folder as `cp -r` would, file by file, whatever happens to it meanwhile; a file that goes away before its turn is not there.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
            continue;
        }
        let copied = std::fs::copy(entry.path(), target);
        if let Err(error) = copied {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{:?}", entry.path());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_running_nodes_data_is_refused_or_right_and_never_votes_twice() {
    let mut scene = Scene::open().await;
    let victim = scene.victims(1)[0];
    let witness = scene.all_but(&[victim])[0];
    let (data, copied) = (
        scene.data(victim),
        scene.data(victim).with_file_name("copied"),
    );
    scene.load(TRANSACTIONS);
    scene.some_blocks(victim).await;
    copy(&data, &copied);
    // What it votes from here on the copy knows nothing of.
    scene.some_blocks(victim).await;
    scene.consortium.node(victim).process.kill();
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&copied, &data).unwrap();
    scene.consortium.node(victim).process.restart();
    match scene.comes_back(victim).await {
        None => {
            let said = scene.consortium.node(victim).process.log();
            assert!(said.contains("this data folder was copied here"), "{said}");
            assert!(said.contains("follows without a vote"), "{said}");
        }
        Some(status) => {
            let said = scene.consortium.node(victim).process.log();
            let last = said.lines().last().unwrap_or_default();
            println!("refused with {status}: {last}");
            assert!(
                matches!(status.code(), Some(1 | SAFETY)),
                "{status}: {said}"
            );
            assert!(last.contains("data"), "it names the place: {said}");
            // The operator's part: without the copy it takes the others' word, and follows first, for nobody knows what it voted.
            std::fs::remove_dir_all(&data).unwrap();
            std::fs::create_dir(&data).unwrap();
            std::fs::write(data.join("restored"), "").unwrap();
            let config = scene.consortium.config(victim);
            let text = std::fs::read_to_string(&config).unwrap();
            std::fs::write(&config, format!("{text}\n[store]\njoin = \"replay\"\n")).unwrap();
            scene.consortium.node(victim).process.restart();
            assert_eq!(scene.comes_back(victim).await, None);
        }
    }
    // Its vote counts again: with another village away none is final without it.
    let away = (0..VALIDATORS).find(|place| ![victim, witness].contains(place));
    let away = away.unwrap();
    scene.consortium.node(away).process.kill();
    scene.some_blocks(witness).await;
    scene.consortium.node(away).process.restart();
    scene.nobody_voted_twice().await;
    scene.judge().await;
}
