//! A checked resource: its kind, whom it is about, when it happened, and its canonical bytes.

use crate::{
    date::PartialDate,
    document_reference,
    element::{Element, Issues},
    immunization,
    issue::{IssueCode, Refusal},
    observation,
    patient::{self, Identity},
    questionnaire_response,
};
use serde_json::Value;

/// The most bytes one resource may have.
pub const BYTES_MAX: usize = 1024 * 1024;

/// The resource types that are taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person: child or guardian. Goes to the register, never to the chain.
    Patient,
    /// A dose given, or not given and why.
    Immunization,
    /// A measure or finding of a checkup.
    Observation,
    /// Answers to a form.
    QuestionnaireResponse,
    /// A document or letter.
    DocumentReference,
}

impl Kind {
    /// The name as FHIR writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Immunization => "Immunization",
            Self::Observation => "Observation",
            Self::QuestionnaireResponse => "QuestionnaireResponse",
            Self::DocumentReference => "DocumentReference",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [
            Self::Patient,
            Self::Immunization,
            Self::Observation,
            Self::QuestionnaireResponse,
            Self::DocumentReference,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

/// What the checks of one kind found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) subject: Option<String>,
    pub(crate) date: Option<PartialDate>,
}

/// A resource that passed its checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    kind: Kind,
    subject: Option<String>,
    date: Option<PartialDate>,
    value: Value,
    canonical: Vec<u8>,
}

impl Resource {
    /// Parses and checks JSON text.
    ///
    /// # Errors
    /// All issues found, each with its place.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > BYTES_MAX {
            return Err(Refusal::one(
                IssueCode::TooLong,
                "Resource",
                format!("at most {BYTES_MAX} bytes"),
            ));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            Refusal::one(
                IssueCode::Structure,
                "Resource",
                format!(
                    "JSON, but line {} column {} is not",
                    error.line(),
                    error.column()
                ),
            )
        })?;
        Self::from_value(value)
    }

    /// Checks a JSON value.
    ///
    /// # Errors
    /// All issues found, each with its place.
    pub fn from_value(value: Value) -> Result<Self, Refusal> {
        Self::checked(value, patient::check)
    }

    /// Checks the Patient that a chart shows: it may lack identifier and name, as a Patient does of whom a member knows the pseudonym only.
    ///
    /// # Errors
    /// As [`Self::from_value`]; another kind of resource.
    pub fn patient_of_chart(value: Value) -> Result<Self, Refusal> {
        if kind_of(&value)? != Kind::Patient {
            let expected = "a Patient";
            return Err(Refusal::one(
                IssueCode::Value,
                "Resource.resourceType",
                expected,
            ));
        }
        Self::checked(value, patient::check_of_chart)
    }

    fn checked(
        value: Value,
        check_patient: fn(&Element<'_>, &mut Issues) -> Findings,
    ) -> Result<Self, Refusal> {
        let kind = kind_of(&value)?;
        let mut issues = Issues::new();
        let root = Element::root(&value, kind.as_str());
        refuse_individual_numbers(&root, &value, &mut issues);
        let findings = match kind {
            Kind::Patient => check_patient(&root, &mut issues),
            Kind::Immunization => immunization::check(&root, &mut issues),
            Kind::Observation => observation::check(&root, &mut issues),
            Kind::QuestionnaireResponse => questionnaire_response::check(&root, &mut issues),
            Kind::DocumentReference => document_reference::check(&root, &mut issues),
        };
        if !issues.is_empty() {
            return Err(Refusal(issues));
        }
        let canonical = serde_json_canonicalizer::to_vec(&value).map_err(|_| out_of_range(kind))?;
        Ok(Self {
            kind,
            subject: findings.subject,
            date: findings.date,
            value,
            canonical,
        })
    }

    /// Its type.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The reference to the patient it is about; none for a Patient.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// When it happened (birth date for a Patient).
    pub fn date(&self) -> Option<PartialDate> {
        self.date
    }

    /// Name, reading and birth date of a Patient; none for other kinds.
    pub fn identity(&self) -> Option<Identity> {
        let born = self.date.map(|date| date.to_string()).unwrap_or_default();
        (self.kind == Kind::Patient).then(|| patient::identity(&self.value, born))
    }

    /// Whether `code` has a coding of this system with one of these codes.
    pub fn has_code(&self, system: &str, codes: &[&str]) -> bool {
        let codings = self.value["code"]["coding"].as_array();
        let is_one = |coding: &Value| {
            coding["system"] == system
                && coding["code"]
                    .as_str()
                    .is_some_and(|code| codes.contains(&code))
        };
        codings.is_some_and(|codings| codings.iter().any(is_one))
    }

    /// The resource as it was sent.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// RFC 8785 (JCS) bytes: what is sealed, committed to and compared.
    pub fn canonical_bytes(&self) -> &[u8] {
        &self.canonical
    }
}

fn out_of_range(kind: Kind) -> Refusal {
    Refusal::one(
        IssueCode::Value,
        kind.as_str(),
        "numbers that a 64-bit floating point number can hold",
    )
}

fn kind_of(value: &Value) -> Result<Kind, Refusal> {
    let Some(object) = value.as_object() else {
        return Err(Refusal::one(
            IssueCode::Structure,
            "Resource",
            "a JSON object",
        ));
    };
    let name = object
        .get("resourceType")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Kind::parse(name).ok_or_else(|| {
        Refusal::one(
            IssueCode::NotSupported,
            "Resource.resourceType",
            "one of Patient, Immunization, Observation, QuestionnaireResponse, DocumentReference",
        )
    })
}

/// No string of exactly twelve digits (half or full width) may be anywhere: it could be a 個人番号.
fn refuse_individual_numbers(root: &Element<'_>, value: &Value, issues: &mut Issues) {
    if holds_twelve_digits(value) {
        issues.push(root.issue(
            IssueCode::BusinessRule,
            "no text of exactly 12 digits: individual numbers (個人番号) must not be sent",
        ));
    }
}

/// Whether any text or number in here has exactly twelve digits, in half or full width, however it is spaced: it could be a 個人番号.
pub fn holds_twelve_digits(value: &Value) -> bool {
    match value {
        Value::String(text) => is_twelve_digits(text),
        Value::Number(number) => is_twelve_digits(&number.to_string()),
        Value::Array(entries) => entries.iter().any(holds_twelve_digits),
        Value::Object(members) => members.values().any(holds_twelve_digits),
        Value::Null | Value::Bool(_) => false,
    }
}

fn is_twelve_digits(text: &str) -> bool {
    let compact: Vec<char> = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | '‐'))
        .collect();
    compact.len() == 12
        && compact
            .iter()
            .all(|c| c.is_ascii_digit() || ('０'..='９').contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_individual_number_never_passes() {
        for number in [
            json!("123456789018"),
            json!("1234 5678 9018"),
            json!("１２３４５６７８９０１８"),
            json!(123_456_789_018_u64),
        ] {
            let patient = json!({"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": number}], "name": [{"text": "x"}]});
            let refusal = Resource::from_value(patient).expect_err("twelve digits are refused");
            assert!(
                refusal
                    .0
                    .iter()
                    .any(|issue| issue.code == IssueCode::BusinessRule),
                "{refusal}"
            );
        }
    }

    #[test]
    fn garbage_is_refused_with_a_place() {
        for (text, place) in [
            ("", "Resource"),
            ("[]", "Resource"),
            ("{", "Resource"),
            ("{\"resourceType\":\"Basic\"}", "Resource.resourceType"),
        ] {
            assert_eq!(
                Resource::parse(text).expect_err("refused").0[0].expression,
                place
            );
        }
    }

    #[test]
    fn numbers_are_written_as_ecmascript_writes_them_or_refused() {
        let observation = |value: &str| {
            let text = format!(
                r#"{{"resourceType":"Observation","status":"final","code":{{"text":"w"}},"subject":{{"reference":"Patient/x"}},
                "effectiveDateTime":"2026-11-05","valueQuantity":{{"value":{value},"code":"g","system":"http://unitsofmeasure.org"}}}}"#
            );
            Resource::parse(&text).map(|resource| {
                String::from_utf8(resource.canonical_bytes().to_vec()).expect("JSON is UTF-8")
            })
        };
        assert!(
            observation("6420.50")
                .expect("a number")
                .contains("\"value\":6420.5}")
        );
        assert!(
            observation("6420")
                .expect("a number")
                .contains("\"value\":6420}")
        );
        assert!(observation("1e999").is_err());
    }

    #[test]
    fn canonical_bytes_do_not_depend_on_order_or_space() {
        let a = "{\"resourceType\":\"Patient\",\"identifier\":[{\"value\":\"a\",\"system\":\"s\"}],\"name\":[{\"text\":\"n\"}]}";
        let b = "{ \"name\":[{\"text\":\"n\"}], \"identifier\":[{\"system\":\"s\",\"value\":\"a\"}], \"resourceType\":\"Patient\" }";
        let bytes = |text| {
            Resource::parse(text)
                .expect("right")
                .canonical_bytes()
                .to_vec()
        };
        assert_eq!(bytes(a), bytes(b));
    }
}
