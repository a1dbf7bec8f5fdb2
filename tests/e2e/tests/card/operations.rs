//! Every operation of `musubi card` on every kind of card, through a real PC/SC service: what a counter sees of each.

use crate::{documents, office::Office, sign, visit};
use musubi_consent_card_emulator::{CardProfile, issue::DEMO_SECRETS};

/// Outcomes of the operations that need a secret; `list` and `status` succeed with every card.
struct Outcomes {
    face_by_pin: &'static str,
    check_in: &'static str,
    sign: &'static str,
    /// Whether the card says that it has a signing certificate.
    has_signing: bool,
}

const FULL: Outcomes = Outcomes {
    face_by_pin: "face-read",
    check_in: "checked-in",
    sign: "signed",
    has_signing: true,
};

/// The card works and its issuer does not count.
const fn refused(code: &'static str) -> Outcomes {
    Outcomes {
        check_in: code,
        sign: code,
        ..FULL
    }
}

const fn signing_only(code: &'static str) -> Outcomes {
    Outcomes { sign: code, ..FULL }
}

fn expected(profile: CardProfile) -> Outcomes {
    match profile {
        CardProfile::Adult
        | CardProfile::SubstitutedName
        | CardProfile::Android
        | CardProfile::IPhone
        | CardProfile::EarlierRoot
        | CardProfile::Successor => FULL,
        CardProfile::OneTryLeft => signing_only("few-tries-left"),
        CardProfile::Locked => signing_only("secret-blocked"),
        CardProfile::Revoked => signing_only("certificate-revoked"),
        CardProfile::Child => Outcomes {
            sign: "certificate-absent",
            has_signing: false,
            ..FULL
        },
        CardProfile::WithoutPin => Outcomes {
            face_by_pin: "secret-blocked",
            check_in: "secret-blocked",
            sign: "certificate-absent",
            has_signing: false,
        },
        CardProfile::Expired => refused("certificate-expired"),
        CardProfile::ForeignRoot => refused("certificate-foreign"),
        CardProfile::JpkiTestPolicy => refused("certificate-other-environment"),
    }
}

#[test]
fn each_operation_on_each_card_ends_as_its_own_outcome() {
    for profile in CardProfile::ALL {
        let mut office = Office::open();
        office.place(profile, None);
        every_operation(&office, profile, &[]);
    }
}

/// The same where there is neither reader nor service, with the card inside the program.
#[test]
fn each_operation_on_each_card_inside_the_program_ends_as_on_a_reader() {
    let office = Office::without_reader();
    let readers = office.ask(&["list"], "");
    assert_eq!(readers["outcome"], "service-unavailable");
    let cards = office.folder().join("cards").display().to_string();
    for profile in CardProfile::ALL {
        let place = ["--emulated", profile.name(), "--cards", &cards];
        every_operation(&office, profile, &place);
        let status = office.ask(&[&["status"], &place[..], generation(profile)].concat(), "");
        assert_eq!(status["test_card"], true, "{profile:?}");
    }
}

/// List, status, face by both secrets, check-in, signature, and the status once more. `place` says where the card is, if not on the reader.
fn every_operation(office: &Office, profile: CardProfile, place: &[&str]) {
    let expected = expected(profile);
    let jpki = [generation(profile), place].concat();

    let readers = office.ask(
        &[&["list"], place.get(..2).unwrap_or_default()].concat(),
        "",
    );
    assert_eq!(readers["outcome"], "listed", "{profile:?}");
    assert_eq!(readers["readers"][0]["presence"], "card", "{profile:?}");
    let before = office.ask(&[&["status"], &jpki[..]].concat(), "");
    assert_eq!(before["outcome"], "status", "{profile:?}");
    let present = &before["signing"]["present"];
    assert_eq!(present, expected.has_signing, "{profile:?}: {before}");

    let by_pin = [&["read-face"], place].concat();
    let face = office.ask(&by_pin, DEMO_SECRETS.card_face_pin);
    assert_eq!(face["outcome"], expected.face_by_pin, "{profile:?}");
    let by_number = [&["read-face", "--printed-number"], place].concat();
    let face = office.ask(&by_number, DEMO_SECRETS.printed_number_b);
    assert_eq!(face["outcome"], "face-read", "{profile:?}");
    let visit = visit(office, DEMO_SECRETS.authentication_pin, &jpki);
    assert_eq!(visit["outcome"], expected.check_in, "{profile:?}: {visit}");
    let signed = sign(office, DEMO_SECRETS.signing_password, &jpki);
    assert_eq!(signed["outcome"], expected.sign, "{profile:?}: {signed}");

    // Whatever was refused has cost no try, and whatever succeeded has given them back.
    let after = office.ask(&[&["status"], &jpki[..]].concat(), "");
    assert_eq!(after, before, "{profile:?}");
    office.nothing_personal_was_said();
}

fn generation(profile: CardProfile) -> &'static [&'static str] {
    if profile == CardProfile::Successor {
        &["--generation", "successor"]
    } else {
        &[]
    }
}

#[test]
fn a_successor_that_is_taken_for_todays_card_signs_nothing_that_counts() {
    let mut office = Office::open();
    office.place(CardProfile::Successor, None);
    let answer = sign(&office, DEMO_SECRETS.signing_password, &[]);
    assert_ne!(answer["outcome"], "signed", "{answer}");
    let document = documents::withdrawal(office.folder());
    let out = office.new_file("cms");
    let roots = office.roots();
    let production = ["--roots", &roots, "--environment", "production"];
    let arguments = [
        &["sign", "--statement", &document, "--out", &out][..],
        &["--genesis", documents::GENESIS, "--generation", "successor"],
        &production,
    ];
    let refused = office.ask(&arguments.concat(), DEMO_SECRETS.signing_password);
    assert_ne!(refused["outcome"], "signed", "production pins no test root");
}
