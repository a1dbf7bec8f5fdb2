//! A check that is kept answers again as it did, by its own rules and by no others.

use musubi_care::check_report::{
    CheckReport, Gaps, Identity, Outcome, Override, Question, RulesAsked,
};
use musubi_care::child::{Circumstances, Dose, History, Proposal, Subject};
use musubi_care::presets::SCHEDULE_2026;
use musubi_care::reason::Reason;
use musubi_care::rules::RuleSet;

use crate::door::{day, rules};

fn question(given: &[(&str, &str)], proposed: (&str, &str)) -> Question {
    let doses = given
        .iter()
        .map(|(vaccine, date)| Dose::new(vaccine, day(date)));
    Question {
        subject: Subject {
            birth: Some(day("2025-10-05")),
            ..Subject::default()
        },
        history: History::Confirmed(doses.collect()),
        gaps: Gaps::default(),
        circumstances: Circumstances::default(),
        proposal: Proposal::new(proposed.0, day(proposed.1)),
        bedside: None,
        identity: Identity::default(),
    }
}

fn report(question: &Question, rules: &RuleSet) -> CheckReport {
    let asked = RulesAsked {
        name: rules.name.clone(),
        version: 1,
        hash: "00".repeat(32),
    };
    CheckReport::new(0, asked, question.clone(), &question.ask(rules)).unwrap()
}

/// Rules of another edition, with other days between live vaccines.
fn other_rules() -> RuleSet {
    let text = SCHEDULE_2026.replace("2026.11.22", "2026.11.27");
    let mut rules = RuleSet::parse(&text).unwrap();
    rules.live_interval.days = 41;
    rules
}

#[test]
fn a_kept_check_reproduces_after_writing_and_reading_and_under_its_own_rules_only() {
    let question = question(&[("BCG", "2026-10-10")], ("MR", "2026-11-10"));
    let kept = report(&question, &rules());
    assert_eq!(kept.outcome, Outcome::ConditionsMet);
    let text = serde_json::to_vec(&kept).unwrap();
    let read = CheckReport::parse(&text).unwrap();
    assert_eq!(read, kept);
    assert!(read.reproduces(&rules()));
    assert!(!read.reproduces(&other_rules()));
    assert_eq!(report(&question, &other_rules()).outcome, Outcome::NotMet);
}

#[test]
fn a_kept_check_that_was_altered_does_not_reproduce() {
    let question = question(&[("BCG", "2026-10-30")], ("MR", "2026-11-10"));
    let mut kept = report(&question, &rules());
    kept.outcome = Outcome::ConditionsMet;
    assert!(!kept.reproduces(&rules()));
    let mut kept = report(&question, &rules());
    kept.question.add(Dose::new("MR", day("2026-11-01")));
    assert!(!kept.reproduces(&rules()));
}

#[test]
fn another_persons_chart_stops_whatever_the_schedule_says_and_a_visit_that_is_over_calls_for_a_person()
 {
    let with = |identity| {
        let question = Question {
            identity,
            ..question(&[], ("PCV20", "2026-02-10"))
        };
        question.ask(&rules()).outcome
    };
    let (same, mut bent) = (Identity::default(), Identity::default());
    assert_eq!(with(same), Outcome::ConditionsMet);
    bent.visit_not_open = true;
    assert_eq!(with(bent), Outcome::NeedsPerson);
    bent.chart_differs = true;
    assert_eq!(with(bent), Outcome::NotMet);
}

#[test]
fn what_is_known_to_be_missing_needs_a_person_and_lifts_no_stop() {
    let with = |gaps: Gaps, proposed| {
        let question = Question {
            gaps,
            ..question(&[("PCV20", "2025-12-20")], proposed)
        };
        let kept = report(&question, &rules());
        let text = serde_json::to_vec(&kept).unwrap();
        assert!(CheckReport::parse(&text).unwrap().reproduces(&rules()));
        let reply = question.ask(&rules());
        (
            reply.outcome,
            reply.verdict.stop().map(|stop| stop.reason),
            reply.verdict.also.len(),
        )
    };
    let (permitted, too_early) = (("PCV20", "2026-01-17"), ("PCV20", "2026-01-10"));
    let none = Gaps::default();
    let (mut undated, mut both) = (none, none);
    undated.undated = true;
    (both.undated, both.elsewhere) = (true, true);
    assert_eq!(with(none, permitted), (Outcome::ConditionsMet, None, 0));
    assert_eq!(
        with(undated, permitted),
        (Outcome::NeedsPerson, Some(Reason::HistoryUndated), 0)
    );
    assert_eq!(
        with(both, permitted),
        (Outcome::NeedsPerson, Some(Reason::HistoryIncomplete), 1)
    );
    assert_eq!(
        with(both, too_early),
        (Outcome::NotMet, Some(Reason::IntervalTooShortSame), 2)
    );
}

#[test]
fn a_report_that_knows_of_no_gaps_is_read_and_reproduces() {
    let kept = report(&question(&[], ("PCV20", "2026-02-10")), &rules());
    let text = serde_json::to_string(&kept).unwrap();
    assert!(!text.contains("gaps"));
    assert!(
        CheckReport::parse(text.as_bytes())
            .unwrap()
            .reproduces(&rules())
    );
}

#[test]
fn the_same_question_on_another_day_or_with_another_dose_is_another_question() {
    let early = question(&[("PCV20", "2025-12-20")], ("PCV20", "2026-01-10"));
    assert_eq!(early.ask(&rules()).outcome, Outcome::NotMet);
    let mut later = early.on(day("2026-01-17"));
    assert_eq!(later.ask(&rules()).outcome, Outcome::ConditionsMet);
    later.add(Dose::new("PCV20", day("2025-12-20")));
    assert_eq!(
        later.ask(&rules()).outcome,
        Outcome::ConditionsMet,
        "known already"
    );
    let between = Dose::new("PCV20", day("2026-01-16"));
    later.add(between.clone());
    assert_eq!(later.ask(&rules()).outcome, Outcome::NotMet);
    later.forget(&between);
    assert_eq!(later.ask(&rules()).outcome, Outcome::ConditionsMet);
}

#[test]
fn an_override_is_a_report_of_its_own_with_the_same_answer() {
    let kept = report(&question(&[], ("MR", "2026-02-10")), &rules());
    let reason = Override {
        code: "clinical-judgement".to_owned(),
        words: "流行のため".to_owned(),
    };
    let overridden = kept.overridden(1, reason);
    assert!(overridden.reproduces(&rules()));
    assert!(!overridden.says_the_same(&kept));
    assert_eq!(
        (overridden.number, overridden.outcome),
        (1, Outcome::NotMet)
    );
}
