//! Why a chain client got no answer, or not the one that was hoped for.

use super::{BlockRef, Rule};
use jsonrpsee::core::ClientError as RpcError;
use musubi_client_sdk::extrinsics::BadSignature;
use musubi_runtime::spec::SpecMissing;

/// What went wrong between this program and a node.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody speaks JSON-RPC there.
    #[error("no node answers at {url} ({source}): is it running, and is this its rpc.listen?")]
    Unreachable {
        /// The address.
        url: String,
        /// What the transport said.
        source: Box<RpcError>,
    },
    /// The connection broke, or the node is too slow.
    #[error("{method}: the node does not answer ({source})")]
    Lost {
        /// What was asked.
        method: String,
        /// What the transport said.
        source: Box<RpcError>,
    },
    /// The node refused the call, or the pool the transaction.
    #[error("{method}: {message} (error {code})")]
    Call {
        /// What was asked.
        method: String,
        /// Number of the JSON-RPC error.
        code: i32,
        /// Its message and data.
        message: String,
    },
    /// The answer is none that this program can read.
    #[error("read {what}: {cause}")]
    Unreadable {
        /// What was read.
        what: String,
        /// Why it is none.
        cause: String,
    },
    /// The chain has moved on to a specification that this program lacks.
    #[error(transparent)]
    SpecMissing(#[from] SpecMissing),
    /// The key is not the account's.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// The pool let the transaction go.
    #[error("the transaction left the pool without a block: it {0}")]
    Dropped(&'static str),
    /// No block took the transaction in time.
    #[error(
        "no block took the transaction within {seconds} s: ask musubi member list at another node whether blocks go on; it may still be taken"
    )]
    NotFinal {
        /// How long was waited.
        seconds: u64,
    },
    /// The transaction is in a block, and the runtime refused what it asked for.
    #[error("refused by {rule} (block {})", .block.height)]
    Refused {
        /// The rule that it broke.
        rule: Rule,
        /// The block that says so.
        block: BlockRef,
    },
}

impl ClientError {
    /// An error of a call, told apart by whose it is.
    pub(super) fn of_call(method: &str, error: RpcError) -> Self {
        let method = method.to_owned();
        match error {
            RpcError::Call(object) => {
                let detail = object
                    .data()
                    .and_then(|data| serde_json::from_str::<String>(data.get()).ok())
                    .map(|data| format!(": {data}"))
                    .unwrap_or_default();
                Self::Call {
                    method,
                    code: object.code(),
                    message: format!("{}{detail}", object.message()),
                }
            }
            RpcError::ParseError(cause) => unreadable(method, cause),
            source => Self::Lost {
                method,
                source: Box::new(source),
            },
        }
    }

    /// The rule that a finalised transaction broke, if that is the error.
    pub fn rule(&self) -> Option<&Rule> {
        if let Self::Refused { rule, .. } = self {
            Some(rule)
        } else {
            None
        }
    }
}

/// The answer is none that this program can read.
pub fn unreadable(what: impl ToString, cause: impl ToString) -> ClientError {
    ClientError::Unreadable {
        what: what.to_string(),
        cause: cause.to_string(),
    }
}
