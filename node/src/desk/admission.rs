//! From keys to desks, when the chain says whose node this is: at the start for most, later for a node whose member is admitted while it
//! follows the chain already. Nobody has to start it again.

use super::{
    Background, Desks,
    care::Care,
    chain::Chain,
    custodian::VaultDoor,
    elsewhere::{Elsewhere, ticket_secrets},
    forms::Forms,
    keys::{self, Keys},
    ledger::Ledger,
    pending::Pending,
};
use crate::config::NodeConfig;
use musubi_node_network::Network;
use musubi_primitives::{MemberId, VerifyingKey};
use std::sync::{Arc, OnceLock};
use tokio::sync::broadcast::error::RecvError;

/// Everything that desks are made of.
pub(super) struct Admission {
    pub(super) config: NodeConfig,
    pub(super) keys: Keys,
    pub(super) node: VerifyingKey,
    pub(super) chain: Chain,
    pub(super) network: Network,
    pub(super) door: VaultDoor,
}

impl Admission {
    /// Opens the desks if the chain knows the node; else they open by themselves when it does.
    ///
    /// # Errors
    /// A sentence that names the key or file.
    pub(super) async fn open(self) -> Result<(Arc<OnceLock<Desks>>, Background), String> {
        let desks: Arc<OnceLock<Desks>> = Arc::default();
        let member = keys::member(&self.chain, &self.node).await;
        let Some(member) = member.map_err(|error| error.to_string())? else {
            tracing::info!(node = %self.node, "the chain does not know this node: its desks open when its member is admitted");
            tokio::spawn(self.wait(Arc::clone(&desks)));
            return Ok((desks, Background::default()));
        };
        let (opened, background) = self.desks(member)?;
        // Nobody else has it yet.
        let _ = desks.set(opened);
        Ok((desks, background))
    }

    async fn wait(self, desks: Arc<OnceLock<Desks>>) {
        let mut finalised = self.chain.pipeline().finalised();
        let member = loop {
            match keys::member(&self.chain, &self.node).await {
                Ok(Some(member)) => break member,
                Ok(None) => {}
                Err(error) => tracing::warn!(?error, "whose node this is cannot be read"),
            }
            if matches!(finalised.recv().await, Err(RecvError::Closed)) {
                return;
            }
        };
        match self.desks(member) {
            Ok((opened, background)) => {
                tracing::info!(%member, "admitted: the desks open");
                // The first and only one.
                let _ = desks.set(opened);
                background.start();
            }
            Err(error) => tracing::error!(%member, error, "admitted, and the desks cannot open"),
        }
    }

    fn desks(&self, member: MemberId) -> Result<(Desks, Background), String> {
        let (config, chain, keys) = (&self.config, &self.chain, &self.keys);
        let custodian = keys.custodian(config, chain, member)?;
        let counter = keys.counter(config, chain, member)?;
        let attester = match &counter {
            Some(counter) => keys.attester(config, counter)?,
            None => None,
        };
        let care = Arc::new(Care::open(&config.care)?);
        let forms = Arc::new(Forms::open(
            &config.facade.questionnaires,
            &config.facade.scales,
        )?);
        let ledger = custodian.as_ref().zip(counter.as_ref());
        let ledger = ledger.map(|(custodian, counter)| Ledger {
            chain: chain.clone(),
            custodian: custodian.clone(),
            register: Arc::clone(&counter.register),
            member,
            care: Arc::clone(&care),
            forms: Arc::clone(&forms),
        });
        let handbook = (care, Arc::clone(&forms));
        let intake = match &custodian {
            Some(custodian) => {
                let elsewhere = Arc::new(Elsewhere {
                    chain: chain.clone(),
                    network: self.network.clone(),
                    custodian: custodian.clone(),
                    member,
                    secrets: Arc::new(ticket_secrets(config)?),
                });
                keys.intake(chain, elsewhere, handbook, member)
            }
            None => None,
        };
        let duties = custodian.as_ref().and_then(|custodian| {
            let books = (intake.clone(), ledger.clone());
            keys.duties(chain, custodian, &self.network, books, member)
        });
        if let Some(custodian) = &custodian {
            self.door.open(custodian.clone());
        }
        let background = Background {
            duties,
            ledger: ledger.clone(),
            pending: attester.clone().map(Pending),
        };
        let desks = Desks {
            member,
            custodian,
            counter,
            attester,
            intake,
            forms,
            ledger,
        };
        Ok((desks, background))
    }
}
