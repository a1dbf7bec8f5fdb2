//! Child health arithmetic: the schedule check, its forecast and growth. A screening aid that never says "safe": a physician decides.
//!
//! Days are days in Japan, `2026-04-01`; body measures are decimal text in kilograms and centimetres.

use crate::{error::MusubiError, identifiers::CalendarDay};
use musubi_care::{
    child::{Circumstances, Dose, History, Proposal, Recovery, Sex, Standing},
    decimal::Thousandths,
    forecast::{self, ForecastDose, Status},
    growth::{Band, Doubt, Evaluation, Measure, Position, Reference, ReferenceId, plausibility},
    presets::{GROWTH_2023, SCHEDULE_2026},
    reason::Reason,
    rules::{Route, RuleSet, RuleSetId},
    schedule,
    verdict::{Answer, Placement, Stop, Verdict},
};
use std::sync::Arc;

/// The person to be vaccinated; under a name that no platform's own library has.
pub type CareSubject = musubi_care::child::Subject;
/// A body measure with its day; under a name that no platform's own library has.
pub type BodyMeasurement = musubi_care::growth::Measurement;

/// Sex as registered.
#[uniffi::remote(Enum)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// Facts about the person to be vaccinated; what is not known is none, never a guess.
#[uniffi::remote(Record)]
pub struct CareSubject {
    /// Birth date.
    #[uniffi(default = None)]
    pub birth: Option<CalendarDay>,
    /// Sex.
    #[uniffi(default = None)]
    pub sex: Option<Sex>,
    /// Week 0 day 0 of the present pregnancy (expected day of delivery minus 280 days).
    #[uniffi(default = None)]
    pub pregnancy_start: Option<CalendarDay>,
}

/// How sure a recorded dose is.
#[uniffi::remote(Enum)]
pub enum Standing {
    /// Stored, or read from the handbook.
    Stored,
    /// Committed, but not yet acknowledged by two holders.
    Pending,
}

/// A dose already given.
#[uniffi::remote(Record)]
pub struct Dose {
    /// Product code.
    pub vaccine: String,
    /// Day of injection.
    pub date: CalendarDay,
    /// How sure it is.
    pub standing: Standing,
}

/// Doses already given. A list alone does not say whether it is whole, so the two states are apart:
/// an unconfirmed history, above all an empty one, is never read as "no dose".
#[uniffi::remote(Enum)]
pub enum History {
    /// Someone has confirmed that these are all doses, routine or voluntary.
    Confirmed(Vec<Dose>),
    /// These are known; there may be others.
    Unconfirmed(Vec<Dose>),
}

/// 長期療養特例 for one person.
#[uniffi::remote(Record)]
pub struct Recovery {
    /// The day on which the special circumstance ended.
    pub on: CalendarDay,
    /// Whether the municipality has accepted the physician's paper. Without it the measure never permits a dose.
    pub accepted: bool,
}

/// Circumstances of the day.
#[uniffi::remote(Record)]
pub struct Circumstances {
    /// Codes of conditions, as the 予診 found them.
    #[uniffi(default = [])]
    pub conditions: Vec<String>,
    /// A physician judged the shortened interval necessary (Hib).
    #[uniffi(default = false)]
    pub short_interval_needed: bool,
    /// Codes of special measures granted to the subject.
    #[uniffi(default = [])]
    pub measures: Vec<String>,
    /// The measure after long illness.
    #[uniffi(default = None)]
    pub recovery: Option<Recovery>,
}

/// How a vaccine enters the body.
#[uniffi::remote(Enum)]
pub enum Route {
    /// Under the skin.
    Subcutaneous,
    /// Into the muscle.
    Intramuscular,
    /// By mouth.
    Oral,
    /// Stamped through the skin (管針).
    Percutaneous,
}

/// The dose that is about to be given; what has not been read from the vial is none and is not judged.
#[uniffi::remote(Record)]
pub struct Proposal {
    /// Product code.
    pub vaccine: String,
    /// Day of injection.
    pub date: CalendarDay,
    /// Volume in millilitres.
    #[uniffi(default = None)]
    pub volume: Option<Thousandths>,
    /// Route.
    #[uniffi(default = None)]
    pub route: Option<Route>,
    /// Last day on which the lot may be used.
    #[uniffi(default = None)]
    pub lot_expiry: Option<CalendarDay>,
}

/// Name of a rule set; a verdict carries it, so that an old verdict can be reproduced.
#[uniffi::remote(Record)]
pub struct RuleSetId {
    /// Which rules.
    pub id: String,
    /// Which edition of them.
    pub version: String,
}

/// Where a dose stands on the day of the forecast.
#[uniffi::remote(Enum)]
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

/// One rule that stands in the way.
#[uniffi::remote(Record)]
pub struct Stop {
    /// Reason code.
    pub reason: Reason,
    /// Rule id.
    pub rule: String,
    /// First day on which this rule alone no longer stands in the way, if such a day comes.
    pub satisfied_from: Option<CalendarDay>,
}

/// What is measured.
#[uniffi::remote(Enum)]
pub enum Measure {
    /// Body weight in kilograms.
    Weight,
    /// Length lying or height standing, in centimetres.
    Height,
    /// Head circumference in centimetres.
    Head,
}

/// An age band of the tables. A child exactly on an edge belongs to the later band.
#[uniffi::remote(Enum)]
pub enum Band {
    /// The day of birth.
    Birth,
    /// This many days after birth, and only that day.
    Day(u16),
    /// From so many completed months to under so many.
    Months(u16, u16),
}

/// Which reference, kept with every evaluation.
#[uniffi::remote(Record)]
pub struct ReferenceId {
    /// For instance `jp-2023`.
    pub id: String,
    /// Year of the survey.
    pub survey_year: u16,
}

/// A place among percentile lines, named by their percentiles.
#[uniffi::remote(Enum)]
pub enum Position {
    /// Under the lowest line; how far is not said.
    Below(u8),
    /// Exactly on a line.
    On(u8),
    /// Between two neighbouring lines.
    Between(u8, u8),
    /// Over the highest line; how far is not said.
    Above(u8),
}

/// A value with its place and the reference that gave it.
#[uniffi::remote(Record)]
pub struct Evaluation {
    /// The reference.
    pub reference: ReferenceId,
    /// What was measured.
    pub measure: Measure,
    /// The value.
    pub value: Thousandths,
    /// The band of the child's age.
    pub band: Band,
    /// The place.
    pub position: Position,
}

/// Why a value must be confirmed before it is stored.
#[uniffi::remote(Enum)]
pub enum Doubt {
    /// Not a positive number.
    NotPositive,
    /// Measured before birth.
    BeforeBirth,
    /// In range if it was written in the smaller unit: grams for kilograms, millimetres for centimetres.
    SmallerUnit,
    /// In range if it was written in the larger unit: kilograms in a field for grams, metres for centimetres.
    LargerUnit,
    /// Outside the wide range for the age.
    OutOfRange {
        /// Lowest value taken without a question.
        low: Thousandths,
        /// Highest value taken without a question.
        high: Thousandths,
    },
    /// Length or head shrank by more than two centimetres.
    Shrank {
        /// By so much.
        by: Thousandths,
    },
}

/// A value on a day.
#[uniffi::remote(Record)]
pub struct BodyMeasurement {
    /// What was measured.
    pub measure: Measure,
    /// When.
    pub on: CalendarDay,
    /// The value.
    pub value: Thousandths,
}

/// Why a dose is stopped or needs a person, in order of precedence.
#[uniffi::remote(Enum)]
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

/// A child and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Child {
    /// Facts about the person.
    pub subject: CareSubject,
    /// Doses already given, and whether the list is known to be whole.
    pub history: History,
    /// Circumstances of the day.
    pub circumstances: Circumstances,
}

/// One dose to come, or the state of a programme without one.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ForecastRow {
    /// Rule id of the programme.
    pub programme: String,
    /// Product to give.
    pub vaccine: String,
    /// Where it stands.
    pub status: Status,
    /// The dose; none where nothing is to come.
    pub dose: Option<DoseToCome>,
    /// The rule that stands in the way, for contraindicated and person.
    pub stop: Option<Stop>,
}

/// A dose with its days.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct DoseToCome {
    /// Label in the series.
    pub label: String,
    /// Number among the doses of its period, from 1.
    pub number: u32,
    /// Doses the series can have from this starting age.
    pub of: u32,
    /// First permitted day; may lie in the past.
    pub earliest: CalendarDay,
    /// First day of the usual time, never before `earliest`.
    pub due: CalendarDay,
    /// Last day of the usual time, where one is prescribed.
    pub overdue_after: Option<CalendarDay>,
    /// Last day of the legal period.
    pub latest: CalendarDay,
    /// Whether only a measure permits it that the municipality has yet to decide.
    pub undecided: bool,
    /// Whether it rests on earlier doses that are themselves forecast.
    pub assumed: bool,
}

/// What is due, overdue, possible or still to come.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Forecast {
    /// The rules it was made by; keep them with it.
    pub rules: RuleSetId,
    /// The day it was made for.
    pub as_of: CalendarDay,
    /// Whether the history is known to be whole. If not, every row waits for its confirmation.
    pub history_confirmed: bool,
    /// By programme, in rule order, each in time order.
    pub rows: Vec<ForecastRow>,
}

/// The answer of the schedule check. None of them says that a dose is harmless.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DoseAnswer {
    /// 期間・間隔・回数の条件を満たす.
    ConditionsMet {
        /// Its label in the series.
        dose: String,
        /// Its number among the doses of the period, from 1.
        number: u32,
        /// Doses the series can have from this starting age.
        of: u32,
        /// Remarks for physician and guardian.
        advisories: Vec<String>,
    },
    /// 条件を満たさない.
    NotMet {
        /// The deciding rule.
        stop: Stop,
    },
    /// 医師・町の確認が必要.
    NeedsPerson {
        /// The deciding rule.
        stop: Stop,
    },
}

/// What the schedule check found.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct DoseCheck {
    /// The rules it was found by; keep them with it.
    pub rules: RuleSetId,
    /// The answer, by the first reason in order of precedence.
    pub answer: DoseAnswer,
    /// The answer as a sentence in Japanese.
    pub sentence: String,
    /// Further reasons, in order of precedence.
    pub also: Vec<Stop>,
    /// First permitted day on or after the proposed one, if one comes.
    pub earliest: Option<CalendarDay>,
    /// Last day of the period that holds `earliest`; of the last period when no such day comes.
    pub latest: Option<CalendarDay>,
}

/// A rule set, read and checked once.
#[derive(uniffi::Object)]
pub struct ScheduleRules(RuleSet);

#[uniffi::export]
impl ScheduleRules {
    /// Reads a rule set (JSON of `musubi/schedule`): the one that the municipalities published on the chain.
    ///
    /// # Errors
    /// [`MusubiError::Input`] naming what breaks its form.
    #[uniffi::constructor]
    pub fn parse(text: String) -> Result<Arc<Self>, MusubiError> {
        RuleSet::parse(&text)
            .map(|rules| Arc::new(Self(rules)))
            .map_err(|error| MusubiError::input("rules", error))
    }

    /// The rules of fiscal year 2026 that this version carries.
    ///
    /// # Errors
    /// None with a sound build.
    #[uniffi::constructor]
    pub fn bundled() -> Result<Arc<Self>, MusubiError> {
        Self::parse(SCHEDULE_2026.to_owned())
    }

    /// What is due, overdue, possible or still to come from `as_of` on.
    ///
    /// # Errors
    /// [`MusubiError::Input`] for a day that is none.
    pub fn forecast(&self, child: Child, as_of: CalendarDay) -> Result<Forecast, MusubiError> {
        let found = forecast::forecast(
            &self.0,
            &child.subject,
            &child.history,
            &child.circumstances,
            as_of,
        );
        Ok(Forecast {
            rules: found.rules,
            as_of: found.as_of,
            history_confirmed: found.history_confirmed,
            rows: found.rows.into_iter().map(ForecastRow::from).collect(),
        })
    }

    /// Checks one proposed dose: conditions met, not met, or a person must decide.
    ///
    /// # Errors
    /// [`MusubiError::Input`] for a day or a volume that is none.
    pub fn check(&self, child: Child, proposal: Proposal) -> Result<DoseCheck, MusubiError> {
        let verdict = schedule::check(
            &self.0,
            &child.subject,
            &child.history,
            &child.circumstances,
            &proposal,
        );
        Ok(verdict.into())
    }
}

/// A growth reference, read and checked once.
#[derive(uniffi::Object)]
pub struct GrowthReference(Reference);

#[uniffi::export]
impl GrowthReference {
    /// Reads a reference (JSON of `musubi/growth/1`).
    ///
    /// # Errors
    /// [`MusubiError::Input`] naming the row that does not rise.
    #[uniffi::constructor]
    pub fn parse(text: String) -> Result<Arc<Self>, MusubiError> {
        Reference::parse(&text)
            .map(|reference| Arc::new(Self(reference)))
            .map_err(|error| MusubiError::input("reference", error))
    }

    /// The survey of 2023 (令和5年乳幼児身体発育調査).
    ///
    /// # Errors
    /// None with a sound build.
    #[uniffi::constructor]
    pub fn bundled() -> Result<Arc<Self>, MusubiError> {
        Self::parse(GROWTH_2023.to_owned())
    }

    /// The line that must be shown wherever the figures are.
    pub fn credit(&self) -> String {
        self.0.credit.clone()
    }

    /// Places a measurement among the published percentile lines, never beyond them; none where no band is published for the age.
    ///
    /// # Errors
    /// [`MusubiError::Input`] for a day or a value that is none.
    pub fn evaluate(
        &self,
        sex: Sex,
        birth: CalendarDay,
        measured: BodyMeasurement,
    ) -> Result<Option<Evaluation>, MusubiError> {
        Ok(self
            .0
            .evaluate(measured.measure, sex, birth, measured.on, measured.value))
    }

    /// What makes a value doubtful before it is stored, such as grams in a field for kilograms; none when it can be taken.
    ///
    /// # Errors
    /// [`MusubiError::Input`] for a day or a value that is none.
    pub fn doubt(
        &self,
        sex: Sex,
        birth: CalendarDay,
        measured: BodyMeasurement,
        previous: Option<BodyMeasurement>,
    ) -> Result<Option<Doubt>, MusubiError> {
        Ok(plausibility(&self.0, sex, birth, measured, previous))
    }
}

impl From<forecast::Row> for ForecastRow {
    fn from(row: forecast::Row) -> Self {
        Self {
            programme: row.programme,
            vaccine: row.vaccine,
            status: row.status,
            dose: row.dose.map(DoseToCome::from),
            stop: row.stop,
        }
    }
}

impl From<ForecastDose> for DoseToCome {
    fn from(dose: ForecastDose) -> Self {
        Self {
            label: dose.label,
            number: count(dose.number),
            of: count(dose.of),
            earliest: dose.earliest,
            due: dose.due,
            overdue_after: dose.overdue_after,
            latest: dose.latest,
            undecided: dose.undecided,
            assumed: dose.assumed,
        }
    }
}

impl From<Verdict> for DoseCheck {
    fn from(verdict: Verdict) -> Self {
        Self {
            rules: verdict.rules,
            sentence: verdict.answer.sentence().to_owned(),
            answer: verdict.answer.into(),
            also: verdict.also,
            earliest: verdict.permitted.earliest,
            latest: verdict.permitted.latest,
        }
    }
}

impl From<Answer> for DoseAnswer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::ConditionsMet(Placement {
                dose,
                number,
                of,
                advisories,
                ..
            }) => Self::ConditionsMet {
                dose,
                number: count(number),
                of: count(of),
                advisories,
            },
            Answer::NotMet(stop) => Self::NotMet { stop },
            Answer::NeedsPerson(stop) => Self::NeedsPerson { stop },
        }
    }
}

/// Series have a dozen doses at most.
fn count(doses: usize) -> u32 {
    u32::try_from(doses).unwrap_or(u32::MAX)
}
