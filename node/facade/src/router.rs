//! The routes: one for each line of the table of what is served, and the few that every FHIR server has.

use crate::{
    call::{Call, Return, allow},
    openapi,
    outcome::{Outcome, fhir},
    parts::Facade,
    ports::Instance,
    query::Query,
    record::gone,
    search::{full_url, page},
    served::{Act, Interaction, Operation, SERVED, Served, Type},
    smart::{TOKEN_PATH, no_store},
    write::{etag, location},
};
use axum::{
    Json, Router,
    body::Body,
    extract::{FromRequestParts, Path, Request, State},
    http::{HeaderValue, Method, Response, StatusCode, header, request},
    response::IntoResponse,
    routing::{MethodFilter, MethodRouter, any, get, post},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::{ServiceExt, limit::GlobalConcurrencyLimitLayer};

/// Path of the FHIR base.
pub const BASE_PATH: &str = "/fhir";

/// The facade's other paths.
const OWN_PATHS: [&str; 4] = [
    TOKEN_PATH,
    "/.well-known/smart-configuration",
    "/.well-known/jwks.json",
    "/openapi.json",
];

/// The most calls that are worked on at once; further ones wait.
pub const CALLS_MAX: usize = 64;

/// The header by which a call says that a staff key has signed it: such calls are the gateway's.
const SIGNED: &str = "musubi-signature";

impl Facade {
    /// Builds the routes.
    pub fn router(self) -> Router {
        let mut router = Router::new()
            .route("/.well-known/smart-configuration", get(smart_configuration))
            .route(
                "/fhir/.well-known/smart-configuration",
                get(smart_configuration),
            )
            .route("/.well-known/jwks.json", get(jwks))
            .route("/openapi.json", get(openapi_document))
            .route(TOKEN_PATH, post(token))
            .route("/fhir/metadata", get(metadata))
            .route("/fhir", post(transaction))
            .route("/fhir/", post(transaction));
        for served in SERVED {
            for (path, methods) in routes_of(served) {
                router = router.route(&path, methods);
            }
        }
        router
            .fallback(no_such_route)
            .method_not_allowed_fallback(no_such_method)
            .layer(GlobalConcurrencyLimitLayer::new(CALLS_MAX))
            .with_state(Arc::new(self))
    }
}

/// The facade beside the gateway on one listener: signed calls and all paths but its own are the gateway's.
pub fn beside(gateway: Router, facade: Router) -> Router {
    Router::new().fallback(any(move |request: Request| {
        let router = if is_ours(&request) {
            facade.clone()
        } else {
            gateway.clone()
        };
        async move { router.oneshot(request).await }
    }))
}

fn is_ours(request: &Request) -> bool {
    let path = request.uri().path();
    let is_signed = request.headers().contains_key(SIGNED);
    let ours = path == BASE_PATH || path.starts_with("/fhir/") || OWN_PATHS.contains(&path);
    ours && !is_signed
}

/// What stands in the address of an instance.
struct At<T>(T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Outcome;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Outcome> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(at)| Self(at))
            .map_err(|_| Outcome::invalid("the address is not percent-encoded UTF-8"))
    }
}

type Shared = State<Arc<Facade>>;

/// What answers a request: a response, or what is wrong.
type Answer = Result<Response<Body>, Outcome>;

fn routes_of(served: &'static Served) -> Vec<(String, MethodRouter<Arc<Facade>>)> {
    let name = served.of.as_str();
    let has = |interaction| served.interactions.contains(&interaction);
    let mut of_type = MethodRouter::new();
    let mut of_instance = MethodRouter::new();
    let mut routes = Vec::new();
    if has(Interaction::Search) {
        of_type = of_type.get(move |facade, request| search_by_query(facade, served, request));
        let by_form = post(move |facade, request| search_by_form(facade, served, request));
        routes.push((format!("/fhir/{name}/_search"), by_form));
    }
    if has(Interaction::Create) {
        of_type = of_type.post(move |facade, request| create(facade, served.of, request));
    }
    if has(Interaction::Read) {
        of_instance =
            of_instance.get(move |facade, id, request| read(facade, served.of, id, request));
    }
    if has(Interaction::Update) {
        of_instance =
            of_instance.put(move |facade, id, request| update(facade, served.of, id, request));
    }
    if has(Interaction::HistoryInstance) {
        let history = get(move |facade, id, request| history(facade, served.of, id, request));
        routes.push((format!("/fhir/{name}/{{id}}/_history"), history));
    }
    if has(Interaction::Vread) {
        let vread = get(move |facade, at, request| vread(facade, served.of, at, request));
        routes.push((format!("/fhir/{name}/{{id}}/_history/{{version}}"), vread));
    }
    for operation in served.operations {
        let path = format!("/fhir/{name}/{{id}}/{}", operation.name);
        let act = move |facade, id, request| operate(facade, served.of, operation, id, request);
        let methods = MethodRouter::new().on(filter_of(operation), act);
        routes.push((path, methods));
    }
    routes.push((format!("/fhir/{name}"), of_type));
    routes.push((format!("/fhir/{name}/{{id}}"), of_instance));
    routes
}

fn filter_of(operation: &Operation) -> MethodFilter {
    if operation.method() == Method::POST {
        MethodFilter::POST
    } else {
        MethodFilter::GET
    }
}

async fn no_such_route() -> Outcome {
    Outcome::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "there is no such path here: /fhir/metadata lists what there is",
    )
}

async fn no_such_method() -> Outcome {
    Outcome::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "not-supported",
        "this path has no such method; records are corrected (PUT), and erased by an officer of the home municipality only",
    )
}

async fn smart_configuration(State(facade): Shared) -> Response<Body> {
    Json(facade.smart_configuration()).into_response()
}

async fn jwks(State(facade): Shared) -> Response<Body> {
    let mut response = Json(facade.jwks()).into_response();
    // Whoever checks a card in a browser fetches this from anywhere (SMART Health Cards, "Issuer").
    let anywhere = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anywhere);
    response
}

async fn openapi_document(State(facade): Shared) -> Response<Body> {
    Json(openapi::document(&facade.origin)).into_response()
}

async fn operate(
    State(facade): Shared,
    of: Type,
    operation: &'static Operation,
    At(id): At<String>,
    request: Request,
) -> Answer {
    let call = Call::take(request).await?;
    let session = facade.admitted(&call, of, Interaction::Read).await?;
    let answer = match operation.act {
        Act::Everything => facade.everything(&session, &id, &call.query()?).await?,
        Act::Summary => facade.summary(&session, &id).await?,
        Act::ExportHistory => facade.export_history(&session, &id).await?,
        Act::IssueHealthCard => {
            allow(&session, Type::Immunization, Interaction::Search)?;
            facade
                .issue_health_card(&session.agent, &id, &call.json()?)
                .await?
        }
        Act::Flags => facade.flags(&session.agent, &id).await?,
        Act::Score => facade.score(&session.agent, &id).await?,
    };
    Ok(fhir(StatusCode::OK, &answer))
}

async fn token(State(facade): Shared, request: Request) -> Result<Response<Body>, Response<Body>> {
    let call = Call::take(request)
        .await
        .map_err(IntoResponse::into_response)?;
    let answer = facade.token(&call).map_err(IntoResponse::into_response)?;
    Ok(no_store(Json(answer).into_response()))
}

async fn metadata(State(facade): Shared, request: Request) -> Answer {
    Call::take(request).await?;
    Ok(fhir(StatusCode::OK, &facade.capability_statement()))
}

async fn transaction(State(facade): Shared, request: Request) -> Answer {
    let call = Call::take(request).await?;
    let session = facade.session(&call).await?;
    let answer = facade.transaction(&session, call.json()?).await?;
    Ok(fhir(StatusCode::OK, &answer))
}

async fn search_by_query(
    State(facade): Shared,
    served: &'static Served,
    request: Request,
) -> Answer {
    let call = Call::take(request).await?;
    let pairs = call.query()?;
    search(&facade, served, &call, &pairs).await
}

async fn search_by_form(
    State(facade): Shared,
    served: &'static Served,
    request: Request,
) -> Answer {
    let call = Call::take(request).await?;
    let mut pairs = call.query()?;
    pairs.extend(call.form()?);
    search(&facade, served, &call, &pairs).await
}

async fn search(
    facade: &Facade,
    served: &Served,
    call: &Call,
    pairs: &[(String, String)],
) -> Answer {
    let session = facade
        .admitted(call, served.of, Interaction::Search)
        .await?;
    let query = Query::parse(served, pairs, call.is_lenient(), &facade.base)?;
    let found = facade.find(&session.agent, served.of, &query).await?;
    Ok(fhir(
        StatusCode::OK,
        &page(served, &query, found, &facade.base),
    ))
}

async fn read(State(facade): Shared, of: Type, At(id): At<String>, request: Request) -> Answer {
    let call = Call::take(request).await?;
    let session = facade.admitted(&call, of, Interaction::Read).await?;
    if !of.is_record() {
        let resource = facade.look_up(&session.agent, of, &id).await?;
        return Ok(fhir(StatusCode::OK, &resource));
    }
    let instance = facade.instance(&session.agent, of, &id).await?;
    let number = instance.count();
    if call.header("if-none-match") == Some(etag(number).as_str()) {
        return Ok(tagged(StatusCode::NOT_MODIFIED.into_response(), number));
    }
    shown(&instance, number)
}

async fn vread(
    State(facade): Shared,
    of: Type,
    At((id, version)): At<(String, String)>,
    request: Request,
) -> Answer {
    let call = Call::take(request).await?;
    let session = facade.admitted(&call, of, Interaction::Vread).await?;
    let instance = facade.instance(&session.agent, of, &id).await?;
    let number: usize = version.parse().map_err(|_| Outcome::not_found())?;
    if !(1..=instance.count()).contains(&number) {
        return Err(Outcome::not_found());
    }
    shown(&instance, number)
}

async fn history(State(facade): Shared, of: Type, At(id): At<String>, request: Request) -> Answer {
    let call = Call::take(request).await?;
    let session = facade
        .admitted(&call, of, Interaction::HistoryInstance)
        .await?;
    let instance = facade.instance(&session.agent, of, &id).await?;
    let entries = history_entries(&instance, &facade.base);
    let total = entries.len();
    let bundle =
        json!({"resourceType": "Bundle", "type": "history", "total": total, "entry": entries});
    Ok(fhir(StatusCode::OK, &bundle))
}

/// Every version, newest first, as a history Bundle lists it.
pub(crate) fn history_entries(instance: &Instance, base: &str) -> Vec<Value> {
    let entry = |number: usize| {
        let resource = instance.shown(number)?;
        let name = resource["resourceType"].as_str().unwrap_or_default();
        let url = full_url(&resource, base);
        let (method, at, status) = match number {
            1 => ("POST", name.to_owned(), "201"),
            _ => (
                "PUT",
                url.trim_start_matches(base)
                    .trim_start_matches('/')
                    .to_owned(),
                "200",
            ),
        };
        let mut response = json!({"status": status, "etag": etag(number)});
        if let Some(written) = resource["meta"].get("lastUpdated") {
            response["lastModified"] = written.clone();
        }
        Some(json!({
            "fullUrl": url, "resource": resource, "request": {"method": method, "url": at}, "response": response,
        }))
    };
    (1..=instance.count()).rev().filter_map(entry).collect()
}

async fn create(State(facade): Shared, of: Type, request: Request) -> Answer {
    let call = Call::take(request).await?;
    let session = facade.admitted(&call, of, Interaction::Create).await?;
    let value = call.json()?;
    let condition = call.header("if-none-exist");
    let _writing = match condition {
        Some(_) => Some(facade.writing.lock().await),
        None => None,
    };
    if let Some(condition) = condition
        && let Some(instance) = facade.existing(&session.agent, of, condition).await?
    {
        return written(&facade, &call, of, StatusCode::OK, &instance);
    }
    let made = facade.create(&session.agent, of, value, false).await?;
    let status = if made.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    written(&facade, &call, of, status, &made.instance)
}

async fn update(State(facade): Shared, of: Type, At(id): At<String>, request: Request) -> Answer {
    let call = Call::take(request).await?;
    let session = facade.admitted(&call, of, Interaction::Update).await?;
    let value = call.json()?;
    let version = call.header("if-match");
    let _writing = facade.writing.lock().await;
    let agent = &session.agent;
    let (checked, instance) = facade.check_update(agent, of, &id, version, value).await?;
    let instance = facade.correct(agent, checked, &instance, false).await?;
    written(&facade, &call, of, StatusCode::OK, &instance)
}

/// The answer to a write, as the client prefers it.
fn written(
    facade: &Facade,
    call: &Call,
    of: Type,
    status: StatusCode,
    instance: &Instance,
) -> Answer {
    let number = instance.count();
    let mut response = match call.wanted() {
        Return::Minimal => status.into_response(),
        Return::Representation => fhir(status, &instance.current().ok_or_else(gone)?),
        Return::Outcome => fhir(status, &done()),
    };
    let location = location(&facade.base, of, instance);
    if let Some(value) = location.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(tagged(response, number))
}

fn done() -> Value {
    let issue =
        json!({"severity": "information", "code": "informational", "diagnostics": "taken in"});
    json!({"resourceType": "OperationOutcome", "issue": [issue]})
}

fn shown(instance: &Instance, number: usize) -> Answer {
    let resource = instance.shown(number).ok_or_else(gone)?;
    Ok(tagged(fhir(StatusCode::OK, &resource), number))
}

fn tagged(mut response: Response<Body>, number: usize) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(&etag(number)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}
