//! Binding a card to a person at the counter: the card signs that it speaks for this pseudonym from now on.

use musubi_primitives::commitment::hash_parts;
use musubi_primitives::{
    BindingId, Commitment, Language, MemberId, Moment, Pseudonym, Salt, commit, domain,
};
use serde::Serialize;

use crate::document::{
    Document, DocumentError, DocumentFields, Fields, Hex32, hex32, require, require_period,
};

/// Longest time between making and checking a binding statement: one day, for vehicles without a network.
pub const PERIOD_MAX: Moment = 24 * 3600 * 1000;

/// The fields of a binding statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BindingFields {
    /// The binding that comes into being.
    pub binding: BindingId,
    /// The person the card will speak for.
    pub person: Pseudonym,
    /// The municipality that keeps the person's register entry.
    pub home: MemberId,
    /// The binding that this one takes the place of, when a card was renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<BindingId>,
    /// First moment at which the statement may be used.
    pub not_before: Moment,
    /// First moment at which it may no longer be used.
    pub not_after: Moment,
    /// Issued by the verifier, used once.
    #[serde(with = "hex32")]
    pub nonce: [u8; 32],
    /// Language in which it was shown.
    pub language: Language,
}

/// A checked binding statement.
pub type BindingStatement = Document<BindingFields>;

impl DocumentFields for BindingFields {
    const SCHEMA: &'static str = "musubi/binding-statement/1";
    const CONTENT_TAG: &'static [u8] = domain::BINDING_CONTENT;

    fn check(&self) -> Result<(), DocumentError> {
        require_period(self.not_before, self.not_after, PERIOD_MAX)?;
        require(
            self.replaces != Some(self.binding),
            "replaces",
            "another binding",
        )
    }

    fn take(document: &mut Fields) -> Result<Self, DocumentError> {
        Ok(Self {
            binding: document.take("binding")?,
            person: document.take("person")?,
            home: document.take("home")?,
            replaces: document.take_optional("replaces")?,
            not_before: document.take("not_before")?,
            not_after: document.take("not_after")?,
            nonce: document.take::<Hex32>("nonce")?.0,
            language: document.take("language")?,
        })
    }

    fn nonce(&self) -> [u8; 32] {
        self.nonce
    }

    fn period(&self) -> (Moment, Moment) {
        (self.not_before, self.not_after)
    }
}

/// What the chain holds of a card binding: a salted commitment to the person and the signing certificate (DER).
///
/// The salt is what protects it: serial numbers are 32 bits long and could be tried out.
#[must_use]
pub fn binding_commitment(salt: &Salt, person: &Pseudonym, certificate: &[u8]) -> Commitment {
    let card = hash_parts(&[certificate]);
    commit(domain::BINDING, salt, &[person.0, card].concat())
}
