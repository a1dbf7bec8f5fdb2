//! A counter: test cards, a PC/SC service of its own, and the binary that is run there. Everything that was said is kept.

use musubi_consent_card_emulator::{
    CardProfile, Fault, PcscStack, TestFolder, folder::demo_person, issue::DEMO_SECRETS,
    stack::SOCKET_VARIABLE,
};
use musubi_tests_support::process::binary;
use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};
use tempfile::TempDir;

const SLOT: u16 = 0;

/// Test cards, made once by the binary: their keys are the slow part.
static CARDS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(binary())
        .args(["card", "make-test-cards"])
        .arg(folder.path().join("cards"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    folder
});

/// The counter.
pub(crate) struct Office {
    folder: TempDir,
    /// None at a counter without a reader.
    stack: Option<PcscStack>,
    files: Cell<u32>,
    said: RefCell<String>,
}

impl Office {
    pub(crate) fn open() -> Self {
        let mut office = Self::without_reader();
        let program = binary().display().to_string();
        let emulator = [program.as_str(), "card", "emulator-console"];
        let stack = PcscStack::start(office.folder(), &emulator);
        office.stack = Some(stack.unwrap_or_else(|error| panic!("{error}")));
        office
    }

    /// Test cards and no PC/SC service at all.
    pub(crate) fn without_reader() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&CARDS.path().join("cards"), &folder.path().join("cards"));
        Self {
            stack: None,
            folder,
            files: Cell::new(0),
            said: RefCell::new(String::new()),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn cards(&self) -> TestFolder {
        TestFolder::open(&self.folder().join("cards")).unwrap()
    }

    pub(crate) fn roots(&self) -> String {
        self.folder().join("cards/roots").display().to_string()
    }

    pub(crate) fn revocation_list(&self) -> String {
        self.cards().revocation_list().display().to_string()
    }

    pub(crate) fn other_reader() -> String {
        PcscStack::reader(SLOT + 1)
    }

    /// Name of a file that is not there yet.
    pub(crate) fn new_file(&self, extension: &str) -> String {
        self.files.set(self.files.get() + 1);
        let name = format!("{}.{extension}", self.files.get());
        self.folder().join(name).display().to_string()
    }

    pub(crate) fn place(&mut self, profile: CardProfile, fault: Option<Fault>) {
        self.insert(profile, fault, 0);
    }

    fn insert(&mut self, profile: CardProfile, fault: Option<Fault>, pace_ms: u64) {
        let image = self.cards().card_path(profile);
        let stack = self.stack.as_mut().expect("a counter with a reader");
        stack.insert(SLOT, &image, fault, pace_ms).unwrap();
    }

    /// How many secrets the card on the reader was presented.
    pub(crate) fn verifies(&mut self) -> u32 {
        self.stack.as_mut().unwrap().verifies(SLOT).unwrap()
    }

    /// As [`Self::place`], a card that takes so many milliseconds for each answer.
    pub(crate) fn place_slowly(&mut self, profile: CardProfile, pace_ms: u64) {
        self.insert(profile, None, pace_ms);
    }

    /// Takes the card off.
    pub(crate) fn take(&mut self) {
        let stack = self.stack.as_mut().expect("a counter with a reader");
        stack.remove(SLOT).unwrap();
    }

    /// `musubi card …`, at this counter, with every log turned on.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .arg("card")
            .env(SOCKET_VARIABLE, self.folder().join("pcscd.comm"))
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full");
        command
    }

    /// Runs a command with the secret on its standard input; returns its JSON answer.
    pub(crate) fn ask(&self, arguments: &[&str], secret: &str) -> Value {
        let needs_secret = ["sign", "check-in", "read-face"].contains(&arguments[0]);
        let descriptor: &[&str] = if needs_secret {
            &["--secret-fd", "0"]
        } else {
            &[]
        };
        let mut child = self
            .command()
            .args(arguments)
            .args(descriptor)
            .arg("--json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that needs no secret may be gone before it is written.
        drop(writeln!(child.stdin.take().unwrap(), "{secret}"));
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        if arguments[0] != "read-face" {
            self.remember(&text);
        }
        self.remember(&complaint);
        let answer = if output.status.success() {
            text
        } else {
            last_line(&complaint)
        };
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}{complaint}"))
    }

    pub(crate) fn remember(&self, text: &str) {
        self.said.borrow_mut().push_str(text);
    }

    /// Nothing that was printed or logged at this counter holds a secret or a fact of the person, in letters or as APDU digits.
    pub(crate) fn nothing_personal_was_said(&self) {
        let log = |name: &str| std::fs::read_to_string(self.folder().join(name)).unwrap();
        let mut said = self.said.borrow().to_lowercase();
        if self.stack.is_some() {
            said.push_str(&[log("pcscd.log"), log("stack.log")].concat().to_lowercase());
        }
        let person = demo_person();
        let personal = [
            DEMO_SECRETS.signing_password,
            DEMO_SECRETS.printed_number_b,
            "WRONG99",
            &person.name,
            &person.address,
            &person.birth_date,
        ];
        for text in personal {
            let forms = [vec![text.to_lowercase()], apdu_digits(text)].concat();
            not_said(&said, text, &forms);
        }
        // Four digits occur in any log by chance; their eight hexadecimal ones do not.
        for pin in [DEMO_SECRETS.authentication_pin, DEMO_SECRETS.card_face_pin] {
            not_said(&said, pin, &apdu_digits(pin));
        }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(stack) = &mut self.stack
            && !std::thread::panicking()
        {
            stack
                .finish()
                .expect("nothing forbidden was done to a card");
        }
    }
}

/// A text as logs of APDUs show it.
fn apdu_digits(text: &str) -> Vec<String> {
    let digits: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![digits.concat(), digits.join(" ")]
}

fn not_said(said: &str, text: &str, forms: &[String]) {
    for form in forms {
        assert!(!said.contains(form), "{text} was said: {said}");
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().to_owned()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
