//! What a receipt says, in the words of TS 27560 and Kantara where they have one.

use musubi_primitives::resident::Authority;
use musubi_primitives::{
    AccountId, AssuranceLevel, BlockHash, CategorySet, Commitment, ConsentId, Language, MemberId,
    Moment, Pseudonym, Purpose, VerifyingKey,
};
use serde::{Deserialize, Serialize};

use super::codes::{
    AgeBand, AuthorityBasis, Helper, LegalBasis, Medium, ReceiptEvent, ReceiptStanding,
};
use super::{Act, ReceiptFacts, SCHEMA};
use crate::document::Hex32;
use crate::statement::{Action, Party, Place, SignerRole, Statement};
use crate::text::Text;

/// What the municipality adds. Every field may be unknown; what is unknown is left out, never guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiptDetails {
    /// Commitment under which the evidence is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_id: Option<Commitment>,
    /// SHA-256 of the privacy notice that was handed over, as a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_hash: Option<Commitment>,
    /// Where the municipality's privacy policy can be read (Kantara: policy URL).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_url: Option<Text>,
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
    /// Legal bases, of whoever gives and of whoever receives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legal_basis: Vec<LegalBasis>,
    /// Systems in which the records lie.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_systems: Vec<Text>,
    /// Days on which to look at it again while it holds: the 15th and 18th birthday rounded as the register rounds them, the fifth year.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Moment>,
    /// Key of the terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal: Option<AccountId>,
    /// Key of the member of staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<AccountId>,
    /// How the receipt is handed over, where that was known when it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Medium>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Moment>,
    /// Rules by which the signature was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<Text>,
}

/// Everything a receipt says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    pub(super) schema: String,
    version: String,
    jurisdiction: String,
    pub(crate) receipt_id: ConsentId,
    pub(crate) receipt_number: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous_record: Option<ConsentId>,
    language: Language,
    pub(crate) consent_timestamp: Moment,
    pub(crate) issued_timestamp: Moment,
    collection_method: Place,
    pub(crate) event: ReceiptEvent,
    pub(crate) event_timestamp: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<Act>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verifier_signature: Option<VerifierSignature>,
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

/// What was checked, by whom and when.
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
    pub(crate) checked_timestamp: Moment,
    pub(crate) standing: ReceiptStanding,
}

/// The verifier's signature over everything else in the receipt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifierSignature {
    pub(super) algorithm: String,
    pub(crate) key: VerifyingKey,
    pub(super) value: String,
}

pub(super) fn content(
    statement: &Statement,
    facts: &ReceiptFacts<'_>,
    details: ReceiptDetails,
) -> Content {
    let fields = statement.fields();
    let goes_on = fields.recipient.member != fields.controller.member;
    Content {
        schema: SCHEMA.to_owned(),
        version: "2".to_owned(),
        jurisdiction: "JP".to_owned(),
        receipt_id: fields.consent,
        receipt_number: facts.number,
        previous_record: fields.supersedes,
        language: fields.language,
        consent_timestamp: facts.signed_at,
        issued_timestamp: facts.issued_at,
        collection_method: fields.place,
        event: facts.event,
        event_timestamp: facts.happened_at,
        act: facts.act,
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
        verifier_signature: None,
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
        checked_timestamp: facts.checked_at,
        standing: facts.signed_by.standing(),
    }
}
