//! Four villages, the counters of two clinics, and one card reader.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{Decode, DecodeAll as _, Encode};
use musubi_client_sdk::{extrinsics::account_of, sealing::HpkeSecret};
use musubi_consent::Evidence;
use musubi_consent_card::card_face::Sex;
use musubi_consent_card_emulator::{
    CardProfile, PcscStack, PersonFacts, TestAuthority, Validity, issue::DEMO_SECRETS,
    stack::SOCKET_VARIABLE,
};
use musubi_primitives::{
    AccountId, BindingId, BlockHash, ConsentId, ConsentState, HpkeKey, Pseudonym, Salt,
    view::{CardView, ConsentView},
};
use musubi_tests_support::gateway::{Gateway, now, random, secret};
use musubi_tests_support::{Consortium, process::binary, told};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

const YEAR_SECONDS: u64 = 365 * 24 * 3600;
pub(crate) const DAY: u64 = 24 * 3600 * 1000;

/// Somebody with a card.
pub(crate) struct Person {
    pub(crate) pseudonym: Pseudonym,
    pub(crate) card: PathBuf,
}

/// The place where all this stands.
pub(crate) struct Desk {
    pub(crate) consortium: Consortium,
    stack: PcscStack,
    folder: TempDir,
    authority: TestAuthority,
    pub(crate) address: String,
    pub(crate) genesis: BlockHash,
    /// The village's HPKE key.
    pub(crate) key: HpkeKey,
    files: Cell<u32>,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let mut consortium = Consortium::lay_out_traced().await;
        for place in 0..4 {
            consortium.node(place).process.restart();
        }
        let rpc = consortium.rpc(0).await;
        rpc.wait_for_height(1).await;
        let genesis = rpc.hash_at(0).await.as_str().unwrap().parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let program = binary().display().to_string();
        let emulator = [program.as_str(), "card", "emulator-console"];
        let stack = PcscStack::start(folder.path(), &emulator);
        let authority = std::fs::read(consortium.folder().join("cards/authority.bin")).unwrap();
        let config = std::fs::read_to_string(consortium.config(0)).unwrap();
        let hpke = secret(&consortium.folder().join("members/rusutsu/hpke.pem"));
        Self {
            stack: stack.unwrap_or_else(|error| panic!("{error}")),
            folder,
            authority: TestAuthority::parse_bytes(&authority).unwrap(),
            address: listen(&config),
            genesis,
            key: HpkeSecret::from_bytes(hpke).public(),
            files: Cell::new(0),
            consortium,
        }
    }

    /// The end of a test: nothing that was told about people lies readable in what the nodes kept, said or showed.
    pub(crate) async fn tells_nothing(mut self) {
        musubi_tests_privacy::tells_nothing(&mut self.consortium).await;
    }

    /// Ends the village's node without warning and starts it again.
    pub(crate) async fn kill_and_restart(&mut self) {
        self.consortium.node(0).process.kill();
        self.consortium.node(0).process.restart();
        let reached = self.consortium.rpc(1).await.height().await;
        self.consortium.rpc(0).await.wait_for_height(reached).await;
    }

    fn key_file(&self, member: &str, key: &str) -> PathBuf {
        let members = self.consortium.folder().join("members");
        members.join(member).join(format!("{key}.pem"))
    }

    /// The village's gateway, called with a key of somebody's staff.
    pub(crate) fn caller(&self, member: &str, key: &str) -> Gateway {
        let secret = secret(&self.key_file(member, key));
        Gateway::new(&self.address, secret, self.genesis)
    }

    pub(crate) fn clerk(&self) -> Gateway {
        self.caller("rusutsu", "clerk")
    }

    pub(crate) fn account(&self, member: &str, key: &str) -> AccountId {
        let secret = secret(&self.key_file(member, key));
        account_of(&ed25519_dalek::SigningKey::from_bytes(&secret))
    }

    /// Enters somebody into the register and issues a card.
    pub(crate) async fn enrol(&self, name: &str, born: &str, profile: CardProfile) -> Person {
        let patient = json!({
            "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": name}],
            "name": [{"text": name}], "birthDate": born,
        });
        let form = json!({"patient": patient, "domain": "health"});
        let enrolled = self.clerk().post("/v1/people", &form).await;
        Person {
            pseudonym: serde_json::from_value(enrolled["pseudonym"].clone()).unwrap(),
            card: self.issue(name, born, profile),
        }
    }

    /// A card of this profile with new keys, for somebody who may have one already.
    pub(crate) fn issue(&self, name: &str, born: &str, profile: CardProfile) -> PathBuf {
        let person = PersonFacts {
            name: name.to_owned(),
            address: "北海道虻田郡留寿都村字留寿都".to_owned(),
            birth_date: born.replace('-', ""),
            sex: Sex::Unknown,
            municipality_code: "01396".to_owned(),
        };
        let seconds = now() / 1000;
        let validity = Validity {
            not_before: seconds - YEAR_SECONDS,
            not_after: seconds + 4 * YEAR_SECONDS,
        };
        let card = self
            .authority
            .issue_card(&person, DEMO_SECRETS, profile, validity)
            .unwrap();
        let card = card.to_bytes().unwrap();
        told::card(&card, &[&person.name, &person.address]);
        let path = self.new_file("card");
        std::fs::write(&path, card).unwrap();
        path
    }

    pub(crate) fn new_file(&self, extension: &str) -> PathBuf {
        self.files.set(self.files.get() + 1);
        let name = format!("{}.{extension}", self.files.get());
        self.folder.path().join(name)
    }

    /// A person's card lies on the reader while `musubi card …` runs; a card to which something forbidden was done fails the test.
    pub(crate) fn touch(&mut self, card: &Path, arguments: &[String], secret: &str) {
        self.stack.insert(0, card, None, 0).unwrap();
        let mut child = Command::new(binary())
            .arg("card")
            .args(arguments)
            .args(["--json", "--secret-fd", "0", "--reader"])
            .arg(PcscStack::reader(0))
            .env(SOCKET_VARIABLE, self.stack.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{secret}").unwrap();
        let output = child.wait_with_output().unwrap();
        self.stack.remove(0).unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// A document signed on the reader.
    pub(crate) fn sign(&mut self, card: &Path, document: &[u8], more: &[&str]) -> Evidence {
        let (statement, out) = (self.new_file("json"), self.new_file("cms"));
        std::fs::write(&statement, document).unwrap();
        let mut arguments = words(&[
            "sign",
            "--genesis",
            &self.genesis.to_string(),
            "--statement",
            &statement.display().to_string(),
            "--out",
            &out.display().to_string(),
        ]);
        arguments.extend(words(more));
        let secret = if more.contains(&"--check-in-card") {
            DEMO_SECRETS.authentication_pin
        } else {
            DEMO_SECRETS.signing_password
        };
        self.touch(card, &arguments, secret);
        Evidence {
            document: document.to_vec(),
            salt: Salt(random()),
            cms: std::fs::read(&out).unwrap(),
            signed_at: now(),
        }
    }

    /// The card that the chain has for a person.
    pub(crate) async fn active_card(&self, person: Pseudonym) -> Option<BindingId> {
        let card: Option<CardView> = self.read("MusubiApi_active_card", &person).await;
        card.map(|card| card.binding)
    }

    pub(crate) async fn state(&self, consent: ConsentId) -> ConsentState {
        let view: Option<ConsentView> = self.read("MusubiApi_consent", &consent).await;
        view.expect("the consent was proposed").state
    }

    pub(crate) async fn read<T: Decode>(&self, method: &str, arguments: &impl Encode) -> T {
        let rpc = self.consortium.rpc(0).await;
        let arguments = format!("0x{}", hex::encode(arguments.encode()));
        let answer = rpc
            .ask("state_call", &[json!(method), json!(arguments)])
            .await;
        let bytes = hex::decode(answer.as_str().unwrap().trim_start_matches("0x")).unwrap();
        T::decode_all(&mut bytes.as_slice()).unwrap()
    }

    /// A call as it is answered: status and JSON.
    pub(crate) async fn ask(&self, who: &Gateway, path: &str, body: &Value) -> (u16, Value) {
        let request = who.request(
            reqwest::Method::POST,
            path,
            "",
            body.to_string().into_bytes(),
        );
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap())
    }
}

/// Evidence as it is handed in.
pub(crate) fn sealed(key: &HpkeKey, kind: &str, about: [u8; 32], evidence: &Evidence) -> Value {
    let sealed = evidence.seal(key, &about).unwrap();
    json!({"kind": kind, "about": BlockHash(about), "sealed": STANDARD.encode(sealed.to_bytes())})
}

/// A nonce in an answer.
pub(crate) fn nonce_in(issued: &Value) -> [u8; 32] {
    let nonce: BlockHash = issued["nonce"].as_str().unwrap().parse().unwrap();
    nonce.0
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The gateway's address in a configuration.
fn listen(config: &str) -> String {
    let (_, gateway) = config.split_once("[gateway]").unwrap();
    let line = gateway.lines().find(|line| line.starts_with("listen"));
    let (_, address) = line.unwrap().split_once('=').unwrap();
    address.trim().trim_matches('"').to_owned()
}
