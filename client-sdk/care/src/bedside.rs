//! The look before an injection: person, ticket, paper, residence, vial and syringe, beside the verdict of the schedule check.
//!
//! Findings carry the codes of the incident log (間違い接種), so that what was stopped and what went wrong are counted alike.
//! What has not been read is no finding: the caller decides at which of the three looks (booking, reception, injection) a
//! fact must be there.

use serde::{Deserialize, Serialize};

use crate::civil::Date;
use crate::reason::Reason;
use crate::rules::BedsideRules;
use crate::verdict::Verdict;

/// Categories of the incident log; the first five follow the national report's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Incident {
    /// 接種間隔の誤り.
    Interval,
    /// 不必要な接種.
    Unnecessary,
    /// 期限切れ.
    Expired,
    /// 対象者の誤認.
    WrongPerson,
    /// 血液感染を起こしうる.
    BloodRisk,
    /// 種類の誤り.
    WrongVaccine,
    /// 接種量の誤り.
    WrongVolume,
    /// 対象年齢外.
    Age,
    /// 経路・部位の誤り.
    RouteSite,
    /// 保管の誤り.
    Storage,
    /// 同意・署名の不備.
    Consent,
    /// 住民登録地の違い.
    Residence,
}

/// How strongly a finding speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The injection does not go on.
    Stop,
    /// A person looks first.
    Warn,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Category of the incident it would become.
    pub incident: Incident,
    /// How strongly it speaks.
    pub weight: Weight,
    /// Rule id.
    pub rule: String,
}

/// The 予診票 as issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its number.
    pub number: String,
    /// Name in full.
    pub name: String,
    /// Birth date.
    pub birth: Date,
    /// Code of the municipality that issued it.
    pub municipality: String,
    /// Products it may be used for.
    pub vaccines: Vec<String>,
}

/// Who is there, from card, mouth and register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// Ticket number the register holds for this person and dose.
    pub ticket: String,
    /// Name in full.
    pub name: String,
    /// Birth date.
    pub birth: Date,
    /// Municipality of registration on the day.
    pub municipality: String,
    /// An 依頼書 or a regional agreement covers another municipality's ticket.
    pub covered_by_agreement: bool,
}

/// Signatures on the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatures {
    /// The guardian's.
    pub guardian: bool,
    /// The physician's.
    pub physician: bool,
}

/// What was read from vial and syringe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    /// Product by its barcode.
    pub vaccine: Option<String>,
    /// The single-use device was scanned at an earlier injection.
    pub device_used_before: bool,
    /// The lot's store was out of its temperature range.
    pub storage_out_of_range: bool,
}

/// Everything at the bed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bedside {
    /// The paper.
    pub ticket: Ticket,
    /// The person.
    pub present: Present,
    /// The signatures, once they are looked at.
    pub signatures: Option<Signatures>,
    /// Vial and syringe.
    pub scanned: Scanned,
}

/// All findings, those of the schedule check first.
pub fn inspect(rules: &BedsideRules, bedside: &Bedside, verdict: &Verdict) -> Vec<Finding> {
    let of_verdict = verdict
        .stop()
        .into_iter()
        .chain(&verdict.also)
        .filter_map(|stop| {
            let weight = if stop.reason.needs_person() {
                Weight::Warn
            } else {
                Weight::Stop
            };
            Incident::of(stop.reason).map(|incident| Finding {
                incident,
                weight,
                rule: stop.rule.clone(),
            })
        });
    of_verdict
        .chain(bedside.findings(rules, &verdict.vaccine))
        .collect()
}

impl Bedside {
    fn findings(&self, rules: &BedsideRules, proposed: &str) -> impl Iterator<Item = Finding> {
        let found = [
            (
                self.is_another_person(),
                Incident::WrongPerson,
                Weight::Stop,
                &rules.identity,
            ),
            (
                self.is_another_vaccine(proposed),
                Incident::WrongVaccine,
                Weight::Stop,
                &rules.identity,
            ),
            (
                self.lacks_signature(),
                Incident::Consent,
                Weight::Stop,
                &rules.consent,
            ),
            (
                self.is_void_ticket(),
                Incident::Residence,
                Weight::Stop,
                &rules.residence,
            ),
            (
                self.scanned.device_used_before,
                Incident::BloodRisk,
                Weight::Stop,
                &rules.device,
            ),
            (
                self.scanned.storage_out_of_range,
                Incident::Storage,
                Weight::Warn,
                &rules.storage,
            ),
        ];
        let findings = found.map(|(is_found, incident, weight, rule)| {
            is_found.then(|| Finding {
                incident,
                weight,
                rule: rule.clone(),
            })
        });
        findings.into_iter().flatten()
    }

    /// L-IDENTITY: twins share a birth date and siblings a name, so each of the three must agree.
    fn is_another_person(&self) -> bool {
        let (ticket, present) = (&self.ticket, &self.present);
        ticket.number != present.ticket
            || ticket.name != present.name
            || ticket.birth != present.birth
    }

    fn is_another_vaccine(&self, proposed: &str) -> bool {
        let on_ticket = self
            .ticket
            .vaccines
            .iter()
            .any(|vaccine| vaccine == proposed);
        let in_hand = self
            .scanned
            .vaccine
            .as_deref()
            .is_none_or(|scanned| scanned == proposed);
        !on_ticket || !in_hand
    }

    fn lacks_signature(&self) -> bool {
        self.signatures
            .is_some_and(|signed| !signed.guardian || !signed.physician)
    }

    /// L-RESIDENCE: a ticket of a municipality the person has left is void.
    fn is_void_ticket(&self) -> bool {
        self.ticket.municipality != self.present.municipality && !self.present.covered_by_agreement
    }
}

impl Incident {
    /// The incident that a dose given against this reason would be; none for contraindications and unknown facts.
    pub fn of(reason: Reason) -> Option<Self> {
        match reason {
            Reason::IntervalTooShortSame | Reason::IntervalTooShortLive => Some(Self::Interval),
            Reason::SeriesComplete | Reason::AlreadyInThisPregnancy | Reason::HistoryDuplicate => {
                Some(Self::Unnecessary)
            }
            Reason::ExpiredVaccine => Some(Self::Expired),
            Reason::SexNotEligible | Reason::HistoryBeforeBirth => Some(Self::WrongPerson),
            Reason::VaccineNotInProgram | Reason::ProductSwitch | Reason::HistoryVaccineUnknown => {
                Some(Self::WrongVaccine)
            }
            Reason::DoseVolumeWrong => Some(Self::WrongVolume),
            Reason::ProgramEnded
            | Reason::AgeTooYoung
            | Reason::AgeTooOld
            | Reason::AgeBetweenPeriods
            | Reason::PregnancyWeekOutOfRange
            | Reason::BoosterTooEarlyAge => Some(Self::Age),
            Reason::RouteWrong => Some(Self::RouteSite),
            Reason::ContraindicatedFever
            | Reason::ContraindicatedSevereAcuteIllness
            | Reason::ContraindicatedAnaphylaxis
            | Reason::ContraindicatedRotaSpecific
            | Reason::ContraindicatedBcgKeloid
            | Reason::ContraindicatedPregnancy
            | Reason::ExcludedHepbPerinatalProphylaxis
            | Reason::ExcludedPriorDisease
            | Reason::BirthDateUnknown
            | Reason::SexUnknown
            | Reason::PregnancyDateUnknown
            | Reason::RulesOfThatDayNotHeld
            | Reason::LongIllnessUndecided
            | Reason::HistoryUnconfirmed
            | Reason::HistoryIncomplete
            | Reason::HistoryUndated
            | Reason::HistoryPending
            | Reason::HistoryLaterThanProposed
            | Reason::ConditionUnknown
            | Reason::Precaution => None,
        }
    }
}
