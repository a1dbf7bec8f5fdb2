//! Whose dose is due or overdue on a day: the list that invitations and reminders are made from.

use crate::child::Circumstances;
use crate::civil::Date;
use crate::forecast::{Status, forecast};
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
