//! Each state of a card is its own outcome, and no try is spent that need not be.

use std::collections::BTreeSet;

use musubi_consent_card::error::{Attempt, SecretKind, TriesPolicy};
use musubi_consent_card::{
    CardError, Credential, JpkiCard, PinError, SignPassword, TransportError, Tries, UserPin,
};
use musubi_consent_card_emulator::{CardProfile, VirtualCard};
use musubi_primitives::Language;

use crate::support::card;

const SIGNING: SecretKind = SecretKind::SigningPassword;

fn sign(card: &mut VirtualCard, typed: &str, policy: TriesPolicy) -> Result<(), CardError> {
    let password = SignPassword::parse(typed).unwrap();
    JpkiCard::open(card)?
        .sign(&password, b"content", policy)
        .map(drop)
}

fn tries(card: &mut VirtualCard) -> Tries {
    JpkiCard::open(card)
        .unwrap()
        .tries(Credential::Signing)
        .unwrap()
}

#[test]
fn wrong_password_costs_exactly_one_try_and_says_how_many_are_left() {
    let mut card = card(CardProfile::Adult);
    let outcome = sign(&mut card, "WRONG99", TriesPolicy::StopWhenFew);
    assert_eq!(
        outcome,
        Err(CardError::SecretWrong {
            secret: SIGNING,
            tries_left: 4
        })
    );
    assert_eq!(tries(&mut card), Tries::Left(4));
}

#[test]
fn wrong_authentication_pin_costs_one_of_its_own_tries_and_then_we_stop() {
    let mut card = card(CardProfile::Adult);
    let mut check_in = |typed: &str| {
        let pin = UserPin::parse(typed).unwrap();
        let outcome = JpkiCard::open(&mut card).unwrap().authenticate(
            &pin,
            b"content",
            TriesPolicy::StopWhenFew,
        );
        card.power_off();
        let status = JpkiCard::open(&mut card).unwrap().status().unwrap();
        (outcome.map(drop), status.authentication, status.signing)
    };
    let wrong = CardError::SecretWrong {
        secret: SecretKind::AuthenticationPin,
        tries_left: 2,
    };
    let (five, two) = (Tries::Left(5), Tries::Left(2));
    assert_eq!(check_in("0000"), (Err(wrong), two, five));
    let few = CardError::FewTriesLeft {
        secret: SecretKind::AuthenticationPin,
        tries_left: 2,
    };
    assert_eq!(check_in("1234"), (Err(few), two, five));
}

#[test]
fn right_password_restores_the_counter() {
    let mut card = card(CardProfile::Adult);
    sign(&mut card, "WRONG99", TriesPolicy::StopWhenFew).unwrap_err();
    card.power_off();
    sign(&mut card, "MUSUBI2026", TriesPolicy::StopWhenFew).unwrap();
    assert_eq!(tries(&mut card), Tries::Left(5));
}

#[test]
fn at_two_tries_we_stop_unless_the_person_insists() {
    let mut card = card(CardProfile::Adult);
    for _ in 0..3 {
        sign(&mut card, "WRONG99", TriesPolicy::StopWhenFew).unwrap_err();
    }
    let stopped = CardError::FewTriesLeft {
        secret: SIGNING,
        tries_left: 2,
    };
    assert_eq!(
        sign(&mut card, "WRONG99", TriesPolicy::StopWhenFew),
        Err(stopped)
    );
    assert_eq!(tries(&mut card), Tries::Left(2), "stopping costs nothing");
    card.power_off();
    assert_eq!(
        sign(&mut card, "MUSUBI2026", TriesPolicy::UseEvenTheLast),
        Ok(())
    );
}

#[test]
fn last_wrong_try_blocks_and_every_later_one_is_refused_without_asking() {
    let mut card = card(CardProfile::OneTryLeft);
    assert_eq!(
        sign(&mut card, "WRONG99", TriesPolicy::UseEvenTheLast),
        Err(CardError::SecretBlocked(SIGNING))
    );
    assert_eq!(tries(&mut card), Tries::Blocked);
    assert_eq!(
        sign(&mut card, "MUSUBI2026", TriesPolicy::UseEvenTheLast),
        Err(CardError::SecretBlocked(SIGNING))
    );
}

#[test]
fn locked_card_says_locked() {
    let mut card = card(CardProfile::Locked);
    assert_eq!(
        sign(&mut card, "MUSUBI2026", TriesPolicy::StopWhenFew),
        Err(CardError::SecretBlocked(SIGNING))
    );
}

#[test]
fn childs_card_has_no_signing_certificate_and_is_not_called_locked() {
    for profile in [CardProfile::Child, CardProfile::WithoutPin] {
        let outcome = sign(&mut card(profile), "MUSUBI2026", TriesPolicy::StopWhenFew);
        assert_eq!(
            outcome,
            Err(CardError::CertificateAbsent(Credential::Signing)),
            "{profile:?}"
        );
    }
}

#[test]
fn malformed_secret_never_reaches_the_card() {
    let refused = [
        ("AB12", PinError::Length { min: 6, max: 16 }),
        ("ABCDEFGH123456789", PinError::Length { min: 6, max: 16 }),
        ("ABCDEFGH", PinError::NeedsLetterAndDigit),
        ("12345678", PinError::NeedsLetterAndDigit),
        ("ABC-1234", PinError::NotAlphanumeric),
        ("パスワード12", PinError::NotAlphanumeric),
    ];
    for (typed, expected) in refused {
        assert_eq!(SignPassword::parse(typed).err(), Some(expected), "{typed}");
    }
}

#[test]
fn typed_password_is_folded_to_what_the_card_stores() {
    let mut card = card(CardProfile::Adult);
    assert_eq!(
        sign(&mut card, "ｍｕｓｕｂｉ２０２６", TriesPolicy::StopWhenFew),
        Ok(())
    );
}

#[test]
fn secrets_do_not_print_themselves() {
    let password = SignPassword::parse("MUSUBI2026").unwrap();
    assert_eq!(format!("{password:?}"), "SignPassword(redacted)");
}

const OUTCOMES: [CardError; 21] = [
    CardError::Transport(TransportError::ServiceUnavailable),
    CardError::Transport(TransportError::NoReader),
    CardError::Transport(TransportError::NoCard),
    CardError::Transport(TransportError::Removed),
    CardError::Transport(TransportError::Unresponsive),
    CardError::Transport(TransportError::Busy),
    CardError::Transport(TransportError::Failed { code: 0x8010_0001 }),
    CardError::NotMyNumberCard,
    CardError::CertificateAbsent(Credential::Signing),
    CardError::CertificateAbsent(Credential::Authentication),
    CardError::CardFaceAbsent,
    CardError::SecretWrong {
        secret: SIGNING,
        tries_left: 3,
    },
    CardError::SecretBlocked(SecretKind::PrintedNumberB),
    CardError::SecretBlocked(SecretKind::AuthenticationPin),
    CardError::FewTriesLeft {
        secret: SecretKind::CardFacePin,
        tries_left: 2,
    },
    CardError::SecretOutcomeUnknown(SIGNING),
    CardError::SignatureOutcomeUnknown,
    CardError::SecretRequired(SecretKind::AuthenticationPin),
    CardError::UnexpectedStatus {
        attempt: Attempt::Sign,
        status: 0x6F00,
    },
    CardError::Malformed(Attempt::Read),
    CardError::Malformed(Attempt::Verify),
];

#[test]
fn every_outcome_has_a_sentence_in_each_language_with_nothing_left_to_fill() {
    for outcome in OUTCOMES {
        let [japanese, plain, english] = Language::ALL.map(|language| outcome.sentence(language));
        assert!(
            !japanese.is_ascii() && !plain.is_ascii() && english.is_ascii(),
            "{outcome:?}"
        );
        assert!(
            !format!("{japanese}{plain}{english}").contains(['{', '}']),
            "{outcome:?}"
        );
    }
}

#[test]
fn outcomes_that_differ_have_codes_that_differ() {
    let codes: BTreeSet<_> = OUTCOMES.iter().map(|outcome| outcome.code()).collect();
    // Of the twenty-one, three kinds stand twice, about another certificate, secret or attempt.
    assert_eq!(codes.len(), OUTCOMES.len() - 3);
}

#[test]
fn blocked_is_zero_tries_and_silence_is_none() {
    let tries = |outcome: CardError| outcome.tries_left();
    assert_eq!(tries(CardError::SecretBlocked(SIGNING)), Some(0));
    assert_eq!(tries(CardError::SecretOutcomeUnknown(SIGNING)), None);
}
