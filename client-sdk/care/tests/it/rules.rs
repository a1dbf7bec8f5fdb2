//! Rules that the shared cases do not show: doubts, precedence, measures, and the rule file itself.

use musubi_care::cases::{Decision, decision};
use musubi_care::child::{
    Circumstances, Dose, History, Proposal, Recovery, Sex, Standing, Subject,
};
use musubi_care::presets::SCHEDULE_2026;
use musubi_care::rules::{RuleSet, RuleSetError};
use musubi_care::schedule::check;
use musubi_care::verdict::Verdict;

use crate::door::{check_child, day, rules};

const BORN: &str = "2025-05-10";

/// The answer as `decision REASON` or `decision dose`.
fn shown(verdict: &Verdict) -> String {
    let decision = decision(verdict);
    match (verdict.placement(), verdict.stop()) {
        (Some(placement), _) => format!("{decision} {}", placement.dose),
        (None, Some(stop)) => format!("{decision} {} by {}", stop.reason, stop.rule),
        (None, None) => unreachable!("an answer is a placement or a stop"),
    }
}

fn mr_with(history: &History, circumstances: &Circumstances) -> String {
    let subject = Subject {
        birth: Some(day(BORN)),
        ..Subject::default()
    };
    shown(&check(
        &rules(),
        &subject,
        history,
        circumstances,
        &Proposal::new("MR", day("2026-06-01")),
    ))
}

fn mr_given_conditions(conditions: &[&str]) -> String {
    let conditions = conditions.iter().map(|code| (*code).to_owned()).collect();
    mr_with(
        &History::Confirmed(Vec::new()),
        &Circumstances {
            conditions,
            ..Circumstances::default()
        },
    )
}

#[test]
fn an_empty_history_that_nobody_confirmed_is_not_zero_doses() {
    let none = Circumstances::default();
    assert_eq!(
        mr_with(&History::Confirmed(Vec::new()), &none),
        "allowed phase1"
    );
    assert_eq!(
        mr_with(&History::Unconfirmed(Vec::new()), &none),
        "needs_review HISTORY_UNCONFIRMED by V-MR"
    );
}

#[test]
fn a_stop_outranks_every_doubt() {
    let given = History::Unconfirmed(vec![Dose::new("MR", day("2026-05-20"))]);
    assert_eq!(
        mr_with(&given, &Circumstances::default()),
        "not_allowed SERIES_COMPLETE by V-MR"
    );
}

#[test]
fn a_pending_dose_that_matters_needs_a_person() {
    let pending = |vaccine: &str, date: &str| {
        History::Confirmed(vec![Dose {
            vaccine: vaccine.to_owned(),
            date: day(date),
            standing: Standing::Pending,
        }])
    };
    let none = Circumstances::default();
    assert_eq!(
        mr_with(&pending("VAR", "2026-05-01"), &none),
        "needs_review HISTORY_PENDING by V-MR"
    );
    assert_eq!(
        mr_with(&pending("FLU", "2026-05-01"), &none),
        "allowed phase1"
    );
    assert_eq!(
        mr_with(&pending("VAR", "2026-05-20"), &none),
        "not_allowed INTERVAL_TOO_SHORT_LIVE by X-LIVE27"
    );
}

#[test]
fn a_history_that_cannot_be_right_needs_a_person() {
    let with = |vaccine: &str, dates: &[&str]| {
        History::Confirmed(
            dates
                .iter()
                .map(|date| Dose::new(vaccine, day(date)))
                .collect(),
        )
    };
    let none = Circumstances::default();
    assert_eq!(
        mr_with(&with("HEPB", &["2025-05-09"]), &none),
        "needs_review HISTORY_BEFORE_BIRTH by V-MR"
    );
    assert_eq!(
        mr_with(&with("VAR", &["2026-06-02"]), &none),
        "needs_review HISTORY_LATER_THAN_PROPOSED by V-MR"
    );
    assert_eq!(
        mr_with(&with("BCG", &["2025-11-01", "2025-11-01"]), &none),
        "needs_review HISTORY_DUPLICATE by V-MR"
    );
    assert_eq!(
        mr_with(&with("NEWVAX", &["2025-11-01"]), &none),
        "needs_review HISTORY_VACCINE_UNKNOWN by V-MR"
    );
}

#[test]
fn a_condition_stops_is_weighed_or_is_asked_about_but_never_ignored() {
    assert_eq!(
        mr_given_conditions(&["CONVULSION_HISTORY"]),
        "needs_review PRECAUTION by CI-CAUTION"
    );
    assert_eq!(
        mr_given_conditions(&["SOMETHING_NEW"]),
        "needs_review CONDITION_UNKNOWN by SOMETHING_NEW"
    );
    assert_eq!(
        mr_given_conditions(&["INTUSSUSCEPTION_HISTORY"]),
        "allowed phase1"
    );
    assert_eq!(
        mr_given_conditions(&["PREGNANT"]),
        "not_allowed CONTRAINDICATED_PREGNANCY by CI-MR"
    );
    assert_eq!(
        mr_given_conditions(&["SEVERE_ACUTE_ILLNESS"]),
        "not_allowed CONTRAINDICATED_SEVERE_ACUTE_ILLNESS by CI-COMMON"
    );
    assert_eq!(
        mr_given_conditions(&["COMPONENT_ANAPHYLAXIS", "FEVER_37_5_OR_MORE"]),
        "not_allowed CONTRAINDICATED_FEVER by CI-COMMON"
    );
}

#[test]
fn a_combined_vaccine_serves_while_one_component_is_not_yet_had() {
    assert_eq!(mr_given_conditions(&["PRIOR_MEASLES"]), "allowed phase1");
    assert_eq!(
        mr_given_conditions(&["PRIOR_MEASLES", "PRIOR_RUBELLA"]),
        "not_allowed EXCLUDED_PRIOR_DISEASE by CI-PRIOR"
    );
}

#[test]
fn the_measure_after_long_illness_waits_for_the_municipality() {
    let at_three = |accepted| {
        let subject = Subject {
            birth: Some(day("2021-06-01")),
            ..Subject::default()
        };
        let circumstances = Circumstances {
            recovery: Some(Recovery {
                on: day("2025-04-01"),
                accepted,
            }),
            ..Circumstances::default()
        };
        shown(&check(
            &rules(),
            &subject,
            &History::Confirmed(Vec::new()),
            &circumstances,
            &Proposal::new("VAR", day("2026-09-01")),
        ))
    };
    assert_eq!(
        at_three(false),
        "needs_review LONG_ILLNESS_UNDECIDED by T-LONG-ILLNESS"
    );
    assert_eq!(at_three(true), "allowed dose_1");
}

#[test]
fn what_is_not_known_of_the_subject_needs_a_person() {
    let ask = |subject: Subject, vaccine: &str| {
        shown(&check(
            &rules(),
            &subject,
            &History::Confirmed(Vec::new()),
            &Circumstances::default(),
            &Proposal::new(vaccine, day("2026-09-01")),
        ))
    };
    let born = |birth: &str| Subject {
        birth: Some(day(birth)),
        ..Subject::default()
    };
    assert_eq!(
        ask(Subject::default(), "MR"),
        "needs_review BIRTH_DATE_UNKNOWN by V-MR"
    );
    assert_eq!(
        ask(Subject::default(), "RSV_MAT"),
        "needs_review PREGNANCY_DATE_UNKNOWN by V-RSV"
    );
    assert_eq!(
        ask(born("2012-06-15"), "HPV9"),
        "needs_review SEX_UNKNOWN by V-HPV"
    );
    assert_eq!(
        ask(
            Subject {
                sex: Some(Sex::Male),
                ..born("2012-06-15")
            },
            "HPV9"
        ),
        "not_allowed SEX_NOT_ELIGIBLE by V-HPV"
    );
    assert_eq!(
        ask(born("2025-06-15"), "MUMPS"),
        "not_allowed VACCINE_NOT_IN_PROGRAM by MUMPS"
    );
}

#[test]
fn a_day_before_the_rules_is_not_judged_by_them() {
    assert_eq!(
        shown(&check_child("2018-05-10", &[], ("MR", "2019-06-01"))),
        "needs_review RULES_OF_THAT_DAY_NOT_HELD by V-MR"
    );
}

#[test]
fn the_catch_up_ends_on_its_last_day() {
    let ask = |birth: &str, given: &str, date: &str| {
        let subject = Subject {
            birth: Some(day(birth)),
            sex: Some(Sex::Female),
            pregnancy_start: None,
        };
        let history = History::Confirmed(vec![Dose::new("HPV9", day(given))]);
        shown(&check(
            &rules(),
            &subject,
            &history,
            &Circumstances::default(),
            &Proposal::new("HPV9", day(date)),
        ))
    };
    assert_eq!(
        ask("2001-08-01", "2025-03-01", "2026-03-31"),
        "allowed dose_2"
    );
    assert_eq!(
        ask("2001-08-01", "2025-03-01", "2026-04-01"),
        "not_allowed PROGRAM_ENDED by T-HPV-CATCHUP"
    );
    assert_eq!(
        ask("2001-08-01", "2021-03-01", "2026-03-31"),
        "not_allowed PROGRAM_ENDED by T-HPV-CATCHUP"
    );
    assert_eq!(
        ask("2008-06-01", "2024-12-01", "2026-03-31"),
        "allowed dose_2"
    );
    assert_eq!(
        ask("2008-06-01", "2021-12-01", "2026-03-31"),
        "not_allowed AGE_TOO_OLD by V-HPV"
    );
    assert_eq!(
        ask("1997-04-01", "2025-03-01", "2026-03-31"),
        "not_allowed AGE_TOO_OLD by V-HPV"
    );
}

#[test]
fn a_single_hib_dose_inside_a_five_in_one_course_needs_a_person() {
    let doses = [("DPT-IPV-HIB", "2025-07-15"), ("DPT-IPV-HIB", "2025-08-12")];
    assert_eq!(
        shown(&check_child(BORN, &doses, ("HIB", "2025-09-20"))),
        "needs_review PRODUCT_SWITCH by P-SAME"
    );
    let whole = [
        doses[0],
        doses[1],
        ("DPT-IPV-HIB", "2025-09-09"),
        ("DPT-IPV-HIB", "2026-05-11"),
    ];
    assert_eq!(
        shown(&check_child(BORN, &whole, ("HIB", "2026-08-20"))),
        "not_allowed SERIES_COMPLETE by V-HIB"
    );
}

#[test]
fn both_volumes_serve_on_the_eve_of_the_third_birthday() {
    let at = |date: &str, volume: i32| {
        let subject = Subject {
            birth: Some(day("2023-06-15")),
            ..Subject::default()
        };
        let proposal = Proposal {
            volume: Some(musubi_care::decimal::Thousandths(volume)),
            ..Proposal::new("JE", day(date))
        };
        decision(&check(
            &rules(),
            &subject,
            &History::Confirmed(Vec::new()),
            &Circumstances::default(),
            &proposal,
        ))
    };
    let (yes, no) = (Decision::Allowed, Decision::NotAllowed);
    assert_eq!([at("2026-06-13", 250), at("2026-06-13", 500)], [yes, no]);
    assert_eq!([at("2026-06-14", 250), at("2026-06-14", 500)], [yes, yes]);
    assert_eq!([at("2026-06-15", 250), at("2026-06-15", 500)], [no, yes]);
}

#[test]
fn a_stop_names_the_earliest_and_the_last_permitted_day() {
    let short = check_child(
        "2026-01-15",
        &[("PCV20", "2026-03-16")],
        ("PCV20", "2026-04-12"),
    );
    assert_eq!(
        (short.permitted.earliest, short.permitted.latest),
        (Some(day("2026-04-13")), Some(day("2031-01-14")))
    );
    let late = check_child("2025-11-22", &[], ("BCG", "2026-11-22"));
    assert_eq!(
        (late.permitted.earliest, late.permitted.latest),
        (None, Some(day("2026-11-21")))
    );
    let between = check_child("2024-07-07", &[], ("MR", "2026-07-07"));
    assert_eq!(
        (between.permitted.earliest, between.permitted.latest),
        (Some(day("2030-04-01")), Some(day("2031-03-31")))
    );
}

#[test]
fn further_reasons_follow_the_deciding_one() {
    let subject = Subject {
        birth: Some(day(BORN)),
        ..Subject::default()
    };
    let proposal = Proposal {
        lot_expiry: Some(day("2026-05-31")),
        ..Proposal::new("VAR", day("2026-06-05"))
    };
    let verdict = check(
        &rules(),
        &subject,
        &History::Confirmed(vec![Dose::new("MR", day("2026-05-09"))]),
        &Circumstances::default(),
        &proposal,
    );
    assert_eq!(
        shown(&verdict),
        "not_allowed INTERVAL_TOO_SHORT_LIVE by X-LIVE27"
    );
    assert_eq!(
        verdict
            .also
            .iter()
            .map(|stop| stop.reason.to_string())
            .collect::<Vec<_>>(),
        ["EXPIRED_VACCINE"]
    );
}

#[test]
fn a_verdict_names_its_rules_and_reads_as_data() {
    let verdict = check_child(
        "2026-01-15",
        &[("PCV20", "2026-03-16")],
        ("PCV20", "2026-04-12"),
    );
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(
        json["rules"],
        serde_json::json!({"id": "jp-routine", "version": "2026.11.22"})
    );
    assert_eq!(json["answer"], "not_met");
    assert_eq!(
        json["of"],
        serde_json::json!({"reason": "INTERVAL_TOO_SHORT_SAME", "rule": "K-PCV", "satisfied_from": "2026-04-13"})
    );
}

#[test]
fn neither_rules_nor_answers_call_a_dose_harmless() {
    let sentences = ["2026-06-01", "2025-06-01"]
        .map(|date| check_child(BORN, &[], ("MR", date)).answer.sentence());
    for text in [SCHEDULE_2026, sentences[0], sentences[1]] {
        for word in ["safe", "安全", "安心", "問題ない"] {
            assert!(!text.to_lowercase().contains(word), "{word}");
        }
    }
}

#[test]
fn a_municipality_that_reads_short_months_otherwise_changes_one_word_of_the_file() {
    let doses = [
        ("DPT-IPV-HIB", "2026-06-10"),
        ("DPT-IPV-HIB", "2026-07-20"),
        ("DPT-IPV-HIB", "2026-08-31"),
    ];
    let lenient =
        RuleSet::parse(&SCHEDULE_2026.replace("first_of_next_month", "last_of_month")).unwrap();
    let subject = Subject {
        birth: Some(day("2026-04-01")),
        ..Subject::default()
    };
    let history = History::Confirmed(
        doses
            .iter()
            .map(|(vaccine, date)| Dose::new(vaccine, day(date)))
            .collect(),
    );
    let ask = |rules: &RuleSet| {
        shown(&check(
            rules,
            &subject,
            &history,
            &Circumstances::default(),
            &Proposal::new("DPT-IPV-HIB", day("2027-02-28")),
        ))
    };
    assert_eq!(
        ask(&rules()),
        "not_allowed INTERVAL_TOO_SHORT_SAME by V-5IN1"
    );
    assert_eq!(ask(&lenient), "allowed booster");
}

#[test]
fn a_rule_file_that_contradicts_itself_is_refused() {
    let refused = |from: &str, to: &str| {
        RuleSet::parse(&SCHEDULE_2026.replacen(from, to, 1))
            .map(drop)
            .unwrap_err()
    };
    assert!(
        matches!(refused("musubi/schedule/1", "musubi/schedule/9"), RuleSetError::Format { found } if found == "musubi/schedule/9")
    );
    assert!(
        matches!(refused("\"S-TOME\": {", "\"S-OTHER\": {"), RuleSetError::Name { name, .. } if name == "S-TOME")
    );
    assert!(matches!(
        refused("\"code\": \"PCV13\"", "\"code\": \"PCV20\""),
        RuleSetError::Name { name, .. } if name == "PCV20"
    ));
    assert!(matches!(
        refused("\"as_of\"", "\"as_off\""),
        RuleSetError::Shape(_)
    ));
    assert!(
        matches!(refused("\"period\": \"phase1\"", "\"period\": \"phase9\""), RuleSetError::Name { name, .. } if name == "phase9")
    );
}
