//! The counter: people and guardianships enter the municipality's register first, and the chain learns of pseudonyms only.
//!
//! Each step can be done again: what the register has already is found by the person's identifier, and what the chain has by then counts
//! as done. So a counter that lost its connection sends the same form once more.

use super::{chain::Chain, voice::Voice};
use crate::random::random;
use musubi_client_sdk::calls::{self, DeviceKeys};
use musubi_fhir::Identity;
use musubi_node_gateway::{Applied, Caller, DeskError, Enrolled, EnrolmentForm, GuardianshipForm};
use musubi_node_register::{Guardian, Person, PersonId, Register, RegisterError, Sex};
use musubi_primitives::{
    MemberId, Moment, Pseudonym, Role,
    resident::{ServiceDomain, SignerRole, common_date_after},
    seams::GuardianshipFacts,
};
use std::sync::Arc;
use tokio::sync::Mutex;

use super::chain::unavailable;

/// How far ahead the chain lets a guardianship reach (rule R6 of `pallet-residents`), less a week for the chain's own clock.
const GUARDIANSHIP_LIFE: Moment = (2 * 366 - 7) * 24 * 3600 * 1000;

/// The desk that enters people and guardianships.
#[derive(Clone)]
pub struct Counter {
    pub chain: Chain,
    pub register: Arc<Register>,
    pub member: MemberId,
    /// The municipality's accounts.
    pub voice: Voice,
    /// Held while an entry of the register is read, changed and written: two forms for one person are one after the other.
    pub editing: Arc<Mutex<()>>,
}

impl Counter {
    /// Enters a person and enrols the pseudonym of the domain asked for.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn enrol(&self, caller: &Caller, form: EnrolmentForm) -> Result<Enrolled, DeskError> {
        self.check_staff(caller)?;
        let patient = form
            .checked_patient()
            .map_err(|refusal| DeskError::Unprocessable(refusal.to_string()))?;
        let identity = patient.identity().ok_or_else(|| {
            DeskError::Unprocessable("patient: expected a FHIR Patient".to_owned())
        })?;
        self.check_moved(&identity, &form).await?;
        let pseudonym = {
            let _editing = self.editing.lock().await;
            self.pseudonym(&identity, &form)?
        };
        if self.is_enrolled(&pseudonym).await? {
            return self.enrolled_before(pseudonym, &form).await;
        }
        let device = form.device.map(|device| DeviceKeys {
            account: device.account,
            hpke: device.hpke,
        });
        let call = calls::residents::enrol(pseudonym, form.domain, form.protected, device);
        match self.voice.speak(&[pseudonym], call).await {
            Ok(applied) => Ok(Enrolled {
                pseudonym,
                block: Some(applied.block),
            }),
            // The same form was on its way already.
            Err(DeskError::RefusedByChain(_)) if self.is_enrolled(&pseudonym).await? => {
                self.enrolled_before(pseudonym, &form).await
            }
            Err(error) => Err(error),
        }
    }

    /// A pseudonym that came with somebody who moved: this municipality is its home by now, and nobody else here has it.
    async fn check_moved(
        &self,
        identity: &Identity,
        form: &EnrolmentForm,
    ) -> Result<(), DeskError> {
        let Some(moved) = form.moved else {
            return Ok(());
        };
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", moved).await?;
        let holder = self.register.by_pseudonym(&moved).map_err(fault)?;
        let same = self
            .register
            .by_identifier(&identity.identifier)
            .map_err(fault)?;
        if home == Some(self.member) && (holder.is_none() || holder == same) {
            return Ok(());
        }
        Err(DeskError::Unprocessable(
            "moved: expected a pseudonym that was handed over to this municipality, and that nobody else of its register has; let an officer accept the hand-over first"
                .to_owned(),
        ))
    }

    /// Somebody who is on the chain: the form must say nothing else than was entered then.
    async fn enrolled_before(
        &self,
        pseudonym: Pseudonym,
        form: &EnrolmentForm,
    ) -> Result<Enrolled, DeskError> {
        if let Some(device) = form.device {
            let known: Option<Pseudonym> =
                self.chain.read("MusubiApi_person", device.account).await?;
            if known != Some(pseudonym) {
                return Err(DeskError::Unprocessable(
                    "device: this person is enrolled already; a further device is added by an officer or by a device of the person"
                        .to_owned(),
                ));
            }
        }
        Ok(Enrolled {
            pseudonym,
            block: None,
        })
    }

    /// Enters a guardianship, exactly, and attests it on the chain until a common date.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn attest_guardianship(
        &self,
        caller: &Caller,
        form: GuardianshipForm,
    ) -> Result<Applied, DeskError> {
        self.check_staff(caller)?;
        let now = self.chain.now();
        if form.until <= now {
            return Err(DeskError::Unprocessable(
                "until: expected a moment that is still to come".to_owned(),
            ));
        }
        check_proxy(&form)?;
        {
            let _editing = self.editing.lock().await;
            self.note_guardian(&form, now)?;
            if let Some(paper) = &form.paper {
                self.keep_paper(form.subject.0, paper)?;
            }
        }
        let until = attested_until(now, form.until);
        if let Some(applied) = self.held_already(&form, until).await? {
            return Ok(applied);
        }
        let call = calls::residents::attest_guardianship(
            form.subject,
            form.guardian,
            form.authority,
            until,
        );
        let about = [form.subject, form.guardian];
        match self.voice.speak(&about, call).await {
            Err(DeskError::RefusedByChain(rule)) => self
                .held_already(&form, until)
                .await?
                .ok_or(DeskError::RefusedByChain(rule)),
            outcome => outcome,
        }
    }

    /// The newest block, if the chain holds this very guardianship.
    async fn held_already(
        &self,
        form: &GuardianshipForm,
        until: Moment,
    ) -> Result<Option<Applied>, DeskError> {
        let held: Option<GuardianshipFacts> = self
            .chain
            .read("MusubiApi_guardianship", (form.guardian, form.subject))
            .await?;
        let is_same =
            held.is_some_and(|facts| (facts.authority, facts.until) == (form.authority, until));
        let newest = self.newest()?;
        Ok(is_same.then_some(newest))
    }

    /// The newest block, as the one that has what was done before.
    pub(super) fn newest(&self) -> Result<Applied, DeskError> {
        let tip = self.chain.tip().map_err(unavailable)?;
        Ok(Applied {
            block: tip.height,
            hash: tip.hash,
        })
    }

    pub(super) fn check_staff(&self, caller: &Caller) -> Result<(), DeskError> {
        check_counter(self.member, caller)
    }

    pub(super) async fn is_enrolled(&self, pseudonym: &Pseudonym) -> Result<bool, DeskError> {
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", pseudonym).await?;
        Ok(home.is_some())
    }

    /// The person's pseudonym in the domain, entered now if it is new.
    fn pseudonym(&self, identity: &Identity, form: &EnrolmentForm) -> Result<Pseudonym, DeskError> {
        let Some((id, mut person)) = self.find(identity, form)? else {
            let mut person = new_person(identity, form.protected);
            let pseudonym = pseudonym_for(form)?;
            person.pseudonyms.push((form.domain, pseudonym));
            self.register.add(&person).map_err(fault)?;
            return Ok(pseudonym);
        };
        if let Some(known) = person.pseudonym(form.domain) {
            return match form.moved {
                Some(moved) if moved != known => Err(DeskError::Unprocessable(
                    "moved: this person has another pseudonym here already".to_owned(),
                )),
                _ => Ok(known),
            };
        }
        let fresh = pseudonym_for(form)?;
        person.pseudonyms.push((form.domain, fresh));
        self.register.update(id, &person).map_err(fault)?;
        Ok(fresh)
    }

    /// Who has this identifier; an entry that says something else of the person is not silently taken for the same.
    fn find(
        &self,
        identity: &Identity,
        form: &EnrolmentForm,
    ) -> Result<Option<(PersonId, Person)>, DeskError> {
        let id = self
            .register
            .by_identifier(&identity.identifier)
            .map_err(fault)?;
        let Some(id) = id else { return Ok(None) };
        let Some(person) = self.register.person(id).map_err(fault)? else {
            return Ok(None);
        };
        let is_same = (&person.name, &person.kana, &person.born, person.protected)
            == (
                &identity.name,
                &identity.kana,
                &identity.born,
                form.protected,
            );
        let told = sex_of(identity);
        let is_same_sex = told.is_none() || person.sex.is_none() || told == person.sex;
        if is_same && is_same_sex {
            return Ok(Some((id, self.learn_sex(id, person, told)?)));
        }
        Err(DeskError::Unprocessable(
            "patient.identifier: the register has it with another name, reading, birth date, sex or protection; correct the form, or have an officer correct the register"
                .to_owned(),
        ))
    }

    /// A register of before has nobody's sex: the next form that tells it fills it in.
    fn learn_sex(
        &self,
        id: PersonId,
        mut person: Person,
        told: Option<Sex>,
    ) -> Result<Person, DeskError> {
        if person.sex.is_none() && told.is_some() {
            person.sex = told;
            self.register.update(id, &person).map_err(fault)?;
        }
        Ok(person)
    }

    fn note_guardian(&self, form: &GuardianshipForm, now: Moment) -> Result<(), DeskError> {
        let (id, mut subject) = self.known(&form.subject, "subject")?;
        let (guardian, _) = self.known(&form.guardian, "guardian")?;
        let from = subject
            .guardians
            .iter()
            .find(|known| known.person == guardian)
            .map_or(now, |known| known.from);
        subject.guardians.retain(|known| known.person != guardian);
        subject.guardians.push(Guardian {
            person: guardian,
            role: form.role,
            authority: form.authority,
            from,
            until: form.until,
        });
        self.register.update(id, &subject).map_err(fault)
    }

    pub(super) fn known(
        &self,
        pseudonym: &Pseudonym,
        field: &str,
    ) -> Result<(PersonId, Person), DeskError> {
        let unknown = || {
            DeskError::Unprocessable(format!(
                "{field}: nobody of this municipality's register; enrol the person first"
            ))
        };
        let id = self
            .register
            .by_pseudonym(pseudonym)
            .map_err(fault)?
            .ok_or_else(unknown)?;
        let person = self
            .register
            .person(id)
            .map_err(fault)?
            .ok_or_else(unknown)?;
        Ok((id, person))
    }
}

/// Who decides for an adult rests on a letter of proxy or a court's decision, which the vault keeps.
fn check_proxy(form: &GuardianshipForm) -> Result<(), DeskError> {
    if form.role == SignerRole::Proxy && form.paper.is_none() {
        return Err(DeskError::Unprocessable(
            "paper: a proxy brings a letter of proxy (委任状) or a court's decision; take a scan of it in"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Whether somebody stands at a municipality's counter.
///
/// # Errors
/// [`DeskError::Forbidden`] for all others.
pub(super) fn check_counter(municipality: MemberId, caller: &Caller) -> Result<(), DeskError> {
    let actor = caller.staff()?;
    let serves = matches!(actor.role, Role::Officer | Role::Nurse | Role::Clerk);
    if actor.member == municipality && serves {
        return Ok(());
    }
    Err(DeskError::Forbidden(
        "only officers, nurses and clerks of this municipality may do this, at its counter"
            .to_owned(),
    ))
}

/// The date that the chain is told: the last common date up to `until` within what the chain allows, else the next one, so that no
/// birthday shows. The register keeps the exact end, and an officer ends an earlier one by hand.
pub(super) fn attested_until(now: Moment, until: Moment) -> Moment {
    let latest = until.min(now.saturating_add(GUARDIANSHIP_LIFE));
    let next = common_date_after(now, 1);
    let following = common_date_after(next, 1);
    if following <= latest { following } else { next }
}

fn new_person(identity: &Identity, protected: bool) -> Person {
    Person {
        identifier: identity.identifier.clone(),
        name: identity.name.clone(),
        kana: identity.kana.clone(),
        born: identity.born.clone(),
        pseudonyms: Vec::<(ServiceDomain, Pseudonym)>::new(),
        former: Vec::new(),
        guardians: Vec::new(),
        card: None,
        check_in_card: None,
        protected,
        sex: sex_of(identity),
    }
}

fn sex_of(identity: &Identity) -> Option<Sex> {
    match identity.gender.as_deref() {
        Some("female") => Some(Sex::Female),
        Some("male") => Some(Sex::Male),
        _ => None,
    }
}

fn pseudonym_for(form: &EnrolmentForm) -> Result<Pseudonym, DeskError> {
    form.moved.map_or_else(fresh_pseudonym, Ok)
}

pub(super) fn fresh_pseudonym() -> Result<Pseudonym, DeskError> {
    random().map(Pseudonym).map_err(unavailable)
}

pub(super) fn fault(error: RegisterError) -> DeskError {
    unavailable(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::resident::is_common_date;

    /// 2026-11-26T00:00Z.
    const NOW: Moment = 1_795_651_200_000;
    const DAY: Moment = 24 * 3600 * 1000;

    #[test]
    fn the_chain_is_told_a_common_date_and_never_a_birthday() {
        for days in [1, 40, 126, 300, 491, 700, 6_000] {
            let until = attested_until(NOW, NOW + days * DAY);
            assert!(is_common_date(until) && NOW < until, "{days}");
            assert!(until <= NOW + GUARDIANSHIP_LIFE, "{days}");
        }
        assert!(attested_until(NOW, NOW + 700 * DAY) > attested_until(NOW, NOW + 300 * DAY));
    }
}
