//! Does the chain say what the person signed? One pure function, whose "no" names the first thing that differs.
//!
//! An attester calls it with the terms finalised on chain, the evidence it opened, and what its own register says. It
//! attests only on [`Verdict::Attest`]; a [`Disagreement`] is recorded and shown.

use musubi_primitives::consent::Terms;
use musubi_primitives::resident::Authority;
use musubi_primitives::{AssuranceLevel, BlockHash, Commitment, ConsentId, MemberId, Moment, Salt};

use crate::age::{BirthDate, CHILD_ASKED_YEARS, guardian_ends};
use crate::binding::binding_commitment;
use crate::document::DocumentError;
use crate::evidence::Evidence;
use crate::signed_content::SignedContent;
use crate::statement::{SignerRole, Statement, StatementFields};
use crate::validator::{
    self, CertificateUse, RevocationSource, TrustedRoots, Verification, VerificationError,
};

/// The card binding that is active for the signer, as the chain and the register say.
#[derive(Clone, Debug)]
pub struct ActiveBinding {
    /// On chain.
    pub commitment: Commitment,
    /// In the register of the home municipality.
    pub salt: Salt,
}

/// What the register says about the signer and the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardianFacts {
    /// As whom the signer may speak.
    pub role: SignerRole,
    /// Alone or jointly.
    pub authority: Authority,
    /// First moment at which the signer may.
    pub from: Moment,
    /// First moment at which the signer no longer may.
    pub until: Moment,
}

impl GuardianFacts {
    /// What a person may say for oneself: from 15 on, when a signing certificate may be held and the own word is asked for.
    #[must_use]
    pub fn of_oneself(born: BirthDate) -> Self {
        Self {
            role: SignerRole::Subject,
            authority: Authority::Single,
            from: born.reaches(CHILD_ASKED_YEARS),
            until: Moment::MAX,
        }
    }

    /// The same authority, ended by the subject's age: whoever decides for a minor is heard until the child is 15, then again until 18.
    #[must_use]
    pub fn bounded_by_age(self, born: BirthDate, signed_at: Moment) -> Self {
        match self.role {
            SignerRole::Subject | SignerRole::Proxy => self,
            SignerRole::ParentalAuthority
            | SignerRole::GuardianOfMinor
            | SignerRole::ChildWelfareDirector
            | SignerRole::FosterParent => Self {
                until: self.until.min(guardian_ends(born, signed_at)),
                ..self
            },
        }
    }
}

/// What is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Hash of the chain's first block.
    pub genesis: BlockHash,
    /// The consent on chain.
    pub consent: ConsentId,
    /// Its terms on chain.
    pub terms: &'a Terms,
    /// The member that attests.
    pub attester: MemberId,
    /// What was opened.
    pub evidence: &'a Evidence,
    /// The signer's active card binding; none when there is none.
    pub binding: Option<&'a ActiveBinding>,
    /// The signer's authority over the subject; none when the register knows none.
    pub guardian: Option<GuardianFacts>,
}

/// The field of the terms that differs from the signed statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermsField {
    /// The consent's identifier.
    Consent,
    /// Whose records.
    Subject,
    /// Who signs.
    Guardian,
    /// Who may ask.
    Recipient,
    /// What for.
    Purpose,
    /// Which records.
    Categories,
    /// From when.
    NotBefore,
    /// Until when.
    NotAfter,
    /// The nonce.
    Nonce,
    /// The level of assurance.
    Assurance,
    /// The second attester.
    SecondAttester,
    /// The guardian's account.
    Account,
}

/// Why an attester does not attest: the first thing found that differs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// The evidence does not open the commitment on chain.
    #[error("the evidence does not open the commitment")]
    Commitment,
    /// The document is no statement.
    #[error("read the statement")]
    Statement(#[source] DocumentError),
    /// A field on chain differs from the signed statement.
    #[error("{0:?} on chain differs from the signed statement")]
    Terms(TermsField),
    /// The attester is neither the controller nor the second attester that the statement names.
    #[error("the statement does not name this attester")]
    Attester,
    /// The level of assurance asks for no card signature, or for another kind of one.
    #[error("the evidence holds a card signature where the terms ask for {0:?}")]
    Assurance(AssuranceLevel),
    /// The signature does not count.
    #[error("verify the signature")]
    Signature(#[source] VerificationError),
    /// The signer has no active card binding.
    #[error("the signer has no active card binding")]
    NoBinding,
    /// The certificate is not that of the active binding: an old card, or somebody else's.
    #[error("the certificate is not that of the active card binding")]
    OtherCard,
    /// The register knows no authority of the signer over the subject.
    #[error("the signer has no authority over the subject")]
    NoAuthority,
    /// The authority had not begun or was over at the time of signing.
    #[error("the signer's authority does not cover the time of signing")]
    AuthorityOver,
    /// Role or joint authority differ from what the register says.
    #[error("the signer's authority differs from the register")]
    AuthorityDiffers,
    /// A second village is named where the subject is protected.
    #[error("the statement of a protected person names a second village")]
    SecondOfProtected,
    /// Fewer than two officers of the home municipality witnessed it.
    #[error("{0} officers of the home municipality witnessed it, two are needed")]
    Witnesses(usize),
    /// The consent would outlive the authority it rests on.
    #[error("the consent would outlive the signer's authority")]
    OutlivesAuthority,
}

/// Who may attest a statement. How many of them must is the chain's rule (`pallet-consent`, K7 and K8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attesters {
    /// The home municipality: one officer or two.
    pub home: MemberId,
    /// One officer of this village may stand in for the second one.
    pub second: Option<MemberId>,
}

/// Who may attest: the home municipality, and the second village where the statement names one and the subject is not protected. A
/// protected person's statement that names a second village is refused before anybody else hears of it.
///
/// # Errors
///
/// [`Disagreement::SecondOfProtected`].
pub fn attesters(signed: &StatementFields, is_protected: bool) -> Result<Attesters, Disagreement> {
    let second = signed.second_attester.as_ref().map(|party| party.member);
    if is_protected && second.is_some() {
        return Err(Disagreement::SecondOfProtected);
    }
    Ok(Attesters {
        home: signed.controller.member,
        second,
    })
}

/// The outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything agrees. While [`Verification::is_conclusive`] is false the revocation answer is still pending.
    Attest(Box<Verification>),
    /// Something differs.
    Disagree(Disagreement),
}

/// Judges a claim.
#[must_use]
pub fn judge(
    claim: &Claim<'_>,
    roots: &TrustedRoots,
    revocations: &dyn RevocationSource,
) -> Verdict {
    match check(claim, roots, revocations) {
        Ok(verification) => Verdict::Attest(Box::new(verification)),
        Err(disagreement) => Verdict::Disagree(disagreement),
    }
}

fn check(
    claim: &Claim<'_>,
    roots: &TrustedRoots,
    revocations: &dyn RevocationSource,
) -> Result<Verification, Disagreement> {
    let statement = open(claim)?;
    let fields = statement.fields();
    let certificate_use = use_for(fields.assurance)?;
    let content = SignedContent::of(&statement, claim.genesis);
    let evidence = claim.evidence;
    let verification = validator::verify(
        roots,
        revocations,
        certificate_use,
        &evidence.cms,
        &content,
        evidence.signed_at,
    )
    .map_err(Disagreement::Signature)?;
    check_binding(claim, fields, &verification)?;
    check_authority(claim, fields)?;
    Ok(verification)
}

/// The statement that opens the commitment, says what the chain says, and names this attester.
pub(crate) fn open(claim: &Claim<'_>) -> Result<Statement, Disagreement> {
    if claim.evidence.commitment() != claim.terms.statement {
        return Err(Disagreement::Commitment);
    }
    let statement = Statement::parse(&claim.evidence.document).map_err(Disagreement::Statement)?;
    check_terms(claim, statement.fields())?;
    check_attester(claim.attester, statement.fields())?;
    Ok(statement)
}

/// Every on-chain field equals the signed statement.
fn check_terms(claim: &Claim<'_>, signed: &StatementFields) -> Result<(), Disagreement> {
    let terms = claim.terms;
    let second_attester = signed.second_attester.as_ref().map(|party| party.member);
    let agreements = [
        (TermsField::Consent, claim.consent == signed.consent),
        (TermsField::Subject, terms.subject == signed.subject),
        (TermsField::Guardian, terms.guardian == signed.guardian),
        (
            TermsField::Recipient,
            terms.recipient == signed.recipient.member,
        ),
        (TermsField::Purpose, terms.purpose == signed.purpose),
        (
            TermsField::Categories,
            terms.categories == signed.categories,
        ),
        (TermsField::NotBefore, terms.not_before == signed.not_before),
        (TermsField::NotAfter, terms.not_after == signed.not_after),
        (TermsField::Nonce, terms.nonce == signed.nonce),
        (TermsField::Assurance, terms.assurance == signed.assurance),
        (
            TermsField::SecondAttester,
            terms.second_attester == second_attester,
        ),
        (TermsField::Account, terms.account == signed.account),
    ];
    match agreements.into_iter().find(|(_, agrees)| !agrees) {
        Some((field, _)) => Err(Disagreement::Terms(field)),
        None => Ok(()),
    }
}

fn check_attester(attester: MemberId, signed: &StatementFields) -> Result<(), Disagreement> {
    let is_second = signed
        .second_attester
        .as_ref()
        .is_some_and(|second| second.member == attester);
    if attester == signed.controller.member || is_second {
        Ok(())
    } else {
        Err(Disagreement::Attester)
    }
}

fn use_for(assurance: AssuranceLevel) -> Result<CertificateUse, Disagreement> {
    match assurance {
        AssuranceLevel::CardSigned => Ok(CertificateUse::Signing),
        AssuranceLevel::CardAuthenticated => Ok(CertificateUse::Authentication),
        AssuranceLevel::Witnessed => Err(Disagreement::Assurance(assurance)),
    }
}

/// The certificate is that of the card bound to the signer now.
fn check_binding(
    claim: &Claim<'_>,
    signed: &StatementFields,
    verification: &Verification,
) -> Result<(), Disagreement> {
    let binding = claim.binding.ok_or(Disagreement::NoBinding)?;
    let found = binding_commitment(
        &binding.salt,
        &signed.guardian,
        verification.certificate.der(),
    );
    if found == binding.commitment {
        Ok(())
    } else {
        Err(Disagreement::OtherCard)
    }
}

/// The register agrees that the signer may decide, as stated, at the time of signing and for the whole period.
pub(crate) fn check_authority(
    claim: &Claim<'_>,
    signed: &StatementFields,
) -> Result<(), Disagreement> {
    let guardian = claim.guardian.ok_or(Disagreement::NoAuthority)?;
    let signed_at = claim.evidence.signed_at;
    if signed_at < guardian.from || guardian.until <= signed_at {
        return Err(Disagreement::AuthorityOver);
    }
    if guardian.role != signed.role || guardian.authority != signed.authority {
        return Err(Disagreement::AuthorityDiffers);
    }
    if guardian.until < signed.not_after {
        Err(Disagreement::OutlivesAuthority)
    } else {
        Ok(())
    }
}
