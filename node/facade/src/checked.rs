//! The facade's last look at what it is about to send: what no answer of ours may lack, and what none may hold.
//!
//! It costs one walk through the answer. Validators of others look deeper, in the tests; this look is for what only real data brings.

use musubi_fhir::holds_twelve_digits;
use serde_json::Value;

/// What FHIR R4 demands of each type that is made here; what was recorded elsewhere was checked when it came in.
const DEMANDED: [(&str, &[&str]); 13] = [
    ("Patient", &["id"]),
    ("Immunization", &["status", "vaccineCode", "patient"]),
    (
        "ImmunizationRecommendation",
        &["patient", "date", "recommendation"],
    ),
    ("Observation", &["status", "code"]),
    ("Questionnaire", &["status"]),
    ("QuestionnaireResponse", &["status"]),
    ("Consent", &["status", "scope", "category", "policy"]),
    ("AuditEvent", &["type", "recorded", "agent", "source"]),
    ("Provenance", &["target", "recorded", "agent"]),
    ("DocumentReference", &["status", "content"]),
    (
        "Composition",
        &["status", "type", "date", "author", "title"],
    ),
    ("Bundle", &["type"]),
    ("OperationOutcome", &["issue"]),
];

/// Whether an answer may be sent.
///
/// # Errors
/// What is wrong, without a word of the answer.
pub(crate) fn soundness(answer: &Value) -> Result<(), &'static str> {
    if holds_twelve_digits(answer) {
        return Err("a text of exactly twelve digits: it could be an individual number");
    }
    complete(answer)
}

fn complete(resource: &Value) -> Result<(), &'static str> {
    let name = resource["resourceType"].as_str();
    let name = name.ok_or("a resource without a type")?;
    let demanded = DEMANDED.iter().find(|(of, _)| *of == name);
    let is_missing = |field: &&str| resource[*field].is_null();
    if demanded.is_some_and(|(_, fields)| fields.iter().any(is_missing)) {
        return Err("a resource lacks what FHIR demands of its type");
    }
    let entries = resource["entry"].as_array().into_iter().flatten();
    let resources = entries.filter_map(|entry| entry.get("resource"));
    resources
        .filter(|resource| !resource.is_null())
        .try_for_each(complete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn dose() -> Value {
        json!({"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "x"}, "patient": {"reference": "Patient/1"}})
    }

    fn bundle(resource: &Value) -> Value {
        json!({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource}]})
    }

    #[test]
    fn what_is_complete_passes_alone_and_in_a_bundle() {
        assert_eq!(soundness(&dose()), Ok(()));
        assert_eq!(soundness(&bundle(&dose())), Ok(()));
        let committed = json!({"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": {"status": "201"}}]});
        assert_eq!(soundness(&committed), Ok(()));
    }

    #[test]
    fn what_lacks_something_or_holds_a_number_is_held_back_wherever_it_lies() {
        let faults: [fn(&mut Value); 4] = [
            |dose| dose["patient"] = Value::Null,
            |dose| dose["resourceType"] = Value::Null,
            |dose| dose["note"] = json!([{"text": "1234 5678 9012"}]),
            |dose| dose["note"] = json!([{"text": "１２３４５６７８９０１２"}]),
        ];
        for fault in faults {
            let mut wrong = dose();
            fault(&mut wrong);
            assert!(
                soundness(&wrong).is_err() && soundness(&bundle(&wrong)).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_a_word_of_the_answer() {
        let response = crate::outcome::fhir(
            axum::http::StatusCode::OK,
            &json!({"resourceType": "Consent", "secret": "x"}),
        );
        assert_eq!(response.status(), 500);
    }
}
