//! `musubi member` as an operator uses it, against four running villages: admit, register, rotate, seat; and what wrong input gets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the binary and write its files"
)]

use musubi_tests_support::{Consortium, process::binary};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A terminal at one village, with the keys of all.
struct Desk {
    consortium: Consortium,
    rpc: String,
}

impl Desk {
    async fn open() -> Self {
        let mut consortium = Consortium::start();
        consortium.rpc(0).await.wait_for_height(1).await;
        let rpc = consortium.node(0).rpc.clone();
        Self { consortium, rpc }
    }

    fn key(&self, member: &str, name: &str) -> PathBuf {
        self.consortium
            .folder()
            .join("members")
            .join(member)
            .join(format!("{name}.pem"))
    }

    fn run(&self, key: &Path, arguments: &[&str]) -> Output {
        member(&self.rpc, key, arguments)
    }

    /// What a command that must succeed answers.
    fn done(&self, key: &Path, arguments: &[&str]) -> Value {
        let output = self.run(key, arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("the answer is JSON")
    }

    /// What a command that must fail says.
    fn refused(&self, key: &Path, arguments: &[&str]) -> Value {
        failure(&self.run(key, arguments))
    }

    /// A new key file and its public part.
    fn new_key(&self, kind: &str, name: &str) -> (PathBuf, String) {
        let path = self.consortium.folder().join(format!("{name}.pem"));
        let output = Command::new(binary())
            .args(["key", "generate", "--kind", kind, "--out"])
            .arg(&path)
            .output()
            .expect("musubi runs");
        let text = String::from_utf8(output.stdout).expect("text");
        let public = text
            .lines()
            .find_map(|line| line.strip_prefix("public: "))
            .expect("a public key");
        (path, public.to_owned())
    }

    /// Proposes by the first village and has others approve until it is enacted.
    fn enact(&self, proposition: &[&str], approving: &[&str]) -> Value {
        let propose = [&["propose"], proposition].concat();
        let proposed = self.done(&self.key("rusutsu", "operator"), &propose);
        assert_eq!(proposed["outcome"], "open");
        let number = proposed["proposal"].to_string();
        let mut votes: Vec<Value> = approving
            .iter()
            .map(|village| self.done(&self.key(village, "operator"), &["vote", &number, "yes"]))
            .collect();
        let last = votes.pop().expect("somebody approves");
        assert_eq!(last["outcome"], "enacted", "{last}");
        last
    }

    /// A member as `list` shows it.
    fn listed(&self, number: usize) -> Value {
        let list = self.done(&self.key("rusutsu", "operator"), &["list"]);
        list["members"][number].clone()
    }
}

fn member(rpc: &str, key: &Path, arguments: &[&str]) -> Output {
    Command::new(binary())
        .args(["member", "--json", "--rpc", rpc, "--key"])
        .arg(key)
        .args(arguments)
        .output()
        .expect("musubi runs")
}

fn failure(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "this must be refused: {said}");
    serde_json::from_slice(&output.stderr).unwrap_or_else(|error| panic!("{error}: {said}"))
}

fn keys_of<'a>(operator: &'a str, verifier: &'a str, hpke: &'a str) -> [&'a str; 6] {
    [
        "--operator",
        operator,
        "--verifier",
        verifier,
        "--hpke",
        hpke,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_is_admitted_registers_its_keys_and_rotates_them() {
    let desk = Desk::open().await;
    let (operator, operator_public) = desk.new_key("ed25519", "operator");
    let (_, verifier) = desk.new_key("ed25519", "verifier");
    let (_, hpke) = desk.new_key("x25519", "hpke");
    let admit = [
        &["admit", "--kind", "clinic"],
        &keys_of(&operator_public, &verifier, &hpke)[..],
    ]
    .concat();
    let opened = desk.done(
        &desk.key("rusutsu", "operator"),
        &[&["propose"], &admit[..]].concat(),
    );
    let open = desk.done(&desk.key("mikasa", "operator"), &["proposals"]);
    assert_eq!(open["proposals"][0]["missing"], 2);
    assert_eq!(open["proposals"][0]["yes"], serde_json::json!([0]));
    assert_eq!(
        open["proposals"][0]["undecided"],
        serde_json::json!([1, 2, 3])
    );
    assert_eq!(open["proposals"][0]["action"]["kind"], "clinic");
    let number = opened["proposal"].to_string();
    for (village, outcome) in [("rankoshi", "open"), ("sarabetsu", "enacted")] {
        let voted = desk.done(&desk.key(village, "operator"), &["vote", &number, "yes"]);
        assert_eq!(voted["outcome"], outcome);
    }
    assert_eq!(desk.listed(7)["kind"], "clinic");

    let (_, node) = desk.new_key("ed25519", "network");
    let (_, doctor) = desk.new_key("ed25519", "doctor");
    desk.done(&operator, &["register-node", &node]);
    desk.done(
        &operator,
        &[
            "register-key",
            &doctor,
            "--role",
            "doctor",
            "--hpke",
            &hpke,
            "--until",
            &next_spring(),
        ],
    );
    let listed = desk.listed(7);
    assert_eq!(listed["nodes"], serde_json::json!([node]));
    assert_eq!(listed["staff"][0]["account"], serde_json::json!(doctor));

    let (newer, newer_public) = desk.new_key("ed25519", "newer-operator");
    let rotate = [
        &["rotate-keys", "7"],
        &keys_of(&newer_public, &verifier, &hpke)[..],
    ]
    .concat();
    desk.enact(&rotate, &["rankoshi", "sarabetsu"]);
    let stale = desk.refused(&operator, &["withdraw-node", &node]);
    assert_eq!(stale["rule"]["name"], "NotOperator");
    desk.done(&newer, &["withdraw-node", &node]);
    desk.done(&newer, &["withdraw-key", &doctor]);
    assert_eq!(desk.listed(7)["nodes"], serde_json::json!([]));
}

/// A day within two years, by this machine's calendar.
fn next_spring() -> String {
    let output = Command::new("date")
        .args(["--date", "next year", "+%Y-04-01"])
        .output()
        .expect("date runs");
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_village_validates_from_the_second_height_after_its_vote() {
    let desk = Desk::open().await;
    let (_, operator) = desk.new_key("ed25519", "operator");
    let (_, verifier) = desk.new_key("ed25519", "verifier");
    let (_, hpke) = desk.new_key("x25519", "hpke");
    let (_, consensus) = desk.new_key("ed25519", "consensus");
    let admit = [
        &["admit", "--kind", "municipality"],
        &keys_of(&operator, &verifier, &hpke)[..],
    ]
    .concat();
    desk.enact(&admit, &["rankoshi", "sarabetsu"]);
    // Five municipalities: four must approve.
    let seat = ["add-validator", "7", "--consensus-key", &consensus];
    let enacted = desk.enact(&seat, &["rankoshi", "sarabetsu", "mikasa"]);
    let height = enacted["block"]["height"].as_u64().expect("a height");
    let rpc = desk.consortium.rpc(1).await;
    rpc.wait_for_height(height + 2).await;
    for (at, validators) in [(height + 1, 4), (height + 2, 5)] {
        let hash = rpc.hash_at(at).await;
        let certificate = rpc.ask("musubi_certificate", &[hash]).await;
        let set = certificate["validators"].as_array().expect("a set");
        assert_eq!(set.len(), validators, "at height {at}");
        let has_newcomer = set.iter().any(|seat| seat["key"] == consensus.as_str());
        assert_eq!(has_newcomer, validators == 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_refused_by_rule_and_changes_nothing() {
    let desk = Desk::open().await;
    let village = desk.key("rusutsu", "operator");
    let unknown = desk.refused(&village, &["propose", "suspend", "99"]);
    assert_eq!(unknown["rule"]["pallet"], "Consortium");
    assert_eq!(unknown["rule"]["name"], "MemberUnknown");
    assert!(
        unknown["advice"]
            .as_str()
            .unwrap()
            .contains("musubi member list")
    );

    let clinic = desk.key("yotei-clinic", "operator");
    let voting_clinic = desk.refused(&clinic, &["propose", "suspend", "6"]);
    assert_eq!(voting_clinic["rule"]["name"], "NotMunicipalityOperator");

    let (stranger, _) = desk.new_key("ed25519", "stranger");
    let foreign = desk.refused(&stranger, &["propose", "suspend", "6"]);
    assert_eq!(foreign["rule"]["name"], "NotMunicipalityOperator");
    assert!(
        foreign.get("block").is_none(),
        "nothing was submitted: {foreign}"
    );

    let closed = desk.refused(&village, &["vote", "0", "yes"]);
    assert_eq!(closed["rule"]["name"], "ProposalNotOpen");

    let open = desk.done(&village, &["proposals"]);
    assert_eq!(open["proposals"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_down_is_named() {
    let mut desk = Desk::open().await;
    desk.consortium.node(0).process.kill();
    let down = desk.refused(&desk.key("rusutsu", "operator"), &["list"]);
    let message = down["message"].as_str().expect("a message");
    assert!(message.contains(&desk.rpc), "{message}");
}

#[test]
fn a_wrong_passphrase_is_told_without_a_node() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("right"), "正しい馬\n").expect("writes");
    std::fs::write(at("wrong"), "wrong horse\n").expect("writes");
    let made = Command::new(binary())
        .args(["key", "generate", "--kind", "ed25519", "--out"])
        .arg(at("key.pem"))
        .arg("--passphrase-file")
        .arg(at("right"))
        .output()
        .expect("musubi runs");
    assert!(made.status.success());
    let wrong = at("wrong");
    let arguments = [
        "vote",
        "0",
        "yes",
        "--passphrase-file",
        wrong.to_str().unwrap(),
    ];
    let said = failure(&member("127.0.0.1:1", &at("key.pem"), &arguments));
    let message = said["message"].as_str().expect("a message");
    assert!(
        message.contains("passphrase") && message.contains("key.pem"),
        "{message}"
    );
}
