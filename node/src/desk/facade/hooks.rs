//! Record systems at the schedule check: the same registered clients as the facade's, by its tokens or by a JWT of their own.

use super::Office;
use crate::desk::{chain::Chain, intake::Intake};
use async_trait::async_trait;
use musubi_client_sdk::extrinsics::account_of;
use musubi_node_facade::{Agent, Facade, NOT_IN_OFFICE, NotOpened, Systems};
use musubi_node_gateway::{
    Caller, DeskError, Standing,
    cds::systems::{HookSystems, SystemError},
};
use musubi_primitives::{AccountId, seams::Actor};
use std::sync::Arc;

struct Hooks {
    systems: Arc<Systems>,
    chain: Chain,
    /// The gateway's account, by which a system's acts are done.
    account: AccountId,
}

/// The systems that may ask the schedule check, where this node has a facade and takes records in.
pub fn systems(facade: &Facade, office: &Office) -> Option<Arc<dyn HookSystems>> {
    let intake: &Intake = office.desks.get()?.intake.as_ref()?;
    Some(Arc::new(Hooks {
        systems: facade.systems(),
        chain: office.chain.clone(),
        account: account_of(&intake.gateway),
    }))
}

#[async_trait]
impl HookSystems for Hooks {
    async fn caller(&self, bearer: &str, path: &str) -> Result<Option<Caller>, SystemError> {
        let agent = self.systems.agent(bearer, path, self.chain.now());
        let agent = agent.map_err(|error| match error {
            NotOpened::Unproved(why) => SystemError::Unproved(why),
            NotOpened::Forbidden(why) => DeskError::Forbidden(why).into(),
        })?;
        let Some(agent) = agent else { return Ok(None) };
        Ok(Some(as_caller(&self.chain, self.account, &agent).await?))
    }
}

/// A system as the desks know callers: the gateway's account, in the system's role.
pub(super) async fn as_caller(
    chain: &Chain,
    account: AccountId,
    agent: &Agent,
) -> Result<Caller, DeskError> {
    let actor: Option<Actor> = chain.read("MusubiApi_actor", account).await?;
    let actor = actor.ok_or_else(|| {
        DeskError::Forbidden("the gateway's key acts for no active member".to_owned())
    })?;
    if let Some(key) = agent.office {
        let office: Option<Actor> = chain.read("MusubiApi_actor", key).await?;
        let is_in_office =
            office.is_some_and(|office| (office.member, office.role) == (actor.member, agent.role));
        if !is_in_office {
            return Err(DeskError::Forbidden(NOT_IN_OFFICE.to_owned()));
        }
    }
    Ok(Caller {
        account,
        standing: Standing::Staff(Actor {
            role: agent.role,
            ..actor
        }),
    })
}
