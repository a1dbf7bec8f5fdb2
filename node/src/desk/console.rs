//! What the counter console is told of its surroundings: the chain knows members and keys, the configuration names and addresses; and of
//! its municipality's people, what a clerk who has them before the counter must know.

use super::{
    Office,
    chain::unavailable,
    counter::{Counter, check_counter, fault},
};
use crate::{
    config::{CounterConfig, ExplorerConfig},
    explorer,
};
use async_trait::async_trait;
use musubi_node_gateway::{
    Caller, DeskError,
    console::{ConsoleDesk, Here, Neighbour, Resident, Signer, You},
};
use musubi_node_register::{Guardian, Person};
use musubi_primitives::{
    MemberId, Pseudonym,
    resident::ServiceDomain,
    seams::{GuardianshipFacts, MemberFacts},
    view::CardView,
};
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

    /// A guardian of the register whom the chain names too: the chain decides who signs.
    async fn signer(
        &self,
        counter: &Counter,
        subject: Pseudonym,
        guardian: &Guardian,
    ) -> Result<Option<Signer>, DeskError> {
        let known: Option<Person> = counter.register.person(guardian.person).map_err(fault)?;
        let Some(known) = known else { return Ok(None) };
        let Some(person) = known.pseudonym(ServiceDomain::Health) else {
            return Ok(None);
        };
        let pair = (person, subject);
        let held: Option<GuardianshipFacts> = self
            .office
            .chain
            .read("MusubiApi_guardianship", pair)
            .await?;
        Ok(held.map(|held| Signer {
            person,
            name: known.name,
            role: guardian.role,
            authority: held.authority,
            until: held.until,
        }))
    }
}

/// An identifier of the register without its system: `system|value`.
fn number_of(identifier: &str) -> String {
    let number = identifier.rsplit_once('|').map(|(_, number)| number);
    number.unwrap_or(identifier).to_owned()
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
    async fn resident(&self, caller: &Caller, person: Pseudonym) -> Result<Resident, DeskError> {
        check_counter(self.office.desks()?.member, caller)?;
        let counter = self.office.counter()?;
        let (_, known) = counter.known(&person, "person")?;
        let mut guardians = Vec::new();
        for guardian in &known.guardians {
            guardians.extend(self.signer(counter, person, guardian).await?);
        }
        let card: Option<CardView> = self
            .office
            .chain
            .read("MusubiApi_active_card", person)
            .await?;
        Ok(Resident {
            person,
            number: number_of(&known.identifier),
            name: known.name,
            kana: known.kana,
            born: known.born,
            card: card.map(|card| card.binding),
            guardians,
        })
    }
}
