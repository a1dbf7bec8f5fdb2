//! What people sign in these tests: a binding, a consent for the second clinic, and the consent's terms for the chain.

use crate::desk::{DAY, Desk, Person, nonce_in, sealed};
use musubi_client_sdk::calls;
use musubi_consent::{BindingFields, BindingStatement, Evidence, Statement, statement::SignerRole};
use musubi_primitives::{BindingId, ConsentId, Language, Pseudonym, resident::Authority};
use musubi_tests_support::{
    gateway::{now, random},
    statement::{HOME, immunizations},
};
use serde_json::{Value, json};

pub(crate) fn binding(person: &Person, binding: BindingId, nonce: [u8; 32]) -> BindingStatement {
    let moment = now();
    BindingStatement::new(BindingFields {
        binding,
        person: person.pseudonym,
        home: HOME,
        replaces: None,
        not_before: moment,
        not_after: moment + DAY / 2,
        nonce,
        language: Language::Japanese,
    })
    .unwrap()
}

pub(crate) fn statement(
    child: Pseudonym,
    guardian: Pseudonym,
    consent: ConsentId,
    nonce: [u8; 32],
) -> Statement {
    let fields = immunizations(consent, child, guardian, nonce);
    Statement::new(fields).unwrap()
}

impl Desk {
    pub(crate) async fn nonce(&self) -> [u8; 32] {
        nonce_in(&self.clerk().post("/v1/nonces", &Value::Null).await)
    }

    /// The card signs that it speaks for the person.
    pub(crate) async fn bind(&mut self, person: &Person) -> BindingId {
        let id = BindingId(random());
        let document = binding(person, id, self.nonce().await);
        let evidence = self.sign(&person.card, document.canonical_bytes(), &[]);
        self.attested(&sealed(&self.key, "binding", id.0, &evidence))
            .await;
        id
    }

    /// The card is shown as the one that the person checks in with.
    pub(crate) async fn show_check_in_card(&mut self, person: &Person, id: BindingId) {
        let document = binding(person, id, self.nonce().await);
        let evidence = self.sign(
            &person.card,
            document.canonical_bytes(),
            &["--check-in-card"],
        );
        self.attested(&sealed(&self.key, "check-in-card", id.0, &evidence))
            .await;
    }

    pub(crate) async fn attest_guardianship(&self, child: &Person, guardian: &Person) {
        let form = json!({
            "subject": child.pseudonym, "guardian": guardian.pseudonym,
            "role": SignerRole::ParentalAuthority, "authority": Authority::Single,
            "until": now() + 6_000 * DAY,
        });
        self.clerk().post("/v1/guardianships", &form).await;
    }

    /// The guardian lets the clinic see the child's immunisations.
    pub(crate) async fn consent(&mut self, child: &Person, guardian: &Person) -> ConsentId {
        let id = ConsentId(random());
        let nonce = self.nonce().await;
        let document = statement(child.pseudonym, guardian.pseudonym, id, nonce);
        let evidence = self.sign(&guardian.card, document.canonical_bytes(), &[]);
        self.propose(&document, &evidence).await;
        self.attested(&sealed(&self.key, "consent", id.0, &evidence))
            .await;
        id
    }

    pub(crate) async fn propose(&self, document: &Statement, evidence: &Evidence) {
        let terms = document.fields().terms(evidence.commitment());
        let call = calls::consent::propose(document.fields().consent, &terms, None);
        self.clerk().submit(call).await;
    }

    async fn attested(&self, body: &Value) {
        let answer = self.clerk().post("/v1/evidence", body).await;
        assert_eq!(answer["outcome"], "attested", "{answer}");
    }
}
