//! The emulator as a process: cards come and go by lines on its input, and it says what happened by lines on its output.
//!
//! It begins with `ready`. Then `insert SLOT FAULT PACE_MS PATH`, `remove SLOT`, `tripped SLOT`, `verifies SLOT`, `keep SLOT PATH`; answers are
//! `inserted SLOT`, `removed SLOT`, `tripped SLOT NAMES`, `verifies SLOT COUNT`, `kept SLOT`, or `error TEXT`. The end of the input ends the process, so that no card outlives who
//! asked for it.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::card::{Fault, VirtualCard};
use crate::vpicc;

/// First line of the output: the process runs and listens.
pub const READY: &str = "ready";

/// How long a card waits before it knocks at a reader again that is not there yet.
const KNOCK_PAUSE: Duration = Duration::from_millis(20);
/// How often it knocks: ten seconds in all.
const KNOCKS_MAX: u32 = 500;

/// A card that lies, or lay, in a slot.
struct Slot {
    card: Arc<Mutex<VirtualCard>>,
    stream: TcpStream,
}

/// Where all threads write; one line at a time.
type Output<W> = Arc<Mutex<W>>;

/// Obeys `input` until it ends.
///
/// # Errors
///
/// When input or output break.
pub fn run<W: Write + Send + 'static>(input: impl BufRead, output: W) -> io::Result<()> {
    let output = Arc::new(Mutex::new(output));
    let mut slots = BTreeMap::new();
    say(&output, READY)?;
    for line in input.lines() {
        if let Err(problem) = obey(&line?, &mut slots, &output) {
            say(&output, &format!("error {problem}"))?;
        }
    }
    Ok(())
}

fn obey<W: Write + Send + 'static>(
    line: &str,
    slots: &mut BTreeMap<u16, Slot>,
    output: &Output<W>,
) -> Result<(), String> {
    let mut words = line.splitn(5, ' ');
    let mut word = || {
        words
            .next()
            .ok_or_else(|| format!("incomplete command: {line}"))
    };
    let command = word()?;
    let number: u16 = word()?
        .parse()
        .map_err(|_| "slot: a small number".to_owned())?;
    match command {
        "insert" => {
            let fault = parse_fault(word()?)?;
            let pace = word()?
                .parse()
                .map_err(|_| "pace: milliseconds".to_owned())?;
            let slot = insert(
                number,
                fault,
                Duration::from_millis(pace),
                Path::new(word()?),
                output,
            )?;
            slots.insert(number, slot);
            Ok(())
        }
        "remove" => with_slot(slots, number, |slot| {
            match slot.stream.shutdown(Shutdown::Both) {
                Ok(()) => Ok(()),
                Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                    say(output, &format!("removed {number}")).map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            }
        }),
        "tripped" => with_slot(slots, number, |slot| {
            let names: Vec<_> = lock(&slot.card)
                .tripped()
                .iter()
                .map(|wire| format!("{wire:?}"))
                .collect();
            say(output, &format!("tripped {number} {}", names.join(",")))
                .map_err(|error| error.to_string())
        }),
        "verifies" => with_slot(slots, number, |slot| {
            let count = lock(&slot.card).verifies();
            say(output, &format!("verifies {number} {count}")).map_err(|error| error.to_string())
        }),
        "keep" => {
            let path = line.splitn(3, ' ').nth(2).unwrap_or_default();
            with_slot(slots, number, |slot| {
                let image = lock(&slot.card)
                    .to_bytes()
                    .map_err(|error| error.to_string())?;
                std::fs::write(path, image).map_err(|error| format!("write {path}: {error}"))?;
                say(output, &format!("kept {number}")).map_err(|error| error.to_string())
            })
        }
        other => Err(format!("unknown command {other}")),
    }
}

fn with_slot(
    slots: &BTreeMap<u16, Slot>,
    number: u16,
    action: impl FnOnce(&Slot) -> Result<(), String>,
) -> Result<(), String> {
    action(
        slots
            .get(&number)
            .ok_or_else(|| format!("no card was ever in slot {number}"))?,
    )
}

fn insert<W: Write + Send + 'static>(
    number: u16,
    fault: Option<Fault>,
    pace: Duration,
    path: &Path,
    output: &Output<W>,
) -> Result<Slot, String> {
    let image = std::fs::read(path).map_err(|error| format!("read {}: {error}", path.display()))?;
    let mut card = VirtualCard::parse_bytes(&image).map_err(|error| error.to_string())?;
    if let Some(fault) = fault {
        card = card.with_fault(fault);
    }
    let card = Arc::new(Mutex::new(card));
    let stream = knock(vpicc::FIRST_PORT.saturating_add(number))?;
    let clone = || stream.try_clone().map_err(|error| error.to_string());
    let slot = Slot {
        card: Arc::clone(&card),
        stream: clone()?,
    };
    let leaving = clone()?;
    let output = Arc::clone(output);
    std::thread::spawn(move || {
        let seen = || drop(say(&output, &format!("inserted {number}")));
        if let Err(error) = vpicc::serve(stream, &card, pace, seen) {
            drop(say(&output, &format!("error slot {number}: {error}")));
        }
        // Both handles share one socket: only a shutdown tells the reader that the card is gone.
        drop(leaving.shutdown(Shutdown::Both));
        lock(&card).power_off();
        drop(say(&output, &format!("removed {number}")));
    });
    Ok(slot)
}

/// Connects to a reader that may still be starting.
fn knock(port: u16) -> Result<TcpStream, String> {
    let mut last = String::new();
    for _ in 0..KNOCKS_MAX {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error.to_string(),
        }
        // pcscd tells nobody when its readers are up, so there is no event to wait for.
        std::thread::park_timeout(KNOCK_PAUSE);
    }
    Err(format!("reader on port {port}: {last}"))
}

fn parse_fault(name: &str) -> Result<Option<Fault>, String> {
    if name == "none" {
        return Ok(None);
    }
    Fault::named(name)
        .map(Some)
        .ok_or_else(|| format!("unknown fault {name}"))
}

fn say<W: Write>(output: &Output<W>, line: &str) -> io::Result<()> {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    writeln!(output, "{line}")?;
    output.flush()
}

fn lock(card: &Mutex<VirtualCard>) -> std::sync::MutexGuard<'_, VirtualCard> {
    card.lock().unwrap_or_else(PoisonError::into_inner)
}
