//! Measures a lot recall over 10,000 doses: from FHIR text to the list. `cargo run --release -p musubi-care --example recall`
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and prints"
)]

use musubi_care::{
    presets::SCHEDULE_2026,
    recall::recall,
    records::{PRODUCT_SYSTEM, ProductCodes, people},
    rules::RuleSet,
};
use musubi_fhir::Resource;
use serde_json::json;
use std::time::Instant;

const DOSES: usize = 10_000;
const LOTS: usize = 200;

fn line(at: usize) -> String {
    let (person, lot) = (at / 4, at % LOTS);
    json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": format!("HK{lot:03}A"), "patient": {"reference": format!("Patient/{person}")},
        "vaccineCode": {"coding": [{"system": PRODUCT_SYSTEM, "code": "DPT-IPV-HIB"}]}, "occurrenceDateTime": "2026-03-20"
    })
    .to_string()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = RuleSet::parse(SCHEDULE_2026)?;
    let lines: Vec<String> = (0..DOSES).map(line).collect();
    let started = Instant::now();
    let resources: Result<Vec<Resource>, _> =
        lines.iter().map(|line| Resource::parse(line)).collect();
    let people = people(&resources?, &rules, &ProductCodes::new());
    let read = started.elapsed();
    let found = recall(&people, "hk017-a", Some("DPT-IPV-HIB"));
    let total = started.elapsed();
    println!(
        "{DOSES} doses of {} people: read in {read:?}, recalled {} doses in {:?}, together {total:?} (bound 2 s)",
        people.len(),
        found.doses.len(),
        total.saturating_sub(read)
    );
    Ok(())
}
