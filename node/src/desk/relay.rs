//! The relay: what somebody under protection signs on a phone, the home municipality's relay account says on the chain.
//!
//! The phone sends what it always sends, a signed transaction to `/v1/extrinsics`. Nothing of it reaches a pool or a block: it is judged
//! (signature, chain, nonce), kept in the register as the person's signed will, and said by the relay account with the commitment to it,
//! which the chain takes from a counter as it takes a paper. So the account of a protected phone never signs in public, and what it does
//! cannot be told from what others of the municipality do at the counter.
//!
//! The relay account could say more than the person may; so each call is measured here by the rule that the chain would have applied to
//! the person's own account.

use super::{
    Office, chain::unavailable, counter::Counter, counter::fault, second::unknown_consent,
};
use musubi_client_sdk::{calls, extrinsics::Call};
use musubi_node_core::executor::Submission;
use musubi_node_gateway::{Applied, Caller, DeskError};
use musubi_primitives::{
    AccountId, Commitment, MemberId, Pseudonym, seams::GuardianshipFacts, view::ConsentView,
};
use musubi_runtime::{Runtime, RuntimeCall};
use pallet_residents::person::Entry;
use sp_runtime::transaction_validity::TransactionSource;
use std::sync::Arc;

/// Somebody under protection, and the municipality that keeps the entry.
struct Protected {
    person: Pseudonym,
    home: MemberId,
}

/// What a person wants said: the same words with the commitment to the signed will, where the chain has room for one.
type Words = Box<dyn FnOnce(Commitment) -> Call + Send>;

impl Office {
    /// Brings a signed transaction to the chain, or, for a person under protection, what it says.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub(super) async fn submit_from(
        &self,
        caller: &Caller,
        extrinsic: Vec<u8>,
    ) -> Result<Applied, DeskError> {
        let sender = Submission::parse(extrinsic.clone());
        let protected = match &sender {
            Ok(submission) => self.protected(&submission.origin.sender).await?,
            // The pool says what is wrong with it.
            Err(_) => None,
        };
        match (protected, sender) {
            (Some(protected), Ok(submission)) => self.relay(caller, protected, submission).await,
            _ => self.chain.submit_signed(extrinsic).await,
        }
    }

    /// The protected person whose device this account is.
    async fn protected(&self, account: &AccountId) -> Result<Option<Protected>, DeskError> {
        let person: Option<Pseudonym> = self.chain.read("MusubiApi_person", account).await?;
        let Some(person) = person else {
            return Ok(None);
        };
        let key = pallet_residents::Entries::<Runtime>::hashed_key_for(person);
        let entry: Option<Entry> = self.chain.stored(key).await?;
        Ok(match entry {
            Some(Entry::Active(known)) if known.protected => Some(Protected {
                person,
                home: known.home,
            }),
            _ => None,
        })
    }

    async fn relay(
        &self,
        caller: &Caller,
        Protected { person, home }: Protected,
        submission: Submission,
    ) -> Result<Applied, DeskError> {
        if caller.account != submission.origin.sender {
            return Err(DeskError::Forbidden(
                "this is sent by the device that signed it, and by no other".to_owned(),
            ));
        }
        if self.desks()?.member != home {
            return Err(DeskError::Forbidden(
                "send it to the gateway of the home municipality, which says it on the chain in its own name"
                    .to_owned(),
            ));
        }
        self.require_signed(&submission).await?;
        let counter = self.counter()?;
        counter.voice.relay_key()?;
        let (about, words) = self.words(counter, person, submission.call()).await?;
        let will = counter.keep_paper(about, &submission.bytes)?;
        let said = counter.voice.relay(words(will)).await;
        if matches!(said, Err(DeskError::RefusedByChain(_))) {
            counter.register.erase_evidence(&will.0).map_err(fault)?;
        }
        said
    }

    /// That the transaction would be taken as it stands: signed by the account, for this chain, now.
    async fn require_signed(&self, submission: &Submission) -> Result<(), DeskError> {
        let pipeline = self.chain.pipeline();
        let executor = Arc::clone(pipeline.executor());
        let (tip, submission) = (self.chain.tip().map_err(unavailable)?, submission.clone());
        let judged = pipeline.reading().run(move || {
            let header = executor
                .header(&tip.hash)
                .map_err(|error| error.to_string())?;
            let judged = executor.judge(&header, TransactionSource::External, &[submission]);
            judged.map_err(|error| error.to_string())
        });
        let judged = judged.await.map_err(unavailable)?.map_err(unavailable)?;
        match judged.first().map(|judgement| &judgement.validity) {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(DeskError::NotTaken(<&'static str>::from(*error).to_owned())),
            None => Err(unavailable("a transaction was not judged")),
        }
    }

    /// What is to be said and whom the person's will is kept about, if the person may say it.
    async fn words(
        &self,
        counter: &Counter,
        person: Pseudonym,
        call: &RuntimeCall,
    ) -> Result<([u8; 32], Words), DeskError> {
        match call {
            RuntimeCall::Consent(call) => self.of_consent(person, call).await,
            RuntimeCall::Residents(call) => self.of_residents(counter, person, call).await,
            _ => Err(not_relayed()),
        }
    }

    async fn of_consent(
        &self,
        person: Pseudonym,
        call: &pallet_consent::Call<Runtime>,
    ) -> Result<([u8; 32], Words), DeskError> {
        use pallet_consent::Call as Said;
        match call.clone() {
            Said::propose {
                consent,
                terms,
                supersedes,
            } if terms.guardian == person => Ok((
                consent.0,
                Box::new(move |_| calls::consent::propose(consent, &terms, supersedes)),
            )),
            Said::withdraw { consent, .. } => {
                let view: Option<ConsentView> =
                    self.chain.read("MusubiApi_consent", consent).await?;
                let terms = view.ok_or_else(unknown_consent)?.terms;
                if ![terms.guardian, terms.subject].contains(&person) {
                    return Err(unknown_consent());
                }
                let words = move |will| calls::consent::withdraw(consent, Some(will));
                Ok((consent.0, Box::new(words)))
            }
            Said::object {
                consent, objector, ..
            } if objector == person => {
                let words = move |will| calls::consent::object(consent, objector, Some(will));
                Ok((consent.0, Box::new(words)))
            }
            Said::resume { consent, .. } => {
                let stored = self.verifier()?.stored(consent).await?;
                if stored.objector != Some(person) {
                    return Err(unknown_consent());
                }
                let words = move |will| calls::consent::resume(consent, Some(will));
                Ok((consent.0, Box::new(words)))
            }
            _ => Err(not_relayed()),
        }
    }

    async fn of_residents(
        &self,
        counter: &Counter,
        person: Pseudonym,
        call: &pallet_residents::Call<Runtime>,
    ) -> Result<([u8; 32], Words), DeskError> {
        use pallet_residents::Call as Said;
        match *call {
            Said::freeze { subject } => {
                let pair = (person, subject);
                let held: Option<GuardianshipFacts> =
                    self.chain.read("MusubiApi_guardianship", pair).await?;
                if person != subject && held.is_none() {
                    return Err(DeskError::NotFound(
                        "nobody whom this device's owner decides for".to_owned(),
                    ));
                }
                Ok((
                    subject.0,
                    Box::new(move |_| calls::residents::freeze(subject)),
                ))
            }
            Said::suspend_card { binding } => {
                let (_, known) = counter.known(&person, "person")?;
                if known.card.is_none_or(|card| card.binding != binding) {
                    return Err(DeskError::NotFound(
                        "no such card of this person".to_owned(),
                    ));
                }
                let words = move |_| calls::residents::suspend_card(binding);
                Ok((person.0, Box::new(words)))
            }
            Said::drop_device { account } => {
                let of: Option<Pseudonym> = self.chain.read("MusubiApi_person", account).await?;
                if of != Some(person) {
                    return Err(DeskError::NotFound(
                        "no such device of this person".to_owned(),
                    ));
                }
                let words = move |_| calls::residents::drop_device(account);
                Ok((person.0, Box::new(words)))
            }
            _ => Err(not_relayed()),
        }
    }
}

fn not_relayed() -> DeskError {
    DeskError::Unprocessable(
        "the relay says consents, withdrawals and objections of the person, freezes, and the loss of a card or device; everything else is done at the municipality's counter"
            .to_owned(),
    )
}
