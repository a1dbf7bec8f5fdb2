//! Serving the API.
//!
//! A WebSocket leaves the count of connections when it is opened: from then on it counts among the calls that
//! [`Limits::connections_max`](crate::Limits::connections_max) bounds.

use crate::router::Api;
use musubi_node_listener::Bounds;
use tokio::net::TcpListener;

/// Serves the API until `stop` resolves; then finishes what runs and closes every WebSocket.
///
/// # Errors
/// As [`musubi_node_listener::serve`].
pub async fn serve(
    api: Api,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let Api {
        router,
        connections,
        limits,
        ..
    } = api;
    let bounds = Bounds {
        connections_max: limits.sockets_max,
        head_time: limits.head_timeout,
    };
    let stop = async move {
        stop.await;
        // Already stopped is as good as stopped now.
        let _ = connections.stop();
    };
    musubi_node_listener::serve(listener, router, bounds, stop).await
}
