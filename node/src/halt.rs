//! Why a node stopped by itself, and the exit code that tells a supervisor whether to start it again.

use musubi_node_consensus::{EngineError, StartError};
use std::process::ExitCode;

/// The exit codes, for `musubi node --help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  it was told to stop (SIGTERM or Ctrl-C)
  1  it could not start or had to halt; the message says why, and a restart does no harm
  2  its command line is wrong
  3  it halted for safety: its consensus write-ahead log is damaged or failed. Started again blindly it might vote twice:
     an operator looks first (with systemd: RestartPreventExitStatus=3)";

/// Why a node does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Something failed that a restart cannot make worse.
    Fault(String),
    /// Only an operator may start it again.
    Safety(String),
}

impl Halt {
    /// The sentence for the operator.
    pub fn message(&self) -> &str {
        match self {
            Self::Fault(message) | Self::Safety(message) => message,
        }
    }

    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Fault(_) => ExitCode::FAILURE,
            Self::Safety(_) => ExitCode::from(3),
        }
    }
}

impl From<String> for Halt {
    fn from(message: String) -> Self {
        Self::Fault(message)
    }
}

impl From<&str> for Halt {
    fn from(message: &str) -> Self {
        Self::Fault(message.to_owned())
    }
}

impl From<EngineError> for Halt {
    fn from(error: EngineError) -> Self {
        let message = error.to_string();
        match error {
            EngineError::SafetyFailure => Self::Safety(message),
            EngineError::Fault(_)
            | EngineError::Validators(_)
            | EngineError::Certificate(_)
            | EngineError::Panicked(_)
            | EngineError::Stopped => Self::Fault(message),
        }
    }
}

impl From<StartError> for Halt {
    fn from(error: StartError) -> Self {
        let message = error.to_string();
        match error {
            StartError::WriteAheadLog { .. } | StartError::Votes { .. } => Self::Safety(message),
            StartError::Config(_) | StartError::NotListening(_) | StartError::Actor { .. } => {
                Self::Fault(message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_ahead_log_has_an_exit_code_of_its_own() {
        let failed = Halt::from(EngineError::SafetyFailure);
        assert!(matches!(failed, Halt::Safety(_)));
        assert_eq!(failed.exit_code(), ExitCode::from(3));
        let stopped = Halt::from(EngineError::Stopped);
        assert_eq!(stopped.exit_code(), ExitCode::FAILURE);
        assert!(EXIT_CODES.contains("\n  3  "));
    }
}
