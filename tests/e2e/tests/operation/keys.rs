//! Drills with keys: each that a member has is replaced by the others' vote, before its loss or after it, and the old one speaks no more.

use crate::{
    backup::assert_is_readable,
    practice::{Practice, done, family_with_a_dose, refused, text},
};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Approvals that a proposal of the first village needs beside its own.
const APPROVING: [&str; 2] = ["rankoshi", "sarabetsu"];

impl Practice {
    fn member(&self, key: &Path, arguments: &[&str]) -> Vec<String> {
        let rpc = self.consortium_rpc();
        let all = ["member", "--json", "--rpc", &rpc, "--key", text(key)];
        let all = all.iter().chain(arguments);
        all.map(|argument| (*argument).to_owned()).collect()
    }

    fn consortium_rpc(&self) -> String {
        let config = std::fs::read_to_string(self.consortium.config(1)).unwrap();
        let (_, after) = config.split_once("[rpc]").unwrap();
        let (_, after) = after.split_once("listen = \"").unwrap();
        after.split('"').next().unwrap().to_owned()
    }

    fn told(&self, key: &Path, arguments: &[&str]) -> Value {
        let all = self.member(key, arguments);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        serde_json::from_str(&done(&all)).expect("the answer is JSON")
    }

    fn refused(&self, key: &Path, arguments: &[&str]) -> String {
        let all = self.member(key, arguments);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        refused(&all)
    }

    /// Proposes by the second village and has two others approve.
    fn enact(&self, proposition: &[&str]) -> u64 {
        let all = [&["propose"], proposition].concat();
        let proposed = self.told(&self.key("mikasa", "operator"), &all);
        let number = proposed["proposal"].to_string();
        let mut last = proposed;
        for village in APPROVING {
            last = self.told(&self.key(village, "operator"), &["vote", &number, "yes"]);
        }
        assert_eq!(last["outcome"], "enacted", "{last}");
        last["block"]["height"].as_u64().unwrap()
    }

    /// A new key file and its public part.
    fn new_key(&self, kind: &str, name: &str) -> (PathBuf, String) {
        let path = self.consortium.folder().join(format!("{name}.pem"));
        let made = done(&["key", "generate", "--kind", kind, "--out", text(&path)]);
        let public = made.lines().find_map(|line| line.strip_prefix("public: "));
        (path, public.unwrap().to_owned())
    }

    fn public(&self, kind: &str, member: &str, name: &str) -> String {
        let path = self.key(member, name);
        let shown = done(&["key", "show", "--kind", kind, text(&path)]);
        let public = shown.lines().find_map(|line| line.strip_prefix("public: "));
        public.unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_lost_machine_and_key_votes_again_under_a_new_key() {
    let mut practice = Practice::begin().await;
    practice.consortium.node(0).process.kill();
    std::fs::remove_dir_all(practice.home(0).join("data")).unwrap();
    let key = practice.key("rusutsu", "consensus");
    std::fs::remove_file(&key).unwrap();
    let (new, public) = practice.new_key("ed25519", "new-consensus");
    let enacted = practice.enact(&["add-validator", "0", "--consensus-key", &public]);
    std::fs::copy(&new, &key).unwrap();
    practice.consortium.node(0).process.restart();
    practice.assert_level(0).await;
    let rpc = practice.consortium.rpc(1).await;
    // The block after the vote is still decided by those before, the lost key among them: it takes all three others.
    rpc.wait_for_height(enacted + 1).await;
    // With another village away no block is decided without the new key.
    practice.consortium.node(3).process.kill();
    let height = rpc.wait_for_height(rpc.height().await + 3).await;
    let hash = rpc.hash_at(height).await;
    let certificate = rpc.ask("musubi_certificate", &[hash]).await;
    let set = certificate["validators"].as_array().unwrap();
    assert!(
        set.iter().any(|seat| seat["key"] == public.as_str()),
        "{certificate}"
    );
    assert_eq!(set.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_lost_key_is_replaced_by_the_others_and_the_old_one_speaks_no_more() {
    let practice = Practice::begin().await;
    let (new, operator) = practice.new_key("ed25519", "new-operator");
    let verifier = practice.public("ed25519", "rusutsu", "verifier");
    let hpke = practice.public("x25519", "rusutsu", "hpke");
    let keys = [
        "--operator",
        &operator,
        "--verifier",
        &verifier,
        "--hpke",
        &hpke,
    ];
    practice.enact(&[&["rotate-keys", "0"][..], &keys].concat());
    let propose = ["propose", "suspend", "6"];
    let stale = practice.refused(&practice.key("rusutsu", "operator"), &propose);
    assert!(stale.contains("NotMunicipalityOperator"), "{stale}");
    let proposed = practice.told(&new, &propose);
    assert_eq!(proposed["outcome"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_hpke_key_is_rotated_a_village_reads_what_it_held_under_the_new_key() {
    let mut practice = Practice::begin().await;
    let (_, record) = family_with_a_dose(&practice).await;
    let (new, hpke) = practice.new_key("x25519", "new-hpke");
    let operator = practice.public("ed25519", "rusutsu", "operator");
    let verifier = practice.public("ed25519", "rusutsu", "verifier");
    let keys = [
        "--operator",
        &operator,
        "--verifier",
        &verifier,
        "--hpke",
        &hpke,
    ];
    practice.enact(&[&["rotate-keys", "0"][..], &keys].concat());
    let listed = practice.told(&practice.key("mikasa", "operator"), &["list"]);
    assert_eq!(
        listed["members"][0]["keys"]["hpke"],
        hpke.as_str(),
        "{listed}"
    );

    practice.consortium.node(0).process.kill();
    let key = practice.key("rusutsu", "hpke");
    let former = key.with_file_name("hpke-former.pem");
    std::fs::rename(&key, &former).unwrap();
    std::fs::copy(&new, &key).unwrap();
    let config = practice.consortium.config(0);
    let text = std::fs::read_to_string(&config).unwrap();
    let former = format!("[keys]\nformer_hpke = [\"{}\"]\n", former.display());
    std::fs::write(&config, text.replace("[keys]\n", &former)).unwrap();
    practice.consortium.node(0).process.restart();
    practice.assert_level(0).await;
    practice.consortium.node(0).process.kill();
    assert_is_readable(&practice.home(0).join("data/vault"), &key, &record);
}
