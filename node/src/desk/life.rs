//! Life events at the counter: what happens to cards, guardians and protected persons, in the register and on the chain.
//!
//! The register is changed first where the chain's step can be done again, so that a form sent twice, or a counter that lost its
//! connection, ends where it should. A renewed card needs no form: binding it with a touch replaces the former one.

use super::{
    counter::{Counter, fault},
    protection::ProtectionForm,
};
use musubi_client_sdk::{calls, extrinsics::Call};
use musubi_node_gateway::{Applied, Caller, DeskError, LifeEntered, LifeEvent};
use musubi_node_register::Person;
use musubi_primitives::{
    BindingId, Commitment, ConsentId, MemberId, Pseudonym, Role, view::ConsentView,
};

/// The largest paper that is taken in, in bytes: a scanned page.
pub(super) const PAPER_BYTES_MAX: usize = 1024 * 1024;

impl Counter {
    /// Enters a life event.
    ///
    /// # Errors
    /// See [`DeskError`]. What the chain does not allow, for example to lift a suspension that is none, names the chain's rule.
    pub async fn live(&self, caller: &Caller, event: LifeEvent) -> Result<LifeEntered, DeskError> {
        self.check_may(caller, &event)?;
        let mut pseudonym = None;
        let applied = match event {
            LifeEvent::CardLost { person } => {
                self.change_card(&person, calls::residents::suspend_card)
                    .await
            }
            LifeEvent::CardFound { person } => {
                self.change_card(&person, calls::residents::reinstate_card)
                    .await
            }
            LifeEvent::CardRevoked { person } => self.revoke_card(&person).await,
            LifeEvent::PhoneLost { person, device } => self.replace_devices(&person, device).await,
            LifeEvent::GuardianshipEnded { subject, guardian } => {
                self.end_guardianship(&subject, &guardian).await
            }
            LifeEvent::Frozen { subject } => {
                self.known(&subject, "subject")?;
                self.speak(&[subject], calls::residents::freeze(subject))
                    .await
            }
            LifeEvent::Unfrozen { subject } => {
                self.known(&subject, "subject")?;
                self.speak(&[subject], calls::residents::unfreeze(subject))
                    .await
            }
            LifeEvent::Protected {
                person,
                guardians,
                device,
            } => {
                let form = ProtectionForm {
                    subject: person,
                    guardians,
                    device,
                };
                pseudonym = Some(self.protect(form).await?);
                self.newest()
            }
            LifeEvent::Objected {
                consent,
                objector,
                paper,
            } => {
                let call = |paper| calls::consent::object(consent, objector, Some(paper));
                self.on_paper(consent, &paper, call).await
            }
            LifeEvent::ObjectionWithdrawn { consent, paper } => {
                let call = |paper| calls::consent::resume(consent, Some(paper));
                self.on_paper(consent, &paper, call).await
            }
        }?;
        Ok(LifeEntered { applied, pseudonym })
    }

    /// The counter stops things; only an officer lifts them again or ends them for ever.
    fn check_may(&self, caller: &Caller, event: &LifeEvent) -> Result<(), DeskError> {
        self.check_staff(caller)?;
        let for_officers = match event {
            LifeEvent::CardLost { .. }
            | LifeEvent::Frozen { .. }
            | LifeEvent::Objected { .. }
            | LifeEvent::ObjectionWithdrawn { .. } => false,
            LifeEvent::CardFound { .. }
            | LifeEvent::CardRevoked { .. }
            | LifeEvent::PhoneLost { .. }
            | LifeEvent::GuardianshipEnded { .. }
            | LifeEvent::Unfrozen { .. }
            | LifeEvent::Protected { .. } => true,
        };
        if for_officers && caller.staff()?.role != Role::Officer {
            return Err(DeskError::Forbidden(
                "only an officer of this municipality may do this".to_owned(),
            ));
        }
        Ok(())
    }

    async fn speak(&self, about: &[Pseudonym], call: Call) -> Result<Applied, DeskError> {
        self.voice.speak(about, call).await
    }

    async fn change_card(
        &self,
        person: &Pseudonym,
        call: impl FnOnce(BindingId) -> Call,
    ) -> Result<Applied, DeskError> {
        let (_, known) = self.known(person, "person")?;
        self.speak(&[*person], call(bound_card(&known)?)).await
    }

    /// The chain first: while it has not revoked the card, the register must still open its commitment.
    async fn revoke_card(&self, person: &Pseudonym) -> Result<Applied, DeskError> {
        let _editing = self.editing.lock().await;
        let (id, mut known) = self.known(person, "person")?;
        let binding = bound_card(&known)?;
        let applied = self
            .speak(&[*person], calls::residents::revoke_card(binding))
            .await?;
        known.card = None;
        self.register.update(id, &known).map_err(fault)?;
        Ok(applied)
    }

    /// The entry stays, ended now: an auditor still finds who could decide before.
    async fn end_guardianship(
        &self,
        subject: &Pseudonym,
        guardian: &Pseudonym,
    ) -> Result<Applied, DeskError> {
        let now = self.chain.now();
        {
            let _editing = self.editing.lock().await;
            let (id, mut entry) = self.known(subject, "subject")?;
            let (of, _) = self.known(guardian, "guardian")?;
            let held = entry.guardians.iter_mut().find(|held| held.person == of);
            let held = held.ok_or_else(|| {
                DeskError::Unprocessable("guardian: no guardian of this subject".to_owned())
            })?;
            held.until = held.until.min(now);
            self.register.update(id, &entry).map_err(fault)?;
        }
        let call = calls::residents::end_guardianship(*subject, *guardian);
        self.speak(&[*subject, *guardian], call).await
    }

    /// What somebody says at the counter without a card of the right kind: the paper is kept here, and the chain gets its commitment.
    async fn on_paper(
        &self,
        consent: ConsentId,
        paper: &[u8],
        call: impl FnOnce(Commitment) -> Call,
    ) -> Result<Applied, DeskError> {
        let terms = self.require_ours(consent).await?.terms;
        let commitment = self.keep_paper(consent.0, paper)?;
        let about = [terms.subject, terms.guardian];
        let spoken = self.speak(&about, call(commitment)).await;
        if matches!(spoken, Err(DeskError::RefusedByChain(_))) {
            self.register.erase_evidence(&commitment.0).map_err(fault)?;
        }
        spoken
    }

    /// Keeps a paper about a person or a consent.
    pub(super) fn keep_paper(
        &self,
        about: [u8; 32],
        paper: &[u8],
    ) -> Result<Commitment, DeskError> {
        if paper.is_empty() || PAPER_BYTES_MAX < paper.len() {
            return Err(DeskError::Unprocessable(format!(
                "paper: expected between one and {PAPER_BYTES_MAX} bytes"
            )));
        }
        let kept = self.register.keep_paper(about, paper, self.chain.now());
        kept.map_err(fault)
    }

    async fn require_ours(&self, consent: ConsentId) -> Result<ConsentView, DeskError> {
        let view: Option<ConsentView> = self.chain.read("MusubiApi_consent", consent).await?;
        let view = view.ok_or_else(super::second::unknown_consent)?;
        let home: Option<MemberId> = self
            .chain
            .read("MusubiApi_home", view.terms.subject)
            .await?;
        if home == Some(self.member) {
            return Ok(view);
        }
        Err(super::second::unknown_consent())
    }
}

fn bound_card(person: &Person) -> Result<BindingId, DeskError> {
    let card = person.card.as_ref().map(|card| card.binding);
    card.ok_or_else(|| DeskError::Unprocessable("person: no card is bound".to_owned()))
}
