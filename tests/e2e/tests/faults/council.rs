//! The consortium's own changes while blocks go on: a validator that is voted out, and a new village whose node joins, votes and proposes.

use crate::scene::{Scene, VALIDATORS};
use arc_malachitebft_core_types::Validator as _;
use codec::DecodeAll;
use musubi_node_consensus::validator::Validators;
use musubi_primitives::{
    VerifyingKey,
    finality::{CommitCertificate, ValidatorSet},
};
use musubi_tests_support::{consortium::free_ports, process::binary};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Transactions of each client.
const TRANSACTIONS: usize = 6;
/// Place of the clinic's node, whose configuration is the pattern for a new member's.
const CLINIC: usize = 4;
/// The number that the next member gets, and the name of its folders.
const NEWCOMER: (&str, &str) = ("7", "toyako");
/// Blocks after a vote of the consortium until the set that it chose decides.
const SET_DELAY: u64 = 2;
/// Heights in which a validator out of five surely has its turn, with one more for each that a fault may cost it.
const TURNS: u64 = 10;

/// What `musubi` prints; it must succeed.
fn run(arguments: &[&str]) -> String {
    let output = Command::new(binary()).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

impl Scene {
    fn key(&self, member: &str, name: &str) -> PathBuf {
        let members = self.consortium.folder().join("members");
        members.join(member).join(format!("{name}.pem"))
    }

    /// A key's public half, as `musubi key` prints it.
    fn public(&self, kind: &str, member: &str, name: &str) -> String {
        let file = self.key(member, name);
        let shown = run(&["key", "show", "--kind", kind, file.to_str().unwrap()]);
        let public = shown.lines().find_map(|line| line.strip_prefix("public: "));
        public.unwrap().to_owned()
    }

    /// Makes a key file of a member that is new.
    fn new_key(&self, kind: &str, member: &str, name: &str) -> String {
        let file = self.key(member, name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let out = file.to_str().unwrap();
        run(&["key", "generate", "--kind", kind, "--out", out]);
        self.public(kind, member, name)
    }

    /// `musubi member` with a key, at a node.
    fn member(&mut self, at: usize, key: &Path, arguments: &[&str]) -> Value {
        let rpc = self.consortium.node(at).rpc.clone();
        let key = key.to_str().unwrap();
        let all = ["member", "--json", "--rpc", &rpc, "--key", key];
        serde_json::from_str(&run(&[&all[..], arguments].concat())).unwrap()
    }

    /// Villages propose, and approve until it is enacted; the height at which it was. They sign with keys that none of the clients uses.
    fn enact(&mut self, villages: &[usize], proposition: &[&str]) -> u64 {
        let key = |scene: &mut Self, place: usize| {
            let name = scene.consortium.node(place).name.clone();
            scene.key(&name, "operator")
        };
        let proposer = key(self, villages[0]);
        let propose = [&["propose"], proposition].concat();
        let proposed = self.member(villages[0], &proposer, &propose);
        let number = proposed["proposal"].to_string();
        let mut last = proposed;
        for village in &villages[1..] {
            let key = key(self, *village);
            last = self.member(*village, &key, &["vote", &number, "yes"]);
        }
        assert_eq!(last["outcome"], "enacted", "{last}");
        last["block"]["height"].as_u64().unwrap()
    }

    /// Why a block is final, and who decided it.
    async fn finality(&self, place: usize, height: u64) -> (CommitCertificate, ValidatorSet) {
        let rpc = self.consortium.rpc(place).await;
        let answer = rpc
            .ask("musubi_certificate", &[rpc.hash_at(height).await])
            .await;
        let bytes = |name: &str| {
            let digits = answer[name].as_str().unwrap();
            hex::decode(&digits[2..]).unwrap()
        };
        let certificate = CommitCertificate::decode_all(&mut &*bytes("certificateEncoded"));
        let validators = ValidatorSet::decode_all(&mut &*bytes("validatorsEncoded"));
        (certificate.unwrap(), validators.unwrap())
    }

    /// The round in which a block was decided.
    pub(crate) async fn round_of(&self, place: usize, height: u64) -> u32 {
        self.finality(place, height).await.0.round
    }

    /// Whether a validator's vote is among those that decided a block, and whether it was the one who proposed it.
    async fn part_of(&self, place: usize, height: u64, key: &VerifyingKey) -> (bool, bool) {
        let (certificate, set) = self.finality(place, height).await;
        let mut signatures = certificate.signatures.iter();
        let voted = signatures.any(|signature| signature.validator == *key);
        let validators = Validators::new(&set).unwrap();
        let proposer = validators.proposer(height, certificate.round);
        (voted, proposer.address().0 == *key)
    }

    /// A node for a new village, patterned on the clinic's: its own keys, ports and folder, the same peers. Its place.
    fn furnish(&mut self, member: &str) -> usize {
        let clinic = self.consortium.node(CLINIC).name.clone();
        let pattern = std::fs::read_to_string(self.consortium.config(CLINIC)).unwrap();
        let ports = free_ports();
        let port_of = |address: &str| address.rsplit([':', '/']).next().unwrap().to_owned();
        let mut config = pattern.replace(&clinic, member);
        let mut rpc = String::new();
        for (place, line) in (ports..).zip(pattern.lines().filter(|line| is_listen(line))) {
            let address = line.split('"').nth(1).unwrap();
            let moved = address.replace(&port_of(address), &place.to_string());
            config = config.replace(address, &moved);
            // The last table of a configuration is that of JSON-RPC.
            rpc = moved;
        }
        let home = self.consortium.folder().join("nodes").join(member);
        std::fs::create_dir_all(&home).unwrap();
        // The judgement in the end asks it for every block.
        let config = format!("{config}\n[store]\njoin = \"replay\"\n");
        std::fs::write(home.join("node.toml"), config).unwrap();
        self.consortium.add(member, &home.join("node.toml"), &rpc)
    }
}

fn is_listen(line: &str) -> bool {
    line.starts_with("listen = ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_is_voted_out_follows_and_decides_no_more_while_blocks_go_on() {
    let mut scene = Scene::open().await;
    let out = scene.victims(1)[0];
    let others = scene.all_but(&[out, CLINIC]);
    let key = scene.consensus_keys()[out];
    scene.some_blocks(others[0]).await;
    let number = out.to_string();
    let enacted = scene.enact(&others, &["drop-validator", &number]);
    scene.load(TRANSACTIONS);
    let rpc = scene.consortium.rpc(others[0]).await;
    let last = rpc.wait_for_height(enacted + SET_DELAY + TURNS).await;
    for height in enacted + SET_DELAY..=last {
        let (_, set) = scene.finality(others[0], height).await;
        assert_eq!(set.validators().len(), VALIDATORS - 1, "at height {height}");
        let part = scene.part_of(others[0], height, &key).await;
        assert_eq!(part, (false, false), "at height {height}");
    }
    // It is a node like another: it may go and come as it likes.
    scene.consortium.node(out).process.kill();
    scene.some_blocks(others[0]).await;
    scene.consortium.node(out).process.restart();
    scene.nobody_voted_twice().await;
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_villages_own_node_joins_votes_and_proposes_and_is_needed() {
    let mut scene = Scene::open().await;
    let villages: Vec<usize> = (0..VALIDATORS).collect();
    let (number, name) = NEWCOMER;
    let operator = scene.new_key("ed25519", name, "operator");
    let verifier = scene.new_key("ed25519", name, "verifier");
    let hpke = scene.new_key("x25519", name, "hpke");
    let network = scene.new_key("ed25519", name, "network");
    let consensus = scene.new_key("ed25519", name, "consensus");
    for key in ["vault", "gateway"] {
        scene.new_key("ed25519", name, key);
    }
    scene.new_key("x25519", name, "gateway-hpke");
    let admit = ["admit", "--kind", "municipality"];
    let keys = ["--operator", &operator, "--verifier", &verifier];
    let admit = [&admit[..], &keys, &["--hpke", &hpke]].concat();
    scene.enact(&villages[..3], &admit);
    let operators = scene.key(name, "operator");
    scene.member(0, &operators, &["register-node", &network]);

    let newcomer = scene.furnish(name);
    scene.honest.push(newcomer);
    scene.consortium.node(newcomer).process.restart();
    assert_eq!(scene.comes_back(newcomer).await, None);
    let seat = ["add-validator", number, "--consensus-key", &consensus];
    let enacted = scene.enact(&villages, &seat);
    scene.load(TRANSACTIONS);
    let key: VerifyingKey = consensus.parse().unwrap();
    scene.proposes(newcomer, &key, enacted + SET_DELAY).await;
    // Four of five decide: with one of the old away, no block without the new.
    let away = scene.victims(1)[0];
    scene.consortium.node(away).process.kill();
    let reached = scene.consortium.rpc(newcomer).await.height().await;
    scene.proposes(newcomer, &key, reached + 1).await;
    scene.consortium.node(away).process.restart();
    scene.nobody_voted_twice().await;
    scene.judge().await;
}

impl Scene {
    /// Waits until a validator has both voted for final blocks and proposed one, from a height on.
    async fn proposes(&self, place: usize, key: &VerifyingKey, from: u64) {
        let rpc = self.consortium.rpc(place).await;
        let (mut votes, mut proposals) = (0, 0);
        for height in from..from + TURNS {
            rpc.wait_for_height(height).await;
            let (voted, proposed) = self.part_of(place, height, key).await;
            votes += u32::from(voted);
            proposals += u32::from(proposed);
        }
        assert!(
            votes > 0 && proposals > 0,
            "{votes} votes and {proposals} proposals from height {from} on"
        );
    }
}
