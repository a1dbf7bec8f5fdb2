//! Two villages with their counters, a family, and what it signs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{Decode, DecodeAll as _, Encode};
use ed25519_dalek::{Signer as _, SigningKey};
use musubi_client_sdk::{calls, extrinsics::account_of, sealing::HpkeSecret};
use musubi_consent::{
    BindingFields, BindingStatement, Evidence, SignedContent, Statement, StatementFields,
    Withdrawal, WithdrawalFields, WitnessRecord, witness::WitnessSignature,
};
use musubi_primitives::{
    BindingId, BlockHash, ConsentId, ConsentState, HpkeKey, Language, MemberId, Pseudonym, Salt,
    Terms,
    resident::{Authority as Holding, SignerRole},
    view::{CardView, ConsentView},
};
use musubi_tests_support::{
    Consortium,
    authority::{Authority, Certificate},
    gateway::{Gateway, now, random, secret},
    statement::{self, HOME},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;

pub(crate) const SECOND: MemberId = MemberId(1);
pub(crate) const DAY: u64 = 24 * 3600 * 1000;
pub(crate) const GUARDIAN: &str = "見本　花子";
pub(crate) const CHILD: &str = "見本　結";

/// The villages Rusutsu, whose people these are, and Rankoshi.
pub(crate) struct Town {
    consortium: Consortium,
    pub(crate) authority: Authority,
    pub(crate) clerk: Gateway,
    pub(crate) officer: Gateway,
    pub(crate) second_officer: Gateway,
    genesis: BlockHash,
}

/// A signed or witnessed document, ready to be handed in.
pub(crate) struct Signed {
    pub(crate) kind: &'static str,
    pub(crate) about: [u8; 32],
    pub(crate) evidence: Evidence,
}

impl Signed {
    pub(crate) fn consent(&self) -> ConsentId {
        ConsentId(self.about)
    }
}

impl Town {
    /// The demonstration's consortium, all of whose villages run.
    pub(crate) async fn open() -> Self {
        let mut consortium = Consortium::lay_out_traced().await;
        consortium.start_all();
        let authority = Authority::open(consortium.folder()).await;
        let rpc = consortium.rpc(0).await;
        rpc.wait_for_height(1).await;
        let genesis: BlockHash = rpc.hash_at(0).await.as_str().unwrap().parse().unwrap();
        let staff = |name| gateway(&consortium, 0, &key(&consortium, "rusutsu", name), genesis);
        Self {
            clerk: staff("clerk"),
            officer: staff("officer"),
            second_officer: staff("second-officer"),
            consortium,
            authority,
            genesis,
        }
    }

    /// The end of a test: nothing that was told about people lies readable in what the nodes kept, said or showed.
    pub(crate) async fn tells_nothing(mut self) {
        musubi_tests_privacy::tells_nothing(&mut self.consortium).await;
    }

    /// Somebody with this key at the gateway of the village at this place of the plan.
    pub(crate) fn caller(&self, place: usize, secret: [u8; 32]) -> Gateway {
        gateway(&self.consortium, place, &secret, self.genesis)
    }

    /// A key of a member, as `musubi spec demo` wrote it.
    pub(crate) fn key(&self, member: &str, name: &str) -> [u8; 32] {
        key(&self.consortium, member, name)
    }

    pub(crate) fn genesis(&self) -> BlockHash {
        self.genesis
    }

    /// Enrols somebody, with a phone where a device is given.
    pub(crate) async fn enrol(
        &self,
        name: &str,
        born: &str,
        device: Option<&SigningKey>,
    ) -> Pseudonym {
        let patient = json!({
            "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": name}],
            "name": [{"text": name}], "birthDate": born,
        });
        let mut form = json!({"patient": patient, "domain": "health"});
        if let Some(key) = device {
            let hpke = HpkeSecret::from_bytes(random()).public();
            form["device"] = json!({"account": account_of(key), "hpke": hpke});
        }
        let enrolled = self.clerk.post("/v1/people", &form).await;
        serde_json::from_value(enrolled["pseudonym"].clone()).unwrap()
    }

    /// Enters a parent of this child.
    pub(crate) async fn let_decide(&self, child: Pseudonym, guardian: Pseudonym, holding: Holding) {
        let form = guardianship(child, guardian, SignerRole::ParentalAuthority, holding);
        self.clerk.post("/v1/guardianships", &form).await;
    }

    /// A mother with a bound card, and her child of this birth date.
    pub(crate) async fn family(&self, born: &str) -> (Pseudonym, Pseudonym, Certificate) {
        let pseudonym = self.enrol(GUARDIAN, "1992-04-01", None).await;
        let child = self.enrol(CHILD, born, None).await;
        self.let_decide(child, pseudonym, Holding::Single).await;
        let certificate = self.authority.certify(GUARDIAN);
        let bound = self.bind(pseudonym, &certificate, None).await;
        assert_eq!(bound["outcome"], "attested", "{bound}");
        (pseudonym, child, certificate)
    }

    /// A touch that binds a card; what the village answers.
    pub(crate) async fn bind(
        &self,
        person: Pseudonym,
        certificate: &Certificate,
        replaces: Option<BindingId>,
    ) -> Value {
        let moment = now();
        let binding = BindingId(random());
        let document = BindingStatement::new(BindingFields {
            binding,
            person,
            home: HOME,
            replaces,
            not_before: moment,
            not_after: moment + DAY / 2,
            nonce: self.nonce().await,
            language: Language::Japanese,
        });
        let signed = Signed {
            kind: "binding",
            about: binding.0,
            evidence: certificate.sign(&document.unwrap(), self.genesis),
        };
        self.give(&signed).await
    }

    /// What a guardian reads: vaccinations, for the clinic, for ninety days. Tests change it before it is signed.
    pub(crate) async fn statement(&self, child: Pseudonym, guardian: Pseudonym) -> StatementFields {
        statement::immunizations(ConsentId(random()), child, guardian, self.nonce().await)
    }

    /// The statement signed with a card, and proposed as it stands.
    pub(crate) async fn consent(
        &self,
        certificate: &Certificate,
        fields: StatementFields,
    ) -> Signed {
        let statement = Statement::new(fields).unwrap();
        let evidence = certificate.sign(&statement, self.genesis);
        let terms = statement.fields().terms(evidence.commitment());
        self.propose(statement.fields().consent, &terms, evidence)
            .await
    }

    /// The statement before the eyes of these officers, and proposed as it stands.
    pub(crate) async fn witnessed(&self, fields: StatementFields, officers: &[&str]) -> Signed {
        let statement = Statement::new(fields).unwrap();
        let content = SignedContent::of(&statement, self.genesis);
        let message = WitnessRecord::signing_bytes(&content);
        let sign = |name: &&str| {
            let key = SigningKey::from_bytes(&self.key("rusutsu", name));
            WitnessSignature {
                officer: account_of(&key),
                signature: key.sign(&message).to_bytes(),
            }
        };
        let record = WitnessRecord {
            signatures: officers.iter().map(sign).collect(),
        };
        let evidence = Evidence {
            document: statement.canonical_bytes().to_vec(),
            salt: Salt(random()),
            cms: record.encode(),
            signed_at: now(),
        };
        let terms = statement.fields().terms(evidence.commitment());
        self.propose(statement.fields().consent, &terms, evidence)
            .await
    }

    /// Proposes terms that may differ from what was signed.
    pub(crate) async fn propose(
        &self,
        consent: ConsentId,
        terms: &Terms,
        evidence: Evidence,
    ) -> Signed {
        let call = calls::consent::propose(consent, terms, None);
        self.clerk.submit(call).await;
        Signed {
            kind: "consent",
            about: consent.0,
            evidence,
        }
    }

    /// A withdrawal with the card.
    pub(crate) async fn withdrawal(
        &self,
        certificate: &Certificate,
        consent: ConsentId,
        child: Pseudonym,
        guardian: Pseudonym,
    ) -> Signed {
        let moment = now();
        let document = Withdrawal::new(WithdrawalFields {
            consent,
            subject: child,
            guardian,
            not_before: moment,
            not_after: moment + DAY,
            nonce: self.nonce().await,
            language: Language::Japanese,
        });
        Signed {
            kind: "withdrawal",
            about: consent.0,
            evidence: certificate.sign(&document.unwrap(), self.genesis),
        }
    }

    async fn nonce(&self) -> [u8; 32] {
        let issued = self.clerk.post("/v1/nonces", &Value::Null).await;
        let nonce: BlockHash = issued["nonce"].as_str().unwrap().parse().unwrap();
        nonce.0
    }

    /// Hands evidence in at the home municipality; what it answers.
    pub(crate) async fn give(&self, signed: &Signed) -> Value {
        let key = HpkeSecret::from_bytes(self.key("rusutsu", "hpke")).public();
        let sealed = signed.evidence.seal(&key, &signed.about).unwrap();
        let body = document(
            signed.kind,
            signed.about,
            &STANDARD.encode(sealed.to_bytes()),
        );
        self.clerk.post("/v1/evidence", &body).await
    }

    /// Enters a life event; status and answer.
    pub(crate) async fn enter(&self, who: &Gateway, event: &Value) -> (u16, Value) {
        let body = event.to_string().into_bytes();
        answer(who, Method::POST, "/v1/life-events", body).await
    }

    pub(crate) async fn state(&self, consent: ConsentId) -> ConsentState {
        let view: Option<ConsentView> = self.read("MusubiApi_consent", &consent).await;
        view.expect("the consent was proposed").state
    }

    /// The card that the chain has for a person.
    pub(crate) async fn card(&self, person: Pseudonym) -> Option<BindingId> {
        let card: Option<CardView> = self.read("MusubiApi_active_card", &person).await;
        card.map(|card| card.binding)
    }

    /// The chain's specification.
    pub(crate) fn spec(&self) -> PathBuf {
        self.consortium.folder().join("chain-spec.json")
    }

    /// Waits, block by block, until the trail tells that the consent ended.
    pub(crate) async fn wait_until_over(&self, consent: ConsentId) {
        let rpc = self.consortium.rpc(0).await;
        let mut height = rpc.height().await;
        while !matches!(self.state(consent).await, ConsentState::Ended(_)) {
            height = rpc.wait_for_height(height + 1).await;
        }
        // The state reads as over from its last moment on; the block after it says so on the trail.
        rpc.wait_for_height(height + 2).await;
    }

    pub(crate) async fn home(&self, person: Pseudonym) -> Option<MemberId> {
        self.read("MusubiApi_home", &person).await
    }

    async fn read<T: Decode>(&self, method: &str, arguments: &impl Encode) -> T {
        let rpc = self.consortium.rpc(0).await;
        let arguments = format!("0x{}", hex::encode(arguments.encode()));
        let answer = rpc
            .ask("state_call", &[json!(method), json!(arguments)])
            .await;
        let bytes = hex::decode(answer.as_str().unwrap().trim_start_matches("0x")).unwrap();
        T::decode_all(&mut bytes.as_slice()).unwrap()
    }
}

/// A guardianship for six years.
pub(crate) fn guardianship(
    child: Pseudonym,
    guardian: Pseudonym,
    role: SignerRole,
    holding: Holding,
) -> Value {
    json!({
        "subject": child, "guardian": guardian, "role": role, "authority": holding,
        "until": now() + 6 * 366 * DAY,
    })
}

/// Evidence as it is handed in.
pub(crate) fn document(kind: &str, about: [u8; 32], sealed: &str) -> Value {
    json!({"kind": kind, "about": BlockHash(about), "sealed": sealed})
}

/// A call's status and JSON, whatever they are.
pub(crate) async fn answer(
    who: &Gateway,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> (u16, Value) {
    let response = who.request(method, path, "", body).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// What a path shows.
pub(crate) async fn look(who: &Gateway, path: &str) -> (u16, Value) {
    answer(who, Method::GET, path, Vec::new()).await
}

/// The key of an account that nobody has yet.
pub(crate) fn fresh_key() -> SigningKey {
    SigningKey::from_bytes(&random())
}

/// An HPKE key that nobody opens.
pub(crate) fn fresh_hpke() -> HpkeKey {
    HpkeSecret::from_bytes(random()).public()
}

fn key(consortium: &Consortium, member: &str, name: &str) -> [u8; 32] {
    let folder = consortium.folder().join("members").join(member);
    secret(&folder.join(format!("{name}.pem")))
}

fn gateway(
    consortium: &Consortium,
    place: usize,
    secret: &[u8; 32],
    genesis: BlockHash,
) -> Gateway {
    let text = std::fs::read_to_string(consortium.config(place)).unwrap();
    let (_, section) = text.split_once("[gateway]").unwrap();
    let line = section.lines().find(|line| line.starts_with("listen"));
    let (_, address) = line.unwrap().split_once('=').unwrap();
    Gateway::new(address.trim().trim_matches('"'), *secret, genesis)
}
