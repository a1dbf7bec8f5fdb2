//! What the counter console is told of its surroundings: the chain knows members and keys, the configuration names and addresses.

use super::{Office, chain::unavailable};
use crate::{
    config::{CounterConfig, ExplorerConfig},
    explorer,
};
use async_trait::async_trait;
use musubi_node_gateway::{
    Caller, DeskError,
    console::{ConsoleDesk, Here, Neighbour, You},
};
use musubi_primitives::{MemberId, seams::MemberFacts};
use std::{collections::BTreeMap, sync::Arc};

/// The desk behind `/v1/desk`.
pub struct Console {
    office: Arc<Office>,
    titles: BTreeMap<u32, String>,
    gateways: BTreeMap<u32, String>,
    agent: String,
}

impl Console {
    /// A console whose members are called as the explorer calls them.
    ///
    /// # Errors
    /// A sentence that names the key of the configuration.
    pub fn new(
        office: Arc<Office>,
        counter: &CounterConfig,
        explorer: &ExplorerConfig,
    ) -> Result<Self, String> {
        Ok(Self {
            office,
            titles: explorer.names()?,
            gateways: counter.neighbours()?,
            agent: counter.agent.clone(),
        })
    }

    fn neighbour(&self, member: MemberId, facts: &MemberFacts) -> Neighbour {
        Neighbour {
            member,
            kind: facts.kind,
            title: self.titles.get(&member.0).cloned(),
            hpke: facts.hpke,
            gateway: self.gateways.get(&member.0).cloned(),
        }
    }
}

#[async_trait]
impl ConsoleDesk for Console {
    async fn here(&self, caller: &Caller) -> Result<Here, DeskError> {
        let actor = caller.staff()?;
        let pipeline = self.office.chain.pipeline();
        let chain = pipeline.clone();
        let members = pipeline
            .reading()
            .run(move || explorer::members(&chain))
            .await
            .map_err(unavailable)?
            .map_err(unavailable)?;
        Ok(Here {
            you: You {
                member: actor.member,
                kind: actor.kind,
                role: actor.role,
            },
            node: self.office.desks.get().map(|desks| desks.member),
            members: members
                .iter()
                .map(|(member, facts)| self.neighbour(*member, facts))
                .collect(),
            agent: self.agent.clone(),
        })
    }
}
