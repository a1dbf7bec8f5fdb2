//! The engine agrees with the naive check on random questions, and with a walk day by day on when a dose is permitted next.

use std::collections::BTreeSet;
use std::sync::LazyLock;

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
/// Days after the earliest that are walked in search of the period's end.
const DAYS_ON: Day = 800;

/// A question as the engine is asked it, with the naive answer.
pub(crate) struct Posed {
    subject: Subject,
    history: History,
    circumstances: Circumstances,
    proposal: Proposal,
    answer: naive::Answer,
    wanted: String,
    described: String,
}

/// All random questions; walked and answered once for every test that asks them.
pub(crate) static POSED: LazyLock<Vec<Posed>> = LazyLock::new(|| {
    let calendar = Calendar::walk();
    (0..QUESTIONS)
        .map(|seed| Posed::new(&calendar, seed))
        .collect()
});

impl Posed {
    fn new(calendar: &Calendar, seed: u64) -> Self {
        let question = random_question(calendar, &mut Seed::new(seed));
        let answer = naive::decide(calendar, &question);
        let wanted = format!(
            "{} {} {} {:?} {}",
            answer.decision,
            answer.reason,
            answer.dose,
            answer.advisories,
            shown(calendar, answer.first)
        );
        let described = format!("seed {seed}: {}", described(calendar, &question));
        let (subject, history, circumstances, proposal) = facts(calendar, &question);
        Self {
            subject,
            history,
            circumstances,
            proposal,
            answer,
            wanted,
            described,
        }
    }

    fn found(&self, rules: &RuleSet) -> String {
        let verdict = schedule::check(
            rules,
            &self.subject,
            &self.history,
            &self.circumstances,
            &self.proposal,
        );
        summary(&verdict, self.answer.first.is_some())
    }

    pub(crate) fn vaccine(&self) -> &str {
        &self.proposal.vaccine
    }

    /// Whether the engine with these rules answers like the naive check.
    pub(crate) fn agrees(&self, rules: &RuleSet) -> bool {
        self.found(rules) == self.wanted
    }
}

#[test]
fn the_engine_agrees_with_the_naive_check() {
    let rules = rules();
    for posed in POSED.iter() {
        assert_eq!(posed.found(&rules), posed.wanted, "{}", posed.described);
    }
}

#[test]
fn the_random_questions_reach_every_reason() {
    let reasons: BTreeSet<&str> = POSED.iter().map(|posed| posed.answer.reason).collect();
    assert_eq!(reasons.len(), 25, "{reasons:?}");
}

#[test]
fn the_earliest_permitted_day_is_the_first_one_found_by_walking() {
    let (calendar, rules) = (Calendar::walk(), rules());
    for seed in 0..WALKS {
        let question = random_question(&calendar, &mut Seed::new(1_000_000 + seed));
        let (subject, history, circumstances, proposal) = facts(&calendar, &question);
        let verdict = schedule::check(&rules, &subject, &history, &circumstances, &proposal);
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

#[test]
fn the_latest_permitted_day_is_the_last_one_before_the_walk_is_stopped() {
    let (calendar, rules) = (Calendar::walk(), rules());
    let mut ended = 0;
    for seed in 0..WALKS {
        let question = random_question(&calendar, &mut Seed::new(2_000_000 + seed));
        let days = question.day..question.day + 400;
        let Some(first) = naive::first_timely(&calendar, &question, days) else {
            continue;
        };
        let walked = naive::first_untimely(&calendar, &question, first..first + DAYS_ON);
        let (subject, history, circumstances, proposal) = facts(&calendar, &question);
        let verdict = schedule::check(&rules, &subject, &history, &circumstances, &proposal);
        let in_reach = verdict
            .permitted
            .latest
            .filter(|latest| *latest < date(&calendar, first + DAYS_ON - 1));
        assert_eq!(
            in_reach,
            walked.map(|day| date(&calendar, day - 1)),
            "seed {seed}: {}",
            described(&calendar, &question)
        );
        ended += usize::from(walked.is_some());
    }
    assert!(10 < ended, "{ended} walks came to an end");
}

fn facts(calendar: &Calendar, question: &Question) -> (Subject, History, Circumstances, Proposal) {
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
    (subject, History::Confirmed(doses), circumstances, proposal)
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
