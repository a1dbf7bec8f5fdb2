//! A guardian with a card, a statement she signs, and the municipality that judges it.

use std::sync::{LazyLock, Mutex};

use musubi_consent::attestation::{ActiveBinding, Claim, GuardianFacts};
use musubi_consent::binding::binding_commitment;
use musubi_consent::receipt::ReceiptFacts;
use musubi_consent::statement::{Action, Party, Place, SignerRole};
use musubi_consent::validator::{Revocation, RevocationQuery, RevocationSource};
use musubi_consent::{
    ConsentReceipt, Document, DocumentFields, Environment, Evidence, ReceiptDetails, SignedCms,
    SignedContent, Statement, StatementFields, Text, TrustedRoots, wording,
};
use musubi_consent_card::card_face::Sex;
use musubi_consent_card::{JpkiCard, SignPassword, TriesPolicy, UserPin};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{
    CardProfile, PersonFacts, TestAuthority, Validity, VirtualCard,
};
use musubi_primitives::consent::Terms;
use musubi_primitives::resident::Authority;
use musubi_primitives::{
    AssuranceLevel, BlockHash, Category, CategorySet, ConsentId, Language, MemberId, Moment,
    Pseudonym, Purpose, Salt, VerifyingKey,
};

/// 2026-11-22T00:00:00Z in seconds.
pub(crate) const NOW_SECONDS: u64 = 1_795_305_600;
pub(crate) const NOW: Moment = NOW_SECONDS * 1000;
pub(crate) const YEAR_SECONDS: u64 = 365 * 24 * 3600;
pub(crate) const GENESIS: BlockHash = BlockHash([0xC1; 32]);

pub(crate) const VALIDITY: Validity = Validity {
    not_before: NOW_SECONDS - YEAR_SECONDS,
    not_after: NOW_SECONDS + 4 * YEAR_SECONDS,
};
pub(crate) const ROOT_VALIDITY: Validity = Validity {
    not_before: NOW_SECONDS - 3 * YEAR_SECONDS,
    not_after: NOW_SECONDS + 7 * YEAR_SECONDS,
};

pub(crate) static AUTHORITY: LazyLock<TestAuthority> = LazyLock::new(|| {
    let earlier = TestAuthority::generate(ROOT_VALIDITY).unwrap();
    TestAuthority::generate(ROOT_VALIDITY)
        .unwrap()
        .after(earlier)
});

static GUARDIAN_CARD: LazyLock<Mutex<VirtualCard>> = LazyLock::new(|| {
    Mutex::new(
        AUTHORITY
            .issue_card(&person(), DEMO_SECRETS, CardProfile::Adult, VALIDITY)
            .unwrap(),
    )
});

pub(crate) fn person() -> PersonFacts {
    PersonFacts {
        name: "試験　花子".to_owned(),
        address: "北海道虻田郡留寿都村字留寿都１７５番地".to_owned(),
        birth_date: "19920401".to_owned(),
        sex: Sex::Female,
        municipality_code: "01396".to_owned(),
    }
}

pub(crate) fn roots() -> TrustedRoots {
    TrustedRoots::new(Environment::Emulated, &AUTHORITY.roots()).unwrap()
}

pub(crate) fn fields() -> StatementFields {
    let party = |member, name: &str| Party {
        member: MemberId(member),
        name: Text::new(name).unwrap(),
        contact: Text::new("0136-00-0000").unwrap(),
    };
    StatementFields {
        consent: ConsentId([1; 32]),
        subject: Pseudonym([2; 32]),
        subject_label: Text::new("第一子").unwrap(),
        guardian: Pseudonym([3; 32]),
        role: SignerRole::ParentalAuthority,
        authority: Authority::Single,
        controller: party(1, "留寿都村"),
        recipient: party(5, "二つ山こども診療所"),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization, Category::Growth]),
        actions: vec![Action::View, Action::Copy],
        retention_days: 365,
        transfer_abroad: false,
        not_before: NOW,
        not_after: NOW + YEAR_SECONDS * 1000,
        nonce: [7; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: Some(party(2, "蘭越町")),
        account: None,
        supersedes: None,
        place: Place::Counter,
        notice: Text::new("musubi-notice-2026-11").unwrap(),
        language: Language::Japanese,
        wording: wording::digest(Language::Japanese),
    }
}

pub(crate) fn statement() -> Statement {
    Statement::new(fields()).unwrap()
}

/// The verifier key of the municipality.
pub(crate) fn verifier() -> ed25519_zebra::SigningKey {
    ed25519_zebra::SigningKey::from([0xF1; 32])
}

/// A receipt that the municipality signed.
pub(crate) fn issue(
    statement: &Statement,
    facts: &ReceiptFacts<'_>,
    details: ReceiptDetails,
) -> ConsentReceipt {
    let key = VerifyingKey(ed25519_zebra::VerificationKey::from(&verifier()).into());
    let sign = |message: &[u8]| verifier().sign(message).to_bytes();
    ConsentReceipt::issue(statement, facts, details, key, sign).unwrap()
}

/// Signs with the guardian's card: what a counter does.
pub(crate) fn sign<F: DocumentFields>(document: &Document<F>) -> SignedCms {
    let content = SignedContent::of(document, GENESIS).to_bytes();
    let password = SignPassword::parse("MUSUBI2026").unwrap();
    let mut card = GUARDIAN_CARD.lock().unwrap();
    card.power_off();
    let signed = JpkiCard::open(&mut *card)
        .unwrap()
        .sign(&password, &content, TriesPolicy::StopWhenFew)
        .unwrap();
    assert!(card.tripped().is_empty());
    SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    }
}

pub(crate) fn evidence<F: DocumentFields>(document: &Document<F>) -> Evidence {
    Evidence {
        document: document.canonical_bytes().to_vec(),
        salt: Salt([9; 32]),
        cms: sign(document).to_der().unwrap(),
        signed_at: NOW,
    }
}

/// Evidence made with the authentication key instead of the signing key.
pub(crate) fn authenticate<F: DocumentFields>(document: &Document<F>) -> Evidence {
    let content = SignedContent::of(document, GENESIS).to_bytes();
    let pin = UserPin::parse("1234").unwrap();
    let mut card = GUARDIAN_CARD.lock().unwrap();
    card.power_off();
    let signed = JpkiCard::open(&mut *card)
        .unwrap()
        .authenticate(&pin, &content, TriesPolicy::StopWhenFew)
        .unwrap();
    let cms = SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    };
    Evidence {
        document: document.canonical_bytes().to_vec(),
        salt: Salt([9; 32]),
        cms: cms.to_der().unwrap(),
        signed_at: NOW,
    }
}

/// A story in which everything agrees; tests change one thing.
pub(crate) struct Case {
    pub(crate) evidence: Evidence,
    pub(crate) terms: Terms,
    pub(crate) binding: Option<ActiveBinding>,
    pub(crate) guardian: Option<GuardianFacts>,
    pub(crate) attester: MemberId,
    pub(crate) consent: ConsentId,
    pub(crate) genesis: BlockHash,
}

impl Case {
    pub(crate) fn of(statement: &Statement) -> Self {
        let evidence = evidence(statement);
        let fields = statement.fields();
        let salt = Salt([4; 32]);
        let certificate = SignedCms::parse(&evidence.cms).unwrap().certificate;
        let commitment = binding_commitment(&salt, &fields.guardian, &certificate);
        Self {
            terms: fields.terms(evidence.commitment()),
            evidence,
            binding: Some(ActiveBinding { commitment, salt }),
            guardian: Some(GuardianFacts {
                role: fields.role,
                authority: fields.authority,
                from: NOW - 1,
                until: fields.not_after,
            }),
            attester: fields.controller.member,
            consent: fields.consent,
            genesis: GENESIS,
        }
    }

    pub(crate) fn claim(&self) -> Claim<'_> {
        Claim {
            genesis: self.genesis,
            consent: self.consent,
            terms: &self.terms,
            attester: self.attester,
            evidence: &self.evidence,
            binding: self.binding.as_ref(),
            guardian: self.guardian,
        }
    }
}

/// A responder that always answers the same.
pub(crate) struct Always(pub(crate) Revocation);

impl RevocationSource for Always {
    fn revocation(&self, _: &RevocationQuery<'_>) -> Revocation {
        self.0
    }
}
