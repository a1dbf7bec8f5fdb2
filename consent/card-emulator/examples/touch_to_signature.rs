//! How long our own code takes from touch to signature: whole sessions with the card in this process, less what the card takes.
//!
//! Through PC/SC the test `real_stack` prints the same figure with everything included. Figures, no verdicts: machines differ.
#![allow(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a program that measures and prints"
)]

use std::time::{Duration, Instant};

use musubi_consent_card::{JpkiCard, SignPassword, Transport, TransportError, TriesPolicy};
use musubi_consent_card_emulator::folder::{card_validity, demo_person};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{CardProfile, TestAuthority, VirtualCard};

const SESSIONS: usize = 200;
/// 2026-11-22T00:00:00Z.
const NOW: u64 = 1_795_305_600;

/// The card, and the time spent inside it.
struct Timed<'a> {
    card: &'a mut VirtualCard,
    inside: Duration,
    commands: u32,
}

impl Transport for Timed<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let started = Instant::now();
        let answer = self.card.transmit(command);
        self.inside += started.elapsed();
        self.commands += 1;
        answer
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let validity = card_validity(NOW);
    let authority = TestAuthority::generate(validity)?;
    let mut card =
        authority.issue_card(&demo_person(), DEMO_SECRETS, CardProfile::Adult, validity)?;
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        sessions.push(session(&mut card)?);
        card.power_off();
    }
    println!("{SESSIONS} sessions of {} commands", sessions[0].2);
    report(
        "touch to signature, card included",
        sessions.iter().map(|(whole, ..)| *whole).collect(),
    );
    report(
        "touch to signature, our own code",
        sessions.iter().map(|(_, own, _)| *own).collect(),
    );
    Ok(())
}

/// Whole time, our part of it, and how many commands it took.
fn session(
    card: &mut VirtualCard,
) -> Result<(Duration, Duration, u32), Box<dyn std::error::Error>> {
    let mut timed = Timed {
        card,
        inside: Duration::ZERO,
        commands: 0,
    };
    let started = Instant::now();
    let password = SignPassword::parse(DEMO_SECRETS.signing_password)?;
    let signed =
        JpkiCard::open(&mut timed)?.sign(&password, b"content", TriesPolicy::StopWhenFew)?;
    let whole = started.elapsed();
    drop(signed);
    Ok((whole, whole.saturating_sub(timed.inside), timed.commands))
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!(
        "{what}: median {:?}, slowest {:?}",
        times[times.len() / 2],
        times[times.len() - 1]
    );
}
