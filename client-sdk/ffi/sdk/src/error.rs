//! What can go wrong, by what the app must do about it. Cards have their own ([`crate::card::CardError`]).

use std::fmt::Display;

/// Why something was not done. Nothing half done is left behind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum MusubiError {
    /// What the app gave is malformed: an error in the app or in what it was given. Trying again does not help.
    #[error("{what}: {reason}")]
    Input {
        /// Which value.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The node was not reached, or what came back is no answer. Try again later or another node.
    #[error("the node was not reached: {reason}")]
    Unreachable {
        /// What the connection said.
        reason: String,
    },
    /// The node answered that it will not.
    #[error("the node refuses {method}: {reason}")]
    Refused {
        /// The JSON-RPC method.
        method: String,
        /// JSON-RPC's error code.
        code: i64,
        /// The node's words.
        reason: String,
    },
    /// The node's answer does not prove what it says. Believe nothing of it, and tell somebody: this does not happen by accident.
    #[error("not proved: {reason}")]
    NotProved {
        /// Which link of the chain of reasons does not hold.
        reason: String,
    },
    /// All is proved, but the newest block does not stand for now: the node is behind, or cut off.
    #[error("proved, but as of {as_of} ms since 1970, which is older than {age_max_ms} ms")]
    TooOld {
        /// Time of the newest block, milliseconds since 1970.
        as_of: u64,
        /// The age that the app allows, in milliseconds.
        age_max_ms: u64,
    },
    /// The app's key store did not sign or open: the person cancelled, or the store is locked.
    #[error("the key store did not do it: {reason}")]
    Key {
        /// What the key store said.
        reason: String,
    },
    /// The key store's answer is not by the key it should be.
    #[error("{reason}")]
    WrongKey {
        /// Which key was expected.
        reason: String,
    },
    /// A record or envelope does not open: altered, or another's.
    #[error("not opened: {reason}")]
    NotOpened {
        /// Which check failed.
        reason: String,
    },
    /// The platform gives no randomness or no thread.
    #[error("the platform does not give what is needed: {reason}")]
    Platform {
        /// What the platform said.
        reason: String,
    },
}

impl MusubiError {
    pub(crate) fn input(what: &str, reason: impl Display) -> Self {
        Self::Input {
            what: what.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn unreachable(reason: impl Display) -> Self {
        Self::Unreachable {
            reason: reason.to_string(),
        }
    }

    pub(crate) fn not_proved(reason: impl Display) -> Self {
        Self::NotProved {
            reason: reason.to_string(),
        }
    }

    pub(crate) fn not_opened(reason: impl Display) -> Self {
        Self::NotOpened {
            reason: reason.to_string(),
        }
    }

    pub(crate) fn platform(reason: impl Display) -> Self {
        Self::Platform {
            reason: reason.to_string(),
        }
    }
}
