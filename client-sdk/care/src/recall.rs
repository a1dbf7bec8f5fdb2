//! Lot recall: who got a dose of a lot, from the records of a cohort.

use crate::civil::Date;
use crate::records::Person;
use serde::Serialize;

/// A dose of the lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecalledDose {
    /// Id of the person.
    pub person: String,
    /// Product, if its code is known.
    pub product: Option<String>,
    /// Day of injection, if the record has it.
    pub date: Option<Date>,
    /// Lot as the record writes it.
    pub lot: String,
}

/// What a recall found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recall {
    /// Doses of the lot, by person.
    pub doses: Vec<RecalledDose>,
    /// Doses of the same product, or of an unknown one, whose record has no lot: they may be of it.
    pub without_lot: Vec<RecalledDose>,
}

/// The lot as it is compared: half width, upper case, without spaces and hyphens, since the same lot is written in many ways.
pub fn normal(lot: &str) -> String {
    let half = |c: char| match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    let kept = lot.chars().map(half).filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_uppercase).collect()
}

/// Finds every dose of `lot`; of `product` only, if one is named (a lot number alone may be two makers').
pub fn recall(people: &[Person], lot: &str, product: Option<&str>) -> Recall {
    let wanted = normal(lot);
    let mut found = Recall::default();
    for person in people {
        for dose in &person.doses {
            let fits =
                product.is_none_or(|one| dose.product.as_deref().is_none_or(|own| own == one));
            let recalled = || RecalledDose {
                person: person.id.clone(),
                product: dose.product.clone(),
                date: dose.date,
                lot: dose.lot.clone(),
            };
            let own = normal(&dose.lot);
            if fits && own.is_empty() {
                found.without_lot.push(recalled());
            } else if fits && own == wanted {
                found.doses.push(recalled());
            }
        }
    }
    found
}
