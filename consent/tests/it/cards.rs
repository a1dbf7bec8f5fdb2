//! Each profile of card, from the touch to the verdict on its certificate.

use musubi_consent::{CertificateError, CertificateUse, Environment, SignerCertificate};
use musubi_consent_card::layout::{CURRENT, SUCCESSOR};
use musubi_consent_card::{CardError, Credential, JpkiCard, SignPassword, TriesPolicy};
use musubi_consent_card_emulator::CardProfile;
use musubi_consent_card_emulator::issue::DEMO_SECRETS;

use crate::support::{AUTHORITY, NOW, VALIDITY, person, roots};

/// What becomes of a card at a counter: what the card says, then what the validator says.
#[derive(Debug, PartialEq)]
enum Outcome {
    Accepted,
    Card(CardError),
    Certificate(CertificateError),
}

fn outcome(profile: CardProfile) -> Outcome {
    let mut card = AUTHORITY
        .issue_card(&person(), DEMO_SECRETS, profile, VALIDITY)
        .unwrap();
    let layout = if profile == CardProfile::Successor {
        SUCCESSOR
    } else {
        CURRENT
    };
    let password = SignPassword::parse("MUSUBI2026").unwrap();
    let mut jpki = JpkiCard::open_generation(&mut card, layout).unwrap();
    let signed = match jpki.sign(&password, b"content", TriesPolicy::UseEvenTheLast) {
        Ok(signed) => signed,
        Err(error) => return Outcome::Card(error),
    };
    match SignerCertificate::validate(&roots(), CertificateUse::Signing, &signed.certificate, NOW) {
        Ok(certificate) => {
            assert!(certificate.has_signed(b"content", &signed.signature));
            Outcome::Accepted
        }
        Err(error) => Outcome::Certificate(error),
    }
}

#[test]
fn every_profile_ends_as_its_own_outcome() {
    let absent = || Outcome::Card(CardError::CertificateAbsent(Credential::Signing));
    let elliptic = const_oid::ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    let jpki_test = Environment::JpkiTest.policy(CertificateUse::Signing);
    for profile in CardProfile::ALL {
        let expected = match profile {
            CardProfile::Adult
            | CardProfile::OneTryLeft
            | CardProfile::SubstitutedName
            | CardProfile::Android
            | CardProfile::IPhone => Outcome::Accepted,
            CardProfile::Locked => {
                Outcome::Card(CardError::SecretBlocked(Credential::Signing.into()))
            }
            CardProfile::Child | CardProfile::WithoutPin => absent(),
            CardProfile::Expired => Outcome::Certificate(CertificateError::Expired),
            CardProfile::ForeignRoot => Outcome::Certificate(CertificateError::UnknownIssuer),
            CardProfile::JpkiTestPolicy => {
                Outcome::Certificate(CertificateError::Policy(jpki_test))
            }
            // Refused until its algorithm is listed; the card layer already speaks to it.
            CardProfile::Successor => {
                Outcome::Certificate(CertificateError::KeyAlgorithm(elliptic))
            }
        };
        assert_eq!(outcome(profile), expected, "{profile:?}");
    }
}
