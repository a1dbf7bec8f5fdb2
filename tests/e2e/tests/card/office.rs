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
    stack: PcscStack,
    files: Cell<u32>,
    said: RefCell<String>,
}

impl Office {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&CARDS.path().join("cards"), &folder.path().join("cards"));
        let program = binary().display().to_string();
        let emulator = [program.as_str(), "card", "emulator-console"];
        let stack = PcscStack::start(folder.path(), &emulator);
        Self {
            stack: stack.unwrap_or_else(|error| panic!("{error}")),
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
        let image = self.cards().card_path(profile);
        self.stack.insert(SLOT, &image, fault, 0).unwrap();
    }

    /// As [`Self::place`], a card that takes so many milliseconds for each answer.
    pub(crate) fn place_slowly(&mut self, profile: CardProfile, pace_ms: u64) {
        let image = self.cards().card_path(profile);
        self.stack.insert(SLOT, &image, None, pace_ms).unwrap();
    }

    /// Takes the card off.
    pub(crate) fn take(&mut self) {
        self.stack.remove(SLOT).unwrap();
    }

    /// `musubi card …`, at this counter, with every log turned on.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .arg("card")
            .env(SOCKET_VARIABLE, self.stack.socket())
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
        let said = [
            self.said.borrow().clone(),
            log("pcscd.log"),
            log("stack.log"),
        ]
        .concat();
        let said = said.to_lowercase();
        let person = demo_person();
        let personal = [
            DEMO_SECRETS.signing_password,
            "WRONG99",
            &person.name,
            &person.address,
            &person.birth_date,
        ];
        for text in personal {
            let digits: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            for form in [text.to_lowercase(), digits.concat(), digits.join(" ")] {
                assert!(!said.contains(&form), "{text} was said: {said}");
            }
        }
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
