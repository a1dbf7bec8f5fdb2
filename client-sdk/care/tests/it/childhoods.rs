//! Whole childhoods: what holds for every child the generator can make.

use musubi_care::child::{Circumstances, Dose, History, Proposal, Sex, Subject};
use musubi_care::decimal::Thousandths;
use musubi_care::forecast::{Status, forecast};
use musubi_care::rules::RuleSet;
use musubi_care::schedule::check;
use musubi_care::verdict::{Answer, Verdict};

use crate::agreement::{date, route};
use crate::calendar::Calendar;
use crate::door::rules;
use crate::lawful::{Childhood, childhood};
use crate::seed::Seed;

const CHILDHOODS: u64 = 10_000;
const LAWFUL: u64 = 5_000;

pub(crate) fn subject(calendar: &Calendar, child: &Childhood) -> Subject {
    Subject {
        birth: Some(date(calendar, child.birth)),
        sex: Some(if child.female { Sex::Female } else { Sex::Male }),
        pregnancy_start: None,
    }
}

pub(crate) fn history(calendar: &Calendar, child: &Childhood, upto: usize) -> History {
    History::Confirmed(
        child.doses[..upto]
            .iter()
            .map(|dose| Dose::new(dose.code, date(calendar, dose.day)))
            .collect(),
    )
}

pub(crate) fn proposal(calendar: &Calendar, child: &Childhood, at: usize) -> Proposal {
    let dose = &child.doses[at];
    Proposal {
        vaccine: dose.code.to_owned(),
        date: date(calendar, dose.day),
        volume: dose.microlitres.map(Thousandths),
        route: Some(route(dose.route)),
        lot_expiry: Some(date(calendar, dose.day)),
    }
}

fn verdict_on(calendar: &Calendar, rules: &RuleSet, child: &Childhood, at: usize) -> Verdict {
    check(
        rules,
        &subject(calendar, child),
        &history(calendar, child, at),
        &Circumstances::default(),
        &proposal(calendar, child, at),
    )
}

fn is_voluntary(code: &str) -> bool {
    matches!(code, "MUMPS" | "FLU")
}

#[test]
fn lawful_childhoods_are_hardly_ever_stopped() {
    let (calendar, rules) = (Calendar::walk(), rules());
    let (mut checked, mut stopped) = (0_u32, Vec::new());
    for seed in 0..LAWFUL {
        let mut chance = Seed::new(seed);
        let child = childhood(&calendar, &mut chance);
        // Every dose of every tenth child, and four of each other one, so that the whole takes seconds.
        let step = if seed % 10 == 0 {
            1
        } else {
            child.doses.len().div_ceil(4)
        };
        for at in (chance.between(0, step - 1)..child.doses.len()).step_by(step) {
            if is_voluntary(child.doses[at].code) {
                continue;
            }
            checked += 1;
            let verdict = verdict_on(&calendar, &rules, &child, at);
            if verdict.placement().is_none() {
                stopped.push(format!(
                    "seed {seed}, born {}: {:?} {:?}",
                    calendar.text(child.birth),
                    child.doses[at],
                    verdict.stop()
                ));
            }
        }
    }
    let limit = usize::try_from(checked / 200).unwrap();
    assert!(20_000 < checked, "only {checked} doses were checked");
    assert!(
        stopped.len() <= limit,
        "{} of {checked} stopped, first {:?}",
        stopped.len(),
        stopped.first()
    );
}

#[test]
fn the_facts_around_a_dose_change_its_verdict_only_as_the_rules_say() {
    let (calendar, rules) = (Calendar::walk(), rules());
    for seed in 0..CHILDHOODS {
        let mut chance = Seed::new(2_000_000 + seed);
        let child = childhood(&calendar, &mut chance);
        let at = chance.between(0, child.doses.len() - 1);
        let ask = |history: &History, circumstances: &Circumstances, proposal: &Proposal| {
            check(
                &rules,
                &subject(&calendar, &child),
                history,
                circumstances,
                proposal,
            )
        };
        let (whole, none, proposed) = (
            history(&calendar, &child, at),
            Circumstances::default(),
            proposal(&calendar, &child, at),
        );
        let verdict = ask(&whole, &none, &proposed);
        assert_eq!(
            verdict,
            ask(&whole, &none, &proposed),
            "seed {seed}: the same facts give the same verdict"
        );

        let mut shuffled = whole.doses().to_vec();
        shuffled.reverse();
        assert_eq!(
            verdict,
            ask(&History::Confirmed(shuffled), &none, &proposed),
            "seed {seed}: the order of a history says nothing"
        );

        let mut with_flu = whole.doses().to_vec();
        with_flu.push(Dose::new("FLU", proposed.date));
        assert_eq!(
            verdict,
            ask(&History::Confirmed(with_flu), &none, &proposed),
            "seed {seed}: an inactivated dose of another programme says nothing"
        );

        let unconfirmed = ask(
            &History::Unconfirmed(whole.doses().to_vec()),
            &none,
            &proposed,
        );
        assert!(
            unconfirmed.placement().is_none(),
            "seed {seed}: an unconfirmed history never meets the conditions"
        );

        let feverish = Circumstances {
            conditions: vec!["FEVER_37_5_OR_MORE".to_owned()],
            ..none.clone()
        };
        assert!(
            matches!(ask(&whole, &feverish, &proposed).answer, Answer::NotMet(_)),
            "seed {seed}: fever stops every dose"
        );

        let mut twice = whole.doses().to_vec();
        twice.push(Dose::new(&proposed.vaccine, proposed.date));
        assert!(
            ask(&History::Confirmed(twice), &none, &proposed)
                .placement()
                .is_none(),
            "seed {seed}: no product twice on one day"
        );
    }
}

#[test]
fn what_the_forecast_promises_the_check_permits() {
    let (calendar, rules) = (Calendar::walk(), rules());
    let none = Circumstances::default();
    for seed in 0..1_000 {
        let mut chance = Seed::new(3_000_000 + seed);
        let child = childhood(&calendar, &mut chance);
        let upto = chance.between(0, child.doses.len());
        let last = upto
            .checked_sub(1)
            .map_or(child.birth, |at| child.doses[at].day);
        let as_of = date(&calendar, last + chance.between(0, 400));
        let (subject, given) = (subject(&calendar, &child), history(&calendar, &child, upto));
        let made = forecast(&rules, &subject, &given, &none, as_of);
        for row in made
            .rows
            .iter()
            .filter(|row| row.dose.as_ref().is_some_and(|dose| !dose.assumed))
        {
            let dose = row.dose.as_ref().unwrap();
            let on = |day| {
                check(
                    &rules,
                    &subject,
                    &given,
                    &none,
                    &Proposal::new(&row.vaccine, day),
                )
            };
            let first = dose.earliest.max(as_of);
            let label = on(first)
                .placement()
                .map(|placement| placement.dose.clone());
            assert_eq!(
                label.as_ref(),
                Some(&dose.label),
                "seed {seed}, {as_of}: {row:?} {:?}",
                on(first)
            );
            assert!(
                on(dose.latest).placement().is_some()
                    || on(dose.latest).permitted.earliest == Some(dose.latest),
                "seed {seed}, {as_of}: {row:?}"
            );
            assert!(
                dose.earliest <= dose.due && dose.due <= dose.latest,
                "seed {seed}: {row:?}"
            );
            if row.status == Status::Later {
                assert!(
                    on(as_of).placement().is_none(),
                    "seed {seed}, {as_of}: {row:?} is permitted now"
                );
                assert_eq!(
                    on(dose.earliest.eve()).placement(),
                    None,
                    "seed {seed}, {as_of}: {row:?} is permitted a day before"
                );
            } else {
                assert!(
                    on(as_of).placement().is_some(),
                    "seed {seed}, {as_of}: {row:?} is not permitted now"
                );
            }
        }
    }
}

#[test]
fn a_child_who_follows_the_forecast_is_never_stopped_and_finishes() {
    let (calendar, rules) = (Calendar::walk(), rules());
    let none = Circumstances::default();
    for seed in 0..30 {
        let mut chance = Seed::new(4_000_000 + seed);
        let birth = date(&calendar, calendar.day(2024, 6, 1) + chance.between(0, 900));
        let subject = Subject {
            birth: Some(birth),
            sex: Some(Sex::Female),
            pregnancy_start: None,
        };
        let mut doses: Vec<Dose> = Vec::new();
        let mut today = birth;
        // A visit whenever something is due, at most one product a visit.
        for _ in 0..80 {
            let made = forecast(
                &rules,
                &subject,
                &History::Confirmed(doses.clone()),
                &none,
                today,
            );
            let next = made
                .rows
                .iter()
                .filter(|row| row.vaccine != "RV5")
                .filter_map(|row| {
                    row.dose
                        .as_ref()
                        .filter(|dose| !dose.assumed)
                        .map(|dose| (dose.due.max(today), row))
                });
            let Some((day, row)) = next.min_by_key(|(day, row)| (*day, row.programme.clone()))
            else {
                break;
            };
            let verdict = check(
                &rules,
                &subject,
                &History::Confirmed(doses.clone()),
                &none,
                &Proposal::new(&row.vaccine, day),
            );
            assert!(
                verdict.placement().is_some(),
                "seed {seed}: {row:?} on {day}: {:?}",
                verdict.stop()
            );
            doses.push(Dose::new(&row.vaccine, day));
            today = day;
        }
        let count = |code: &str| doses.iter().filter(|dose| dose.vaccine == code).count();
        let counts = [
            "DPT-IPV-HIB",
            "PCV20",
            "RV1",
            "HEPB",
            "BCG",
            "MR",
            "VAR",
            "JE",
            "DT",
            "HPV9",
        ]
        .map(count);
        assert_eq!(
            counts,
            [4, 4, 2, 3, 1, 2, 2, 4, 1, 2],
            "seed {seed}: {doses:?}"
        );
    }
}
