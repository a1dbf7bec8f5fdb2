//! The column map: which column of a file, or which member of a JSON document, is what. A TOML file that the municipality keeps.
//!
//! ```toml
//! format = "musubi/columns/1"
//! # JSON only: where the list of entries stands (a JSON pointer).
//! # list = "/immunizations"
//!
//! [person]
//! id = "宛名番号"                      # a column; in JSON a pointer within the entry, or "^/pointer" from the document's root
//! system = "urn:oid:1.2.392.200119"   # whose numbers these are
//! name = "氏名"
//! kana = "フリガナ"
//! birth = "生年月日"
//! sex = "性別"
//! sexes = { "1" = "male", "2" = "female" }
//!
//! [dose]
//! vaccine = "ワクチン種別"
//! date = "接種日"
//! lot = "ロット番号"
//! number = "回数"
//! performer = "医療機関名"
//!
//! [dose.products]                     # what stands in the column → the schedule's product code; nothing is guessed
//! "５種混合" = "DPT-IPV-HIB"
//!
//! [[measure]]
//! column = "体重"
//! date = "健診日"
//! loinc = "29463-7"
//! unit = "g"
//! ```

use musubi_care::rules::RuleSet;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The format this module reads.
pub const FORMAT: &str = "musubi/columns/1";

/// The sexes of FHIR.
const SEXES: [&str; 4] = ["male", "female", "other", "unknown"];

/// Who a row is about.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonColumns {
    /// The number that the source knows the person by.
    pub id: String,
    /// Address (URI) of the system of these numbers.
    pub system: String,
    /// Name as it is written.
    #[serde(default)]
    pub name: Option<String>,
    /// Its reading.
    #[serde(default)]
    pub kana: Option<String>,
    /// Date of birth.
    #[serde(default)]
    pub birth: Option<String>,
    /// Sex.
    #[serde(default)]
    pub sex: Option<String>,
    /// What stands in that column → FHIR's word.
    #[serde(default)]
    pub sexes: BTreeMap<String, String>,
}

/// A dose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseColumns {
    /// Vaccine.
    pub vaccine: String,
    /// Day of injection.
    pub date: String,
    /// Lot.
    #[serde(default)]
    pub lot: Option<String>,
    /// Which dose of the series.
    #[serde(default)]
    pub number: Option<String>,
    /// Who gave it.
    #[serde(default)]
    pub performer: Option<String>,
    /// What stands in the vaccine column → product code of the schedule rules.
    pub products: BTreeMap<String, String>,
}

/// A measure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureColumn {
    /// The number.
    pub column: String,
    /// Day of the measurement.
    pub date: String,
    /// LOINC code.
    pub loinc: String,
    /// UCUM unit in which the column is.
    pub unit: String,
}

/// A whole map.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMap {
    format: String,
    /// Where the list of entries stands in a JSON document.
    #[serde(default)]
    pub list: Option<String>,
    /// Who.
    pub person: PersonColumns,
    /// A dose, if rows have one.
    #[serde(default)]
    pub dose: Option<DoseColumns>,
    /// Measures, if rows have them.
    #[serde(default, rename = "measure")]
    pub measures: Vec<MeasureColumn>,
}

/// Why a text is no column map.
#[derive(Debug, thiserror::Error)]
pub enum ColumnMapError {
    /// Not TOML of this shape.
    #[error("read the column map: {0}")]
    Shape(#[from] Box<toml::de::Error>),
    /// Another format.
    #[error("read the column map: format is {0:?}, expected {FORMAT:?}")]
    Format(String),
    /// A value that nothing can be done with.
    #[error("read the column map: {what} {value:?}")]
    Value {
        /// What is wrong with it.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// Neither a dose nor a measure.
    #[error("read the column map: name the columns of a [dose] or of a [[measure]]")]
    Nothing,
}

impl ColumnMap {
    /// Reads and checks a map; products are held against `rules`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, rules: &RuleSet) -> Result<Self, ColumnMapError> {
        let map: Self = toml::from_str(text).map_err(Box::new)?;
        if map.format != FORMAT {
            return Err(ColumnMapError::Format(map.format));
        }
        if map.dose.is_none() && map.measures.is_empty() {
            return Err(ColumnMapError::Nothing);
        }
        let products = map.dose.iter().flat_map(|dose| dose.products.values());
        let unknown = products
            .into_iter()
            .find(|code| rules.vaccine(code).is_none());
        refuse("a product that the schedule rules do not have:", unknown)?;
        let sex = map.person.sexes.values();
        let sex = sex.into_iter().find(|sex| !SEXES.contains(&sex.as_str()));
        refuse("expected male, female, other or unknown, found", sex)?;
        Ok(map)
    }

    /// The columns that must be there.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let person = [
            Some(&self.person.id),
            self.person.name.as_ref(),
            self.person.birth.as_ref(),
        ];
        let dose = self
            .dose
            .iter()
            .flat_map(|dose| [&dose.vaccine, &dose.date]);
        let measures = self
            .measures
            .iter()
            .flat_map(|one| [&one.column, &one.date]);
        person
            .into_iter()
            .flatten()
            .chain(dose)
            .chain(measures)
            .map(String::as_str)
    }
}

fn refuse(what: &'static str, value: Option<&String>) -> Result<(), ColumnMapError> {
    match value {
        Some(value) => Err(ColumnMapError::Value {
            what,
            value: value.clone(),
        }),
        None => Ok(()),
    }
}
