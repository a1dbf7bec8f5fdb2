//! Small shapes that many resources share: members, patients, codes.

use crate::query::reference;
use musubi_primitives::{Category, CategorySet, MemberId, Pseudonym, Purpose};
use serde_json::{Value, json};

/// The identifier system of members.
pub(crate) const MEMBER_SYSTEM: &str = "urn:musubi:member";
/// The code system of record classes.
pub(crate) const CATEGORY_SYSTEM: &str = "urn:musubi:category";
/// The code system of purposes.
pub(crate) const PURPOSE_SYSTEM: &str = "urn:musubi:purpose";
/// HL7's reasons for use.
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

/// A member of the consortium, by its number: the chain knows no names.
pub(crate) fn member(member: MemberId) -> Value {
    json!({
        "type": "Organization", "identifier": {"system": MEMBER_SYSTEM, "value": member.0.to_string()}, "display": member.to_string(),
    })
}

/// A patient.
pub(crate) fn patient(subject: &Pseudonym) -> Value {
    json!({"reference": reference(subject)})
}

pub(crate) fn coding(system: &str, code: &str) -> Value {
    json!({"system": system, "code": code})
}

pub(crate) fn concept(system: &str, code: &str) -> Value {
    json!({"coding": [coding(system, code)]})
}

/// The code of one of our enumerations, as the chain's JSON writes it.
pub(crate) fn code(value: &impl serde::Serialize) -> String {
    match json!(value) {
        Value::String(text) => text,
        Value::Object(members) => members.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

/// A purpose as HL7 has it; ours stands beside it, since it says more.
pub(crate) fn purpose_codes(purpose: Purpose) -> Vec<Value> {
    let hl7 = match purpose {
        Purpose::ChildCare | Purpose::Consultation => "TREAT",
        Purpose::Checkup => "PUBHLTH",
        Purpose::MoveIn => "COC",
        Purpose::Emergency => "ETREAT",
        Purpose::Statistics => "HRESCH",
        Purpose::FamilySharing => "FAMRQT",
    };
    vec![
        coding(ACT_REASON, hl7),
        coding(PURPOSE_SYSTEM, &code(&purpose)),
    ]
}

/// The classes of a set, each as a concept.
pub(crate) fn categories(set: CategorySet) -> Vec<Value> {
    let one = |category: Category| concept(CATEGORY_SYSTEM, &code(&category));
    set.iter().map(one).collect()
}
