//! Coverage: of the children born in a fiscal year, how many have had which dose of which programme by a day, and of how many.
//!
//! A dose counts for a programme as the schedule rules have it, products given elsewhere included; the number is the dose's place among
//! them, by day. Who is meant is everybody of the cohort whose home this is, of the sex that the programme asks for; a child whose sex is
//! not known is meant by all. A record without day or product proves no dose.

use crate::child::Subject;
use crate::civil::Date;
use crate::figures::Table;
use crate::records::Person;
use crate::rules::{Period, Programme, RuleSet};
use serde::Serialize;

/// Ages in completed fiscal years of the cohorts that are counted: from those born in the year itself on, to the year before 17.
pub const COHORTS: i32 = 17;

/// One dose of a programme in one cohort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoseCoverage {
    /// Rule id of the programme.
    pub programme: String,
    /// Which dose, from 1.
    pub dose: usize,
    /// Children who have had it.
    pub given: u32,
    /// Children of the cohort for whom the programme is.
    pub children: u32,
}

/// A cohort: the children born in one fiscal year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CohortCoverage {
    /// The fiscal year of birth: from 1 April of this year.
    pub born: i32,
    /// Dose by dose; programmes whose first day nobody of the cohort has reached are left out.
    pub doses: Vec<DoseCoverage>,
}

/// Coverage by `as_of`, included, of the cohorts born in the fiscal year `year` and in those before. Cohorts without children are left out.
pub fn coverage(people: &[Person], rules: &RuleSet, year: i32, as_of: Date) -> Vec<CohortCoverage> {
    (0..COHORTS)
        .filter_map(|age| cohort(people, rules, year.saturating_sub(age), as_of))
        .collect()
}

fn cohort(people: &[Person], rules: &RuleSet, born: i32, as_of: Date) -> Option<CohortCoverage> {
    let (first, after) = Date::new(born, 4, 1).zip(Date::new(born.saturating_add(1), 4, 1))?;
    let of_cohort = |person: &&Person| {
        let birth = person.subject.birth;
        birth.is_some_and(|birth| first <= birth && birth < after && birth <= as_of)
    };
    let children: Vec<&Person> = people.iter().filter(of_cohort).collect();
    if children.is_empty() {
        return None;
    }
    let programmes = rules.programmes.iter();
    let doses = programmes
        .filter(|programme| !programme.per_pregnancy)
        .flat_map(|programme| of_programme(programme, &children, as_of))
        .collect();
    Some(CohortCoverage { born, doses })
}

fn of_programme(programme: &Programme, children: &[&Person], as_of: Date) -> Vec<DoseCoverage> {
    let meant: Vec<&&Person> = children
        .iter()
        .filter(|child| is_for(programme, &child.subject, as_of))
        .collect();
    let had: Vec<usize> = meant
        .iter()
        .map(|child| had(programme, child, as_of))
        .collect();
    let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
    if meant.is_empty() {
        return Vec::new();
    }
    (1..=longest(programme))
        .map(|dose| DoseCoverage {
            programme: programme.rule.clone(),
            dose,
            given: count(had.iter().filter(|had| dose <= **had).count()),
            children: count(meant.len()),
        })
        .collect()
}

/// Whether the programme is for somebody, and its first day has come.
fn is_for(programme: &Programme, subject: &Subject, as_of: Date) -> bool {
    let for_sex = programme.sex.is_none() || subject.sex.is_none() || programme.sex == subject.sex;
    let mut periods = programme.periods.iter();
    let has_begun = periods.any(|period| {
        let is_meant = period.births.is_none_or(|births| births.hold(subject));
        is_meant && period.from.day(subject).is_some_and(|day| day <= as_of)
    });
    for_sex && has_begun
}

fn had(programme: &Programme, child: &Person, as_of: Date) -> usize {
    let counts = |product: &String| programme.counts(product);
    let doses = child.doses.iter().filter(|dose| {
        let is_by_then = dose.date.is_some_and(|date| date <= as_of);
        is_by_then && dose.product.as_ref().is_some_and(counts)
    });
    doses.count()
}

/// The most doses that its periods have together, each by its longest track. A period of a cohort stands in place of the others.
fn longest(programme: &Programme) -> usize {
    let of_track = |period: &Period| {
        let tracks = period.tracks.iter().map(|track| track.doses.len());
        tracks.max().unwrap_or_default()
    };
    let usual = programme
        .periods
        .iter()
        .filter(|period| period.births.is_none());
    usual.map(of_track).sum()
}

/// The public table of one cohort: each child in one of two columns for each dose.
pub fn table(cohort: &CohortCoverage) -> Table {
    let named = |dose: &DoseCoverage| format!("{} {}回目", dose.programme, dose.dose);
    let rows = cohort.doses.iter().map(named).collect();
    let columns = ["接種済", "未接種"].map(str::to_owned).to_vec();
    let mut table = Table::new(rows, columns, false);
    for (row, dose) in cohort.doses.iter().enumerate() {
        table.add(row, 0, dose.given);
        table.add(row, 1, dose.children.saturating_sub(dose.given));
    }
    table
}
