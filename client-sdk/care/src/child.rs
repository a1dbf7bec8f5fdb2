//! What is asked about: the subject, the doses already given, the circumstances, and the dose proposed.

use serde::{Deserialize, Serialize};

use crate::civil::Date;
use crate::decimal::Thousandths;
use crate::rules::Route;

/// Sex as registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// Facts about the person to be vaccinated; what is not known is none, never a guess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Birth date.
    #[serde(default)]
    pub birth: Option<Date>,
    /// Sex.
    #[serde(default)]
    pub sex: Option<Sex>,
    /// Week 0 day 0 of the present pregnancy (expected day of delivery minus 280 days).
    #[serde(default)]
    pub pregnancy_start: Option<Date>,
}

/// How sure a recorded dose is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Stored, or read from the handbook.
    #[default]
    Stored,
    /// Committed, but not yet acknowledged by two holders.
    Pending,
}

/// A dose already given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dose {
    /// Product code.
    pub vaccine: String,
    /// Day of injection.
    pub date: Date,
    /// How sure it is.
    #[serde(default)]
    pub standing: Standing,
}

impl Dose {
    /// A stored dose.
    pub fn new(vaccine: &str, date: Date) -> Self {
        Self {
            vaccine: vaccine.to_owned(),
            date,
            standing: Standing::Stored,
        }
    }
}

/// Doses already given. A list alone does not say whether it is whole, so the two states are apart:
/// an unconfirmed history, above all an empty one, is never read as "no dose".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "completeness", content = "doses")]
pub enum History {
    /// Someone has confirmed that these are all doses, routine or voluntary.
    Confirmed(Vec<Dose>),
    /// These are known; there may be others.
    Unconfirmed(Vec<Dose>),
}

impl History {
    /// The doses known.
    pub fn doses(&self) -> &[Dose] {
        match self {
            Self::Confirmed(doses) | Self::Unconfirmed(doses) => doses,
        }
    }

    /// Whether it is known to be whole.
    pub fn is_confirmed(&self) -> bool {
        matches!(self, Self::Confirmed(_))
    }
}

/// 長期療養特例 for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The day on which the special circumstance ended.
    pub on: Date,
    /// Whether the municipality has accepted the physician's paper. Without it the measure never permits a dose.
    pub accepted: bool,
}

/// Circumstances of the day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Circumstances {
    /// Codes of conditions, as the 予診 found them.
    pub conditions: Vec<String>,
    /// A physician judged the shortened interval necessary (Hib).
    pub short_interval_needed: bool,
    /// Codes of special measures granted to the subject.
    pub measures: Vec<String>,
    /// The measure after long illness.
    pub recovery: Option<Recovery>,
}

/// The dose that is about to be given; what has not been read from the vial is none and is not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Product code.
    pub vaccine: String,
    /// Day of injection.
    pub date: Date,
    /// Volume in millilitres.
    #[serde(default)]
    pub volume: Option<Thousandths>,
    /// Route.
    #[serde(default)]
    pub route: Option<Route>,
    /// Last day on which the lot may be used.
    #[serde(default)]
    pub lot_expiry: Option<Date>,
}

impl Proposal {
    /// A product on a day, with nothing read from the vial.
    pub fn new(vaccine: &str, date: Date) -> Self {
        Self {
            vaccine: vaccine.to_owned(),
            date,
            volume: None,
            route: None,
            lot_expiry: None,
        }
    }
}
