//! What can be proposed, as arguments, and the action that each stands for.

use super::{answer::Failure, words};
use crate::client::ChainClient;
use clap::{Args, Subcommand};
use musubi_client_sdk::calls::{Action, MemberKeys};
use musubi_primitives::{
    AccountId, HpkeKey, MemberId, MemberKind, VerifyingKey,
    parameter::{HeightParameters, Parameters},
};

/// What is proposed.
#[derive(Debug, Subcommand)]
pub(super) enum Proposition {
    /// Admit an organisation.
    Admit {
        /// What it is, such as clinic.
        #[arg(long, value_parser = words::code::<MemberKind>)]
        kind: MemberKind,
        #[command(flatten)]
        keys: KeyArguments,
    },
    /// Silence a member until it is reinstated.
    Suspend {
        /// Its number.
        member: u32,
    },
    /// Let a suspended member speak again.
    Reinstate {
        /// Its number.
        member: u32,
    },
    /// Remove a member for ever.
    Remove {
        /// Its number.
        member: u32,
    },
    /// Replace a member's keys.
    RotateKeys {
        /// Its number.
        member: u32,
        #[command(flatten)]
        keys: KeyArguments,
    },
    /// Change the pace of the chain or the life of tickets; what is not named stays. Milliseconds.
    ChangeParameters(ParameterArguments),
    /// Give a municipality a seat among the validators, or a new consensus key.
    AddValidator {
        /// Its number.
        member: u32,
        /// Its public consensus key (Ed25519).
        #[arg(long)]
        consensus_key: VerifyingKey,
    },
    /// Take a municipality's seat away.
    DropValidator {
        /// Its number.
        member: u32,
    },
    /// Switch to another specification of the runtime.
    ScheduleSpec {
        /// Its number.
        #[arg(long)]
        spec: u32,
        /// The first height that executes under it.
        #[arg(long)]
        height: u32,
    },
    /// Call the scheduled switch off.
    CancelSpec,
}

/// A member's public keys.
#[derive(Debug, Args)]
pub(super) struct KeyArguments {
    /// Operator account (Ed25519): votes, registers staff keys and nodes.
    #[arg(long)]
    operator: AccountId,
    /// Signs receipts and acknowledgements (Ed25519).
    #[arg(long)]
    verifier: VerifyingKey,
    /// Records and evidence are sealed to it (X25519).
    #[arg(long)]
    hpke: HpkeKey,
}

/// The parameters to change.
#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct ParameterArguments {
    /// Least time between two blocks.
    #[arg(long)]
    block_time: Option<u32>,
    /// How long validators wait for a proposal in round 0.
    #[arg(long)]
    propose_timeout: Option<u32>,
    /// How long validators wait for votes in round 0.
    #[arg(long)]
    vote_timeout: Option<u32>,
    /// How much longer each further round waits.
    #[arg(long)]
    timeout_delta: Option<u32>,
    /// Longest pause between two blocks when there is nothing to put in them.
    #[arg(long)]
    idle_beat: Option<u32>,
    /// Life of an access ticket.
    #[arg(long)]
    ticket_life: Option<u32>,
}

impl Proposition {
    /// The action to put to the vote; changed parameters are completed with the present ones.
    ///
    /// # Errors
    /// When the node does not tell the present ones.
    pub(super) async fn action(&self, client: &ChainClient) -> Result<Action, Failure> {
        Ok(match self {
            Self::Admit { kind, keys } => Action::Admit {
                kind: *kind,
                keys: keys.into(),
            },
            Self::Suspend { member } => Action::Suspend(MemberId(*member)),
            Self::Reinstate { member } => Action::Reinstate(MemberId(*member)),
            Self::Remove { member } => Action::Remove(MemberId(*member)),
            Self::RotateKeys { member, keys } => Action::RotateKeys {
                member: MemberId(*member),
                keys: keys.into(),
            },
            Self::ChangeParameters(changes) => {
                let now: HeightParameters = client
                    .runtime("MusubiApi_height_parameters", &(), None)
                    .await?;
                Action::ChangeParameters(changes.applied_to(now.parameters))
            }
            Self::AddValidator {
                member,
                consensus_key,
            } => Action::AddValidator {
                member: MemberId(*member),
                key: *consensus_key,
            },
            Self::DropValidator { member } => Action::DropValidator(MemberId(*member)),
            Self::ScheduleSpec { spec, height } => Action::ScheduleSpec {
                spec: *spec,
                height: *height,
            },
            Self::CancelSpec => Action::CancelSpec,
        })
    }
}

impl From<&KeyArguments> for MemberKeys {
    fn from(keys: &KeyArguments) -> Self {
        Self {
            operator: keys.operator,
            verifier: keys.verifier,
            hpke: keys.hpke,
        }
    }
}

impl ParameterArguments {
    fn applied_to(self, now: Parameters) -> Parameters {
        Parameters {
            block_time: self.block_time.unwrap_or(now.block_time),
            propose_timeout: self.propose_timeout.unwrap_or(now.propose_timeout),
            vote_timeout: self.vote_timeout.unwrap_or(now.vote_timeout),
            timeout_delta: self.timeout_delta.unwrap_or(now.timeout_delta),
            idle_beat: self.idle_beat.unwrap_or(now.idle_beat),
            ticket_life: self.ticket_life.unwrap_or(now.ticket_life),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_parameters_change() {
        let changes = ParameterArguments {
            block_time: Some(500),
            propose_timeout: None,
            vote_timeout: None,
            timeout_delta: None,
            idle_beat: None,
            ticket_life: Some(30_000),
        };
        let now = Parameters::default();
        let expected = Parameters {
            block_time: 500,
            ticket_life: 30_000,
            ..now
        };
        assert_eq!(changes.applied_to(now), expected);
    }
}
