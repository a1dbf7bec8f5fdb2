//! The forecast: for each programme the doses still to come, with earliest, usual and latest days.
//!
//! Its rows carry the dates of a FHIR `ImmunizationRecommendation`. A row beyond the next dose assumes that the doses before
//! it are given on their due day, and a pending dose counts as given; each programme stands alone, since doses of different programmes may share a day.

use serde::Serialize;

use crate::age::Gap;
use crate::child::{Circumstances, Dose, History, Proposal, Subject};
use crate::civil::Date;
use crate::reason::Reason;
use crate::rules::{Bound, Forecasting, Programme, RuleSet, RuleSetId, Standard};
use crate::schedule::{Inquiry, Next};
use crate::verdict::Stop;

/// More doses than any series has; the end of a walk that should have ended before.
const SERIES_DOSES_MAX: usize = 12;

/// All rows for one subject on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// The rules it was made by.
    pub rules: RuleSetId,
    /// The day it was made for.
    pub as_of: Date,
    /// Whether the history is known to be whole. If not, every row waits for its confirmation.
    pub history_confirmed: bool,
    /// By programme, in rule order, each in time order.
    pub rows: Vec<Row>,
}

/// Where a dose stands on the day of the forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Permitted, and the usual time has passed.
    Overdue,
    /// Permitted, and within the usual time.
    Due,
    /// Permitted, before the usual time.
    Possible,
    /// Permitted from a later day.
    Later,
    /// All doses are done.
    Complete,
    /// No dose is permitted any more.
    Ended,
    /// A condition of the subject stands against it.
    Contraindicated,
    /// A person must decide.
    NeedsPerson,
}

/// One dose to come, or the state of a programme without one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Rule id of the programme.
    pub programme: String,
    /// Product to give: the one begun with where it is still in use, else the usual one.
    pub vaccine: String,
    /// Where it stands.
    pub status: Status,
    /// The dose; none where nothing is to come.
    pub dose: Option<ForecastDose>,
    /// What stands in the way, for contraindicated and person; or will, where the sex of whom the programme asks for is not known.
    pub stop: Option<Stop>,
}

/// A dose with its days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForecastDose {
    /// Label in the series.
    pub label: String,
    /// Number among the doses of its period, from one.
    pub number: usize,
    /// Doses the series can have from this starting age.
    pub of: usize,
    /// First permitted day; may lie in the past.
    pub earliest: Date,
    /// First day of the usual time, never before `earliest`.
    pub due: Date,
    /// Last day of the usual time, where one is prescribed.
    pub overdue_after: Option<Date>,
    /// Last day of the legal period.
    pub latest: Date,
    /// Whether only a measure permits it that the municipality has yet to decide.
    pub undecided: bool,
    /// Whether it rests on earlier doses that are themselves forecast.
    pub assumed: bool,
}

/// What is to come for `subject` from `as_of` on. Of the circumstances only those that last belong here: a fever is no forecast.
pub fn forecast(
    rules: &RuleSet,
    subject: &Subject,
    history: &History,
    circumstances: &Circumstances,
    as_of: Date,
) -> Forecast {
    let asked = Asked {
        rules,
        subject,
        history,
        circumstances,
        as_of,
    };
    let rows = rules
        .programmes
        .iter()
        .filter(|programme| asked.concerns(programme))
        .flat_map(|programme| asked.rows(programme))
        .collect();
    Forecast {
        rules: rules.name.clone(),
        as_of,
        history_confirmed: history.is_confirmed(),
        rows,
    }
}

#[derive(Clone, Copy)]
struct Asked<'a> {
    rules: &'a RuleSet,
    subject: &'a Subject,
    history: &'a History,
    circumstances: &'a Circumstances,
    as_of: Date,
}

impl Asked<'_> {
    fn concerns(&self, programme: &Programme) -> bool {
        let dated = if programme.per_pregnancy {
            self.subject.pregnancy_start
        } else {
            self.subject.birth
        };
        // Whose sex is not known may be meant: a row that needs a person, never a row that is not there.
        let for_sex = self.is_sex_unknown(programme)
            || programme.sex.is_none()
            || programme.sex == self.subject.sex;
        let wanted = programme.forecast == Forecasting::Always || self.has_begun(programme);
        dated.is_some() && for_sex && wanted
    }

    fn is_sex_unknown(&self, programme: &Programme) -> bool {
        programme.sex.is_some() && self.subject.sex.is_none()
    }

    fn has_begun(&self, programme: &Programme) -> bool {
        self.history
            .doses()
            .iter()
            .any(|dose| programme.gives(&dose.vaccine))
    }

    /// Begun by another programme with a product against the same diseases (the two rota vaccines): that programme has the rows.
    fn is_covered_elsewhere(&self, programme: &Programme, diseases: &[String]) -> bool {
        let covers = |dose: &Dose| {
            let product = self.rules.vaccine(&dose.vaccine);
            product.is_some_and(|product| {
                diseases
                    .iter()
                    .all(|disease| product.diseases.contains(disease))
            })
        };
        let elsewhere = |dose: &&Dose| !programme.gives(&dose.vaccine);
        !self.has_begun(programme) && self.history.doses().iter().filter(elsewhere).any(covers)
    }

    fn rows(&self, programme: &Programme) -> Vec<Row> {
        let Some(vaccine) = self.product(programme) else {
            return Vec::new();
        };
        let row = |status, dose, stop| Row {
            programme: programme.rule.clone(),
            vaccine: vaccine.to_owned(),
            status,
            dose,
            stop,
        };
        let proposal = Proposal::new(vaccine, self.as_of);
        let Some(inquiry) = Inquiry::open(
            self.rules,
            self.subject,
            self.history,
            self.circumstances,
            &proposal,
        ) else {
            return Vec::new();
        };
        if let Some(stop) = inquiry.contraindications().into_iter().next() {
            return vec![row(Status::Contraindicated, None, Some(stop))];
        }
        if let Some(stop) = inquiry.product_switch(self.as_of) {
            if self.is_covered_elsewhere(programme, &inquiry.vaccine.diseases) {
                return Vec::new();
            }
            return vec![row(Status::NeedsPerson, None, Some(stop))];
        }
        let doses = self.doses(vaccine);
        if doses.is_empty() {
            let status = if inquiry.is_complete() {
                Status::Complete
            } else {
                Status::Ended
            };
            return vec![row(status, None, None)];
        }
        let unknown = self
            .is_sex_unknown(programme)
            .then(|| inquiry.stop(Reason::SexUnknown, None));
        let open = |status| match status {
            Status::Later => Status::Later,
            _ if unknown.is_some() => Status::NeedsPerson,
            _ => status,
        };
        doses
            .into_iter()
            .map(|(status, dose)| row(open(status), Some(dose), unknown.clone()))
            .collect()
    }

    /// The usual product, unless the series began with one that should be kept.
    fn product<'p>(&self, programme: &'p Programme) -> Option<&'p str> {
        let own = self
            .history
            .doses()
            .iter()
            .filter(|dose| programme.gives(&dose.vaccine));
        let latest = own.max_by_key(|dose| dose.date);
        let begun = latest.and_then(|dose| {
            programme
                .products
                .iter()
                .find(|product| **product == dose.vaccine)
        });
        let usual = programme.products.first()?;
        let may_change = |begun: &String| {
            programme.switches.iter().any(|switch| {
                switch.from == *begun && switch.to == *usual && switch.since <= self.as_of
            })
        };
        Some(begun.filter(|begun| !may_change(begun)).unwrap_or(usual))
    }

    /// The next dose, and those after it if each is given on its due day.
    fn doses(&self, vaccine: &str) -> Vec<(Status, ForecastDose)> {
        let mut rows: Vec<(Status, ForecastDose)> = Vec::new();
        let mut given = self.history.doses().to_vec();
        let mut from = self.as_of;
        while rows.len() < SERIES_DOSES_MAX {
            let history = History::Confirmed(given.clone());
            let Some(dose) = self.next_dose(vaccine, &history, from, !rows.is_empty()) else {
                break;
            };
            from = dose.due.max(from);
            given.push(Dose::new(vaccine, from));
            rows.push((self.status(&dose), dose));
        }
        rows
    }

    fn next_dose(
        &self,
        vaccine: &str,
        history: &History,
        from: Date,
        assumed: bool,
    ) -> Option<ForecastDose> {
        let proposal = Proposal::new(vaccine, from);
        let inquiry = Inquiry::open(
            self.rules,
            self.subject,
            history,
            self.circumstances,
            &proposal,
        )?;
        let (day, next) = inquiry.first_permitted(from)?;
        // Blocked today means that the first day is still to come, whatever was permitted once.
        let once = inquiry.first_day_of(&next).filter(|_| day == from);
        let earliest = once.unwrap_or(day).min(day);
        let latest = inquiry.last_day_of_period(day)?;
        let usual = self.usual_time(&next);
        let due = usual.from.unwrap_or(earliest).max(earliest).min(latest);
        // A dose that could not be given yesterday is not late today.
        let overdue_after = usual.to.map(|to| to.max(due)).filter(|to| *to < latest);
        Some(ForecastDose {
            label: next.rule.label.clone(),
            number: next.number,
            of: next.length,
            earliest,
            due,
            overdue_after,
            latest,
            undecided: inquiry.awaits_decision(day),
            assumed,
        })
    }

    fn status(&self, dose: &ForecastDose) -> Status {
        if dose.assumed || self.as_of < dose.earliest {
            Status::Later
        } else if dose.undecided {
            Status::NeedsPerson
        } else if dose.overdue_after.is_some_and(|last| last < self.as_of) {
            Status::Overdue
        } else if dose.due <= self.as_of {
            Status::Due
        } else {
            Status::Possible
        }
    }

    fn usual_time(&self, next: &Next<'_>) -> UsualTime {
        let Some(Standard {
            from,
            to,
            gap_from,
            gap_to,
        }) = next.rule.standard
        else {
            return UsualTime {
                from: None,
                to: None,
            };
        };
        let after_previous = |gap: Option<Gap>| {
            gap.zip(next.previous)
                .map(|(gap, previous)| gap.first_day_after(previous, self.rules.interval_month_end))
        };
        let at_age = |bound: Option<Bound>| bound.and_then(|bound| bound.day(self.subject));
        UsualTime {
            from: at_age(from).or_else(|| after_previous(gap_from)),
            to: at_age(to).or_else(|| after_previous(gap_to)),
        }
    }
}

struct UsualTime {
    from: Option<Date>,
    to: Option<Date>,
}
