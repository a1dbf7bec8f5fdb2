//! Short command and response APDUs (ISO 7816-4), and the one loop that may send a command again.
//!
//! Commands live in zeroised buffers, because one of them carries a PIN.

use zeroize::Zeroizing;

use crate::error::{Attempt, CardError};
use crate::transport::{RESPONSE_BYTES_MAX, Transport, TransportError};

/// Upper bound of what one command may return through GET RESPONSE, in bytes.
const CHAINED_BYTES_MAX: usize = 4096;

/// Data field of a short APDU, in bytes.
const DATA_BYTES_MAX: usize = 255;

/// One command, ready to send.
pub struct Command {
    bytes: Zeroizing<Vec<u8>>,
    attempt: Attempt,
    repeatable: bool,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Command")
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl Command {
    /// SELECT by application identifier (at most 16 bytes), asking for no answer data.
    #[must_use]
    pub fn select_application(aid: &[u8]) -> Self {
        Self::new(Attempt::SelectApplication, [0x00, 0xA4, 0x04, 0x0C]).with_data(aid)
    }

    /// SELECT of an elementary file below the current application.
    #[must_use]
    pub(crate) fn select_file(identifier: u16) -> Self {
        Self::new(Attempt::SelectFile, [0x00, 0xA4, 0x02, 0x0C])
            .with_data(&identifier.to_be_bytes())
    }

    /// READ BINARY of up to `length` bytes at `offset` (15 bits); 256 is written as zero.
    #[must_use]
    pub(crate) fn read_binary(offset: u16, length: u16) -> Self {
        let [high, low] = offset.to_be_bytes();
        Self::new(Attempt::Read, [0x00, 0xB0, high & 0x7F, low]).with_expected(length)
    }

    /// VERIFY without data: asks how many tries are left and costs none.
    #[must_use]
    pub(crate) fn tries_left() -> Self {
        Self::new(Attempt::QueryTries, [0x00, 0x20, 0x00, 0x80])
    }

    /// VERIFY with a secret. Never repeated, whatever the card answers: each one may cost a try.
    #[must_use]
    pub(crate) fn verify(secret: &[u8]) -> Self {
        let mut command = Self::new(Attempt::Verify, [0x00, 0x20, 0x00, 0x80]).with_data(secret);
        command.repeatable = false;
        command
    }

    /// COMPUTE DIGITAL SIGNATURE over exactly these bytes (P1 = 00), with the selected key.
    #[must_use]
    pub(crate) fn compute_signature(input: &[u8]) -> Self {
        Self::new(Attempt::Sign, [0x80, 0x2A, 0x00, 0x80])
            .with_data(input)
            .with_expected(256)
    }

    fn get_response(length: u8) -> Self {
        let mut command = Self::new(Attempt::Read, [0x00, 0xC0, 0x00, 0x00]);
        command.bytes.push(length);
        command
    }

    fn new(attempt: Attempt, header: [u8; 4]) -> Self {
        // Sized once, so that no reallocation leaves a copy of a PIN behind.
        let mut bytes = Vec::with_capacity(header.len() + DATA_BYTES_MAX + 2);
        bytes.extend_from_slice(&header);
        Self {
            bytes: Zeroizing::new(bytes),
            attempt,
            repeatable: true,
        }
    }

    fn with_data(mut self, data: &[u8]) -> Self {
        let data = data.get(..DATA_BYTES_MAX).unwrap_or(data);
        let length = u8::try_from(data.len()).expect("the line above cuts data to 255 bytes");
        self.bytes.push(length);
        self.bytes.extend_from_slice(data);
        self
    }

    fn with_expected(mut self, length: u16) -> Self {
        // In a short APDU an Le of zero means 256.
        self.bytes.push(u8::try_from(length).unwrap_or(0));
        self
    }

    /// The same command asking for the length that the card named in 6Cxx.
    fn with_corrected_length(&self, length: u8) -> Option<Self> {
        let mut bytes = self.bytes.clone();
        *bytes.last_mut()? = length;
        Some(Self {
            bytes,
            attempt: self.attempt,
            repeatable: false,
        })
    }
}

/// Two bytes with which a card ends every response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// The needed PIN was not presented.
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    /// No such application or file.
    pub const NOT_FOUND: Self = Self(0x6A82);

    /// Tries left as told by 63Cx.
    #[must_use]
    pub fn tries_left(self) -> Option<u8> {
        let low = self.0.to_be_bytes()[1];
        (self.0 & 0xFFF0 == 0x63C0).then_some(low & 0x0F)
    }

    /// Blocked, in each of the three ways cards say it (63C0 after the last try, then 6983 or 6984).
    #[must_use]
    pub fn is_blocked(self) -> bool {
        matches!(self.0, 0x63C0 | 0x6983 | 0x6984)
    }
}

/// Answer of the card: data and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) data: Vec<u8>,
    pub(crate) status: StatusWord,
}

impl Response {
    fn parse(mut bytes: Vec<u8>) -> Option<Self> {
        if RESPONSE_BYTES_MAX < bytes.len() {
            return None;
        }
        let low = bytes.pop()?;
        let high = bytes.pop()?;
        Some(Self {
            data: bytes,
            status: StatusWord(u16::from_be_bytes([high, low])),
        })
    }
}

/// Why an exchange ended without a response that can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExchangeError {
    Transport(TransportError),
    Malformed,
}

impl ExchangeError {
    /// The outcome where the command changed nothing on the card.
    pub(crate) fn during(self, attempt: Attempt) -> CardError {
        match self {
            Self::Transport(error) => CardError::Transport(error),
            Self::Malformed => CardError::Malformed(attempt),
        }
    }
}

/// Sends `command`, collects 61xx continuations and corrects a 6Cxx length once.
pub(crate) fn exchange<T: Transport>(
    transport: &mut T,
    command: &Command,
) -> Result<Response, ExchangeError> {
    let response = exchange_once(transport, command)?;
    let [high, low] = response.status.0.to_be_bytes();
    if high == 0x6C && command.repeatable {
        let corrected = command
            .with_corrected_length(low)
            .ok_or(ExchangeError::Malformed)?;
        let response = exchange_once(transport, &corrected)?;
        return collect(transport, response);
    }
    collect(transport, response)
}

fn exchange_once<T: Transport>(
    transport: &mut T,
    command: &Command,
) -> Result<Response, ExchangeError> {
    let bytes = transport
        .transmit(&command.bytes)
        .map_err(ExchangeError::Transport)?;
    Response::parse(bytes).ok_or(ExchangeError::Malformed)
}

fn collect<T: Transport>(transport: &mut T, first: Response) -> Result<Response, ExchangeError> {
    let mut data = first.data;
    let mut status = first.status;
    while let [0x61, available] = status.0.to_be_bytes() {
        let next = exchange_once(transport, &Command::get_response(available))?;
        let stalled = next.data.is_empty() && next.status == status;
        if stalled || CHAINED_BYTES_MAX < data.len() + next.data.len() {
            return Err(ExchangeError::Malformed);
        }
        data.extend_from_slice(&next.data);
        status = next.status;
    }
    Ok(Response { data, status })
}
