//! Five operations on each of the fourteen profiles, and what becomes of each.

use musubi_consent_card::card_face::FaceOpener;
use musubi_consent_card::error::SecretKind;
use musubi_consent_card::layout::{CURRENT, Layout, SUCCESSOR};
use musubi_consent_card::{
    Availability, CardError, CardFace, CardStatus, Credential, JpkiCard, PrintedNumberB, TokenKind,
    Tries, TriesPolicy, UserPin,
};
use musubi_consent_card_emulator::CardProfile;
use musubi_consent_card_emulator::folder::demo_person;
use musubi_consent_card_emulator::issue::DEMO_SECRETS;

use crate::bench::{Bench, password};

/// What the four operations with a secret yield; the fifth is the status.
#[derive(Debug, PartialEq)]
struct Outcomes {
    status: CardStatus,
    face_by_pin: Result<(), CardError>,
    face_by_number: Result<(), CardError>,
    check_in: Result<(), CardError>,
    sign: Result<(), CardError>,
}

/// An adult's card, on which everything works.
const FULL: Outcomes = Outcomes {
    status: CardStatus {
        token: Some(TokenKind::Plastic),
        availability: Availability {
            signing: true,
            authentication: true,
        },
        signing: Tries::Left(5),
        authentication: Tries::Left(3),
    },
    face_by_pin: Ok(()),
    face_by_number: Ok(()),
    check_in: Ok(()),
    sign: Ok(()),
};

fn expected(profile: CardProfile) -> Outcomes {
    match profile {
        // What is wrong with the certificates of the last five, their issuer and its lists say; the card does not know.
        CardProfile::Adult
        | CardProfile::SubstitutedName
        | CardProfile::Successor
        | CardProfile::Expired
        | CardProfile::Revoked
        | CardProfile::EarlierRoot
        | CardProfile::ForeignRoot
        | CardProfile::JpkiTestPolicy => FULL,
        CardProfile::Android => of_token(TokenKind::Android),
        CardProfile::IPhone => of_token(TokenKind::IPhone),
        CardProfile::OneTryLeft => {
            let stopped = CardError::FewTriesLeft {
                secret: SecretKind::SigningPassword,
                tries_left: 1,
            };
            not_signing(Tries::Left(1), stopped)
        }
        CardProfile::Locked => {
            let blocked = CardError::SecretBlocked(SecretKind::SigningPassword);
            not_signing(Tries::Blocked, blocked)
        }
        CardProfile::Child => without_signing_certificate(FULL),
        CardProfile::WithoutPin => without_signing_certificate(Outcomes {
            status: CardStatus {
                authentication: Tries::Blocked,
                ..FULL.status
            },
            face_by_pin: Err(CardError::SecretBlocked(SecretKind::CardFacePin)),
            check_in: Err(CardError::SecretBlocked(SecretKind::AuthenticationPin)),
            ..FULL
        }),
    }
}

fn of_token(token: TokenKind) -> Outcomes {
    let token = Some(token);
    let status = CardStatus {
        token,
        ..FULL.status
    };
    Outcomes { status, ..FULL }
}

fn not_signing(signing: Tries, error: CardError) -> Outcomes {
    let status = CardStatus {
        signing,
        ..FULL.status
    };
    Outcomes {
        status,
        sign: Err(error),
        ..FULL
    }
}

/// Such a card answers as if its password were locked, and must not be called so.
fn without_signing_certificate(card: Outcomes) -> Outcomes {
    let availability = Availability {
        signing: false,
        authentication: true,
    };
    let status = CardStatus {
        availability,
        signing: Tries::Blocked,
        ..card.status
    };
    Outcomes {
        status,
        sign: Err(CardError::CertificateAbsent(Credential::Signing)),
        ..card
    }
}

pub(crate) fn all(bench: &mut Bench) {
    for profile in CardProfile::ALL {
        bench.with_card(profile, None, |bench| {
            let outcomes = operate(bench, layout(profile));
            assert_eq!(outcomes, expected(profile), "{profile:?}");
            // Nothing that failed has cost a try, and nothing that succeeded has left one missing.
            assert_eq!(
                status(bench, layout(profile)),
                outcomes.status,
                "{profile:?}"
            );
            bench.remove();
        });
    }
}

fn layout(profile: CardProfile) -> Layout {
    if profile == CardProfile::Successor {
        SUCCESSOR
    } else {
        CURRENT
    }
}

fn operate(bench: &mut Bench, layout: Layout) -> Outcomes {
    let pin = UserPin::parse(DEMO_SECRETS.card_face_pin).unwrap();
    let number = PrintedNumberB::parse(DEMO_SECRETS.printed_number_b).unwrap();
    Outcomes {
        status: status(bench, layout),
        face_by_pin: face(bench, FaceOpener::Pin(&pin)),
        face_by_number: face(bench, FaceOpener::PrintedNumber(&number)),
        check_in: check_in(bench, layout),
        sign: sign(bench, layout),
    }
}

fn status(bench: &mut Bench, layout: Layout) -> CardStatus {
    let mut card = JpkiCard::open_generation(bench.open(), layout).unwrap();
    card.status().unwrap()
}

fn face(bench: &mut Bench, opener: FaceOpener<'_>) -> Result<(), CardError> {
    let face = CardFace::open(bench.open())?.read(opener, TriesPolicy::StopWhenFew)?;
    assert_eq!(face.name, demo_person().name);
    Ok(())
}

fn check_in(bench: &mut Bench, layout: Layout) -> Result<(), CardError> {
    let pin = UserPin::parse(DEMO_SECRETS.authentication_pin).unwrap();
    let mut card = JpkiCard::open_generation(bench.open(), layout)?;
    card.authenticate(&pin, b"challenge", TriesPolicy::StopWhenFew)
        .map(drop)
}

fn sign(bench: &mut Bench, layout: Layout) -> Result<(), CardError> {
    let mut card = JpkiCard::open_generation(bench.open(), layout)?;
    card.sign(&password(), b"content", TriesPolicy::StopWhenFew)
        .map(drop)
}
