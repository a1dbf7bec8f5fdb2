//! JSON-RPC as anybody sends it: the whole API in front of a village that lives in memory, without a socket.

use crate::village::{Village, post};
use axum::Router;
use std::cell::LazyCell;
use tokio::runtime::{Builder, Runtime};

/// Callers with and without a say: whoever sits at the node's own machine, and whoever comes from elsewhere.
const CALLERS: [&str; 2] = ["127.0.0.1", "192.0.2.1"];

struct Place {
    runtime: Runtime,
    router: Router,
}

thread_local! {
    static PLACE: LazyCell<Place> = LazyCell::new(|| {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime without threads of its own");
        let router = runtime.block_on(async { Village::found().api().router });
        Place { runtime, router }
    });
}

/// A request body; true when it is answered with a result.
pub(crate) fn json_rpc(bytes: &[u8]) -> bool {
    let answered = |caller| {
        PLACE.with(|place| {
            let exchange = post(&place.router, caller, bytes);
            let (_, text) = place.runtime.block_on(exchange);
            text.contains("\"result\":")
        })
    };
    CALLERS.map(answered).contains(&true)
}
