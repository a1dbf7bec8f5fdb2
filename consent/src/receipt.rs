//! The consent receipt a person takes home: the fields of ISO/IEC TS 27560 and Kantara 1.1, made from what was signed.
//!
//! It repeats the statement and adds what became of it. Like the statement it holds no name of the person.

use musubi_primitives::{BlockHash, ConsentId, Language, Moment};
use serde::Serialize;

use crate::document::{DocumentError, Hex32, encode};
use crate::statement::{Action, Party, Place, SignerRole, Statement};
use crate::validator::{Revocation, Verification};

/// Form of this receipt.
const SCHEMA: &str = "musubi/consent-receipt/1";

/// What happened, when the receipt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptStanding {
    /// Everything was checked.
    Verified,
    /// The signature is valid; the revocation answer is pending.
    RevocationPending,
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
    /// The checked signature.
    pub verification: &'a Verification,
}

/// A receipt with its canonical bytes (RFC 8785).
#[derive(Clone, PartialEq, Eq)]
pub struct ConsentReceipt {
    bytes: Vec<u8>,
}

impl std::fmt::Debug for ConsentReceipt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ConsentReceipt(redacted)")
    }
}

#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    /// Kantara: version, jurisdiction, receipt id, language, timestamp, collection method.
    version: &'static str,
    jurisdiction: &'static str,
    receipt_id: ConsentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_record: Option<ConsentId>,
    language: Language,
    consent_timestamp: Moment,
    issued_timestamp: Moment,
    collection_method: Place,
    event: ReceiptEvent,
    /// Principal and who signed for it.
    pii_principal: String,
    signer: String,
    signer_role: SignerRole,
    /// Controllers and recipients.
    pii_controllers: [&'a Party; 1],
    recipients: [&'a Party; 1],
    /// Services with purposes, categories and what is done with them.
    services: [Service<'a>; 1],
    consent_type: &'static str,
    third_party_disclosure: bool,
    transfer_abroad: bool,
    validity_start: Moment,
    validity_end: Moment,
    privacy_notice: &'a str,
    withdrawal: &'static str,
    proof: Proof<'a>,
}

#[derive(Serialize)]
struct Service<'a> {
    purpose: musubi_primitives::Purpose,
    pii_categories: musubi_primitives::CategorySet,
    /// Health records are 要配慮個人情報, all of them.
    sensitive: bool,
    primary_purpose: bool,
    actions: &'a [Action],
    retention_days: u32,
}

#[derive(Serialize)]
struct Proof<'a> {
    signature_algorithm: &'static str,
    content_tag: &'a str,
    genesis: BlockHash,
    nonce: Hex32,
    statement_digest: Hex32,
    assurance: musubi_primitives::AssuranceLevel,
    standing: ReceiptStanding,
}

impl ConsentReceipt {
    /// Makes the receipt of a signed statement.
    ///
    /// # Errors
    ///
    /// [`DocumentError::TooLong`], which a checked statement never reaches.
    pub fn issue(statement: &Statement, facts: &ReceiptFacts<'_>) -> Result<Self, DocumentError> {
        let fields = statement.fields();
        let written = Written {
            schema: SCHEMA,
            version: "1",
            jurisdiction: "JP",
            receipt_id: fields.consent,
            previous_record: fields.supersedes,
            language: fields.language,
            consent_timestamp: facts.signed_at,
            issued_timestamp: facts.issued_at,
            collection_method: fields.place,
            event: facts.event,
            pii_principal: fields.subject.to_string(),
            signer: fields.guardian.to_string(),
            signer_role: fields.role,
            pii_controllers: [&fields.controller],
            recipients: [&fields.recipient],
            services: [service(statement)],
            consent_type: "EXPLICIT",
            third_party_disclosure: fields.recipient.member != fields.controller.member,
            transfer_abroad: fields.transfer_abroad,
            validity_start: fields.not_before,
            validity_end: fields.not_after,
            privacy_notice: fields.notice.as_str(),
            withdrawal: "card-or-app-at-any-time",
            proof: proof(statement, facts),
        };
        Ok(Self {
            bytes: encode(&written)?,
        })
    }

    /// The receipt as canonical JSON.
    #[must_use]
    pub fn canonical_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn service(statement: &Statement) -> Service<'_> {
    let fields = statement.fields();
    Service {
        purpose: fields.purpose,
        pii_categories: fields.categories,
        sensitive: true,
        primary_purpose: true,
        actions: &fields.actions,
        retention_days: fields.retention_days,
    }
}

fn proof<'a>(statement: &Statement, facts: &ReceiptFacts<'_>) -> Proof<'a> {
    let standing = match facts.verification.revocation {
        Revocation::Good | Revocation::Revoked { .. } => ReceiptStanding::Verified,
        Revocation::Unknown | Revocation::NotChecked => ReceiptStanding::RevocationPending,
    };
    Proof {
        signature_algorithm: "RSASSA-PKCS1-v1_5-SHA256",
        content_tag: "musubi/consent/signed-consent/v1",
        genesis: facts.genesis,
        nonce: Hex32(statement.fields().nonce),
        statement_digest: Hex32(statement.digest()),
        assurance: statement.fields().assurance,
        standing,
    }
}
