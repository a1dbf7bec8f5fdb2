//! Age, number and interval: where the proposed day stands in the programme.

use crate::age::Gap;
use crate::civil::Date;
use crate::reason::Reason;
use crate::rules::Period;
use crate::schedule::inquiry::stop_by;
use crate::schedule::span::{Ease, Grant};
use crate::schedule::{Inquiry, Next};
use crate::verdict::Stop;

/// Where a day stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// This dose comes next.
    Next { next: Next<'a>, grant: Grant },
    /// The number of doses is done.
    Complete { period: &'a Period },
    /// In no period.
    Outside(Side),
    /// The fact from which bounds count is unknown.
    Undated,
}

/// On which side of the ordinary periods; `opens` is the first day to come on which a period or a measure opens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    Before { opens: Option<Date> },
    Between { opens: Option<Date> },
    After { opens: Option<Date> },
}

impl<'a> Inquiry<'a> {
    /// The product is not in routine use on `day`.
    pub(crate) fn out_of_programme(&self, day: Date) -> Option<Stop> {
        let opens = self
            .vaccine
            .in_programme
            .iter()
            .map(|time| time.from)
            .find(|from| day < *from);
        self.vaccine
            .programme_time(day)
            .is_none()
            .then(|| self.stop(Reason::VaccineNotInProgram, opens))
    }

    /// Where `day` stands.
    pub(crate) fn place(&self, day: Date) -> Place<'a> {
        if self.spans.is_empty() {
            return Place::Undated;
        }
        let open = |ease: Ease| {
            self.spans
                .iter()
                .filter(move |span| span.holds(day) && span.grant.ease() == ease)
        };
        let mut complete = None;
        for span in open(Ease::Ordinary)
            .chain(open(Ease::Special))
            .chain(open(Ease::ByPerson))
        {
            match self.next_in(span.period, day) {
                Some(next) => {
                    return Place::Next {
                        next,
                        grant: span.grant,
                    };
                }
                None => complete = Some(span.period),
            }
        }
        complete.map_or_else(
            || self.place_outside(day),
            |period| Place::Complete { period },
        )
    }

    /// What age, number and interval say against `day`, by precedence.
    pub(crate) fn out_of_time(&self, day: Date) -> Option<Stop> {
        match self.place(day) {
            Place::Next { next, .. } => self.too_soon(&next, day),
            Place::Complete { period } => Some(self.complete(period)),
            Place::Outside(side) => Some(
                self.ended_measure(day)
                    .unwrap_or_else(|| self.outside(side)),
            ),
            Place::Undated => None,
        }
    }

    /// X-LIVE27: between different injected live vaccines on different days.
    pub(crate) fn too_soon_after_live(&self, day: Date) -> Option<Stop> {
        let live = &self.rules.live_interval;
        let others = self
            .given_by(day.eve())
            .filter(|dose| self.is_other_live(dose));
        let end = others
            .map(|dose| {
                Gap::Days(live.days).first_day_after(dose.date, self.rules.interval_month_end)
            })
            .max();
        end.filter(|end| day < *end)
            .map(|end| stop_by(&live.rule, Reason::IntervalTooShortLive, Some(end)))
    }

    fn place_outside(&self, day: Date) -> Place<'a> {
        let opens = self
            .spans
            .iter()
            .map(|span| span.from)
            .filter(|from| day < *from)
            .min();
        let mut ordinary = self.spans.iter().filter(|span| span.is_ordinary());
        let side = if ordinary.clone().all(|span| day < span.from) {
            Side::Before { opens }
        } else if ordinary.clone().all(|span| span.to < day) {
            Side::After { opens }
        } else {
            Side::Between { opens }
        };
        let edge = match side {
            Side::Before { .. } => ordinary.next(),
            Side::Between { .. } => None,
            Side::After { .. } => ordinary.next_back(),
        };
        match edge.filter(|span| self.next_in(span.period, day).is_none()) {
            Some(span) => Place::Complete {
                period: span.period,
            },
            None => Place::Outside(side),
        }
    }

    fn too_soon(&self, next: &Next<'_>, day: Date) -> Option<Stop> {
        let opens = next
            .rule
            .not_before
            .and_then(|bound| bound.day(self.subject));
        if let Some(opens) = opens.filter(|opens| day < *opens) {
            return Some(stop_by(
                next.rule_id,
                Reason::BoosterTooEarlyAge,
                Some(opens),
            ));
        }
        let end = next.gaps_end(
            self.circumstances.short_interval_needed,
            self.rules.interval_month_end,
        );
        end.filter(|end| day < *end)
            .map(|end| stop_by(next.rule_id, Reason::IntervalTooShortSame, Some(end)))
    }

    fn complete(&self, period: &Period) -> Stop {
        let reason = if self.programme.per_pregnancy {
            Reason::AlreadyInThisPregnancy
        } else {
            Reason::SeriesComplete
        };
        stop_by(
            period.rule.as_ref().unwrap_or(&self.programme.rule),
            reason,
            None,
        )
    }

    fn ended_measure(&self, day: Date) -> Option<Stop> {
        let ended = self.measures().find(|measure| measure.until < day)?;
        Some(stop_by(&ended.rule, Reason::ProgramEnded, None))
    }

    fn outside(&self, side: Side) -> Stop {
        let (reason, opens) = match side {
            Side::Before { opens } => (Reason::AgeTooYoung, opens),
            Side::Between { opens } => (Reason::AgeBetweenPeriods, opens),
            Side::After { opens } => (Reason::AgeTooOld, opens),
        };
        let reason = if self.programme.per_pregnancy {
            Reason::PregnancyWeekOutOfRange
        } else {
            reason
        };
        self.stop(reason, opens)
    }
}
