//! Signing a call, handing it over, and reading from the finalised block's events what came of it.

use super::{
    BlockRef, ChainClient, ClientError, Rule, error::unreadable, hexadecimal, state::EventRecord,
};
use ed25519_dalek::SigningKey;
use frame_system::Phase;
use musubi_client_sdk::extrinsics::{Call, Extrinsic, Mortality, account_of, prepare};
use musubi_primitives::BlockHash;
use musubi_runtime::RuntimeEvent;
use serde_json::Value;
use std::time::Duration;

/// For how many blocks after signing a transaction may be included: three quarters of a minute at the fastest pace.
const LIFE_BLOCKS: u64 = 256;
/// How long finality is waited for.
const FINALITY_TIMEOUT: Duration = Duration::from_secs(120);

/// A transaction that is in a finalised block and did what it asked for.
#[derive(Clone, Debug)]
pub struct Included {
    /// The block.
    pub block: BlockRef,
    /// Its place among the block's extrinsics.
    pub index: u32,
    /// What it caused.
    pub events: Vec<RuntimeEvent>,
}

impl ChainClient {
    /// Signs a call, submits it and waits until it is final.
    ///
    /// # Errors
    /// [`ClientError::Refused`] names the rule that the call broke; the other errors say why there is no outcome.
    pub async fn submit(&self, key: &SigningKey, call: Call) -> Result<Included, ClientError> {
        let nonce = self.next_nonce(&account_of(key)).await?;
        let born = self.head().await?;
        self.submit_and_watch(&self.sign(key, nonce, born, LIFE_BLOCKS, call)?)
            .await
    }

    /// Signs a call that may be included in about the `life` blocks after `born`.
    ///
    /// # Errors
    /// Never, as the account is the key's own; the SDK checks every signature that it attaches.
    pub fn sign(
        &self,
        key: &SigningKey,
        nonce: u32,
        born: BlockRef,
        life: u64,
        call: Call,
    ) -> Result<Extrinsic, ClientError> {
        let mortality = Mortality::Mortal {
            period: life,
            height: born.height,
            block: born.hash,
        };
        let unsigned = prepare(self.context(), account_of(key), nonce, mortality, call);
        Ok(unsigned.sign(key)?)
    }

    /// Hands a transaction over and waits until it is final.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn submit_and_watch(&self, extrinsic: &Extrinsic) -> Result<Included, ClientError> {
        let waited = tokio::time::timeout(FINALITY_TIMEOUT, self.watch(extrinsic)).await;
        let block = waited.map_err(|_| ClientError::NotFinal {
            seconds: FINALITY_TIMEOUT.as_secs(),
        })??;
        self.outcome(extrinsic, block).await
    }

    /// Hands a transaction over; the hash of the block that took it.
    async fn watch(&self, extrinsic: &Extrinsic) -> Result<BlockHash, ClientError> {
        let mut statuses = self
            .subscribe::<Value>(
                "author_submitAndWatchExtrinsic",
                &[hexadecimal(&extrinsic.bytes)],
                "author_unwatchExtrinsic",
            )
            .await?;
        while let Some(status) = statuses.next().await {
            let status = status.map_err(|error| unreadable("a transaction's status", error))?;
            if let Some(block) = final_block(&status)? {
                return Ok(block);
            }
        }
        Err(ClientError::Dropped("was no longer reported on"))
    }

    /// What a finalised transaction came to.
    async fn outcome(
        &self,
        extrinsic: &Extrinsic,
        hash: BlockHash,
    ) -> Result<Included, ClientError> {
        let height = self.height_of(hash).await?;
        let block = BlockRef { height, hash };
        let place = self
            .extrinsics(hash)
            .await?
            .iter()
            .position(|bytes| *bytes == extrinsic.bytes)
            .and_then(|place| u32::try_from(place).ok());
        let index =
            place.ok_or_else(|| unreadable("a block", "it does not hold the transaction"))?;
        let events = events_of(self.events(hash).await?, index);
        match refusal(&events) {
            Some(rule) => Err(ClientError::Refused { rule, block }),
            None => Ok(Included {
                block,
                index,
                events,
            }),
        }
    }
}

/// The block of a last status; `None` while the transaction is on its way.
fn final_block(status: &Value) -> Result<Option<BlockHash>, ClientError> {
    if let Some(hash) = status.get("finalized") {
        return serde_json::from_value(hash.clone())
            .map(Some)
            .map_err(|error| unreadable("a transaction's status", error));
    }
    match status.as_str() {
        Some("invalid") => Err(ClientError::Dropped("is no longer valid")),
        Some("dropped") => Err(ClientError::Dropped("was pushed out by others")),
        Some(_) => Ok(None),
        None if status.get("usurped").is_some() => Err(ClientError::Dropped(
            "was replaced by another of the same account and nonce",
        )),
        None => Ok(None),
    }
}

/// What one extrinsic of a block caused, in order.
pub fn events_of(events: Vec<EventRecord>, index: u32) -> Vec<RuntimeEvent> {
    let own = events
        .into_iter()
        .filter(|record| record.phase == Phase::ApplyExtrinsic(index));
    own.map(|record| record.event).collect()
}

/// The rule that an extrinsic broke, by its events.
pub fn refusal(events: &[RuntimeEvent]) -> Option<Rule> {
    events.iter().find_map(|event| match event {
        RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_error, .. }) => {
            Some(Rule::from(dispatch_error))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_runtime::Runtime;
    use serde_json::json;
    use sp_runtime::DispatchError;

    #[test]
    fn a_status_is_final_gone_or_on_its_way() {
        let block = BlockHash([7; 32]);
        let read = |status| final_block(&status);
        assert_eq!(read(json!({"finalized": block})).unwrap(), Some(block));
        for early in [
            json!("ready"),
            json!({"broadcast": []}),
            json!({"inBlock": block}),
        ] {
            assert_eq!(read(early).unwrap(), None);
        }
        for gone in [
            json!("invalid"),
            json!("dropped"),
            json!({"usurped": block}),
        ] {
            assert!(matches!(read(gone), Err(ClientError::Dropped(_))));
        }
    }

    #[test]
    fn only_the_extrinsics_own_events_count() {
        let failed = RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
            dispatch_error: DispatchError::from(pallet_consortium::Error::<Runtime>::AccountTaken),
            dispatch_info: Default::default(),
        });
        let record = |index| EventRecord {
            phase: Phase::ApplyExtrinsic(index),
            event: failed.clone(),
            topics: Vec::new(),
        };
        let events = vec![record(1)];
        assert_eq!(refusal(&events_of(events.clone(), 2)), None);
        let rule = refusal(&events_of(events, 1)).expect("the extrinsic failed");
        assert_eq!(rule.name, "AccountTaken");
    }
}
