//! `musubi care`: ask the schedule engine, forms and figures from the command line.

pub(super) mod cohort;
mod copy;
mod forms;
mod papers;

use clap::Subcommand;
use cohort::{CoverageArguments, DueArguments, RecallArguments};
use copy::ExportArguments;
use forms::{CheckFormArguments, FormsArguments, SurveyArguments};
use musubi_care::{
    cases::{CaseFile, Comparison},
    presets,
    rules::RuleSet,
};
use papers::PaperArguments;
use std::path::{Path, PathBuf};

/// What to ask the schedule engine.
#[derive(Debug, Subcommand)]
pub enum CareCommand {
    /// Answer every case of a case file and print each answer beside the expected one.
    Check {
        /// A file of the format `vaccine-cases/1`.
        file: PathBuf,
        /// Another rule set than the one that ships with the program.
        #[arg(long)]
        rules: Option<PathBuf>,
    },
    /// List the forms, or show one in a language.
    Forms(FormsArguments),
    /// Hold a QuestionnaireResponse against its form, and name what the physician should look at.
    CheckForm(CheckFormArguments),
    /// Count the answers to a survey, small counts hidden.
    Survey(SurveyArguments),
    /// List whose doses are due or overdue.
    Due(DueArguments),
    /// Count checkups (地域保健・健康増進事業報告) and doses of a fiscal year.
    Coverage(CoverageArguments),
    /// List everybody who got a dose of a lot.
    Recall(RecallArguments),
    /// Check a report of a mistake (間違い接種) or the draft on a suspected reaction (副反応疑い) for missing fields.
    Paper(PaperArguments),
    /// Copy one child's record out: a FHIR Bundle, and a PDF to print.
    Export(ExportArguments),
}

/// Runs `musubi care …`.
///
/// # Errors
/// The whole report, when a single answer differs from what the file expects; or why a file cannot be read.
pub fn run(command: &CareCommand) -> Result<String, String> {
    match command {
        CareCommand::Check { file, rules } => check(file, rules.as_deref()),
        CareCommand::Forms(arguments) => forms::show(arguments),
        CareCommand::CheckForm(arguments) => forms::check(arguments),
        CareCommand::Survey(arguments) => forms::survey(arguments),
        CareCommand::Due(arguments) => cohort::due(arguments),
        CareCommand::Coverage(arguments) => cohort::coverage(arguments),
        CareCommand::Recall(arguments) => cohort::recall(arguments),
        CareCommand::Paper(arguments) => papers::check(arguments),
        CareCommand::Export(arguments) => copy::export(arguments),
    }
}

fn check(file: &Path, rules: Option<&Path>) -> Result<String, String> {
    let rules = rule_set(rules)?;
    let cases = CaseFile::parse(&text_of(file)?)
        .map_err(|error| format!("case file {}: {}", file.display(), chain(&error)))?;
    let comparisons = cases.compare(&rules);
    let differing = comparisons
        .iter()
        .filter(|comparison| !comparison.agrees())
        .count();
    let mut report: Vec<String> = comparisons.iter().map(line).collect();
    report.push(format!(
        "{} cases, {} agree, {differing} differ",
        comparisons.len(),
        comparisons.len() - differing
    ));
    let report = report.join("\n");
    if differing == 0 {
        Ok(report)
    } else {
        Err(report)
    }
}

pub(super) fn rule_set(path: Option<&Path>) -> Result<RuleSet, String> {
    let text = path.map_or_else(|| Ok(presets::SCHEDULE_2026.to_owned()), text_of)?;
    RuleSet::parse(&text).map_err(|error| format!("rule set: {}", chain(&error)))
}

fn line(comparison: &Comparison<'_>) -> String {
    let differences: Vec<String> = comparison
        .differences
        .iter()
        .map(ToString::to_string)
        .collect();
    let verdict = musubi_care::cases::decision(&comparison.verdict);
    let mark = if comparison.agrees() { "ok  " } else { "DIFF" };
    format!(
        "{mark} {} {} answered {verdict:?} {}",
        comparison.case.id,
        comparison.case.title,
        differences.join("; ")
    )
}

pub(super) fn text_of(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// An error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
