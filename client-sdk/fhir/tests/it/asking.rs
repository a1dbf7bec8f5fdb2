//! Which items are shown: every operator, both behaviours, chains, and repeating groups.

use crate::world::{form, item, response};
use musubi_fhir::element::Element;
use musubi_fhir::form::{Filled, Form, Shown, read, shown};
use proptest::prelude::*;
use serde_json::{Value, json};

fn settled(form: &Form, items: Vec<Value>) -> (Filled, Shown) {
    let response = response("in-progress", items);
    let mut issues = Vec::new();
    let filled = read(form, &Element::root(&response, "R"), &mut issues);
    let shown = shown(form, &filled);
    (filled, shown)
}

fn shows(items: Vec<Value>, link_id: &str) -> bool {
    let form = form();
    settled(&form, items).1.has(form.place(link_id).unwrap())
}

#[test]
fn each_operator_looks_at_the_answers() {
    let number = |value: f64| vec![item("number", "valueDecimal", json!(value))];
    assert!(!shows(vec![], "if-hot"));
    assert!(!shows(number(37.4), "if-hot"));
    assert!(shows(number(37.5), "if-hot"));
    assert!(shows(number(38.0), "if-hot"));
    let count = |value: i64| vec![item("count", "valueInteger", json!(value))];
    for (value, is_shown) in [(9, true), (8, false), (2, false), (1, true)] {
        assert_eq!(shows(count(value), "if-some"), is_shown, "{value}");
    }
    assert!(shows(vec![], "if-none"));
    assert!(!shows(
        vec![item("words", "valueString", json!("x"))],
        "if-none"
    ));
    assert!(shows(
        vec![item("flag", "valueBoolean", json!(true))],
        "note"
    ));
    assert!(!shows(
        vec![item("flag", "valueBoolean", json!(false))],
        "note"
    ));
}

#[test]
fn all_conditions_must_hold_where_the_form_says_so() {
    let day = |text: &str| item("day", "valueDate", json!(text));
    let pick = |code: &str| item("pick", "valueCoding", json!({"system": "s", "code": code}));
    assert!(
        shows(vec![day("2026-04-01")], "if-both"),
        "nothing picked is not b"
    );
    assert!(shows(vec![day("2026-04-01"), pick("a")], "if-both"));
    assert!(!shows(vec![day("2026-04-01"), pick("b")], "if-both"));
    assert!(!shows(vec![day("2026-04-02"), pick("a")], "if-both"));
    // A month that holds the day is neither before nor after it.
    assert!(!shows(vec![day("2026-04"), pick("a")], "if-both"));
}

#[test]
fn an_answer_to_an_item_that_is_not_shown_does_not_count() {
    let given = |flag: bool| {
        let flag = item("flag", "valueBoolean", json!(flag));
        vec![flag, item("if-flag", "valueString", json!("x"))]
    };
    assert!(shows(given(true), "if-chain"));
    assert!(!shows(given(false), "if-chain"));
}

#[test]
fn each_occurrence_of_a_group_is_asked_for_itself() {
    let form = form();
    let dose =
        |kind: &str| json!({"linkId": "doses", "item": [item("kind", "valueString", json!(kind))]});
    let hot = item("number", "valueDecimal", json!(38.5));
    let (_, shown) = settled(&form, vec![dose("other"), dose("usual"), hot]);
    let [why, hot] = ["why", "hot-dose"].map(|name| form.place(name).unwrap());
    let all = shown.occurrences(form.place("doses").unwrap());
    assert_eq!(
        all.iter().map(|one| one.has(why)).collect::<Vec<_>>(),
        [true, false]
    );
    assert!(all.iter().all(|one| one.has(hot)));
}

/// The response without what is not shown.
fn pruned(filled: &Filled, shown: &Shown) -> Filled {
    let mut kept = filled.clone();
    kept.answers.retain(|at, _| shown.has(*at));
    kept.occurrences.retain(|at, _| shown.has(*at));
    for (at, occurrences) in &mut kept.occurrences {
        for (occurrence, shown) in occurrences.iter_mut().zip(shown.occurrences(*at)) {
            *occurrence = pruned(occurrence, shown);
        }
    }
    kept
}

fn any_items() -> impl Strategy<Value = Vec<Value>> {
    let one = prop_oneof![
        any::<bool>().prop_map(|yes| item("flag", "valueBoolean", json!(yes))),
        (300..430_i32).prop_map(|tenths| item("number", "valueDecimal", json!(f64::from(tenths) / 10.0))),
        (0..11_i32).prop_map(|count| item("count", "valueInteger", json!(count))),
        (1..28_u8).prop_map(|day| item("day", "valueDate", json!(format!("2026-04-{day:02}")))),
        "[a-c]{1,2}".prop_map(|code| item("pick", "valueCoding", json!({"system": "s", "code": code}))),
        "[a-z]{0,6}".prop_map(|text| item("words", "valueString", json!(text))),
        "[a-z]{1,3}".prop_map(|text| item("if-flag", "valueString", json!(text))),
        prop_oneof![Just("other"), Just("usual")].prop_map(
            |kind| json!({"linkId": "doses", "item": [item("kind", "valueString", json!(kind)), item("why", "valueString", json!("x"))]})
        ),
    ];
    proptest::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn what_is_shown_is_a_fixpoint(items in any_items()) {
        let form = form();
        let (filled, first) = settled(&form, items);
        let again = shown(&form, &pruned(&filled, &first));
        prop_assert_eq!(first, again);
    }
}
