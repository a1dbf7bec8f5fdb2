//! Checkups in figures: 対象人員, 受診実人員, 受診延人員 and 要精密検査 by age band, as the 地域保健・健康増進事業報告 asks for them.
//!
//! The bands are those of the report's table on 母子保健; a child belongs to a band's target of a fiscal year when it comes of the
//! band's first age in that year.

use crate::age::age_reached;
use crate::civil::Date;
use crate::figures::Table;
use crate::records::{CompletedForm, Person};
use serde::Serialize;

/// An age band of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Band {
    /// Its name in the report.
    pub name: &'static str,
    /// Age in months at which a child comes into its target.
    pub from_months: u16,
    /// Last part of the address of the form that is filled in at its checkup.
    pub form: &'static str,
}

/// The bands of the report. For 6～8か月 no form ships: a municipality that holds this checkup publishes its own under the name.
pub const BANDS: [Band; 7] = [
    Band {
        name: "1～2か月",
        from_months: 1,
        form: "checkup-1m",
    },
    Band {
        name: "3～5か月",
        from_months: 3,
        form: "checkup-3-4m",
    },
    Band {
        name: "6～8か月",
        from_months: 6,
        form: "checkup-6-8m",
    },
    Band {
        name: "9～12か月",
        from_months: 9,
        form: "checkup-9-10m",
    },
    Band {
        name: "1歳6か月",
        from_months: 18,
        form: "checkup-18m",
    },
    Band {
        name: "3歳",
        from_months: 36,
        form: "checkup-3y",
    },
    Band {
        name: "4～6歳",
        from_months: 60,
        form: "checkup-5y",
    },
];

/// One row of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BandFigures {
    /// Which band.
    pub band: &'static str,
    /// 対象人員.
    pub target: u32,
    /// 受診実人員: people of the target with at least one checkup.
    pub attended: u32,
    /// 受診延人員: their checkups.
    pub visits: u32,
    /// People of the target who were sent on for a detailed examination (要精密検査).
    pub to_examine: u32,
    /// Of the checkups, those that a clinic held for the municipality (委託).
    pub entrusted: u32,
}

impl BandFigures {
    /// 受診率 in tenths of a percent, rounded down; none without a target.
    pub fn rate_permille(&self) -> Option<u32> {
        self.attended.saturating_mul(1000).checked_div(self.target)
    }
}

/// The report for the fiscal year that begins on 1 April of `year`, nothing hidden: it goes to the prefecture.
pub fn report(people: &[Person], year: i32) -> Vec<BandFigures> {
    BANDS
        .iter()
        .map(|band| figures_of(*band, people, year))
        .collect()
}

fn figures_of(band: Band, people: &[Person], year: i32) -> BandFigures {
    let target = people.iter().filter(|person| is_target(band, person, year));
    of_people(band.name, target, |person| {
        checkups(band, person).cloned().collect()
    })
}

/// The figures of a target, by the checkups of each person.
pub(super) fn of_people<'a>(
    band: &'static str,
    target: impl Iterator<Item = &'a Person>,
    visits_of: impl Fn(&Person) -> Vec<CompletedForm>,
) -> BandFigures {
    let mut figures = BandFigures {
        band,
        target: 0,
        attended: 0,
        visits: 0,
        to_examine: 0,
        entrusted: 0,
    };
    let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
    for person in target {
        let visits = visits_of(person);
        let is_sent_on = |visit: &CompletedForm| visit.judgement.as_deref() == Some("examine");
        figures.target += 1;
        figures.attended += u32::from(!visits.is_empty());
        figures.visits += count(visits.len());
        figures.to_examine += u32::from(visits.iter().any(is_sent_on));
        figures.entrusted += count(visits.iter().filter(|visit| visit.entrusted).count());
    }
    figures
}

/// The public table: each child of the target in one of three columns. Sums and rates follow from what is shown, and from nothing else.
pub fn table(figures: &[BandFigures]) -> Table {
    let rows = figures.iter().map(|row| row.band.to_owned()).collect();
    let columns = ["受診（要精密検査を除く）", "受診（要精密検査）", "未受診"];
    let mut table = Table::new(rows, columns.map(str::to_owned).to_vec(), false);
    for (row, figures) in figures.iter().enumerate() {
        table.add(row, 0, figures.attended.saturating_sub(figures.to_examine));
        table.add(row, 1, figures.to_examine);
        table.add(row, 2, figures.target.saturating_sub(figures.attended));
    }
    table
}

fn is_target(band: Band, person: &Person, year: i32) -> bool {
    let first = Date::new(year, 4, 1).zip(Date::new(year.saturating_add(1), 4, 1));
    let comes_of_age = person
        .subject
        .birth
        .map(|birth| age_reached(birth, band.from_months));
    comes_of_age
        .zip(first)
        .is_some_and(|(day, (first, after))| first <= day && day < after)
}

fn checkups(band: Band, person: &Person) -> impl Iterator<Item = &CompletedForm> {
    let is_of_band = move |form: &&CompletedForm| form.form.rsplit('/').next() == Some(band.form);
    person.forms.iter().filter(is_of_band)
}
