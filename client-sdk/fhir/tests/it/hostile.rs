//! Hostile JSON: nothing panics, and what is refused says where.

use crate::world::{every_type, form, response};
use musubi_fhir::form::{Form, check, draft};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON, with the names that forms use more often than others.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![
            Just("flag"),
            Just("number"),
            Just("doses"),
            Just("kind"),
            Just("pick")
        ]
        .prop_map(Value::from),
        prop_oneof![Just("2026-04-01"), Just("37"), Just("=")].prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("linkId"),
        Just("item"),
        Just("answer"),
        Just("valueBoolean"),
        Just("valueDecimal"),
        Just("valueCoding"),
        Just("valueDateTime"),
        Just("valueTime"),
        Just("valueQuantity"),
        Just("code"),
        Just("value"),
        Just("enableWhen"),
        Just("question"),
        Just("operator"),
        Just("type"),
        Just("text"),
        Just("extension"),
        Just("url"),
        Just("answerOption"),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_response_makes_the_check_panic(items in any_json(), whole in any_json()) {
        let form = form();
        let mut hostile = response("completed", vec![]);
        hostile["item"] = items;
        for value in [hostile.clone(), whole] {
            if let Err(refusal) = check(&form, &value) {
                prop_assert!(refusal.0.iter().all(|issue| !issue.expression.is_empty()));
            }
        }
        hostile["status"] = json!("in-progress");
        let _ = draft::carry(&hostile, &form);
    }

    #[test]
    fn no_form_makes_the_reader_panic(items in any_json(), at in 0..19_usize, member in any_json()) {
        let mut value = every_type();
        value["item"][at]["enableWhen"] = member;
        let _ = Form::from_value(&value);
        value["item"] = items;
        let _ = Form::from_value(&value);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        prop_assert!(Form::parse(&text).is_err());
    }
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let mut item = json!({"linkId": "0", "text": "x", "type": "boolean"});
    for depth in 1..200 {
        item = json!({"linkId": depth.to_string(), "type": "group", "item": [item]});
    }
    let form = json!({"resourceType": "Questionnaire", "url": "u", "version": "1", "title": "t", "status": "active", "item": [item]});
    let refusal = Form::from_value(&form).expect_err("too deep");
    assert!(refusal.to_string().contains("8 deep"), "{refusal}");
}
