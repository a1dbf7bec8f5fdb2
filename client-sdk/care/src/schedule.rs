//! The schedule check: child, history, product and day against dated rules.
//!
//! Every rule that stands in the way is collected in order of precedence; the first one gives the answer. A rule that needs a
//! person ranks after those that stop, except a change of product, whose rank the programme states.

mod doubt;
mod inquiry;
mod permitted;
mod series;
mod span;
mod suitability;
mod timing;
mod vial;

use crate::child::{Circumstances, History, Proposal, Subject};
use crate::reason::Reason;
use crate::rules::{RuleSet, SwitchRank};
use crate::verdict::{Answer, PermittedDays, Placement, Stop, Verdict};

pub(crate) use inquiry::Inquiry;
pub(crate) use series::Next;
pub(crate) use span::Grant;
pub(crate) use timing::Place;

/// Checks one proposed dose. A pure function of its arguments: the same rules and facts always give the same verdict.
pub fn check(
    rules: &RuleSet,
    subject: &Subject,
    history: &History,
    circumstances: &Circumstances,
    proposal: &Proposal,
) -> Verdict {
    let Some(inquiry) = Inquiry::open(rules, subject, history, circumstances, proposal) else {
        return outside_every_programme(rules, proposal);
    };
    let mut stops = inquiry.stops();
    let answer = if stops.is_empty() {
        inquiry.met()
    } else {
        answer_by(stops.remove(0))
    };
    Verdict {
        rules: rules.name.clone(),
        vaccine: proposal.vaccine.clone(),
        date: proposal.date,
        answer,
        also: stops,
        permitted: inquiry.permitted_days(),
    }
}

impl Inquiry<'_> {
    /// Everything in the way on the proposed day, by precedence.
    fn stops(&self) -> Vec<Stop> {
        let day = self.proposal.date;
        let switch = self.product_switch(day);
        let (early, late) = match self.programme.switch_rank {
            SwitchRank::BeforeTiming => (switch, None),
            SwitchRank::AfterTiming => (None, switch),
        };
        let mut stops = Vec::new();
        stops.extend(self.out_of_programme(day));
        stops.extend(self.other_sex());
        stops.extend(self.contraindications());
        stops.extend(early);
        stops.extend(self.out_of_time(day));
        stops.extend(self.too_soon_after_live(day));
        stops.extend(late);
        stops.extend(self.vial_mistakes());
        stops.extend(self.doubts());
        stops
    }

    fn met(&self) -> Answer {
        match self.place(self.proposal.date) {
            Place::Next { next, grant } => Answer::ConditionsMet(self.placement(&next, grant)),
            Place::Complete { .. } | Place::Outside(_) | Place::Undated => {
                Answer::NeedsPerson(self.undated())
            }
        }
    }

    fn placement(&self, next: &Next<'_>, grant: Grant) -> Placement {
        let mut advisories = self.switch_advisories(self.proposal.date);
        let late = next.rule.advisory.as_ref().filter(|advisory| {
            advisory
                .after
                .day(self.subject)
                .is_some_and(|after| after < self.proposal.date)
        });
        advisories.extend(late.map(|advisory| advisory.code.clone()));
        if grant.is_special() {
            advisories.push(SPECIAL_MEASURE_APPLIED.to_owned());
        }
        Placement {
            dose: next.rule.label.clone(),
            also_called: next.rule.also_called.clone(),
            number: next.number,
            of: next.length,
            advisories,
        }
    }
}

const SPECIAL_MEASURE_APPLIED: &str = "SPECIAL_MEASURE_APPLIED";

fn answer_by(stop: Stop) -> Answer {
    if stop.reason.needs_person() {
        Answer::NeedsPerson(stop)
    } else {
        Answer::NotMet(stop)
    }
}

fn outside_every_programme(rules: &RuleSet, proposal: &Proposal) -> Verdict {
    let stop = Stop {
        reason: Reason::VaccineNotInProgram,
        rule: proposal.vaccine.clone(),
        satisfied_from: None,
    };
    Verdict {
        rules: rules.name.clone(),
        vaccine: proposal.vaccine.clone(),
        date: proposal.date,
        answer: Answer::NotMet(stop),
        also: Vec::new(),
        permitted: PermittedDays::default(),
    }
}
