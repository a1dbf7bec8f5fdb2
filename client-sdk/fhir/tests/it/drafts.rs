//! Drafts are kept with their version, carried where the new form says so, and refused otherwise.

use crate::world::{every_type, form, item, response};
use musubi_fhir::form::{Form, draft};
use serde_json::{Value, json};

/// The next edition: takes over version 2; `count` became a text, `words` is gone, `number` has narrower bounds.
fn next_edition() -> Form {
    let mut value = every_type();
    value["version"] = json!("3");
    value["derivedFrom"] = json!(["urn:test:form|2"]);
    let items = value["item"].as_array_mut().unwrap();
    items.retain(|item| {
        !["count", "words", "if-some", "if-none"].contains(&item["linkId"].as_str().unwrap())
    });
    items.push(json!({"linkId": "count", "text": "count", "type": "string"}));
    items[1]["extension"][1]["valueDecimal"] = json!(40.0);
    Form::from_value(&value).unwrap()
}

fn written() -> Value {
    response(
        "in-progress",
        vec![
            item("flag", "valueBoolean", json!(true)),
            item("number", "valueDecimal", json!(42.0)),
            item("count", "valueInteger", json!(3)),
            item("words", "valueString", json!("abc")),
            item("day", "valueDate", json!("2026-04-01")),
        ],
    )
}

#[test]
fn a_partial_response_is_a_draft_and_a_completed_one_is_not() {
    assert!(draft::check_draft(&form(), &written()).is_ok());
    let done = response(
        "completed",
        vec![item("flag", "valueBoolean", json!(false))],
    );
    assert!(draft::check_draft(&form(), &done).is_err());
}

#[test]
fn a_newer_edition_takes_what_fits_and_names_the_rest() {
    let carried = draft::carry(&written(), &next_edition()).unwrap();
    let lost: Vec<&str> = carried
        .lost
        .iter()
        .map(|issue| issue.expression.as_str())
        .collect();
    assert_eq!(
        lost,
        [
            "QuestionnaireResponse.item[1].answer[0].valueDecimal",
            "QuestionnaireResponse.item[2].answer[0]",
            "QuestionnaireResponse.item[3].linkId"
        ]
    );
    assert_eq!(carried.response["questionnaire"], "urn:test:form|3");
    let kept = carried.response["item"].as_array().unwrap();
    let answered = kept.iter().filter(|item| item["answer"][0].is_object());
    let names: Vec<&Value> = answered.map(|item| &item["linkId"]).collect();
    assert_eq!(names, ["flag", "day"]);
}

#[test]
fn an_edition_that_does_not_take_a_draft_over_refuses_it_and_says_what_to_do() {
    let mut other = every_type();
    other["version"] = json!("4");
    let refusal =
        draft::carry(&written(), &Form::from_value(&other).unwrap()).expect_err("refused");
    assert!(refusal.to_string().contains("begin again"), "{refusal}");
    let mut completed = written();
    completed["status"] = json!("completed");
    assert!(draft::carry(&completed, &next_edition()).is_err());
}

#[test]
fn a_draft_of_the_same_edition_stays_as_it_is() {
    let carried = draft::carry(&written(), &form()).unwrap();
    assert_eq!((carried.response, carried.lost.len()), (written(), 0));
}
