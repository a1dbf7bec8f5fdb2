//! The three shorter documents a card signs at a counter, judged: a binding, a withdrawal, a check-in.
//!
//! Each counts only inside its own short period, only with the values the verifier expects, and only once: the caller
//! spends the nonce.

use musubi_primitives::{
    AccountId, BindingId, BlockHash, Commitment, ConsentId, MemberId, Pseudonym, Purpose, SessionId,
};

use crate::attestation::ActiveBinding;
use crate::binding::{BindingFields, binding_commitment};
use crate::check_in::CheckInFields;
use crate::document::{Document, DocumentError, DocumentFields};
use crate::evidence::Evidence;
use crate::signed_content::SignedContent;
use crate::validator::{
    self, CertificateUse, RevocationSource, TrustedRoots, Verification, VerificationError,
};
use crate::withdrawal::WithdrawalFields;

/// What every judgement at a counter rests on.
#[derive(Clone, Copy)]
pub struct Counter<'a> {
    /// Hash of the chain's first block.
    pub genesis: BlockHash,
    /// The pinned roots.
    pub roots: &'a TrustedRoots,
    /// Where revocation answers come from.
    pub revocations: &'a dyn RevocationSource,
}

impl std::fmt::Debug for Counter<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Counter")
            .field("genesis", &self.genesis)
            .finish_non_exhaustive()
    }
}

/// Why a signed document is not accepted at a counter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The document cannot be read.
    #[error("read the document")]
    Document(#[source] DocumentError),
    /// A field differs from what the verifier expects: another terminal, another person, a stale nonce.
    #[error("field {0} differs from what is expected")]
    Field(&'static str),
    /// Signed before or after the document's own period.
    #[error("signed outside the document's period")]
    OutsidePeriod,
    /// The signature does not count.
    #[error("verify the signature")]
    Signature(#[source] VerificationError),
    /// The commitment on chain is not that of this card and person.
    #[error("the certificate is not that of the card binding")]
    OtherCard,
}

/// A binding as proposed on chain, with the nonce that the verifier issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedBinding {
    /// The binding.
    pub binding: BindingId,
    /// The person.
    pub person: Pseudonym,
    /// The municipality.
    pub home: MemberId,
    /// The binding it replaces.
    pub replaces: Option<BindingId>,
    /// The nonce issued.
    pub nonce: [u8; 32],
    /// [`binding_commitment`] as it stands on chain, opened by [`Evidence::salt`].
    pub commitment: Commitment,
}

/// A withdrawal as the verifier expects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedWithdrawal {
    /// The consent that ends.
    pub consent: ConsentId,
    /// Whose records.
    pub subject: Pseudonym,
    /// Who withdraws.
    pub guardian: Pseudonym,
    /// The nonce issued.
    pub nonce: [u8; 32],
}

/// A check-in as this terminal asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedCheckIn {
    /// The visit.
    pub session: SessionId,
    /// Whose visit.
    pub subject: Pseudonym,
    /// Whose card.
    pub person: Pseudonym,
    /// Where.
    pub member: MemberId,
    /// Key of this terminal.
    pub terminal: AccountId,
    /// Key of the member of staff.
    pub staff: AccountId,
    /// What for.
    pub purpose: Purpose,
    /// The nonce issued.
    pub nonce: [u8; 32],
}

impl Counter<'_> {
    /// Accepts a binding: the certificate becomes that of the person.
    ///
    /// # Errors
    ///
    /// [`Refusal`] naming what differs.
    pub fn accept_binding(
        &self,
        expected: &ExpectedBinding,
        evidence: &Evidence,
    ) -> Result<Verification, Refusal> {
        self.accept_binding_of(CertificateUse::Signing, expected, evidence)
    }

    /// Accepts the card that a person checks in with: the same statement under the authentication key. Whose card it is, that
    /// certificate does not say: staff at the counter have looked at the card's face.
    ///
    /// # Errors
    ///
    /// [`Refusal`] naming what differs.
    pub fn accept_check_in_card(
        &self,
        expected: &ExpectedBinding,
        evidence: &Evidence,
    ) -> Result<Verification, Refusal> {
        self.accept_binding_of(CertificateUse::Authentication, expected, evidence)
    }

    fn accept_binding_of(
        &self,
        certificate_use: CertificateUse,
        expected: &ExpectedBinding,
        evidence: &Evidence,
    ) -> Result<Verification, Refusal> {
        let (fields, verification) = self.read::<BindingFields>(certificate_use, evidence)?;
        require(fields.binding == expected.binding, "binding")?;
        require(fields.person == expected.person, "person")?;
        require(fields.home == expected.home, "home")?;
        require(fields.replaces == expected.replaces, "replaces")?;
        require(fields.nonce == expected.nonce, "nonce")?;
        let bound = ActiveBinding {
            commitment: expected.commitment,
            salt: evidence.salt.clone(),
        };
        require_card(&bound, &expected.person, &verification)?;
        Ok(verification)
    }

    /// Accepts a withdrawal by the card that is bound to the guardian.
    ///
    /// # Errors
    ///
    /// [`Refusal`] naming what differs.
    pub fn accept_withdrawal(
        &self,
        expected: &ExpectedWithdrawal,
        binding: &ActiveBinding,
        evidence: &Evidence,
    ) -> Result<Verification, Refusal> {
        let (fields, verification) =
            self.read::<WithdrawalFields>(CertificateUse::Signing, evidence)?;
        require(fields.consent == expected.consent, "consent")?;
        require(fields.subject == expected.subject, "subject")?;
        require(fields.guardian == expected.guardian, "guardian")?;
        require(fields.nonce == expected.nonce, "nonce")?;
        require_card(binding, &expected.guardian, &verification)?;
        Ok(verification)
    }

    /// Accepts a check-in by the authentication key. `binding` is the commitment to the authentication certificate.
    ///
    /// # Errors
    ///
    /// [`Refusal`] naming what differs: above all another terminal or a nonce that is not this visit's.
    pub fn accept_check_in(
        &self,
        expected: &ExpectedCheckIn,
        binding: &ActiveBinding,
        evidence: &Evidence,
    ) -> Result<Verification, Refusal> {
        let (fields, verification) =
            self.read::<CheckInFields>(CertificateUse::Authentication, evidence)?;
        require(fields.session == expected.session, "session")?;
        require(fields.subject == expected.subject, "subject")?;
        require(fields.person == expected.person, "person")?;
        require(fields.member == expected.member, "member")?;
        require(fields.terminal == expected.terminal, "terminal")?;
        require(fields.staff == expected.staff, "staff")?;
        require(fields.purpose == expected.purpose, "purpose")?;
        require(fields.nonce == expected.nonce, "nonce")?;
        require_card(binding, &expected.person, &verification)?;
        Ok(verification)
    }

    fn read<F: DocumentFields + Clone>(
        &self,
        certificate_use: CertificateUse,
        evidence: &Evidence,
    ) -> Result<(F, Verification), Refusal> {
        let document = Document::<F>::parse(&evidence.document).map_err(Refusal::Document)?;
        let (not_before, not_after) = document.fields().period();
        if evidence.signed_at < not_before || not_after <= evidence.signed_at {
            return Err(Refusal::OutsidePeriod);
        }
        let content = SignedContent::of(&document, self.genesis);
        let signed_at = evidence.signed_at;
        let verification = validator::verify(
            self.roots,
            self.revocations,
            certificate_use,
            &evidence.cms,
            &content,
            signed_at,
        )
        .map_err(Refusal::Signature)?;
        Ok((document.fields().clone(), verification))
    }
}

fn require(agrees: bool, field: &'static str) -> Result<(), Refusal> {
    if agrees {
        Ok(())
    } else {
        Err(Refusal::Field(field))
    }
}

fn require_card(
    binding: &ActiveBinding,
    person: &Pseudonym,
    verification: &Verification,
) -> Result<(), Refusal> {
    let found = binding_commitment(&binding.salt, person, verification.certificate.der());
    if found == binding.commitment {
        Ok(())
    } else {
        Err(Refusal::OtherCard)
    }
}
