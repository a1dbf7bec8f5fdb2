//! Which dose of a series comes next: earlier doses are laid along the track of the starting age, and doses that fall away are passed over.

use crate::age::MonthEnd;
use crate::child::{Dose, Subject};
use crate::civil::Date;
use crate::rules::{Counting, DoseRule, Period, Since, Spacing, Track, Unneeded};
use crate::schedule::Inquiry;

/// The next dose of a series and what it counts from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Next<'a> {
    pub(crate) rule: &'a DoseRule,
    /// Rule id of track, period or programme.
    pub(crate) rule_id: &'a str,
    pub(crate) number: usize,
    /// Doses the track can have.
    pub(crate) length: usize,
    pub(crate) previous: Option<Date>,
    first: Option<Date>,
    after_skip: bool,
}

impl Next<'_> {
    /// First day on which every gap has passed.
    pub(crate) fn gaps_end(
        &self,
        short_interval_needed: bool,
        month_end: MonthEnd,
    ) -> Option<Date> {
        let end = |spacing: &Spacing| {
            let base = match spacing.since {
                Since::First => self.first,
                Since::Previous => self.previous,
            };
            let gap = spacing
                .shortened
                .filter(|_| short_interval_needed)
                .unwrap_or(spacing.gap);
            base.map(|dose| gap.first_day_after(dose, month_end))
        };
        self.spacings().iter().filter_map(end).max()
    }

    fn spacings(&self) -> &[Spacing] {
        match &self.rule.spacings_after_skip {
            Some(spacings) if self.after_skip => spacings,
            _ => &self.rule.spacings,
        }
    }
}

impl<'a> Inquiry<'a> {
    /// The dose of `span`'s period that would come next on `day`; none when the series is complete.
    pub(crate) fn next_in(&self, period: &'a Period, day: Date) -> Option<Next<'a>> {
        let counted = self.counted(period, day);
        let start = counted.first().map_or(day, |dose| dose.date);
        let track = period
            .tracks
            .iter()
            .find(|track| track.holds_start(start, self.subject))?;
        let rule_id = track
            .rule
            .as_ref()
            .or(period.rule.as_ref())
            .unwrap_or(&self.programme.rule);
        let mut walk = Walk {
            track,
            subject: self.subject,
            month_end: self.rules.interval_month_end,
            laid: Vec::new(),
            at: 0,
            after_skip: false,
        };
        for dose in &counted {
            walk.pass_over(dose.date);
            walk.lay(dose);
        }
        walk.pass_over(day);
        track.doses.get(walk.at).map(|rule| Next {
            rule,
            rule_id,
            number: counted.len() + 1,
            length: track.doses.len(),
            previous: counted.last().map(|dose| dose.date),
            first: counted.first().map(|dose| dose.date),
            after_skip: walk.after_skip,
        })
    }

    fn counted(&self, period: &Period, day: Date) -> Vec<&'a Dose> {
        let in_period = |dose: &Dose| {
            self.spans
                .iter()
                .any(|span| span.period.name == period.name && span.holds(dose.date))
        };
        let counts = |dose: &Dose| match period.counts {
            Counting::EveryDose => true,
            Counting::WithinPeriod => in_period(dose),
            Counting::SincePregnancyStart => self
                .subject
                .pregnancy_start
                .is_some_and(|start| start <= dose.date),
        };
        self.given_by(day)
            .filter(|dose| self.programme.counts(&dose.vaccine) && counts(dose))
            .collect()
    }
}

impl Track {
    fn holds_start(&self, start: Date, subject: &Subject) -> bool {
        self.start_until
            .is_none_or(|bound| bound.day(subject).is_some_and(|until| start <= until))
    }
}

/// A finger on a track.
struct Walk<'a> {
    track: &'a Track,
    subject: &'a Subject,
    month_end: MonthEnd,
    laid: Vec<&'a Dose>,
    at: usize,
    after_skip: bool,
}

impl<'a> Walk<'a> {
    /// Moves past doses that fall away on `day`.
    fn pass_over(&mut self, day: Date) {
        while let Some(rule) = self.track.doses.get(self.at) {
            let missed = self.is_missed(rule, day);
            let unneeded = rule
                .unneeded_if
                .as_ref()
                .is_some_and(|unneeded| self.is_unneeded(unneeded));
            if !missed && !unneeded {
                return;
            }
            self.after_skip |= missed;
            self.at += 1;
        }
    }

    fn lay(&mut self, dose: &'a Dose) {
        self.laid.push(dose);
        self.at += 1;
    }

    fn is_missed(&self, rule: &DoseRule, day: Date) -> bool {
        let is_after = |day: Date, bound: Option<crate::rules::Bound>| {
            bound
                .and_then(|bound| bound.day(self.subject))
                .is_some_and(|until| until < day)
        };
        let previous_late = self
            .laid
            .last()
            .is_some_and(|previous| is_after(previous.date, rule.skipped_if_previous_after));
        is_after(day, rule.skipped_after) || previous_late
    }

    fn is_unneeded(&self, unneeded: &Unneeded) -> bool {
        let (Some(first), Some(previous)) = (self.laid.first(), self.laid.last()) else {
            return false;
        };
        let early = unneeded
            .first_until
            .day(self.subject)
            .is_some_and(|until| first.date <= until);
        let apart = unneeded.gap.first_day_after(first.date, self.month_end) <= previous.date;
        early
            && apart
            && self
                .laid
                .iter()
                .all(|dose| unneeded.products.contains(&dose.vaccine))
    }
}
