//! `/healthz`, `/readyz` and `/metrics`. Alive means that the process answers; ready means that blocks keep coming.
//!
//! A consensus engine that parked itself after a safety fault is alive and makes no blocks, so readiness looks at the age of the newest one.

use crate::{
    caller::Caller,
    metrics::{Gauges, Metrics},
    ports::Services,
};
use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::time::Duration;

/// What the three endpoints need.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub(crate) services: Services,
    pub(crate) metrics: Metrics,
    pub(crate) head_age_max: Duration,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    ready: bool,
    height: u64,
    head_age_seconds: u64,
    syncing: bool,
}

impl Health {
    fn head_age(&self) -> Duration {
        let at = self.services.head.borrow().at;
        Duration::from_millis(self.services.clock.now().saturating_sub(at))
    }

    fn report(&self) -> Report {
        let (age, syncing) = (self.head_age(), self.services.network.is_syncing());
        let ready = age <= self.head_age_max && !syncing;
        Report {
            ready,
            height: self.services.head.borrow().height,
            head_age_seconds: age.as_secs(),
            syncing,
        }
    }

    fn gauges(&self) -> Gauges {
        let services = &self.services;
        let height = services.head.borrow().height;
        Gauges {
            height,
            head_age: self.head_age(),
            peers: services.network.peers().len(),
            waiting: services.pool.count(),
        }
    }
}

pub(crate) async fn alive(State(health): State<Health>) -> Response {
    Json(health.report()).into_response()
}

pub(crate) async fn ready(State(health): State<Health>) -> Response {
    let report = health.report();
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report)).into_response()
}

pub(crate) async fn metrics(
    State(health): State<Health>,
    Extension(caller): Extension<Caller>,
) -> Response {
    match caller {
        Caller::Guest => (StatusCode::FORBIDDEN, "metrics are for operators\n").into_response(),
        Caller::Operator => match health.metrics.text(health.gauges()) {
            Ok(text) => (
                [(
                    CONTENT_TYPE,
                    "application/openmetrics-text; version=1.0.0; charset=utf-8",
                )],
                text,
            )
                .into_response(),
            Err(std::fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    }
}
