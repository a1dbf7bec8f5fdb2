//! A response against its form: what passes, and every seeded fault at its place.

use crate::world::{form, item, refused, response};
use musubi_fhir::form::{Answer, Standing, check};
use serde_json::{Value, json};

fn flag(yes: bool) -> Value {
    item("flag", "valueBoolean", json!(yes))
}

#[test]
fn a_completed_response_answers_what_is_shown_and_required() {
    let form = form();
    let checked = check(&form, &response("completed", vec![flag(false)])).unwrap();
    assert_eq!(checked.standing, Standing::Completed);
    assert_eq!(checked.to(&form, "flag"), [&Answer::Boolean(false)]);
    assert_eq!(
        refused(&form, &response("completed", vec![])),
        ["QuestionnaireResponse.item.where(linkId='flag')"]
    );
    assert_eq!(
        refused(&form, &response("completed", vec![flag(true)])),
        ["QuestionnaireResponse.item.where(linkId='if-flag')"]
    );
    let empty_dose = json!({"linkId": "doses", "item": [item("why", "valueString", json!("x"))]});
    assert_eq!(
        refused(&form, &response("completed", vec![flag(false), empty_dose])),
        [
            "QuestionnaireResponse.item[1].item.where(linkId='kind')",
            "QuestionnaireResponse.item[1].item[0]"
        ]
    );
}

#[test]
fn a_completed_response_answers_nothing_that_is_not_asked() {
    let items = vec![flag(false), item("if-flag", "valueString", json!("x"))];
    assert_eq!(
        refused(&form(), &response("completed", items.clone())),
        ["QuestionnaireResponse.item[1]"]
    );
    assert!(
        check(&form(), &response("in-progress", items)).is_ok(),
        "a draft keeps it"
    );
}

#[test]
fn a_response_names_the_version_that_it_answers() {
    let mut other = response("completed", vec![flag(false)]);
    other["questionnaire"] = json!("urn:test:form|1");
    assert_eq!(
        refused(&form(), &other),
        ["QuestionnaireResponse.questionnaire"]
    );
}

#[test]
fn each_seeded_fault_is_found_at_its_place() {
    let coding = |code: &str| json!({"system": "s", "code": code});
    let litre = json!({"value": 1, "code": "L"});
    for (faulty, place) in [
        (item("nowhere", "valueBoolean", json!(true)), ".linkId"),
        (item("kind", "valueString", json!("x")), ".linkId"),
        (
            item("number", "valueDecimal", json!(29.9)),
            ".answer[0].valueDecimal",
        ),
        (
            item("number", "valueDecimal", json!(43.1)),
            ".answer[0].valueDecimal",
        ),
        (item("number", "valueInteger", json!(37)), ".answer[0]"),
        (
            item("number", "valueDecimal", json!("37")),
            ".answer[0].valueDecimal",
        ),
        (
            item("count", "valueInteger", json!(11)),
            ".answer[0].valueInteger",
        ),
        (
            item("count", "valueInteger", json!(1.5)),
            ".answer[0].valueInteger",
        ),
        (
            item("day", "valueDate", json!("2026-02-30")),
            ".answer[0].valueDate",
        ),
        (
            item("moment", "valueDateTime", json!("2026-04-01T10:00")),
            ".answer[0].valueDateTime",
        ),
        (
            item("clock", "valueTime", json!("25:00:00")),
            ".answer[0].valueTime",
        ),
        (
            item("words", "valueString", json!("六文字以上だ")),
            ".answer[0].valueString",
        ),
        (
            item("pick", "valueCoding", coding("c")),
            ".answer[0].valueCoding",
        ),
        (
            item("pick", "valueString", json!("a")),
            ".answer[0].valueString",
        ),
        (
            item("open", "valueCoding", coding("c")),
            ".answer[0].valueCoding",
        ),
        (
            item("amount", "valueQuantity", litre),
            ".answer[0].valueQuantity",
        ),
        (
            json!({"linkId": "flag", "answer": [{"valueBoolean": true}, {"valueBoolean": true}]}),
            ".answer",
        ),
        (
            json!({"linkId": "flag", "answer": [{"valueBoolean": true, "valueString": "x"}]}),
            ".answer[0]",
        ),
        (
            json!({"linkId": "flag", "answer": {"valueBoolean": true}}),
            ".answer",
        ),
        (
            json!({"linkId": "doses", "answer": [{"valueBoolean": true}]}),
            ".answer",
        ),
    ] {
        let expected = format!("QuestionnaireResponse.item[0]{place}");
        assert_eq!(
            refused(&form(), &response("in-progress", vec![faulty])),
            [expected]
        );
    }
    let twice = response("in-progress", vec![flag(true), flag(true)]);
    assert_eq!(refused(&form(), &twice), ["QuestionnaireResponse.item[1]"]);
}

#[test]
fn what_the_form_offers_is_taken() {
    let items = vec![
        flag(false),
        item("number", "valueDecimal", json!(37)),
        item("open", "valueString", json!("something else")),
        item("clock", "valueTime", json!("20:30:00")),
        item(
            "amount",
            "valueQuantity",
            json!({"value": 1.5, "code": "g", "system": "http://unitsofmeasure.org"}),
        ),
        json!({"linkId": "pick", "answer": [{"valueCoding": {"system": "s", "code": "a"}}, {"valueCoding": {"system": "s", "code": "b"}}]}),
    ];
    assert!(check(&form(), &response("completed", items)).is_ok());
}
