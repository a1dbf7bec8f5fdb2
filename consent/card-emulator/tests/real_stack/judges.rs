//! Readers that share no code with ours: OpenSC's tools and the `myna-card` crate. They must see the same card as we do.

use std::collections::BTreeSet;
use std::process::Command;

use musubi_consent_card::card_face::FaceOpener;
use musubi_consent_card::pcsc::PcscCard;
use musubi_consent_card::{CardFace, JpkiCard, Transport as _, TriesPolicy, UserPin};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{CardProfile, StackError, Tripwire};
use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::ap::text::TextAp;
use myna_card::{Card, Pin, Retries, Transmit};

use crate::bench::{Bench, password};

const CONTENT: &[u8] = b"hello";

/// What our reader gets: signature, signing certificate, authentication certificate.
fn ours(bench: &mut Bench) -> [Vec<u8>; 3] {
    let mut card = JpkiCard::open(bench.open()).unwrap();
    let authentication = card.read_authentication_certificate().unwrap();
    let signed = card
        .sign(&password(), CONTENT, TriesPolicy::StopWhenFew)
        .unwrap();
    [signed.signature, signed.certificate, authentication]
}

/// OpenSC asks for the PIN twice, so the trip-wire of a second VERIFY is not held against it.
pub(crate) fn opensc(bench: &mut Bench) {
    let image = bench.image(CardProfile::Adult);
    bench.stack.insert(0, &image, None, 0).unwrap();
    let [signature, _, authentication] = ours(bench);
    let dump = run_tool(bench, "pkcs15-tool", &["--dump"]);
    for part in [
        "PKCS#15 Card [JPKI]",
        "User Authentication Certificate",
        "Digital Signature Key",
        "Tries left     : 5",
        "Tries left     : 3",
    ] {
        assert!(dump.contains(part), "{part} in {dump}");
    }
    run_tool(
        bench,
        "pkcs15-tool",
        &["--read-certificate", "1", "--output", "authentication.pem"],
    );
    assert_eq!(certificate_in(bench, "authentication.pem"), authentication);
    std::fs::write(bench.folder.join("message"), CONTENT).unwrap();
    let sign = [
        "--slot",
        "1",
        "--login",
        "--pin",
        DEMO_SECRETS.signing_password,
    ];
    let mechanism = ["--sign", "--mechanism", "SHA256-RSA-PKCS"];
    let files = ["--input-file", "message", "--output-file", "signature"];
    run_tool(
        bench,
        "pkcs11-tool",
        &[&sign[..], &mechanism, &files].concat(),
    );
    // RSASSA-PKCS1-v1_5 has no randomness: the same card, content and key give the same bytes.
    let theirs = std::fs::read(bench.folder.join("signature")).unwrap();
    assert_eq!(theirs, signature);
    // The only exemption from the trip-wires: these tools are not ours.
    let Err(StackError::Tripped { wires, .. }) = bench.stack.remove(0) else {
        panic!("OpenSC no longer presents a PIN twice: hold it to the trip-wires as well");
    };
    assert_eq!(wires, BTreeSet::from([Tripwire::SecondVerify]));
    bench.wait_until_empty();
}

fn certificate_in(bench: &Bench, file: &str) -> Vec<u8> {
    let pem = std::fs::read(bench.folder.join(file)).unwrap();
    let (label, der) = der::pem::decode_vec(&pem).unwrap();
    assert_eq!(label, "CERTIFICATE");
    der
}

fn run_tool(bench: &Bench, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(&bench.folder)
        .env("HOME", &bench.folder)
        .output()
        .unwrap_or_else(|error| panic!("{program} (Debian package opensc): {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let problems = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {text}{problems}");
    text
}

/// A card on a reader as a transport of that crate.
struct Wire(PcscCard);

impl Transmit for Wire {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        Ok(self
            .0
            .transmit(command)
            .expect("the card stays on the reader"))
    }
}

pub(crate) fn myna_card(bench: &mut Bench) {
    let image = bench.image(CardProfile::Adult);
    bench.stack.insert(0, &image, None, 0).unwrap();
    let [signature, signing, authentication] = ours(bench);
    let mut card = Card::new(Wire(bench.open()));
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    assert!(jpki.read_token_type().unwrap().is_physical_card());
    assert_eq!(jpki.sign_pin_retries().unwrap(), Retries::Remaining(5));
    assert_eq!(jpki.read_auth_certificate_der().unwrap(), authentication);
    jpki.verify_sign_pin(&Pin::new(DEMO_SECRETS.signing_password).unwrap())
        .unwrap();
    assert_eq!(jpki.read_sign_certificate_der().unwrap(), signing);
    let theirs = jpki.sign_with_sign_key(SignatureScheme::Sha256DigestInfo, CONTENT);
    assert_eq!(theirs.unwrap(), signature);
    drop(card);
    same_face(bench);
    bench.remove();
}

fn same_face(bench: &mut Bench) {
    let pin = UserPin::parse(DEMO_SECRETS.card_face_pin).unwrap();
    let ours = CardFace::open(bench.open())
        .unwrap()
        .read(FaceOpener::Pin(&pin), TriesPolicy::StopWhenFew)
        .unwrap();
    let mut card = Card::new(Wire(bench.open()));
    let mut text = TextAp::select(&mut card).unwrap();
    text.verify_pin(&Pin::numeric(DEMO_SECRETS.card_face_pin).unwrap())
        .unwrap();
    let theirs = text.read_attributes().unwrap();
    assert_eq!((ours.name, ours.address), (theirs.name, theirs.address));
}
