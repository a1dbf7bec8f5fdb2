//! A My Number Card over the app's own transport, above all a phone's NFC: look, check in, sign.
//!
//! Everything that can be checked without spending a try is checked first, and one signature is exactly one VERIFY. The 12-digit number
//! cannot be selected: no code path has its file.

use crate::{
    card_error::CardError,
    card_pump::with_card,
    document::{CardDocument, DocumentKind},
};
use musubi_consent::SignedCms;
use musubi_consent_card::{CardSignature, SignPassword, TokenKind, Tries, TriesPolicy, UserPin};
use std::sync::Arc;

/// Why no response came back from the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CardTransportError {
    /// There is no card in the field.
    #[error("no card")]
    NoCard,
    /// The card left the field (Android `TagLostException`, iOS `tagConnectionLost`).
    #[error("the card left")]
    Removed,
    /// A card is there and does not answer.
    #[error("the card does not answer")]
    Unresponsive,
    /// Another program holds it.
    #[error("the card is busy")]
    Busy,
    /// The platform failed, with its code; 0 without one.
    #[error("the reader failed ({code})")]
    Failed {
        /// The platform's code, never anything about the person.
        code: u32,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CardTransportError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { code: 0 }
    }
}

/// Carries commands to one card: Android `IsoDep.transceive`, iOS `NFCISO7816Tag.sendCommand`. One object for one touch.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait CardTransport: Send + Sync {
    /// Sends a command APDU (at most 261 bytes) and gives the response with its two status bytes (at most 258 bytes).
    async fn transceive(&self, command: Vec<u8>) -> Result<Vec<u8>, CardTransportError>;
    /// Ends the field, which takes the card's power and with it what it has verified. Called exactly once, whatever happened.
    fn end_field(&self);
}

/// What to do when few tries are left.
#[uniffi::remote(Enum)]
pub enum TriesPolicy {
    /// Stop at two or fewer: one slip of the finger would soon mean a walk to the municipal office.
    StopWhenFew,
    /// The person was told the number and insists.
    UseEvenTheLast,
}

/// Where the token lives, as its own name says.
#[uniffi::remote(Enum)]
pub enum TokenKind {
    /// The plastic card.
    Plastic,
    /// An Android phone; its authentication certificate needs the PIN first.
    Android,
    /// An iPhone.
    IPhone,
}

/// What a retry counter says.
#[uniffi::remote(Enum)]
pub enum Tries {
    /// So many wrong entries until the secret is blocked.
    Left(u8),
    /// Blocked already.
    Blocked,
    /// The card does not have this secret.
    Absent,
}

/// All that can be learnt without a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CardStatus {
    /// Plastic or phone; none when the token names itself in a way that this version does not know.
    pub token: Option<TokenKind>,
    /// Whether the signing certificate is there (not for children under 15).
    pub can_sign: bool,
    /// Whether the authentication certificate is there.
    pub can_check_in: bool,
    /// Counter of the signing password.
    pub signing: Tries,
    /// Counter of the authentication PIN.
    pub authentication: Tries,
}

/// What one touch yields.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CardSigned {
    /// Detached CMS SignedData (DER): certificate and signature. It names the person: seal it ([`crate::document::seal_evidence`]) before it leaves.
    pub cms: Vec<u8>,
    /// Exactly the bytes that were signed.
    pub content: Vec<u8>,
}

/// What the card says without any secret; costs no try.
///
/// # Errors
/// The state of the card, with the sentence for the person.
#[uniffi::export]
pub async fn card_status(transport: Arc<dyn CardTransport>) -> Result<CardStatus, CardError> {
    let status = with_card(transport, |card| card.status()).await?;
    Ok(CardStatus {
        token: status.token,
        can_sign: status.availability.signing,
        can_check_in: status.availability.authentication,
        signing: status.signing,
        authentication: status.authentication,
    })
}

/// Checks in: the card's authentication key signs a check-in document. `pin` is four digits, half or full width.
///
/// Begin the document's two minutes when the PIN is known, not before.
///
/// # Errors
/// [`CardError::DocumentRefused`] for another kind of document or a bad genesis, [`CardError::SecretMalformed`] for a PIN that cannot be
/// right (both before the card is asked), else the state of the card.
#[uniffi::export]
pub async fn card_check_in(
    transport: Arc<dyn CardTransport>,
    pin: String,
    document: Arc<CardDocument>,
    genesis: String,
    policy: TriesPolicy,
) -> Result<CardSigned, CardError> {
    let pin = zeroize::Zeroizing::new(pin);
    let content = content(&document, &genesis, |kind| kind == DocumentKind::CheckIn)?;
    let pin = UserPin::parse(&pin)?;
    let to_sign = content.clone();
    let signed = with_card(transport, move |card| {
        card.authenticate(&pin, &to_sign, policy)
    })
    .await?;
    as_cms(signed, content)
}

/// Signs a consent statement, a withdrawal or a binding with the card's signing key. `password` is 6 to 16 letters and digits; lower
/// case and full width are folded.
///
/// # Errors
/// As [`card_check_in`].
#[uniffi::export]
pub async fn card_sign(
    transport: Arc<dyn CardTransport>,
    password: String,
    document: Arc<CardDocument>,
    genesis: String,
    policy: TriesPolicy,
) -> Result<CardSigned, CardError> {
    let password = zeroize::Zeroizing::new(password);
    let content = content(&document, &genesis, |kind| kind != DocumentKind::CheckIn)?;
    let password = SignPassword::parse(&password)?;
    let to_sign = content.clone();
    let signed = with_card(transport, move |card| {
        card.sign(&password, &to_sign, policy)
    })
    .await?;
    as_cms(signed, content)
}

fn content(
    document: &CardDocument,
    genesis: &str,
    fits: impl Fn(DocumentKind) -> bool,
) -> Result<Vec<u8>, CardError> {
    if !fits(document.kind()) {
        return Err(CardError::refused(
            "check-ins are signed by the authentication key, all other documents by the signing key",
        ));
    }
    let genesis = genesis
        .parse()
        .map_err(|error| CardError::refused(format!("genesis: {error}")))?;
    Ok(document.content(genesis))
}

fn as_cms(signed: CardSignature, content: Vec<u8>) -> Result<CardSigned, CardError> {
    let cms = SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    };
    let cms = cms.to_der().map_err(CardError::refused)?;
    Ok(CardSigned { cms, content })
}
