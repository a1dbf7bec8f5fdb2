//! A holder's key that was replaced: what is kept under the former key is wrapped again to the present one, and the former can then be destroyed.

use crate::{Vault, VaultError, store::StoreError};
use musubi_client_sdk::sealing::{Envelope, HpkeSecret};

impl Vault {
    /// Wraps every envelope that a former key of this holder opens to the present key as well; how many were. Doing it again changes nothing.
    ///
    /// # Errors
    /// A fault of this machine; an envelope that does not open counts as damage.
    pub fn adopt_from(&self, former: &HpkeSecret) -> Result<usize, VaultError> {
        let present = self.keeper.sealing.public();
        if former.public() == present {
            return Ok(0);
        }
        let mut adopted = Vec::new();
        for envelope in self.store.envelopes_of(&former.public())? {
            if self.store.envelope(&envelope.record, &present)?.is_none() {
                let damaged = |_| StoreError::Damaged("envelopes");
                let data_key = envelope.open(former).map_err(damaged)?;
                let again = Envelope::at_rest(envelope.record, &data_key, present);
                adopted.push(again.map_err(damaged)?);
            }
        }
        self.store.put_envelopes(&adopted)?;
        Ok(adopted.len())
    }
}
