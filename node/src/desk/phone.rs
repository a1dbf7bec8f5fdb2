//! A lost phone: the person comes to the counter with the card, and goes home with another phone that speaks and reads as the old one did.
//!
//! The card is the authority: without a touch at this counter a few minutes ago no device is replaced, whoever asks. The old devices go
//! first, so that nothing speaks for the person that somebody may have found. Records need no hand-out: the home municipality's vault
//! wraps their keys to the new phone when it asks ([`musubi_node_vault::own`]).

use super::counter::{Counter, fault};
use musubi_client_sdk::calls::{self, DeviceKeys};
use musubi_node_gateway::{Applied, DeskError, DeviceForm};
use musubi_node_register::EvidenceKind;
use musubi_primitives::{AccountId, Moment, Pseudonym};
use musubi_runtime::Runtime;
use pallet_residents::person::Entry;

/// How long a touch of the card counts for what is done at the counter (milliseconds).
const TOUCH_COUNTS: Moment = 15 * 60_000;

impl Counter {
    /// Puts another device in the place of all that a person had. Done again, it changes nothing.
    pub(super) async fn replace_devices(
        &self,
        person: &Pseudonym,
        device: DeviceForm,
    ) -> Result<Applied, DeskError> {
        self.require_touch(person)?;
        let mut applied = self.newest()?;
        let former = self.devices(person).await?;
        for account in former.iter().filter(|former| **former != device.account) {
            let call = calls::residents::drop_device(*account);
            applied = self.voice.speak(&[*person], call).await?;
        }
        if former.contains(&device.account) {
            return Ok(applied);
        }
        let keys = DeviceKeys {
            account: device.account,
            hpke: device.hpke,
        };
        let call = calls::residents::add_device(*person, keys);
        self.voice.speak(&[*person], call).await
    }

    /// The person's card was bound at this counter, by a signature that holds, a few minutes ago.
    fn require_touch(&self, person: &Pseudonym) -> Result<(), DeskError> {
        let (_, known) = self.known(person, "person")?;
        let since = self.chain.now().saturating_sub(TOUCH_COUNTS);
        let bound = known.card.map(|card| EvidenceKind::Binding(card.binding.0));
        let touched = self.register.findings(|finding| {
            Some(finding.kind) == bound && finding.rejected.is_none() && since <= finding.judged_at
        });
        if touched.map_err(fault)?.is_empty() {
            return Err(DeskError::Unprocessable(
                "person: bind the card with a touch at this counter first; it counts for fifteen minutes"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    async fn devices(&self, person: &Pseudonym) -> Result<Vec<AccountId>, DeskError> {
        let key = pallet_residents::Entries::<Runtime>::hashed_key_for(person);
        let entry: Option<Entry> = self.chain.stored(key).await?;
        Ok(match entry {
            Some(Entry::Active(person)) => person.devices.into_inner(),
            Some(Entry::Retired) | None => Vec::new(),
        })
    }
}
