//! Bodies of requests. One that brings a secret is read into memory that is wiped, and the secret is borrowed from there.
//!
//! The HTTP library's own buffer is wiped as far as it lets go of it; what it keeps is overwritten by the next request.

use super::trouble::Trouble;
use crate::commands::card::{answer::Refusal, secret::Typed};
use axum::body::Body;
use futures::StreamExt as _;
use musubi_primitives::{
    AccountId, BlockHash, Commitment, HpkeKey, Language, MemberId, Pseudonym, Purpose, SessionId,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};
use zeroize::{Zeroize as _, Zeroizing};

/// The most bytes of a body: a document, and room.
const BYTES_MAX: usize = 32 * 1024;

/// A body in memory that is wiped.
pub struct Wiped(Zeroizing<Vec<u8>>);

impl Wiped {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Trouble::Malformed`] for one that is too long or breaks off.
    pub async fn read(body: Body) -> Result<Self, Trouble> {
        // Whole from the start: a buffer that grows leaves copies behind.
        let mut kept = Zeroizing::new(Vec::with_capacity(BYTES_MAX));
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Trouble::Malformed)?;
            if BYTES_MAX < kept.len().saturating_add(chunk.len()) {
                return Err(Trouble::Malformed);
            }
            kept.extend_from_slice(&chunk);
            if let Ok(mut own) = chunk.try_into_mut() {
                own.as_mut().zeroize();
            }
        }
        Ok(Self(kept))
    }

    /// The form that the body holds.
    ///
    /// # Errors
    /// [`Trouble::Malformed`]; an error's own words could repeat what was sent.
    pub fn form<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Trouble> {
        serde_json::from_slice(&self.0).map_err(|_| Trouble::Malformed)
    }
}

/// A secret, lent by the body; it never comes with escapes, which would make a copy.
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a str);

impl<'de: 'a, 'a> Deserialize<'de> for Secret<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&str>::deserialize(deserializer)
            .map(Self)
            .map_err(|_| D::Error::custom("a secret without escapes"))
    }
}

impl Secret<'_> {
    /// The secret in the one place where it lives on.
    ///
    /// # Errors
    /// As a secret that is too long to be one.
    pub fn typed(self) -> Result<Typed, Refusal> {
        Typed::of(self.0)
    }
}

/// Asks for a token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairingForm<'a> {
    #[serde(borrow)]
    pub code: Secret<'a>,
}

impl PairingForm<'_> {
    /// The digits as they were typed, without what people put between them.
    pub fn digits(&self) -> Zeroizing<String> {
        let digits = self.code.0.chars().filter(char::is_ascii_digit);
        Zeroizing::new(digits.collect())
    }
}

/// Asks for what the face of the card shows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FaceForm<'a> {
    #[serde(borrow)]
    pub secret: Secret<'a>,
    /// The secret is the number printed on the card (照合番号B).
    #[serde(default)]
    pub printed_number: bool,
    /// Go on although few tries are left.
    #[serde(default)]
    pub insist: bool,
}

/// Asks for a document to be made and shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentForm {
    /// `consent`, `binding` or `withdrawal`.
    pub kind: String,
    /// Its fields, as the document writes them; schema and wording are this build's.
    pub fields: Map<String, Value>,
}

/// Which of the card's keys signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardKey {
    /// 署名用, by password.
    Signing,
    /// 利用者証明用, by the 4-digit PIN; for the binding of the card that checks in.
    Authentication,
}

/// Asks for a signature under what was shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SignatureForm<'a> {
    pub digest: String,
    pub genesis: BlockHash,
    pub key: CardKey,
    #[serde(borrow)]
    pub secret: Secret<'a>,
    /// The municipality that the evidence is sealed to.
    pub seal_to: HpkeKey,
    #[serde(default)]
    pub insist: bool,
}

/// Asks for a check-in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VisitForm<'a> {
    pub genesis: BlockHash,
    pub session: SessionId,
    pub subject: Pseudonym,
    pub person: Pseudonym,
    pub member: MemberId,
    pub terminal: AccountId,
    pub staff: AccountId,
    pub purpose: Purpose,
    pub nonce: Commitment,
    pub language: Language,
    #[serde(borrow)]
    pub secret: Secret<'a>,
    pub seal_to: HpkeKey,
    #[serde(default)]
    pub insist: bool,
}
