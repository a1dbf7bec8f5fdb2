//! `musubi care paper`: whether a report or draft has everything that it needs before somebody signs and sends it.

use super::text_of;
use clap::{Args, ValueEnum};
use musubi_care::report::{Gap, IncidentReport, ReactionReport};
use std::path::PathBuf;

/// Which paper.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Paper {
    /// 間違い接種.
    Incident,
    /// 副反応疑い (a draft for the physician).
    Reaction,
}

/// What to check.
#[derive(Debug, Args)]
pub struct PaperArguments {
    /// Which paper.
    #[arg(value_enum)]
    paper: Paper,
    /// Its fields as JSON.
    file: PathBuf,
}

/// Names what is missing.
///
/// # Errors
/// Every gap, a line each; or why the file cannot be read.
pub fn check(arguments: &PaperArguments) -> Result<String, String> {
    let text = text_of(&arguments.file)?;
    let wrong = |error: serde_json::Error| format!("{}: {error}", arguments.file.display());
    let (gaps, urgent) = match arguments.paper {
        Paper::Incident => {
            let report: IncidentReport = serde_json::from_str(&text).map_err(wrong)?;
            (report.gaps(), report.is_urgent())
        }
        Paper::Reaction => {
            let report: ReactionReport = serde_json::from_str(&text).map_err(wrong)?;
            (report.gaps(), report.serious == Some(true))
        }
    };
    let urgency = if urgent {
        "urgent: pass it on at once\n"
    } else {
        ""
    };
    if gaps.is_empty() {
        return Ok(format!(
            "{urgency}nothing is missing: to be read and signed by whoever reports"
        ));
    }
    let line = |gap: &Gap| format!("{}: {}", gap.field, gap.needed);
    let lines: Vec<String> = gaps.iter().map(line).collect();
    Err(format!("{urgency}{}", lines.join("\n")))
}
