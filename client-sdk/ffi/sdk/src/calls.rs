//! The runtime's calls that people, their devices and members' systems make; each gives the bytes for an extrinsic.

use crate::error::MusubiError;
use musubi_client_sdk::calls::{access, consent, consortium};
use musubi_primitives::{
    CategorySet, Commitment, ConsentId, Pseudonym, Purpose, RequestId, SessionId, VerifyingKey,
    access::Claim,
};

/// Ends a consent by the person's will. `evidence` is a commitment, where a counter speaks for the person.
///
/// # Errors
/// [`MusubiError::Input`] for an identifier that is none.
#[uniffi::export]
pub fn withdraw_consent(
    consent: ConsentId,
    evidence: Option<Commitment>,
) -> Result<Vec<u8>, MusubiError> {
    Ok(consent::withdraw(consent, evidence).0)
}

/// Pauses a consent by the will of another holder of joint authority.
///
/// # Errors
/// [`MusubiError::Input`] for an identifier that is none.
#[uniffi::export]
pub fn object_to_consent(
    consent: ConsentId,
    objector: Pseudonym,
    evidence: Option<Commitment>,
) -> Result<Vec<u8>, MusubiError> {
    Ok(consent::object(consent, objector, evidence).0)
}

/// Takes an objection back.
///
/// # Errors
/// [`MusubiError::Input`] for an identifier that is none.
#[uniffi::export]
pub fn resume_consent(
    consent: ConsentId,
    evidence: Option<Commitment>,
) -> Result<Vec<u8>, MusubiError> {
    Ok(consent::resume(consent, evidence).0)
}

/// Asks to read; the runtime decides, and the answer is a row of the person's trail either way.
///
/// # Errors
/// [`MusubiError::Input`] for an identifier that is none.
#[uniffi::export]
pub fn request_access(
    request: RequestId,
    subject: Pseudonym,
    purpose: Purpose,
    categories: CategorySet,
    claim: Claim,
    session: Option<SessionId>,
) -> Result<Vec<u8>, MusubiError> {
    Ok(access::request_access(request, subject, purpose, categories, claim, session).0)
}

/// Registers the key of a network node of the operator's own member.
///
/// # Errors
/// [`MusubiError::Input`] for a key that is none.
#[uniffi::export]
pub fn register_node(node: VerifyingKey) -> Result<Vec<u8>, MusubiError> {
    Ok(consortium::register_node(node).0)
}

/// Withdraws such a key.
///
/// # Errors
/// [`MusubiError::Input`] for a key that is none.
#[uniffi::export]
pub fn withdraw_node(node: VerifyingKey) -> Result<Vec<u8>, MusubiError> {
    Ok(consortium::withdraw_node(node).0)
}
