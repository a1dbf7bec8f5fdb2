//! One product: what it is, when the programme used it, how it is given.

use serde::{Deserialize, Serialize};

use crate::age::years_reached;
use crate::civil::Date;
use crate::decimal::Thousandths;

/// What a vaccine is, as far as intervals care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Injected live: the only kind with an interval to other vaccines.
    LiveInjected,
    /// Live by mouth.
    LiveOral,
    /// Live by the nose.
    LiveNasal,
    /// Inactivated or component.
    Inactivated,
    /// Toxoid.
    Toxoid,
    /// Messenger RNA.
    Mrna,
}

/// How a vaccine enters the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// Under the skin.
    #[serde(rename = "SC")]
    Subcutaneous,
    /// Into the muscle.
    #[serde(rename = "IM")]
    Intramuscular,
    /// By mouth.
    #[serde(rename = "oral")]
    Oral,
    /// Stamped through the skin (管針).
    #[serde(rename = "percutaneous")]
    Percutaneous,
}

/// A span of days on which the routine programme uses a product; both ends included.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeTime {
    /// First day.
    pub from: Date,
    /// Last day; none while it goes on.
    #[serde(default)]
    pub until: Option<Date>,
    /// Whether the interval rules of that time are in this rule set. If not, a dose inside the span needs a person.
    #[serde(default = "held")]
    pub rules_held: bool,
}

/// The volume for an age range.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeVolume {
    /// Thousandths of a millilitre.
    pub microlitres: i32,
    /// From this age; the day it is reached included.
    #[serde(default)]
    pub from_years: Option<u16>,
    /// Under this age; by C-UNTIL the day it is reached is still included.
    #[serde(default)]
    pub under_years: Option<u16>,
}

/// One product by its code.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vaccine {
    /// The engine's own code, for instance `PCV20`.
    pub code: String,
    /// Japanese name.
    pub name: String,
    /// Kind.
    pub kind: Kind,
    /// Target diseases, by the names of the condition book.
    pub diseases: Vec<String>,
    /// Routes in routine use; empty where none is prescribed.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// Volumes by age; empty where none is prescribed.
    #[serde(default)]
    pub volumes: Vec<AgeVolume>,
    /// When routine programmes use it; empty for voluntary vaccines.
    #[serde(default)]
    pub in_programme: Vec<ProgrammeTime>,
    /// Remarks for people.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Vaccine {
    /// The programme time that holds `day`.
    pub fn programme_time(&self, day: Date) -> Option<&ProgrammeTime> {
        self.in_programme
            .iter()
            .find(|time| time.from <= day && time.until.is_none_or(|until| day <= until))
    }

    /// Whether `volume` millilitres may be given on `day`; on the day an age is reached both neighbours may (the physician decides).
    pub fn permits_volume(&self, volume: Thousandths, birth: Option<Date>, day: Date) -> bool {
        self.volumes.is_empty()
            || self.volumes.iter().any(|prescribed| {
                prescribed.microlitres == volume.0 && prescribed.covers(birth, day)
            })
    }

    /// Whether `route` is in use for it.
    pub fn permits_route(&self, route: Route) -> bool {
        self.routes.is_empty() || self.routes.contains(&route)
    }
}

impl AgeVolume {
    fn covers(&self, birth: Option<Date>, day: Date) -> bool {
        let reached = |years: u16| birth.map(|birth| years_reached(birth, years));
        let old_enough = self
            .from_years
            .is_none_or(|years| reached(years).is_none_or(|from| from <= day));
        let young_enough = self
            .under_years
            .is_none_or(|years| reached(years).is_none_or(|until| day <= until));
        old_enough && young_enough
    }
}

fn held() -> bool {
    true
}
