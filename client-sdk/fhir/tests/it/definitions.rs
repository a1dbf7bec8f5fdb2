//! Forms that cannot be trusted are refused, with the place of what is wrong.

use crate::world::{every_type, questionnaire, with};
use musubi_fhir::form::Form;
use serde_json::{Value, json};

fn complaint(items: Vec<Value>) -> String {
    Form::from_value(&questionnaire(items))
        .expect_err("refused")
        .to_string()
}

fn yes_no(link_id: &str, when: &[(&str, &str, &str)]) -> Value {
    let conditions: Vec<Value> = when
        .iter()
        .map(|(question, operator, name)| json!({"question": question, "operator": operator, *name: true}))
        .collect();
    let item = json!({"linkId": link_id, "text": link_id, "type": "boolean"});
    if conditions.is_empty() {
        item
    } else {
        with(item, json!({"enableWhen": conditions}))
    }
}

#[test]
fn a_form_of_every_type_is_read() {
    let form = Form::from_value(&every_type()).unwrap();
    assert_eq!(form.canonical(), "urn:test:form|2");
    assert_eq!(form.items().count(), 22);
}

#[test]
fn conditions_in_a_circle_are_refused_at_each_item() {
    let (one, two) = (
        yes_no("a", &[("b", "=", "answerBoolean")]),
        yes_no("b", &[("a", "=", "answerBoolean")]),
    );
    let said = complaint(vec![one, two]);
    assert!(
        said.contains("Questionnaire.item[0]") && said.contains("Questionnaire.item[1]"),
        "{said}"
    );
    let group = json!({"linkId": "g", "type": "group", "item": [yes_no("inside", &[])],
        "enableWhen": [{"question": "inside", "operator": "=", "answerBoolean": true}]});
    assert!(complaint(vec![group]).contains("circle"));
}

#[test]
fn a_condition_needs_a_question_of_its_type_in_reach() {
    let asks = |question: &str, name: &str, answer: Value| {
        with(
            yes_no("b", &[]),
            json!({"enableWhen": [{"question": question, "operator": "=", name: answer}]}),
        )
    };
    let said = complaint(vec![
        yes_no("a", &[]),
        asks("c", "answerBoolean", json!(true)),
    ]);
    assert!(
        said.contains("item[1].enableWhen[0]: a question of this form"),
        "{said}"
    );
    let said = complaint(vec![yes_no("a", &[]), asks("a", "answerInteger", json!(1))]);
    assert!(said.contains("the question's type"), "{said}");
    let far = json!({"linkId": "g", "type": "group", "repeats": true, "item": [yes_no("a", &[])]});
    let said = complaint(vec![far, asks("a", "answerBoolean", json!(true))]);
    assert!(said.contains("repeating"), "{said}");
    let said = complaint(vec![
        yes_no("a", &[]),
        yes_no("b", &[("a", "exists", "answerString")]),
    ]);
    assert!(said.contains("enableWhen[0]"), "{said}");
}

#[test]
fn each_fault_of_shape_is_found() {
    for (item, place) in [
        (
            json!({"linkId": "a", "text": "a", "type": "attachment"}),
            "item[0].type",
        ),
        (json!({"linkId": "a", "type": "boolean"}), "item[0].text"),
        (
            json!({"linkId": "a", "text": "a", "type": "choice"}),
            "item[0].answerOption",
        ),
        (json!({"linkId": "a", "type": "group"}), "item[0]"),
        (
            json!({"linkId": "a", "text": "a", "type": "display", "required": true}),
            "item[0]",
        ),
        (
            json!({"linkId": "a", "text": "a", "type": "boolean", "maxLength": 3}),
            "item[0].maxLength",
        ),
        (
            json!({"linkId": "a", "text": "a", "type": "boolean", "required": "yes"}),
            "item[0].required",
        ),
        (json!({"text": "a", "type": "boolean"}), "item[0].linkId"),
        (
            yes_no(
                "a",
                &[("a", "=", "answerBoolean"), ("a", "=", "answerBoolean")],
            ),
            "item[0].enableBehavior",
        ),
    ] {
        let said = complaint(vec![item]);
        assert!(
            said.contains(&format!("Questionnaire.{place}: ")),
            "{place}: {said}"
        );
    }
    assert!(complaint(vec![yes_no("a", &[]), yes_no("a", &[])]).contains("item[1].linkId"));
}
