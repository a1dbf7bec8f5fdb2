//! What the engine cannot know alone: each doubt turns "conditions met" into "needs a person", and none overrides a stop.

use crate::child::{Dose, Standing};
use crate::reason::Reason;
use crate::rules::{Effect, Meaning};
use crate::schedule::inquiry::stop_by;
use crate::schedule::{Inquiry, Place};
use crate::verdict::Stop;

impl Inquiry<'_> {
    /// All doubts about subject, day, measure, history and conditions, in this order.
    pub(crate) fn doubts(&self) -> Vec<Stop> {
        let mut doubts: Vec<Stop> = self
            .facts_in_doubt()
            .map(|reason| self.stop(reason, None))
            .collect();
        doubts.extend(self.undecided_measure());
        doubts.extend(
            self.history_in_doubt()
                .map(|reason| self.stop(reason, None)),
        );
        doubts.extend(self.conditions_in_doubt());
        doubts
    }

    fn facts_in_doubt(&self) -> impl Iterator<Item = Reason> {
        let day = self.proposal.date;
        let undated = matches!(self.place(day), Place::Undated).then(|| self.undated().reason);
        let sex_unknown = self.programme.sex.is_some() && self.subject.sex.is_none();
        let rules_held = self.rules.effective_from <= day
            && self
                .vaccine
                .programme_time(day)
                .is_none_or(|time| time.rules_held);
        let found = [
            undated,
            sex_unknown.then_some(Reason::SexUnknown),
            (!rules_held).then_some(Reason::RulesOfThatDayNotHeld),
        ];
        found.into_iter().flatten()
    }

    fn undecided_measure(&self) -> Option<Stop> {
        let rule = &self.rules.long_illness.rule;
        self.awaits_decision(self.proposal.date)
            .then(|| stop_by(rule, Reason::LongIllnessUndecided, None))
    }

    fn history_in_doubt(&self) -> impl Iterator<Item = Reason> {
        let doses = self.history.doses();
        let day = self.proposal.date;
        let matters =
            |dose: &&Dose| self.programme.counts(&dose.vaccine) || self.is_other_live(dose);
        let of_another = |dose: &Dose| {
            !self.programme.per_pregnancy
                && self.subject.birth.is_some_and(|birth| dose.date < birth)
        };
        let doubts = [
            (!self.history.is_confirmed(), Reason::HistoryUnconfirmed),
            (
                doses
                    .iter()
                    .filter(matters)
                    .any(|dose| dose.standing == Standing::Pending),
                Reason::HistoryPending,
            ),
            (
                doses.iter().filter(matters).any(|dose| day < dose.date),
                Reason::HistoryLaterThanProposed,
            ),
            (doses.iter().any(of_another), Reason::HistoryBeforeBirth),
            (
                has_duplicate(doses.iter().filter(matters)),
                Reason::HistoryDuplicate,
            ),
            (
                doses
                    .iter()
                    .any(|dose| self.rules.vaccine(&dose.vaccine).is_none()),
                Reason::HistoryVaccineUnknown,
            ),
        ];
        doubts
            .into_iter()
            .filter(|(found, _)| *found)
            .map(|(_, reason)| reason)
    }

    fn conditions_in_doubt(&self) -> impl Iterator<Item = Stop> {
        self.meanings().filter_map(|(code, meaning)| match meaning {
            Meaning::Entry(rule, Effect::Precaution) => {
                Some(stop_by(rule, Reason::Precaution, None))
            }
            Meaning::Unknown => Some(stop_by(code, Reason::ConditionUnknown, None)),
            Meaning::Entry(_, Effect::Stops(_)) | Meaning::PriorDisease(_) | Meaning::Elsewhere => {
                None
            }
        })
    }
}

fn has_duplicate<'d>(doses: impl Iterator<Item = &'d Dose>) -> bool {
    let mut seen: Vec<_> = doses.map(|dose| (dose.date, &dose.vaccine)).collect();
    let count = seen.len();
    seen.sort();
    seen.dedup();
    seen.len() < count
}
