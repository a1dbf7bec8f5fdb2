//! Patient, by JP Core 1.2: at least one identifier with a value, a name, and a birth date that exists.

use crate::{
    element::{Element, Issues},
    issue::IssueCode,
    resource::Findings,
};
use serde_json::Value;

/// The identifier system of pseudonyms in the health domain: 64 hexadecimal digits without a prefix.
pub const PSEUDONYM_SYSTEM: &str = "urn:musubi:pseudonym:health";

pub(crate) fn check(root: &Element<'_>, issues: &mut Issues) -> Findings {
    root.child("identifier").require(issues);
    root.child("name").require(issues);
    check_of_chart(root, issues)
}

/// What a chart may leave out, and a register may not: identifier and name. What is there has the right form.
pub(crate) fn check_of_chart(root: &Element<'_>, issues: &mut Issues) -> Findings {
    let identifiers = root.child("identifier");
    if identifiers.is_present() {
        for identifier in identifiers.list(issues) {
            identifier.child("value").required_text(issues);
        }
    }
    let names = root.child("name");
    if names.is_present() {
        check_names(&names, issues);
    }
    let gender = root.child("gender");
    if gender.is_present() {
        gender.required_code(&["male", "female", "other", "unknown"], issues);
    }
    Findings {
        subject: None,
        date: root.child("birthDate").date(issues),
    }
}

/// What a register needs to know of a Patient.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The first identifier, `system|value`.
    pub identifier: String,
    /// Name as it is written.
    pub name: String,
    /// Its reading; empty if none was sent.
    pub kana: String,
    /// Date of birth, `YYYY-MM-DD`; empty if it was not sent.
    pub born: String,
    /// `male` or `female`, as registered; none if it was not sent, or says neither.
    pub gender: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(hidden)")
    }
}

/// How JP Core says in which writing a name stands: `IDE` for 漢字, `SYL` for かな.
const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";

/// Name, reading and date of birth of a checked Patient. A name without a stated writing counts as written in 漢字.
pub(crate) fn identity(patient: &Value, born: String) -> Identity {
    let names = patient["name"].as_array().map_or(&[][..], Vec::as_slice);
    let in_writing = |writing: &str| names.iter().find(|name| writing_of(name) == writing);
    let name = in_writing("IDE").or(names.first());
    let identifier = &patient["identifier"][0];
    let text = |field: &str| identifier[field].as_str().unwrap_or_default();
    Identity {
        identifier: format!("{}|{}", text("system"), text("value")),
        name: name.map(full_name).unwrap_or_default(),
        kana: in_writing("SYL").map(full_name).unwrap_or_default(),
        born,
        gender: patient["gender"]
            .as_str()
            .filter(|gender| matches!(*gender, "male" | "female"))
            .map(str::to_owned),
    }
}

fn writing_of(name: &Value) -> &str {
    let extensions = name["extension"].as_array().map_or(&[][..], Vec::as_slice);
    extensions
        .iter()
        .find(|extension| extension["url"] == REPRESENTATION)
        .and_then(|extension| extension["valueCode"].as_str())
        .unwrap_or("IDE")
}

fn full_name(name: &Value) -> String {
    if let Some(text) = name["text"].as_str() {
        return text.to_owned();
    }
    let given = name["given"].as_array().map_or(&[][..], Vec::as_slice);
    let family = name["family"].as_str();
    let parts = family
        .into_iter()
        .chain(given.iter().filter_map(Value::as_str));
    parts.collect::<Vec<_>>().join("　")
}

fn check_names(names: &Element<'_>, issues: &mut Issues) {
    for name in names.list(issues) {
        if !name.child("text").is_present() && !name.child("family").is_present() {
            issues.push(name.issue(IssueCode::Required, "a name has a text or a family name"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Resource;
    use serde_json::json;

    #[test]
    fn name_and_reading_are_told_apart_by_their_writing() {
        let writing = |code: &str| json!([{"url": super::REPRESENTATION, "valueCode": code}]);
        let patient = json!({
            "resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}], "birthDate": "2026-09-01",
            "name": [
                {"extension": writing("SYL"), "family": "ムスビ", "given": ["ハナ"]},
                {"extension": writing("IDE"), "family": "結", "given": ["花"]}
            ]
        });
        let identity = Resource::from_value(patient)
            .expect("complete")
            .identity()
            .expect("a Patient");
        assert_eq!(
            (
                identity.name.as_str(),
                identity.kana.as_str(),
                identity.born.as_str()
            ),
            ("結　花", "ムスビ　ハナ", "2026-09-01")
        );
    }

    #[test]
    fn a_sex_that_is_neither_is_not_known() {
        let gender = |gender: &str| {
            let patient = json!({
                "resourceType": "Patient", "identifier": [{"value": "1"}], "name": [{"text": "結　花"}], "gender": gender,
            });
            let patient = Resource::from_value(patient).expect("complete");
            patient.identity().expect("a Patient").gender
        };
        assert_eq!(gender("female").as_deref(), Some("female"));
        assert_eq!(gender("male").as_deref(), Some("male"));
        assert_eq!((gender("other"), gender("unknown")), (None, None));
    }

    #[test]
    fn a_plain_name_counts_as_written_and_has_no_reading() {
        let patient = json!({"resourceType": "Patient", "identifier": [{"value": "1"}], "name": [{"text": "結　花"}]});
        let identity = Resource::from_value(patient)
            .expect("complete")
            .identity()
            .expect("a Patient");
        assert_eq!(
            (identity.name.as_str(), identity.kana.as_str()),
            ("結　花", "")
        );
    }
}
