//! A clerk's program at the village's gateway: signed calls and transactions.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    extrinsics::{Call, ChainContext, Mortality, account_of, prepare},
    rest::{ACCOUNT, SIGNATURE, SUBJECT, SignedCall, TIME},
};
use musubi_primitives::BlockHash;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

pub(crate) struct Gateway {
    http: reqwest::Client,
    url: String,
    clerk: SigningKey,
    pub(crate) genesis: BlockHash,
}

impl Gateway {
    pub(crate) fn new(address: &str, clerk: [u8; 32], genesis: BlockHash) -> Self {
        Self {
            http: reqwest::Client::new(),
            url: format!("http://{address}"),
            clerk: SigningKey::from_bytes(&clerk),
            genesis,
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.call(Method::POST, path, body.to_string().into_bytes())
            .await
    }

    /// Signs a runtime call and waits until it is final.
    pub(crate) async fn submit(&self, call: Call) -> Value {
        let extrinsic = self.prepare(call).await;
        self.call(Method::POST, "/v1/extrinsics", extrinsic).await
    }

    /// Signs a runtime call that is refused; by which rule of the chain.
    #[allow(dead_code, reason = "shared with tests in which nothing is refused")]
    pub(crate) async fn try_submit(&self, call: Call) -> String {
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
        let account = account_of(&self.clerk);
        prepare(&chain, account, small("nonce"), mortality, call)
            .sign(&self.clerk)
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

    /// A signed call, not yet sent.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        subject: &str,
        body: Vec<u8>,
    ) -> RequestBuilder {
        let time = now();
        let call = SignedCall {
            method: method.as_str(),
            path,
            subject,
            time,
            body: &body,
        };
        let signature = call.sign(&self.genesis, &self.clerk);
        let request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header(ACCOUNT, account_of(&self.clerk).to_string())
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
pub(crate) fn secret(path: &Path) -> [u8; 32] {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD.decode(lines.collect::<String>()).unwrap();
    *der.last_chunk().unwrap()
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

pub(crate) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
