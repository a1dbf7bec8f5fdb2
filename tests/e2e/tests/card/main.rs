//! `musubi card` as people run it: the binary, a real PC/SC service, a terminal, and cards of every kind on the reader.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests start the binary, read its files and need today's date"
)]

mod agent;
mod documents;
mod office;
mod operations;
mod terminal;

use crate::office::Office;
use musubi_consent::{
    CheckIn, Counter, Environment, Evidence, ExpectedCheckIn, Refusal, SignedCms, TrustedRoots,
    attestation::ActiveBinding, binding::binding_commitment, validator::NoRevocationSource,
};
use musubi_consent_card_emulator::{CardProfile, Fault, folder::demo_person, issue::DEMO_SECRETS};
use musubi_primitives::{AccountId, MemberId, Pseudonym, Purpose, Salt};
use serde_json::Value;

const WRONG: &str = "WRONG99";

/// Signs a withdrawal with the card that lies on the reader.
fn sign(office: &Office, password: &str, more: &[&str]) -> Value {
    let document = documents::withdrawal(office.folder());
    let out = office.new_file("cms");
    let roots = office.roots();
    let list = office.revocation_list();
    let arguments = [
        &["sign", "--statement", &document, "--out", &out],
        &["--genesis", documents::GENESIS, "--environment", "emulated"][..],
        &["--roots", &roots, "--revocation-list", &list],
        more,
    ];
    let answer = office.ask(&arguments.concat(), password);
    let was_signed = answer["outcome"] == "signed";
    assert_eq!(std::path::Path::new(&out).exists(), was_signed, "{answer}");
    answer
}

#[test]
fn a_signature_says_what_is_known_about_revocation_and_that_the_card_was_a_test_card() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, None);
    let answer = sign(&office, DEMO_SECRETS.signing_password, &[]);
    assert_eq!(
        (&answer["revocation"], &answer["test_card"]),
        (&"good".into(), &true.into())
    );
    // The list is that of the newest roots and says nothing about cards of earlier ones.
    let mut office = Office::open();
    office.place(CardProfile::EarlierRoot, None);
    let answer = sign(&office, DEMO_SECRETS.signing_password, &[]);
    assert_eq!(answer["revocation"], "unknown");
}

#[test]
fn a_wrong_password_costs_one_try_and_a_malformed_one_costs_none() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, None);
    let answer = sign(&office, WRONG, &[]);
    assert_eq!(
        (&answer["outcome"], &answer["tries_left"]),
        (&"secret-wrong".into(), &4.into())
    );
    let answer = sign(&office, "1234", &[]);
    assert_eq!(answer["outcome"], "secret-malformed");
    let status = office.ask(&["status"], "");
    assert_eq!(status["signing"]["tries_left"], 4);
    let answer = sign(&office, DEMO_SECRETS.signing_password, &[]);
    assert_eq!(answer["outcome"], "signed");
    office.nothing_personal_was_said();
}

#[test]
fn the_last_try_is_used_only_when_the_person_insists() {
    let mut office = Office::open();
    office.place(CardProfile::OneTryLeft, None);
    let answer = sign(&office, WRONG, &[]);
    assert_eq!(answer["outcome"], "few-tries-left");
    let answer = sign(&office, DEMO_SECRETS.signing_password, &["--insist"]);
    assert_eq!(answer["outcome"], "signed");
    let status = office.ask(&["status"], "");
    assert_eq!(status["signing"]["tries_left"], 5);
}

#[test]
fn a_wrong_authentication_pin_costs_one_of_its_own_tries() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, None);
    let answer = visit(&office, "0000", &[]);
    assert_eq!(
        (&answer["outcome"], &answer["tries_left"]),
        (&"secret-wrong".into(), &2.into())
    );
    let status = office.ask(&["status"], "");
    assert_eq!(status["authentication"]["tries_left"], 2);
    assert_eq!(status["signing"]["tries_left"], 5);
    let answer = visit(&office, DEMO_SECRETS.authentication_pin, &[]);
    assert_eq!(answer["outcome"], "few-tries-left");
    let answer = visit(&office, DEMO_SECRETS.authentication_pin, &["--insist"]);
    assert_eq!(answer["outcome"], "checked-in");
    office.nothing_personal_was_said();
}

#[test]
fn a_card_that_leaves_in_mid_command_is_its_own_outcome() {
    let cases = [
        (Fault::RemovalDuringVerify, "secret-outcome-unknown", 1),
        (Fault::RemovalDuringSign, "signature-outcome-unknown", 1),
        (Fault::RemovalDuringSelect, "removed", 0),
        (Fault::RemovalDuringRead, "removed", 0),
    ];
    for (fault, outcome, verifies) in cases {
        let mut office = Office::open();
        office.place(CardProfile::Adult, Some(fault));
        let answer = sign(&office, DEMO_SECRETS.signing_password, &[]);
        assert_eq!(answer["outcome"], outcome, "{fault:?}");
        assert_eq!(office.verifies(), verifies, "{fault:?}");
        office.nothing_personal_was_said();
    }
}

#[test]
fn removal_while_a_pin_is_checked_is_unknown_for_check_in_and_face_too() {
    let check_in = |office: &Office| visit(office, DEMO_SECRETS.authentication_pin, &[]);
    let face = |office: &Office| office.ask(&["read-face"], DEMO_SECRETS.card_face_pin);
    let operations: [&dyn Fn(&Office) -> Value; 2] = [&check_in, &face];
    for operate in operations {
        let mut office = Office::open();
        office.place(CardProfile::Adult, Some(Fault::RemovalDuringVerify));
        assert_eq!(operate(&office)["outcome"], "secret-outcome-unknown");
        assert_eq!(office.verifies(), 1);
        office.nothing_personal_was_said();
    }
}

#[test]
fn answers_of_wrong_length_are_malformed_and_a_wrong_signature_is_not_written() {
    let cases = [
        (Fault::TruncatedFiles, "malformed-answer", 0),
        (Fault::ShortSignatures, "malformed-answer", 1),
        (Fault::WrongSignatures, "signature-mismatch", 1),
    ];
    for (fault, outcome, verifies) in cases {
        let mut office = Office::open();
        office.place(CardProfile::Adult, Some(fault));
        let answer = sign(&office, DEMO_SECRETS.signing_password, &[]);
        assert_eq!(answer["outcome"], outcome, "{fault:?}");
        assert_eq!(office.verifies(), verifies, "{fault:?}");
    }
}

/// Signs a withdrawal without any root to check against.
fn sign_unchecked(office: &Office) -> (Value, bool) {
    let document = documents::withdrawal(office.folder());
    let out = office.new_file("cms");
    let arguments = ["sign", "--statement", &document, "--out", &out];
    let genesis = ["--genesis", documents::GENESIS];
    let answer = office.ask(
        &[&arguments[..], &genesis].concat(),
        DEMO_SECRETS.signing_password,
    );
    (answer, std::path::Path::new(&out).exists())
}

#[test]
fn without_roots_the_signature_alone_is_checked_and_the_answer_says_what_was_not() {
    let mut office = Office::open();
    office.place(CardProfile::Expired, None);
    let (answer, is_written) = sign_unchecked(&office);
    assert_eq!(answer["outcome"], "signed");
    let unchecked = serde_json::json!(["issuer", "validity", "use", "revocation"]);
    assert_eq!(answer["not_checked"], unchecked);
    assert!(is_written);
    let mut office = Office::open();
    office.place(CardProfile::Adult, Some(Fault::WrongSignatures));
    let (answer, is_written) = sign_unchecked(&office);
    assert_eq!(answer["outcome"], "signature-mismatch");
    assert!(!is_written);
}

#[test]
fn noise_on_the_reader_and_no_reader_at_all_are_told_apart() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, Some(Fault::GarbageAtr));
    assert_eq!(office.ask(&["status"], "")["outcome"], "unresponsive");
    let readers = office.ask(&["list"], "");
    assert_ne!(readers["readers"][0]["presence"], "empty");
    let elsewhere = office.ask(&["status", "--reader", "No such reader"], "");
    assert_eq!(elsewhere["outcome"], "no-reader");
    let empty = office.ask(
        &["status", "--reader", &Office::other_reader(), "--wait", "0"],
        "",
    );
    assert_eq!(empty["outcome"], "no-card");
}

#[test]
fn a_statement_whose_time_is_over_costs_nobody_a_pin() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, None);
    let document = documents::stale_withdrawal(office.folder());
    let out = office.new_file("cms");
    let arguments = ["sign", "--statement", &document, "--out", &out];
    let answer = office.ask(
        &[&arguments[..], &["--genesis", documents::GENESIS]].concat(),
        DEMO_SECRETS.signing_password,
    );
    assert_eq!(answer["outcome"], "outside-period");
}

#[test]
fn the_face_is_read_by_pin_and_by_printed_number() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, None);
    let by_pin = office.ask(&["read-face"], DEMO_SECRETS.card_face_pin);
    let by_number = office.ask(
        &["read-face", "--printed-number"],
        DEMO_SECRETS.printed_number_b,
    );
    assert_eq!(by_pin["name"], demo_person().name);
    assert_eq!(by_pin, by_number);
}

/// The document that `card check-in` signs opens a visit at the terminal it names, and at no other.
#[test]
fn a_check_in_counts_at_its_own_terminal_only() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, None);
    let (document, out) = (office.new_file("json"), office.new_file("cms"));
    let answer = office.ask(&check_in(&document, &out), DEMO_SECRETS.authentication_pin);
    assert_eq!(answer["outcome"], "checked-in", "{answer}");
    let evidence = Evidence {
        document: std::fs::read(&document).unwrap(),
        salt: Salt([9; 32]),
        cms: std::fs::read(&out).unwrap(),
        signed_at: documents::now(),
    };
    let fields = CheckIn::parse(&evidence.document).unwrap().fields().clone();
    let mut expected = ExpectedCheckIn {
        session: fields.session,
        subject: Pseudonym([2; 32]),
        person: Pseudonym([2; 32]),
        member: MemberId(5),
        terminal: AccountId([4; 32]),
        staff: AccountId([5; 32]),
        purpose: Purpose::Checkup,
        nonce: [7; 32],
    };
    assert_eq!(judge(&office, &expected, &evidence), Ok(()));
    expected.terminal = AccountId([6; 32]);
    assert_eq!(
        judge(&office, &expected, &evidence),
        Err(Refusal::Field("terminal"))
    );
}

/// A check-in that is judged at once.
fn visit(office: &Office, pin: &str, more: &[&str]) -> Value {
    let (document, out) = (office.new_file("json"), office.new_file("cms"));
    let roots = office.roots();
    let trust = ["--roots", &roots, "--environment", "emulated"];
    let arguments = [&check_in(&document, &out)[..], &trust, more].concat();
    office.ask(&arguments, pin)
}

fn check_in<'a>(document: &'a str, out: &'a str) -> Vec<&'a str> {
    let [two, four, five, seven] = [
        documents::TWOS,
        documents::FOURS,
        documents::FIVES,
        documents::SEVENS,
    ];
    let who = [
        "check-in",
        "--genesis",
        documents::GENESIS,
        "--subject",
        two,
    ];
    let place = ["--member", "5", "--terminal", four, "--staff", five];
    let what = ["--purpose", "checkup", "--nonce", seven];
    let files = ["--document", document, "--out", out];
    [&who[..], &place, &what, &files].concat()
}

fn judge(office: &Office, expected: &ExpectedCheckIn, evidence: &Evidence) -> Result<(), Refusal> {
    let roots = TrustedRoots::new(Environment::Emulated, &office.cards().authority().roots());
    let counter = Counter {
        genesis: documents::GENESIS.parse().unwrap(),
        roots: &roots.unwrap(),
        revocations: &NoRevocationSource,
    };
    let certificate = SignedCms::parse(&evidence.cms).unwrap().certificate;
    let salt = Salt([4; 32]);
    let binding = ActiveBinding {
        commitment: binding_commitment(&salt, &expected.person, &certificate),
        salt,
    };
    counter
        .accept_check_in(expected, &binding, evidence)
        .map(drop)
}

/// An emulated card inside the program needs no reader, says what it is, and never meets production roots.
#[test]
fn the_card_in_the_program_is_marked_and_refused_in_production() {
    let office = Office::open();
    let cards = office.folder().join("cards").display().to_string();
    let emulated = ["--emulated", "adult", "--cards", &cards];
    let status = office.ask(&[&["status"], &emulated[..]].concat(), "");
    assert_eq!(status["test_card"], true);
    let (document, out) = (office.new_file("json"), office.new_file("cms"));
    let roots = office.roots();
    let production = ["--roots", &roots, "--environment", "production"];
    let arguments = [&check_in(&document, &out)[..], &emulated, &production].concat();
    let refused = office.ask(&arguments, DEMO_SECRETS.authentication_pin);
    assert_eq!(refused["outcome"], "test-card-in-production");
}
