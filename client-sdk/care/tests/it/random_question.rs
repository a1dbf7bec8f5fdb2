//! Random questions that crowd around the edges of the rules: ages reached, gaps ended, short months, school years.

use crate::calendar::{Calendar, Day};
use crate::naive::Question;
use crate::seed::Seed;

/// The series with the most branches stand several times.
const CODES: [&str; 24] = [
    "HIB",
    "HIB",
    "HIB",
    "PCV20",
    "DPT-IPV-HIB",
    "DPT-IPV",
    "HIB",
    "PCV20",
    "PCV15",
    "PCV13",
    "RV1",
    "RV5",
    "HEPB",
    "BCG",
    "MR",
    "VAR",
    "JE",
    "DT",
    "HPV9",
    "HPV2",
    "HPV4",
    "RSV_MAT",
    "MUMPS",
    "FLU",
];
const CONDITIONS: [&str; 10] = [
    "FEVER_37_5_OR_MORE",
    "SEVERE_ACUTE_ILLNESS",
    "ANAPHYLAXIS_TO_COMPONENT",
    "INTUSSUSCEPTION_HISTORY",
    "SCID",
    "KELOID",
    "PERINATAL_HBIG_AND_HEPB",
    "PRIOR_VARICELLA",
    "PRIOR_MEASLES",
    "PRIOR_RUBELLA",
];

pub(crate) fn random_question(calendar: &Calendar, seed: &mut Seed) -> Question {
    loop {
        let question = draft(calendar, seed);
        let first_day = calendar.day(2020, 10, 1);
        let in_order = question
            .doses
            .iter()
            .all(|dose| question.birth <= dose.1 && dose.1 <= question.day);
        if in_order && first_day <= question.day && question.birth <= question.day {
            return question;
        }
    }
}

fn draft(calendar: &Calendar, seed: &mut Seed) -> Question {
    let code = *seed.pick(&CODES);
    let birth = birth(calendar, seed, code);
    let ages = calendar.ages(birth);
    let pregnancy = calendar.day(2025, 6, 1) + seed.between(0, 900);
    let mut doses = own_doses(calendar, seed, code, birth, &ages, pregnancy);
    let day = proposed_day(calendar, seed, code, birth, &ages, pregnancy, &doses);
    doses.extend(strangers(seed, day));
    doses.retain(|dose| dose.1 <= day);
    doses.sort_by_key(|dose| (dose.1, dose.0));
    doses.dedup();
    let mut question = Question {
        birth,
        female: seed.chance(90),
        pregnancy: Some(pregnancy),
        doses,
        code,
        day,
        ..Question::default()
    };
    circumstances(seed, &mut question);
    question
}

fn birth(calendar: &Calendar, seed: &mut Seed, code: &str) -> Day {
    let recent = calendar.day(2017, 1, 1);
    let birth = match code {
        "JE" | "HPV9" | "HPV2" | "HPV4" | "DT" if seed.chance(70) => {
            calendar.day(1996, 1, 1) + seed.between(0, 366 * 19)
        }
        "MR" if seed.chance(50) => calendar.day(2017, 1, 1) + seed.between(0, 366 * 7),
        _ => recent + seed.between(0, 365 * 11),
    };
    let wanted = match seed.between(0, 9) {
        0 => 31,
        1 => 29,
        2 => 1,
        3 => 2,
        4 => 30,
        _ => return birth,
    };
    (birth..)
        .find(|day| {
            calendar.fields(*day).2 == wanted && (wanted > 2 || calendar.fields(*day).1 == 4)
        })
        .unwrap()
}

fn family(code: &'static str, seed: &mut Seed) -> &'static str {
    let products: &[&'static str] = match code {
        "DPT-IPV-HIB" | "DPT-IPV" => &["DPT-IPV-HIB", "DPT-IPV", "HIB"],
        "HIB" => &["HIB", "DPT-IPV-HIB"],
        "PCV20" | "PCV15" | "PCV13" => &["PCV20", "PCV15", "PCV13"],
        "RV1" | "RV5" => &["RV1", "RV5"],
        "HPV9" | "HPV2" | "HPV4" => &["HPV9", "HPV2", "HPV4"],
        _ => return code,
    };
    let product: &&'static str = if seed.chance(80) {
        &code
    } else {
        seed.pick(products)
    };
    product
}

fn near(day: Day, seed: &mut Seed) -> Day {
    (day + seed.between(0, 4)).saturating_sub(2)
}

fn edge_of_age(seed: &mut Seed, code: &str, birth: Day, ages: &[Day], pregnancy: Day) -> Day {
    let months: &[usize] = match code {
        "RSV_MAT" => return near(pregnancy + seed.pick(&[196, 258]), seed),
        "RV1" | "RV5" => return near(birth + seed.pick(&[42, 104, 168, 224]), seed),
        "MR" => &[12, 24, 60, 66, 72, 78],
        "VAR" => &[12, 36],
        "JE" => &[6, 36, 90, 108, 156, 240],
        "DT" => &[132, 156],
        "HPV9" | "HPV2" | "HPV4" => &[144, 150, 180, 192, 200],
        "BCG" | "HEPB" => &[0, 5, 12],
        "HIB" => &[2, 7, 11, 12, 60, 120],
        "DPT-IPV-HIB" | "DPT-IPV" => &[2, 12, 90, 180],
        _ => &[2, 7, 12, 24, 60, 72],
    };
    near(ages[*seed.pick(months)], seed)
}

/// Gaps of the rules in days after which the next dose may come, and in months; some that are none of this vaccine's too.
fn gaps(code: &str) -> (&'static [usize], &'static [u32]) {
    match code {
        "DPT-IPV-HIB" | "DPT-IPV" => (&[21], &[6]),
        "HIB" => (&[21, 28], &[7]),
        "PCV20" | "PCV15" | "PCV13" => (&[28, 61], &[6]),
        "HEPB" => (&[28, 140, 7, 112], &[6]),
        "JE" => (&[7], &[6]),
        "VAR" => (&[28], &[3]),
        "HPV9" | "HPV2" | "HPV4" => (&[28], &[1, 3, 5, 5, 5]),
        _ => (&[7, 28], &[1]),
    }
}

fn after_gap(calendar: &Calendar, seed: &mut Seed, code: &str, last: Day) -> Day {
    let (days, months) = gaps(code);
    match seed.between(0, 9) {
        0 => last + seed.between(0, 700),
        1..=4 => near(last + *seed.pick(days), seed),
        5..=8 => near(calendar.months_on(last, *seed.pick(months)), seed),
        _ => last + 200 + seed.between(0, 20),
    }
}

/// Primary doses of which the last comes shortly before the first birthday: the next dose may have to be the booster.
fn late_primaries(seed: &mut Seed, ages: &[Day]) -> Vec<(&'static str, Day)> {
    let first = ages[2] + seed.between(0, ages[8] - ages[2]);
    let last = ages[12] - seed.between(0, 27);
    if seed.chance(50) {
        vec![("HIB", first), ("HIB", last)]
    } else {
        vec![("HIB", last)]
    }
}

fn own_doses(
    calendar: &Calendar,
    seed: &mut Seed,
    code: &'static str,
    birth: Day,
    ages: &[Day],
    pregnancy: Day,
) -> Vec<(&'static str, Day)> {
    if code == "HIB" && seed.chance(40) {
        return late_primaries(seed, ages);
    }
    let count = seed.between(0, 4);
    let mut last = edge_of_age(seed, code, birth, ages, pregnancy);
    // The cohorts of the special measures are grown up on the days these rules judge.
    let grown_up = birth < calendar.day(2009, 4, 2) && seed.chance(50);
    if grown_up {
        last = calendar.day(2020, 9, 20) + seed.between(0, 2200);
    }
    let mut doses = Vec::new();
    for _ in 0..count {
        doses.push((family(code, seed), last));
        last = if seed.chance(70) {
            after_gap(calendar, seed, code, last)
        } else {
            edge_of_age(seed, code, birth, ages, pregnancy).max(last)
        };
    }
    doses
}

fn proposed_day(
    calendar: &Calendar,
    seed: &mut Seed,
    code: &str,
    birth: Day,
    ages: &[Day],
    pregnancy: Day,
    doses: &[(&str, Day)],
) -> Day {
    match doses.last() {
        Some(last) if seed.chance(70) => after_gap(calendar, seed, code, last.1),
        _ if seed.chance(80) => edge_of_age(seed, code, birth, ages, pregnancy),
        _ => birth + seed.between(0, 365 * 8),
    }
}

fn strangers(seed: &mut Seed, day: Day) -> Vec<(&'static str, Day)> {
    let count = if seed.chance(40) {
        seed.between(1, 2)
    } else {
        0
    };
    (0..count)
        .map(|_| {
            (
                *seed.pick(&["MR", "VAR", "BCG", "MUMPS", "FLU", "RV1", "PCV20"]),
                day.saturating_sub(seed.between(0, 31)),
            )
        })
        .collect()
}

fn circumstances(seed: &mut Seed, question: &mut Question) {
    if seed.chance(8) {
        question.conditions = vec![*seed.pick(&CONDITIONS), *seed.pick(&CONDITIONS)];
    }
    if seed.chance(15) {
        question.microlitres = Some(*seed.pick(&[100, 250, 500, 500, 1500, 2000]));
        question.route = Some(*seed.pick(&["SC", "SC", "IM", "oral", "percutaneous"]));
    }
    if seed.chance(10) {
        question.expiry = Some(near(question.day, seed));
    }
    question.short = seed.chance(if question.code == "HIB" { 70 } else { 10 });
    question.shortage = seed.chance(40);
    if seed.chance(25) {
        question.recovered = Some(question.day.saturating_sub(seed.between(0, 800)));
    }
}
