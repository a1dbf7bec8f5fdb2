//! `musubi card`: work with a My Number Card on a reader, or with an emulated one.
//!
//! A PIN is asked only after everything that can be known without it is known, read from the terminal without echo or from an open
//! file descriptor, used once, and wiped. What a command answers is a sentence for the person or, with `--json`, one object for programs.

mod agent;
mod answer;
mod check_in;
mod codes;
mod document;
mod emulate;
mod face;
mod place;
mod secret;
mod sign;
mod status;
mod terminal;
mod trust;
mod words;

use clap::{Args, Subcommand, ValueEnum};
use musubi_consent_card::{
    CardError, JpkiCard, Transport, TriesPolicy,
    layout::{CURRENT, SUCCESSOR},
};
use musubi_primitives::{HpkeKey, Language};
use std::path::PathBuf;

/// What to do with a card.
#[derive(Debug, Subcommand)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one, for as long as the command runs"
)]
pub enum CardCommand {
    /// List the readers and what lies on each.
    List(ListArguments),
    /// Say what the card is, which certificates it carries and how many tries are left. Costs none.
    Status(CardArguments),
    /// Read name, address, birth date and sex with the card-face PIN or the number printed on the card.
    ReadFace(face::ReadFaceArguments),
    /// Sign a check-in for this terminal, member of staff and purpose with the 4-digit PIN.
    CheckIn(check_in::CheckInArguments),
    /// Show a statement, then sign it with the signing password.
    Sign(sign::SignArguments),
    /// Let pages of this machine use the card reader: the counter console, paired by a code that is shown here.
    Agent(agent::AgentArguments),
    /// Put an emulated card into a virtual reader of a PC/SC service of its own.
    Emulate(emulate::EmulateArguments),
    /// Make a test authority and one emulated card of each kind.
    MakeTestCards {
        /// A new folder.
        folder: PathBuf,
    },
    /// The emulator inside the namespaces that `emulate` makes; it obeys lines on standard input.
    #[command(hide = true)]
    EmulatorConsole,
}

/// How to answer.
#[derive(Clone, Copy, Debug, Args)]
pub struct Voice {
    /// Language of sentences: ja, ja-x-easy (plain Japanese) or en.
    #[arg(long, value_parser = words::parse_language)]
    language: Option<Language>,
    /// One JSON object instead of sentences: on standard output what was done, on standard error why not.
    #[arg(long)]
    json: bool,
}

impl Voice {
    fn language(self) -> Language {
        self.language.unwrap_or(Language::Japanese)
    }
}

/// What to list, and how to answer.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// The place inside this process where a TEST card of this profile lies, instead of the readers.
    #[arg(long, value_name = "PROFILE", value_parser = place::parse_profile)]
    emulated: Option<musubi_consent_card_emulator::CardProfile>,
    #[command(flatten)]
    voice: Voice,
}

/// Which card, and how to answer.
#[derive(Clone, Debug, Args)]
pub struct CardArguments {
    /// Name of the reader, as `list` prints it; without it, the first one with a card.
    #[arg(long, conflicts_with = "emulated")]
    reader: Option<String>,
    /// Seconds to wait for a card.
    #[arg(long, default_value_t = 30)]
    wait: u64,
    /// A TEST card inside this process instead of a reader: a profile such as adult, child, locked, android.
    #[arg(long, value_name = "PROFILE", value_parser = place::parse_profile)]
    emulated: Option<musubi_consent_card_emulator::CardProfile>,
    /// How the card signs: today's RSA, or the announced successor's P-384, whose cards cannot be told by looking yet.
    #[arg(long, value_enum, default_value = "current")]
    generation: Generation,
    /// Folder of `make-test-cards` that holds the emulated card; without it the card is made anew and forgotten.
    #[arg(long, value_name = "FOLDER", requires = "emulated")]
    cards: Option<PathBuf>,
    #[command(flatten)]
    voice: Voice,
}

/// Generations of the card: each is a row of `musubi_consent_card::layout`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Generation {
    /// Cards issued since 2016, and phones.
    Current,
    /// The announced card with P-384 keys.
    Successor,
}

impl CardArguments {
    /// Selects the application of the card's generation.
    fn jpki<T: Transport>(&self, card: T) -> Result<JpkiCard<T>, CardError> {
        let layout = match self.generation {
            Generation::Current => CURRENT,
            Generation::Successor => SUCCESSOR,
        };
        JpkiCard::open_generation(card, layout)
    }
}

/// Where the secret comes from, and how much may be risked.
#[derive(Debug, Args)]
pub struct SecretArguments {
    /// Read the PIN or password from this open file descriptor, up to the first line end, instead of from the terminal.
    #[arg(long, value_name = "NUMBER")]
    secret_fd: Option<u32>,
    /// Go on when only one or two tries are left.
    #[arg(long)]
    insist: bool,
}

impl SecretArguments {
    fn policy(&self) -> TriesPolicy {
        if self.insist {
            TriesPolicy::UseEvenTheLast
        } else {
            TriesPolicy::StopWhenFew
        }
    }
}

/// The body of `POST /v1/check-ins` as `check-in` writes it, for the demonstration's card inside the process.
///
/// # Errors
/// Why the evidence could not be sealed.
pub fn check_in_body(
    document: &musubi_consent::CheckIn,
    cms: Vec<u8>,
    to: &HpkeKey,
) -> Result<Vec<u8>, String> {
    check_in::request(document, cms, to).map_err(|refusal| refusal.code().to_owned())
}

/// Runs `musubi card …`.
///
/// # Errors
/// The sentence for the person, or with `--json` one object that names the outcome.
pub fn run(command: &CardCommand) -> Result<String, String> {
    let voice = command.voice();
    let outcome = match command {
        CardCommand::List(arguments) => status::list(arguments.emulated, voice.language()),
        CardCommand::Status(arguments) => status::status(arguments),
        CardCommand::ReadFace(arguments) => face::run(arguments),
        CardCommand::CheckIn(arguments) => check_in::run(arguments),
        CardCommand::Sign(arguments) => sign::run(arguments),
        CardCommand::Agent(arguments) => agent::run(arguments),
        CardCommand::Emulate(arguments) => emulate::run(arguments),
        CardCommand::MakeTestCards { folder } => emulate::make_test_cards(folder),
        CardCommand::EmulatorConsole => emulate::console(),
    };
    match outcome {
        Ok(answer) => Ok(answer.say(voice)),
        Err(refusal) => Err(refusal.say(voice)),
    }
}

impl CardCommand {
    fn voice(&self) -> Voice {
        match self {
            Self::List(arguments) => arguments.voice,
            Self::Status(arguments) => arguments.voice,
            Self::ReadFace(arguments) => arguments.card.voice,
            Self::CheckIn(arguments) => arguments.card.voice,
            Self::Sign(arguments) => arguments.card.voice,
            Self::Agent(arguments) => arguments.card.voice,
            Self::Emulate(_) | Self::MakeTestCards { .. } | Self::EmulatorConsole => Voice {
                language: Some(Language::English),
                json: false,
            },
        }
    }
}
