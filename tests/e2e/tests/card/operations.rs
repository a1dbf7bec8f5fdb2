//! Every operation of `musubi card` on every kind of card, through a real PC/SC service: what a counter sees of each.

use crate::{check_in, documents, office::Office, sign};
use musubi_consent_card_emulator::{CardProfile, issue::DEMO_SECRETS};
use serde_json::Value;

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
        let expected = expected(profile);
        let generation = generation(profile);

        let readers = office.ask(&["list"], "");
        assert_eq!(readers["outcome"], "listed", "{profile:?}");
        assert_eq!(readers["readers"][0]["presence"], "card", "{profile:?}");
        let before = office.ask(&[&["status"], generation].concat(), "");
        assert_eq!(before["outcome"], "status", "{profile:?}");
        let present = &before["signing"]["present"];
        assert_eq!(present, expected.has_signing, "{profile:?}: {before}");

        let face = office.ask(&["read-face"], DEMO_SECRETS.card_face_pin);
        assert_eq!(face["outcome"], expected.face_by_pin, "{profile:?}");
        let number = ["read-face", "--printed-number"];
        let face = office.ask(&number, DEMO_SECRETS.printed_number_b);
        assert_eq!(face["outcome"], "face-read", "{profile:?}");
        let visit = visit(&office, generation);
        assert_eq!(visit["outcome"], expected.check_in, "{profile:?}: {visit}");
        let signed = sign(&office, DEMO_SECRETS.signing_password, generation);
        assert_eq!(signed["outcome"], expected.sign, "{profile:?}: {signed}");

        // Whatever was refused has cost no try, and whatever succeeded has given them back.
        let after = office.ask(&[&["status"], generation].concat(), "");
        assert_eq!(after, before, "{profile:?}");
        office.nothing_personal_was_said();
    }
}

fn generation(profile: CardProfile) -> &'static [&'static str] {
    if profile == CardProfile::Successor {
        &["--generation", "successor"]
    } else {
        &[]
    }
}

/// A check-in that is judged at once.
fn visit(office: &Office, generation: &[&str]) -> Value {
    let (document, out) = (office.new_file("json"), office.new_file("cms"));
    let roots = office.roots();
    let trust = ["--roots", &roots, "--environment", "emulated"];
    let arguments = [&check_in(&document, &out)[..], &trust, generation].concat();
    office.ask(&arguments, DEMO_SECRETS.authentication_pin)
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
