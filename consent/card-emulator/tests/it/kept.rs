//! Cards and authorities survive between runs, and those of anybody else are refused.

use musubi_consent_card::{Credential, JpkiCard, SignPassword, Tries, TriesPolicy};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{CardProfile, EmulatorError, TestAuthority, VirtualCard};

use crate::support::{AUTHORITY, VALIDITY, card, person};

#[test]
fn a_kept_card_remembers_its_counter_and_forgets_its_session() {
    let mut card = card(CardProfile::Adult);
    let wrong = SignPassword::parse("WRONG99").unwrap();
    JpkiCard::open(&mut card)
        .unwrap()
        .sign(&wrong, b"content", TriesPolicy::StopWhenFew)
        .unwrap_err();
    let mut again = VirtualCard::parse_bytes(&card.to_bytes().unwrap()).unwrap();
    assert_eq!(
        JpkiCard::open(&mut again)
            .unwrap()
            .tries(Credential::Signing)
            .unwrap(),
        Tries::Left(4)
    );
}

#[test]
fn a_kept_authority_issues_under_the_same_roots() {
    let again = TestAuthority::parse_bytes(&AUTHORITY.to_bytes().unwrap()).unwrap();
    assert_eq!(
        again.root(Credential::Signing),
        AUTHORITY.root(Credential::Signing)
    );
    assert!(
        again
            .issue_card(&person(), DEMO_SECRETS, CardProfile::Adult, VALIDITY)
            .is_ok()
    );
}

#[test]
fn the_emulator_refuses_to_act_for_any_other_authority() {
    let production = TestAuthority::generate_as("JPKI", VALIDITY).unwrap();
    assert!(matches!(
        production.to_bytes(),
        Err(EmulatorError::ForeignIssuer { .. })
    ));
    let card = production
        .issue_card(&person(), DEMO_SECRETS, CardProfile::Adult, VALIDITY)
        .unwrap();
    let refusal = card.to_bytes().unwrap_err();
    assert!(refusal.to_string().starts_with("REFUSED"), "{refusal}");
}

#[test]
fn damaged_images_are_errors() {
    let image = card(CardProfile::Adult).to_bytes().unwrap();
    for length in [0, 1, 10, image.len() / 2, image.len() - 1] {
        assert!(VirtualCard::parse_bytes(&image[..length]).is_err());
    }
}
