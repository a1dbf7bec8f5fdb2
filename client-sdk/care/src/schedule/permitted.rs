//! On which days a dose may be given: the answer of the timing rules changes only on a few days, and those are tried in order.

use crate::age::Gap;
use crate::civil::Date;
use crate::rules::{Period, Track};
use crate::schedule::{Grant, Inquiry, Next, Place};
use crate::verdict::PermittedDays;

impl<'a> Inquiry<'a> {
    /// The first permitted day on or after the proposed one, and the last day of its period.
    pub(crate) fn permitted_days(&self) -> PermittedDays {
        let earliest = self.first_permitted(self.proposal.date).map(|(day, _)| day);
        let holding = earliest.and_then(|day| self.last_day_of_period(day));
        let passed = || {
            self.spans
                .iter()
                .map(|span| span.to)
                .max()
                .filter(|to| *to < self.proposal.date)
        };
        PermittedDays {
            earliest,
            latest: holding.or_else(passed),
        }
    }

    /// The first day on or after `from` against which no rule of programme, age, number or interval speaks, with the dose of that day.
    pub(crate) fn first_permitted(&self, from: Date) -> Option<(Date, Next<'a>)> {
        if let Some(next) = self.permitted_on(from) {
            return Some((from, next));
        }
        let mut days = self.turning_days();
        days.retain(|day| from < *day);
        days.sort();
        days.dedup();
        days.into_iter()
            .find_map(|day| self.permitted_on(day).map(|next| (day, next)))
    }

    /// The first day ever on which `next` could be given, seen from the doses before it.
    pub(crate) fn first_day_of(&self, next: &Next<'_>) -> Option<Date> {
        let opens = self.spans.iter().map(|span| span.from).min()?;
        let from = next.previous.map_or(opens, Date::morrow);
        let (day, found) = self.first_permitted(from)?;
        (found.rule.label == next.rule.label && found.number == next.number).then_some(day)
    }

    /// The last day of the period that is open on `day`, or of the product's use where that is sooner; where another period that permits the
    /// dose follows upon it without a gap, as the HPV catch-up's extension upon the catch-up, the last day of that one.
    pub(crate) fn last_day_of_period(&self, day: Date) -> Option<Date> {
        let mut last = self.last_day_of_spans(day)?;
        while let Some(next) = self.goes_on(last) {
            last = next;
        }
        Some(last)
    }

    /// The last day of what follows upon `last`, if the dose is still permitted there, and nobody has to decide first.
    fn goes_on(&self, last: Date) -> Option<Date> {
        let next = last.morrow();
        let is_open = self.permitted_on(next).is_some() && !self.awaits_decision(next);
        self.last_day_of_spans(next).filter(|_| is_open)
    }

    fn last_day_of_spans(&self, day: Date) -> Option<Date> {
        let open = self.spans.iter().filter(|span| span.holds(day));
        let last = open.map(|span| span.to).max()?;
        let in_use = self.vaccine.programme_time(day).and_then(|time| time.until);
        Some(in_use.map_or(last, |until| last.min(until)))
    }

    /// Whether a dose on `day` would rest on a measure that is not yet decided.
    pub(crate) fn awaits_decision(&self, day: Date) -> bool {
        matches!(
            self.place(day),
            Place::Next {
                grant: Grant::Recovery { accepted: false },
                ..
            }
        )
    }

    /// Whether every dose the subject could have is done.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.place(self.proposal.date), Place::Complete { .. })
    }

    fn permitted_on(&self, day: Date) -> Option<Next<'a>> {
        let stopped = self
            .out_of_programme(day)
            .or_else(|| self.out_of_time(day))
            .or_else(|| self.too_soon_after_live(day));
        match self.place(day) {
            Place::Next { next, .. } if stopped.is_none() => Some(next),
            Place::Next { .. } | Place::Complete { .. } | Place::Outside(_) | Place::Undated => {
                None
            }
        }
    }

    /// Every day on which an answer of the timing rules can turn.
    fn turning_days(&self) -> Vec<Date> {
        let mut days: Vec<Date> = self
            .spans
            .iter()
            .flat_map(|span| [span.from, span.to.morrow()])
            .collect();
        days.extend(self.vaccine.in_programme.iter().map(|time| time.from));
        let live = Gap::Days(self.rules.live_interval.days);
        let others = self.given.iter().filter(|dose| self.is_other_live(dose));
        days.extend(
            others.map(|dose| live.first_day_after(dose.date, self.rules.interval_month_end)),
        );
        for span in &self.spans {
            days.extend(self.turning_days_of(span.period));
        }
        days
    }

    fn turning_days_of(&self, period: &'a Period) -> Vec<Date> {
        let mut days = Vec::new();
        for track in &period.tracks {
            days.extend(
                track
                    .start_until
                    .and_then(|bound| bound.day(self.subject))
                    .map(Date::morrow),
            );
            days.extend(self.turning_days_on(track));
        }
        // A skipped dose changes the gap of the next one, so the gaps are taken as they stand after each turn found so far.
        let turns: Vec<Date> = days
            .iter()
            .copied()
            .chain(self.spans.iter().map(|span| span.from))
            .chain([self.proposal.date])
            .collect();
        let ends = turns
            .into_iter()
            .filter_map(|day| self.next_in(period, day));
        days.extend(ends.filter_map(|next| {
            next.gaps_end(
                self.circumstances.short_interval_needed,
                self.rules.interval_month_end,
            )
        }));
        days
    }

    fn turning_days_on(&self, track: &Track) -> impl Iterator<Item = Date> {
        track.doses.iter().flat_map(|dose| {
            let opens = dose.not_before.and_then(|bound| bound.day(self.subject));
            let skipped = dose
                .skipped_after
                .and_then(|bound| bound.day(self.subject))
                .map(Date::morrow);
            [opens, skipped].into_iter().flatten()
        })
    }
}
