//! Serving the routes: connections are bounded in number, and a head that does not come holds none for long.

use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tower::ServiceExt as _;

/// How long the head of a request may take to arrive, also on a connection that was used before.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// Connections at a time; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 1_024;
/// How long nothing is accepted after the system had no room for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop` resolves; calls that are being worked on are answered. A head may take `head_time`, [`HEAD_TIME_MAX`] in a node.
///
/// # Errors
/// Never yet; a listener that cannot accept is asked again.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    head_time: Duration,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let (stopped, stopping) = watch::channel(false);
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut stop = pin!(stop);
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit.map_err(std::io::Error::other)?,
            () = &mut stop => break,
        };
        let stream = tokio::select! {
            (stream, _) = accept(&listener) => stream,
            () = &mut stop => break,
        };
        let (routes, stopping) = (routes.clone(), stopping.clone());
        tokio::spawn(async move {
            connection(stream, routes, head_time, stopping).await;
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
                tracing::warn!(%error, "the gateway accepts no connection for a moment");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    routes: Router,
    head_time: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        routes
            .clone()
            .oneshot(request.map(axum::body::Body::new) as Request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_time)
            .serve_connection(TokioIo::new(stream), service)
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
