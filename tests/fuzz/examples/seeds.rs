//! Writes new roots and the good seeds of every corpus; the roots' keys are forgotten when it ends. Older inputs of the corpora stay.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool that stops where something is wrong"
)]
#![allow(clippy::disallowed_methods, reason = "it writes files")]

use codec::Encode as _;
use musubi_consent::{
    BindingFields, CertificateUse, CheckInFields, ConsentReceipt, Document, Environment, Evidence,
    IssuerHash, NonceBatch, OcspRequest, ReceiptDetails, SignedBy, SignedCms, SignedContent,
    SignedNonceBatch, SignerCertificate, Statement, StatementFields, Text, TrustedRoots,
    WithdrawalFields,
    evidence::HpkePrivateKey,
    receipt::{ReceiptEvent, ReceiptFacts},
    statement::{Action, Party, Place, SignerRole},
    wording,
};
use musubi_consent_card::{
    CardFace, Credential, JpkiCard, SignPassword, Transport, TransportError, TriesPolicy, UserPin,
    card_face::FaceOpener,
};
use musubi_consent_card_emulator::{
    CardProfile, CertificateStanding, RevokedCertificate, TestAuthority, Validity, VirtualCard,
    folder::demo_person, issue::DEMO_SECRETS, ocsp::OcspQuestion,
};
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, BlockHash, Category, CategorySet, ConsentId, Language,
    MemberId, Pseudonym, Purpose, Salt, SessionId, VerifyingKey, resident::Authority,
};
use std::{fs, path::Path};

const NOW_SECONDS: u64 = 1_795_305_600;
const NOW: u64 = NOW_SECONDS * 1000;
const YEAR_SECONDS: u64 = 365 * 24 * 3600;

fn main() {
    let validity = Validity {
        not_before: NOW_SECONDS - YEAR_SECONDS,
        not_after: NOW_SECONDS + 4 * YEAR_SECONDS,
    };
    let authority = TestAuthority::generate(validity).unwrap();
    for (name, root) in ["signing.der", "authentication.der"]
        .into_iter()
        .zip(authority.roots())
    {
        write("roots", name, root);
    }
    let card = authority
        .issue_card(&demo_person(), DEMO_SECRETS, CardProfile::Adult, validity)
        .unwrap();
    write_certificates(&authority, &card, validity);
    write_answers(&authority, &card, validity);
    write_sessions(&card);
    write_documents();
    write_receipt();
    write_cms(&card);
    write_evidence(&card);
}

/// Writes one file below this crate.
fn write(folder: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

fn copy_of(card: &VirtualCard) -> VirtualCard {
    VirtualCard::parse_bytes(&card.to_bytes().unwrap()).unwrap()
}

fn write_certificates(authority: &TestAuthority, card: &VirtualCard, validity: Validity) {
    for (name, credential) in [
        ("good-signing", Credential::Signing),
        ("good-authentication", Credential::Authentication),
    ] {
        let certificate = card.issued_certificate(credential).unwrap();
        write("corpus/certificate", name, certificate);
        let revoked = RevokedCertificate::of(certificate, NOW_SECONDS).unwrap();
        let list = authority
            .revocation_list(credential, "01396", &[revoked], validity)
            .unwrap();
        write("corpus/revocation-list", name, &list);
    }
}

fn write_answers(authority: &TestAuthority, card: &VirtualCard, validity: Validity) {
    let roots = TrustedRoots::new(Environment::Emulated, &authority.roots()).unwrap();
    let certificate = card.issued_certificate(Credential::Signing).unwrap();
    let certificate =
        SignerCertificate::validate(&roots, CertificateUse::Signing, certificate, NOW).unwrap();
    let query = certificate.revocation_query(NOW);
    let request = OcspRequest::new(&roots, &query, IssuerHash::Sha256, [7; 32]).unwrap();
    let question = OcspQuestion::parse(&request.to_der().unwrap()).unwrap();
    let responder = authority
        .appoint_responder(Credential::Signing, validity)
        .unwrap();
    let standings = [
        ("good-in-force", CertificateStanding::Good),
        (
            "good-revoked",
            CertificateStanding::Revoked { since: NOW_SECONDS },
        ),
    ];
    for (name, standing) in standings {
        let answer = responder.answer(&question, standing, validity).unwrap();
        write("corpus/ocsp-answer", name, &answer);
    }
}

/// Writes down what a card answers, in the form that the target reads.
struct Recorder<'a> {
    card: VirtualCard,
    answers: &'a mut Vec<u8>,
    commands: &'a mut Vec<u8>,
}

impl Transport for Recorder<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.commands.push(u8::try_from(command.len()).unwrap());
        self.commands.extend_from_slice(command);
        let answer = self.card.transmit(command)?;
        self.answers
            .extend(u16::try_from(answer.len()).unwrap().to_be_bytes());
        self.answers.extend_from_slice(&answer);
        Ok(answer)
    }
}

fn write_sessions(card: &VirtualCard) {
    let (mut answers, mut commands) = (Vec::new(), Vec::new());
    let mut recorder = Recorder {
        card: copy_of(card),
        answers: &mut answers,
        commands: &mut commands,
    };
    let password = SignPassword::parse("MUSUBI2026").unwrap();
    let pin = UserPin::parse("1234").unwrap();
    let policy = TriesPolicy::UseEvenTheLast;
    let mut jpki = JpkiCard::open(&mut recorder).unwrap();
    jpki.status().unwrap();
    jpki.sign(&password, b"content", policy).unwrap();
    jpki.authenticate(&pin, b"content", policy).unwrap();
    drop(jpki);
    let face_pin = UserPin::parse("5678").unwrap();
    CardFace::open(&mut recorder)
        .unwrap()
        .read(FaceOpener::Pin(&face_pin), policy)
        .unwrap();
    write("corpus/card-answers", "good-session", &answers);
    let image = card.to_bytes().unwrap();
    let length = u16::try_from(image.len()).unwrap().to_be_bytes();
    write(
        "corpus/card-image",
        "good-session",
        &[&length[..], &image, &commands].concat(),
    );
    write("corpus/card-face", "good-adult", &face_file(card));
}

/// The basic-four file as a card returns it.
fn face_file(card: &VirtualCard) -> Vec<u8> {
    let mut card = copy_of(card);
    let text = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08];
    card.respond(&[&[0x00, 0xA4, 0x04, 0x0C, 10][..], &text].concat());
    card.respond(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x11]);
    card.respond(&[0x00, 0x20, 0x00, 0x80, 0x04, b'5', b'6', b'7', b'8']);
    card.respond(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x02]);
    let mut file = card.respond(&[0x00, 0xB0, 0x00, 0x00, 0x00]).unwrap();
    file.truncate(file.len() - 2);
    file
}

fn statement() -> Statement {
    let party = |member, name: &str| Party {
        member: MemberId(member),
        name: Text::new(name).unwrap(),
        contact: Text::new("0136-00-0000").unwrap(),
    };
    Statement::new(StatementFields {
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
    })
    .unwrap()
}

fn write_documents() {
    let folder = "corpus/documents";
    write(folder, "good-consent", statement().canonical_bytes());
    let binding = Document::new(BindingFields {
        binding: BindingId([1; 32]),
        person: Pseudonym([3; 32]),
        home: MemberId(1),
        replaces: Some(BindingId([2; 32])),
        not_before: NOW,
        not_after: NOW + 60_000,
        nonce: [7; 32],
        language: Language::English,
    });
    write(folder, "good-binding", binding.unwrap().canonical_bytes());
    let withdrawal = Document::new(WithdrawalFields {
        consent: ConsentId([1; 32]),
        subject: Pseudonym([2; 32]),
        guardian: Pseudonym([3; 32]),
        not_before: NOW,
        not_after: NOW + 60_000,
        nonce: [7; 32],
        language: Language::PlainJapanese,
    });
    write(
        folder,
        "good-withdrawal",
        withdrawal.unwrap().canonical_bytes(),
    );
    let check_in = Document::new(CheckInFields {
        session: SessionId([1; 32]),
        subject: Pseudonym([2; 32]),
        person: Pseudonym([3; 32]),
        member: MemberId(5),
        terminal: AccountId([4; 32]),
        staff: AccountId([5; 32]),
        purpose: Purpose::Checkup,
        not_before: NOW,
        not_after: NOW + 60_000,
        nonce: [7; 32],
        language: Language::Japanese,
    });
    write(folder, "good-check-in", check_in.unwrap().canonical_bytes());
}

fn write_receipt() {
    let facts = ReceiptFacts {
        genesis: BlockHash([0xC1; 32]),
        number: 1,
        event: ReceiptEvent::Given,
        happened_at: NOW,
        act: None,
        signed_at: NOW,
        checked_at: NOW,
        issued_at: NOW,
        signed_by: SignedBy::Officers,
    };
    let verifier = ed25519_zebra::SigningKey::from([0xF1; 32]);
    let key = VerifyingKey(ed25519_zebra::VerificationKey::from(&verifier).into());
    let sign = |message: &[u8]| verifier.sign(message).to_bytes();
    let details = ReceiptDetails::default();
    let receipt = ConsentReceipt::issue(&statement(), &facts, details, key, sign).unwrap();
    write("corpus/receipt", "good-given", receipt.canonical_bytes());
}

fn signed(card: &VirtualCard) -> Vec<u8> {
    let content = SignedContent::of(&statement(), BlockHash([0xC1; 32]));
    let password = SignPassword::parse("MUSUBI2026").unwrap();
    let signed = JpkiCard::open(copy_of(card))
        .unwrap()
        .sign(&password, &content.to_bytes(), TriesPolicy::StopWhenFew)
        .unwrap();
    let cms = SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    };
    cms.to_der().unwrap()
}

fn write_cms(card: &VirtualCard) {
    write("corpus/cms", "good-consent", &signed(card));
}

fn write_evidence(card: &VirtualCard) {
    let folder = "corpus/evidence";
    let evidence = Evidence {
        document: statement().canonical_bytes().to_vec(),
        salt: Salt([9; 32]),
        cms: signed(card),
        signed_at: NOW,
    };
    write(folder, "good-opened", &evidence.encode());
    let (_, recipient) = HpkePrivateKey::derive(&[6; 32]);
    let sealed = evidence.seal(&recipient, &[1; 32]).unwrap();
    write(folder, "good-sealed", &sealed.to_bytes());
    let batch = SignedNonceBatch {
        batch: NonceBatch {
            genesis: BlockHash([0xC1; 32]),
            verifier: MemberId(1),
            terminal: AccountId([4; 32]),
            not_before: NOW,
            not_after: NOW + 60_000,
            nonces: vec![[7; 32]; 3],
        },
        signature: [8; 64],
    };
    write(folder, "good-batch", &batch.encode());
}
