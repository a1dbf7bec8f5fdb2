//! What chain and register say about the people in a signed document: the facts that the attester holds it against.

use super::{attester::Attester, counter::fault};
use musubi_consent::{ActiveBinding, Evidence, GuardianFacts, age::BirthDate};
use musubi_node_gateway::DeskError;
use musubi_node_register::{BoundCard, Person, PersonId};
use musubi_primitives::{
    AssuranceLevel, BindingId, ConsentId, MemberId, Moment, Pseudonym,
    view::{CardView, ConsentView},
};

impl Attester {
    /// A consent whose subject has its home here, or that names this municipality as second attester.
    pub(super) async fn consent(&self, consent: ConsentId) -> Result<ConsentView, DeskError> {
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

    pub(super) fn person(&self, pseudonym: &Pseudonym) -> Result<(PersonId, Person), DeskError> {
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

    /// The person of this register, if there is one.
    pub(super) fn known_person(&self, pseudonym: &Pseudonym) -> Result<Option<Person>, DeskError> {
        let Some(id) = self.register.by_pseudonym(pseudonym).map_err(fault)? else {
            return Ok(None);
        };
        self.register.person(id).map_err(fault)
    }

    /// Notes what opens the commitment of a card that the chain has bound.
    pub(super) async fn note_card(
        &self,
        person: &Pseudonym,
        binding: BindingId,
        evidence: &Evidence,
    ) -> Result<(), DeskError> {
        let _editing = self.editing.lock().await;
        let (id, mut person) = self.person(person)?;
        // Another card has come: the former one opens no visit any more.
        person.check_in_card = person.check_in_card.filter(|card| card.binding == binding);
        person.card = Some(BoundCard {
            binding,
            salt: evidence.salt.clone(),
        });
        self.register.update(id, &person).map_err(fault)
    }

    /// The card whose signature gives consent at this level: by its signing key, or by the key that it checks in with.
    pub(super) async fn binding_at(
        &self,
        level: AssuranceLevel,
        person: &Pseudonym,
    ) -> Result<Option<ActiveBinding>, DeskError> {
        match level {
            AssuranceLevel::CardSigned | AssuranceLevel::Witnessed => {
                self.active_binding(person).await
            }
            AssuranceLevel::CardAuthenticated if self.known_person(person)?.is_none() => Ok(None),
            AssuranceLevel::CardAuthenticated => self.check_in_card(person).await,
        }
    }

    /// The card that speaks for a person of this register, as the chain has it now.
    pub(super) async fn active_binding(
        &self,
        person: &Pseudonym,
    ) -> Result<Option<ActiveBinding>, DeskError> {
        let card: Option<CardView> = self.chain.read("MusubiApi_active_card", person).await?;
        let bound = self.known_person(person)?.and_then(|person| person.card);
        let pair = card.zip(bound);
        let same = pair.filter(|(card, bound)| card.binding == bound.binding);
        Ok(same.map(|(card, bound)| ActiveBinding {
            commitment: card.commitment,
            salt: bound.salt,
        }))
    }

    /// A subject whose home this municipality is.
    ///
    /// # Errors
    /// [`DeskError::NotFound`], the same for subjects of others and for unknown ones.
    pub(super) async fn require_home(&self, subject: &Pseudonym) -> Result<(), DeskError> {
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", subject).await?;
        if home == Some(self.member) {
            return Ok(());
        }
        Err(DeskError::NotFound(
            "nobody of this municipality's register has this pseudonym".to_owned(),
        ))
    }

    /// What the register says of the signer's authority over the subject, ended by the subject's age.
    pub(super) fn guardian_facts(
        &self,
        view: &ConsentView,
        signed_at: Moment,
    ) -> Result<Option<GuardianFacts>, DeskError> {
        let terms = &view.terms;
        let Some(subject) = self.known_person(&terms.subject)? else {
            return Ok(None);
        };
        // Whose age is not known may not be consented for: nobody could say who decides, and until when.
        let Some(born) = BirthDate::parse(&subject.born) else {
            return Ok(None);
        };
        if terms.guardian == terms.subject {
            return Ok(Some(GuardianFacts::of_oneself(born)));
        }
        let guardian = self.register.by_pseudonym(&terms.guardian).map_err(fault)?;
        let Some(guardian) = guardian else {
            return Ok(None);
        };
        let mut guardians = subject.guardians.into_iter();
        let known = guardians.find(|known| known.person == guardian);
        Ok(known.map(|known| {
            let facts = GuardianFacts {
                role: known.role,
                authority: known.authority,
                from: known.from,
                until: known.until,
            };
            facts.bounded_by_age(born, signed_at)
        }))
    }
}
