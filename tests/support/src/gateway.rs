//! Somebody with a key at a gateway: signed calls and transactions.

use crate::told;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    extrinsics::{Call, ChainContext, Mortality, account_of, prepare},
    rest::{ACCOUNT, SIGNATURE, SUBJECT, SignedCall, TIME},
};
use musubi_primitives::{AccountId, BlockHash};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long an idle connection is kept for the next call. The gateway closes one on which no head comes for fifteen seconds, and a call
/// that is sent in that moment is lost; a test on a slow machine is often idle for so long.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// A client for a node's REST side.
///
/// # Panics
/// When the platform gives no client.
pub fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().pool_idle_timeout(IDLE_MAX);
    client.build().expect("a client without TLS needs nothing")
}

/// A key, and the gateway at which it is used.
#[derive(Debug)]
pub struct Gateway {
    http: reqwest::Client,
    url: String,
    signing: SigningKey,
    /// Genesis of its chain.
    pub genesis: BlockHash,
}

impl Gateway {
    /// The key with this secret, at `127.0.0.1:9980` or the like.
    pub fn new(address: &str, secret: [u8; 32], genesis: BlockHash) -> Self {
        Self {
            http: http(),
            url: format!("http://{address}"),
            signing: SigningKey::from_bytes(&secret),
            genesis,
        }
    }

    /// Its account.
    pub fn account(&self) -> AccountId {
        account_of(&self.signing)
    }

    /// Its key.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// A call that must succeed.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.call(Method::POST, path, body.to_string().into_bytes())
            .await
    }

    /// Signs a runtime call and waits until it is final.
    pub async fn submit(&self, call: Call) -> Value {
        let extrinsic = self.prepare(call).await;
        self.call(Method::POST, "/v1/extrinsics", extrinsic).await
    }

    /// Signs a runtime call that is refused; by which rule of the chain.
    pub async fn try_submit(&self, call: Call) -> String {
        let extrinsic = self.prepare(call).await;
        let request = self.request(Method::POST, "/v1/extrinsics", "", extrinsic);
        let text = request.send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        let refusal = answer["detail"].as_str().expect("it was refused");
        let rule = refusal.strip_prefix("the chain refused: ").unwrap();
        rule.split(':').next().unwrap().to_owned()
    }

    async fn prepare(&self, call: Call) -> Vec<u8> {
        let path = "/v1/signing-context";
        let context = self.call(Method::GET, path, Vec::new()).await;
        self.extrinsic(&context, call)
    }

    /// A signed runtime call, under what the gateway says of its chain.
    pub fn extrinsic(&self, context: &Value, call: Call) -> Vec<u8> {
        let number = |name: &str| context[name].as_u64().unwrap();
        let small = |name: &str| u32::try_from(number(name)).unwrap();
        let chain = ChainContext {
            genesis: self.genesis,
            spec_version: small("specVersion"),
            transaction_version: small("transactionVersion"),
        };
        let mortality = Mortality::Mortal {
            period: 256,
            height: number("height"),
            block: context["hash"].as_str().unwrap().parse().unwrap(),
        };
        prepare(&chain, self.account(), small("nonce"), mortality, call)
            .sign(&self.signing)
            .unwrap()
            .bytes
    }

    async fn call(&self, method: Method, path: &str, body: Vec<u8>) -> Value {
        let response = self.request(method, path, "", body).send().await.unwrap();
        let status = response.status();
        let answer = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// A signed call, not yet sent; what it tells is noted.
    pub fn request(
        &self,
        method: Method,
        path: &str,
        subject: &str,
        body: Vec<u8>,
    ) -> RequestBuilder {
        told::call(path, &body);
        let time = now();
        let call = SignedCall {
            method: method.as_str(),
            path,
            subject,
            time,
            body: &body,
        };
        let signature = call.sign(&self.genesis, &self.signing);
        let request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header(ACCOUNT, self.account().to_string())
            .header(TIME, time.to_string())
            .header(SIGNATURE, signature)
            .body(body);
        if subject.is_empty() {
            request
        } else {
            request.header(SUBJECT, subject)
        }
    }
}

/// The secret at the end of a key file (RFC 8410: an octet string within the last field).
pub fn secret(path: &Path) -> [u8; 32] {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD.decode(lines.collect::<String>()).unwrap();
    *der.last_chunk().unwrap()
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// 32 random bytes.
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
