//! Talking to a My Number Card: the six operations Musubi needs, over any transport that carries APDUs.
//!
//! Read in this order: [`transport`] (bytes in, bytes out: PC/SC, a phone's NFC, or a card in this process), [`apdu`] (commands and status words), [`layout`] (which
//! application holds which file, as data), [`pin`] (secrets checked before they cost a try), [`jpki`] (sign and
//! authenticate), [`card_face`] (the basic four facts), [`error`] and [`wording`] (every outcome, and the sentence a
//! person reads).
//!
//! What is deliberately absent: the 12-digit individual number, the resident-record code, PIN changes, and the CA
//! certificates stored on the card. No value of [`layout::ElementaryFile`] names them, so no code path can select them.
//!
//! IO happens in `pcsc` alone, which can be left out; everything else is a function of the bytes a [`Transport`] returns.

pub mod apdu;
pub mod card_face;
pub mod error;
pub mod jpki;
pub mod layout;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod pin;
pub mod transport;
pub mod wording;

pub use card_face::{BasicFour, CardFace};
pub use error::{CardError, TriesPolicy};
pub use jpki::{Availability, CardSignature, CardStatus, JpkiCard, Tries};
pub use layout::{Credential, SignatureAlgorithm, TokenKind};
pub use pin::{PinError, PrintedNumberB, SignPassword, UserPin};
pub use transport::{ForeignCard, Transport, TransportError};
