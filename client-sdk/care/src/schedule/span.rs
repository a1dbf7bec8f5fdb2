//! The spans of days in which a dose of the programme is routine for this subject: by law, by cohort, by measure, after illness.

use crate::age::years_reached;
use crate::civil::Date;
use crate::rules::{Attachment, IllnessCap, Measure, Period};
use crate::schedule::Inquiry;

/// By what a span is open.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grant {
    /// The ordinary legal age.
    Law,
    /// A cohort named in the programme.
    Cohort,
    /// A dated measure.
    Measure,
    /// The measure after long illness.
    Recovery { accepted: bool },
}

/// How readily a span serves: where several are open on a day, the readiest does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ease {
    /// By law or cohort.
    Ordinary,
    /// By a measure in force.
    Special,
    /// Only when a person confirms it.
    ByPerson,
}

impl Grant {
    pub(crate) fn ease(self) -> Ease {
        match self {
            Self::Law | Self::Cohort => Ease::Ordinary,
            Self::Recovery { accepted: false } => Ease::ByPerson,
            Self::Measure | Self::Recovery { .. } => Ease::Special,
        }
    }

    /// Whether the ordinary age would not have permitted it.
    pub(crate) fn is_special(self) -> bool {
        !matches!(self, Self::Law)
    }
}

/// Days on which a period is open; both ends included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<'a> {
    pub(crate) period: &'a Period,
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) grant: Grant,
}

impl Span<'_> {
    pub(crate) fn holds(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }

    /// Not an extension of another span.
    pub(crate) fn is_ordinary(&self) -> bool {
        self.grant.ease() == Ease::Ordinary
    }
}

impl<'a> Inquiry<'a> {
    /// All spans, each period's ordinary one before its extensions; empty when the fact they count from is unknown.
    pub(crate) fn open_spans(&self) -> Vec<Span<'a>> {
        let mut spans = Vec::new();
        for period in self.periods() {
            let (Some(from), Some(to)) =
                (period.from.day(self.subject), period.to.day(self.subject))
            else {
                continue;
            };
            let grant = if period.births.is_some() {
                Grant::Cohort
            } else {
                Grant::Law
            };
            let ordinary = Span {
                period,
                from,
                to,
                grant,
            };
            spans.push(ordinary);
            spans.extend(self.extensions(ordinary));
        }
        spans
    }

    /// Measures of this programme made for the subject.
    pub(crate) fn measures(&self) -> impl Iterator<Item = &'a Measure> + use<'_, 'a> {
        self.rules.measures.iter().filter(|measure| {
            measure.programme == self.programme.rule
                && measure.births.hold(self.subject)
                && self.is_attached(measure)
        })
    }

    fn periods(&self) -> impl Iterator<Item = &'a Period> + use<'a> {
        let subject = *self.subject;
        let in_cohort =
            move |period: &&Period| period.births.is_some_and(|births| births.hold(&subject));
        let has_cohort = self
            .programme
            .periods
            .iter()
            .any(|period| in_cohort(&period));
        self.programme.periods.iter().filter(move |period| {
            if has_cohort {
                in_cohort(period)
            } else {
                period.births.is_none()
            }
        })
    }

    fn extensions(&self, ordinary: Span<'a>) -> impl Iterator<Item = Span<'a>> {
        let measures = self
            .measures()
            .filter(move |measure| measure.period == ordinary.period.name);
        let dated = measures.map(move |measure| Span {
            from: measure.from.max(ordinary.to.morrow()),
            to: measure.until,
            grant: Grant::Measure,
            ..ordinary
        });
        dated
            .chain(self.after_illness(ordinary))
            .filter(|span| span.from <= span.to)
    }

    /// T-LONG-ILLNESS: two years from the day the circumstance ended, that day included, and under the programme's own cap.
    fn after_illness(&self, ordinary: Span<'a>) -> Option<Span<'a>> {
        let recovery = self.circumstances.recovery?;
        let until = years_reached(recovery.on, self.rules.long_illness.years);
        let to = match self.programme.long_illness {
            IllnessCap::Excluded => return None,
            IllnessCap::NoUpperAge => until,
            IllnessCap::Until(cap) => until.min(cap.day(self.subject)?),
        };
        let from = recovery.on.max(ordinary.to.morrow());
        Some(Span {
            from,
            to,
            grant: Grant::Recovery {
                accepted: recovery.accepted,
            },
            ..ordinary
        })
    }

    fn is_attached(&self, measure: &Measure) -> bool {
        let granted = match &measure.attached_by {
            Attachment::Birth => true,
            Attachment::Codes(codes) => self
                .circumstances
                .measures
                .iter()
                .any(|code| codes.contains(code)),
        };
        let has_dose = measure.needs_dose.is_none_or(|needed| {
            let own = self
                .given
                .iter()
                .filter(|dose| self.programme.counts(&dose.vaccine));
            own.into_iter().any(|dose| needed.holds(dose.date))
        });
        granted && has_dose
    }
}
