//! Doses in figures: how many of each product in a span of days, by age at the dose.

use crate::age::years_reached;
use crate::civil::Date;
use crate::figures::Table;
use crate::records::Person;
use crate::rules::RuleSet;

/// Ages in completed years at which a column begins; the last one is open.
const AGES: [u16; 5] = [0, 1, 3, 6, 13];
const COLUMNS: [&str; 5] = ["0歳", "1～2歳", "3～5歳", "6～12歳", "13歳以上"];

/// Doses from `from` to `to`, both included, by product and age. Doses without day, product or birth date are not in it.
pub fn table(people: &[Person], rules: &RuleSet, from: Date, to: Date) -> Table {
    let products: Vec<String> = rules.vaccines.iter().map(|one| one.code.clone()).collect();
    let columns = COLUMNS.map(str::to_owned).to_vec();
    let mut table = Table::new(products.clone(), columns, true);
    for person in people {
        for dose in &person.doses {
            let place = dose
                .date
                .zip(dose.product.as_ref())
                .zip(person.subject.birth);
            let Some(((date, product), birth)) =
                place.filter(|((date, _), _)| from <= *date && *date <= to)
            else {
                continue;
            };
            let row = products.iter().position(|one| one == product);
            if let Some((row, column)) = row.zip(column(birth, date)) {
                table.count(row, column);
            }
        }
    }
    table
}

fn column(birth: Date, date: Date) -> Option<usize> {
    let reached = |years: u16| years == 0 || years_reached(birth, years) <= date;
    AGES.iter()
        .rposition(|years| reached(*years))
        .filter(|_| birth <= date)
}
