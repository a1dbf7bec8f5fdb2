//! The drill of a lost machine: backed up while blocks go on, destroyed, restored, level with the others again, and its records readable.

use crate::practice::{Practice, done, enrolled, family_with_a_dose, refused, text};
use musubi_client_sdk::sealing::{HpkeSecret, SealedRecord};
use musubi_node_vault::VaultStore;
use musubi_primitives::RecordId;
use musubi_tests_support::gateway::secret;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lost_everything_is_restored_and_its_records_are_readable() {
    let mut practice = Practice::begin().await;
    let (child, record) = family_with_a_dose(&practice).await;
    practice.some_blocks().await;
    let config = practice.consortium.config(0);
    let backup = practice.consortium.folder().join("backup");
    let make = ["backup", "--config", text(&config), "--out", text(&backup)];
    let made = done(&make);
    let seal = made
        .lines()
        .find_map(|line| line.strip_prefix("seal: "))
        .unwrap();
    let again = refused(&make);
    assert!(again.contains("is there already"), "{again}");
    // The chain goes on behind the backup's back.
    practice.some_blocks().await;

    practice.consortium.node(0).process.kill();
    let data = practice.home(0).join("data");
    let restore = [
        "restore",
        "--config",
        text(&config),
        "--from",
        text(&backup),
        "--seal",
        seal,
    ];
    let in_the_way = refused(&restore);
    assert!(
        in_the_way.contains("holds a node's data already"),
        "{in_the_way}"
    );
    std::fs::remove_dir_all(&data).unwrap();
    practice.some_blocks().await;
    let restored = done(&restore);
    assert!(restored.contains("rusutsu"), "{restored}");
    assert!(
        !data.join("consensus").exists(),
        "no old write-ahead log comes back"
    );

    practice.consortium.node(0).process.restart();
    practice.assert_level(0).await;
    let log = practice.consortium.node(0).process.log();
    assert!(log.contains("follows without a vote"), "{log}");
    assert!(!data.join("restored").exists(), "it votes again");
    let village = practice.gateway(0, "rusutsu", "clerk").await;
    assert_eq!(
        enrolled(&village, "見本　結", "2026-07-03").await,
        child,
        "the register knows the child"
    );

    practice.consortium.node(0).process.kill();
    assert_is_readable(
        &data.join("vault"),
        &practice.key("rusutsu", "hpke"),
        &record,
    );
}

/// Opens a record as its holder does: the ciphertext by its envelope, the envelope by the holder's key.
pub(crate) fn assert_is_readable(vault: &Path, key: &Path, record: &RecordId) {
    let store = VaultStore::open(vault).unwrap();
    let key = HpkeSecret::from_bytes(secret(key));
    let holding = store.holding(record).unwrap().expect("it is held");
    let ciphertext = store.ciphertext(record).unwrap().expect("it is whole");
    let envelope = store
        .envelope(record, &key.public())
        .unwrap()
        .expect("it is sealed to the holder");
    let sealed = SealedRecord {
        record: *record,
        commitment: holding.commitment,
        ciphertext,
    };
    let opened = sealed
        .open(&holding.ciphertext, &envelope.open(&key).unwrap())
        .unwrap();
    let resource = String::from_utf8(opened.to_vec()).unwrap();
    assert!(resource.contains("5種混合"), "{resource}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_by_the_name_of_the_file_and_leaves_nothing() {
    let mut practice = Practice::begin().await;
    let config = practice.consortium.config(2);
    let backup = practice.consortium.folder().join("backup");
    done(&["backup", "--config", text(&config), "--out", text(&backup)]);
    practice.consortium.node(2).process.kill();
    let data = practice.home(2).join("data");
    std::fs::remove_dir_all(&data).unwrap();
    let restore = [
        "restore",
        "--config",
        text(&config),
        "--from",
        text(&backup),
    ];
    done(&[&restore[..], &["--check"]].concat());
    assert!(!data.exists(), "a check restores nothing");

    let other = refused(&[&restore[..], &["--seal", &"0".repeat(64)]].concat());
    assert!(other.contains("seal"), "{other}");
    for (name, harm) in damages(&backup) {
        let path = backup.join(&name);
        let whole = std::fs::read(&path).unwrap();
        harm(&path, &whole);
        let said = refused(&restore);
        assert!(
            said.contains(&name) && said.contains("damaged"),
            "{name}: {said}"
        );
        assert!(!data.exists(), "{name}: nothing is half restored");
        std::fs::write(&path, whole).unwrap();
    }
    done(&restore);
    practice.consortium.node(2).process.restart();
    practice.assert_level(2).await;
}

type Harm = fn(&Path, &[u8]);

/// One file of each store, and a way to harm it.
fn damages(backup: &Path) -> Vec<(String, Harm)> {
    let flipped: Harm = |path, whole| {
        let mut bytes = whole.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    let cut: Harm = |path, whole| std::fs::write(path, &whole[..whole.len() / 2]).unwrap();
    let gone: Harm = |path, _| std::fs::remove_file(path).unwrap();
    let first = |store: &str| {
        let mut names: Vec<String> = std::fs::read_dir(backup.join(store))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("MANIFEST"))
            .collect();
        names.sort();
        format!("{store}/{}", names[0])
    };
    vec![
        (first("chain"), flipped),
        (first("register"), cut),
        (first("vault"), gone),
        ("backup.json".to_owned(), |path, whole| {
            let text = String::from_utf8(whole.to_vec()).unwrap();
            std::fs::write(path, text.replace("\"node\": \"", "\"node\": \"x")).unwrap();
        }),
    ]
}
