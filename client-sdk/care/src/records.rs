//! People as their FHIR records show them: born when, which doses, which checkups. What a record does not say plainly is a doubt, not a guess.

use crate::child::{Dose, History, Sex, Subject};
use crate::civil::Date;
use crate::rules::RuleSet;
use musubi_fhir::{Kind, PartialDate, Resource};
use serde_json::Value;
use std::collections::BTreeMap;

/// Codes of the schedule rules' own products, where a record uses them.
pub const PRODUCT_SYSTEM: &str = "https://musubi.example/CodeSystem/schedule-product";

/// Which product a record system's code means, as the municipality filled it in: `system|code` to product. Empty until somebody does.
pub type ProductCodes = BTreeMap<String, String>;

/// A dose as its record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedDose {
    /// Product code of the schedule rules; none if no coding is known.
    pub product: Option<String>,
    /// Day of injection; none if the record has only a month or a year.
    pub date: Option<Date>,
    /// Lot as it was written; empty if it was not.
    pub lot: String,
}

/// A completed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedForm {
    /// Canonical address without version.
    pub form: String,
    /// Day on which it was written.
    pub date: Date,
    /// Code of the overall judgement, where the form has one.
    pub judgement: Option<String>,
    /// Whether another than the municipality itself wrote it (委託); false where that is not known.
    pub entrusted: bool,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Id of the Patient.
    pub id: String,
    /// Birth date and sex, as far as they are known.
    pub subject: Subject,
    /// Doses in the order of their records.
    pub doses: Vec<RecordedDose>,
    /// Completed forms.
    pub forms: Vec<CompletedForm>,
}

impl Person {
    /// The doses as the schedule engine reads them; confirmed only if somebody says so and every dose has its day and product.
    pub fn history(&self, confirmed: bool) -> History {
        let doses: Vec<Dose> = self
            .doses
            .iter()
            .filter_map(|dose| Some(Dose::new(dose.product.as_deref()?, dose.date?)))
            .collect();
        if confirmed && doses.len() == self.doses.len() {
            History::Confirmed(doses)
        } else {
            History::Unconfirmed(doses)
        }
    }
}

/// The people of a set of resources, by id. Records entered in error, and doses not given, are left out.
pub fn people(resources: &[Resource], rules: &RuleSet, codes: &ProductCodes) -> Vec<Person> {
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    for resource in resources.iter().filter(|resource| counts(resource)) {
        let id = subject_id(resource);
        let person = people.entry(id.clone()).or_insert_with(|| Person {
            id,
            ..Person::default()
        });
        match resource.kind() {
            Kind::Patient => person.subject = subject(resource),
            Kind::Immunization => person.doses.push(dose(resource, rules, codes)),
            Kind::QuestionnaireResponse => person.forms.extend(completed_form(resource)),
            Kind::Observation | Kind::DocumentReference => {}
        }
    }
    people.into_values().collect()
}

fn counts(resource: &Resource) -> bool {
    let status = resource.value()["status"].as_str();
    match resource.kind() {
        Kind::Patient => true,
        Kind::Immunization => status == Some("completed"),
        Kind::QuestionnaireResponse => matches!(status, Some("completed" | "amended")),
        Kind::Observation | Kind::DocumentReference => status != Some("entered-in-error"),
    }
}

fn subject_id(resource: &Resource) -> String {
    let id = match resource.subject() {
        Some(reference) => reference.rsplit('/').next(),
        None => resource.value()["id"].as_str(),
    };
    id.unwrap_or_default().to_owned()
}

fn subject(patient: &Resource) -> Subject {
    let sex = match patient.value()["gender"].as_str() {
        Some("female") => Some(Sex::Female),
        Some("male") => Some(Sex::Male),
        _ => None,
    };
    Subject {
        birth: patient.date().and_then(whole_day),
        sex,
        pregnancy_start: None,
    }
}

fn dose(resource: &Resource, rules: &RuleSet, codes: &ProductCodes) -> RecordedDose {
    let value = resource.value();
    RecordedDose {
        product: product(&value["vaccineCode"], rules, codes),
        date: resource.date().and_then(whole_day),
        lot: value["lotNumber"].as_str().unwrap_or_default().to_owned(),
    }
}

/// The product that a CodeableConcept names; none where no coding is known, or two disagree.
pub fn product(concept: &Value, rules: &RuleSet, codes: &ProductCodes) -> Option<String> {
    let codings = concept["coding"].as_array().map_or(&[][..], Vec::as_slice);
    let mut products = codings.iter().filter_map(|coding| {
        let (system, code) = (coding["system"].as_str()?, coding["code"].as_str()?);
        if system == PRODUCT_SYSTEM {
            rules.vaccine(code).map(|vaccine| vaccine.code.clone())
        } else {
            codes.get(&format!("{system}|{code}")).cloned()
        }
    });
    let first = products.next()?;
    products.all(|product| product == first).then_some(first)
}

/// What a QuestionnaireResponse says in short, if it names its form and the day on which it was written.
pub fn completed_form(resource: &Resource) -> Option<CompletedForm> {
    let canonical = resource.value()["questionnaire"].as_str()?;
    Some(CompletedForm {
        form: canonical.split('|').next().unwrap_or_default().to_owned(),
        date: resource.date().and_then(whole_day)?,
        judgement: judgement(&resource.value()["item"]),
        entrusted: false,
    })
}

/// The code under `overall`, wherever the form's groups have it.
fn judgement(items: &Value) -> Option<String> {
    items.as_array()?.iter().find_map(|item| {
        if item["linkId"] == "overall" {
            let code = item["answer"][0]["valueCoding"]["code"].as_str();
            return code.map(str::to_owned);
        }
        judgement(&item["item"])
    })
}

fn whole_day(date: PartialDate) -> Option<Date> {
    let (month, day) = (date.month?, date.day?);
    Date::new(i32::from(date.year), i32::from(month), i32::from(day))
}
