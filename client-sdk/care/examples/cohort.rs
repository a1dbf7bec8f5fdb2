//! Measures a town of 100,000 children: the schedule check, the forecast, the due list and a lot recall.
//! `cargo run --release -p musubi-care --example cohort`
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and prints"
)]

use musubi_care::{
    child::{Circumstances, Proposal, Subject},
    civil::Date,
    due::{due_checkups, due_list},
    forecast::forecast,
    forms::{OFFERS_2026, offers::Offers},
    presets::SCHEDULE_2026,
    recall::recall,
    records::{Person, RecordedDose},
    rules::RuleSet,
    schedule::check,
};
use std::time::{Duration, Instant};

const CHILDREN: i32 = 100_000;
const LOTS: i32 = 2_000;
/// Product and age in days of the doses that a child of that age has.
const SERIES: [(&str, i32); 12] = [
    ("HEPB", 62),
    ("PCV20", 62),
    ("DPT-IPV-HIB", 62),
    ("HEPB", 91),
    ("PCV20", 91),
    ("DPT-IPV-HIB", 91),
    ("PCV20", 120),
    ("DPT-IPV-HIB", 120),
    ("BCG", 160),
    ("HEPB", 215),
    ("MR", 370),
    ("VAR", 372),
];

fn child(at: i32, today: Date) -> Person {
    let age = 30 + at % 2_000;
    let birth = today.plus_days(-age);
    let doses = SERIES.iter().zip(0_i32..);
    // One child in nine has missed its last dose.
    let missed = i32::from(at % 9 == 0) * 30;
    let given = doses.filter(|((_, day), _)| *day + missed < age);
    Person {
        id: at.to_string(),
        subject: Subject {
            birth: Some(birth),
            ..Subject::default()
        },
        doses: given
            .map(|((product, day), number)| RecordedDose {
                product: Some((*product).to_owned()),
                date: Some(birth.plus_days(*day)),
                lot: format!("HK{:04}", (at * 12 + number) % LOTS),
            })
            .collect(),
        forms: Vec::new(),
    }
}

fn timed<T>(what: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = what();
    (done, started.elapsed())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = RuleSet::parse(SCHEDULE_2026)?;
    let offers = Offers::parse(OFFERS_2026)?;
    let today = Date::parse("2026-11-26")?;
    let people: Vec<Person> = (0..CHILDREN).map(|at| child(at, today)).collect();
    let doses: usize = people.iter().map(|person| person.doses.len()).sum();
    println!("{CHILDREN} children, {doses} doses");
    let each = |total: Duration| total / u32::try_from(CHILDREN).unwrap_or(1);
    let normal = Circumstances::default();

    let proposal = Proposal::new("MR", today);
    let (_, total) = timed(|| {
        for person in &people {
            let history = person.history(true);
            std::hint::black_box(check(&rules, &person.subject, &history, &normal, &proposal));
        }
    });
    println!("schedule check: {:?} each (bound 1 ms)", each(total));

    let (_, total) = timed(|| {
        for person in &people {
            let history = person.history(true);
            std::hint::black_box(forecast(&rules, &person.subject, &history, &normal, today));
        }
    });
    println!("forecast: {:?} each (bound 5 ms)", each(total));

    let (list, total) = timed(|| due_list(&rules, &people, true, today));
    println!("due list: {} doses in {total:?}", list.doses.len());
    let (checkups, total) = timed(|| due_checkups(&offers, &people, today));
    println!("due checkups: {} in {total:?}", checkups.len());

    let (found, total) = timed(|| recall(&people, "hk-0417", None));
    println!(
        "recall: {} of {doses} doses in {total:?}",
        found.doses.len()
    );
    Ok(())
}
