//! Consent statements: read, shown in words made from the very bytes that will be signed, and what exactly is signed.

use crate::{
    error::MusubiError,
    identifiers::{Bytes32, DocumentText},
};
use musubi_consent::{
    Document, SignedContent, Statement, StatementFields,
    rendering::{plain_text, rows, short_reference},
    statement::{Action, Party, Place},
    wording,
};
use musubi_primitives::{
    AccountId, BlockHash, CategorySet, ConsentId, Language, MemberId, Moment, Pseudonym, Purpose,
    consent::AssuranceLevel,
    resident::{Authority, SignerRole},
};
use std::sync::Arc;

/// One line of a statement as it is shown.
pub type ShownRow = musubi_consent::rendering::Row;

/// One line of a statement as it is shown.
#[uniffi::remote(Enum)]
pub enum ShownRow {
    /// What the document is.
    Title(String),
    /// Begins a part.
    Heading(String),
    /// Words that belong to no field.
    Note(String),
    /// A field with its label.
    Field {
        /// What the field is called.
        label: String,
        /// What it says.
        value: String,
    },
    /// Room between two parts.
    Gap,
}

/// What the recipient may do.
#[uniffi::remote(Enum)]
pub enum Action {
    /// Look at the records.
    View,
    /// Keep a copy.
    Copy,
    /// Send notices because of them.
    Notify,
}

/// Class of the place where a statement is signed. Never the place itself.
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Record)]
pub struct Party {
    /// Its number in the consortium.
    pub member: MemberId,
    /// Its name as people know it.
    pub name: DocumentText,
    /// Telephone number or address of its office.
    pub contact: DocumentText,
}

/// Everything a person agrees to. It never holds a name, an address, a birth date or a number of the person.
#[uniffi::remote(Record)]
pub struct StatementFields {
    /// The consent this statement proposes.
    pub consent: ConsentId,
    /// Whose records.
    pub subject: Pseudonym,
    /// What the guardian calls the subject: 第一子, 長女. Never a name.
    pub subject_label: DocumentText,
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
    /// How long the recipient keeps what it received, in days after receipt; at most a hundred years.
    pub retention_days: u32,
    /// Whether anything goes abroad.
    pub transfer_abroad: bool,
    /// First moment it holds, milliseconds since 1970.
    pub not_before: Moment,
    /// First moment it no longer holds, milliseconds since 1970; at most five years later.
    pub not_after: Moment,
    /// Issued by the verifier, used once.
    pub nonce: Bytes32,
    /// What the attester must be able to vouch for.
    pub assurance: AssuranceLevel,
    /// A second municipality that may attest beside the controller.
    pub second_attester: Option<Party>,
    /// The guardian's own account, when there is one.
    pub account: Option<AccountId>,
    /// The consent that this one takes the place of.
    pub supersedes: Option<ConsentId>,
    /// Where it is signed.
    pub place: Place,
    /// Identifier of the privacy notice that was handed over.
    pub notice: DocumentText,
    /// Language in which it is shown.
    pub language: Language,
    /// [`statement_wording`] of that language: pins the words around the fields.
    pub wording: Bytes32,
}

/// A checked statement with its one canonical form.
#[derive(uniffi::Object)]
pub struct ConsentStatement(Statement);

#[uniffi::export]
impl ConsentStatement {
    /// Reads canonical bytes (RFC 8785 JSON, at most 16 KiB).
    ///
    /// # Errors
    /// [`MusubiError::Input`] naming the field, above all when the words are not those of this version: it cannot be shown as it was meant.
    #[uniffi::constructor]
    pub fn parse(bytes: Vec<u8>) -> Result<Arc<Self>, MusubiError> {
        Statement::parse(&bytes)
            .map(|statement| Arc::new(Self(statement)))
            .map_err(|error| MusubiError::input("statement", error))
    }

    /// Checks fields and fixes their bytes.
    ///
    /// # Errors
    /// [`MusubiError::Input`] naming the field and the rule it breaks.
    #[uniffi::constructor]
    pub fn draft(fields: StatementFields) -> Result<Arc<Self>, MusubiError> {
        Document::new(fields)
            .map(|statement| Arc::new(Self(statement)))
            .map_err(|error| MusubiError::input("statement", error))
    }

    /// What it says.
    pub fn fields(&self) -> StatementFields {
        self.0.fields().clone()
    }

    /// The bytes that are shown, hashed and kept.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.canonical_bytes().to_vec()
    }

    /// Sixteen hexadecimal digits to compare screen, paper and receipt by.
    pub fn reference(&self) -> String {
        short_reference(&self.0)
    }

    /// The lines to show, in the app's own type. Show all of them, before the person signs.
    ///
    /// # Errors
    /// [`MusubiError::Input`] for a code that this version has no words for.
    pub fn rows(&self, language: Language) -> Result<Vec<ShownRow>, MusubiError> {
        rows(self.0.canonical_bytes(), language)
            .map_err(|error| MusubiError::input("statement", error))
    }

    /// The same as plain text, one line each.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn text(&self, language: Language) -> Result<String, MusubiError> {
        Ok(plain_text(&self.rows(language)?))
    }

    /// Exactly the bytes that a card signs on the chain with this genesis hash.
    ///
    /// # Errors
    /// [`MusubiError::Input`] for a genesis that is no hash.
    pub fn bytes_to_sign(&self, genesis: BlockHash) -> Result<Vec<u8>, MusubiError> {
        Ok(SignedContent::of(&self.0, genesis).to_bytes())
    }
}

/// SHA-256 of the whole wording of a language in this version, which a statement in that language pins.
#[uniffi::export]
pub fn statement_wording(language: Language) -> Bytes32 {
    wording::digest(language)
}
