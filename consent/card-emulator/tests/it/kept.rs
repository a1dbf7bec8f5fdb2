//! Cards and authorities survive between runs, and those of anybody else are refused.

use musubi_consent_card::{Credential, JpkiCard, SignPassword, Tries, TriesPolicy};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{
    CardProfile, EmulatorError, Fault, PcscStack, StackError, TestAuthority, TestFolder,
    VirtualCard,
};

use crate::support::{AUTHORITY, NOW, VALIDITY, card, person};

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
    assert_eq!(again.roots(), AUTHORITY.roots(), "both generations");
    assert!(
        again
            .issue_card(&person(), DEMO_SECRETS, CardProfile::EarlierRoot, VALIDITY)
            .is_ok()
    );
}

#[test]
fn a_first_generation_has_no_cards_of_earlier_roots() {
    let first = TestAuthority::generate(VALIDITY).unwrap();
    let refused = first.issue_card(&person(), DEMO_SECRETS, CardProfile::EarlierRoot, VALIDITY);
    assert!(matches!(refused, Err(EmulatorError::NoEarlierGeneration)));
}

#[test]
fn a_test_folder_keeps_a_card_of_each_profile_and_is_never_made_twice() {
    let place = tempfile::tempdir().unwrap();
    TestFolder::make(place.path(), &person(), NOW).unwrap();
    let folder = TestFolder::open(place.path()).unwrap();
    for profile in CardProfile::ALL {
        assert!(folder.card(profile).is_ok(), "{profile:?}");
    }
    let mut card = folder.card(CardProfile::Adult).unwrap();
    let wrong = SignPassword::parse("WRONG99").unwrap();
    JpkiCard::open(&mut card)
        .unwrap()
        .sign(&wrong, b"content", TriesPolicy::StopWhenFew)
        .unwrap_err();
    folder.keep(CardProfile::Adult, &card).unwrap();
    let mut again = folder.card(CardProfile::Adult).unwrap();
    let tries = JpkiCard::open(&mut again)
        .unwrap()
        .tries(Credential::Signing);
    assert_eq!(tries, Ok(Tries::Left(4)));
    let twice = TestFolder::make(place.path(), &person(), NOW);
    assert!(matches!(twice, Err(EmulatorError::File { .. })));
}

#[test]
fn every_profile_and_fault_has_a_name_of_its_own() {
    for profile in CardProfile::ALL {
        assert_eq!(CardProfile::named(profile.name()), Some(profile));
    }
    for fault in Fault::ALL {
        assert_eq!(Fault::named(fault.name()), Some(fault));
    }
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

#[test]
fn a_stack_that_does_not_come_up_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = ["sh", "-c", "echo no card in this house >&2; exit 1"];
    let refused = PcscStack::start(folder.path(), &emulator).unwrap_err();
    assert!(
        matches!(refused, StackError::NotStarted { .. }),
        "{refused}"
    );
    let sentence = refused.to_string();
    assert!(sentence.contains("no card in this house"), "{sentence}");
}
