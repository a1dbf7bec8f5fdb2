//! The one door through which tests reach the engine.

use musubi_care::child::{Circumstances, Dose, History, Proposal, Subject};
use musubi_care::civil::Date;
use musubi_care::presets::SCHEDULE_2026;
use musubi_care::rules::RuleSet;
use musubi_care::schedule;
use musubi_care::verdict::Verdict;

pub(crate) fn rules() -> RuleSet {
    RuleSet::parse(SCHEDULE_2026).unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A child born on `birth` with these doses, all confirmed, and one proposed.
pub(crate) fn check_child(birth: &str, doses: &[(&str, &str)], proposed: (&str, &str)) -> Verdict {
    let subject = Subject {
        birth: Some(day(birth)),
        ..Subject::default()
    };
    let given = doses
        .iter()
        .map(|(vaccine, date)| Dose::new(vaccine, day(date)))
        .collect();
    schedule::check(
        &rules(),
        &subject,
        &History::Confirmed(given),
        &Circumstances::default(),
        &Proposal::new(proposed.0, day(proposed.1)),
    )
}
