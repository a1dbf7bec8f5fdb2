//! What the members may tune by vote: the pace of the chain and the life of a ticket.

use crate::finality::ValidatorSet;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::RangeInclusive;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The chain's parameters; every duration in milliseconds.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Parameters {
    /// Least time between two blocks.
    pub block_time: u32,
    /// How long validators wait for a proposal in round 0.
    pub propose_timeout: u32,
    /// How long validators wait for votes in round 0.
    pub vote_timeout: u32,
    /// How much longer each further round waits.
    pub timeout_delta: u32,
    /// Longest pause between two blocks when there is nothing to put in them.
    pub idle_beat: u32,
    /// Life of an access ticket.
    pub ticket_life: u32,
}

/// The parameter that lies outside its bounds, and what they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} is {value} ms, expected {bounds:?}")]
pub struct ParameterError {
    /// Its name.
    pub parameter: &'static str,
    /// What it was to be.
    pub value: u32,
    /// What it may be.
    pub bounds: RangeInclusive<u32>,
}

impl Parameters {
    /// Whether every parameter lies within its bounds (architecture: block time 200 ms to 1 s, idle beat at most 5 s, tickets at most 60 s).
    ///
    /// # Errors
    /// Names the first parameter that does not.
    pub fn check(&self) -> Result<(), ParameterError> {
        within("block_time", self.block_time, 200..=1_000)?;
        within("propose_timeout", self.propose_timeout, 100..=10_000)?;
        within("vote_timeout", self.vote_timeout, 50..=10_000)?;
        within("timeout_delta", self.timeout_delta, 10..=5_000)?;
        within("idle_beat", self.idle_beat, self.block_time..=5_000)?;
        within("ticket_life", self.ticket_life, 1_000..=60_000)
    }
}

fn within(
    parameter: &'static str,
    value: u32,
    bounds: RangeInclusive<u32>,
) -> Result<(), ParameterError> {
    if bounds.contains(&value) {
        Ok(())
    } else {
        Err(ParameterError {
            parameter,
            value,
            bounds,
        })
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            block_time: 200,
            propose_timeout: 500,
            vote_timeout: 200,
            timeout_delta: 250,
            idle_beat: 5_000,
            ticket_life: 60_000,
        }
    }
}

/// What consensus must know before it starts a height; a pure function of committed state.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct HeightParameters {
    /// The height they hold for.
    pub height: u32,
    /// Who decides it.
    pub validators: ValidatorSet,
    /// At what pace.
    pub parameters: Parameters,
}

/// Which specification of the runtime is in force, and which one comes next.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct SpecStatus {
    /// The specification under which the next block executes.
    pub active: u32,
    /// The one voted to follow it.
    pub scheduled: Option<ScheduledSpec>,
}

/// A specification that takes over at a height.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct ScheduledSpec {
    /// Which.
    pub spec: u32,
    /// The first height that executes under it.
    pub height: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_bounds_and_each_bound_bites() {
        let good = Parameters::default();
        assert_eq!(good.check(), Ok(()));
        for (bad, name) in [
            (
                Parameters {
                    block_time: 199,
                    ..good
                },
                "block_time",
            ),
            (
                Parameters {
                    block_time: 1_001,
                    ..good
                },
                "block_time",
            ),
            (
                Parameters {
                    propose_timeout: 99,
                    ..good
                },
                "propose_timeout",
            ),
            (
                Parameters {
                    vote_timeout: 10_001,
                    ..good
                },
                "vote_timeout",
            ),
            (
                Parameters {
                    timeout_delta: 0,
                    ..good
                },
                "timeout_delta",
            ),
            (
                Parameters {
                    idle_beat: 5_001,
                    ..good
                },
                "idle_beat",
            ),
            (
                Parameters {
                    idle_beat: 199,
                    ..good
                },
                "idle_beat",
            ),
            (
                Parameters {
                    ticket_life: 60_001,
                    ..good
                },
                "ticket_life",
            ),
        ] {
            assert_eq!(bad.check().map_err(|error| error.parameter), Err(name));
        }
    }
}
