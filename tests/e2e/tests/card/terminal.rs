//! A person at a terminal: reads the statement, is asked, types, and sees nothing of what was typed.

use crate::{documents, office::Office};
use musubi_consent_card_emulator::CardProfile;
use std::{
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
};

/// The command under `script`, which gives it a terminal of its own and passes keys and screen on.
struct Terminal {
    child: Child,
    screen: String,
}

impl Terminal {
    fn start(office: &Office, arguments: &[&str]) -> Self {
        let command = office.command();
        let program = command.get_program().display().to_string();
        let line: Vec<_> = [&[program.as_str(), "card"], arguments]
            .concat()
            .into_iter()
            .map(|word| format!("'{word}'"))
            .collect();
        let mut script = Command::new("script");
        for (name, value) in command.get_envs() {
            script.env(name, value.unwrap());
        }
        let child = script
            .args([
                "--quiet",
                "--return",
                "--command",
                &line.join(" "),
                "/dev/null",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script (Debian package bsdutils)");
        Self {
            child,
            screen: String::new(),
        }
    }

    /// Reads the screen until it ends with `prompt`.
    fn wait_for(&mut self, prompt: &str) {
        let mut bytes = Vec::new();
        let mut byte = [0];
        let output = self.child.stdout.as_mut().unwrap();
        while !bytes.ends_with(prompt.as_bytes()) {
            let count = output.read(&mut byte).unwrap();
            let seen = String::from_utf8_lossy(&bytes);
            assert!(0 < count, "no {prompt:?} on the screen: {seen}");
            bytes.push(byte[0]);
        }
        self.screen.push_str(&String::from_utf8(bytes).unwrap());
    }

    fn press(&mut self, keys: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// The whole screen, and whether the command succeeded.
    fn finish(mut self) -> (String, bool) {
        let mut rest = String::new();
        let output = self.child.stdout.as_mut().unwrap();
        output.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        (self.screen + &rest, status.success())
    }
}

const PROMPT: &str = "signing password (6 to 16 letters and digits): ";

fn sign_at_terminal(office: &Office) -> Terminal {
    let statement = documents::consent(office.folder());
    let out = office.new_file("cms");
    let what = ["sign", "--statement", &statement, "--out", &out];
    let how = ["--genesis", documents::GENESIS, "--language", "en"];
    let mut terminal = Terminal::start(office, &[&what[..], &how].concat());
    terminal.wait_for(PROMPT);
    terminal
}

#[test]
fn the_statement_is_read_before_the_password_is_asked_and_the_password_is_never_seen() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, None);
    let mut terminal = sign_at_terminal(&office);
    assert!(
        terminal
            .screen
            .contains("Consent to the use of maternal and child health records")
    );
    assert!(terminal.screen.contains("first child"));
    // A slip of the finger, taken back.
    terminal.press("musubi20267\u{7F}\r");
    let (screen, succeeded) = terminal.finish();
    assert!(succeeded, "{screen}");
    assert!(
        screen.contains("Signed. Please take your card."),
        "{screen}"
    );
    assert!(screen.contains("Not checked: who issued it"), "{screen}");
    let after_prompt = screen.split(PROMPT).nth(1).unwrap();
    assert!(
        !after_prompt.to_lowercase().contains("musubi2026"),
        "{screen}"
    );
    office.remember(&screen);
    office.nothing_personal_was_said();
}

#[test]
fn stopping_at_the_prompt_costs_no_try() {
    let mut office = Office::open();
    office.place(CardProfile::Adult, None);
    let mut terminal = sign_at_terminal(&office);
    terminal.press("\u{3}");
    let (screen, succeeded) = terminal.finish();
    assert!(
        !succeeded && screen.contains("Stopped. No try was used."),
        "{screen}"
    );
    let status = office.ask(&["status"], "");
    assert_eq!(status["signing"]["tries_left"], 5);
}

#[test]
fn a_child_is_not_asked_for_a_password() {
    let mut office = Office::open();
    office.place(CardProfile::Child, None);
    let statement = documents::consent(office.folder());
    let out = office.new_file("cms");
    let what = ["sign", "--statement", &statement, "--out", &out];
    let how = ["--genesis", documents::GENESIS, "--language", "en"];
    let (screen, succeeded) = Terminal::start(&office, &[&what[..], &how].concat()).finish();
    assert!(!succeeded && !screen.contains(PROMPT), "{screen}");
    assert!(screen.contains("Nothing is locked."), "{screen}");
}
