//! A node, reached by the app's own HTTP: the app sends bodies, this file makes and reads them.

use crate::error::MusubiError;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::Arc;

/// The most bytes of one answer that are read: a read proof or five hundred rows are far below.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Why the app's connection brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ConnectionError {
    /// No answer: no network, a timeout, a status other than 200.
    #[error("{reason}")]
    Unreachable {
        /// In the platform's words; never shown as a proof of anything.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ConnectionError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unreachable {
            reason: error.reason,
        }
    }
}

/// How the app reaches one node's JSON-RPC. The app decides on TLS, token and timeout; nothing that comes back is believed unproved.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait NodeConnection: Send + Sync {
    /// Sends `body` by HTTP POST as `application/json` and gives the answer's body.
    async fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, ConnectionError>;
}

impl From<ConnectionError> for MusubiError {
    fn from(error: ConnectionError) -> Self {
        Self::unreachable(error)
    }
}

#[derive(Deserialize)]
struct Answer {
    result: Option<Value>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
}

/// Calls one method. `null` is an answer: `T` says whether it may be.
pub(crate) async fn call<T: DeserializeOwned>(
    node: &Arc<dyn NodeConnection>,
    method: &str,
    params: Value,
) -> Result<T, MusubiError> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = node.post(body.to_string().into_bytes()).await?;
    if answer.len() > ANSWER_BYTES_MAX {
        let length = answer.len();
        return Err(MusubiError::unreachable(format!(
            "the answer to {method} has {length} bytes, at most {ANSWER_BYTES_MAX} are read"
        )));
    }
    let unreadable =
        |error| MusubiError::unreachable(format!("the answer to {method} does not parse: {error}"));
    let Answer { result, error } = serde_json::from_slice(&answer).map_err(unreadable)?;
    match error {
        Some(refusal) => Err(MusubiError::Refused {
            method: method.to_owned(),
            code: refusal.code,
            reason: refusal.message,
        }),
        None => serde_json::from_value(result.unwrap_or(Value::Null)).map_err(unreadable),
    }
}
