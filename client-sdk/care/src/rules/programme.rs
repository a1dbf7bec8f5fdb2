//! A programme: the products that share a series, its legal periods, and the doses of each period by starting age.

use serde::Deserialize;

use crate::age::{Gap, age_reached, fiscal_year_of_age, school_start, years_reached};
use crate::child::{Sex, Subject};
use crate::civil::Date;
use crate::rules::Confidence;

/// A day that the law names by age, school year or pregnancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The day of birth.
    Birth,
    /// Days after birth (C-WEEK).
    Days(u16),
    /// The day an age in months is reached.
    Months(u16),
    /// The day an age in years is reached.
    Years(u16),
    /// First day of the year before primary school.
    FirstDayOfYearBeforeSchool,
    /// The eve of primary school.
    EveOfSchool,
    /// First day of the fiscal year of an age.
    FirstDayOfFiscalYearOfAge(u16),
    /// Last day of the fiscal year of an age.
    LastDayOfFiscalYearOfAge(u16),
    /// Days after pregnancy week 0 day 0.
    PregnancyDays(u16),
}

impl Bound {
    /// The day for this subject, if the fact it counts from is known.
    pub fn day(self, subject: &Subject) -> Option<Date> {
        if let Self::PregnancyDays(days) = self {
            return subject
                .pregnancy_start
                .map(|start| start.plus_days(i32::from(days)));
        }
        let birth = subject.birth?;
        Some(match self {
            Self::Birth => birth,
            Self::Days(days) | Self::PregnancyDays(days) => birth.plus_days(i32::from(days)),
            Self::Months(months) => age_reached(birth, months),
            Self::Years(years) => years_reached(birth, years),
            Self::FirstDayOfYearBeforeSchool => first_day_of_year_before(school_start(birth)),
            Self::EveOfSchool => school_start(birth).eve(),
            Self::FirstDayOfFiscalYearOfAge(years) => fiscal_year_of_age(birth, years).0,
            Self::LastDayOfFiscalYearOfAge(years) => fiscal_year_of_age(birth, years).1,
        })
    }
}

/// Birth dates to which something is limited; both ends included.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Births {
    /// First birth date.
    pub from: Date,
    /// Last birth date.
    pub to: Date,
}

impl Births {
    /// Whether the subject was born within.
    pub fn hold(&self, subject: &Subject) -> bool {
        subject
            .birth
            .is_some_and(|birth| self.from <= birth && birth <= self.to)
    }
}

/// From which earlier dose a gap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// The first of the period.
    First,
    /// The one before.
    Previous,
}

/// A minimum gap before a dose.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spacing {
    /// Counted from this dose.
    pub since: Since,
    /// At least this.
    pub gap: Gap,
    /// What a physician may shorten it to.
    #[serde(default)]
    pub shortened: Option<Gap>,
}

/// When a dose is given as a rule; for forecasts only, never a reason to stop.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// From this age.
    #[serde(default)]
    pub from: Option<Bound>,
    /// Until this age.
    #[serde(default)]
    pub to: Option<Bound>,
    /// At least this after the dose before.
    #[serde(default)]
    pub gap_from: Option<Gap>,
    /// At most this after the dose before.
    #[serde(default)]
    pub gap_to: Option<Gap>,
}

/// A remark that goes with a permitted dose given late.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// After this day.
    pub after: Bound,
    /// Its code.
    pub code: String,
}

/// A dose that falls away since fewer were enough.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unneeded {
    /// The first dose was given by this day.
    pub first_until: Bound,
    /// The dose before came at least this long after the first.
    pub gap: Gap,
    /// All doses so far are of these products.
    pub products: Vec<String>,
}

/// One dose of a series.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseRule {
    /// `primary_1`, `booster`, `single` …
    pub label: String,
    /// Other labels in use for the same dose.
    #[serde(default)]
    pub also_called: Vec<String>,
    /// Gaps to keep; all of them.
    #[serde(default)]
    pub spacings: Vec<Spacing>,
    /// Gaps to keep in place of those when an earlier dose of the series fell away.
    #[serde(default)]
    pub spacings_after_skip: Option<Vec<Spacing>>,
    /// Not before this day.
    #[serde(default)]
    pub not_before: Option<Bound>,
    /// Falls away after this day.
    #[serde(default)]
    pub skipped_after: Option<Bound>,
    /// Falls away when the dose before was given after this day.
    #[serde(default)]
    pub skipped_if_previous_after: Option<Bound>,
    /// Falls away when fewer doses were enough.
    #[serde(default)]
    pub unneeded_if: Option<Unneeded>,
    /// The usual time.
    #[serde(default)]
    pub standard: Option<Standard>,
    /// A remark on a late dose.
    #[serde(default)]
    pub advisory: Option<Advisory>,
}

/// The doses for those who start by a certain day.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// Rule id, where it differs from the programme's.
    #[serde(default)]
    pub rule: Option<String>,
    /// The first dose is given by this day; none takes everyone left.
    #[serde(default)]
    pub start_until: Option<Bound>,
    /// In order.
    pub doses: Vec<DoseRule>,
}

/// Which earlier doses count in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Every dose of the programme, whenever and as whatever it was given.
    EveryDose,
    /// Those given inside the period.
    WithinPeriod,
    /// Those since the present pregnancy began.
    SincePregnancyStart,
}

/// A legal span in which doses are routine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// `phase1`, `phase2`, `all`, `special`.
    pub name: String,
    /// First day.
    pub from: Bound,
    /// Last day, included.
    pub to: Bound,
    /// Which doses count.
    pub counts: Counting,
    /// A cohort: whoever belongs to it has this period in place of the programme's others.
    #[serde(default)]
    pub births: Option<Births>,
    /// Rule id, where it differs from the programme's.
    #[serde(default)]
    pub rule: Option<String>,
    /// By starting age, earliest first.
    pub tracks: Vec<Track>,
}

/// A change from one product to another inside a series.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// A product given earlier.
    pub from: String,
    /// The product proposed.
    pub to: String,
    /// Permitted from this day.
    pub since: Date,
    /// Only together with an earlier dose of this product.
    #[serde(default)]
    pub with: Option<String>,
    /// Remark to give.
    #[serde(default)]
    pub advisory: Option<String>,
    /// Rule id.
    pub rule: String,
}

/// Whether a product change is looked at before or after age and interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchRank {
    /// Before (rota).
    BeforeTiming,
    /// After (all others).
    AfterTiming,
}

/// How far the measure after long illness reaches in a programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IllnessCap {
    /// The programme is outside the measure.
    Excluded,
    /// No upper age.
    NoUpperAge,
    /// Until this age is reached.
    Until(Bound),
}

/// When a programme appears in a forecast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forecasting {
    /// For every subject it is made for.
    #[default]
    Always,
    /// Only for those who have had one of its own products: others get its doses by another programme.
    WhenBegun,
}

/// A series of doses against one group of diseases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Rule id, for instance `V-PCV`.
    pub rule: String,
    /// Japanese name.
    pub name: String,
    /// Products it gives, the usual one first.
    pub products: Vec<String>,
    /// Products given elsewhere whose doses count here too.
    #[serde(default)]
    pub also_counts: Vec<String>,
    /// Products that do not count, but after which a person must look.
    #[serde(default)]
    pub related: Vec<String>,
    /// Sex, if limited.
    #[serde(default)]
    pub sex: Option<Sex>,
    /// Whether it belongs to a pregnancy and not to an age.
    #[serde(default)]
    pub per_pregnancy: bool,
    /// When it appears in a forecast.
    #[serde(default)]
    pub forecast: Forecasting,
    /// In time order.
    pub periods: Vec<Period>,
    /// Permitted changes of product; all others need a person.
    #[serde(default)]
    pub switches: Vec<Switch>,
    /// When a product change is looked at.
    pub switch_rank: SwitchRank,
    /// The measure after long illness.
    pub long_illness: IllnessCap,
    /// How well the rules are known.
    pub confidence: Confidence,
    /// Ids of sources.
    pub sources: Vec<String>,
    /// Remarks for people.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Programme {
    /// Whether it gives this product.
    pub fn gives(&self, code: &str) -> bool {
        self.products.iter().any(|product| product == code)
    }

    /// Whether a dose of this product counts in it.
    pub fn counts(&self, code: &str) -> bool {
        self.gives(code) || self.also_counts.iter().any(|product| product == code)
    }

    /// Every product it names.
    pub fn codes(&self) -> impl Iterator<Item = &String> {
        self.products
            .iter()
            .chain(&self.also_counts)
            .chain(&self.related)
    }
}

fn first_day_of_year_before(school: Date) -> Date {
    let (year, month, _) = school.fields();
    Date::first_of(year - 1, month)
}
