//! Pregnancy in figures: 妊娠届出 by week band, and the checkups of 妊婦 and 産婦, as the 地域保健・健康増進事業報告 asks for them.
//!
//! No form of these ships: a municipality publishes its own under the names below, with the code of the week band, or of the judgement,
//! in the item `overall`. Its own bands are counted as they are named, since the notes that this rests on give none.

use crate::civil::Date;
use crate::figures::checkups::{BandFigures, of_people};
use crate::records::{CompletedForm, Person};
use serde::Serialize;
use std::collections::BTreeMap;

/// Last part of the address of the form of a 妊娠届出.
pub const NOTIFICATION: &str = "pregnancy-notification";
/// Of a checkup in pregnancy.
pub const PRENATAL: &str = "checkup-prenatal";
/// Of a checkup after birth.
pub const POSTNATAL: &str = "checkup-postnatal";
/// Said of a notification whose band nobody wrote down.
const UNKNOWN: &str = "不詳";

/// The figures of a fiscal year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MaternalFigures {
    /// 妊娠届出: how many, by the code of the week band.
    pub notifications: BTreeMap<String, u32>,
    /// 妊婦 and 産婦. Target of both is who notified a pregnancy in the year.
    pub checkups: Vec<BandFigures>,
}

/// Counts from `from` to `to`, both included.
pub fn report(people: &[Person], from: Date, to: Date) -> MaternalFigures {
    let is_in = |form: &&CompletedForm| from <= form.date && form.date <= to;
    let named = |form: &CompletedForm, name: &str| form.form.rsplit('/').next() == Some(name);
    let mut notifications = BTreeMap::new();
    let mut notified = Vec::new();
    for person in people {
        let forms = person.forms.iter().filter(is_in);
        let own: Vec<&CompletedForm> = forms.filter(|form| named(form, NOTIFICATION)).collect();
        for form in &own {
            let band = form.judgement.as_deref().unwrap_or(UNKNOWN);
            *notifications.entry(band.to_owned()).or_default() += 1;
        }
        if !own.is_empty() {
            notified.push(person);
        }
    }
    let of = |band, name| {
        let visits = |person: &Person| -> Vec<CompletedForm> {
            let forms = person.forms.iter().filter(is_in);
            forms.filter(|form| named(form, name)).cloned().collect()
        };
        of_people(band, notified.iter().copied(), visits)
    };
    MaternalFigures {
        notifications,
        checkups: vec![of("妊婦", PRENATAL), of("産婦", POSTNATAL)],
    }
}
