//! The `musubi` binary: one program for nodes, keys, specifications, proofs and the demonstration.
//!
//! A node says with its exit code whether a supervisor may start it again ([`halt`], and `musubi node --help`): 3 means that it may not,
//! since a validator whose write-ahead log is damaged might vote twice. A node that is new to a chain comes to the others' state by
//! snapshot or by replay, as `store.join` says ([`join`]).
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the binary is the edge: it reads files and variables, starts processes and talks to its terminal"
)]
#![allow(
    unreachable_pub,
    reason = "a binary has no outside: pub says what a module offers to the others"
)]

mod backup;
mod bench;
#[allow(
    dead_code,
    reason = "offers the whole of a node's face to the commands that are being written"
)]
mod client;
mod clock;
mod commands;
mod config;
mod demo;
mod desk;
mod explorer;
mod gossip;
mod halt;
mod join;
mod key_file;
mod logging;
mod membership;
mod observed;
mod printed;
mod proc;
mod random;
mod recovery;
mod restored;
mod start;
mod stop;
mod telemetry;
mod views;

use clap::{Parser, Subcommand};
use commands::{
    backup::BackupArguments, bench::BenchArguments, card::CardCommand, care::CareCommand,
    demo::DemoArguments, import::ImportArguments, key::KeyCommand, member::MemberArguments,
    node::NodeArguments, recover::RecoverCommand, restore::RestoreArguments, spec::SpecCommand,
    verify::VerifyArguments,
};
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Decoding, tries and blocks allocate dozens of times for each transaction: the system's allocator took a fifth of a validator's time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Permissioned blockchain node for maternal-and-child health records under card-signed consent.
#[derive(Debug, Parser)]
#[command(name = "musubi", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[allow(
    clippy::large_enum_variant,
    reason = "one value is parsed in the life of the program"
)]
enum Command {
    /// Play the family's story on a consortium of real processes.
    Demo(DemoArguments),
    /// Run a node.
    Node(NodeArguments),
    /// Back a running node up: chain, register and vault.
    Backup(BackupArguments),
    /// Restore a node's data from a backup.
    Restore(RestoreArguments),
    /// Go on after more than a third of the validators were lost for good.
    #[command(subcommand)]
    Recover(RecoverCommand),
    /// Make key files and show their public parts.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Look at the consortium, propose, vote, and keep keys and nodes.
    Member(MemberArguments),
    /// Check chain specifications.
    #[command(subcommand)]
    Spec(SpecCommand),
    /// Check a bundle of proofs offline.
    Verify(VerifyArguments),
    /// Drive transactions through a running consortium and measure them.
    Bench(BenchArguments),
    /// Ask the schedule engine.
    #[command(subcommand)]
    Care(CareCommand),
    /// Take in records that a municipality or clinic already has.
    Import(ImportArguments),
    /// Work with a My Number Card, real or emulated.
    #[command(subcommand)]
    Card(CardCommand),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo(arguments) => commands::demo::run(&arguments),
        Command::Node(arguments) => return commands::node::run(&arguments),
        Command::Backup(arguments) => commands::backup::run(&arguments),
        Command::Recover(command) => commands::recover::run(&command),
        Command::Restore(arguments) => commands::restore::run(&arguments),
        Command::Key(command) => commands::key::run(&command),
        Command::Member(arguments) => commands::member::run(&arguments),
        Command::Spec(command) => commands::spec::run(&command),
        Command::Verify(arguments) => commands::verify::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Care(command) => commands::care::run(&command),
        Command::Import(arguments) => commands::import::run(&arguments),
        Command::Card(command) => commands::card::run(&command),
    };
    match outcome {
        Ok(text) => {
            // A command that told everything as it went has nothing left to say.
            if !text.is_empty() {
                println!("{text}");
            }
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}
