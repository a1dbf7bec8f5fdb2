//! The attester: opens evidence that is sealed to this municipality, judges it, and vouches on the chain or says what differs.
//!
//! The order is the same for each kind: open, judge against chain and register, take evidence and nonce into the register in one
//! write, and only then speak on the chain. Evidence that does not even open the chain's commitment changes nothing there: a stranger
//! could send it. What cannot be judged to its end, because nobody knows yet whether the certificate was revoked, is taken in too and
//! finished later ([`super::pending`]).

use super::{
    chain::{Chain, unavailable},
    counter::{check_counter, fault},
    hearing::{Why, disagreed, heard_by},
    holder::{Likeness, likeness},
    nonces::sign_again,
    papers::Stationery,
    pending::rejected_before,
    revocations::Sources,
    voice::Voice,
};
use crate::config::PendingConfig;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{calls, extrinsics::Call};
use musubi_consent::{
    BindingStatement, Counter, Disagreement, DocumentError, Evidence, EvidenceError,
    ExpectedBinding, ExpectedWithdrawal, NonceError, Revocation, SealedEvidence, SignedCms,
    Statement, TrustedRoots, Verification, Withdrawal, binding::binding_commitment,
    evidence::HpkePrivateKey,
};
use musubi_node_gateway::{Answer, Applied, Caller, DeskError, DocumentKind, SealedDocument};
use musubi_node_register::{
    Disagreed, EvidenceKind, Finding, IntakeError, Person, Register, Spending,
};
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, ConsentId, ConsentState, MemberId, Moment, view::CardView,
};
use std::sync::Arc;
use tokio::sync::Mutex;

/// How far a terminal's clock may be from ours.
pub(super) const CLOCK_SKEW_MAX: Moment = 60_000;

/// How the chain refuses a second attestation of one officer, as long as another one is missing and afterwards.
const ATTESTED: [&str; 2] = ["Consent.AlreadyAttested", "Consent.NotProposed"];

/// The desk of a municipality's attesting officer.
#[derive(Clone)]
pub struct Attester {
    pub chain: Chain,
    pub register: Arc<Register>,
    pub member: MemberId,
    /// The municipality's accounts.
    pub voice: Voice,
    /// Signs nonces for use without a network, and receipts, above all for evidence that was destroyed; none where no vault is kept.
    pub verifier: Option<SigningKey>,
    /// What papers need.
    pub stationery: Arc<Stationery>,
    /// Opens what is sealed to the municipality.
    pub opener: Arc<HpkePrivateKey>,
    /// Pinned roots of the certificates.
    pub roots: Arc<TrustedRoots>,
    /// Where revocation answers come from.
    pub revocations: Arc<Sources>,
    /// How long an answer is waited for.
    pub patience: PendingConfig,
    /// Held while an entry of the register is changed; the counter's too.
    pub editing: Arc<Mutex<()>>,
    /// Held while pending evidence is finished, so that the chain is told once.
    pub finishing: Arc<Mutex<()>>,
}

/// Evidence that was opened.
pub(super) struct Opened {
    pub(super) kind: EvidenceKind,
    pub(super) evidence: Evidence,
    /// The terminal whose nonce it uses up; none where it was taken in before.
    pub(super) terminal: Option<AccountId>,
    /// Whether somebody at the counter compared the name by eye; so it was where evidence was taken in before.
    pub(super) name_compared_by_eye: bool,
}

impl Attester {
    /// Judges evidence.
    ///
    /// # Errors
    /// See [`DeskError`]. What differs is an [`Answer`], not an error.
    pub async fn receive(
        &self,
        caller: &Caller,
        document: SealedDocument,
    ) -> Result<Answer, DeskError> {
        let answer = if document.kind == DocumentKind::HandedOver {
            self.second_word(&document).await?
        } else {
            self.hear(caller, document).await?
        };
        Ok(heard_by(caller, self.member, answer))
    }

    async fn hear(&self, caller: &Caller, document: SealedDocument) -> Result<Answer, DeskError> {
        let evidence = self.open(&document.sealed, &document.about)?;
        let opened = Opened {
            kind: kind_of(document.kind, document.about, &evidence),
            evidence,
            terminal: Some(caller.account),
            name_compared_by_eye: document.name_compared_by_eye,
        };
        let commitment = opened.evidence.commitment();
        let kept = self.kept(&opened)?;
        if kept.is_some_and(|kept| kept.is_pending()) {
            return self.finish(&commitment).await;
        }
        if kept.is_none() {
            self.check_entry(caller, &opened)?;
        }
        match self.judge(&opened).await? {
            Answer::Pending => self.wait_for_answer(&commitment).await,
            answer @ (Answer::Attested { .. } | Answer::Disagreed { .. }) => Ok(answer),
        }
    }

    /// Opens what is sealed to this municipality.
    ///
    /// # Errors
    /// [`DeskError::Unprocessable`] for what does not open, and for what was signed in the future.
    pub(super) fn open(&self, sealed: &[u8], about: &[u8; 32]) -> Result<Evidence, DeskError> {
        let evidence = SealedEvidence::parse(sealed)
            .and_then(|sealed| sealed.open(&self.opener, about))
            .map_err(unopened)?;
        if self.chain.now().saturating_add(CLOCK_SKEW_MAX) < evidence.signed_at {
            return Err(DeskError::Unprocessable(
                "the time of signing lies ahead of this node's clock: set the terminal's clock"
                    .to_owned(),
            ));
        }
        Ok(evidence)
    }

    /// New evidence: a card is shown at this municipality's counter only, and what was signed comes back while its nonce allows it.
    fn check_entry(&self, caller: &Caller, opened: &Opened) -> Result<(), DeskError> {
        match opened.kind {
            EvidenceKind::Binding(_) | EvidenceKind::CheckInCard(_) => {
                check_counter(self.member, caller)?;
            }
            EvidenceKind::Consent(_)
            | EvidenceKind::Witnessed(_)
            | EvidenceKind::Withdrawal(_)
            | EvidenceKind::CheckIn(_)
            | EvidenceKind::Paper(_) => {}
        }
        self.check_nonce_of(opened)
    }

    /// Judges evidence, takes it in, and speaks on the chain unless the revocation answer is still out.
    pub(super) async fn judge(&self, opened: &Opened) -> Result<Answer, DeskError> {
        match opened.kind {
            EvidenceKind::Binding(binding) => self.bind(opened, BindingId(binding)).await,
            EvidenceKind::Consent(consent) | EvidenceKind::Witnessed(consent) => {
                self.attest(opened, ConsentId(consent)).await
            }
            EvidenceKind::Withdrawal(consent) => self.withdraw(opened, ConsentId(consent)).await,
            EvidenceKind::CheckIn(_) => self.finish_check_in(opened).await,
            EvidenceKind::CheckInCard(binding) => {
                self.note_check_in_card(opened, BindingId(binding)).await
            }
            EvidenceKind::Paper(_) => Err(DeskError::Unprocessable(
                "a paper is taken in with the event that it is about".to_owned(),
            )),
        }
    }

    /// A card that speaks for a person from now on.
    async fn bind(&self, opened: &Opened, binding: BindingId) -> Result<Answer, DeskError> {
        let statement = BindingStatement::parse(&opened.evidence.document).map_err(unreadable)?;
        let fields = statement.fields();
        let (_, person) = self.person(&fields.person)?;
        let former: Option<CardView> = self
            .chain
            .read("MusubiApi_active_card", fields.person)
            .await?;
        let kept = self.kept(opened)?;
        if kept.is_some() && former.is_some_and(|card| card.binding == binding) {
            self.note_card(&fields.person, binding, &opened.evidence)
                .await?;
            return self.attested_before(None);
        }
        if let Some(answer) = kept.and_then(|kept| rejected_before(&kept, &opened.evidence)) {
            return Ok(answer);
        }
        let Ok(cms) = SignedCms::parse(&opened.evidence.cms) else {
            return Ok(disagreed(Why::of_the_card("the signature cannot be read")));
        };
        let commitment =
            binding_commitment(&opened.evidence.salt, &fields.person, &cms.certificate);
        let expected = ExpectedBinding {
            binding,
            person: fields.person,
            home: self.member,
            replaces: former.map(|card| card.binding),
            nonce: fields.nonce,
            commitment,
        };
        let verification = match self.counter().accept_binding(&expected, &opened.evidence) {
            Ok(verification) => verification,
            Err(refusal) => return Ok(disagreed(Why::from(&refusal))),
        };
        if let Err(why) = check_holder(&verification, &person, opened.name_compared_by_eye) {
            return Ok(disagreed(why));
        }
        self.keep(opened, fields.nonce, verification.revocation)?;
        if !verification.is_conclusive() {
            return Ok(Answer::Pending);
        }
        let call = calls::residents::bind_card(
            fields.person,
            binding,
            commitment,
            AssuranceLevel::CardSigned,
        );
        let applied = self.voice.speak(&[fields.person], call).await?;
        self.note_card(&fields.person, binding, &opened.evidence)
            .await?;
        Ok(Answer::Attested {
            block: applied.block,
            consent: None,
        })
    }

    /// A consent that waits for this municipality's word.
    async fn attest(&self, opened: &Opened, consent: ConsentId) -> Result<Answer, DeskError> {
        let view = self.consent(consent).await?;
        if let Some(answer) = self.disagreed_before(&consent)? {
            return Ok(answer);
        }
        let kept = self.kept(opened)?;
        if let Some(answer) = kept.and_then(|kept| rejected_before(&kept, &opened.evidence)) {
            return Ok(answer);
        }
        if view.state != ConsentState::Proposed {
            return self.attest_late(opened, consent, view.state, kept);
        }
        let judged = match self.judge_consent(opened, consent, &view).await? {
            Ok(judged) => judged,
            Err(disagreement) if ends_the_proposal(&disagreement) => {
                return self.disagree(consent, Why::from(&disagreement)).await;
            }
            Err(disagreement) => return Ok(disagreed(Why::from(&disagreement))),
        };
        self.keep(opened, view.terms.nonce, judged.revocation)?;
        if judged.is_pending {
            return Ok(Answer::Pending);
        }
        self.vouch(consent).await
    }

    /// Says on the chain that this municipality vouches. Two hearings of the same evidence may get here at once, and a process may end
    /// before it hears that its word was taken: what was said once is not said again.
    pub(super) async fn vouch(&self, consent: ConsentId) -> Result<Answer, DeskError> {
        let call = calls::consent::attest(consent);
        let block = match self.speak_of(consent, call).await {
            Ok(applied) => applied.block,
            Err(DeskError::RefusedByChain(rule))
                if ATTESTED.iter().any(|one| rule.starts_with(one)) =>
            {
                if !self.has_vouched(consent).await? {
                    return Err(DeskError::RefusedByChain(rule));
                }
                return self.attested_before(Some(consent));
            }
            Err(error) => return Err(error),
        };
        Ok(Answer::Attested {
            block,
            consent: Some(consent),
        })
    }

    /// What this municipality said against a consent on the chain: the same again, whoever asks and however it came to be known.
    fn disagreed_before(&self, consent: &ConsentId) -> Result<Option<Answer>, DeskError> {
        let known = self.register.disagreement(consent).map_err(fault)?;
        Ok(known.map(|known| Answer::Disagreed {
            reason: known.reason,
            is_of_the_card: true,
            block: Some(known.block),
        }))
    }

    /// A consent that waits for nobody's word any more: given before, or over before it could be.
    fn attest_late(
        &self,
        opened: &Opened,
        consent: ConsentId,
        state: ConsentState,
        kept: Option<Finding>,
    ) -> Result<Answer, DeskError> {
        let is_over = matches!(state, ConsentState::Ended(_));
        match kept {
            Some(_) if !is_over => self.attested_before(Some(consent)),
            Some(kept) if kept.is_pending() => Ok(self.over_before_judged(&opened.evidence)),
            _ => Err(DeskError::Unprocessable(
                "this consent does not wait for an attestation".to_owned(),
            )),
        }
    }

    /// Says something about a consent, by the account that speaks for its people.
    async fn speak_of(&self, consent: ConsentId, call: Call) -> Result<Applied, DeskError> {
        let terms = self.consent(consent).await?.terms;
        self.voice
            .speak(&[terms.subject, terms.guardian], call)
            .await
    }

    pub(super) async fn disagree(&self, consent: ConsentId, why: Why) -> Result<Answer, DeskError> {
        let call = calls::consent::disagree(consent);
        let applied = self.speak_of(consent, call).await?;
        let noted = Disagreed {
            reason: why.reason,
            block: applied.block,
            at: self.chain.now(),
        };
        let kept = self.register.note_disagreement(&consent, &noted);
        kept.map_err(fault)?;
        Ok(Answer::Disagreed {
            reason: noted.reason,
            is_of_the_card: why.is_of_the_card,
            block: Some(noted.block),
        })
    }

    /// A withdrawal by card, for people without an account.
    async fn withdraw(&self, opened: &Opened, consent: ConsentId) -> Result<Answer, DeskError> {
        let view = self.consent(consent).await?;
        let is_over = matches!(view.state, ConsentState::Ended(_));
        if is_over && self.kept(opened)?.is_some() {
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
            return Ok(disagreed(Why::from(&Disagreement::NoBinding)));
        };
        let accepted = self
            .counter()
            .accept_withdrawal(&expected, &binding, &opened.evidence);
        // A withdrawal is not held up by a revocation answer that is out: it takes away, it gives nothing.
        let verification = match accepted {
            Ok(verification) => verification,
            Err(refusal) => return Ok(disagreed(Why::from(&refusal))),
        };
        self.keep(opened, expected.nonce, verification.revocation)?;
        let call = calls::consent::withdraw(consent, Some(opened.evidence.commitment()));
        let applied = self.speak_of(consent, call).await?;
        Ok(Answer::Attested {
            block: applied.block,
            consent: Some(consent),
        })
    }

    /// The answer to evidence that was taken in and vouched for already.
    pub(super) fn attested_before(&self, consent: Option<ConsentId>) -> Result<Answer, DeskError> {
        Ok(Answer::Attested {
            block: self.chain.tip().map_err(unavailable)?.height,
            consent,
        })
    }

    pub(super) fn counter(&self) -> Counter<'_> {
        Counter {
            genesis: self.chain.genesis(),
            roots: &self.roots,
            revocations: self.revocations.as_ref(),
        }
    }

    /// Evidence, finding and nonce, at once; nothing where it was taken in before.
    pub(super) fn keep(
        &self,
        opened: &Opened,
        nonce: [u8; 32],
        revocation: Revocation,
    ) -> Result<(), DeskError> {
        let Some(terminal) = opened.terminal else {
            return Ok(());
        };
        let finding = Finding {
            kind: opened.kind,
            judged_at: self.chain.now(),
            revocation,
            rejected: None,
        };
        let spending = Spending { nonce, terminal };
        match self.register.take_in(&spending, &opened.evidence, &finding) {
            Ok(()) => Ok(()),
            // The very evidence was taken in before, and the chain did not hear of it: go on where that stopped.
            Err(IntakeError::Nonce(NonceError::Spent)) if self.kept(opened)?.is_some() => Ok(()),
            Err(IntakeError::Nonce(error)) => Err(sign_again(error)),
            Err(IntakeError::Register(error)) => Err(fault(error)),
        }
    }

    /// What was found when the same evidence was taken in.
    pub(super) fn kept(&self, opened: &Opened) -> Result<Option<Finding>, DeskError> {
        let commitment = opened.evidence.commitment();
        let found = self.register.judged(&commitment).map_err(fault)?;
        let finding = found.map(|(_, finding)| finding);
        Ok(finding.filter(|finding| finding.kind == opened.kind))
    }
}

/// Whether what was signed differs from what is proposed, so that the proposal can never hold. What a register does not know, or not
/// yet, ends nothing: a second village has no entry for the guardian, and a card may be bound at this very moment.
pub(super) fn ends_the_proposal(disagreement: &Disagreement) -> bool {
    matches!(
        disagreement,
        Disagreement::Statement(_)
            | Disagreement::Terms(_)
            | Disagreement::Assurance(_)
            | Disagreement::Signature(_)
            | Disagreement::SecondOfProtected
    )
}

/// The certificate names the person of the register; what it cannot write of the name was compared by eye.
fn check_holder(
    verification: &Verification,
    person: &Person,
    is_compared_by_eye: bool,
) -> Result<(), Why> {
    let facts = verification.certificate.facts();
    match facts.map(|facts| likeness(&facts, person)) {
        Some(Likeness::Same) => Ok(()),
        Some(Likeness::SameButSubstitutes) if is_compared_by_eye => Ok(()),
        Some(Likeness::SameButSubstitutes) => Err(Why::plain(
            "the certificate cannot write a character of the name: compare it with the register by eye and send it again with \
             name_compared_by_eye",
        )),
        Some(Likeness::Other) | None => Err(Why::plain(
            "the certificate is not that of the person in the register",
        )),
    }
}

fn kind_of(kind: DocumentKind, about: [u8; 32], evidence: &Evidence) -> EvidenceKind {
    match kind {
        DocumentKind::Binding => EvidenceKind::Binding(about),
        DocumentKind::Consent if is_witnessed(evidence) => EvidenceKind::Witnessed(about),
        DocumentKind::Consent | DocumentKind::HandedOver => EvidenceKind::Consent(about),
        DocumentKind::Withdrawal => EvidenceKind::Withdrawal(about),
        DocumentKind::CheckInCard => EvidenceKind::CheckInCard(about),
    }
}

/// Whether the statement asks for officers' words instead of a card.
fn is_witnessed(evidence: &Evidence) -> bool {
    Statement::parse(&evidence.document)
        .is_ok_and(|statement| statement.fields().assurance == AssuranceLevel::Witnessed)
}

pub(super) fn unopened(error: EvidenceError) -> DeskError {
    DeskError::Unprocessable(format!("{error}: seal it to this municipality's key"))
}

pub(super) fn unreadable(error: DocumentError) -> DeskError {
    DeskError::Unprocessable(format!("the signed document: {error}"))
}
