//! Speaking to a gateway as a person's or a clinic's software does: every call signed by a key of the caller's own.
//!
//! Each call may be sent again: a node that is being restarted costs waiting, and changes no outcome.

use crate::clock::now;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    extrinsics::{Call, ChainContext, Mortality, account_of, prepare},
    rest::{ACCOUNT, SIGNATURE, SUBJECT, SignedCall, TIME},
    sealing::HpkeSecret,
};
use musubi_primitives::{BlockHash, Pseudonym};
use reqwest::{Method, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a node may be away before the story gives up.
const AWAY_MAX: Duration = Duration::from_secs(120);
/// How long is waited before a node that was away is asked again.
const PAUSE: Duration = Duration::from_millis(250);
/// For how many blocks a transaction may wait.
const LIFE_BLOCKS: u64 = 256;

/// Keys of somebody who acts: staff of a member, or a person with a device.
pub struct Keys {
    /// Signs calls and transactions.
    pub signing: SigningKey,
    /// Opens what is wrapped to the device.
    pub sealing: HpkeSecret,
}

/// A gateway and the chain that it must be of.
#[derive(Clone)]
pub struct Gateway {
    http: reqwest::Client,
    url: String,
    genesis: BlockHash,
}

/// A transaction that did what it was asked.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Applied {
    /// Height of its block.
    pub block: u64,
}

/// What a caller needs to sign a transaction.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SigningContext {
    genesis: BlockHash,
    spec_version: u32,
    transaction_version: u32,
    height: u64,
    hash: BlockHash,
    nonce: u32,
}

/// One call.
struct Request<'a> {
    method: Method,
    path: String,
    subject: Option<&'a Pseudonym>,
    body: Vec<u8>,
}

impl Gateway {
    /// The gateway at an address such as `127.0.0.1:9980`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(address: &str, genesis: BlockHash) -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            // Less than the fifteen seconds after which the gateway closes an idle connection.
            .pool_idle_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| format!("make an HTTP client: {error}"))?;
        Ok(Self {
            http,
            url: format!("http://{address}"),
            genesis,
        })
    }

    /// The chain's first block.
    pub fn genesis(&self) -> BlockHash {
        self.genesis
    }

    /// Signs a runtime call as `who`, submits it and waits until it is final.
    ///
    /// # Errors
    /// What the chain or the gateway refused, in its own words.
    pub async fn submit(&self, who: &Keys, call: Call) -> Result<Applied, String> {
        let context: SigningContext = self.get(who, "/v1/signing-context").await?;
        if context.genesis != self.genesis {
            return Err(format!("{} is of another chain", self.url));
        }
        let chain = ChainContext {
            genesis: context.genesis,
            spec_version: context.spec_version,
            transaction_version: context.transaction_version,
        };
        let mortality = Mortality::Mortal {
            period: LIFE_BLOCKS,
            height: context.height,
            block: context.hash,
        };
        let account = account_of(&who.signing);
        let extrinsic = prepare(&chain, account, context.nonce, mortality, call)
            .sign(&who.signing)
            .map_err(|error| error.to_string())?;
        let request = Request::post("/v1/extrinsics", extrinsic.bytes);
        read(&self.send(who, request).await?)
    }

    /// Reads a JSON answer.
    ///
    /// # Errors
    /// What the gateway refused.
    pub async fn get<T: DeserializeOwned>(&self, who: &Keys, path: &str) -> Result<T, String> {
        let request = Request {
            method: Method::GET,
            path: path.to_owned(),
            subject: None,
            body: Vec::new(),
        };
        read(&self.send(who, request).await?)
    }

    /// Posts JSON and reads a JSON answer.
    ///
    /// # Errors
    /// What the gateway refused.
    pub async fn post<T: DeserializeOwned>(
        &self,
        who: &Keys,
        path: &str,
        body: &Value,
    ) -> Result<T, String> {
        let request = Request::post(path, body.to_string().into_bytes());
        read(&self.send(who, request).await?)
    }

    /// Posts a FHIR resource about somebody.
    ///
    /// # Errors
    /// What the gateway refused.
    pub async fn post_fhir<T: DeserializeOwned>(
        &self,
        who: &Keys,
        kind: &str,
        subject: &Pseudonym,
        resource: Vec<u8>,
    ) -> Result<T, String> {
        let request = Request {
            subject: Some(subject),
            ..Request::post(&format!("/fhir/{kind}"), resource)
        };
        read(&self.send(who, request).await?)
    }

    /// Posts bytes and reads bytes.
    ///
    /// # Errors
    /// What the gateway refused.
    pub async fn post_bytes(
        &self,
        who: &Keys,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, String> {
        self.send(who, Request::post(path, body)).await
    }

    /// Sends until somebody answers; a node that is away, or cannot answer or take more now, is asked again.
    async fn send(&self, who: &Keys, request: Request<'_>) -> Result<Vec<u8>, String> {
        let started = Instant::now();
        loop {
            let answer = match self.attempt(who, &request).await {
                Ok((status, body)) if !is_for_now(status) => return refuse(status, body),
                Ok((_, body)) => String::from_utf8_lossy(&body).into_owned(),
                Err(error) => error.to_string(),
            };
            if AWAY_MAX < started.elapsed() {
                return Err(format!("{}{}: {answer}", self.url, request.path));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn attempt(
        &self,
        who: &Keys,
        request: &Request<'_>,
    ) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
        let subject = request.subject.map(ToString::to_string).unwrap_or_default();
        let time = now();
        let call = SignedCall {
            method: request.method.as_str(),
            path: &request.path,
            subject: &subject,
            time,
            body: &request.body,
        };
        let mut prepared = self
            .http
            .request(
                request.method.clone(),
                format!("{}{}", self.url, request.path),
            )
            .header(ACCOUNT, account_of(&who.signing).to_string())
            .header(TIME, time.to_string())
            .header(SIGNATURE, call.sign(&self.genesis, &who.signing))
            .body(request.body.clone());
        if !subject.is_empty() {
            prepared = prepared.header(SUBJECT, subject);
        }
        let response = prepared.send().await?;
        Ok((response.status(), response.bytes().await?.to_vec()))
    }
}

impl Request<'_> {
    fn post(path: &str, body: Vec<u8>) -> Self {
        Self {
            method: Method::POST,
            path: path.to_owned(),
            subject: None,
            body,
        }
    }
}

/// Whether the same call may succeed a little later.
fn is_for_now(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    )
}

/// The body of a good answer, or the sentence of a problem or `OperationOutcome`.
fn refuse(status: StatusCode, body: Vec<u8>) -> Result<Vec<u8>, String> {
    if status.is_success() {
        return Ok(body);
    }
    let said: Value = serde_json::from_slice(&body).unwrap_or(json!(null));
    let detail = said["detail"]
        .as_str()
        .or(said["issue"][0]["diagnostics"].as_str())
        .map_or_else(|| status.to_string(), str::to_owned);
    Err(detail)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("an answer that cannot be read: {error}"))
}
