//! Each profile of card, from the touch to the verdict on its certificate.

use musubi_consent::validator::CardAlgorithm;
use musubi_consent::{
    CertificateError, CertificateUse, Environment, Revocation, RevocationList,
    RevocationSource as _, SignerCertificate,
};
use musubi_consent_card::layout::{CURRENT, SUCCESSOR};
use musubi_consent_card::{CardError, Credential, JpkiCard, SignPassword, TriesPolicy};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{CardProfile, RevokedCertificate, VirtualCard};

use crate::support::{AUTHORITY, NOW, NOW_SECONDS, VALIDITY, person, roots};

/// What becomes of a card at a counter: what the card says, then what the validator says.
#[derive(Debug, PartialEq)]
enum Outcome {
    Accepted,
    Card(CardError),
    Certificate(CertificateError),
    Revoked,
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
    let outcome = jpki.sign(&password, b"content", TriesPolicy::UseEvenTheLast);
    drop(jpki);
    let signed = match outcome {
        Ok(signed) => signed,
        Err(error) => return Outcome::Card(error),
    };
    match SignerCertificate::validate(&roots(), CertificateUse::Signing, &signed.certificate, NOW) {
        Ok(certificate) => {
            assert!(certificate.has_signed(b"content", &signed.signature));
            match list_of(profile, &card).revocation(&certificate.revocation_query(NOW)) {
                Revocation::Good => Outcome::Accepted,
                Revocation::Revoked { .. } => Outcome::Revoked,
                other => panic!("{profile:?}: {other:?}"),
            }
        }
        Err(error) => Outcome::Certificate(error),
    }
}

/// The list of the municipality, of the generation of roots that issued the card. Only one profile is on it.
fn list_of(profile: CardProfile, card: &VirtualCard) -> RevocationList {
    let issuer = match profile {
        CardProfile::EarlierRoot => AUTHORITY.earlier().unwrap(),
        _ => &AUTHORITY,
    };
    let certificate = card.issued_certificate(Credential::Signing).unwrap();
    let revoked = match profile {
        CardProfile::Revoked => vec![RevokedCertificate::of(certificate, NOW_SECONDS).unwrap()],
        _ => Vec::new(),
    };
    let list = issuer
        .revocation_list(
            Credential::Signing,
            &person().municipality_code,
            &revoked,
            VALIDITY,
        )
        .unwrap();
    RevocationList::parse(&roots(), CertificateUse::Signing, &list).unwrap()
}

#[test]
fn every_profile_ends_as_its_own_outcome() {
    let absent = || Outcome::Card(CardError::CertificateAbsent(Credential::Signing));
    let jpki_test = Environment::JpkiTest.policy(CertificateUse::Signing);
    for profile in CardProfile::ALL {
        let expected = match profile {
            CardProfile::Adult
            | CardProfile::OneTryLeft
            | CardProfile::SubstitutedName
            | CardProfile::EarlierRoot
            | CardProfile::Android
            | CardProfile::IPhone
            | CardProfile::Successor => Outcome::Accepted,
            CardProfile::Locked => {
                Outcome::Card(CardError::SecretBlocked(Credential::Signing.into()))
            }
            CardProfile::Child | CardProfile::WithoutPin => absent(),
            CardProfile::Expired => Outcome::Certificate(CertificateError::Expired),
            CardProfile::Revoked => Outcome::Revoked,
            CardProfile::ForeignRoot => Outcome::Certificate(CertificateError::UnknownIssuer),
            CardProfile::JpkiTestPolicy => {
                Outcome::Certificate(CertificateError::Policy(jpki_test))
            }
        };
        assert_eq!(outcome(profile), expected, "{profile:?}");
    }
}

#[test]
fn the_successors_algorithm_is_listed_for_emulated_cards_alone_until_real_ones_are_published() {
    for environment in Environment::ALL {
        let is_listed = environment
            .algorithms()
            .contains(&CardAlgorithm::EcdsaP384Sha384);
        assert_eq!(is_listed, environment == Environment::Emulated);
    }
}
