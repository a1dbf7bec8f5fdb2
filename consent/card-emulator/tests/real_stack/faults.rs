//! What a person, a card or a reader may do wrong, each its own outcome.

use musubi_consent_card::error::{Attempt, SecretKind};
use musubi_consent_card::{
    CardError, Credential, JpkiCard, SignPassword, TransportError, Tries, TriesPolicy,
};
use musubi_consent_card_emulator::{CardProfile, Fault};

use crate::bench::{Bench, sign};

fn tries(bench: &mut Bench) -> Tries {
    let mut card = JpkiCard::open(bench.open()).unwrap();
    card.tries(Credential::Signing).unwrap()
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

/// Each of these shows in the first file that is read, so the password is never presented.
pub(crate) fn wrong_lengths(bench: &mut Bench) {
    for fault in [Fault::EmptyReads, Fault::OverlongReads] {
        bench.with_card(CardProfile::OneTryLeft, Some(fault), |bench| {
            let outcome = sign(bench.open());
            let refused = matches!(
                outcome,
                Err(CardError::Malformed(Attempt::Read)
                    | CardError::Transport(TransportError::Failed { .. }))
            );
            assert!(refused, "{fault:?}: {outcome:?}");
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
