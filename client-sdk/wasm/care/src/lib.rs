//! Child health arithmetic for JavaScript: the schedule check, its forecast and growth, with the rules as text in.
//!
//! A module of its own, so that whoever only reads the chain does not fetch it. Values cross as JSON text in the spelling of `client-sdk/care`.

use musubi_care::{
    child::{Circumstances, History, Proposal, Sex, Subject},
    civil::Date,
    decimal::Thousandths,
    forecast, growth,
    rules::RuleSet,
    schedule,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;

/// A rule set, read and checked once.
#[wasm_bindgen]
pub struct Rules(RuleSet);

/// A child, as the rules look at it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Child {
    subject: Subject,
    history: History,
    #[serde(default)]
    circumstances: Circumstances,
}

#[wasm_bindgen]
impl Rules {
    /// Reads a rule set (JSON of `musubi/schedule`).
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str) -> Result<Rules, JsError> {
        Ok(Self(RuleSet::parse(text)?))
    }

    /// Checks one proposed dose: conditions met, not met (rule, reason, dates), or a person must decide.
    pub fn check(&self, child: &str, proposal: &str) -> Result<String, JsError> {
        let child: Child = read("child", child)?;
        let proposal: Proposal = read("proposal", proposal)?;
        let verdict = schedule::check(
            &self.0,
            &child.subject,
            &child.history,
            &child.circumstances,
            &proposal,
        );
        write(&verdict)
    }

    /// What is due, overdue, possible or still to come from `as_of` (a date, `2026-04-01`) on.
    pub fn forecast(&self, child: &str, as_of: &str) -> Result<String, JsError> {
        let child: Child = read("child", child)?;
        let forecast = forecast::forecast(
            &self.0,
            &child.subject,
            &child.history,
            &child.circumstances,
            Date::parse(as_of)?,
        );
        write(&forecast)
    }
}

/// A growth reference, read and checked once.
#[wasm_bindgen]
pub struct GrowthReference(growth::Reference);

/// One measurement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Measured {
    measure: growth::Measure,
    sex: Sex,
    birth: Date,
    on: Date,
    value: Thousandths,
}

impl Measured {
    fn value_on(&self) -> growth::Measurement {
        growth::Measurement {
            measure: self.measure,
            on: self.on,
            value: self.value,
        }
    }
}

#[wasm_bindgen]
impl GrowthReference {
    /// Reads a reference (JSON of `musubi/growth/1`).
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str) -> Result<GrowthReference, JsError> {
        Ok(Self(growth::Reference::parse(text)?))
    }

    /// Places a value among the published lines; `null` where no band is published.
    pub fn evaluate(&self, measured: &str) -> Result<String, JsError> {
        let Measured {
            measure,
            sex,
            birth,
            on,
            value,
        } = read("measurement", measured)?;
        write(&self.0.evaluate(measure, sex, birth, on, value))
    }

    /// Why a value should be confirmed before it is stored (a slip of the unit, a child that shrank), or `null`. `previous` is the
    /// child's last value of the same measure.
    pub fn doubt(&self, measured: &str, previous: Option<String>) -> Result<String, JsError> {
        let measured: Measured = read("measurement", measured)?;
        let previous = previous.map(|text| read::<Measured>("previous", &text));
        let previous = previous.transpose()?.map(|previous| previous.value_on());
        let (sex, birth) = (measured.sex, measured.birth);
        write(&growth::plausibility(
            &self.0,
            sex,
            birth,
            measured.value_on(),
            previous,
        ))
    }

    /// Changes since an earlier value that are worth a look: a fall, lines of the chart crossed. No diagnosis.
    pub fn changes(&self, earlier: &str, later: &str) -> Result<String, JsError> {
        let earlier: Measured = read("earlier", earlier)?;
        let later: Measured = read("later", later)?;
        let (sex, birth) = (later.sex, later.birth);
        write(&growth::changes(
            &self.0,
            sex,
            birth,
            earlier.value_on(),
            later.value_on(),
        ))
    }
}

fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, JsError> {
    serde_json::from_str(text).map_err(|error| JsError::new(&format!("{what}: {error}")))
}

fn write(value: &impl Serialize) -> Result<String, JsError> {
    serde_json::to_string(value).map_err(JsError::from)
}
