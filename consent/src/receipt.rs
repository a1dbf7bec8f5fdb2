//! The consent receipt a person takes home: the fields of ISO/IEC TS 27560 and Kantara 1.1, made from what was signed.
//!
//! It repeats the statement and adds what became of it, and what it rested on as far as the counter knows. Like the statement it holds no
//! name of the person. Its canonical bytes are what is shown ([`crate::receipt_rendering`]), hashed and compared by QR code.

use musubi_primitives::resident::Authority;
use musubi_primitives::{
    AccountId, AssuranceLevel, BlockHash, CategorySet, Commitment, ConsentId, Language, MemberId,
    Moment, Pseudonym, Purpose,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::document::{DOCUMENT_BYTES_MAX, DocumentError, Hex32, encode};
use crate::statement::{Action, Party, Place, SignerRole, Statement};
use crate::text::Text;
use crate::validator::{Revocation, Verification};

/// Form of this receipt.
const SCHEMA: &str = "musubi/consent-receipt/1";

/// What happened, when the receipt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptEvent {
    /// The person consented.
    Given,
    /// The person said no.
    Refused,
    /// The person took it back.
    Withdrawn,
}

/// How far the certificate was checked. Never the answer of the revocation service itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptStanding {
    /// Everything was checked.
    Verified,
    /// The signature is valid; the revocation answer is pending.
    RevocationPending,
    /// Nothing was signed by card: two officers of the municipality saw the person agree.
    Witnessed,
}

/// What the municipality went by.
#[derive(Clone, Copy, Debug)]
pub enum SignedBy<'a> {
    /// The person's card; its checked signature.
    Card(&'a Verification),
    /// Two officers' words ([`crate::witness`]).
    Officers,
}

impl SignedBy<'_> {
    fn algorithm(self) -> &'static str {
        match self {
            Self::Card(verification) => verification.certificate.algorithm().name(),
            Self::Officers => "Ed25519",
        }
    }

    fn standing(self) -> ReceiptStanding {
        let Self::Card(verification) = self else {
            return ReceiptStanding::Witnessed;
        };
        match verification.revocation {
            Revocation::Good | Revocation::Revoked { .. } => ReceiptStanding::Verified,
            Revocation::Unknown | Revocation::NotChecked => ReceiptStanding::RevocationPending,
        }
    }
}

/// Facts that are known only after signing.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptFacts<'a> {
    /// The chain.
    pub genesis: BlockHash,
    /// What happened.
    pub event: ReceiptEvent,
    /// When it was signed.
    pub signed_at: Moment,
    /// When this receipt was made.
    pub issued_at: Moment,
    /// What the municipality went by.
    pub signed_by: SignedBy<'a>,
}

/// Age of the subject, no finer than the law needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeBand {
    /// Has no signing certificate.
    UnderFifteen,
    /// May have one, and is a minor.
    FifteenToSeventeen,
    /// 成年.
    Adult,
}

/// What the signer's authority was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorityBasis {
    /// The subject signed.
    Own,
    /// 住民基本台帳.
    ResidentRegister,
    /// 戸籍.
    FamilyRegister,
    /// Decision of a court: guardian of a minor or of an adult.
    CourtDecision,
    /// 委任状.
    ProxyLetter,
}

/// Who helped the signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Helper {
    /// 通訳.
    Interpreter,
    /// 代筆.
    ProxyWriter,
}

/// The article of the APPI under which the data are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalBasis {
    /// Art. 69(2)(i): an administrative organ gives with consent of the person.
    ConsentOfThePerson,
    /// Art. 20(2) and 27(1): a private operator acquires and gives sensitive data with consent.
    ConsentToAcquire,
}

/// How the receipt reaches the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Medium {
    /// Printed.
    Paper,
    /// In the person's app.
    App,
}

/// What the counter adds. Every field may be unknown; what is unknown is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiptDetails {
    /// Commitment under which the evidence is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_id: Option<Commitment>,
    /// SHA-256 of the privacy notice that was handed over, as a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_hash: Option<Commitment>,
    /// Age of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_band: Option<AgeBand>,
    /// What the signer's authority was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_basis: Option<AuthorityBasis>,
    /// When that was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_checked: Option<Moment>,
    /// Who helped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helper: Option<Helper>,
    /// Legal basis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<LegalBasis>,
    /// Systems in which the records lie.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_systems: Vec<Text>,
    /// Days on which to look at it again: the 15th and 18th birthday rounded as the register rounds them, the fifth year.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Moment>,
    /// Key of the terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal: Option<AccountId>,
    /// Key of the member of staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<AccountId>,
    /// How the receipt is handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Medium>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Moment>,
    /// Rules by which the signature was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<Text>,
}

/// Everything a receipt says, in the words of TS 27560 and Kantara where they have one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    schema: String,
    version: String,
    jurisdiction: String,
    pub(crate) receipt_id: ConsentId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous_record: Option<ConsentId>,
    language: Language,
    pub(crate) consent_timestamp: Moment,
    pub(crate) issued_timestamp: Moment,
    collection_method: Place,
    pub(crate) event: ReceiptEvent,
    pii_principal: Pseudonym,
    signer: Pseudonym,
    signer_role: SignerRole,
    authority_rule: Authority,
    pub(crate) pii_controllers: Vec<Party>,
    recipients: Vec<Party>,
    pub(crate) services: Vec<Service>,
    consent_type: String,
    pub(crate) mandatory: bool,
    pub(crate) third_party_disclosure: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    third_party_name: Option<Text>,
    transfer_abroad: bool,
    validity_start: Moment,
    validity_end: Moment,
    pub(crate) privacy_notice: Text,
    pub(crate) withdrawal: Withdrawing,
    pub(crate) details: ReceiptDetails,
    pub(crate) proof: Proof,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    purpose: Purpose,
    pii_categories: CategorySet,
    /// Health records are 要配慮個人情報, all of them.
    pub(crate) sensitive: bool,
    primary_purpose: bool,
    actions: Vec<Action>,
    retention_days: u32,
}

/// How, where and with what effect a consent is taken back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Withdrawing {
    how: String,
    places: Vec<Place>,
    effect: String,
    shared_copies: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proof {
    pub(crate) signature_algorithm: String,
    pub(crate) content_tag: String,
    pub(crate) genesis: BlockHash,
    pub(crate) nonce: Hex32,
    pub(crate) statement_digest: Hex32,
    pub(crate) display_template: Hex32,
    assurance: AssuranceLevel,
    pub(crate) verifier: MemberId,
    pub(crate) standing: ReceiptStanding,
}

/// A receipt with its canonical bytes (RFC 8785).
#[derive(Clone, PartialEq, Eq)]
pub struct ConsentReceipt {
    content: Content,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for ConsentReceipt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ConsentReceipt(redacted)")
    }
}

impl ConsentReceipt {
    /// Makes the receipt of a signed statement, without the details of the counter.
    ///
    /// # Errors
    ///
    /// [`DocumentError::TooLong`], which a checked statement never reaches.
    pub fn issue(statement: &Statement, facts: &ReceiptFacts<'_>) -> Result<Self, DocumentError> {
        Self::issue_with(statement, facts, ReceiptDetails::default())
    }

    /// Makes the receipt of a signed statement.
    ///
    /// # Errors
    ///
    /// [`DocumentError::TooLong`] when the details are of unreasonable length.
    pub fn issue_with(
        statement: &Statement,
        facts: &ReceiptFacts<'_>,
        details: ReceiptDetails,
    ) -> Result<Self, DocumentError> {
        Self::of(content(statement, facts, details))
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when they are no receipt, or the same receipt in other bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        if DOCUMENT_BYTES_MAX < bytes.len() {
            return Err(DocumentError::TooLong {
                length: bytes.len(),
            });
        }
        let content: Content =
            serde_json::from_slice(bytes).map_err(|_| DocumentError::Malformed {
                field: "receipt",
                detail: "a field is missing, unknown or malformed",
            })?;
        crate::document::require(content.schema == SCHEMA, "schema", "the schema of receipts")?;
        let receipt = Self::of(content)?;
        if receipt.bytes == bytes {
            Ok(receipt)
        } else {
            Err(DocumentError::NotCanonical)
        }
    }

    /// The receipt as canonical JSON.
    #[must_use]
    pub fn canonical_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the canonical bytes, so that any tool can compare them.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// What the QR code says: form, consent and digest, in the characters that QR codes hold most densely.
    #[must_use]
    pub fn qr_text(&self) -> String {
        let consent = hex::encode_upper(self.content.receipt_id.0);
        format!("MUSUBI:R1:{consent}:{}", hex::encode_upper(self.digest()))
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    fn of(content: Content) -> Result<Self, DocumentError> {
        let bytes = encode(&content)?;
        Ok(Self { content, bytes })
    }
}

fn content(statement: &Statement, facts: &ReceiptFacts<'_>, details: ReceiptDetails) -> Content {
    let fields = statement.fields();
    let goes_on = fields.recipient.member != fields.controller.member;
    Content {
        schema: SCHEMA.to_owned(),
        version: "1".to_owned(),
        jurisdiction: "JP".to_owned(),
        receipt_id: fields.consent,
        previous_record: fields.supersedes,
        language: fields.language,
        consent_timestamp: facts.signed_at,
        issued_timestamp: facts.issued_at,
        collection_method: fields.place,
        event: facts.event,
        pii_principal: fields.subject,
        signer: fields.guardian,
        signer_role: fields.role,
        authority_rule: fields.authority,
        pii_controllers: vec![fields.controller.clone()],
        recipients: vec![fields.recipient.clone()],
        services: vec![service(statement)],
        consent_type: "EXPLICIT".to_owned(),
        mandatory: false,
        third_party_disclosure: goes_on,
        third_party_name: goes_on.then(|| fields.recipient.name.clone()),
        transfer_abroad: fields.transfer_abroad,
        validity_start: fields.not_before,
        validity_end: fields.not_after,
        privacy_notice: fields.notice.clone(),
        withdrawal: withdrawing(),
        details,
        proof: proof(statement, facts),
    }
}

fn service(statement: &Statement) -> Service {
    let fields = statement.fields();
    Service {
        purpose: fields.purpose,
        pii_categories: fields.categories,
        sensitive: true,
        primary_purpose: true,
        actions: fields.actions.clone(),
        retention_days: fields.retention_days,
    }
}

fn withdrawing() -> Withdrawing {
    Withdrawing {
        how: "card-or-app-at-any-time".to_owned(),
        places: vec![Place::Counter, Place::Clinic, Place::Vehicle, Place::Phone],
        effect: "stops-the-next-use".to_owned(),
        shared_copies: "stay-under-the-receivers-own-duties".to_owned(),
    }
}

fn proof(statement: &Statement, facts: &ReceiptFacts<'_>) -> Proof {
    let fields = statement.fields();
    Proof {
        signature_algorithm: facts.signed_by.algorithm().to_owned(),
        content_tag: "musubi/consent/signed-consent/v1".to_owned(),
        genesis: facts.genesis,
        nonce: Hex32(fields.nonce),
        statement_digest: Hex32(statement.digest()),
        display_template: Hex32(fields.wording),
        assurance: fields.assurance,
        verifier: fields.controller.member,
        standing: facts.signed_by.standing(),
    }
}
