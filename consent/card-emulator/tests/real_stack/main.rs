//! Every profile, operation and fault through real PC/SC: `pcscd`, `vpcd` and the emulator process, read by the card crate and by
//! readers that share no code with it.
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

mod bench;
mod faults;
mod judges;
mod operations;
mod sessions;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use musubi_consent_card_emulator::stack::SOCKET_VARIABLE;

use crate::bench::Bench;

const FOLDER_VARIABLE: &str = "MUSUBI_TEST_STACK_FOLDER";

/// A sentence and the function that shows it.
type Promise = (&'static str, fn(&mut Bench));

/// The removals come last, each as the last use of its slot: pcscd looks for cards every 400 ms and would take the next card
/// for the one that left.
const PROMISES: [Promise; 19] = [
    (
        "every operation on every profile ends as it should",
        operations::all,
    ),
    ("readers are listed with what lies on them", sessions::list),
    ("from touch to signature", sessions::touch_to_signature),
    (
        "VERIFY state does not outlive the session, and the card is held alone",
        sessions::nothing_is_left_behind,
    ),
    (
        "dropping the transport cuts the card's power, and with it what was presented",
        sessions::power_down,
    ),
    (
        "nobody outside reaches the ports at which cards are inserted",
        sessions::isolation,
    ),
    ("a tripped wire is told", sessions::trip_wires),
    ("a wrong PIN costs one try and says so", faults::wrong_pin),
    (
        "a wrong authentication PIN costs one of its own tries",
        faults::wrong_authentication_pin,
    ),
    ("6983 is blocked as well", faults::blocked_as_6983),
    (
        "a signature of wrong length is none",
        faults::short_signatures,
    ),
    (
        "chained answers and corrected lengths are followed",
        faults::odd_answers,
    ),
    ("a slow card is waited for", faults::slow_card),
    (
        "reads of wrong length end before any PIN is presented",
        faults::wrong_lengths,
    ),
    (
        "a garbage ATR is a card that does not answer",
        faults::garbage_atr,
    ),
    (
        "OpenSC reads the card as we do and its signature is ours",
        judges::opensc,
    ),
    ("myna-card reads the card as we do", judges::myna_card),
    (
        "removal during VERIFY is an unknown outcome",
        faults::removal_during_verify,
    ),
    (
        "removal during SIGN yields no signature",
        faults::removal_during_sign,
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
    let output = Command::new(std::env::current_exe().unwrap())
        .env(FOLDER_VARIABLE, folder.path())
        .env(SOCKET_VARIABLE, folder.path().join("pcscd.comm"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    print!("{said}{complained}");
    assert!(output.status.success(), "a promise was broken, see above");
    let logs = ["pcscd.log", "stack.log"]
        .map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap());
    nothing_personal_in(&[&*said, &*complained, &logs[0], &logs[1]]);
}

/// What the whole run printed and logged, at every level that anybody turned on, holds no secret and no fact of the person.
fn nothing_personal_in(texts: &[&str]) {
    for text in texts {
        for secret in bench::never_said() {
            assert!(!text.contains(&secret), "{secret} was printed or logged");
        }
    }
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
