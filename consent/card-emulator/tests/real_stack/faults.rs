//! What a person, a card or a reader may do wrong, each its own outcome.

use musubi_consent_card::error::{Attempt, SecretKind};
use musubi_consent_card::{
    CardError, Credential, JpkiCard, SignPassword, TransportError, Tries, TriesPolicy, UserPin,
};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{CardProfile, Fault};

use crate::bench::{Bench, sign};

fn tries(bench: &mut Bench) -> Tries {
    tries_of(bench, Credential::Signing)
}

fn tries_of(bench: &mut Bench, credential: Credential) -> Tries {
    let mut card = JpkiCard::open(bench.open()).unwrap();
    card.tries(credential).unwrap()
}

pub(crate) fn wrong_pin(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, None, |bench| {
        let wrong = SignPassword::parse("WRONG99").unwrap();
        let mut card = JpkiCard::open(bench.open()).unwrap();
        let outcome = card.sign(&wrong, b"content", TriesPolicy::StopWhenFew);
        let expected = CardError::SecretWrong {
            secret: SecretKind::SigningPassword,
            tries_left: 4,
        };
        assert_eq!(outcome, Err(expected));
        drop(card);
        assert_eq!(tries(bench), Tries::Left(4));
        assert_eq!(sign(bench.open()), Ok(256));
        assert_eq!(tries(bench), Tries::Left(5), "the right one restores them");
        bench.remove();
    });
}

pub(crate) fn wrong_authentication_pin(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, None, |bench| {
        let check_in = |bench: &mut Bench, typed: &str, policy| {
            let pin = UserPin::parse(typed).unwrap();
            let mut card = JpkiCard::open(bench.open()).unwrap();
            card.authenticate(&pin, b"challenge", policy).map(drop)
        };
        let wrong = CardError::SecretWrong {
            secret: SecretKind::AuthenticationPin,
            tries_left: 2,
        };
        assert_eq!(
            check_in(bench, "0000", TriesPolicy::StopWhenFew),
            Err(wrong)
        );
        let right = DEMO_SECRETS.authentication_pin;
        let few = CardError::FewTriesLeft {
            secret: SecretKind::AuthenticationPin,
            tries_left: 2,
        };
        assert_eq!(check_in(bench, right, TriesPolicy::StopWhenFew), Err(few));
        assert_eq!(tries_of(bench, Credential::Authentication), Tries::Left(2));
        assert_eq!(check_in(bench, right, TriesPolicy::UseEvenTheLast), Ok(()));
        assert_eq!(tries_of(bench, Credential::Authentication), Tries::Left(3));
        assert_eq!(tries(bench), Tries::Left(5), "the password has its own");
        bench.remove();
    });
}

/// Cards say "blocked" in three ways; this one says 6983, to the question and to the last wrong try.
pub(crate) fn blocked_as_6983(bench: &mut Bench) {
    let blocked = CardError::SecretBlocked(SecretKind::SigningPassword);
    let fault = Some(Fault::BlockedAs6983);
    bench.with_card(CardProfile::OneTryLeft, fault, |bench| {
        let wrong = SignPassword::parse("WRONG99").unwrap();
        let mut card = JpkiCard::open(bench.open()).unwrap();
        let last = card.sign(&wrong, b"content", TriesPolicy::UseEvenTheLast);
        assert_eq!(last, Err(blocked));
        drop(card);
        assert_eq!(tries(bench), Tries::Blocked);
        assert_eq!(sign(bench.open()), Err(blocked));
        assert_eq!(bench.stack.verifies(bench.slot).unwrap(), 1);
        bench.remove();
    });
}

pub(crate) fn short_signatures(bench: &mut Bench) {
    let fault = Some(Fault::ShortSignatures);
    bench.with_card(CardProfile::Adult, fault, |bench| {
        let refused = CardError::Malformed(Attempt::Sign);
        assert_eq!(sign(bench.open()), Err(refused));
        bench.remove();
    });
}

pub(crate) fn odd_answers(bench: &mut Bench) {
    for fault in [Fault::ChainedAnswers, Fault::CorrectedLengths] {
        bench.with_card(CardProfile::Adult, Some(fault), |bench| {
            assert_eq!(sign(bench.open()), Ok(256), "{fault:?}");
            bench.remove();
        });
    }
}

/// Real cards take a second for a signature; nothing here gives up on them.
pub(crate) fn slow_card(bench: &mut Bench) {
    let image = bench.image(CardProfile::Adult);
    bench.stack.insert(bench.slot, &image, None, 40).unwrap();
    assert_eq!(sign(bench.open()), Ok(256));
    bench.remove();
}

/// Each of these shows in the first files that are read, so the password is never presented, of all the tries that there are.
pub(crate) fn wrong_lengths(bench: &mut Bench) {
    for fault in [
        Fault::EmptyReads,
        Fault::OverlongReads,
        Fault::TruncatedFiles,
    ] {
        bench.with_card(CardProfile::Adult, Some(fault), |bench| {
            let refused = CardError::Malformed(Attempt::Read);
            assert_eq!(sign(bench.open()), Err(refused), "{fault:?}");
            assert_eq!(bench.stack.verifies(bench.slot).unwrap(), 0, "{fault:?}");
            let mut kept = bench.kept();
            let left = JpkiCard::open(&mut kept)
                .unwrap()
                .tries(Credential::Signing);
            assert_eq!(left, Ok(Tries::Left(5)), "{fault:?}");
            bench.remove();
        });
    }
}

pub(crate) fn garbage_atr(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, Some(Fault::GarbageAtr), |bench| {
        let reader = bench.find();
        let outcome = bench.readers().open(&reader).map(drop);
        assert_eq!(outcome, Err(TransportError::Unresponsive));
        bench.remove();
    });
}

pub(crate) fn removal_during_verify(bench: &mut Bench) {
    let unknown = CardError::SecretOutcomeUnknown(SecretKind::SigningPassword);
    removal(bench, Fault::RemovalDuringVerify, unknown);
}

pub(crate) fn removal_during_sign(bench: &mut Bench) {
    bench.slot = 1;
    removal(
        bench,
        Fault::RemovalDuringSign,
        CardError::SignatureOutcomeUnknown,
    );
}

fn removal(bench: &mut Bench, fault: Fault, expected: CardError) {
    bench.with_card(CardProfile::Adult, Some(fault), |bench| {
        assert_eq!(sign(bench.open()), Err(expected));
        bench.stack.wait_for_removal(bench.slot).unwrap();
        bench.wait_until_empty();
    });
}
