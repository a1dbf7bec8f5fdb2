//! Every profile and fault through real PC/SC: `pcscd`, `vpcd` and the emulator process, read by the card crate.
//!
//! libpcsclite takes its socket from the environment, so this test runs itself again with the variable set. A missing
//! `pcscd` is a failure: the counter's real path is what is tested here.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test with its own main: it starts processes, keeps files, prints and fails by panicking"
)]

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use musubi_consent_card::card_face::{FaceOpener, Sex};
use musubi_consent_card::error::SecretKind;
use musubi_consent_card::pcsc::{PcscCard, Readers};
use musubi_consent_card::{
    CardError, CardFace, Credential, JpkiCard, SignPassword, TokenKind, TransportError, Tries,
    TriesPolicy, UserPin,
};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::stack::SOCKET_VARIABLE;
use musubi_consent_card_emulator::{
    CardProfile, Fault, PcscStack, PersonFacts, TestAuthority, Validity,
};

const NOW: u64 = 1_795_305_600;
const VALIDITY: Validity = Validity {
    not_before: NOW,
    not_after: NOW + 5 * 365 * 24 * 3600,
};
const PATIENCE: Duration = Duration::from_secs(20);
const FOLDER_VARIABLE: &str = "MUSUBI_TEST_STACK_FOLDER";

/// A sentence and the function that shows it. The two removals come last, each as the last use of its slot: pcscd looks
/// for cards every 400 ms and would take the next card for the one that left.
type Promise = (&'static str, fn(&mut Bench));

const PROMISES: [Promise; 13] = [
    (
        "an adult signs and the retry counters stay full",
        adult_signs,
    ),
    ("the basic four are read by PIN", face_is_read),
    (
        "an Android phone asks for its PIN and then checks in",
        android_checks_in,
    ),
    (
        "a child's card is not called locked",
        child_has_no_certificate,
    ),
    (
        "a card without PIN is told apart from a locked one",
        without_pin_has_no_certificate,
    ),
    ("a locked card says locked", locked_says_locked),
    ("one try left stops before VERIFY", one_try_stops),
    (
        "chained answers and corrected lengths are followed",
        odd_answers,
    ),
    (
        "VERIFY state does not outlive the session, and the card is held alone",
        nothing_is_left_behind,
    ),
    ("a garbage ATR is a card that does not answer", garbage_atr),
    (
        "OpenSC reads the card and its signature verifies",
        opensc_agrees,
    ),
    (
        "removal during VERIFY is an unknown outcome",
        removal_during_verify,
    ),
    (
        "removal during SIGN yields no signature",
        removal_during_sign,
    ),
];

fn main() {
    // What test runners ask of a binary with its own main: its list of tests, of which none is ignored.
    let arguments: Vec<_> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--list") {
        if !arguments.iter().any(|argument| argument == "--ignored") {
            println!("every_profile_and_fault_through_real_pcsc: test");
        }
        return;
    }
    match std::env::var_os(FOLDER_VARIABLE) {
        Some(folder) => keep_promises(&PathBuf::from(folder)),
        None => run_again_with_socket(),
    }
}

fn run_again_with_socket() {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .env(FOLDER_VARIABLE, folder.path())
        .env(SOCKET_VARIABLE, folder.path().join("pcscd.comm"))
        .status()
        .unwrap();
    assert!(status.success(), "a promise was broken, see above");
}

fn keep_promises(folder: &Path) {
    let mut bench = Bench::start(folder);
    for (sentence, promise) in PROMISES {
        let started = Instant::now();
        promise(&mut bench);
        println!(
            "real_stack: {sentence} ... ok ({} ms)",
            started.elapsed().as_millis()
        );
    }
}

/// The running stack, its readers, and the authority that issues the cards put into it.
struct Bench {
    stack: PcscStack,
    readers: Option<Readers>,
    authority: TestAuthority,
    folder: PathBuf,
    slot: u16,
}

impl Bench {
    fn start(folder: &Path) -> Self {
        let stack = PcscStack::start(
            folder,
            &[env!("CARGO_BIN_EXE_musubi-consent-card-emulator")],
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let authority = TestAuthority::generate(VALIDITY).unwrap();
        Self {
            stack,
            readers: None,
            authority,
            folder: folder.to_owned(),
            slot: 0,
        }
    }

    /// Puts a new card of this profile into the reader, lets `act` use it, and takes it out.
    fn with_card<R>(
        &mut self,
        profile: CardProfile,
        fault: Option<Fault>,
        act: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let image = self.folder.join(format!("{profile:?}.card"));
        if !image.exists() {
            let card = self
                .authority
                .issue_card(&person(), DEMO_SECRETS, profile, VALIDITY)
                .unwrap();
            std::fs::write(&image, card.to_bytes().unwrap()).unwrap();
        }
        self.stack.insert(self.slot, &image, fault, 0).unwrap();
        let outcome = act(self);
        let tripped = self.stack.tripped(self.slot).unwrap();
        assert!(tripped.is_empty(), "trip-wires: {tripped:?}");
        outcome
    }

    fn remove(&mut self, reader: &CString) {
        self.stack.remove(self.slot).unwrap();
        self.wait_until_empty(reader);
    }

    fn wait_until_empty(&mut self, reader: &CString) {
        self.readers().wait_for_removal(reader, PATIENCE).unwrap();
    }

    /// Connects once `pcscd` runs, which a first card in the reader proves.
    fn readers(&mut self) -> &Readers {
        self.readers
            .get_or_insert_with(|| Readers::connect().unwrap())
    }

    fn open(&mut self) -> (CString, PcscCard) {
        let readers = self.readers();
        let reader = readers.wait_for_card(PATIENCE).unwrap();
        let card = readers.open(&reader).unwrap();
        (reader, card)
    }
}

fn person() -> PersonFacts {
    PersonFacts {
        name: "試験　花子".to_owned(),
        address: "北海道虻田郡留寿都村字留寿都１７５番地".to_owned(),
        birth_date: "19920401".to_owned(),
        sex: Sex::Female,
        municipality_code: "01396".to_owned(),
    }
}

fn password() -> SignPassword {
    SignPassword::parse("MUSUBI2026").unwrap()
}

fn sign(card: PcscCard) -> Result<usize, CardError> {
    let signed = JpkiCard::open(card)?.sign(&password(), b"content", TriesPolicy::StopWhenFew)?;
    Ok(signed.signature.len())
}

/// Signs with a card of this profile and returns the outcome.
fn signing_outcome(bench: &mut Bench, profile: CardProfile) -> Result<usize, CardError> {
    bench.with_card(profile, None, |bench| {
        let (reader, card) = bench.open();
        let outcome = sign(card);
        bench.remove(&reader);
        outcome
    })
}

fn adult_signs(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, None, |bench| {
        let (reader, card) = bench.open();
        assert_eq!(sign(card), Ok(256));
        // The first session also pays for what pcscd and the emulator set up once.
        let (_, card) = bench.open();
        let started = Instant::now();
        assert_eq!(sign(card), Ok(256));
        println!(
            "real_stack: from touch to signature {:?}",
            started.elapsed()
        );
        let (_, card) = bench.open();
        let status = JpkiCard::open(card).unwrap().status().unwrap();
        assert_eq!(status.token, Some(TokenKind::Plastic));
        assert_eq!(
            (status.signing, status.authentication),
            (Tries::Left(5), Tries::Left(3))
        );
        bench.remove(&reader);
    });
}

fn face_is_read(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, None, |bench| {
        let (reader, card) = bench.open();
        let pin = UserPin::parse("5678").unwrap();
        let face = CardFace::open(card)
            .unwrap()
            .read(FaceOpener::Pin(&pin), TriesPolicy::StopWhenFew)
            .unwrap();
        assert_eq!(face.name, person().name);
        bench.remove(&reader);
    });
}

fn android_checks_in(bench: &mut Bench) {
    bench.with_card(CardProfile::Android, None, |bench| {
        let (reader, card) = bench.open();
        let mut phone = JpkiCard::open(card).unwrap();
        let refused = Err(CardError::SecretRequired(SecretKind::AuthenticationPin));
        assert_eq!(phone.read_authentication_certificate(), refused);
        let pin = UserPin::parse("1234").unwrap();
        assert!(
            phone
                .authenticate(&pin, b"challenge", TriesPolicy::StopWhenFew)
                .is_ok()
        );
        drop(phone);
        bench.remove(&reader);
    });
}

fn child_has_no_certificate(bench: &mut Bench) {
    let absent = Err(CardError::CertificateAbsent(Credential::Signing));
    assert_eq!(signing_outcome(bench, CardProfile::Child), absent);
}

fn without_pin_has_no_certificate(bench: &mut Bench) {
    let absent = Err(CardError::CertificateAbsent(Credential::Signing));
    assert_eq!(signing_outcome(bench, CardProfile::WithoutPin), absent);
}

fn locked_says_locked(bench: &mut Bench) {
    let blocked = Err(CardError::SecretBlocked(SecretKind::SigningPassword));
    assert_eq!(signing_outcome(bench, CardProfile::Locked), blocked);
}

fn one_try_stops(bench: &mut Bench) {
    let stopped = CardError::FewTriesLeft {
        secret: SecretKind::SigningPassword,
        tries_left: 1,
    };
    assert_eq!(
        signing_outcome(bench, CardProfile::OneTryLeft),
        Err(stopped)
    );
}

fn removal_during_verify(bench: &mut Bench) {
    bench.with_card(
        CardProfile::Adult,
        Some(Fault::RemovalDuringVerify),
        |bench| {
            let (reader, card) = bench.open();
            assert_eq!(
                sign(card),
                Err(CardError::SecretOutcomeUnknown(SecretKind::SigningPassword))
            );
            bench.stack.wait_for_removal(bench.slot).unwrap();
            bench.wait_until_empty(&reader);
        },
    );
}

fn removal_during_sign(bench: &mut Bench) {
    bench.slot = 1;
    bench.with_card(
        CardProfile::Adult,
        Some(Fault::RemovalDuringSign),
        |bench| {
            let (reader, card) = bench.open();
            assert_eq!(sign(card), Err(CardError::SignatureOutcomeUnknown));
            bench.stack.wait_for_removal(bench.slot).unwrap();
            bench.wait_until_empty(&reader);
        },
    );
}

fn odd_answers(bench: &mut Bench) {
    for fault in [Fault::ChainedAnswers, Fault::CorrectedLengths] {
        bench.with_card(CardProfile::Adult, Some(fault), |bench| {
            let (reader, card) = bench.open();
            assert_eq!(sign(card), Ok(256), "{fault:?}");
            bench.remove(&reader);
        });
    }
}

fn nothing_is_left_behind(bench: &mut Bench) {
    bench.with_card(CardProfile::Android, None, |bench| {
        let (reader, card) = bench.open();
        let mut phone = JpkiCard::open(card).unwrap();
        assert_eq!(
            bench.readers().open(&reader).err(),
            Some(TransportError::Busy),
            "the card is held alone"
        );
        let pin = UserPin::parse("1234").unwrap();
        phone
            .authenticate(&pin, b"challenge", TriesPolicy::StopWhenFew)
            .unwrap();
        drop(phone);
        let (_, card) = bench.open();
        let mut phone = JpkiCard::open(card).unwrap();
        let refused = Err(CardError::SecretRequired(SecretKind::AuthenticationPin));
        assert_eq!(
            phone.read_authentication_certificate(),
            refused,
            "the PIN is no longer presented"
        );
        drop(phone);
        bench.remove(&reader);
    });
}

fn garbage_atr(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, Some(Fault::GarbageAtr), |bench| {
        let reader = bench.readers().wait_for_card(PATIENCE).unwrap();
        let outcome = bench.readers().open(&reader).map(drop);
        assert_eq!(outcome, Err(TransportError::Unresponsive));
        bench.remove(&reader);
    });
}

/// OpenSC shares no code with us. It asks for the PIN twice, so the trip-wire of a second VERIFY is not held against it.
fn opensc_agrees(bench: &mut Bench) {
    let image = bench.folder.join("Adult.card");
    bench.stack.insert(0, &image, None, 0).unwrap();
    let (reader, card) = bench.open();
    let ours = JpkiCard::open(card)
        .unwrap()
        .sign(&password(), b"hello", TriesPolicy::StopWhenFew)
        .unwrap();
    let dump = run_tool(bench, "pkcs15-tool", &["--dump"]);
    for part in [
        "PKCS#15 Card [JPKI]",
        "Digital Signature Key",
        "Tries left     : 5",
    ] {
        assert!(dump.contains(part), "{part} in {dump}");
    }
    std::fs::write(bench.folder.join("message"), b"hello").unwrap();
    let sign = [
        "--slot",
        "1",
        "--login",
        "--pin",
        "MUSUBI2026",
        "--sign",
        "--mechanism",
        "SHA256-RSA-PKCS",
    ];
    let files = ["--input-file", "message", "--output-file", "signature"];
    run_tool(bench, "pkcs11-tool", &[&sign[..], &files].concat());
    // RSASSA-PKCS1-v1_5 has no randomness: the same card, content and key give the same bytes.
    assert_eq!(
        std::fs::read(bench.folder.join("signature")).unwrap(),
        ours.signature
    );
    bench.remove(&reader);
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
