//! `musubi care due`, `coverage` and `recall`: questions about many children at once, from files of their records.

use super::{chain, rule_set, text_of};
use clap::Args;
use musubi_care::{
    civil::Date,
    due::due_list,
    figures::{Threshold, checkups, doses},
    recall,
    records::{Person, ProductCodes, people},
    rules::RuleSet,
};
use musubi_fhir::Resource;
use musubi_portability::{Line, Outcome, batch::convert_file, columns::ColumnMap};
use std::path::{Path, PathBuf};

/// Files of records, and how to read them.
#[derive(Debug, Args)]
pub struct RecordArguments {
    /// FHIR (Bundle, or a resource a line), or CSV with --map.
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// Column map for files that are not FHIR (TOML).
    #[arg(long)]
    map: Option<PathBuf>,
    /// Which product a record system's code means (TOML: "system|code" = "product").
    #[arg(long)]
    codes: Option<PathBuf>,
    /// Another rule set than the one that ships with the program.
    #[arg(long)]
    rules: Option<PathBuf>,
}

/// Who is due.
#[derive(Debug, Args)]
pub struct DueArguments {
    #[command(flatten)]
    records: RecordArguments,
    /// The day, YYYY-MM-DD.
    #[arg(long, value_parser = day)]
    on: Date,
    /// The files are known to hold every dose of these people.
    #[arg(long)]
    confirmed: bool,
}

/// Which figures.
#[derive(Debug, Args)]
pub struct CoverageArguments {
    #[command(flatten)]
    records: RecordArguments,
    /// Fiscal year: the one that begins on 1 April of this year.
    #[arg(long)]
    year: i32,
    /// Make the public tables: counts below this are hidden, and enough others. Without it: the report to the prefecture, nothing hidden.
    #[arg(long)]
    publish: Option<u32>,
}

/// Which lot.
#[derive(Debug, Args)]
pub struct RecallArguments {
    #[command(flatten)]
    records: RecordArguments,
    /// Lot number; width, case, spaces and hyphens do not matter.
    #[arg(long)]
    lot: String,
    /// Product code, since two makers may use one number.
    #[arg(long)]
    product: Option<String>,
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|error| error.to_string())
}

/// Lists due and overdue doses.
///
/// # Errors
/// Every line of the files that cannot be read.
pub fn due(arguments: &DueArguments) -> Result<String, String> {
    let (rules, people) = arguments.records.people()?;
    let list = due_list(&rules, &people, arguments.confirmed, arguments.on);
    let shown = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let rows = list.doses.iter().map(|dose| {
        let doubt = if dose.unconfirmed {
            "履歴未確認"
        } else {
            ""
        };
        let (due, latest) = (shown(dose.due), shown(dose.latest));
        format!(
            "{:?}\t{}\t{}\t{}\t{due}\t{latest}\t{doubt}",
            dose.status, dose.person, dose.vaccine, dose.dose
        )
    });
    let undated = list
        .undated
        .iter()
        .map(|person| format!("BirthDateUnknown\t{person}"));
    let mut lines: Vec<String> = rows.chain(undated).collect();
    lines.push(format!(
        "{} doses of {} people",
        list.doses.len(),
        people.len()
    ));
    Ok(lines.join("\n"))
}

/// Counts checkups and doses.
///
/// # Errors
/// Every line of the files that cannot be read.
pub fn coverage(arguments: &CoverageArguments) -> Result<String, String> {
    let (rules, people) = arguments.records.people()?;
    let year = arguments.year;
    let days = Date::new(year, 4, 1).zip(Date::new(year.saturating_add(1), 3, 31));
    let (from, to) = days.ok_or_else(|| format!("--year {year}: out of bounds"))?;
    let report = checkups::report(&people, year);
    let given = doses::table(&people, &rules, from, to);
    let Some(least) = arguments.publish else {
        return Ok(unhidden(&report, &given));
    };
    let threshold =
        Threshold::new(least).ok_or_else(|| "--publish: expected 2 to 1000".to_owned())?;
    let checkups = checkups::table(&report).publish(threshold).text();
    Ok(format!("{checkups}\n\n{}", given.publish(threshold).text()))
}

fn unhidden(report: &[checkups::BandFigures], given: &musubi_care::figures::Table) -> String {
    let mut lines =
        vec!["区分\t対象人員\t受診実人員\t受診延人員\t要精密検査\t受診率(%)".to_owned()];
    lines.extend(report.iter().map(|row| {
        let rate = row.rate_permille().map_or_else(
            || "－".to_owned(),
            |rate| format!("{}.{}", rate / 10, rate % 10),
        );
        format!(
            "{}\t{}\t{}\t{}\t{}\t{rate}",
            row.band, row.target, row.attended, row.visits, row.to_examine
        )
    }));
    let (rows, columns) = given.names();
    lines.push(format!("\n接種数\t{}", columns.join("\t")));
    let counted = rows
        .iter()
        .zip(given.counts())
        .filter(|(_, counts)| counts.iter().any(|count| 0 < *count));
    lines.extend(counted.map(|(name, counts)| {
        let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
        format!("{name}\t{}", counts.join("\t"))
    }));
    lines.join("\n")
}

/// Lists a lot's doses.
///
/// # Errors
/// Every line of the files that cannot be read, or a product that the rules do not have.
pub fn recall(arguments: &RecallArguments) -> Result<String, String> {
    let (rules, people) = arguments.records.people()?;
    let product = arguments.product.as_deref();
    if let Some(unknown) = product.filter(|code| rules.vaccine(code).is_none()) {
        return Err(format!(
            "--product {unknown:?}: the schedule rules have no such product"
        ));
    }
    let found = recall::recall(&people, &arguments.lot, product);
    let row = |kind: &str, dose: &recall::RecalledDose| {
        let date = dose.date.map(|date| date.to_string()).unwrap_or_default();
        let product = dose.product.clone().unwrap_or_default();
        format!("{kind}\t{}\t{product}\t{date}\t{}", dose.person, dose.lot)
    };
    let doses = found.doses.iter().map(|dose| row("lot", dose));
    let without = found.without_lot.iter().map(|dose| row("no-lot", dose));
    let mut lines: Vec<String> = doses.chain(without).collect();
    lines.push(format!(
        "{} doses of the lot, {} without a lot that may be",
        found.doses.len(),
        found.without_lot.len()
    ));
    Ok(lines.join("\n"))
}

impl RecordArguments {
    fn people(&self) -> Result<(RuleSet, Vec<Person>), String> {
        let rules = rule_set(self.rules.as_deref())?;
        let map = self
            .map
            .as_deref()
            .map(|path| map_of(path, &rules))
            .transpose()?;
        let resources = resources_of(&self.records, map.as_ref())?;
        let codes = codes_of(self.codes.as_deref(), &rules)?;
        let people = people(&resources, &rules, &codes);
        Ok((rules, people))
    }
}

pub(crate) fn map_of(path: &Path, rules: &RuleSet) -> Result<ColumnMap, String> {
    ColumnMap::parse(&text_of(path)?, rules).map_err(|error| format!("{}: {error}", path.display()))
}

fn codes_of(path: Option<&Path>, rules: &RuleSet) -> Result<ProductCodes, String> {
    let Some(path) = path else {
        return Ok(ProductCodes::new());
    };
    let codes: ProductCodes =
        toml::from_str(&text_of(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    let unknown = codes
        .values()
        .find(|product| rules.vaccine(product).is_none());
    match unknown {
        Some(product) => Err(format!(
            "{}: the schedule rules have no product {product:?}",
            path.display()
        )),
        None => Ok(codes),
    }
}

/// Every resource of the files; all bad lines together, if there are any.
pub(crate) fn resources_of(
    files: &[PathBuf],
    map: Option<&ColumnMap>,
) -> Result<Vec<Resource>, String> {
    let mut resources = Vec::new();
    let mut bad = Vec::new();
    for path in files {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let lines = convert_file(&bytes, map)
            .map_err(|error| format!("{}: {}", path.display(), chain(&error)))?;
        for line in lines {
            collect(line, path, &mut resources, &mut bad);
        }
    }
    if bad.is_empty() {
        Ok(resources)
    } else {
        Err(bad.join("\n"))
    }
}

fn collect(line: Line, path: &Path, resources: &mut Vec<Resource>, bad: &mut Vec<String>) {
    let said = line.to_string();
    let Outcome::Converted {
        patient,
        resources: converted,
        ..
    } = line.outcome
    else {
        if matches!(line.outcome, Outcome::Refused(_)) {
            bad.push(format!("{} {said}", path.display()));
        }
        return;
    };
    for value in patient.into_iter().chain(converted) {
        match Resource::from_value(value) {
            Ok(resource) => resources.push(resource),
            Err(refusal) => bad.push(format!("{} {}: {refusal}", path.display(), line.place)),
        }
    }
}
