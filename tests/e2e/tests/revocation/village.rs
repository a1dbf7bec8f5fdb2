//! Four villages, one of which is asked for its word; what the chain says is read from another.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{Decode, DecodeAll as _, Encode};
use musubi_client_sdk::{calls, sealing::HpkeSecret};
use musubi_consent::{
    BindingFields, BindingStatement, Evidence, Statement, StatementFields, statement::SignerRole,
};
use musubi_primitives::{
    BindingId, BlockHash, ConsentId, ConsentState, HpkeKey, Language, Pseudonym,
    resident::Authority as Holding,
    view::{CardView, ConsentView},
};
use musubi_tests_support::{
    Collector, Consortium,
    authority::{Authority, Certificate},
    gateway::{Gateway, now, random, secret},
    statement::{self, HOME},
};
use serde_json::{Value, json};

const DAY: u64 = 24 * 3600 * 1000;
pub(crate) const GUARDIAN: &str = "見本　花子";
/// More blocks than anything here takes.
const BLOCKS_MAX: usize = 500;

/// How long the village waits for answers.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) wait_ms: u64,
    pub(crate) deadline_ms: u64,
}

pub(crate) struct Family {
    pub(crate) guardian: Pseudonym,
    pub(crate) child: Pseudonym,
    pub(crate) certificate: Certificate,
}

/// A signed document, ready to be handed in.
pub(crate) struct Signed {
    kind: &'static str,
    about: [u8; 32],
    evidence: Evidence,
}

impl Signed {
    /// One bit of the signature turned over on the way.
    pub(crate) fn damage_signature(&mut self) {
        *self.evidence.cms.last_mut().unwrap() ^= 1;
    }
}

pub(crate) struct Village {
    consortium: Consortium,
    pub(crate) authority: Authority,
    address: String,
    gateway: Gateway,
    key: HpkeKey,
    /// The configuration without what these tests add.
    config: String,
}

impl Village {
    /// A village that asks the authority's responder, which does not answer yet.
    pub(crate) async fn open(times: Times) -> Self {
        let mut consortium = Consortium::lay_out_traced().await;
        let keys = consortium.folder().join("members/rusutsu");
        let authority = Authority::open(consortium.folder()).await;
        let text = std::fs::read_to_string(consortium.config(0)).unwrap();
        let (lists, config): (Vec<&str>, Vec<&str>) = text
            .lines()
            .partition(|line| line.starts_with("revocation_lists"));
        assert_eq!(lists.len(), 1, "{text}");
        let config = config.join("\n") + "\n";
        configure(&consortium, &config, &authority, times);
        for place in 0..4 {
            consortium.node(place).process.restart();
        }
        let rpc = consortium.rpc(0).await;
        rpc.wait_for_height(1).await;
        let genesis: BlockHash = rpc.hash_at(0).await.as_str().unwrap().parse().unwrap();
        let address = listen(&text);
        Self {
            gateway: Gateway::new(&address, secret(&keys.join("clerk.pem")), genesis),
            key: HpkeSecret::from_bytes(secret(&keys.join("hpke.pem"))).public(),
            address,
            consortium,
            authority,
            config,
        }
    }

    /// The end of a test: nothing that was told about people lies readable in what the nodes kept, said or showed.
    pub(crate) async fn tells_nothing(mut self) {
        musubi_tests_privacy::tells_nothing(&mut self.consortium).await;
    }

    /// What its nodes tell of their calls.
    pub(crate) fn collector(&self) -> Collector {
        self.consortium.traces().unwrap().clone()
    }

    /// Ends the village's node without warning.
    pub(crate) fn kill(&mut self) {
        self.consortium.node(0).process.kill();
    }

    pub(crate) async fn restart(&mut self, times: Times) {
        configure(&self.consortium, &self.config, &self.authority, times);
        self.consortium.node(0).process.restart();
        let reached = self.consortium.rpc(1).await.height().await;
        let rpc = self.consortium.rpc(0).await;
        rpc.wait_for_height(reached).await;
    }

    /// As if the answers so far had grown too old to speak for today.
    pub(crate) async fn forget_answers(&mut self, times: Times) {
        self.kill();
        let config = self.consortium.config(0);
        let answers = config.parent().unwrap().join("data/revocations");
        std::fs::remove_dir_all(answers).unwrap();
        self.restart(times).await;
    }

    pub(crate) async fn enrol(&self) -> Family {
        let guardian = self.enrol_one(GUARDIAN, "1992-04-01").await;
        let child = self.enrol_one("見本　結", "2026-01-15").await;
        let form = json!({
            "subject": child, "guardian": guardian, "role": SignerRole::ParentalAuthority,
            "authority": Holding::Single, "until": now() + 6_000 * DAY,
        });
        self.gateway.post("/v1/guardianships", &form).await;
        Family {
            guardian,
            child,
            certificate: self.authority.certify(GUARDIAN),
        }
    }

    async fn enrol_one(&self, name: &str, born: &str) -> Pseudonym {
        let patient = json!({
            "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": name}],
            "name": [{"text": name}], "birthDate": born,
        });
        let form = json!({"patient": patient, "domain": "health"});
        let enrolled = self.gateway.post("/v1/people", &form).await;
        serde_json::from_value(enrolled["pseudonym"].clone()).unwrap()
    }

    pub(crate) async fn sign_binding(&self, family: &Family) -> Signed {
        let moment = now();
        let binding = BindingId(random());
        let document = BindingStatement::new(BindingFields {
            binding,
            person: family.guardian,
            home: HOME,
            replaces: self.card(family).await,
            not_before: moment,
            not_after: moment + DAY / 2,
            nonce: self.nonce().await,
            language: Language::Japanese,
        })
        .unwrap();
        Signed {
            kind: "binding",
            about: binding.0,
            evidence: family.certificate.sign(&document, self.gateway.genesis),
        }
    }

    /// A consent that the guardian signed, proposed on the chain by the clerk.
    pub(crate) async fn propose_consent(&self, family: &Family) -> Signed {
        let consent = ConsentId(random());
        let statement = Statement::new(self.statement(family, consent).await).unwrap();
        let evidence = family.certificate.sign(&statement, self.gateway.genesis);
        let terms = statement.fields().terms(evidence.commitment());
        let call = calls::consent::propose(consent, &terms, None);
        self.gateway.submit(call).await;
        Signed {
            kind: "consent",
            about: consent.0,
            evidence,
        }
    }

    async fn statement(&self, family: &Family, consent: ConsentId) -> StatementFields {
        let nonce = self.nonce().await;
        statement::immunizations(consent, family.child, family.guardian, nonce)
    }

    async fn nonce(&self) -> [u8; 32] {
        let issued = self.gateway.post("/v1/nonces", &Value::Null).await;
        let nonce: BlockHash = issued["nonce"].as_str().unwrap().parse().unwrap();
        nonce.0
    }

    /// The same gateway, called by a clinic of the consortium.
    pub(crate) fn clinic(&self) -> Gateway {
        let key = self
            .consortium
            .folder()
            .join("members/shiribetsu-clinic/clerk.pem");
        Gateway::new(&self.address, secret(&key), self.gateway.genesis)
    }

    /// Hands evidence in; what the village answers its own clerk.
    pub(crate) async fn give(&self, signed: &Signed) -> Value {
        self.give_by(&self.gateway, signed).await
    }

    /// Hands evidence in; what the village answers this caller.
    pub(crate) async fn give_by(&self, caller: &Gateway, signed: &Signed) -> Value {
        let sealed = signed.evidence.seal(&self.key, &signed.about).unwrap();
        let sealed = STANDARD.encode(sealed.to_bytes());
        let about = BlockHash(signed.about);
        let body = json!({"kind": signed.kind, "about": about, "sealed": sealed});
        caller.post("/v1/evidence", &body).await
    }

    /// The card that the chain has for the guardian.
    pub(crate) async fn card(&self, family: &Family) -> Option<BindingId> {
        let card: Option<CardView> = self.read("MusubiApi_active_card", &family.guardian).await;
        card.map(|card| card.binding)
    }

    pub(crate) async fn state(&self, consent: &Signed) -> ConsentState {
        let view: Option<ConsentView> = self.read("MusubiApi_consent", &consent.about).await;
        view.expect("the consent was proposed").state
    }

    /// Follows the chain until the guardian's card is the one that was signed for.
    pub(crate) async fn until_bound(&self, family: &Family, binding: &Signed) {
        for _ in 0..BLOCKS_MAX {
            if self.card(family).await == Some(BindingId(binding.about)) {
                return;
            }
            self.next_block().await;
        }
        panic!("the card was not bound");
    }

    /// Follows the chain until a consent no longer waits for the village's word.
    pub(crate) async fn until_judged(&self, consent: &Signed) -> ConsentState {
        for _ in 0..BLOCKS_MAX {
            let state = self.state(consent).await;
            if state != ConsentState::Proposed {
                return state;
            }
            self.next_block().await;
        }
        panic!("the consent was not judged");
    }

    async fn next_block(&self) {
        let rpc = self.consortium.rpc(1).await;
        rpc.wait_for_height(rpc.height().await + 1).await;
    }

    async fn read<T: Decode>(&self, method: &str, arguments: &impl Encode) -> T {
        let rpc = self.consortium.rpc(1).await;
        let arguments = format!("0x{}", hex::encode(arguments.encode()));
        let answer = rpc
            .ask("state_call", &[json!(method), json!(arguments)])
            .await;
        let bytes = hex::decode(answer.as_str().unwrap().trim_start_matches("0x")).unwrap();
        T::decode_all(&mut bytes.as_slice()).unwrap()
    }
}

/// Writes the village's configuration.
fn configure(consortium: &Consortium, config: &str, authority: &Authority, times: Times) {
    let Times {
        wait_ms,
        deadline_ms,
    } = times;
    let address = authority.address;
    let text = format!(
        "{config}\n[cards.pending]\nwait_ms = {wait_ms}\ndeadline_ms = {deadline_ms}\n\
         [cards.revocation]\nretry_ms = 100\n\
         [[cards.revocation.responders]]\ncertificate_use = \"signing\"\naddress = \"http://{address}/ocsp\"\n"
    );
    std::fs::write(consortium.config(0), text).unwrap();
}

/// The gateway's address in a configuration.
fn listen(config: &str) -> String {
    let (_, gateway) = config.split_once("[gateway]").unwrap();
    let line = gateway.lines().find(|line| line.starts_with("listen"));
    let (_, address) = line.unwrap().split_once('=').unwrap();
    address.trim().trim_matches('"').to_owned()
}
