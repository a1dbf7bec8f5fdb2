//! Blocks as they become final, as server-sent events: `block` for each, `behind` when a slow reader missed some.

use super::Explorer;
use axum::{
    extract::State,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{Stream, StreamExt};
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;

pub(super) async fn live(
    State(explorer): State<Explorer>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let blocks = BroadcastStream::new(explorer.keeper.live()).map(|block| {
        let event = block.ok().and_then(|block| {
            Event::default()
                .event("block")
                .id(block.height.to_string())
                .json_data(block)
                .ok()
        });
        Ok(event.unwrap_or_else(|| Event::default().event("behind").data("")))
    });
    Sse::new(blocks).keep_alive(KeepAlive::default())
}
