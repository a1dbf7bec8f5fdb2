//! Serving routes over HTTP: connections are bounded in number, and a head that does not come holds none for long.
//!
//! The JSON-RPC, the gateway and the card agent listen through this. A handler finds its peer's address as [`ConnectInfo`]; a connection that
//! is upgraded to a WebSocket leaves the count, and whoever takes it bounds it.

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tower::ServiceExt as _;

/// How long nothing is accepted after the system had no room for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What the peers of a listener may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at a time; further ones wait to be accepted.
    pub connections_max: usize,
    /// How long the head of a request may take to arrive, also on a connection that was used before.
    pub head_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections_max: 1_024,
            head_time: Duration::from_secs(15),
        }
    }
}

/// Serves until `stop` resolves; calls that are being worked on are answered.
///
/// # Errors
/// Never yet; a listener that cannot accept is asked again.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    bounds: Bounds,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let (stopped, stopping) = watch::channel(false);
    let room = Arc::new(Semaphore::new(bounds.connections_max));
    let mut stop = pin!(stop);
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit.map_err(std::io::Error::other)?,
            () = &mut stop => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut stop => break,
        };
        let (routes, stopping) = (routes.clone(), stopping.clone());
        tokio::spawn(async move {
            connection(stream, peer, routes, bounds.head_time, stopping).await;
            drop(permit);
        });
    }
    stopped.send_replace(true);
    drop(stopping);
    // Every connection holds a receiver until it has ended.
    stopped.closed().await;
    Ok(())
}

/// The next connection. Files that ran out come back when others close theirs.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                let address = listener.local_addr().ok();
                tracing::warn!(%error, ?address, "no connection is accepted for a moment");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
    head_time: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.clone().oneshot(request.map(Body::new))
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_time)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let told = async {
        // A sender that is gone says the same.
        let _ = stopping.wait_for(|stopped| *stopped).await;
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = told => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
