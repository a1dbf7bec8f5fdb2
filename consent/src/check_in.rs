//! Check-in by card: opens one visit at one terminal. Terminal, staff and purpose are inside what the card signs, so
//! that the same signature is worth nothing at another terminal.

use musubi_primitives::{
    AccountId, Language, MemberId, Moment, Pseudonym, Purpose, SessionId, domain,
};
use serde::Serialize;

use crate::document::{
    Document, DocumentError, DocumentFields, Fields, Hex32, hex32, require_period,
};

/// Longest life of a check-in challenge: two minutes. A relayed or stored signature is worth nothing after it.
pub const PERIOD_MAX: Moment = 2 * 60 * 1000;

/// The fields of a check-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckInFields {
    /// The visit that opens.
    pub session: SessionId,
    /// Whose visit.
    pub subject: Pseudonym,
    /// Whose card.
    pub person: Pseudonym,
    /// Where.
    pub member: MemberId,
    /// Key of the terminal.
    pub terminal: AccountId,
    /// Key of the member of staff.
    pub staff: AccountId,
    /// What for.
    pub purpose: Purpose,
    /// First moment at which the challenge may be answered.
    pub not_before: Moment,
    /// First moment at which it may no longer be answered.
    pub not_after: Moment,
    /// Issued by the verifier, used once.
    #[serde(with = "hex32")]
    pub nonce: [u8; 32],
    /// Language in which it was shown.
    pub language: Language,
}

/// A checked check-in.
pub type CheckIn = Document<CheckInFields>;

impl DocumentFields for CheckInFields {
    const SCHEMA: &'static str = "musubi/check-in/1";
    const CONTENT_TAG: &'static [u8] = domain::CHECK_IN_CONTENT;

    fn check(&self) -> Result<(), DocumentError> {
        require_period(self.not_before, self.not_after, PERIOD_MAX)
    }

    fn take(document: &mut Fields) -> Result<Self, DocumentError> {
        Ok(Self {
            session: document.take("session")?,
            subject: document.take("subject")?,
            person: document.take("person")?,
            member: document.take("member")?,
            terminal: document.take("terminal")?,
            staff: document.take("staff")?,
            purpose: document.take("purpose")?,
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
