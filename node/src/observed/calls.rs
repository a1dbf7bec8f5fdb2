//! Calls at the gateway: counted and timed for operators, and the root of each trace. What is told of a call is its route's pattern, never its path.

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use musubi_node_api::Metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
};
use std::time::Instant;
use tracing::{Instrument, field::Empty, info_span};

/// What is told of a path that no route has.
const NO_ROUTE: &str = "none";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    route: String,
    status: u16,
}

/// Counters of calls by route and status. Routes are patterns from the router's table, so their number is bounded.
#[derive(Clone, Debug)]
pub struct GatewayCalls {
    calls: Family<Labels, Counter>,
    seconds: Histogram,
}

impl GatewayCalls {
    /// Counters that are among the node's metrics.
    pub fn register(metrics: &Metrics) -> Self {
        let counted = Self {
            calls: Family::default(),
            // Half a millisecond to half a minute: a call may wait for a block, or for the authority.
            seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 17)),
        };
        metrics.register(|registry| {
            let calls = counted.calls.clone();
            registry.register(
                "gateway_calls",
                "Gateway calls by route and HTTP status",
                calls,
            );
            let seconds = counted.seconds.clone();
            registry.register(
                "gateway_call_seconds",
                "Time that a gateway call took, in seconds",
                seconds,
            );
        });
        counted
    }

    /// Watches every call of a router.
    pub fn watch(self, router: Router) -> Router {
        router.layer(from_fn_with_state(self, watch))
    }
}

async fn watch(State(counted): State<GatewayCalls>, request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>();
    let route = pattern.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let span = info_span!(
        target: "spans",
        "gateway call",
        otel.kind = "server",
        http.request.method = method(&request),
        http.route = route,
        http.response.status_code = Empty,
    );
    let start = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    counted.seconds.observe(start.elapsed().as_secs_f64());
    counted.calls.get_or_create(&Labels { route, status }).inc();
    response
}

/// The usual methods by name; a caller's own word is told to nobody.
fn method(request: &Request) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}
