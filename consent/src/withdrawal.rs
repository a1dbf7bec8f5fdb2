//! Withdrawing by card: for the person without phone or account, one touch ends a consent.

use musubi_primitives::{ConsentId, Language, Moment, Pseudonym, domain};
use serde::Serialize;

use crate::document::{
    Document, DocumentError, DocumentFields, Fields, Hex32, hex32, require_period,
};

/// Longest time between signing and submission: seven days, for vehicles without a network.
pub const PERIOD_MAX: Moment = 7 * 24 * 3600 * 1000;

/// The fields of a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithdrawalFields {
    /// The consent that ends.
    pub consent: ConsentId,
    /// Whose records it was about.
    pub subject: Pseudonym,
    /// Who withdraws.
    pub guardian: Pseudonym,
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

/// A checked withdrawal.
pub type Withdrawal = Document<WithdrawalFields>;

impl DocumentFields for WithdrawalFields {
    const SCHEMA: &'static str = "musubi/withdrawal/1";
    const CONTENT_TAG: &'static [u8] = domain::WITHDRAWAL_CONTENT;

    fn check(&self) -> Result<(), DocumentError> {
        require_period(self.not_before, self.not_after, PERIOD_MAX)
    }

    fn take(document: &mut Fields) -> Result<Self, DocumentError> {
        Ok(Self {
            consent: document.take("consent")?,
            subject: document.take("subject")?,
            guardian: document.take("guardian")?,
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
