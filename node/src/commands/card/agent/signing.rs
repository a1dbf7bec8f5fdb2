//! What a touch of the card comes to: facts of its face, evidence of a document that was shown, a check-in.

use super::{
    desk::Settings,
    forms::{CardKey, FaceForm, SignatureForm, VisitForm},
    trouble::Trouble,
};
use crate::{
    clock::now,
    commands::card::{
        answer::Refusal,
        check_in, document,
        document::Signable,
        face,
        place::{Place, now_seconds},
        secret::Typed,
        sign::cms_of,
        status,
        trust::is_test_certificate,
    },
    random::random,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use musubi_client_sdk::calls;
use musubi_consent::{
    CertificateUse, CheckIn, CheckInFields, Evidence, SignedContent, check_in::PERIOD_MAX,
};
use musubi_consent_card::{
    CardFace, CardSignature, Credential, PrintedNumberB, SignPassword, TriesPolicy, UserPin,
    card_face::FaceOpener,
};
use musubi_primitives::{BlockHash, Commitment, HpkeKey, Salt};
use serde_json::{Value, json};
use std::sync::Arc;

/// What can be known without a secret.
pub fn status(settings: &Settings, place: &mut Place) -> Result<Value, Refusal> {
    let status = place.session(|card| Ok(settings.card.jpki(card)?.status()?))?;
    Ok(json!({
        "token": status::token_code(status.token),
        "signing": status::credential_facts(&status, Credential::Signing),
        "authentication": status::credential_facts(&status, Credential::Authentication),
    }))
}

/// A wish to read the card's face; the secret is checked before the card is asked.
pub struct Reading {
    secret: Typed,
    is_printed_number: bool,
    policy: TriesPolicy,
}

impl Reading {
    pub fn of(form: &FaceForm<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            secret: form.secret.typed()?,
            is_printed_number: form.printed_number,
            policy: policy(form.insist),
        })
    }

    /// Reads the four facts.
    pub fn read(&self, place: &mut Place) -> Result<Value, Refusal> {
        let facts = if self.is_printed_number {
            let number = self.secret.parse(PrintedNumberB::parse)?;
            self.open(place, FaceOpener::PrintedNumber(&number))?
        } else {
            let pin = self.secret.parse(UserPin::parse)?;
            self.open(place, FaceOpener::Pin(&pin))?
        };
        Ok(json!({
            "name": facts.name, "address": facts.address, "birthDate": facts.birth_date, "sex": face::sex_code(facts.sex),
        }))
    }

    fn open(
        &self,
        place: &mut Place,
        opener: FaceOpener<'_>,
    ) -> Result<musubi_consent_card::BasicFour, Refusal> {
        place.session(|card| Ok(CardFace::open(card)?.read(opener, self.policy)?))
    }
}

/// A wish to sign what was shown.
pub struct Signing {
    document: Arc<Signable>,
    content: SignedContent,
    key: CardKey,
    secret: Typed,
    seal_to: HpkeKey,
    policy: TriesPolicy,
}

impl Signing {
    /// Everything that can be refused before a try is risked.
    pub fn of(
        form: &SignatureForm<'_>,
        document: Arc<Signable>,
    ) -> Result<Self, super::trouble::Failure> {
        if form.key == CardKey::Authentication && !matches!(*document, Signable::Binding(_)) {
            return Err(Trouble::WrongKey.into());
        }
        let content = document.content(form.genesis);
        document::require_in_time(&content, now_seconds() * 1000)?;
        Ok(Self {
            document,
            content,
            key: form.key,
            secret: form.secret.typed()?,
            seal_to: form.seal_to,
            policy: policy(form.insist),
        })
    }

    /// Says on this terminal what is signed, signs it, and seals the evidence.
    pub fn sign(self, settings: &Settings, place: &mut Place) -> Result<Value, Refusal> {
        let (certificate_use, credential) = match self.key {
            CardKey::Signing => (CertificateUse::Signing, Credential::Signing),
            CardKey::Authentication => (CertificateUse::Authentication, Credential::Authentication),
        };
        let trust = settings.trust.load(certificate_use, place.is_emulated())?;
        eprintln!("{}", self.document.show(settings.card.voice.language())?);
        place.session(|card| {
            Ok(settings
                .card
                .jpki(card)?
                .require_ready(credential, self.policy)?)
        })?;
        let signed = self.touch(settings, place)?;
        let is_test = is_test_certificate(&signed.certificate);
        let cms = cms_of(signed)?;
        let judged = trust.judge(&cms, &self.content)?;
        let evidence = Evidence {
            document: self.document.canonical_bytes().to_vec(),
            salt: Salt(random().map_err(Refusal::Other)?),
            cms,
            signed_at: now(),
        };
        let about = self.document.about();
        let sealed = evidence
            .seal(&self.seal_to, &about.0)
            .map_err(|error| Refusal::other(&error))?;
        let commitment = evidence.commitment();
        Ok(json!({
            "outcome": "signed",
            "kind": self.document.kind(),
            "about": about,
            "reference": self.document.reference(),
            "commitment": commitment,
            "sealed": STANDARD.encode(sealed.to_bytes()),
            "proposal": self.proposal(commitment),
            "revocation": judged.revocation,
            "notChecked": judged.not_checked,
            "testCard": is_test,
        }))
    }

    fn touch(&self, settings: &Settings, place: &mut Place) -> Result<CardSignature, Refusal> {
        let content = self.content.to_bytes();
        match self.key {
            CardKey::Signing => {
                let password = self.secret.parse(SignPassword::parse)?;
                place.session(|card| {
                    let mut card = settings.card.jpki(card)?;
                    Ok(card.sign(&password, &content, self.policy)?)
                })
            }
            CardKey::Authentication => {
                let pin = self.secret.parse(UserPin::parse)?;
                place.session(|card| {
                    let mut card = settings.card.jpki(card)?;
                    Ok(card.authenticate(&pin, &content, self.policy)?)
                })
            }
        }
    }

    /// For a consent: the call that puts on the chain what was signed, every field of it from the document.
    fn proposal(&self, commitment: Commitment) -> Option<String> {
        let Signable::Consent(statement) = self.document.as_ref() else {
            return None;
        };
        let fields = statement.fields();
        let terms = fields.terms(commitment);
        let call = calls::consent::propose(fields.consent, &terms, fields.supersedes);
        Some(hex::encode(call.0))
    }
}

/// A wish to check somebody in.
pub struct Visiting {
    fields: CheckInFields,
    genesis: BlockHash,
    secret: Typed,
    seal_to: HpkeKey,
    policy: TriesPolicy,
}

impl Visiting {
    pub fn of(form: &VisitForm<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            fields: CheckInFields {
                session: form.session,
                subject: form.subject,
                person: form.person,
                member: form.member,
                terminal: form.terminal,
                staff: form.staff,
                purpose: form.purpose,
                not_before: 0,
                not_after: 0,
                nonce: form.nonce.0,
                language: form.language,
            },
            genesis: form.genesis,
            secret: form.secret.typed()?,
            seal_to: form.seal_to,
            policy: policy(form.insist),
        })
    }

    /// The card signs the visit, whose two minutes begin now.
    pub fn check_in(mut self, settings: &Settings, place: &mut Place) -> Result<Value, Refusal> {
        let trust = settings
            .trust
            .load(CertificateUse::Authentication, place.is_emulated())?;
        let pin = self.secret.parse(UserPin::parse)?;
        place.session(|card| {
            let mut card = settings.card.jpki(card)?;
            Ok(card.require_ready(Credential::Authentication, self.policy)?)
        })?;
        let moment = now();
        self.fields.not_before = moment;
        self.fields.not_after = moment.saturating_add(PERIOD_MAX);
        let document = CheckIn::new(self.fields).map_err(|error| Refusal::other(&error))?;
        let content = SignedContent::of(&document, self.genesis);
        let signed = place.session(|card| {
            let mut card = settings.card.jpki(card)?;
            Ok(card.authenticate(&pin, &content.to_bytes(), self.policy)?)
        })?;
        let is_test = is_test_certificate(&signed.certificate);
        let cms = cms_of(signed)?;
        let judged = trust.judge(&cms, &content)?;
        let request = check_in::request(&document, cms, &self.seal_to)?;
        let request: Value =
            serde_json::from_slice(&request).map_err(|error| Refusal::other(&error))?;
        Ok(json!({
            "outcome": "checked-in",
            "request": request,
            "notAfter": document.fields().not_after,
            "revocation": judged.revocation,
            "notChecked": judged.not_checked,
            "testCard": is_test,
        }))
    }
}

fn policy(insist: bool) -> TriesPolicy {
    if insist {
        TriesPolicy::UseEvenTheLast
    } else {
        TriesPolicy::StopWhenFew
    }
}
