//! Judging a consent: the signed or witnessed statement against chain and register. The first attestation, the second officer's look and
//! an auditor's rest on this one judgement.

use super::{
    attester::{Attester, Opened},
    counter::fault,
};
use musubi_consent::{
    Claim, Disagreement, Revocation, Statement, Verdict, Verification, WitnessRecord, attestation,
    judge_witnessed,
};
use musubi_node_gateway::DeskError;
use musubi_node_register::EvidenceKind;
use musubi_primitives::{
    AccountId, ConsentId, MemberId, Pseudonym, Role, seams::Actor, view::ConsentView,
};

/// A judgement that found no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// What is known of the certificate; nobody asks where no card signed.
    pub(super) revocation: Revocation,
    /// Whether the answer about it is still out.
    pub(super) is_pending: bool,
}

impl From<&Verification> for Judged {
    fn from(verification: &Verification) -> Self {
        Self {
            revocation: verification.revocation,
            is_pending: !verification.is_conclusive(),
        }
    }
}

/// Two officers' words are complete when they are given.
const WITNESSED: Judged = Judged {
    revocation: Revocation::NotChecked,
    is_pending: false,
};

impl Attester {
    /// Judges opened evidence of a consent as its home municipality, or as the second village that the terms name.
    pub(super) async fn judge_consent(
        &self,
        opened: &Opened,
        consent: ConsentId,
        view: &ConsentView,
    ) -> Result<Result<Judged, Disagreement>, DeskError> {
        let binding = self
            .binding_at(view.terms.assurance, &view.terms.guardian)
            .await?;
        let claim = Claim {
            genesis: self.chain.genesis(),
            consent,
            terms: &view.terms,
            attester: self.member,
            evidence: &opened.evidence,
            binding: binding.as_ref(),
            guardian: self.guardian_facts(view, opened.evidence.signed_at)?,
        };
        if let Err(disagreement) = self.check_attesters(&claim)? {
            return Ok(Err(disagreement));
        }
        if matches!(opened.kind, EvidenceKind::Witnessed(_)) {
            let officers = self.officers_named(&claim).await?;
            return Ok(judge_witnessed(&claim, &officers).map(|()| WITNESSED));
        }
        Ok(self.judge_signed(&claim))
    }

    /// Judges a signed claim with what is known of revocations now.
    pub(super) fn judge_signed(&self, claim: &Claim<'_>) -> Result<Judged, Disagreement> {
        match attestation::judge(claim, &self.roots, self.revocations.as_ref()) {
            Verdict::Attest(verification) => Ok(Judged::from(&*verification)),
            Verdict::Disagree(disagreement) => Err(disagreement),
        }
    }

    /// A protected person's statement may name no second village. What is no statement is judged later, with its own words.
    fn check_attesters(&self, claim: &Claim<'_>) -> Result<Result<(), Disagreement>, DeskError> {
        let Ok(statement) = Statement::parse(&claim.evidence.document) else {
            return Ok(Ok(()));
        };
        let is_protected = self.is_protected(&claim.terms.subject)?;
        Ok(attestation::attesters(statement.fields(), is_protected).map(drop))
    }

    /// Whether the register has the person as protected.
    pub(super) fn is_protected(&self, person: &Pseudonym) -> Result<bool, DeskError> {
        let Some(id) = self.register.by_pseudonym(person).map_err(fault)? else {
            return Ok(false);
        };
        let person = self.register.person(id).map_err(fault)?;
        Ok(person.is_some_and(|person| person.protected))
    }

    /// Those of the witnesses named who are officers of this municipality, as the chain knows them now.
    async fn officers_named(&self, claim: &Claim<'_>) -> Result<Vec<AccountId>, DeskError> {
        let Ok(record) = WitnessRecord::parse(&claim.evidence.cms) else {
            return Ok(Vec::new());
        };
        let mut officers = Vec::new();
        for account in record.named() {
            let actor: Option<Actor> = self.chain.read("MusubiApi_actor", account).await?;
            if actor.is_some_and(|actor| is_officer_of(self.member, actor)) {
                officers.push(account);
            }
        }
        Ok(officers)
    }
}

fn is_officer_of(municipality: MemberId, actor: Actor) -> bool {
    (actor.member, actor.role) == (municipality, Role::Officer)
}
