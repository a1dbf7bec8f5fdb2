//! The attester: opens evidence that is sealed to this municipality, judges it, and vouches on the chain or says what differs.
//!
//! The order is the same for each kind: open, judge against chain and register, take evidence and nonce into the register in one
//! write, and only then speak on the chain. Evidence that does not even open the chain's commitment changes nothing there: a stranger
//! could send it.

use super::chain::{Chain, unavailable};
use super::counter::fault;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::calls;
use musubi_consent::{
    ActiveBinding, BindingStatement, Claim, Counter, Disagreement, DocumentError, Evidence,
    EvidenceError, ExpectedBinding, ExpectedWithdrawal, GuardianFacts, NonceBatch, NonceError,
    RevocationSource, SealedEvidence, SignedCms, TrustedRoots, Verdict, Verification, Withdrawal,
    attestation, binding::binding_commitment, evidence::HpkePrivateKey,
};
use musubi_node_gateway::{Answer, Caller, DeskError, DocumentKind, IssuedNonce, SealedDocument};
use musubi_node_register::{
    BoundCard, EvidenceKind, Finding, IntakeError, Person, PersonId, Register, Spending,
};
use musubi_primitives::{
    AssuranceLevel, BindingId, ConsentId, ConsentState, MemberId, Moment, Pseudonym,
    resident::{Authority, SignerRole},
    view::{CardView, ConsentView},
};
use std::sync::Arc;

/// How long a nonce may wait for its signature: a visit to the counter, or an evening with the phone.
const NONCE_LIFE: Moment = 12 * 3600 * 1000;
/// How far a terminal's clock may be ahead of ours.
const CLOCK_SKEW_MAX: Moment = 60_000;

/// The desk of a municipality's attesting officer.
#[derive(Clone)]
pub struct Attester {
    pub chain: Chain,
    pub register: Arc<Register>,
    pub member: MemberId,
    /// The officer's service account.
    pub officer: SigningKey,
    /// Opens what is sealed to the municipality.
    pub opener: Arc<HpkePrivateKey>,
    /// Pinned roots of the certificates.
    pub roots: Arc<TrustedRoots>,
    /// Where revocation answers come from.
    pub revocations: Arc<dyn RevocationSource + Send + Sync>,
}

/// Evidence that was opened, and who brought it.
struct Opened<'a> {
    caller: &'a Caller,
    about: [u8; 32],
    evidence: Evidence,
}

impl Attester {
    /// Issues a nonce that only the caller may use.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub fn issue_nonce(&self, caller: &Caller) -> Result<IssuedNonce, DeskError> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(unavailable)?;
        let now = self.chain.now();
        let batch = NonceBatch {
            genesis: self.chain.genesis(),
            verifier: self.member,
            terminal: caller.account,
            not_before: now,
            not_after: now.saturating_add(NONCE_LIFE),
            nonces: vec![nonce],
        };
        self.register.issue_nonces(&batch).map_err(fault)?;
        Ok(IssuedNonce {
            nonce: format!("0x{}", hex::encode(nonce)),
            not_before: batch.not_before,
            not_after: batch.not_after,
        })
    }

    /// Judges evidence.
    ///
    /// # Errors
    /// See [`DeskError`]. What differs is an [`Answer`], not an error.
    pub async fn receive(
        &self,
        caller: &Caller,
        document: SealedDocument,
    ) -> Result<Answer, DeskError> {
        let evidence = SealedEvidence::parse(&document.sealed)
            .and_then(|sealed| sealed.open(&self.opener, &document.about))
            .map_err(unopened)?;
        if self.chain.now().saturating_add(CLOCK_SKEW_MAX) < evidence.signed_at {
            return Err(DeskError::Unprocessable(
                "the time of signing lies ahead of this node's clock: set the terminal's clock"
                    .to_owned(),
            ));
        }
        let opened = Opened {
            caller,
            about: document.about,
            evidence,
        };
        match document.kind {
            DocumentKind::Binding => self.bind(opened).await,
            DocumentKind::Consent => self.attest(opened).await,
            DocumentKind::Withdrawal => self.withdraw(opened).await,
        }
    }

    /// A card that speaks for a person from now on.
    async fn bind(&self, opened: Opened<'_>) -> Result<Answer, DeskError> {
        let statement = BindingStatement::parse(&opened.evidence.document).map_err(unreadable)?;
        let fields = statement.fields();
        let (id, person) = self.person(&fields.person)?;
        let former: Option<CardView> = self
            .chain
            .read("MusubiApi_active_card", fields.person)
            .await?;
        if former.is_some_and(|card| card.binding.0 == opened.about)
            && self.has(&opened.evidence)?
        {
            return self.attested_before(None);
        }
        let Ok(cms) = SignedCms::parse(&opened.evidence.cms) else {
            return Ok(disagreed("the signature cannot be read"));
        };
        let commitment =
            binding_commitment(&opened.evidence.salt, &fields.person, &cms.certificate);
        let expected = ExpectedBinding {
            binding: BindingId(opened.about),
            person: fields.person,
            home: self.member,
            replaces: former.map(|card| card.binding),
            nonce: fields.nonce,
            commitment,
        };
        let verification = match self.counter().accept_binding(&expected, &opened.evidence) {
            Ok(verification) => verification,
            Err(refusal) => return Ok(disagreed(words(&refusal))),
        };
        if !verification.is_conclusive() {
            return Ok(Answer::Pending);
        }
        self.keep(
            &opened,
            EvidenceKind::Binding(opened.about),
            fields.nonce,
            &verification,
        )?;
        self.note_card(id, person, &expected, &opened.evidence)?;
        let call = calls::residents::bind_card(
            fields.person,
            expected.binding,
            commitment,
            AssuranceLevel::CardSigned,
        );
        let applied = self.chain.submit(&self.officer, call).await?;
        Ok(Answer::Attested {
            block: applied.block,
            consent: None,
        })
    }

    /// A consent that waits for this municipality's word.
    async fn attest(&self, opened: Opened<'_>) -> Result<Answer, DeskError> {
        let consent = ConsentId(opened.about);
        let view = self.consent(consent).await?;
        if view.state == ConsentState::Effective && self.has(&opened.evidence)? {
            return self.attested_before(Some(consent));
        }
        if view.state != ConsentState::Proposed {
            return Err(DeskError::Unprocessable(
                "this consent does not wait for an attestation".to_owned(),
            ));
        }
        let binding = self.active_binding(&view.terms.guardian).await?;
        let claim = Claim {
            genesis: self.chain.genesis(),
            consent,
            terms: &view.terms,
            attester: self.member,
            evidence: &opened.evidence,
            binding: binding.as_ref(),
            guardian: self.guardian_facts(&view)?,
        };
        let verification = match attestation::judge(&claim, &self.roots, self.revocations.as_ref())
        {
            Verdict::Attest(verification) => verification,
            Verdict::Disagree(Disagreement::Commitment) => {
                return Ok(disagreed(Disagreement::Commitment.to_string()));
            }
            Verdict::Disagree(disagreement) => return self.disagree(consent, &disagreement).await,
        };
        if !verification.is_conclusive() {
            return Ok(Answer::Pending);
        }
        self.keep(
            &opened,
            EvidenceKind::Consent(opened.about),
            view.terms.nonce,
            &verification,
        )?;
        let call = calls::consent::attest(consent);
        let applied = self.chain.submit(&self.officer, call).await?;
        Ok(Answer::Attested {
            block: applied.block,
            consent: Some(consent),
        })
    }

    async fn disagree(
        &self,
        consent: ConsentId,
        disagreement: &Disagreement,
    ) -> Result<Answer, DeskError> {
        let call = calls::consent::disagree(consent);
        let applied = self.chain.submit(&self.officer, call).await?;
        Ok(Answer::Disagreed {
            reason: words(disagreement),
            block: Some(applied.block),
        })
    }

    /// A withdrawal by card, for people without an account.
    async fn withdraw(&self, opened: Opened<'_>) -> Result<Answer, DeskError> {
        let consent = ConsentId(opened.about);
        let view = self.consent(consent).await?;
        let is_over = matches!(view.state, ConsentState::Ended(_));
        if is_over && self.has(&opened.evidence)? {
            return self.attested_before(Some(consent));
        }
        let statement = Withdrawal::parse(&opened.evidence.document).map_err(unreadable)?;
        let expected = ExpectedWithdrawal {
            consent,
            subject: view.terms.subject,
            guardian: view.terms.guardian,
            nonce: statement.fields().nonce,
        };
        let Some(binding) = self.active_binding(&view.terms.guardian).await? else {
            return Ok(disagreed(Disagreement::NoBinding.to_string()));
        };
        let accepted = self
            .counter()
            .accept_withdrawal(&expected, &binding, &opened.evidence);
        // A withdrawal is not held up by a revocation answer that is out: it takes away, it gives nothing.
        let verification = match accepted {
            Ok(verification) => verification,
            Err(refusal) => return Ok(disagreed(words(&refusal))),
        };
        let kind = EvidenceKind::Withdrawal(opened.about);
        self.keep(&opened, kind, expected.nonce, &verification)?;
        let call = calls::consent::withdraw(consent, Some(opened.evidence.commitment()));
        let applied = self.chain.submit(&self.officer, call).await?;
        Ok(Answer::Attested {
            block: applied.block,
            consent: Some(consent),
        })
    }

    /// The answer to evidence that was taken in and vouched for already.
    fn attested_before(&self, consent: Option<ConsentId>) -> Result<Answer, DeskError> {
        Ok(Answer::Attested {
            block: self.chain.tip().map_err(unavailable)?.height,
            consent,
        })
    }

    /// A consent whose subject has its home here, or that names this municipality as second attester.
    async fn consent(&self, consent: ConsentId) -> Result<ConsentView, DeskError> {
        let unknown =
            || DeskError::NotFound("no such consent, or not for this municipality".to_owned());
        let view: Option<ConsentView> = self.chain.read("MusubiApi_consent", consent).await?;
        let view = view.ok_or_else(unknown)?;
        let home: Option<MemberId> = self
            .chain
            .read("MusubiApi_home", view.terms.subject)
            .await?;
        if home == Some(self.member) || view.terms.second_attester == Some(self.member) {
            return Ok(view);
        }
        Err(unknown())
    }

    fn counter(&self) -> Counter<'_> {
        Counter {
            genesis: self.chain.genesis(),
            roots: &self.roots,
            revocations: self.revocations.as_ref(),
        }
    }

    /// Evidence, finding and nonce, at once.
    fn keep(
        &self,
        opened: &Opened<'_>,
        kind: EvidenceKind,
        nonce: [u8; 32],
        verification: &Verification,
    ) -> Result<(), DeskError> {
        let spending = Spending {
            nonce,
            terminal: opened.caller.account,
        };
        let finding = Finding {
            kind,
            judged_at: self.chain.now(),
            revocation: verification.revocation,
        };
        let kept = self.register.take_in(&spending, &opened.evidence, &finding);
        match kept {
            Ok(()) => Ok(()),
            // The very evidence was taken in before, and the chain did not hear of it: go on where that stopped.
            Err(IntakeError::Nonce(NonceError::Spent)) if self.has(&opened.evidence)? => Ok(()),
            Err(IntakeError::Nonce(nonce)) => Err(DeskError::Unprocessable(format!(
                "{nonce}: ask this municipality for a new nonce and sign again"
            ))),
            Err(IntakeError::Register(error)) => Err(fault(error)),
        }
    }

    fn has(&self, evidence: &Evidence) -> Result<bool, DeskError> {
        let found = self
            .register
            .judged(&evidence.commitment())
            .map_err(fault)?;
        Ok(found.is_some())
    }

    fn person(&self, pseudonym: &Pseudonym) -> Result<(PersonId, Person), DeskError> {
        let unknown = || {
            DeskError::NotFound(
                "nobody of this municipality's register has this pseudonym".to_owned(),
            )
        };
        let id = self.register.by_pseudonym(pseudonym).map_err(fault)?;
        let id = id.ok_or_else(unknown)?;
        let person = self.register.person(id).map_err(fault)?;
        Ok((id, person.ok_or_else(unknown)?))
    }

    fn note_card(
        &self,
        id: PersonId,
        mut person: Person,
        expected: &ExpectedBinding,
        evidence: &Evidence,
    ) -> Result<(), DeskError> {
        person.card = Some(BoundCard {
            binding: expected.binding,
            salt: evidence.salt.clone(),
        });
        self.register.update(id, &person).map_err(fault)
    }

    /// The card that speaks for a person of this register, as the chain has it now.
    async fn active_binding(&self, person: &Pseudonym) -> Result<Option<ActiveBinding>, DeskError> {
        let card: Option<CardView> = self.chain.read("MusubiApi_active_card", person).await?;
        let Some(id) = self.register.by_pseudonym(person).map_err(fault)? else {
            return Ok(None);
        };
        let known = self.register.person(id).map_err(fault)?;
        let bound = known.and_then(|person| person.card);
        let pair = card.zip(bound);
        let same = pair.filter(|(card, bound)| card.binding == bound.binding);
        Ok(same.map(|(card, bound)| ActiveBinding {
            commitment: card.commitment,
            salt: bound.salt,
        }))
    }

    /// What the register says of the signer's authority over the subject.
    fn guardian_facts(&self, view: &ConsentView) -> Result<Option<GuardianFacts>, DeskError> {
        let terms = &view.terms;
        if terms.guardian == terms.subject {
            return Ok(Some(GuardianFacts {
                role: SignerRole::Subject,
                authority: Authority::Single,
                from: 0,
                until: Moment::MAX,
            }));
        }
        let subject = self.register.by_pseudonym(&terms.subject).map_err(fault)?;
        let guardian = self.register.by_pseudonym(&terms.guardian).map_err(fault)?;
        let Some((subject, guardian)) = subject.zip(guardian) else {
            return Ok(None);
        };
        let subject = self.register.person(subject).map_err(fault)?;
        let guardians = subject.map(|subject| subject.guardians).unwrap_or_default();
        let known = guardians.into_iter().find(|known| known.person == guardian);
        Ok(known.map(|known| GuardianFacts {
            role: known.role,
            authority: known.authority,
            from: known.from,
            until: known.until,
        }))
    }
}

fn disagreed(reason: impl Into<String>) -> Answer {
    Answer::Disagreed {
        reason: reason.into(),
        block: None,
    }
}

/// An error with its causes. Those of `musubi-consent` repeat nothing of what was signed.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn unopened(error: EvidenceError) -> DeskError {
    DeskError::Unprocessable(format!("{error}: seal it to this municipality's key"))
}

fn unreadable(error: DocumentError) -> DeskError {
    DeskError::Unprocessable(format!("the signed document: {error}"))
}
