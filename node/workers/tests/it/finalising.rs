//! A consent signed in a vehicle without a network: valid and pending, then finalised, or given up at its deadline; and audited.

use std::path::Path;

use musubi_consent::attestation::{ActiveBinding, Claim, GuardianFacts, Verdict, judge};
use musubi_consent::binding::binding_commitment;
use musubi_consent::statement::{Action, Party, Place, SignerRole};
use musubi_consent::validator::{REVOCATION_PENDING_MAX, Revocation, Verification};
use musubi_consent::{
    AuditVerdict, Evidence, NonceBatch, NonceUse, SignedCms, SignedContent, SignerCertificate,
    Standing, Statement, StatementFields, Text, audit, wording,
};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::CertificateStanding;
use musubi_node_register::{EvidenceKind, Finding, Register, RegisterKey, Spending};
use musubi_primitives::consent::Terms;
use musubi_primitives::resident::Authority;
use musubi_primitives::{
    AccountId, AssuranceLevel, BlockHash, Category, CategorySet, Commitment, ConsentId, Language,
    MemberId, Moment, Pseudonym, Purpose, Salt,
};
use tokio::net::TcpListener;

use crate::world::{
    Clock, KEY, NOW, NOW_SECONDS, Village, by_responder, certificate, responder, roots, serve, set,
};

const GENESIS: BlockHash = BlockHash([0xC1; 32]);
const VEHICLE: AccountId = AccountId([6; 32]);
const CONSENT: ConsentId = ConsentId([1; 32]);
const NONCE: [u8; 32] = [7; 32];
const DAY: Moment = 24 * 3600 * 1000;

fn statement() -> Statement {
    let party = |member, name: &str| Party {
        member: MemberId(member),
        name: Text::new(name).unwrap(),
        contact: Text::new("0136-00-0000").unwrap(),
    };
    let fields = StatementFields {
        consent: CONSENT,
        subject: Pseudonym([2; 32]),
        subject_label: Text::new("第一子").unwrap(),
        guardian: Pseudonym([3; 32]),
        role: SignerRole::ParentalAuthority,
        authority: Authority::Single,
        controller: party(1, "留寿都村"),
        recipient: party(5, "二つ山こども診療所"),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization]),
        actions: vec![Action::View],
        retention_days: 365,
        transfer_abroad: false,
        not_before: NOW,
        not_after: NOW + 30 * DAY,
        nonce: NONCE,
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
        supersedes: None,
        place: Place::Vehicle,
        notice: Text::new("musubi-notice-2026-11").unwrap(),
        language: Language::Japanese,
        wording: wording::digest(Language::Japanese),
    };
    Statement::new(fields).unwrap()
}

/// What the vehicle brings back, and what chain and register say about it.
struct Case {
    evidence: Evidence,
    terms: Terms,
    binding: ActiveBinding,
}

impl Case {
    fn signed_with(certificate: &SignerCertificate) -> Self {
        let statement = statement();
        let fields = statement.fields();
        let content = SignedContent::of(&statement, GENESIS).to_bytes();
        let cms = SignedCms {
            certificate: certificate.der().to_vec(),
            signature: KEY.sign(&content).unwrap(),
        };
        let evidence = Evidence {
            document: statement.canonical_bytes().to_vec(),
            salt: Salt([9; 32]),
            cms: cms.to_der().unwrap(),
            signed_at: NOW,
        };
        let salt = Salt([4; 32]);
        Self {
            terms: Terms {
                subject: fields.subject,
                guardian: fields.guardian,
                recipient: fields.recipient.member,
                purpose: fields.purpose,
                categories: fields.categories,
                not_before: fields.not_before,
                not_after: fields.not_after,
                statement: evidence.commitment(),
                nonce: fields.nonce,
                assurance: fields.assurance,
                second_attester: None,
                account: None,
            },
            binding: ActiveBinding {
                commitment: binding_commitment(&salt, &fields.guardian, certificate.der()),
                salt,
            },
            evidence,
        }
    }

    fn claim(&self) -> Claim<'_> {
        Claim {
            genesis: GENESIS,
            consent: CONSENT,
            terms: &self.terms,
            attester: MemberId(1),
            evidence: &self.evidence,
            binding: Some(&self.binding),
            guardian: Some(GuardianFacts {
                role: SignerRole::ParentalAuthority,
                authority: Authority::Single,
                from: NOW - 1,
                until: NOW + 365 * DAY,
            }),
        }
    }

    fn judged(&self, village: &Village) -> Option<Verification> {
        match judge(&self.claim(), &roots(), &*village.desk) {
            Verdict::Attest(verification) => Some(*verification),
            Verdict::Disagree(_) => None,
        }
    }
}

fn open(directory: &Path) -> Register {
    Register::open(directory, RegisterKey::from_bytes([1; 32])).unwrap()
}

fn finding(revocation: Revocation, judged_at: Moment) -> Finding {
    Finding {
        kind: EvidenceKind::Consent(CONSENT.0),
        judged_at,
        revocation,
        rejected: None,
    }
}

/// The vehicle is back: its nonce was issued before it left, its evidence is judged without an answer and kept as pending.
fn take_in(register: &Register, case: &Case, village: &Village) -> Commitment {
    let batch = NonceBatch {
        genesis: GENESIS,
        verifier: MemberId(1),
        terminal: VEHICLE,
        not_before: NOW - DAY,
        not_after: NOW + DAY,
        nonces: vec![NONCE],
    };
    register.issue_nonces(&batch, NonceUse::Offline).unwrap();
    let verification = case.judged(village).unwrap();
    assert_eq!(
        verification.standing(NOW, NOW),
        Standing::Pending {
            until: NOW + REVOCATION_PENDING_MAX
        }
    );
    let spending = Spending {
        nonce: NONCE,
        terminal: VEHICLE,
    };
    let pending = finding(verification.revocation, NOW);
    register
        .take_in(&spending, &case.evidence, &pending)
        .unwrap();
    case.evidence.commitment()
}

/// The whole way, with what the authority says once it can be asked.
async fn finalised(standing: CertificateStanding) -> (Option<Verification>, AuditVerdict) {
    let clock = Clock::new();
    let responder = responder(&clock);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let certificate = certificate(Credential::Signing);
    set(&responder, &certificate, standing);
    let case = Case::signed_with(&certificate);
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    {
        let village = Village::open(cache.path(), by_responder(address), &clock);
        take_in(&open(folder.path()), &case, &village);
    }
    // Two days later, after a restart of everything, the network is there.
    clock.advance(2 * DAY);
    let register = open(folder.path());
    let mut village = Village::open(cache.path(), by_responder(address), &clock);
    let [(commitment, _)] = register.pending().unwrap().try_into().unwrap();
    assert!(!case.judged(&village).unwrap().is_conclusive());
    let _online = serve(&responder, TcpListener::bind(address).await.unwrap());
    village.answered(1).await;
    let verification = case.judged(&village);
    let query = certificate.revocation_query(NOW);
    let found = musubi_consent::RevocationSource::revocation(&*village.desk, &query);
    let settled = finding(found, clock.now());
    assert!(register.judge_again(&commitment, &settled).unwrap());
    assert!(register.pending().unwrap().is_empty());
    let (evidence, kept) = register.judged(&commitment).unwrap().unwrap();
    let old = Case { evidence, ..case };
    (verification, audit(&old.claim(), &roots(), kept.revocation))
}

#[tokio::test]
async fn a_pending_consent_is_finalised_across_a_restart_and_upheld_by_an_audit() {
    let (verification, audited) = finalised(CertificateStanding::Good).await;
    let verification = verification.unwrap();
    assert_eq!(
        verification.standing(NOW, NOW + 2 * DAY),
        Standing::Conclusive
    );
    assert_eq!(audited, AuditVerdict::Upheld);
}

#[tokio::test]
async fn a_certificate_revoked_after_it_signed_still_counts() {
    let since = NOW_SECONDS + 1;
    let (verification, audited) = finalised(CertificateStanding::Revoked { since }).await;
    assert!(verification.is_some_and(|verification| verification.is_conclusive()));
    assert_eq!(audited, AuditVerdict::Upheld);
}

#[tokio::test]
async fn a_certificate_that_was_revoked_before_it_signed_is_found_out_later() {
    let since = NOW_SECONDS - 1;
    let (verification, audited) = finalised(CertificateStanding::Revoked { since }).await;
    assert!(verification.is_none());
    assert!(matches!(audited, AuditVerdict::Refuted(_)));
}
