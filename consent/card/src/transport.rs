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

/// Sends one command and returns the response, or says what the other side did.
type Transceive = Box<dyn FnMut(&[u8]) -> Result<Vec<u8>, TransportError> + Send>;

/// A card behind code of another language, above all a phone's NFC stack: two callbacks and nothing else.
///
/// The second one is called once, on drop, and must end the field: that takes the card's power.
pub struct ForeignCard {
    transceive: Transceive,
    close: Option<Box<dyn FnOnce() + Send>>,
}

impl std::fmt::Debug for ForeignCard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ForeignCard")
    }
}

impl ForeignCard {
    /// A card reached through `transceive`, whose field `close` ends.
    pub fn new(
        transceive: impl FnMut(&[u8]) -> Result<Vec<u8>, TransportError> + Send + 'static,
        close: impl FnOnce() + Send + 'static,
    ) -> Self {
        Self {
            transceive: Box::new(transceive),
            close: Some(Box::new(close)),
        }
    }
}

impl Transport for ForeignCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let response = (self.transceive)(command)?;
        if response.is_empty() {
            // Phones report a lost tag as an empty answer.
            return Err(TransportError::Removed);
        }
        Ok(response)
    }
}

impl Drop for ForeignCard {
    fn drop(&mut self) {
        if let Some(close) = self.close.take() {
            close();
        }
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

impl TransportError {
    /// Name of the outcome for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ServiceUnavailable => "service-unavailable",
            Self::NoReader => "no-reader",
            Self::NoCard => "no-card",
            Self::Removed => "removed",
            Self::Unresponsive => "unresponsive",
            Self::Busy => "busy",
            Self::Failed { .. } => "reader-failed",
        }
    }
}
