//! The engine is up: it begins with the height after the newest finalised block.

use crate::{
    context::MusubiContext,
    engine::Engine,
    height::Height,
    opening::{Opening, Waiting},
};
use arc_malachitebft_core_types::HeightParams;
use ractor::RpcReplyPort;

impl Engine {
    pub(super) fn ready(&mut self, reply: RpcReplyPort<(Height, HeightParams<MusubiContext>)>) {
        let host = self.host.clone();
        let height = host.tip().saturating_add(1);
        self.place.first = Some(height);
        self.spawn(async move { Opening::prepare(&*host, height, Waiting::First(reply)).await });
    }
}
