//! Reason codes of a verdict, in their order of precedence where several apply.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Why a dose is stopped or needs a person. The order of declaration is the order of precedence among conditions of the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// Not used by the routine programme on that day.
    VaccineNotInProgram,
    /// The programme is for the other sex.
    SexNotEligible,
    /// Clear fever.
    ContraindicatedFever,
    /// Serious acute illness.
    ContraindicatedSevereAcuteIllness,
    /// Anaphylaxis to a component.
    ContraindicatedAnaphylaxis,
    /// Intussusception, untreated congenital gut disorder, severe combined immunodeficiency.
    ContraindicatedRotaSpecific,
    /// Keloid.
    ContraindicatedBcgKeloid,
    /// Pregnancy, for rubella-containing vaccines.
    ContraindicatedPregnancy,
    /// Vaccinated with immunoglobulin against mother-to-child infection.
    ExcludedHepbPerinatalProphylaxis,
    /// Has or had the disease.
    ExcludedPriorDisease,
    /// Another product than the series began with.
    ProductSwitch,
    /// The number of doses for that period is done.
    SeriesComplete,
    /// Given in this pregnancy.
    AlreadyInThisPregnancy,
    /// A measure with an end date has ended.
    ProgramEnded,
    /// Before the legal age.
    AgeTooYoung,
    /// After the legal age.
    AgeTooOld,
    /// After one period, before the next.
    AgeBetweenPeriods,
    /// Outside the permitted weeks.
    PregnancyWeekOutOfRange,
    /// Before the age at which a booster may be given.
    BoosterTooEarlyAge,
    /// Too soon after the same vaccine.
    IntervalTooShortSame,
    /// Too soon after another injected live vaccine.
    IntervalTooShortLive,
    /// Not the volume for the age.
    DoseVolumeWrong,
    /// Not a route in use.
    RouteWrong,
    /// The lot has expired.
    ExpiredVaccine,
    /// The birth date is not known.
    BirthDateUnknown,
    /// The sex is not known and the programme asks for it.
    SexUnknown,
    /// The pregnancy is not dated.
    PregnancyDateUnknown,
    /// The day lies before the rules of this set.
    RulesOfThatDayNotHeld,
    /// The measure after long illness waits for the municipality's decision.
    LongIllnessUndecided,
    /// The history is not known to be whole.
    HistoryUnconfirmed,
    /// Others have recorded doses that could not be read for the check.
    HistoryIncomplete,
    /// A dose is on record whose day is not known.
    HistoryUndated,
    /// A dose that matters is recorded but not yet stored.
    HistoryPending,
    /// The history has a dose after the proposed day.
    HistoryLaterThanProposed,
    /// The history has a dose before birth: perhaps another child's.
    HistoryBeforeBirth,
    /// The same dose stands twice in the history.
    HistoryDuplicate,
    /// The history has a product this rule set does not know.
    HistoryVaccineUnknown,
    /// A condition this rule set does not know.
    ConditionUnknown,
    /// A condition the physician weighs.
    Precaution,
}

impl Reason {
    /// Whether a person must decide; otherwise the conditions are not met. Doubts are declared from [`Self::BirthDateUnknown`] on.
    pub fn needs_person(self) -> bool {
        self == Self::ProductSwitch || Self::BirthDateUnknown <= self
    }
}

impl fmt::Display for Reason {
    /// The code, as in case files and interfaces.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}
