//! Whose dose or checkup is due or overdue on a day: the list that invitations and reminders are made from.

use crate::age::school_start;
use crate::child::Circumstances;
use crate::civil::Date;
use crate::forecast::{Status, forecast};
use crate::forms::offers::{AnsweredBy, Offer, Offers};
use crate::records::Person;
use crate::rules::RuleSet;
use serde::Serialize;

/// One dose that somebody should hear of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DueDose {
    /// Id of the person.
    pub person: String,
    /// Overdue, due, or a person must look first.
    pub status: Status,
    /// Product.
    pub vaccine: String,
    /// Its label in the series.
    pub dose: String,
    /// First day of the usual time.
    pub due: Option<Date>,
    /// Last day of the legal period: after it the family pays.
    pub latest: Option<Date>,
    /// Whether the history is not known to be whole: ask before inviting.
    pub unconfirmed: bool,
}

/// A cohort's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DueList {
    /// Most urgent first: overdue before due, then by the last day of the legal period.
    pub doses: Vec<DueDose>,
    /// People whose birth date is not known: nothing can be said of them.
    pub undated: Vec<String>,
}

/// Who is due or overdue on `as_of`. `confirmed` says that the records at hand are known to be all doses of these people.
pub fn due_list(rules: &RuleSet, people: &[Person], confirmed: bool, as_of: Date) -> DueList {
    let mut list = DueList::default();
    for person in people {
        if person.subject.birth.is_none() {
            list.undated.push(person.id.clone());
        }
        list.doses
            .extend(of_person(rules, person, confirmed, as_of));
    }
    list.doses.sort_by(|one, two| {
        let rank = |dose: &DueDose| (rank(dose.status), dose.latest, dose.person.clone());
        rank(one).cmp(&rank(two))
    });
    list
}

/// A checkup whose time has come, without a record of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DueCheckup {
    /// Id of the person.
    pub person: String,
    /// Due in its period, overdue from its end until school.
    pub status: Status,
    /// Last part of the address of its form.
    pub form: String,
    /// First day of its period.
    pub from: Date,
    /// First day after it.
    pub until: Date,
}

/// Whose checkup is due or overdue on `as_of`, overdue first. Nobody is sent back to an early checkup once a later one was held.
pub fn due_checkups(offers: &Offers, people: &[Person], as_of: Date) -> Vec<DueCheckup> {
    let mut due: Vec<DueCheckup> = people
        .iter()
        .flat_map(|person| checkups_of(offers, person, as_of))
        .collect();
    due.sort_by(|one, two| {
        let rank = |checkup: &DueCheckup| (rank(checkup.status), checkup.until);
        rank(one).cmp(&rank(two))
    });
    due
}

fn checkups_of(offers: &Offers, person: &Person, as_of: Date) -> Vec<DueCheckup> {
    let Some(birth) = person.subject.birth.filter(|birth| *birth <= as_of) else {
        return Vec::new();
    };
    let is_held = |offer: &Offer| {
        let held = person.forms.iter();
        held.map(|form| form.form.rsplit('/').next())
            .any(|name| name == Some(offer.form.as_str()))
    };
    let checkups = offers.offers.iter();
    let checkups: Vec<&Offer> = checkups
        .filter(|offer| offer.by == AnsweredBy::Staff)
        .collect();
    let held_from = checkups.iter().filter(|offer| is_held(offer));
    let held_from = held_from.map(|offer| offer.from_months).max();
    let wanted = checkups
        .into_iter()
        .filter(|offer| held_from.is_none_or(|held| held < offer.from_months));
    wanted
        .filter_map(|offer| {
            let period = offer.period(birth);
            let status = if period.has(as_of) {
                Status::Due
            } else if period.until <= as_of && as_of < school_start(birth) {
                Status::Overdue
            } else {
                return None;
            };
            Some(DueCheckup {
                person: person.id.clone(),
                status,
                form: offer.form.clone(),
                from: period.from,
                until: period.until,
            })
        })
        .collect()
}

fn of_person(rules: &RuleSet, person: &Person, confirmed: bool, as_of: Date) -> Vec<DueDose> {
    let history = person.history(confirmed);
    let circumstances = Circumstances::default();
    let forecast = forecast(rules, &person.subject, &history, &circumstances, as_of);
    let unconfirmed = !forecast.history_confirmed;
    let wanted = forecast.rows.into_iter().filter(|row| {
        matches!(
            row.status,
            Status::Overdue | Status::Due | Status::NeedsPerson
        )
    });
    wanted
        .map(|row| DueDose {
            person: person.id.clone(),
            status: row.status,
            vaccine: row.vaccine,
            dose: row
                .dose
                .as_ref()
                .map(|dose| dose.label.clone())
                .unwrap_or_default(),
            due: row.dose.as_ref().map(|dose| dose.due),
            latest: row.dose.as_ref().map(|dose| dose.latest),
            unconfirmed,
        })
        .collect()
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Overdue => 0,
        Status::Due => 1,
        Status::NeedsPerson => 2,
        Status::Possible
        | Status::Later
        | Status::Complete
        | Status::Ended
        | Status::Contraindicated => 3,
    }
}
