//! One small form with every type of item, and responses to it.

use musubi_fhir::form::Form;
use serde_json::{Value, json};

pub(crate) const URL: &str = "urn:test:form";

fn question(link_id: &str, kind: &str) -> Value {
    json!({"linkId": link_id, "text": link_id, "type": kind})
}

pub(crate) fn with(mut item: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

fn when(question: &str, operator: &str, name: &str, answer: Value) -> Value {
    json!({"question": question, "operator": operator, name: answer})
}

pub(crate) fn bounds(low: Value, high: Value, name: &str) -> Value {
    let bound = |end: &str, value: Value| json!({"url": format!("http://hl7.org/fhir/StructureDefinition/{end}Value"), name: value});
    json!({"extension": [bound("min", low), bound("max", high)]})
}

pub(crate) fn questionnaire(items: Vec<Value>) -> Value {
    json!({"resourceType": "Questionnaire", "url": URL, "version": "2", "title": "t", "status": "active", "item": items})
}

/// A form with items of every type, shown by every operator.
pub(crate) fn every_type() -> Value {
    let options = json!({"answerOption": [{"valueCoding": {"system": "s", "code": "a"}}, {"valueCoding": {"system": "s", "code": "b"}}]});
    questionnaire(vec![
        with(question("flag", "boolean"), json!({"required": true})),
        with(
            question("number", "decimal"),
            bounds(json!(30.0), json!(43.0), "valueDecimal"),
        ),
        with(
            question("count", "integer"),
            bounds(json!(0), json!(10), "valueInteger"),
        ),
        question("day", "date"),
        question("moment", "dateTime"),
        question("clock", "time"),
        with(question("words", "text"), json!({"maxLength": 5})),
        question("address", "url"),
        with(
            with(question("pick", "choice"), options.clone()),
            json!({"repeats": true}),
        ),
        with(question("open", "open-choice"), options),
        question("amount", "quantity"),
        json!({"linkId": "note", "text": "note", "type": "display", "enableWhen": [when("flag", "=", "answerBoolean", json!(true))]}),
        with(
            question("if-flag", "string"),
            json!({"required": true, "enableWhen": [when("flag", "=", "answerBoolean", json!(true))]}),
        ),
        with(
            question("if-hot", "string"),
            json!({"enableWhen": [when("number", ">=", "answerDecimal", json!(37.5))]}),
        ),
        with(
            question("if-some", "string"),
            json!({"enableBehavior": "any", "enableWhen": [when("count", ">", "answerInteger", json!(8)), when("count", "<", "answerInteger", json!(2))]}),
        ),
        with(
            question("if-both", "string"),
            json!({"enableBehavior": "all", "enableWhen": [when("day", "<=", "answerDate", json!("2026-04-01")), when("pick", "!=", "answerCoding", json!({"code": "b"}))]}),
        ),
        with(
            question("if-none", "string"),
            json!({"enableWhen": [when("words", "exists", "answerBoolean", json!(false))]}),
        ),
        with(
            question("if-chain", "string"),
            json!({"enableWhen": [when("if-flag", "exists", "answerBoolean", json!(true))]}),
        ),
        json!({"linkId": "doses", "type": "group", "repeats": true, "item": [
            with(question("kind", "string"), json!({"required": true})),
            with(question("why", "string"), json!({"enableWhen": [when("kind", "=", "answerString", json!("other"))]})),
            with(question("hot-dose", "boolean"), json!({"enableWhen": [when("number", ">", "answerDecimal", json!(38.0))]})),
        ]}),
    ])
}

pub(crate) fn form() -> Form {
    Form::from_value(&every_type()).unwrap()
}

pub(crate) fn item(link_id: &str, name: &str, value: Value) -> Value {
    json!({"linkId": link_id, "answer": [{name: value}]})
}

pub(crate) fn response(status: &str, items: Vec<Value>) -> Value {
    json!({"resourceType": "QuestionnaireResponse", "questionnaire": format!("{URL}|2"), "status": status, "item": items})
}

/// Places of the issues.
pub(crate) fn refused(form: &Form, response: &Value) -> Vec<String> {
    let refusal = musubi_fhir::form::check(form, response).expect_err("refused");
    refusal
        .0
        .into_iter()
        .map(|issue| issue.expression)
        .collect()
}
