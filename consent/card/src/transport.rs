//! The seam between card logic and whatever carries its bytes: a PC/SC reader, a phone's NFC, or a card in this process.

/// Longest response to a short APDU: 256 data bytes and the status word (ISO 7816-4, 5.1).
pub const RESPONSE_BYTES_MAX: usize = 258;

/// Carries one command APDU to a card and brings its response back.
///
/// An implementation ends the card's power when it is dropped, because VERIFY state outlives a mere disconnect.
pub trait Transport {
    /// Sends `command` and returns the response including its two status bytes.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] when no response arrived; the card may still have executed the command.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
}

/// Why no response came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The PC/SC service is not running or cannot be reached.
    #[error("reach the card reader service")]
    ServiceUnavailable,
    /// No reader is connected.
    #[error("find a card reader")]
    NoReader,
    /// A reader is there, a card is not.
    #[error("find a card on the reader")]
    NoCard,
    /// The card left the reader.
    #[error("keep the card on the reader until the command ended")]
    Removed,
    /// A card is there and does not answer, for example because its ATR is garbage.
    #[error("get an answer from the card")]
    Unresponsive,
    /// Another program holds the card.
    #[error("use the card alone")]
    Busy,
    /// The reader or its driver failed; `code` is the PC/SC return code, which carries no personal data.
    #[error("exchange bytes with the reader (code {code:#010x})")]
    Failed {
        /// PC/SC return code, or zero where the transport has none.
        code: u32,
    },
}
