//! Measures the conversion of a town's old records: 100,000 children with three rows each, from CSV to checked FHIR.
//! `cargo run --release -p musubi-portability --example convert`
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and prints"
)]

use musubi_care::{presets::SCHEDULE_2026, rules::RuleSet};
use musubi_portability::{Outcome, batch::convert_file, columns::ColumnMap};
use std::{fmt::Write as _, time::Instant};

const CHILDREN: u32 = 100_000;
const MAP: &str = r#"
format = "musubi/columns/1"
[person]
id = "宛名番号"
system = "urn:test:residents"
name = "氏名"
birth = "生年月日"
[dose]
vaccine = "ワクチン"
date = "接種日"
lot = "ロット"
[dose.products]
"５種混合" = "DPT-IPV-HIB"
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let map = ColumnMap::parse(MAP, &RuleSet::parse(SCHEDULE_2026)?)?;
    let mut table = "宛名番号,氏名,生年月日,ワクチン,接種日,ロット\n".to_owned();
    for child in 0..CHILDREN {
        for month in [3, 4, 5] {
            let day = 1 + child % 28;
            writeln!(
                table,
                "A-{child},見本　{child},令和8年1月{day}日,５種混合,R8.{month}.{day},HK{}",
                child % 200
            )?;
        }
    }
    let started = Instant::now();
    let lines = convert_file(table.as_bytes(), Some(&map))?;
    let took = started.elapsed();
    let converted = lines
        .iter()
        .filter(|line| matches!(line.outcome, Outcome::Converted { .. }));
    println!(
        "{} of {} rows ({} MiB) converted and checked in {took:?}",
        converted.count(),
        lines.len(),
        table.len() >> 20
    );
    Ok(())
}
