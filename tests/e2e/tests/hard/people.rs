//! Families: enrolled at a counter, with a guardian whose card signs what the family wants.

use crate::{
    actor::Actor,
    world::{AT_CLINIC, RUSUTSU, World},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use musubi_client_sdk::calls;
use musubi_consent::{
    BindingFields, BindingStatement, Evidence, Statement, StatementFields, Text,
    statement::{Action, Party, Place, SignerRole},
    wording,
};
use musubi_consent_card_emulator::TestAuthority;
use musubi_primitives::{
    AssuranceLevel, BindingId, BlockHash, CategorySet, ConsentId, Language, MemberId, Pseudonym,
    Purpose, resident::Authority, view::CardView,
};
use musubi_tests_support::{
    authority::Certificate,
    gateway::{now, random},
};
use serde_json::{Value, json};

pub(crate) const DAY: u64 = 24 * 3600 * 1000;

/// A guardian with a card and a phone.
pub(crate) struct Guardian {
    pub(crate) pseudonym: Pseudonym,
    pub(crate) phone: Actor,
    certificate: Certificate,
    authority: Authority,
}

/// What is consented to.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    pub(crate) recipient: MemberId,
    pub(crate) purpose: Purpose,
    pub(crate) categories: CategorySet,
}

/// A municipality that enrols and attests.
pub(crate) struct Home<'a> {
    pub(crate) world: &'a World,
    pub(crate) name: &'static str,
    pub(crate) member: MemberId,
    pub(crate) clerk: Actor,
}

impl<'a> Home<'a> {
    pub(crate) fn rusutsu(world: &'a World) -> Self {
        Self {
            world,
            name: "rusutsu",
            member: RUSUTSU,
            clerk: world.staff("rusutsu", "clerk", 0),
        }
    }

    /// A child, by its FHIR Patient.
    pub(crate) async fn child(&self, patient: &Value) -> Pseudonym {
        let form = json!({"patient": patient, "domain": "health"});
        let enrolled = self.clerk.post("/v1/people", &form).await;
        self.world.until_level(AT_CLINIC).await;
        serde_json::from_value(enrolled["pseudonym"].clone()).unwrap()
    }

    /// A guardian with a phone, whose card is bound at the counter.
    pub(crate) async fn guardian(&self, name: &str, authority: Authority) -> Guardian {
        let phone = self.world.phone(0);
        let device = json!({"account": phone.account(), "hpke": phone.sealing.public()});
        let form = json!({"patient": patient(name, name, "1992-04-01"), "domain": "health", "device": device});
        let enrolled = self.clerk.post("/v1/people", &form).await;
        let guardian = Guardian {
            pseudonym: serde_json::from_value(enrolled["pseudonym"].clone()).unwrap(),
            phone,
            certificate: certify(self.world, name),
            authority,
        };
        self.bind(&guardian).await;
        guardian
    }

    /// Attests that the guardian decides for the child.
    pub(crate) async fn join(&self, guardian: &Guardian, child: Pseudonym) {
        let form = json!({
            "subject": child, "guardian": guardian.pseudonym, "role": SignerRole::ParentalAuthority,
            "authority": guardian.authority, "until": now() + 6_000 * DAY,
        });
        self.clerk.post("/v1/guardianships", &form).await;
    }

    /// Binds the guardian's card at this counter, in the place of the binding before it.
    pub(crate) async fn bind(&self, guardian: &Guardian) {
        let card: Option<CardView> = self
            .world
            .read("MusubiApi_active_card", &guardian.pseudonym)
            .await;
        let moment = now();
        let binding = BindingId(random());
        let document = BindingStatement::new(BindingFields {
            binding,
            person: guardian.pseudonym,
            home: self.member,
            replaces: card.map(|card| card.binding),
            not_before: moment,
            not_after: moment + DAY / 2,
            nonce: self.clerk.nonce().await,
            language: Language::Japanese,
        })
        .unwrap();
        let evidence = guardian.certificate.sign(&document, self.world.genesis);
        self.give(&self.clerk, "binding", binding.0, &evidence)
            .await;
    }

    /// The guardian reads, signs with the card and proposes with the phone; this municipality attests.
    pub(crate) async fn consent(
        &self,
        guardian: &Guardian,
        child: Pseudonym,
        scope: Scope,
    ) -> ConsentId {
        let consent = ConsentId(random());
        let fields = self.fields(guardian, child, consent, scope).await;
        let statement = Statement::new(fields).unwrap();
        let evidence = guardian.certificate.sign(&statement, self.world.genesis);
        let terms = statement.fields().terms(evidence.commitment());
        let call = calls::consent::propose(consent, &terms, None);
        guardian.phone.submit(call).await;
        self.give(&guardian.phone, "consent", consent.0, &evidence)
            .await;
        consent
    }

    async fn fields(
        &self,
        guardian: &Guardian,
        child: Pseudonym,
        consent: ConsentId,
        scope: Scope,
    ) -> StatementFields {
        let moment = now();
        StatementFields {
            consent,
            subject: child,
            subject_label: Text::new("お子さん").unwrap(),
            guardian: guardian.pseudonym,
            role: SignerRole::ParentalAuthority,
            authority: guardian.authority,
            controller: party(self.member),
            recipient: party(scope.recipient),
            purpose: scope.purpose,
            categories: scope.categories,
            actions: vec![Action::View],
            retention_days: 365,
            transfer_abroad: false,
            not_before: moment,
            not_after: moment + 90 * DAY,
            nonce: guardian.phone.nonce().await,
            assurance: AssuranceLevel::CardSigned,
            second_attester: None,
            account: Some(guardian.phone.account()),
            supersedes: None,
            place: Place::Phone,
            notice: Text::new("musubi-notice-2026-11").unwrap(),
            language: Language::Japanese,
            wording: wording::digest(Language::Japanese),
        }
    }

    /// Hands evidence in, which must be attested.
    async fn give(&self, who: &Actor, kind: &str, about: [u8; 32], evidence: &Evidence) {
        let key = self.world.evidence_key(self.name);
        let sealed = STANDARD.encode(evidence.seal(&key, &about).unwrap().to_bytes());
        let body = json!({"kind": kind, "about": BlockHash(about), "sealed": sealed});
        let answer = who.post("/v1/evidence", &body).await;
        assert_eq!(answer["outcome"], "attested", "{kind}: {answer}");
    }
}

/// A FHIR Patient whom references call `Patient/<id>`.
pub(crate) fn patient(id: &str, name: &str, born: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": id, "identifier": [{"system": "urn:test", "value": format!("no-{id}")}],
        "name": [{"text": name}], "gender": "female", "birthDate": born,
    })
}

/// A signing certificate by the consortium's test authority, as this person's card has it.
fn certify(world: &World, name: &str) -> Certificate {
    let folder = world.consortium.folder();
    let bytes = std::fs::read(folder.join("cards/authority.bin")).unwrap();
    Certificate::issue(&TestAuthority::parse_bytes(&bytes).unwrap(), name)
}

fn party(member: MemberId) -> Party {
    Party {
        member,
        name: Text::new("見本の施設").unwrap(),
        contact: Text::new("0136-46-3131").unwrap(),
    }
}
