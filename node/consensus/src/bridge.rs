//! The actor through which the engine speaks to the chain: it hands every message on and waits for nothing.
//!
//! Malachite's own connector answers one message after the other, so that building or executing a block would hold up rounds, parts and
//! peers that catch up. Here the reply travels with the message, and whoever does the work answers when it is done.

use crate::context::MusubiContext;
use arc_malachitebft_engine::host::HostMsg;
use async_trait::async_trait;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::mpsc;

/// Hands the engine's messages on to a channel.
#[derive(Debug)]
pub(crate) struct Bridge;

#[async_trait]
impl Actor for Bridge {
    type Msg = HostMsg<MusubiContext>;
    type State = mpsc::Sender<HostMsg<MusubiContext>>;
    type Arguments = mpsc::Sender<HostMsg<MusubiContext>>;

    async fn pre_start(
        &self,
        _: ActorRef<Self::Msg>,
        inbox: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(inbox)
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        inbox: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        Ok(inbox.send(message).await?)
    }
}
