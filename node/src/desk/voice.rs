//! The accounts by which a municipality speaks on the chain: its officer service account, and the relay account for whatever concerns
//! somebody under protection (支援措置).
//!
//! A former pseudonym is retired by the officer account and the new one enrolled by the relay account, so that neither the sender nor a
//! row of nonces joins the two; from then on the relay account alone speaks of that person, with all others under protection in the same
//! municipality. A node without a relay key protects nobody rather than protect badly.

use super::{
    chain::{Chain, unavailable},
    counter::fault,
};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::extrinsics::Call;
use musubi_node_gateway::{Applied, DeskError};
use musubi_node_register::Register;
use musubi_primitives::Pseudonym;
use std::sync::Arc;

/// A municipality's two accounts, and the register that says which of them speaks.
#[derive(Clone)]
pub struct Voice {
    pub chain: Chain,
    pub register: Arc<Register>,
    /// The officer service account.
    pub officer: SigningKey,
    /// The relay account; an officer's on the chain too.
    pub relay: Option<SigningKey>,
}

impl Voice {
    /// Says something that concerns these people, and waits until it is final: by the relay account as soon as one of them is protected.
    ///
    /// # Errors
    /// See [`DeskError`]; [`DeskError::NotOffered`] without a relay key.
    pub async fn speak(&self, about: &[Pseudonym], call: Call) -> Result<Applied, DeskError> {
        for pseudonym in about {
            if self.is_protected(pseudonym)? {
                return self.relay(call).await;
            }
        }
        self.chain.submit(&self.officer, call).await
    }

    /// Says something by the relay account.
    ///
    /// # Errors
    /// See [`Voice::speak`].
    pub async fn relay(&self, call: Call) -> Result<Applied, DeskError> {
        self.chain.submit(self.relay_key()?, call).await
    }

    /// The relay account's key.
    ///
    /// # Errors
    /// [`DeskError::NotOffered`] without one.
    pub fn relay_key(&self) -> Result<&SigningKey, DeskError> {
        self.relay.as_ref().ok_or_else(|| {
            DeskError::NotOffered(
                "this node does not speak for people under protection: give it an officer key of its own for that (keys.relay)"
                    .to_owned(),
            )
        })
    }

    /// Whether this pseudonym, in use now, is that of somebody under protection. One that is out of use is nobody's, and says nothing of
    /// what followed it.
    fn is_protected(&self, pseudonym: &Pseudonym) -> Result<bool, DeskError> {
        let Some(id) = self.register.by_pseudonym(pseudonym).map_err(fault)? else {
            return Ok(false);
        };
        let person = self.register.person(id).map_err(fault)?;
        let person = person.ok_or_else(|| unavailable("the register lacks a person it names"))?;
        let is_in_use = person.pseudonyms.iter().any(|(_, used)| used == pseudonym);
        Ok(person.protected && is_in_use)
    }
}
