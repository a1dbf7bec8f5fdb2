//! Two papers that a municipality or physician must send: the report of a 間違い接種, and the draft of a 副反応疑い report.
//!
//! They are structured documents whose required fields are checked; what is missing is named, and nothing is filled in by guess. A draft is
//! a draft: the physician judges, completes and sends it (予防接種法12条). The list of fields is recalled from the forms of the 実施要領 and of
//! 健発0330第3号 (2013-03-30) and must be held against the current ones.

use crate::bedside::Incident;
use crate::civil::Date;
use serde::{Deserialize, Serialize};

/// A field that is missing or contradicts another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Its name.
    pub field: &'static str,
    /// What is needed.
    pub needed: &'static str,
}

/// The dose that a paper is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoseGiven {
    /// Vaccine.
    pub vaccine: String,
    /// Maker.
    pub maker: String,
    /// Lot.
    pub lot: String,
    /// Day of injection.
    pub date: Option<Date>,
    /// Which dose of the series.
    pub number: Option<u8>,
}

/// 間違い接種 as it is reported from clinic to municipality to prefecture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IncidentReport {
    /// Municipality of registration.
    pub municipality: String,
    /// Where it happened.
    pub place: String,
    /// Person's age on the day, in months. No name stands on this paper.
    pub age_months: Option<u16>,
    /// The dose.
    pub dose: DoseGiven,
    /// What kind of mistake.
    pub kind: Option<Incident>,
    /// What happened, in the reporter's words.
    pub course: String,
    /// How it was found, and on which day.
    pub found_on: Option<Date>,
    /// Whether the person's health suffered.
    pub harm: Option<bool>,
    /// What harm; needed where there is some.
    pub harm_text: String,
    /// Whether the person or guardian was told.
    pub family_told: Option<bool>,
    /// Why it happened.
    pub cause: String,
    /// What is done so that it does not happen again.
    pub prevention: String,
    /// Who reports.
    pub reporter: String,
}

/// How a suspected reaction went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// 回復.
    Recovered,
    /// 軽快.
    Improving,
    /// 未回復.
    NotRecovered,
    /// 後遺症.
    Sequelae,
    /// 死亡.
    Died,
    /// 不明.
    Unknown,
}

/// Draft of a 副反応疑い report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReactionReport {
    /// Initials of the person.
    pub initials: String,
    /// Birth date.
    pub birth: Option<Date>,
    /// Sex: `male` or `female`.
    pub sex: String,
    /// Municipality of residence.
    pub municipality: String,
    /// The doses: usually one, more at a simultaneous vaccination.
    pub doses: Vec<DoseGiven>,
    /// What the 予診票 noted.
    pub interview: String,
    /// Symptom.
    pub symptom: String,
    /// Day of its onset.
    pub onset: Option<Date>,
    /// Minutes from injection to onset, where they matter (anaphylaxis).
    pub onset_minutes: Option<u32>,
    /// Whether serious: death, disability, hospital, or as serious.
    pub serious: Option<bool>,
    /// How it went.
    pub course: Option<Course>,
    /// Day of that outcome.
    pub course_on: Option<Date>,
    /// The physician's judgement of the connection, in the physician's words.
    pub judgement: String,
    /// Other causes that were considered.
    pub other_causes: String,
    /// Physician who reports.
    pub physician: String,
    /// Institution.
    pub institution: String,
}

/// Collects what is missing.
#[derive(Default)]
struct Gaps(Vec<Gap>);

impl Gaps {
    fn need(&mut self, is_there: bool, field: &'static str, needed: &'static str) {
        if !is_there {
            self.0.push(Gap { field, needed });
        }
    }

    fn text(&mut self, text: &str, field: &'static str) {
        self.need(!text.trim().is_empty(), field, "required");
    }

    fn dose(&mut self, dose: &DoseGiven) {
        self.text(&dose.vaccine, "dose.vaccine");
        self.text(&dose.lot, "dose.lot");
        self.need(dose.date.is_some(), "dose.date", "required");
    }
}

impl IncidentReport {
    /// What is missing; a report without gaps may be sent.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Gaps::default();
        gaps.text(&self.municipality, "municipality");
        gaps.text(&self.place, "place");
        gaps.need(self.age_months.is_some(), "age_months", "required");
        gaps.dose(&self.dose);
        gaps.need(self.kind.is_some(), "kind", "one of the incident codes");
        gaps.text(&self.course, "course");
        gaps.need(self.harm.is_some(), "harm", "true or false");
        let harm_said = self.harm != Some(true) || !self.harm_text.trim().is_empty();
        gaps.need(harm_said, "harm_text", "which harm");
        gaps.need(self.family_told.is_some(), "family_told", "true or false");
        gaps.text(&self.cause, "cause");
        gaps.text(&self.prevention, "prevention");
        gaps.text(&self.reporter, "reporter");
        let in_order = self
            .found_on
            .zip(self.dose.date)
            .is_none_or(|(found, given)| given <= found);
        gaps.need(in_order, "found_on", "not before the dose");
        gaps.0
    }

    /// Whether it must be passed on at once: possible infection by blood (血液感染), or harm.
    pub fn is_urgent(&self) -> bool {
        self.kind == Some(Incident::BloodRisk) || self.harm == Some(true)
    }
}

impl ReactionReport {
    /// What is missing; a draft without gaps is ready for the physician's signature.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Gaps::default();
        gaps.text(&self.initials, "initials");
        gaps.need(self.birth.is_some(), "birth", "required");
        gaps.need(
            matches!(self.sex.as_str(), "male" | "female"),
            "sex",
            "male or female",
        );
        gaps.text(&self.municipality, "municipality");
        gaps.need(!self.doses.is_empty(), "doses", "at least one dose");
        for dose in &self.doses {
            gaps.dose(dose);
            gaps.text(&dose.maker, "dose.maker");
        }
        gaps.text(&self.symptom, "symptom");
        gaps.need(self.onset.is_some(), "onset", "required");
        gaps.need(self.onset_fits(), "onset", "not before the dose");
        gaps.need(self.serious.is_some(), "serious", "true or false");
        gaps.need(
            self.course.is_some(),
            "course",
            "required, unknown if it is not known",
        );
        let dated = matches!(self.course, None | Some(Course::Unknown)) || self.course_on.is_some();
        gaps.need(dated, "course_on", "the day of the outcome");
        gaps.text(&self.judgement, "judgement");
        gaps.text(&self.physician, "physician");
        gaps.text(&self.institution, "institution");
        gaps.0
    }

    fn onset_fits(&self) -> bool {
        let given = self.doses.iter().filter_map(|dose| dose.date).min();
        self.onset
            .zip(given)
            .is_none_or(|(onset, given)| given <= onset)
    }
}
