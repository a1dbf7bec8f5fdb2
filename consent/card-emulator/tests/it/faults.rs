//! What a card or reader may do wrong, and that each ends as its own outcome.

use musubi_consent_card::card_face::FaceOpener;
use musubi_consent_card::error::{Attempt, SecretKind, TriesPolicy};
use musubi_consent_card::layout::{CURRENT, SUCCESSOR};
use musubi_consent_card::{
    CardError, CardFace, Credential, ForeignCard, JpkiCard, SignPassword, Transport,
    TransportError, Tries, UserPin,
};
use musubi_consent_card_emulator::{CardProfile, Fault, Tripwire, VirtualCard};

use crate::support::card;

fn sign(card: &mut VirtualCard) -> Result<(), CardError> {
    let password = SignPassword::parse("MUSUBI2026").unwrap();
    JpkiCard::open(card)?
        .sign(&password, b"content", TriesPolicy::StopWhenFew)
        .map(drop)
}

fn check_in(card: &mut VirtualCard) -> Result<(), CardError> {
    let pin = UserPin::parse("1234").unwrap();
    JpkiCard::open(card)?
        .authenticate(&pin, b"content", TriesPolicy::StopWhenFew)
        .map(drop)
}

fn read_face(card: &mut VirtualCard) -> Result<(), CardError> {
    let pin = UserPin::parse("5678").unwrap();
    CardFace::open(card)?
        .read(FaceOpener::Pin(&pin), TriesPolicy::StopWhenFew)
        .map(drop)
}

#[test]
fn removal_during_verify_is_unknown_for_each_secret() {
    type Operation = (fn(&mut VirtualCard) -> Result<(), CardError>, SecretKind);
    let operations: [Operation; 2] = [
        (check_in, SecretKind::AuthenticationPin),
        (read_face, SecretKind::CardFacePin),
    ];
    for (operate, secret) in operations {
        let mut card = card(CardProfile::Adult).with_fault(Fault::RemovalDuringVerify);
        let unknown = CardError::SecretOutcomeUnknown(secret);
        assert_eq!(operate(&mut card), Err(unknown));
        assert_eq!(card.verifies(), 1, "{secret:?}");
    }
}

#[test]
fn removal_before_verify_is_removal_and_costs_nothing() {
    for fault in [Fault::RemovalDuringSelect, Fault::RemovalDuringRead] {
        for operate in [sign, check_in] {
            let mut card = card(CardProfile::Adult).with_fault(fault);
            let removed = CardError::Transport(TransportError::Removed);
            assert_eq!(operate(&mut card), Err(removed), "{fault:?}");
            assert_eq!(card.verifies(), 0, "{fault:?}");
        }
    }
}

/// The face is read after its PIN, so a removal there comes late, and the PIN was right.
#[test]
fn removal_while_the_face_is_read_is_removal() {
    let mut card = card(CardProfile::Adult).with_fault(Fault::RemovalDuringRead);
    let removed = CardError::Transport(TransportError::Removed);
    assert_eq!(read_face(&mut card), Err(removed));
    assert_eq!(card.verifies(), 1);
}

#[test]
fn a_signature_of_wrong_length_is_none() {
    for (profile, layout) in [
        (CardProfile::Adult, CURRENT),
        (CardProfile::Successor, SUCCESSOR),
    ] {
        let mut card = card(profile).with_fault(Fault::ShortSignatures);
        let password = SignPassword::parse("MUSUBI2026").unwrap();
        let mut jpki = JpkiCard::open_generation(&mut card, layout).unwrap();
        let signed = jpki.sign(&password, b"content", TriesPolicy::StopWhenFew);
        let refused = CardError::Malformed(Attempt::Sign);
        assert_eq!(signed, Err(refused), "{profile:?}");
    }
}

#[test]
fn a_blocked_secret_is_blocked_however_the_card_says_it() {
    let blocked = Err(CardError::SecretBlocked(SecretKind::SigningPassword));
    let mut locked = card(CardProfile::Locked).with_fault(Fault::BlockedAs6983);
    assert_eq!(locked.respond(&select(&JPKI)).unwrap(), [0x90, 0x00]);
    locked.respond(&select_file(0x1B)).unwrap();
    let query = [0x00, 0x20, 0x00, 0x80];
    assert_eq!(locked.respond(&query).unwrap(), [0x69, 0x83]);
    assert_eq!(sign(&mut locked), blocked);
    assert_eq!(locked.verifies(), 0);
    // Said by VERIFY itself, when the last try goes.
    let mut last = card(CardProfile::OneTryLeft).with_fault(Fault::BlockedAs6983);
    let wrong = SignPassword::parse("WRONG99").unwrap();
    let mut jpki = JpkiCard::open(&mut last).unwrap();
    let signed = jpki.sign(&wrong, b"content", TriesPolicy::UseEvenTheLast);
    assert_eq!(signed.map(drop), blocked);
}

#[test]
fn removal_during_verify_is_an_unknown_outcome_and_verify_is_not_repeated() {
    let mut card = card(CardProfile::Adult).with_fault(Fault::RemovalDuringVerify);
    assert_eq!(
        sign(&mut card),
        Err(CardError::SecretOutcomeUnknown(SecretKind::SigningPassword))
    );
    assert!(card.is_removed());
    card.power_off();
    let tries = JpkiCard::open(&mut card)
        .unwrap()
        .tries(Credential::Signing)
        .unwrap();
    assert_eq!(
        tries,
        Tries::Left(5),
        "the right password was judged once, unheard"
    );
}

#[test]
fn removal_during_sign_yields_no_signature() {
    let mut card = card(CardProfile::Adult).with_fault(Fault::RemovalDuringSign);
    assert_eq!(sign(&mut card), Err(CardError::SignatureOutcomeUnknown));
}

#[test]
fn chained_answers_and_corrected_lengths_are_followed() {
    for fault in [Fault::ChainedAnswers, Fault::CorrectedLengths] {
        let mut card = card(CardProfile::Adult).with_fault(fault);
        assert_eq!(sign(&mut card), Ok(()), "{fault:?}");
        assert!(card.tripped().is_empty());
    }
}

#[test]
fn reads_of_wrong_length_are_malformed() {
    for fault in [Fault::OverlongReads, Fault::EmptyReads] {
        let mut card = card(CardProfile::Adult).with_fault(fault);
        assert_eq!(
            sign(&mut card),
            Err(CardError::Malformed(Attempt::Read)),
            "{fault:?}"
        );
        assert_eq!(card.verifies(), 0, "{fault:?}");
    }
}

#[test]
fn a_file_that_ends_too_early_is_an_error_before_any_secret_is_presented() {
    let mut card = card(CardProfile::Adult).with_fault(Fault::TruncatedFiles);
    assert_eq!(sign(&mut card), Err(CardError::Malformed(Attempt::Read)));
    assert_eq!(card.verifies(), 0);
}

#[test]
fn a_certificate_that_ends_before_its_own_length_says_so_is_an_error() {
    let mut card = card(CardProfile::Adult).with_fault(Fault::TruncatedFiles);
    let mut jpki = JpkiCard::open(&mut card).unwrap();
    let ended = CardError::UnexpectedStatus {
        attempt: Attempt::Read,
        status: 0x6B00,
    };
    assert_eq!(jpki.read_authentication_certificate(), Err(ended));
}

#[test]
fn a_card_without_the_application_is_not_a_my_number_card() {
    struct TransitPass;
    impl Transport for TransitPass {
        fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
            Ok(vec![0x6A, 0x82])
        }
    }
    assert_eq!(
        JpkiCard::open(TransitPass).err(),
        Some(CardError::NotMyNumberCard)
    );
}

#[test]
fn noise_instead_of_answers_is_an_error_and_never_a_panic() {
    struct Noise(u8);
    impl Transport for Noise {
        fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
            self.0 = self.0.wrapping_mul(29).wrapping_add(17);
            Ok(vec![self.0; usize::from(self.0) * 2])
        }
    }
    for seed in 0..=u8::MAX {
        assert!(JpkiCard::open(Noise(seed)).is_err(), "{seed}");
    }
}

#[test]
fn a_card_behind_a_phones_nfc_signs_and_its_field_is_ended_once() {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};
    let card = Arc::new(Mutex::new(card(CardProfile::Adult)));
    let closed = Arc::new(AtomicU32::new(0));
    let (touched, ended) = (Arc::clone(&card), Arc::clone(&closed));
    let phone = ForeignCard::new(
        move |command| touched.lock().unwrap().transmit(command),
        move || {
            ended.fetch_add(1, Ordering::Relaxed);
        },
    );
    let password = SignPassword::parse("MUSUBI2026").unwrap();
    let mut jpki = JpkiCard::open(phone).unwrap();
    let signed = jpki.sign(&password, b"content", TriesPolicy::StopWhenFew);
    assert_eq!(signed.unwrap().signature.len(), 256);
    drop(jpki);
    assert_eq!(closed.load(Ordering::Relaxed), 1);
    assert!(!card.lock().unwrap().is_verified());
}

#[test]
fn a_phone_that_lost_the_card_says_removed() {
    let lost = ForeignCard::new(|_| Ok(Vec::new()), || ());
    assert_eq!(
        JpkiCard::open(lost).err(),
        Some(CardError::Transport(TransportError::Removed))
    );
}

#[test]
fn nothing_is_asked_of_a_person_whose_card_cannot_sign() {
    let refused = |profile| {
        let mut card = card(profile);
        let mut jpki = JpkiCard::open(&mut card).unwrap();
        jpki.require_ready(Credential::Signing, TriesPolicy::StopWhenFew)
    };
    assert_eq!(refused(CardProfile::Adult), Ok(()));
    assert_eq!(
        refused(CardProfile::Child),
        Err(CardError::CertificateAbsent(Credential::Signing))
    );
    assert_eq!(
        refused(CardProfile::Locked),
        Err(CardError::SecretBlocked(SecretKind::SigningPassword))
    );
}

#[test]
fn endless_continuation_ends() {
    struct Endless;
    impl Transport for Endless {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            Ok(if command.get(1) == Some(&0xA4) {
                vec![0x90, 0x00]
            } else {
                vec![0x01, 0x61, 0x10]
            })
        }
    }
    assert_eq!(
        JpkiCard::open(Endless).err(),
        Some(CardError::Malformed(Attempt::Read))
    );
}

/// SELECT of an application, of a file, and VERIFY of a 4-digit PIN.
fn select(name: &[u8]) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    [&[0x00, 0xA4, 0x04, 0x0C, length], name].concat()
}

fn select_file(identifier: u8) -> Vec<u8> {
    vec![0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, identifier]
}

const TEXT: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08];
const SURFACE: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02];
const RESIDENT_RECORD: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x01];
const JPKI: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
const VERIFY_PIN: [u8; 9] = [0x00, 0x20, 0x00, 0x80, 0x04, b'1', b'2', b'3', b'4'];

#[test]
fn each_wire_is_tripped_by_what_it_guards_and_by_nothing_else() {
    let verify = || vec![select(&JPKI), select_file(0x18), VERIFY_PIN.to_vec()];
    let cases = [
        (
            vec![select(&TEXT), select_file(0x01)],
            vec![Tripwire::IndividualNumber],
        ),
        (
            vec![select(&SURFACE), select_file(0x05)],
            vec![Tripwire::RenderedIndividualNumber],
        ),
        (
            vec![select(&TEXT), select_file(0x14)],
            vec![Tripwire::PrintedNumberA],
        ),
        (
            vec![select(&SURFACE), select_file(0x13)],
            vec![Tripwire::PrintedNumberA],
        ),
        (
            vec![select(&RESIDENT_RECORD)],
            vec![Tripwire::ResidentRecord],
        ),
        (
            vec![vec![0x00, 0x24, 0x01, 0x80]],
            vec![Tripwire::SecretChange],
        ),
        (
            vec![vec![0x80, 0x32, 0x00, 0x80]],
            vec![Tripwire::SecretChange],
        ),
        (
            [verify(), vec![VERIFY_PIN.to_vec()]].concat(),
            vec![Tripwire::SecondVerify],
        ),
        (
            [
                verify(),
                vec![select(&TEXT), select_file(0x11), VERIFY_PIN.to_vec()],
            ]
            .concat(),
            vec![Tripwire::SecondVerify],
        ),
        (verify(), vec![]),
        (vec![select(&TEXT), select_file(0x02)], vec![]),
    ];
    for (commands, expected) in cases {
        let mut card = card(CardProfile::Adult);
        for command in &commands {
            card.respond(command).unwrap();
        }
        let tripped: Vec<_> = card.tripped().iter().copied().collect();
        assert_eq!(tripped, expected, "{commands:02X?}");
    }
}

#[test]
fn each_touch_may_present_one_secret() {
    let mut card = card(CardProfile::Adult);
    for _touch in 0..2 {
        card.respond(&select(&JPKI)).unwrap();
        card.respond(&select_file(0x18)).unwrap();
        card.respond(&VERIFY_PIN).unwrap();
        card.power_off();
    }
    assert!(card.tripped().is_empty());
    assert_eq!(card.verifies(), 2);
}

/// A card whose files claim to be as long as two length bytes can say.
struct Oversized(VirtualCard);

impl Transport for Oversized {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut answer = self.0.transmit(command)?;
        let reads_a_header =
            command[..4] == [0x00, 0xB0, 0x00, 0x00] && answer[..2] == [0x30, 0x82];
        if reads_a_header {
            answer[2..4].copy_from_slice(&[0xFF, 0xFF]);
        }
        Ok(answer)
    }
}

#[test]
fn an_oversized_certificate_is_not_read_to_its_end() {
    let mut jpki = JpkiCard::open(Oversized(card(CardProfile::Adult))).unwrap();
    assert_eq!(
        jpki.read_authentication_certificate(),
        Err(CardError::Malformed(Attempt::Read))
    );
}

#[test]
fn verify_state_survives_a_second_select_of_the_same_application_and_of_the_master_file() {
    let mut card = card(CardProfile::Adult);
    let jpki = [
        0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01,
    ];
    card.respond(&jpki).unwrap();
    card.respond(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x18])
        .unwrap();
    assert_eq!(
        card.respond(&[0x00, 0x20, 0x00, 0x80, 0x04, b'1', b'2', b'3', b'4'])
            .unwrap(),
        [0x90, 0x00]
    );
    card.respond(&jpki).unwrap();
    card.respond(&[0x00, 0xA4, 0x00, 0x00]).unwrap();
    assert!(card.is_verified());
    card.power_off();
    assert!(!card.is_verified());
}
