//! Accounts that send: each keeps its nonce and always hands its transactions to the same node.

use crate::client::{BlockRef, ChainClient, ClientError, hexadecimal};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::extrinsics::{Call, Extrinsic, account_of, era::PERIOD_MAX};
use musubi_primitives::AccountId;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How often a node is asked for a block that it lacks.
const PULSE: Duration = Duration::from_millis(20);

/// A transaction that a node did not take, and what it said.
pub type Refusal = ([u8; 32], String);

/// An account of the fleet.
#[derive(Debug)]
struct Sender {
    key: SigningKey,
    nonce: u32,
    entrance: usize,
}

/// All accounts, and connections to the nodes that they use.
#[derive(Debug)]
pub struct Fleet {
    entrances: Vec<Arc<ChainClient>>,
    senders: BTreeMap<AccountId, Sender>,
}

impl Fleet {
    /// Connects to the nodes that take transactions.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn connect(addresses: &[&str]) -> Result<Self, ClientError> {
        let mut entrances = Vec::new();
        for address in addresses {
            entrances.push(Arc::new(ChainClient::connect(address, None).await?));
        }
        Ok(Self {
            entrances,
            senders: BTreeMap::new(),
        })
    }

    /// Waits until every node that takes transactions has a block, so that one born in it is ancient to none.
    ///
    /// # Errors
    /// When one of them does not answer.
    pub async fn wait_for(&self, block: BlockRef) -> Result<(), ClientError> {
        let mut pulse = tokio::time::interval(PULSE);
        for entrance in &self.entrances {
            while entrance.hash_at(block.height).await? != Some(block.hash) {
                pulse.tick().await;
            }
        }
        Ok(())
    }

    /// Takes an account on, with the nonce that the chain expects next.
    ///
    /// # Errors
    /// When its node does not say.
    pub async fn enlist(&mut self, key: SigningKey) -> Result<AccountId, String> {
        let account = account_of(&key);
        let entrance = self.senders.len() % self.entrances.len();
        let node = self.entrances.get(entrance).ok_or("no node to send to")?;
        let nonce = node
            .next_nonce(&account)
            .await
            .map_err(|error| error.to_string())?;
        let sender = Sender {
            key,
            nonce,
            entrance,
        };
        self.senders.insert(account, sender);
        Ok(account)
    }

    /// Signs an account's next transaction.
    ///
    /// # Errors
    /// When the account was not enlisted.
    pub fn sign(
        &mut self,
        by: &AccountId,
        born: BlockRef,
        call: Call,
    ) -> Result<Extrinsic, String> {
        let sender = self
            .senders
            .get_mut(by)
            .ok_or_else(|| format!("account {by} is not of the fleet"))?;
        let nonce = sender.nonce;
        sender.nonce = nonce.saturating_add(1);
        self.entrances
            .get(sender.entrance)
            .ok_or("no node to send to")?
            .sign(&sender.key, nonce, born, PERIOD_MAX, call)
            .map_err(|error| error.to_string())
    }

    /// Hands a transaction to the account's node without waiting; a refusal is reported.
    pub fn send(
        &self,
        by: &AccountId,
        extrinsic: Extrinsic,
        refusals: mpsc::UnboundedSender<Refusal>,
    ) {
        let entrance = self.senders.get(by).map_or(0, |sender| sender.entrance);
        let Some(node) = self.entrances.get(entrance).map(Arc::clone) else {
            return;
        };
        tokio::spawn(async move {
            let params = [hexadecimal(&extrinsic.bytes)];
            let taken = node
                .request::<String>("author_submitExtrinsic", &params)
                .await;
            if let Err(error) = taken {
                // The other side is gone only when the run is over.
                let _ = refusals.send((extrinsic.hash(), error.to_string()));
            }
        });
    }
}
