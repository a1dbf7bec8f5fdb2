//! How values without structure cross: identifiers as text of `0x` and 64 hexadecimal digits, members as numbers, days and decimals as text.

use crate::{error::MusubiError, words::RecordCategory};
use musubi_care::{civil::Date, decimal::Thousandths};
use musubi_consent::Text;
use musubi_primitives::{
    AccountId, BindingId, BlockHash, CiphertextHash, Commitment, ConsentId, HpkeKey, MemberId,
    Pseudonym, RecordId, RequestId, SessionId, VerifyingKey,
};
use std::{fmt::Display, str::FromStr};

pub(crate) use musubi_primitives::record::CategorySet;

/// A day; under a name that no platform's own date has.
pub type CalendarDay = Date;
/// Short text; under a name that no platform's own view has.
pub type DocumentText = Text;
/// 32 bytes that have no name of their own: a nonce, a digest.
pub type Bytes32 = [u8; 32];

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        uniffi::custom_type!($(#[$doc])* $name, String, {
            remote,
            lower: |id| id.to_string(),
            try_lift: |text| Ok(parsed(stringify!($name), &text)?),
        });
    )+};
}

identifiers! {
    /// An Ed25519 account: the public key itself, `0x` and 64 hexadecimal digits.
    AccountId,
    /// A card binding: one card bound to one person.
    BindingId,
    /// Hash of a block's header (BLAKE2-256).
    BlockHash,
    /// SHA-256 of a sealed record's ciphertext; its address in the vaults.
    CiphertextHash,
    /// A salted commitment: says nothing without its salt.
    Commitment,
    /// A consent.
    ConsentId,
    /// An X25519 public key to which record keys are wrapped (RFC 9180).
    HpkeKey,
    /// A person within one service domain: random, never derived from anything about the person.
    Pseudonym,
    /// A record.
    RecordId,
    /// One access request.
    RequestId,
    /// One visit of a person at a member.
    SessionId,
    /// An Ed25519 public key that is not an account.
    VerifyingKey,
}

uniffi::custom_type!(
    /// 32 bytes.
    Bytes32, Vec<u8>, {
    remote,
    lower: |bytes| bytes.to_vec(),
    try_lift: |bytes| Ok(fixed::<32>("Bytes32", &bytes)?),
});

uniffi::custom_type!(
    /// A member's number in the consortium.
    MemberId, u32, {
    remote,
    lower: |member| member.0,
    try_lift: |number| Ok(MemberId(number)),
});

uniffi::custom_type!(
    /// Classes of records, each once.
    CategorySet, Vec<RecordCategory>, {
    remote,
    lower: |set| set.iter().collect(),
    try_lift: |categories| Ok(CategorySet::of(&categories)),
});

uniffi::custom_type!(
    /// A day of the calendar in Japan, `2026-04-01`.
    CalendarDay, String, {
    remote,
    lower: |date| date.to_string(),
    try_lift: |text| Ok(Date::parse(&text).map_err(|error| MusubiError::input("CalendarDay", error))?),
});

uniffi::custom_type!(
    /// A decimal number as text, `7.25`: at most three decimals, below one million.
    Thousandths, String, {
    remote,
    lower: |number| number.to_string(),
    try_lift: |text| Ok(Thousandths::parse(&text).map_err(|error| MusubiError::input("Thousandths", error))?),
});

uniffi::custom_type!(
    /// Short text of a signed document: at most 200 characters, Unicode normal form C, no control characters.
    DocumentText, String, {
    remote,
    lower: |text| text.as_str().to_owned(),
    try_lift: |text| Ok(Text::new(&text).map_err(|error| MusubiError::input("DocumentText", error))?),
});

/// Reads an identifier; `what` names it in the error.
pub(crate) fn parsed<T: FromStr<Err: Display>>(what: &str, text: &str) -> Result<T, MusubiError> {
    text.parse()
        .map_err(|error| MusubiError::input(what, error))
}

/// Takes exactly as many bytes as are needed; `what` names them in the error.
pub(crate) fn fixed<const N: usize>(what: &str, bytes: &[u8]) -> Result<[u8; N], MusubiError> {
    bytes.try_into().map_err(|_| {
        MusubiError::input(
            what,
            format!("{N} bytes are needed, {} were given", bytes.len()),
        )
    })
}

/// A fresh identifier of 32 random bytes. The chain's names for things say nothing about them.
///
/// # Errors
/// [`MusubiError::Platform`] when the platform gives no randomness.
#[uniffi::export]
pub fn random_id() -> Result<String, MusubiError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(MusubiError::platform)?;
    Ok(format!("0x{}", hex::encode(bytes)))
}
