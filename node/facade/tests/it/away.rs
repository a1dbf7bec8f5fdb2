//! A facade whose node is away: routes and documents are there, and nobody behind them.

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use musubi_care::{
    forms::{flags::Flag, scale::Score},
    rules::RuleSet,
};
use musubi_fhir::{IssueCode, Refusal, Resource};
use musubi_node_facade::{
    Agent, Draft, Facade, Handbook, Instance, Ledger, Parts, People, Person, Place, PortError,
    Shelf, Taken,
};
use musubi_primitives::{
    AccountId, BlockHash, CategorySet, ConsentId, MemberId, Moment, Pseudonym, RecordId, Role,
    record::Category,
    trail::TrailRow,
    view::{ConsentView, RecordView},
};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

pub(crate) const ORIGIN: &str = "https://clinic.example";

struct Away;

fn away<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable("the node is away".to_owned()))
}

#[async_trait]
impl Shelf for Away {
    fn member(&self) -> MemberId {
        MemberId(4)
    }
    async fn filed(&self, _: RecordId) -> Result<Option<RecordView>, PortError> {
        away()
    }
    async fn authored(&self, _: Pseudonym) -> Result<Vec<Instance>, PortError> {
        away()
    }
    async fn released(
        &self,
        _: &Agent,
        _: Pseudonym,
        _: CategorySet,
    ) -> Result<Vec<Instance>, PortError> {
        away()
    }
    async fn check_author(&self, _: &Agent, _: &Resource) -> Result<Category, PortError> {
        away()
    }
    async fn check_all(&self, _: &[Draft], _: &[RecordId]) -> Result<(), (usize, PortError)> {
        Ok(())
    }
    async fn take_in(&self, _: &Agent, _: Draft) -> Result<Taken, PortError> {
        away()
    }
    async fn supersede(&self, _: RecordId, _: RecordId) -> Result<(), PortError> {
        away()
    }
    async fn enter_in_error(&self, _: RecordId) -> Result<(), PortError> {
        away()
    }
}

#[async_trait]
impl People for Away {
    fn is_offered(&self) -> bool {
        false
    }
    async fn person(&self, _: Pseudonym) -> Result<Option<Person>, PortError> {
        away()
    }
    async fn by_identifier(&self, _: &str) -> Result<Option<Person>, PortError> {
        away()
    }
    async fn by_name(&self, _: &str) -> Result<Vec<Person>, PortError> {
        away()
    }
}

#[async_trait]
impl Ledger for Away {
    fn now(&self) -> Moment {
        1_795_651_200_000
    }
    fn genesis(&self) -> BlockHash {
        BlockHash([1; 32])
    }
    async fn role(&self, _: AccountId) -> Result<Option<Role>, PortError> {
        away()
    }
    async fn home(&self, _: Pseudonym) -> Result<Option<MemberId>, PortError> {
        away()
    }
    async fn trail(&self, _: Pseudonym) -> Result<Vec<(TrailRow, Place)>, PortError> {
        away()
    }
    async fn row(&self, _: u64, _: u32) -> Result<Option<(TrailRow, Place)>, PortError> {
        away()
    }
    async fn path(&self, _: u64, _: u32) -> Result<Option<Vec<u8>>, PortError> {
        away()
    }
    async fn consent(&self, _: ConsentId) -> Result<Option<ConsentView>, PortError> {
        away()
    }
}

#[async_trait]
impl Handbook for Away {
    async fn rules(&self) -> Result<Arc<RuleSet>, PortError> {
        away()
    }
    fn product(&self, _: &Value) -> Option<String> {
        None
    }
    fn product_system(&self) -> &str {
        "urn:test"
    }
    fn forms(&self) -> Vec<Value> {
        Vec::new()
    }
    fn flags(&self, _: &Value) -> Result<Vec<Flag>, Refusal> {
        Ok(Vec::new())
    }
    fn score(&self, _: &Value) -> Result<Score, Refusal> {
        Err(Refusal::one(
            IssueCode::NotSupported,
            "Resource",
            "the node is away",
        ))
    }
}

pub(crate) fn router() -> Router {
    Facade::new(Parts {
        origin: ORIGIN.to_owned(),
        clients: Vec::new(),
        issuer: None,
        shelf: Arc::new(Away),
        people: Arc::new(Away),
        ledger: Arc::new(Away),
        handbook: Arc::new(Away),
    })
    .router()
}

/// Status and body of a call without a token.
pub(crate) async fn call(router: &Router, method: Method, path: &str) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Whether there is such a route, whatever it says to somebody without a token.
pub(crate) async fn is_served(router: &Router, method: Method, path: &str) -> bool {
    let path = path.replace("{id}", "x").replace("{version}", "1");
    let (status, body) = call(router, method, &path).await;
    let is_refusal_of_route = matches!(
        status,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
    );
    if is_refusal_of_route {
        assert_eq!(body["resourceType"], "OperationOutcome", "{path}");
    }
    !is_refusal_of_route
}
