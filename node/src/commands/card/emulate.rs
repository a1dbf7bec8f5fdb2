//! `musubi card emulate` and `make-test-cards`: emulated cards in a real PC/SC service, for demonstrations and for people who try.

use super::{
    answer::{Answer, Refusal},
    place::{now_seconds, parse_profile},
};
use crate::stop::StopSignal;
use clap::Args;
use musubi_consent_card_emulator::{
    CardProfile, Fault, PcscStack, StackError, TestFolder, console as emulator_console,
    folder::demo_person, stack::SOCKET_VARIABLE,
};
use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

/// Slot that this command uses; the second one stays free.
const SLOT: u16 = 0;

/// Which card, and how it behaves.
#[derive(Debug, Args)]
pub struct EmulateArguments {
    /// Folder of `make-test-cards`.
    #[arg(long)]
    cards: PathBuf,
    /// Card to insert first.
    #[arg(long, default_value = "adult", value_parser = parse_profile)]
    profile: CardProfile,
    /// What goes wrong, such as removal-during-sign or garbage-atr.
    #[arg(long, value_parser = parse_fault)]
    fault: Option<Fault>,
    /// Milliseconds that the card takes for each answer; real ones take some.
    #[arg(long, default_value_t = 0)]
    pace_ms: u64,
    /// Folder for the socket of the service; a temporary one unless named.
    #[arg(long)]
    socket_folder: Option<PathBuf>,
}

/// Starts the service, inserts the card, and obeys lines: a profile changes the card, an empty line takes it off, the end stops.
pub fn run(arguments: &EmulateArguments) -> Result<Answer, Refusal> {
    let folder = socket_folder(arguments)?;
    let outcome = emulate(arguments, &folder);
    if arguments.socket_folder.is_none() {
        drop(std::fs::remove_dir_all(&folder));
    }
    outcome.map(|()| Answer::new("stopped", "TEST CARDS put away".to_owned()))
}

/// Makes the folder of test cards.
pub fn make_test_cards(folder: &Path) -> Result<Answer, Refusal> {
    TestFolder::make(folder, &demo_person(), now_seconds())
        .map_err(|error| Refusal::other(&error))?;
    let text = format!(
        "TEST CARDS in {}: see README.txt there; try  musubi card status --emulated adult --cards {0}",
        folder.display()
    );
    Ok(Answer::new("made", text))
}

/// The emulator's own process.
pub fn console() -> Result<Answer, Refusal> {
    emulator_console::run(std::io::stdin().lock(), std::io::stdout())
        .map_err(|error| Refusal::other(&error))?;
    Ok(Answer::new("stopped", String::new()))
}

fn emulate(arguments: &EmulateArguments, folder: &Path) -> Result<(), Refusal> {
    let cards = TestFolder::open(&arguments.cards).map_err(|error| Refusal::other(&error))?;
    let program = std::env::current_exe().map_err(|error| Refusal::other(&error))?;
    let program = program.to_string_lossy();
    let stack = PcscStack::start(folder, &[program.as_ref(), "card", "emulator-console"]);
    let mut table = Table {
        stack: stack.map_err(failed)?,
        cards,
        inserted: None,
        fault: arguments.fault,
        pace_ms: arguments.pace_ms,
    };
    table.insert(arguments.profile)?;
    eprintln!(
        "TEST CARD {} on reader {:?}. In another terminal:\n  export {SOCKET_VARIABLE}={}\n  musubi card status\n\
         A profile and Enter changes the card, Enter alone takes it off, Ctrl-C stops.",
        arguments.profile.name(),
        PcscStack::reader(SLOT),
        table.stack.socket().display()
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Refusal::other(&error))?;
    let outcome = runtime.block_on(table.obey());
    // The thread that waits for the next line must not hold up the end.
    runtime.shutdown_background();
    outcome.and_then(|()| table.remove())
}

/// The virtual reader and what lies on it.
struct Table {
    stack: PcscStack,
    cards: TestFolder,
    inserted: Option<CardProfile>,
    fault: Option<Fault>,
    pace_ms: u64,
}

impl Table {
    async fn obey(&mut self) -> Result<(), Refusal> {
        let mut lines = BufReader::new(stdin()).lines();
        let mut stop = StopSignal::listen().map_err(|error| Refusal::other(&error))?;
        loop {
            let line = tokio::select! {
                line = lines.next_line() => line.map_err(|error| Refusal::other(&error))?,
                () = stop.told() => None,
            };
            let Some(line) = line else { return Ok(()) };
            self.remove()?;
            if !line.trim().is_empty() {
                match parse_profile(line.trim()) {
                    Ok(profile) => self.insert(profile)?,
                    Err(known) => eprintln!("{known}"),
                }
            }
        }
    }

    fn insert(&mut self, profile: CardProfile) -> Result<(), Refusal> {
        let image = self.cards.card_path(profile);
        self.stack
            .insert(SLOT, &image, self.fault, self.pace_ms)
            .map_err(failed)?;
        self.inserted = Some(profile);
        Ok(())
    }

    /// Takes the card off and keeps its counters. One that left by a fault has left already.
    fn remove(&mut self) -> Result<(), Refusal> {
        let Some(profile) = self.inserted.take() else {
            return Ok(());
        };
        let image = self.cards.card_path(profile);
        self.stack.keep(SLOT, &image).map_err(failed)?;
        match self.stack.remove(SLOT) {
            // Whoever tries a program of their own on the card wants to know, and to go on trying.
            Err(tripped @ StackError::Tripped { .. }) => eprintln!("TRIP-WIRE: {tripped}"),
            removed => removed.map_err(failed)?,
        }
        Ok(())
    }
}

fn failed(error: StackError) -> Refusal {
    Refusal::other(&error)
}

fn socket_folder(arguments: &EmulateArguments) -> Result<PathBuf, Refusal> {
    let folder = arguments.socket_folder.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("musubi-card-{}", std::process::id()))
    });
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|error| Refusal::Other(format!("{}: {error}", folder.display())))
}

fn parse_fault(name: &str) -> Result<Fault, String> {
    Fault::named(name).ok_or_else(|| {
        let known = Fault::ALL.map(Fault::name).join(", ");
        format!("one of: {known}")
    })
}
