//! `musubi import`: records that a municipality or clinic already has, posted through a gateway as FHIR.
//!
//! A file is converted as a whole first, so that a dry run tells everything before anything is sent. What was posted is noted in a
//! journal beside the file, flushed after each batch: after a crash the same command goes on where it stopped.

mod posting;

use crate::commands::care::{self, cohort};
use clap::Args;
use musubi_portability::{Line, Outcome, batch::convert_file, columns::ColumnMap};
use musubi_primitives::BlockHash;
use posting::Import;
use std::path::{Path, PathBuf};

/// What to import, and where to.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// CSV or JSON with --map; a FHIR Bundle, or one resource a line, without.
    file: PathBuf,
    /// Column map (TOML).
    #[arg(long)]
    map: Option<PathBuf>,
    /// Convert and report only; nothing is sent and nothing is written.
    #[arg(long)]
    dry_run: bool,
    /// Gateway of the own node, HOST:PORT.
    #[arg(long, required_unless_present = "dry_run")]
    gateway: Option<String>,
    /// Hash of the chain's first block.
    #[arg(long, required_unless_present = "dry_run")]
    genesis: Option<BlockHash>,
    /// Key of a member of staff who may write these records.
    #[arg(long, required_unless_present = "dry_run")]
    key: Option<PathBuf>,
    /// File whose first line is the key's passphrase.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
    /// CSV with the columns id and pseudonym: who is who.
    #[arg(long)]
    people: Option<PathBuf>,
    /// Enrol whoever is not in --people by the Patient that the file describes (the municipality's own staff only).
    #[arg(long)]
    enrol: bool,
    /// How many records are on their way at a time; one gateway takes in about forty a second from one key.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u8).range(1..=128))]
    together: u8,
}

/// Converts, and posts unless it is a dry run.
///
/// # Errors
/// The report, when a line was refused; or why the file cannot be read or nothing more can be sent.
pub fn run(arguments: &ImportArguments) -> Result<String, String> {
    let lines = converted(&arguments.file, arguments.map.as_deref())?;
    if arguments.dry_run {
        return dry_run(&lines);
    }
    let import = Import::open(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("start the async runtime: {error}"))?;
    runtime.block_on(import.run(lines))
}

fn converted(file: &Path, map: Option<&Path>) -> Result<Vec<Line>, String> {
    let rules = care::rule_set(None)?;
    let map: Option<ColumnMap> = map.map(|path| cohort::map_of(path, &rules)).transpose()?;
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    convert_file(&bytes, map.as_ref()).map_err(|error| format!("{}: {error}", file.display()))
}

fn dry_run(lines: &[Line]) -> Result<String, String> {
    let mut report: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let refused = lines
        .iter()
        .filter(|line| matches!(line.outcome, Outcome::Refused(_)))
        .count();
    let records: usize = lines.iter().map(records_of).sum();
    report.push(format!(
        "{} lines: {records} records ready, {refused} lines refused; nothing was sent",
        lines.len()
    ));
    let report = report.join("\n");
    if refused == 0 {
        Ok(report)
    } else {
        Err(report)
    }
}

fn records_of(line: &Line) -> usize {
    match &line.outcome {
        Outcome::Converted { resources, .. } => resources.len(),
        Outcome::Nothing(_) | Outcome::Refused(_) => 0,
    }
}
