//! What is written down: the chain's facts about somebody, and the people of this municipality's own register.

use super::port;
use crate::desk::{
    chain::{Chain, unavailable},
    counter::fault,
    follow_up::sex,
};
use async_trait::async_trait;
use musubi_node_core::ports::LocalFault;
use musubi_node_facade::{Ledger, People, Person, Place, PortError};
use musubi_node_register::{PersonId, Register};
use musubi_primitives::{
    AccountId, BlockHash, ConsentId, MemberId, Moment, Pseudonym, Role,
    resident::ServiceDomain,
    seams::Actor,
    trail::{TrailHead, TrailRow},
    view::ConsentView,
};
use std::sync::Arc;

/// The most rows read of one trail.
const ROWS_MAX: u32 = 100_000;

/// Chain and register as the facade looks things up in them.
pub(super) struct Books {
    pub(super) chain: Chain,
    /// The member whose node this is.
    pub(super) member: MemberId,
    pub(super) register: Option<Arc<Register>>,
}

impl Books {
    /// The rows of a trail that this node keeps, with their places.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub(super) fn rows(&self, subject: &Pseudonym) -> Result<Vec<(TrailRow, Place)>, PortError> {
        let store = self.chain.pipeline().store();
        let read = || -> Result<Vec<_>, LocalFault> {
            let rows = store.trail(subject, 0, ROWS_MAX)?;
            let placed = rows.into_iter().map(|(row, height, index)| {
                let missing = || LocalFault::new("place a trail row", "its block has no hash");
                let block = store.hash_at(height)?.ok_or_else(missing)?;
                Ok((
                    row,
                    Place {
                        height,
                        index,
                        block,
                    },
                ))
            });
            placed.collect()
        };
        read().map_err(|fault| port(unavailable(fault)))
    }

    fn register(&self) -> Result<&Register, PortError> {
        self.register
            .as_deref()
            .ok_or_else(|| PortError::NotOffered("this member keeps no register".to_owned()))
    }

    fn read(&self, id: PersonId) -> Result<Option<Person>, PortError> {
        let person = self
            .register()?
            .person(id)
            .map_err(|error| port(fault(error)))?;
        Ok(person.and_then(|person| shown(&person)))
    }
}

/// A person as the facade shows them; somebody without a pseudonym in the health domain is not shown.
fn shown(person: &musubi_node_register::Person) -> Option<Person> {
    Some(Person {
        pseudonym: person.pseudonym(ServiceDomain::Health)?,
        identifier: person.identifier.clone(),
        name: person.name.clone(),
        kana: person.kana.clone(),
        born: person.born.clone(),
        protected: person.protected,
        sex: person.sex.map(sex),
    })
}

#[async_trait]
impl Ledger for Books {
    fn now(&self) -> Moment {
        self.chain.now()
    }

    fn genesis(&self) -> BlockHash {
        self.chain.genesis()
    }

    async fn role(&self, key: AccountId) -> Result<Option<Role>, PortError> {
        let actor: Option<Actor> = self
            .chain
            .read("MusubiApi_actor", key)
            .await
            .map_err(port)?;
        let own = actor.filter(|actor| actor.member == self.member);
        Ok(own.map(|actor| actor.role))
    }

    async fn home(&self, subject: Pseudonym) -> Result<Option<MemberId>, PortError> {
        self.chain
            .read("MusubiApi_home", subject)
            .await
            .map_err(port)
    }

    async fn trail(&self, subject: Pseudonym) -> Result<Vec<(TrailRow, Place)>, PortError> {
        let head: TrailHead = self
            .chain
            .read("MusubiApi_trail_head", subject)
            .await
            .map_err(port)?;
        let rows = self.rows(&subject)?;
        // A trail is never shortened in silence.
        if u64::try_from(rows.len()).is_ok_and(|count| head.count <= count) {
            return Ok(rows);
        }
        Err(PortError::NotOffered(
            "this node joined by a snapshot and does not keep the whole trail: ask the home municipality's node"
                .to_owned(),
        ))
    }

    async fn row(&self, height: u64, index: u32) -> Result<Option<(TrailRow, Place)>, PortError> {
        let store = self.chain.pipeline().store();
        let unkept = |fault| port(unavailable(fault));
        let rows = store.trail_of_block(height).map_err(unkept)?;
        let place = usize::try_from(index).ok();
        let row = place.and_then(|place| rows.into_iter().nth(place));
        let block = store.hash_at(height).map_err(unkept)?;
        let placed = |block| Place {
            height,
            index,
            block,
        };
        Ok(row.zip(block.map(placed)))
    }

    async fn path(&self, height: u64, index: u32) -> Result<Option<Vec<u8>>, PortError> {
        let store = self.chain.pipeline().store();
        let path = musubi_node_api::prove_row(store.as_ref(), height, index);
        let path = path.map_err(|fault| port(unavailable(fault)))?;
        Ok(path.map(|path| codec::Encode::encode(&path)))
    }

    async fn consent(&self, consent: ConsentId) -> Result<Option<ConsentView>, PortError> {
        self.chain
            .read("MusubiApi_consent", consent)
            .await
            .map_err(port)
    }
}

#[async_trait]
impl People for Books {
    fn is_offered(&self) -> bool {
        self.register.is_some()
    }

    async fn person(&self, pseudonym: Pseudonym) -> Result<Option<Person>, PortError> {
        let id = self.register()?.by_pseudonym(&pseudonym);
        let id = id.map_err(|error| port(fault(error)))?;
        id.map_or(Ok(None), |id| self.read(id))
    }

    async fn by_identifier(&self, identifier: &str) -> Result<Option<Person>, PortError> {
        let id = self.register()?.by_identifier(identifier);
        let id = id.map_err(|error| port(fault(error)))?;
        id.map_or(Ok(None), |id| self.read(id))
    }

    async fn by_name(&self, text: &str) -> Result<Vec<Person>, PortError> {
        let hits = self.register()?.search(text);
        let hits = hits.map_err(|error| port(fault(error)))?;
        Ok(hits
            .iter()
            .filter_map(|(_, person)| shown(person))
            .collect())
    }
}
