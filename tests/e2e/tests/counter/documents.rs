//! What people sign in these tests: a binding, a consent for the second clinic, and the consent's terms for the chain.

use crate::desk::{DAY, Desk, Person, nonce_in, sealed};
use musubi_client_sdk::calls;
use musubi_consent::{
    BindingFields, BindingStatement, Evidence, Statement, Withdrawal, WithdrawalFields,
    statement::SignerRole,
};
use musubi_primitives::{BindingId, ConsentId, Language, Pseudonym, resident::Authority};
use musubi_tests_support::{
    gateway::{now, random},
    statement::{HOME, immunizations},
};
use serde_json::{Value, json};

pub(crate) fn binding(
    person: &Person,
    binding: BindingId,
    replaces: Option<BindingId>,
    nonce: [u8; 32],
) -> BindingStatement {
    let moment = now();
    BindingStatement::new(BindingFields {
        binding,
        person: person.pseudonym,
        home: HOME,
        replaces,
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
        let (id, answer) = self.offer_binding(person, None).await;
        assert_eq!(answer["outcome"], "attested", "{answer}");
        id
    }

    /// The same, in the place of an earlier card where one is named; what the village answers.
    pub(crate) async fn offer_binding(
        &mut self,
        person: &Person,
        replaces: Option<BindingId>,
    ) -> (BindingId, Value) {
        let id = BindingId(random());
        let document = binding(person, id, replaces, self.nonce().await);
        let evidence = self.sign(&person.card, document.canonical_bytes(), &[]);
        (id, self.give("binding", id.0, &evidence).await)
    }

    /// The card signs that a consent ends; what the village answers.
    pub(crate) async fn offer_withdrawal(
        &mut self,
        child: &Person,
        guardian: &Person,
        consent: ConsentId,
    ) -> Value {
        let moment = now();
        let document = Withdrawal::new(WithdrawalFields {
            consent,
            subject: child.pseudonym,
            guardian: guardian.pseudonym,
            not_before: moment,
            not_after: moment + DAY / 2,
            nonce: self.nonce().await,
            language: Language::Japanese,
        })
        .unwrap();
        let evidence = self.sign(&guardian.card, document.canonical_bytes(), &[]);
        self.give("withdrawal", consent.0, &evidence).await
    }

    /// The card is shown as the one that the person checks in with.
    pub(crate) async fn show_check_in_card(&mut self, person: &Person, id: BindingId) {
        let document = binding(person, id, None, self.nonce().await);
        let evidence = self.sign(
            &person.card,
            document.canonical_bytes(),
            &["--check-in-card"],
        );
        let answer = self.give("check-in-card", id.0, &evidence).await;
        assert_eq!(answer["outcome"], "attested", "{answer}");
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
        let (id, answer) = self.offer_consent(child, guardian).await;
        assert_eq!(answer["outcome"], "attested", "{answer}");
        id
    }

    /// The same; what the village answers.
    pub(crate) async fn offer_consent(
        &mut self,
        child: &Person,
        guardian: &Person,
    ) -> (ConsentId, Value) {
        let id = ConsentId(random());
        let nonce = self.nonce().await;
        let document = statement(child.pseudonym, guardian.pseudonym, id, nonce);
        let evidence = self.sign(&guardian.card, document.canonical_bytes(), &[]);
        self.propose(&document, &evidence).await;
        (id, self.give("consent", id.0, &evidence).await)
    }

    pub(crate) async fn propose(&self, document: &Statement, evidence: &Evidence) {
        let terms = document.fields().terms(evidence.commitment());
        let call = calls::consent::propose(document.fields().consent, &terms, None);
        self.clerk().submit(call).await;
    }

    /// Hands evidence in at the village; what it answers.
    async fn give(&self, kind: &str, about: [u8; 32], evidence: &Evidence) -> Value {
        let body = sealed(&self.key, kind, about, evidence);
        self.clerk().post("/v1/evidence", &body).await
    }
}
