//! Bodies of calls on their way in: each has to arrive in time, and only so many arrive at once. Whoever claims a long body and does not send
//! it holds a place for that time and no longer, and gets a clear answer.

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream::unfold};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

/// Room for bodies that are arriving.
#[derive(Clone, Debug)]
pub(crate) struct Bodies {
    room: Arc<Semaphore>,
    time_max: Duration,
}

/// Tells whether a body came too late.
#[derive(Debug)]
pub(crate) struct Lateness(Arc<AtomicBool>);

impl Lateness {
    pub(crate) fn is_late(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Bodies {
    /// Room for `count` bodies at once, each of which may take `time_max`.
    pub(crate) fn new(count: usize, time_max: Duration) -> Self {
        Self {
            room: Arc::new(Semaphore::new(count)),
            time_max,
        }
    }

    /// The same request, whose body fails once it is late; `None` when too many others are arriving. The place is free again with the body's
    /// last byte, or when nobody reads it any more.
    pub(crate) fn admit(&self, request: Request) -> Option<(Request, Lateness)> {
        let place = Arc::clone(&self.room).try_acquire_owned().ok()?;
        let late = Arc::new(AtomicBool::new(false));
        let lateness = Lateness(Arc::clone(&late));
        let deadline = Instant::now().checked_add(self.time_max)?;
        let request = request.map(|body| {
            let arriving = (body.into_data_stream(), place, late);
            Body::from_stream(unfold(
                arriving,
                move |(mut body, place, late)| async move {
                    let part = match timeout_at(deadline, body.next()).await {
                        Ok(part) => part?.map_err(io::Error::other),
                        Err(_elapsed) => {
                            late.store(true, Ordering::Relaxed);
                            Err(io::ErrorKind::TimedOut.into())
                        }
                    };
                    Some((part, (body, place, late)))
                },
            ))
        });
        Some((request, lateness))
    }

    /// The answer to a body that came too late.
    pub(crate) fn too_late(&self) -> Response {
        let detail = format!(
            "the body did not arrive within {} seconds",
            self.time_max.as_secs()
        );
        problem(StatusCode::REQUEST_TIMEOUT, "too-slow", &detail)
    }

    /// The answer while too many bodies are arriving.
    pub(crate) fn no_room() -> Response {
        let detail = "too many calls are arriving at once: try again in a moment";
        problem(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    }
}

/// A problem after which the connection is closed: what is left of the body is no next call.
pub(crate) fn problem(status: StatusCode, name: &str, detail: &str) -> Response {
    let problem = serde_json::json!({
        "type": format!("urn:musubi:problem:{name}"),
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
    });
    let heads = [
        (header::CONTENT_TYPE, "application/problem+json"),
        (header::CONNECTION, "close"),
    ];
    (status, heads, problem.to_string()).into_response()
}
