//! Where the card lies: on a reader, or, for tests and demonstrations only, inside this process.

use super::{CardArguments, answer::Refusal};
use musubi_consent_card::{Transport, pcsc::Readers};
use musubi_consent_card_emulator::{
    CardProfile, TestAuthority, TestFolder, VirtualCard,
    folder::{card_validity, demo_person},
    issue::DEMO_SECRETS,
};
use std::{
    ffi::CString,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A place for one card, used for one or more sessions.
#[derive(Debug)]
pub enum Place {
    /// A PC/SC reader.
    Reader(OnReader),
    /// An emulated card.
    Emulated(Box<InProcess>),
}

/// A card on a reader. Held exclusively during a session and powered down after each.
#[derive(Debug)]
pub struct OnReader {
    readers: Readers,
    name: CString,
}

/// A card of the emulator, and the folder that remembers its counters.
#[derive(Debug)]
pub struct InProcess {
    card: VirtualCard,
    kept: Option<(TestFolder, CardProfile)>,
}

impl Place {
    /// Finds the card that the arguments name; waits for one to be placed.
    pub fn find(arguments: &CardArguments) -> Result<Self, Refusal> {
        match arguments.emulated {
            Some(profile) => emulated(arguments, profile),
            None => on_reader(arguments),
        }
    }

    /// True for a card of the emulator inside this process.
    pub fn is_emulated(&self) -> bool {
        matches!(self, Self::Emulated(_))
    }

    /// One session: `act` has the card for itself; afterwards the card has no power and remembers no PIN.
    pub fn session<T>(
        &mut self,
        act: impl FnOnce(&mut dyn Transport) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        match self {
            Self::Reader(place) => act(&mut place.readers.open(&place.name)?),
            Self::Emulated(place) => place.session(act),
        }
    }
}

impl InProcess {
    fn session<T>(
        &mut self,
        act: impl FnOnce(&mut dyn Transport) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let outcome = act(&mut self.card);
        self.card.power_off();
        if let Some((folder, profile)) = &self.kept {
            folder
                .keep(*profile, &self.card)
                .map_err(|error| Refusal::other(&error))?;
        }
        require_untripped(&self.card)?;
        outcome
    }
}

/// Whatever came of a session in which something forbidden was done to the card, it does not count.
fn require_untripped(card: &VirtualCard) -> Result<(), Refusal> {
    let wires = card.tripped();
    if wires.is_empty() {
        return Ok(());
    }
    Err(Refusal::Other(format!(
        "a defect of this program: the card saw what is forbidden: {wires:?}"
    )))
}

fn on_reader(arguments: &CardArguments) -> Result<Place, Refusal> {
    let readers = Readers::connect()?;
    let patience = Duration::from_secs(arguments.wait);
    let name = match &arguments.reader {
        Some(name) => readers.wait_for_card_on(name, patience)?,
        None => readers.wait_for_card(patience)?,
    };
    Ok(Place::Reader(OnReader { readers, name }))
}

fn emulated(arguments: &CardArguments, profile: CardProfile) -> Result<Place, Refusal> {
    let failed = |error| Refusal::other(&error);
    let place = match &arguments.cards {
        Some(folder) => {
            let folder = TestFolder::open(folder).map_err(failed)?;
            InProcess {
                card: folder.card(profile).map_err(failed)?,
                kept: Some((folder, profile)),
            }
        }
        None => InProcess {
            card: throwaway(profile).map_err(failed)?,
            kept: None,
        },
    };
    Ok(Place::Emulated(Box::new(place)))
}

/// A card of an authority that exists for this one command.
fn throwaway(
    profile: CardProfile,
) -> Result<VirtualCard, musubi_consent_card_emulator::EmulatorError> {
    let validity = card_validity(now_seconds());
    let authority = TestAuthority::generate(validity)?.after(TestAuthority::generate(validity)?);
    authority.issue_card(&demo_person(), DEMO_SECRETS, profile, validity)
}

/// Seconds since 1970.
pub fn now_seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// Reads the name of a profile.
pub fn parse_profile(name: &str) -> Result<CardProfile, String> {
    CardProfile::named(name).ok_or_else(|| {
        let known = CardProfile::ALL.map(CardProfile::name).join(", ");
        format!("one of: {known}")
    })
}
