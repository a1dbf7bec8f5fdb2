//! No bytes make a parser panic, loop or accept what it should not: arbitrary ones, and good ones bent a little.

use std::sync::LazyLock;

use musubi_consent::{
    BindingStatement, CertificateUse, CheckIn, ConsentReceipt, OcspAnswer, RevocationList,
    SealedEvidence, SignedCms, SignedNonceBatch, SignerCertificate, Statement, Withdrawal,
    WitnessRecord,
};
use musubi_consent_card::{
    BasicFour, JpkiCard, SignPassword, Transport, TransportError, TriesPolicy,
};
use musubi_consent_card_emulator::{CardProfile, VirtualCard};
use proptest::prelude::*;

use crate::support::{AUTHORITY, NOW, VALIDITY, evidence, person, roots, statement};

static CMS: LazyLock<Vec<u8>> = LazyLock::new(|| evidence(&statement()).cms);
static CARD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let secrets = musubi_consent_card_emulator::issue::DEMO_SECRETS;
    AUTHORITY
        .issue_card(&person(), secrets, CardProfile::Adult, VALIDITY)
        .unwrap()
        .to_bytes()
        .unwrap()
});

/// Feeds the same bytes to every parser that reads what others wrote.
fn parse_all(bytes: &[u8]) {
    drop(Statement::parse(bytes));
    drop(BindingStatement::parse(bytes));
    drop(Withdrawal::parse(bytes));
    drop(CheckIn::parse(bytes));
    drop(SignedCms::parse(bytes));
    drop(SealedEvidence::parse(bytes));
    drop(BasicFour::parse(bytes));
    drop(SignerCertificate::validate(
        &roots(),
        CertificateUse::Signing,
        bytes,
        NOW,
    ));
    drop(RevocationList::parse(
        &roots(),
        CertificateUse::Signing,
        bytes,
    ));
    drop(OcspAnswer::parse(&roots(), bytes));
    drop(ConsentReceipt::parse(bytes));
    drop(WitnessRecord::parse(bytes));
    drop(SignedNonceBatch::parse(bytes));
}

/// `good` with some bytes replaced, and cut or prolonged.
fn bent(good: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6);
    (changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(changes, cut, is_cut)| {
        let mut bytes = good.to_vec();
        for (position, value) in changes {
            let position = position.index(bytes.len());
            bytes[position] = value;
        }
        if is_cut {
            bytes.truncate(cut.index(good.len()));
        }
        bytes
    })
}

/// A card that answers with whatever the test drew.
struct Scripted(Vec<Vec<u8>>);

impl Transport for Scripted {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.pop().ok_or(TransportError::Removed)
    }
}

fn answer() -> impl Strategy<Value = Vec<u8>> {
    let status = prop::sample::select(vec![
        0x9000_u16, 0x6A82, 0x6982, 0x63C3, 0x6110, 0x6C05, 0x6984,
    ]);
    (prop::collection::vec(any::<u8>(), 0..300), status)
        .prop_map(|(data, status)| [&data[..], &status.to_be_bytes()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_refused_quietly(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        parse_all(&bytes);
    }

    #[test]
    fn a_bent_cms_is_never_the_good_one(bytes in bent(&CMS)) {
        parse_all(&bytes);
        if let Ok(cms) = SignedCms::parse(&bytes) {
            prop_assert_eq!(cms.to_der().unwrap(), bytes);
        }
    }

    #[test]
    fn a_bent_ocsp_answer_is_never_believed(bytes in bent(&crate::ocsp::GOOD)) {
        prop_assume!(bytes != *crate::ocsp::GOOD);
        prop_assert!(OcspAnswer::parse(&roots(), &bytes).is_err());
    }

    #[test]
    fn a_bent_card_image_is_refused_or_answers(bytes in bent(&CARD), commands in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..8)) {
        if let Ok(mut card) = VirtualCard::parse_bytes(&bytes) {
            for command in commands {
                prop_assert!(card.respond(&command).is_some_and(|answer| 2 <= answer.len()));
            }
        }
    }

    #[test]
    fn a_card_that_answers_at_random_never_yields_a_panic(answers in prop::collection::vec(answer(), 0..40)) {
        let password = SignPassword::parse("MUSUBI2026").unwrap();
        if let Ok(mut card) = JpkiCard::open(Scripted(answers)) {
            let _ = card.status();
            drop(card.sign(&password, b"content", TriesPolicy::UseEvenTheLast));
        }
    }
}
