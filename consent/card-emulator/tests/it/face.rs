//! The basic four are read by PIN or by 照合番号B, and nothing else on the text application is touched.

use musubi_consent_card::card_face::{FaceOpener, Sex};
use musubi_consent_card::error::{SecretKind, TriesPolicy};
use musubi_consent_card::{BasicFour, CardError, CardFace, PinError, PrintedNumberB, UserPin};
use musubi_consent_card_emulator::CardProfile;

use crate::support::{card, person};

#[test]
fn pin_and_printed_number_open_the_same_facts() {
    let pin = UserPin::parse("5678").unwrap();
    let number = PrintedNumberB::parse("04040120319999").unwrap();
    for opener in [FaceOpener::Pin(&pin), FaceOpener::PrintedNumber(&number)] {
        let mut card = card(CardProfile::Adult);
        let face = CardFace::open(&mut card)
            .unwrap()
            .read(opener, TriesPolicy::StopWhenFew)
            .unwrap();
        let person = person();
        assert_eq!(
            (face.name, face.address, face.birth_date),
            (person.name, person.address, person.birth_date)
        );
        assert_eq!(face.sex, Sex::Female);
        assert!(card.tripped().is_empty() && !card.is_verified());
    }
}

#[test]
fn wrong_pin_names_the_right_secret() {
    let mut card = card(CardProfile::Adult);
    let pin = UserPin::parse("0000").unwrap();
    let outcome = CardFace::open(&mut card)
        .unwrap()
        .read(FaceOpener::Pin(&pin), TriesPolicy::StopWhenFew);
    assert_eq!(
        outcome,
        Err(CardError::SecretWrong {
            secret: SecretKind::CardFacePin,
            tries_left: 2
        })
    );
}

#[test]
fn twelve_digits_are_not_a_printed_number_b() {
    assert_eq!(
        PrintedNumberB::parse("123456789012").err(),
        Some(PinError::Length { min: 14, max: 14 })
    );
}

#[test]
fn facts_do_not_print_themselves() {
    let mut card = card(CardProfile::Adult);
    let pin = UserPin::parse("5678").unwrap();
    let face = CardFace::open(&mut card)
        .unwrap()
        .read(FaceOpener::Pin(&pin), TriesPolicy::StopWhenFew)
        .unwrap();
    assert_eq!(format!("{face:?}"), "BasicFour(redacted)");
}

#[test]
fn every_single_altered_structure_byte_of_the_file_is_refused_or_changes_a_fact() {
    let file = [
        &[0xFF, 0x20, 30][..],
        &[0xDF, 0x21, 8, 0, 14, 0, 18, 0, 22, 0, 33],
        &[0xDF, 0x22, 1, b'N', 0xDF, 0x23, 1, b'A'],
        &[0xDF, 0x24, 8],
    ];
    let file = [&file.concat()[..], b"20000101", &[0xDF, 0x25, 1, b'1']].concat();
    let file = [
        &[0xFF, 0x20, u8::try_from(file.len() - 3).unwrap()][..],
        &file[3..],
    ]
    .concat();
    let facts = BasicFour::parse(&file).unwrap();
    for position in 0..file.len() {
        let mut altered = file.clone();
        altered[position] ^= 0x40;
        assert_ne!(
            BasicFour::parse(&altered).ok(),
            Some(facts.clone()),
            "byte {position}"
        );
    }
}
