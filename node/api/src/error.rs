//! Errors on the wire: Substrate's numbers, and a sentence that says what was wrong.
//!
//! Numbers after the public clients' own tables: 1001 and 1010 to 1016 for the pool, 3000 chain, 4000 state, and JSON-RPC 2.0's own.

use crate::ports::{Refusal, StateError};
use jsonrpsee::types::{
    ErrorObjectOwned,
    error::{
        INTERNAL_ERROR_CODE, INTERNAL_ERROR_MSG, INVALID_PARAMS_CODE, INVALID_PARAMS_MSG,
        SERVER_IS_BUSY_CODE, SERVER_IS_BUSY_MSG,
    },
};
use musubi_node_core::ports::LocalFault;

const CHAIN: i32 = 3000;
const STATE: i32 = 4000;
const MALFORMED_EXTRINSIC: i32 = 1001;
const INVALID_TRANSACTION: i32 = 1010;
const UNKNOWN_VALIDITY: i32 = 1011;
const ALREADY_IMPORTED: i32 = 1013;
const PRIORITY_TOO_LOW: i32 = 1014;
const IMMEDIATELY_DROPPED: i32 = 1016;

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    /// A parameter that means nothing here.
    #[error("{0}")]
    Parameter(String),
    /// Something asked for that this node does not have.
    #[error("{0}")]
    Absent(String),
    /// State could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The pool refused.
    #[error(transparent)]
    Pool(#[from] Refusal),
    /// This machine failed.
    #[error(transparent)]
    Fault(#[from] LocalFault),
    /// Too many reads at once.
    #[error("too many calls at once")]
    Busy,
    /// What the store or the runtime gave does not decode.
    #[error("decode {0}")]
    Undecodable(&'static str),
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(error: RpcError) -> Self {
        let text = error.to_string();
        match error {
            RpcError::Parameter(_) => {
                Self::owned(INVALID_PARAMS_CODE, INVALID_PARAMS_MSG, Some(text))
            }
            RpcError::Absent(_) => Self::owned(CHAIN, text, None::<()>),
            RpcError::State(StateError::Fault(fault))
            | RpcError::Pool(Refusal::Fault(fault))
            | RpcError::Fault(fault) => internal(&fault),
            RpcError::State(_) => Self::owned(STATE, text, None::<()>),
            RpcError::Pool(refusal) => {
                Self::owned(pool_code(&refusal), pool_message(&refusal), Some(text))
            }
            RpcError::Busy => Self::owned(SERVER_IS_BUSY_CODE, SERVER_IS_BUSY_MSG, Some(text)),
            RpcError::Undecodable(what) => internal(&LocalFault::new(
                format!("decode {what}"),
                "not what the API expects",
            )),
        }
    }
}

/// The cause goes to the operator's log; the caller learns that it was the node's fault.
fn internal(fault: &LocalFault) -> ErrorObjectOwned {
    tracing::error!(%fault, "a call failed on this machine");
    ErrorObjectOwned::owned(
        INTERNAL_ERROR_CODE,
        INTERNAL_ERROR_MSG,
        Some("a fault of this node; its log says which"),
    )
}

fn pool_code(refusal: &Refusal) -> i32 {
    match refusal {
        Refusal::Malformed(_) => MALFORMED_EXTRINSIC,
        Refusal::Invalid(_) => INVALID_TRANSACTION,
        Refusal::Unknowable(_) => UNKNOWN_VALIDITY,
        Refusal::AlreadyKnown(_) => ALREADY_IMPORTED,
        Refusal::Replaced(_) => PRIORITY_TOO_LOW,
        Refusal::Full(_) => IMMEDIATELY_DROPPED,
        Refusal::Fault(_) => INTERNAL_ERROR_CODE,
    }
}

/// The words that public clients know for each number; the reason follows in `data`.
fn pool_message(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Malformed(_) => "Extrinsic has invalid format",
        Refusal::Invalid(_) => "Invalid Transaction",
        Refusal::Unknowable(_) => "Unknown Transaction Validity",
        Refusal::AlreadyKnown(_) => "Transaction Already Imported",
        Refusal::Replaced(_) => "Priority is too low",
        Refusal::Full(_) => "Immediately Dropped",
        Refusal::Fault(_) => INTERNAL_ERROR_MSG,
    }
}
