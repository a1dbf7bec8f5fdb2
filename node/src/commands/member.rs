//! `musubi member`: what a village's operator does over a node's JSON-RPC: look at the consortium, propose, vote, and keep keys and nodes.
//!
//! Every call is signed by the operator's key file, watched until it is final, and told by what its block's events say. A refusal names the rule
//! of the pallet and what to do about it. With `--json` answers and refusals are one JSON object each.

mod advice;
mod answer;
mod listing;
mod proposition;
mod reading;
mod words;

use crate::{
    client::{ChainClient, Rule},
    commands::key,
    key_file::{self, KeyKind},
};
use answer::{Answer, Failure};
use clap::{Args, Subcommand, ValueEnum};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    calls::consortium,
    extrinsics::{Call, account_of},
};
use musubi_primitives::{AccountId, HpkeKey, Moment, Role, VerifyingKey, seams::Actor};
use musubi_runtime::Runtime;
use pallet_consortium::Error;
use proposition::Proposition;
use std::path::{Path, PathBuf};

/// Which node to ask, whose key signs, and what is wanted.
#[derive(Debug, Args)]
pub struct MemberArguments {
    /// JSON-RPC of a node of the consortium.
    #[arg(long, global = true, default_value = "ws://127.0.0.1:9944")]
    rpc: String,
    /// File with the bearer token of that node's operators; not needed on its own machine.
    #[arg(long, global = true)]
    token_file: Option<PathBuf>,
    /// The operator's key file; every call needs it.
    #[arg(long, global = true)]
    key: Option<PathBuf>,
    /// File whose first line decrypts the key.
    #[arg(long, global = true)]
    passphrase_file: Option<PathBuf>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: MemberCommand,
}

/// What to look at, or what to do.
#[derive(Debug, Subcommand)]
enum MemberCommand {
    /// Show members, their standing, keys, nodes and seats.
    List,
    /// Show open proposals, who voted and what is missing.
    Proposals,
    /// Propose something and vote for it.
    #[command(subcommand)]
    Propose(Proposition),
    /// Vote on an open proposal, or change an earlier vote.
    Vote {
        /// Number of the proposal.
        proposal: u32,
        /// yes or no.
        #[arg(value_enum)]
        ballot: Ballot,
    },
    /// Register a staff or device key of your own member.
    RegisterKey {
        /// Its public Ed25519 key.
        account: AccountId,
        /// What it may do, such as doctor or vault.
        #[arg(long, value_parser = words::code::<Role>)]
        role: Role,
        /// Its public X25519 key: record keys released to it are wrapped to this.
        #[arg(long)]
        hpke: HpkeKey,
        /// The first day it no longer holds (YYYY-MM-DD, Japan time), at most two years ahead.
        #[arg(long, value_parser = words::moment)]
        until: Moment,
    },
    /// Move the expiry of such a key.
    ExtendKey {
        /// Its public Ed25519 key.
        account: AccountId,
        /// The first day it no longer holds (YYYY-MM-DD, Japan time), at most two years ahead.
        #[arg(long, value_parser = words::moment)]
        until: Moment,
    },
    /// Withdraw such a key, for ever.
    WithdrawKey {
        /// Its public Ed25519 key.
        account: AccountId,
    },
    /// Register the network key of a node of your own member.
    RegisterNode {
        /// Its public Ed25519 key.
        node: VerifyingKey,
    },
    /// Withdraw such a key.
    WithdrawNode {
        /// Its public Ed25519 key.
        node: VerifyingKey,
    },
}

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Ballot {
    /// For it.
    Yes,
    /// Against it.
    No,
}

/// Runs `musubi member …`.
///
/// # Errors
/// Why there is no answer, or the rule that refused the call and what to do.
pub fn run(arguments: &MemberArguments) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("start the async runtime: {error}"))?;
    match runtime.block_on(perform(arguments)) {
        Ok(answer) => Ok(answer.shown(arguments.json)),
        Err(failure) => Err(failure.shown(arguments.json)),
    }
}

async fn perform(arguments: &MemberArguments) -> Result<Answer, Failure> {
    // The key first: a wrong passphrase is told without a node.
    let key = match &arguments.command {
        MemberCommand::List | MemberCommand::Proposals => None,
        _ => Some(signing_key(arguments)?),
    };
    let token = arguments.token_file.as_deref().map(token).transpose()?;
    let client = ChainClient::connect(&arguments.rpc, token.as_deref()).await?;
    match (&arguments.command, key) {
        (MemberCommand::List, _) => listing::members(&client).await,
        (MemberCommand::Proposals, _) => listing::proposals(&client).await,
        (command, Some(key)) => submit(&client, &key, command).await,
        (_, None) => Err(Failure::from("name the operator's key file by --key")),
    }
}

async fn submit(
    client: &ChainClient,
    key: &SigningKey,
    command: &MemberCommand,
) -> Result<Answer, Failure> {
    ensure_acts(client, account_of(key), command).await?;
    let call = call(client, command).await?;
    let included = client.submit(key, call).await?;
    answer::of_included(&included)
}

/// A key that stands for nobody is told so here: it has no account, and the pool would only speak of unpaid fees.
async fn ensure_acts(
    client: &ChainClient,
    account: AccountId,
    command: &MemberCommand,
) -> Result<(), Failure> {
    let actor: Option<Actor> = client.runtime("MusubiApi_actor", &account, None).await?;
    match actor {
        Some(_) => Ok(()),
        None => {
            let rule = Rule::of(if is_vote(command) {
                Error::<Runtime>::NotMunicipalityOperator
            } else {
                Error::<Runtime>::NotOperator
            });
            Err(Failure::before_submission(rule, account))
        }
    }
}

fn is_vote(command: &MemberCommand) -> bool {
    matches!(
        command,
        MemberCommand::Propose(_) | MemberCommand::Vote { .. }
    )
}

async fn call(client: &ChainClient, command: &MemberCommand) -> Result<Call, Failure> {
    Ok(match command {
        MemberCommand::Propose(proposition) => {
            consortium::propose(&proposition.action(client).await?)
        }
        MemberCommand::Vote { proposal, ballot } => {
            consortium::vote(*proposal, *ballot == Ballot::Yes)
        }
        MemberCommand::RegisterKey {
            account,
            role,
            hpke,
            until,
        } => consortium::register_key(*account, *role, *hpke, *until),
        MemberCommand::ExtendKey { account, until } => consortium::extend_key(*account, *until),
        MemberCommand::WithdrawKey { account } => consortium::withdraw_key(*account),
        MemberCommand::RegisterNode { node } => consortium::register_node(*node),
        MemberCommand::WithdrawNode { node } => consortium::withdraw_node(*node),
        MemberCommand::List | MemberCommand::Proposals => {
            return Err(Failure::from("this command only reads"));
        }
    })
}

fn signing_key(arguments: &MemberArguments) -> Result<SigningKey, Failure> {
    let path = arguments
        .key
        .as_deref()
        .ok_or_else(|| Failure::from("name the operator's key file by --key"))?;
    let passphrase =
        key::passphrase(arguments.passphrase_file.as_deref()).map_err(Failure::from)?;
    let secret = key_file::read(path, KeyKind::Ed25519, passphrase.as_deref())
        .map_err(|error| Failure::from(error.to_string()))?;
    Ok(SigningKey::from_bytes(&secret))
}

fn token(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|error| Failure::from(format!("token file {}: {error}", path.display())))
}
