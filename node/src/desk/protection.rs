//! Protecting a person (支援措置): a new pseudonym is enrolled under protection, with the guardians who go on deciding, and the former one is
//! retired with its devices, card and guardianships.
//!
//! Only the register knows that the two are one person. No call and no event names both, and no account signs for both ([`super::voice`]): the
//! officer account retires the former, the relay account enrols the new one and speaks for it from then on. A consent, a device or a card of the former
//! pseudonym opens nothing any more, and every question about it sounds like one about a stranger. What watching the chain still tells
//! is that a municipality enrolled somebody and retired somebody within the same minutes; in a small village that is a hint, and an
//! officer who can wait enrols first and protects on another day.
//!
//! Each step can be done again: the same form sent once more goes on where it was cut short.

use super::{
    chain::unavailable,
    counter::{Counter, attested_until, fault, fresh_pseudonym},
};
use musubi_client_sdk::calls::{self, DeviceKeys};
use musubi_node_gateway::{DeskError, DeviceForm};
use musubi_node_register::{Guardian, Person};
use musubi_primitives::{
    MemberId, Moment, Pseudonym,
    resident::{Authority, ServiceDomain},
    seams::GuardianshipFacts,
};

/// The domain whose records are protected.
const DOMAIN: ServiceDomain = ServiceDomain::Health;

/// Whom to protect, and who still decides.
pub(super) struct ProtectionForm {
    /// The pseudonym that goes out of use. Sent again with the same one, nothing is done twice.
    pub(super) subject: Pseudonym,
    /// Guardians who go on deciding, by their pseudonyms now; all others lose the guardianship.
    pub(super) guardians: Vec<Pseudonym>,
    /// New keys of the person's device; those of before are retired for ever.
    pub(super) device: Option<DeviceForm>,
}

/// A guardian who goes on deciding.
struct Kept {
    guardian: Pseudonym,
    authority: Authority,
    until: Moment,
}

impl Counter {
    /// Re-issues a person under protection, by an officer's word; the pseudonym in use from now on is told to the officer alone.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub(super) async fn protect(&self, form: ProtectionForm) -> Result<Pseudonym, DeskError> {
        self.voice.relay_key()?;
        let (pseudonym, kept) = {
            let _editing = self.editing.lock().await;
            self.reissue(&form)?
        };
        // What must stop at once comes first.
        self.retire(form.subject).await?;
        self.enrol_protected(pseudonym, &form).await?;
        for kept in kept {
            self.attest_kept(pseudonym, kept).await?;
        }
        Ok(pseudonym)
    }

    /// The register first: it alone joins the two pseudonyms.
    fn reissue(&self, form: &ProtectionForm) -> Result<(Pseudonym, Vec<Kept>), DeskError> {
        let unknown = || {
            DeskError::Unprocessable(
                "subject: nobody of this municipality's register has this pseudonym".to_owned(),
            )
        };
        let id = self.register.by_pseudonym(&form.subject).map_err(fault)?;
        let id = id.ok_or_else(unknown)?;
        let mut person = self
            .register
            .person(id)
            .map_err(fault)?
            .ok_or_else(unknown)?;
        if person.pseudonym(DOMAIN) == Some(form.subject) {
            self.keep_only(&mut person, &form.guardians)?;
            person.reissue(DOMAIN, fresh_pseudonym()?);
            person.protected = true;
            // The card was bound to the former pseudonym; it is bound anew at the counter.
            person.card = None;
            self.register.update(id, &person).map_err(fault)?;
        }
        let pseudonym = person.pseudonym(DOMAIN).ok_or_else(unknown)?;
        Ok((pseudonym, self.kept(&person)?))
    }

    fn keep_only(&self, person: &mut Person, guardians: &[Pseudonym]) -> Result<(), DeskError> {
        let mut kept = Vec::new();
        for pseudonym in guardians {
            let id = self.register.by_pseudonym(pseudonym).map_err(fault)?;
            let known = person
                .guardians
                .iter()
                .find(|known| Some(known.person) == id);
            let known = known.ok_or_else(|| {
                DeskError::Unprocessable(
                    "guardians: one of them is no guardian of this person in the register"
                        .to_owned(),
                )
            })?;
            kept.push(known.clone());
        }
        person.guardians = kept;
        Ok(())
    }

    fn kept(&self, person: &Person) -> Result<Vec<Kept>, DeskError> {
        let read = |known: &Guardian| {
            let guardian = self.register.person(known.person).map_err(fault)?;
            let pseudonym = guardian.and_then(|guardian| guardian.pseudonym(DOMAIN));
            Ok(pseudonym.map(|guardian| Kept {
                guardian,
                authority: known.authority,
                until: known.until,
            }))
        };
        let kept = person.guardians.iter().map(read);
        kept.filter_map(Result::transpose).collect()
    }

    async fn retire(&self, former: Pseudonym) -> Result<(), DeskError> {
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", former).await?;
        if home.is_none() {
            return Ok(());
        }
        let call = calls::residents::retire(former);
        self.voice.speak(&[former], call).await.map(drop)
    }

    async fn enrol_protected(
        &self,
        pseudonym: Pseudonym,
        form: &ProtectionForm,
    ) -> Result<(), DeskError> {
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", pseudonym).await?;
        if home.is_some() {
            return Ok(());
        }
        let device = form.device.map(|device| DeviceKeys {
            account: device.account,
            hpke: device.hpke,
        });
        let call = calls::residents::enrol(pseudonym, DOMAIN, true, device);
        self.voice.relay(call).await.map(drop)
    }

    async fn attest_kept(&self, subject: Pseudonym, kept: Kept) -> Result<(), DeskError> {
        let pair = (kept.guardian, subject);
        let held: Option<GuardianshipFacts> =
            self.chain.read("MusubiApi_guardianship", pair).await?;
        if held.is_some() {
            return Ok(());
        }
        let now = self.chain.now();
        if kept.until <= now {
            return Err(unavailable("a guardianship of the register is over"));
        }
        let until = attested_until(now, kept.until);
        let call =
            calls::residents::attest_guardianship(subject, kept.guardian, kept.authority, until);
        self.voice.relay(call).await.map(drop)
    }
}
