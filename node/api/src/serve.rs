//! Serving the API: connections are bounded in number, and a head that does not come holds none for long.
//!
//! A WebSocket leaves this count when it is opened: from then on it counts among the calls that [`Limits::connections_max`] bounds.

use crate::router::{Api, Limits};
use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tower::ServiceExt as _;

/// How long nothing is accepted after the system had no room for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves the API until `stop` resolves; then finishes what runs and closes every WebSocket.
///
/// # Errors
/// Never yet; a listener that cannot accept is asked again.
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
    let (stopped, stopping) = watch::channel(false);
    let room = Arc::new(Semaphore::new(limits.sockets_max));
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
        let (router, stopping) = (router.clone(), stopping.clone());
        tokio::spawn(async move {
            connection(stream, peer, router, limits, stopping).await;
            drop(permit);
        });
    }
    // Already stopped is as good as stopped now.
    let _ = connections.stop();
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
                tracing::warn!(%error, "the API accepts no connection for a moment");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
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
        tracing::debug!(%error, "a connection to the API ended early");
    }
}
