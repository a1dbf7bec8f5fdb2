//! The transport for a real reader: PC/SC, one card held exclusively and powered down afterwards.

use std::ffi::{CStr, CString};
use std::time::Duration;

use pcsc::{
    Context, Disposition, Error, PNP_NOTIFICATION, Protocols, ReaderState, Scope, ShareMode, State,
};

use crate::transport::{Transport, TransportError};

/// How long a question that needs no event may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What lies on a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nothing.
    Empty,
    /// Something that answers.
    Card,
    /// A card that another program holds alone.
    Busy,
    /// Something that does not answer.
    Mute,
}

/// One reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderFacts {
    /// Its name, as [`Readers::wait_for_card_on`] takes it.
    pub name: String,
    /// What lies on it.
    pub presence: Presence,
}

impl ReaderFacts {
    fn of(state: &ReaderState) -> Self {
        let flags = state.event_state();
        let presence = if flags.contains(State::MUTE) {
            Presence::Mute
        } else if flags.contains(State::EXCLUSIVE) {
            Presence::Busy
        } else if flags.contains(State::PRESENT) {
            Presence::Card
        } else {
            Presence::Empty
        };
        Self {
            name: state.name().to_string_lossy().into_owned(),
            presence,
        }
    }
}

/// The PC/SC service of this machine.
pub struct Readers {
    context: Context,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Readers")
    }
}

impl Readers {
    /// Connects to the PC/SC service.
    ///
    /// # Errors
    ///
    /// [`TransportError::ServiceUnavailable`] when it is not running.
    pub fn connect() -> Result<Self, TransportError> {
        Ok(Self {
            context: Context::establish(Scope::User).map_err(transport_error)?,
        })
    }

    /// Names of all readers, with or without a card.
    ///
    /// # Errors
    ///
    /// What the service answered.
    pub fn names(&self) -> Result<Vec<CString>, TransportError> {
        self.context.list_readers_owned().map_err(transport_error)
    }

    /// All readers and what lies on each, as of now.
    ///
    /// # Errors
    ///
    /// What the service answered.
    pub fn list(&self) -> Result<Vec<ReaderFacts>, TransportError> {
        let mut states = unaware(self.names()?);
        if states.is_empty() {
            return Ok(Vec::new());
        }
        // From "unaware" the answer is immediate; the time only bounds a service that hangs.
        self.context
            .get_status_change(ANSWER_TIMEOUT, &mut states)
            .map_err(transport_error)?;
        Ok(states.iter().map(ReaderFacts::of).collect())
    }

    /// Waits until a card that answers lies on one of the readers. A garbage ATR is [`TransportError::Unresponsive`].
    ///
    /// # Errors
    ///
    /// [`TransportError::NoReader`], [`TransportError::NoCard`] after `timeout`, or what the service answered.
    pub fn wait_for_card(&self, timeout: Duration) -> Result<CString, TransportError> {
        self.wait_on(self.names()?, timeout)
    }

    /// Like [`Readers::wait_for_card`], on the reader with exactly this name.
    ///
    /// # Errors
    ///
    /// [`TransportError::NoReader`] when no reader is called so; otherwise as [`Readers::wait_for_card`].
    pub fn wait_for_card_on(
        &self,
        reader: &str,
        timeout: Duration,
    ) -> Result<CString, TransportError> {
        let mut names = self.names()?;
        names.retain(|name| name.as_bytes() == reader.as_bytes());
        self.wait_on(names, timeout)
    }

    fn wait_on(&self, names: Vec<CString>, timeout: Duration) -> Result<CString, TransportError> {
        let mut states = unaware(names);
        if states.is_empty() {
            return Err(TransportError::NoReader);
        }
        loop {
            self.context
                .get_status_change(timeout, &mut states)
                .map_err(transport_error)?;
            if let Some(found) = card_in(&states) {
                return found;
            }
            states.iter_mut().for_each(ReaderState::sync_current_state);
        }
    }

    /// Waits until something differs from `known`: a card comes or goes, a reader is plugged in or out. Says nothing of what it was.
    ///
    /// # Errors
    ///
    /// What the service answered. That `timeout` passed is no error.
    pub fn wait_for_change(
        &self,
        known: &[ReaderFacts],
        timeout: Duration,
    ) -> Result<(), TransportError> {
        let mut states = unaware(self.names()?);
        if !states.is_empty() {
            self.context
                .get_status_change(ANSWER_TIMEOUT, &mut states)
                .map_err(transport_error)?;
        }
        if !states.iter().map(ReaderFacts::of).eq(known.iter().cloned()) {
            return Ok(());
        }
        states.iter_mut().for_each(ReaderState::sync_current_state);
        states.push(ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE));
        match self.context.get_status_change(timeout, &mut states) {
            Ok(()) | Err(Error::Timeout) => Ok(()),
            Err(error) => Err(transport_error(error)),
        }
    }

    /// Waits until no card lies on `reader`: "please take your card".
    ///
    /// # Errors
    ///
    /// [`TransportError::Busy`] when it still lies there after `timeout`, or what the service answered.
    pub fn wait_for_removal(&self, reader: &CStr, timeout: Duration) -> Result<(), TransportError> {
        let mut states = [ReaderState::new(reader, State::UNAWARE)];
        loop {
            let waited = self.context.get_status_change(timeout, &mut states);
            waited.map_err(|error| {
                if error == Error::Timeout {
                    TransportError::Busy
                } else {
                    transport_error(error)
                }
            })?;
            if states
                .iter()
                .all(|state| state.event_state().contains(State::EMPTY))
            {
                return Ok(());
            }
            states.iter_mut().for_each(ReaderState::sync_current_state);
        }
    }

    /// Takes the card on `reader` for this process alone.
    ///
    /// # Errors
    ///
    /// [`TransportError::Busy`] when another program has it, [`TransportError::NoCard`] when it is gone.
    pub fn open(&self, reader: &CStr) -> Result<PcscCard, TransportError> {
        let card = self
            .context
            .connect(reader, ShareMode::Exclusive, Protocols::ANY)
            .map_err(transport_error)?;
        Ok(PcscCard { card: Some(card) })
    }
}

/// A card held through PC/SC. Dropping it cuts the card's power, which ends every VERIFY state.
pub struct PcscCard {
    card: Option<pcsc::Card>,
}

impl std::fmt::Debug for PcscCard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PcscCard")
    }
}

impl Transport for PcscCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let card = self.card.as_ref().ok_or(TransportError::Removed)?;
        let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
        match card
            .transmit(command, &mut buffer)
            .map_err(transport_error)?
        {
            // A card that leaves in mid-command may look like success with nothing in it.
            [] => Err(TransportError::Removed),
            response => Ok(response.to_vec()),
        }
    }
}

impl Drop for PcscCard {
    fn drop(&mut self) {
        if let Some(card) = self.card.take() {
            // A card that already left needs no power-down; `pcsc` would only reset it, which keeps VERIFY state.
            drop(card.disconnect(Disposition::UnpowerCard));
        }
    }
}

fn unaware(names: Vec<CString>) -> Vec<ReaderState> {
    names
        .into_iter()
        .map(|name| ReaderState::new(name, State::UNAWARE))
        .collect()
}

fn card_in(states: &[ReaderState]) -> Option<Result<CString, TransportError>> {
    let present = states
        .iter()
        .find(|state| state.event_state().contains(State::PRESENT))?;
    let mute = present.event_state().contains(State::MUTE);
    Some(if mute {
        Err(TransportError::Unresponsive)
    } else {
        Ok(present.name().to_owned())
    })
}

/// Facts of `SCARD_*` codes; whatever is not about card or reader presence keeps its number.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the C interface defines sixty codes and may add more"
)]
fn transport_error(error: Error) -> TransportError {
    match error {
        Error::NoService | Error::ServiceStopped | Error::ServerTooBusy => {
            TransportError::ServiceUnavailable
        }
        Error::NoReadersAvailable | Error::UnknownReader | Error::ReaderUnavailable => {
            TransportError::NoReader
        }
        Error::NoSmartcard | Error::Timeout => TransportError::NoCard,
        Error::RemovedCard | Error::ResetCard | Error::UnpoweredCard => TransportError::Removed,
        Error::UnresponsiveCard | Error::UnsupportedCard | Error::ProtoMismatch => {
            TransportError::Unresponsive
        }
        Error::SharingViolation => TransportError::Busy,
        other => TransportError::Failed {
            code: code_of(other),
        },
    }
}

/// The numeric PC/SC code, which logs and support calls need.
#[expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "PC/SC codes are 32-bit patterns"
)]
fn code_of(error: Error) -> u32 {
    error as i64 as u32
}
