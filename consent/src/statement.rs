//! The consent statement: everything a person agrees to, as data with one canonical form.
//!
//! It never holds a name, an address, a birth date or a number of the person: pseudonyms, and a label such as 第一子
//! that the guardian recognises. Codes are shown in words by [`crate::rendering`].

use musubi_primitives::resident::Authority;
pub use musubi_primitives::resident::SignerRole;
use musubi_primitives::{
    AccountId, AssuranceLevel, CategorySet, Commitment, ConsentId, Language, MemberId, Moment,
    Pseudonym, Purpose, Terms, domain,
};
use serde::{Deserialize, Serialize};

use crate::document::{
    Document, DocumentError, DocumentFields, Fields, Hex32, hex32, require, require_period,
};
use crate::text::Text;
use crate::wording;

/// Longest period of one consent: five years, the life of a signing certificate, after which it is asked again.
pub const PERIOD_MAX: Moment = 5 * 366 * 24 * 3600 * 1000;

/// Longest retention that can be stated, in days: a hundred years.
const RETENTION_DAYS_MAX: u32 = 36_600;

/// What the recipient may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Look at the records.
    View,
    /// Keep a copy.
    Copy,
    /// Send notices because of them.
    Notify,
}

/// Class of the place where a statement is signed. Never the place itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Municipal counter.
    Counter,
    /// Clinic.
    Clinic,
    /// Mobile counter vehicle.
    Vehicle,
    /// The person's own phone.
    Phone,
}

/// An organisation that a statement names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its number in the consortium.
    pub member: MemberId,
    /// Its name as people know it.
    pub name: Text,
    /// Telephone number or address of its office.
    pub contact: Text,
}

/// The fields of a statement, not yet checked against one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementFields {
    /// The consent this statement proposes.
    pub consent: ConsentId,
    /// Whose records.
    pub subject: Pseudonym,
    /// What the guardian calls the subject: 第一子, 長女. Never a name.
    pub subject_label: Text,
    /// Who signs; equals `subject` when the subject signs.
    pub guardian: Pseudonym,
    /// As whom.
    pub role: SignerRole,
    /// Alone, or with another holder who may object.
    pub authority: Authority,
    /// Municipality that keeps the register entry and attests.
    pub controller: Party,
    /// Who may ask for the records.
    pub recipient: Party,
    /// What for.
    pub purpose: Purpose,
    /// Which classes of records; at least one.
    pub categories: CategorySet,
    /// What the recipient may do; at least one, in order, each once.
    pub actions: Vec<Action>,
    /// How long the recipient keeps what it received, in days after receipt.
    pub retention_days: u32,
    /// Whether anything goes abroad.
    pub transfer_abroad: bool,
    /// First moment it holds.
    pub not_before: Moment,
    /// First moment it no longer holds.
    pub not_after: Moment,
    /// Issued by the verifier, used once.
    #[serde(with = "hex32")]
    pub nonce: [u8; 32],
    /// What the attester must be able to vouch for.
    pub assurance: AssuranceLevel,
    /// A second municipality that may attest beside the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_attester: Option<Party>,
    /// The guardian's own account, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The consent that this one takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<ConsentId>,
    /// Where it is signed.
    pub place: Place,
    /// Identifier of the privacy notice that was handed over.
    pub notice: Text,
    /// Language in which it is shown.
    pub language: Language,
    /// [`wording::digest`] of that language: pins the words around the fields.
    #[serde(with = "hex32")]
    pub wording: [u8; 32],
}

impl StatementFields {
    /// The terms that the chain must hold, so that every field equals what is signed. `statement` commits to the canonical bytes.
    #[must_use]
    pub fn terms(&self, statement: Commitment) -> Terms {
        Terms {
            subject: self.subject,
            guardian: self.guardian,
            recipient: self.recipient.member,
            purpose: self.purpose,
            categories: self.categories,
            not_before: self.not_before,
            not_after: self.not_after,
            statement,
            nonce: self.nonce,
            assurance: self.assurance,
            second_attester: self.second_attester.as_ref().map(|party| party.member),
            account: self.account,
        }
    }
}

/// A checked statement.
pub type Statement = Document<StatementFields>;

impl DocumentFields for StatementFields {
    const SCHEMA: &'static str = "musubi/consent-statement/1";
    const CONTENT_TAG: &'static [u8] = domain::CONSENT_CONTENT;

    fn check(&self) -> Result<(), DocumentError> {
        let signs_for_self = self.role == SignerRole::Subject;
        require(
            signs_for_self == (self.guardian == self.subject),
            "guardian",
            "the subject exactly when role is self",
        )?;
        require(
            !self.categories.is_empty() && self.categories.is_known(),
            "categories",
            "at least one known category",
        )?;
        require(
            !self.actions.is_empty() && self.actions.is_sorted_by(|a, b| a < b),
            "actions",
            "at least one, in order, each once",
        )?;
        require(
            self.retention_days <= RETENTION_DAYS_MAX,
            "retention_days",
            "at most a hundred years",
        )?;
        require_period(self.not_before, self.not_after, PERIOD_MAX)?;
        let second_is_other = self
            .second_attester
            .as_ref()
            .is_none_or(|second| second.member != self.controller.member);
        require(
            second_is_other,
            "second_attester",
            "another municipality than the controller",
        )?;
        require(
            self.supersedes != Some(self.consent),
            "supersedes",
            "another consent",
        )?;
        require(
            self.wording == wording::digest(self.language),
            "wording",
            "the wording of this language in this build",
        )
    }

    fn take(document: &mut Fields) -> Result<Self, DocumentError> {
        Ok(Self {
            consent: document.take("consent")?,
            subject: document.take("subject")?,
            subject_label: document.take("subject_label")?,
            guardian: document.take("guardian")?,
            role: document.take("role")?,
            authority: document.take("authority")?,
            controller: document.take("controller")?,
            recipient: document.take("recipient")?,
            purpose: document.take("purpose")?,
            categories: document.take("categories")?,
            actions: document.take("actions")?,
            retention_days: document.take("retention_days")?,
            transfer_abroad: document.take("transfer_abroad")?,
            not_before: document.take("not_before")?,
            not_after: document.take("not_after")?,
            nonce: document.take::<Hex32>("nonce")?.0,
            assurance: document.take("assurance")?,
            second_attester: document.take_optional("second_attester")?,
            account: document.take_optional("account")?,
            supersedes: document.take_optional("supersedes")?,
            place: document.take("place")?,
            notice: document.take("notice")?,
            language: document.take("language")?,
            wording: document.take::<Hex32>("wording")?.0,
        })
    }

    fn nonce(&self) -> [u8; 32] {
        self.nonce
    }

    fn period(&self) -> (Moment, Moment) {
        (self.not_before, self.not_after)
    }
}
