//! The engine agrees with the naive check on random questions, and with a walk day by day on when a dose is permitted next.

use musubi_care::cases;
use musubi_care::child::{Circumstances, Dose, History, Proposal, Recovery, Sex, Subject};
use musubi_care::civil::Date;
use musubi_care::decimal::Thousandths;
use musubi_care::rules::{Route, RuleSet};
use musubi_care::schedule;
use musubi_care::verdict::{Answer, Verdict};

use crate::calendar::{Calendar, Day};
use crate::door::rules;
use crate::naive::{self, Question};
use crate::random_question::random_question;
use crate::seed::Seed;

const QUESTIONS: u64 = 20_000;
const WALKS: u64 = 150;

#[test]
fn the_engine_agrees_with_the_naive_check() {
    let (calendar, rules) = (Calendar::walk(), rules());
    let mut reasons = std::collections::BTreeMap::new();
    for seed in 0..QUESTIONS {
        let question = random_question(&calendar, &mut Seed::new(seed));
        let (verdict, answer) = (
            ask(&calendar, &rules, &question),
            naive::decide(&calendar, &question),
        );
        *reasons.entry(answer.reason).or_insert(0_u32) += 1;
        let found = summary(&verdict, answer.first.is_some());
        let wanted = format!(
            "{} {} {} {:?} {}",
            answer.decision,
            answer.reason,
            answer.dose,
            answer.advisories,
            shown(&calendar, answer.first)
        );
        assert_eq!(
            found,
            wanted,
            "seed {seed}: {}",
            described(&calendar, &question)
        );
    }
    assert!(
        reasons.len() >= 24,
        "the questions reach too few reasons: {reasons:?}"
    );
}

#[test]
fn the_earliest_permitted_day_is_the_first_one_found_by_walking() {
    let (calendar, rules) = (Calendar::walk(), rules());
    for seed in 0..WALKS {
        let question = random_question(&calendar, &mut Seed::new(1_000_000 + seed));
        let verdict = ask(&calendar, &rules, &question);
        let walked = naive::first_timely(&calendar, &question, question.day..question.day + 1200);
        let in_reach = verdict
            .permitted
            .earliest
            .filter(|earliest| *earliest < date(&calendar, question.day + 1200));
        assert_eq!(
            in_reach,
            walked.map(|day| date(&calendar, day)),
            "seed {seed}: {}",
            described(&calendar, &question)
        );
    }
}

fn ask(calendar: &Calendar, rules: &RuleSet, question: &Question) -> Verdict {
    let subject = Subject {
        birth: Some(date(calendar, question.birth)),
        sex: Some(if question.female {
            Sex::Female
        } else {
            Sex::Male
        }),
        pregnancy_start: question.pregnancy.map(|day| date(calendar, day)),
    };
    let doses = question
        .doses
        .iter()
        .map(|dose| Dose::new(dose.0, date(calendar, dose.1)))
        .collect();
    let circumstances = Circumstances {
        conditions: question
            .conditions
            .iter()
            .map(|code| (*code).to_owned())
            .collect(),
        short_interval_needed: question.short,
        measures: if question.shortage {
            vec!["MR_SHORTAGE_FY2024".to_owned()]
        } else {
            Vec::new()
        },
        recovery: question.recovered.map(|day| Recovery {
            on: date(calendar, day),
            accepted: true,
        }),
    };
    let proposal = Proposal {
        vaccine: question.code.to_owned(),
        date: date(calendar, question.day),
        volume: question.microlitres.map(Thousandths),
        route: question.route.map(route),
        lot_expiry: question.expiry.map(|day| date(calendar, day)),
    };
    schedule::check(
        rules,
        &subject,
        &History::Confirmed(doses),
        &circumstances,
        &proposal,
    )
}

fn summary(verdict: &Verdict, with_first: bool) -> String {
    let decision = cases::decision(verdict);
    match &verdict.answer {
        Answer::ConditionsMet(met) => format!("{decision} OK {} {:?} -", met.dose, met.advisories),
        Answer::NotMet(stop) | Answer::NeedsPerson(stop) => {
            let first = stop
                .satisfied_from
                .filter(|_| with_first)
                .map_or_else(|| "-".to_owned(), |day| day.to_string());
            format!("{decision} {}  [] {first}", stop.reason)
        }
    }
}

fn described(calendar: &Calendar, question: &Question) -> String {
    let doses: Vec<String> = question
        .doses
        .iter()
        .map(|dose| format!("{} {}", dose.0, calendar.text(dose.1)))
        .collect();
    format!(
        "born {}, {} on {}, after [{}], recovered {}, pregnancy {}, {:?}",
        calendar.text(question.birth),
        question.code,
        calendar.text(question.day),
        doses.join(", "),
        shown(calendar, question.recovered),
        shown(calendar, question.pregnancy),
        (question.short, question.shortage, &question.conditions)
    )
}

fn shown(calendar: &Calendar, day: Option<Day>) -> String {
    day.map_or_else(|| "-".to_owned(), |day| calendar.text(day))
}

pub(crate) fn date(calendar: &Calendar, day: Day) -> Date {
    let (year, month, day) = calendar.fields(day);
    Date::new(
        year,
        i32::try_from(month).unwrap(),
        i32::try_from(day).unwrap(),
    )
    .unwrap()
}

pub(crate) fn route(code: &str) -> Route {
    match code {
        "SC" => Route::Subcutaneous,
        "IM" => Route::Intramuscular,
        "oral" => Route::Oral,
        _ => Route::Percutaneous,
    }
}
