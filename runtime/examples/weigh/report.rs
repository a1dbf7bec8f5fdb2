//! The figures as lines, and as the files of `runtime/src/weights/`.

use crate::{Costs, ground::Cost};
use std::{collections::BTreeSet, fmt::Write, path::Path, process::Command};

/// Functions of how many consents there are: pallet, name, parameter, and how many there were when the dearest was weighed. With one consent
/// each was weighed too.
const SCALED: [(&str, &str, &str, u64); 3] = [
    ("access", "request_access", "candidates", 8),
    ("consent", "attest", "standing", 8),
    ("consent", "propose", "standing", 12),
];

pub(crate) fn print(costs: &Costs) {
    for ((pallet, name), cost) in costs {
        let Cost {
            nanoseconds,
            nodes_read,
            nodes_written,
        } = cost;
        let microseconds = nanoseconds.div_ceil(1_000);
        println!(
            "{pallet:<11} {name:<20} {microseconds:>6} µs, {nodes_read:>3} nodes read, {nodes_written:>3} written"
        );
    }
}

/// Writes a file for each pallet; rustfmt brings it into shape.
pub(crate) fn write(costs: &Costs, lean: &Costs, families: u32, entries: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/weights");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let pallets: BTreeSet<&String> = costs.keys().map(|(pallet, _)| pallet).collect();
    for pallet in pallets {
        let path = folder.join(format!("{pallet}.rs"));
        std::fs::write(&path, file(costs, lean, pallet, families, entries))
            .expect("it can be written");
        let formatted = Command::new("rustfmt")
            .args(["--edition", "2024"])
            .arg(&path)
            .status();
        assert!(formatted.is_ok_and(|status| status.success()), "rustfmt");
    }
}

fn file(costs: &Costs, lean: &Costs, pallet: &str, families: u32, entries: usize) -> String {
    let mut text = format!(
        "//! Weights of `pallet-{pallet}`, as measured. Written by `examples/weigh`, which says how; not edited by hand.\n//!\n\
         //! * Command: `cargo run --release -p musubi-runtime --example weigh -- {families}`\n\
         //! * Machine: {}\n//! * Date: {}\n//! * State: {families} families, {entries} entries\n\n\
         use core::marker::PhantomData;\nuse frame_support::{{traits::Get, weights::Weight}};\n\n\
         /// Measured weights.\n#[derive(Clone, Copy, Debug)]\npub struct Measured<T>(PhantomData<T>);\n\n\
         impl<T: frame_system::Config> pallet_{pallet}::WeightInfo for Measured<T> {{\n",
        machine(),
        date()
    );
    for (key, cost) in costs.iter().filter(|((of, _), _)| of == pallet) {
        let name = key.1;
        let scaled = SCALED
            .iter()
            .find(|(of, scaled, ..)| *of == pallet && *scaled == name);
        match (scaled, lean.get(key)) {
            (Some((.., parameter, count)), Some(lean)) => {
                scaled_function(
                    &mut text,
                    name,
                    parameter,
                    *lean,
                    cost.without(*lean) / (count - 1),
                );
            }
            _ => function(&mut text, name, *cost),
        }
    }
    text.push_str("}\n");
    text
}

fn function(text: &mut String, name: &str, cost: Cost) {
    let written = write!(text, "fn {name}() -> Weight {{\n{}\n}}\n", weight(cost));
    written.expect("text takes text");
}

fn scaled_function(text: &mut String, name: &str, parameter: &str, lean: Cost, each: Cost) {
    let written = write!(
        text,
        "fn {name}({parameter}: u32) -> Weight {{\nlet each = {};\n{}.saturating_add(each.saturating_mul({parameter}.into()))\n}}\n",
        weight(each),
        weight(lean.without(each))
    );
    written.expect("text takes text");
}

/// A picosecond is the unit of weight; whole microseconds are what the measurement is good for.
fn weight(cost: Cost) -> String {
    format!(
        "Weight::from_parts({}, 0).saturating_add(T::DbWeight::get().reads_writes({}, {}))",
        grouped(cost.nanoseconds.div_ceil(1_000) * 1_000_000),
        cost.nodes_read,
        cost.nodes_written
    )
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores, shared with other work")
}

fn date() -> String {
    let output = Command::new("date").arg("+%Y-%m-%d").output();
    output
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}
