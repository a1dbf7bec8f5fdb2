//! The one router: JSON-RPC at `/` (POST, or WebSocket), health and metrics beside it, every bound in one place.

use crate::{
    access::GuardLayer,
    author::{Author, AuthorApiServer},
    backup::{Backup, BackupApiServer},
    bodies::{self, Bodies},
    caller::{Caller, Token},
    chain::{Chain, ChainApiServer},
    finality::{FinalityApiServer, Proofs},
    health::{self, Health},
    metrics::Metrics,
    ports::Services,
    reads::Reads,
    state::{State as StateMethods, StateApiServer},
    system::{System, SystemApiServer},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use jsonrpsee::{
    Methods,
    core::{RegisterMethodError, middleware::RpcServiceBuilder},
    server::{
        BatchRequestConfig, PingConfig, Server, ServerConfig, ServerHandle, StopHandle,
        TowerServiceBuilder, stop_channel, ws,
    },
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tower::{
    Service,
    layer::util::{Identity, Stack},
};

/// Every bound of the API.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one request body or WebSocket message.
    pub request_bytes_max: u32,
    /// Bytes of one response.
    pub response_bytes_max: u32,
    /// Calls in one batch.
    pub batch_max: u32,
    /// WebSockets and HTTP requests at once; callers of [`Api::for_guests`] have as many places of their own.
    pub connections_max: u32,
    /// HTTP connections at once; further ones wait to be accepted.
    pub sockets_max: usize,
    /// How long the head of a request may take to arrive, also on a connection that was used before.
    pub head_timeout: Duration,
    /// Bodies that are arriving at once.
    pub bodies_max: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Subscriptions on one connection.
    pub subscriptions_max: u32,
    /// Messages waiting for a slow reader before the server stops reading from it.
    pub messages_waiting_max: u32,
    /// Reads of state or store that run at once.
    pub reads_max: usize,
    /// Longest time for one HTTP request.
    pub request_timeout: Duration,
    /// Age of the newest block from which the node no longer counts as ready.
    pub head_age_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes_max: 2 * 1024 * 1024,
            response_bytes_max: 16 * 1024 * 1024,
            batch_max: 64,
            connections_max: 512,
            sockets_max: 1_024,
            head_timeout: Duration::from_secs(15),
            bodies_max: 128,
            body_timeout: Duration::from_secs(10),
            subscriptions_max: 64,
            messages_waiting_max: 256,
            reads_max: 16,
            request_timeout: Duration::from_secs(30),
            // Three idle beats of five seconds.
            head_age_max: Duration::from_secs(15),
        }
    }
}

/// The API, ready to be served.
#[derive(Debug)]
pub struct Api {
    /// JSON-RPC, health and metrics. Serve it with connection info of [`SocketAddr`], or every caller is a guest.
    pub router: Router,
    /// JSON-RPC at `/rpc` alone, for another listener: every caller there is a guest, whatever it says of itself.
    pub for_guests: Router,
    /// Ends WebSocket connections when stopped; keep it as long as the router serves.
    pub connections: ServerHandle,
    pub(crate) limits: Limits,
}

/// Builds the router.
///
/// # Errors
/// When two methods claim one name.
pub fn build(
    services: &Services,
    limits: &Limits,
    token: Option<Token>,
    metrics: &Metrics,
) -> Result<Api, RegisterMethodError> {
    let (stop, connections) = stop_channel();
    let guard = GuardLayer {
        metrics: metrics.clone(),
    };
    let rpc = Rpc::new(methods(services, limits)?, &guard, stop, limits);
    let health = Health {
        services: services.clone(),
        metrics: metrics.clone(),
        head_age_max: limits.head_age_max,
    };
    let observed = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(health);
    let for_guests = Router::new()
        .route("/rpc", any(answer))
        .with_state(rpc.with_places_of_its_own(&guard, limits))
        .layer(middleware::from_fn(as_guest));
    let token = Arc::new(token);
    let router = Router::new()
        .route("/", any(answer))
        .route("/rpc", any(answer))
        .with_state(rpc)
        .merge(observed)
        .layer(middleware::from_fn_with_state(token, note_caller));
    Ok(Api {
        router,
        for_guests,
        connections,
        limits: *limits,
    })
}

/// Lets only operators reach these routes: programs and pages of this machine, and whoever has the bearer token.
pub fn for_operators(routes: Router, token: Option<Token>) -> Router {
    let token = Arc::new(token);
    routes
        .layer(middleware::from_fn(refuse_guests))
        .layer(middleware::from_fn_with_state(token, note_caller))
}

async fn refuse_guests(request: Request, next: Next) -> Response {
    match Caller::of(request.extensions()) {
        Caller::Operator => next.run(request).await,
        Caller::Guest => {
            let detail =
                "operators only: ask from this machine, or with the operators' bearer token";
            let problem = serde_json::json!({
                "type": "urn:musubi:problem:not-authenticated", "title": "Unauthorized", "status": 401, "detail": detail,
            });
            let media_type = [(header::CONTENT_TYPE, "application/problem+json")];
            (StatusCode::UNAUTHORIZED, media_type, problem.to_string()).into_response()
        }
    }
}

fn server_config(limits: &Limits) -> ServerConfig {
    ServerConfig::builder()
        .max_request_body_size(limits.request_bytes_max)
        .max_response_body_size(limits.response_bytes_max)
        .max_connections(limits.connections_max)
        .max_subscriptions_per_connection(limits.subscriptions_max)
        .set_message_buffer_capacity(limits.messages_waiting_max)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch_max))
        .enable_ws_ping(PingConfig::new())
        .build()
}

/// All methods; `rpc_methods` learns their names from the very table that serves them.
fn methods(services: &Services, limits: &Limits) -> Result<Methods, RegisterMethodError> {
    let reads = Reads::new(services.clone(), limits.reads_max);
    let mut methods = Methods::new();
    methods.merge(Chain(reads.clone()).into_rpc())?;
    methods.merge(StateMethods(reads.clone()).into_rpc())?;
    methods.merge(Author(reads.clone()).into_rpc())?;
    methods.merge(Proofs(reads.clone()).into_rpc())?;
    methods.merge(Backup(reads.clone()).into_rpc())?;
    let own = System {
        reads: reads.clone(),
        served: Arc::default(),
    }
    .into_rpc();
    let served: BTreeSet<_> = methods.method_names().chain(own.method_names()).collect();
    methods.merge(
        System {
            reads,
            served: Arc::new(served),
        }
        .into_rpc(),
    )?;
    Ok(methods)
}

/// Makes one JSON-RPC service per connection or request.
#[derive(Clone, Debug)]
struct Rpc {
    methods: Methods,
    builder: TowerServiceBuilder<Stack<GuardLayer, Identity>, Identity>,
    stop: StopHandle,
    timeout: Duration,
    bodies: Bodies,
}

impl Rpc {
    fn new(methods: Methods, guard: &GuardLayer, stop: StopHandle, limits: &Limits) -> Self {
        Self {
            methods,
            builder: Server::builder()
                .set_config(server_config(limits))
                .set_rpc_middleware(RpcServiceBuilder::new().layer(guard.clone()))
                .to_service_builder(),
            stop,
            timeout: limits.request_timeout,
            bodies: Bodies::new(limits.bodies_max, limits.body_timeout),
        }
    }

    /// The same methods for other callers, who cannot take the places of those here.
    fn with_places_of_its_own(&self, guard: &GuardLayer, limits: &Limits) -> Self {
        Self::new(self.methods.clone(), guard, self.stop.clone(), limits)
    }

    async fn call(&self, request: Request) -> Response {
        let mut service = self
            .builder
            .clone()
            .build(self.methods.clone(), self.stop.clone());
        match service.call(request).await {
            Ok(response) => response.map(Body::new),
            Err(cause) => {
                tracing::debug!(%cause, "a JSON-RPC connection failed");
                StatusCode::BAD_REQUEST.into_response()
            }
        }
    }
}

async fn answer(State(rpc): State<Rpc>, request: Request) -> Response {
    if ws::is_upgrade_request(&request) {
        return rpc.call(request).await;
    }
    let Some((request, lateness)) = rpc.bodies.admit(request) else {
        return Bodies::no_room();
    };
    match tokio::time::timeout(rpc.timeout, rpc.call(request)).await {
        Ok(_) if lateness.is_late() => rpc.bodies.too_late(),
        Ok(response) => response,
        Err(_elapsed) => {
            let detail = "the answer took too long: ask for less at once";
            bodies::problem(StatusCode::REQUEST_TIMEOUT, "too-slow", detail)
        }
    }
}

async fn as_guest(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Caller::Guest);
    next.run(request).await
}

async fn note_caller(
    State(token): State<Arc<Option<Token>>>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = Caller::judge(&request, token.as_ref().as_ref());
    request.extensions_mut().insert(caller);
    next.run(request).await
}
