//! The forms that ship: each is sound, spoken in three languages, sourced, and agrees with its flags; scales score as published.

use musubi_care::civil::Date;
use musubi_care::forms::flags::FlagSet;
use musubi_care::forms::offers::{AnsweredBy, Offers};
use musubi_care::forms::scale::{Scale, ScaleError};
use musubi_care::forms::{FLAGS_2026, Library, OFFERS_2026, SCALES, SOURCES};
use musubi_fhir::form::{Answer, Checked, Form, Item, ItemKind, check};
use proptest::prelude::*;
use serde_json::{Value, json};

const YOSHINHYO: &str = "yoshinhyo-infant";

fn library() -> Library {
    Library::shipped().unwrap()
}

fn flags() -> FlagSet {
    FlagSet::parse(FLAGS_2026).unwrap()
}

#[test]
fn every_checkup_and_the_interview_are_there_and_speak_three_languages() {
    let library = library();
    for name in [
        YOSHINHYO,
        "checkup-1m",
        "checkup-3-4m",
        "checkup-9-10m",
        "checkup-18m",
        "checkup-3y",
        "checkup-5y",
    ] {
        let form = library
            .newest(name)
            .unwrap_or_else(|| panic!("{name} is missing"));
        let texts = form.items().map(|(_, item)| &item.words);
        let options = form
            .items()
            .flat_map(|(_, item)| &item.options)
            .map(|option| &option.words);
        for words in [&form.title, &form.description]
            .into_iter()
            .chain(texts)
            .chain(options)
        {
            assert_eq!(
                words.languages().collect::<Vec<_>>(),
                ["en", "ja-x-easy"],
                "{name}: {}",
                words.original()
            );
        }
    }
    assert_eq!(library.forms().count(), 9);
}

#[test]
fn every_form_names_its_sources() {
    let sources: Value = serde_json::from_str(SOURCES).unwrap();
    let listed = sources["forms"].as_array().unwrap();
    let library = library();
    assert_eq!(listed.len(), library.forms().count());
    for entry in listed {
        assert!(
            library.newest(entry["form"].as_str().unwrap()).is_some(),
            "{entry}"
        );
        let of_form = entry["sources"].as_array().unwrap();
        assert!(!of_form.is_empty(), "{entry}");
        for source in of_form {
            assert!(
                sources["sources"][source.as_str().unwrap()]["url"].is_string(),
                "{source}"
            );
        }
    }
}

#[test]
fn every_form_is_offered_at_its_age_and_every_offer_has_its_form_and_source() {
    let sources: Value = serde_json::from_str(SOURCES).unwrap();
    let offers = Offers::parse(OFFERS_2026).unwrap();
    let library = library();
    assert_eq!(offers.offers.len(), library.forms().count());
    for offer in &offers.offers {
        assert!(library.newest(&offer.form).is_some(), "{}", offer.form);
        for source in &offer.sources {
            assert!(sources["sources"][source]["url"].is_string(), "{source}");
        }
    }
    let day = |text: &str| Date::parse(text).unwrap();
    let checkup = offers
        .of("https://musubi.example/forms/checkup-18m")
        .unwrap();
    assert_eq!(checkup.by, AnsweredBy::Staff);
    // C-AGE-MONTH: the eve of the same day.
    let period = checkup.period(day("2025-01-31"));
    assert_eq!(
        (period.from, period.until),
        (day("2026-06-30"), day("2027-01-30"))
    );
    assert!(period.has(day("2026-06-30")) && !period.has(day("2027-01-30")));
}

#[test]
fn an_offer_without_period_source_or_form_of_its_own_is_refused() {
    let offers: Value = serde_json::from_str(OFFERS_2026).unwrap();
    let bent = |change: fn(&mut Value)| {
        let mut offers = offers.clone();
        change(&mut offers);
        Offers::parse(&offers.to_string()).unwrap_err().to_string()
    };
    assert!(bent(|all| all["offers"][0]["until_months"] = 0.into()).contains("from_months"));
    assert!(bent(|all| all["offers"][0]["sources"] = json!([])).contains("no source"));
    assert!(bent(|all| all["offers"][1] = all["offers"][0].clone()).contains("twice"));
    assert!(bent(|all| all["format"] = "x".into()).contains("format"));
}

#[test]
fn every_number_has_bounds_and_every_measure_a_unit_and_a_code() {
    for form in library().forms() {
        for (_, item) in form.items() {
            if matches!(item.kind, ItemKind::Decimal | ItemKind::Integer) {
                assert!(
                    item.bounds.min.is_some() && item.bounds.max.is_some(),
                    "{}",
                    item.path
                );
            }
        }
    }
    let library = library();
    let form = library.newest("checkup-18m").unwrap();
    for (name, unit, code) in [
        ("weight", "g", "29463-7"),
        ("height", "cm", "8302-2"),
        ("head", "cm", "9843-4"),
    ] {
        let item = form.named(name).unwrap();
        assert_eq!(
            (item.units.as_slice(), &item.code),
            (
                &[unit.to_owned()][..],
                &Some(("http://loinc.org".to_owned(), code.to_owned()))
            )
        );
    }
}

#[test]
fn only_the_family_form_is_restricted() {
    let library = library();
    let restricted: Vec<&str> = library
        .forms()
        .filter(|form| form.restricted)
        .map(|form| form.url.as_str())
        .collect();
    assert_eq!(
        restricted,
        ["https://musubi.example/forms/checkup-3-4m-family"]
    );
}

#[test]
fn answers_to_the_family_form_and_to_scales_are_sensitive() {
    let named = |form: &str| json!({"questionnaire": form});
    let is_sensitive = musubi_care::forms::is_sensitive;
    assert!(is_sensitive(&named(
        "https://musubi.example/forms/checkup-3-4m-family|2026.1"
    )));
    assert!(is_sensitive(&named("https://musubi.example/scales/epds|1")));
    assert!(is_sensitive(
        &json!({"meta": {"security": [{"code": "R"}]}})
    ));
    assert!(!is_sensitive(&named(
        "https://musubi.example/forms/checkup-3-4m|2026.1"
    )));
    assert!(!is_sensitive(&json!({})));
}

#[test]
fn every_flag_asks_about_questions_of_its_forms() {
    let library = library();
    for rule in &flags().flags {
        for name in &rule.forms {
            let form = library
                .newest(name)
                .unwrap_or_else(|| panic!("{} names {name}", rule.rule));
            for condition in rule.conditions() {
                assert!(
                    condition.suits(form),
                    "{}: {} of {name}",
                    rule.rule,
                    condition.question
                );
            }
        }
    }
}

#[test]
fn every_condition_that_a_flag_suggests_is_known_to_the_schedule_check() {
    use musubi_care::child::{Circumstances, History, Proposal, Sex, Subject};
    use musubi_care::reason::Reason;
    let rules = crate::door::rules();
    let subject = Subject {
        birth: Some(crate::door::day("2026-01-10")),
        sex: Some(Sex::Female),
        pregnancy_start: None,
    };
    for rule in flags().flags {
        let Some(code) = rule.condition else { continue };
        let stopped = ["BCG", "RV1", "DPT-IPV-HIB"].into_iter().any(|vaccine| {
            let circumstances = Circumstances {
                conditions: vec![code.clone()],
                ..Circumstances::default()
            };
            let proposal = Proposal::new(vaccine, crate::door::day("2026-03-20"));
            let verdict = musubi_care::schedule::check(
                &rules,
                &subject,
                &History::Confirmed(Vec::new()),
                &circumstances,
                &proposal,
            );
            let reasons = verdict
                .stop()
                .into_iter()
                .chain(&verdict.also)
                .map(|stop| stop.reason)
                .collect::<Vec<_>>();
            reasons.iter().any(|reason| {
                *reason == Reason::Precaution
                    || format!("{reason:?}").starts_with("Contraindicated")
            })
        });
        assert!(stopped, "{}: {code}", rule.rule);
    }
}

fn yes_no(link_id: &str, yes: bool) -> Value {
    json!({"linkId": link_id, "answer": [{"valueBoolean": yes}]})
}

fn draft(form: &Form, items: Vec<Value>) -> Checked {
    let response = json!({"resourceType": "QuestionnaireResponse", "questionnaire": form.canonical(), "status": "in-progress", "item": items});
    check(form, &response).unwrap()
}

fn raised(items: Vec<Value>) -> Vec<String> {
    let library = library();
    let form = library.newest(YOSHINHYO).unwrap();
    let flags = flags().raised(form, &draft(form, items));
    flags.into_iter().map(|flag| flag.rule).collect()
}

#[test]
fn answers_raise_the_flags_that_their_rules_name() {
    let today = |temperature: f64, vaccine: &str| {
        let coding = json!({"system": "https://musubi.example/CodeSystem/schedule-product", "code": vaccine});
        json!({"linkId": "today", "item": [
            {"linkId": "vaccine", "answer": [{"valueCoding": coding}]},
            {"linkId": "temperature", "answer": [{"valueDecimal": temperature}]},
        ]})
    };
    assert_eq!(
        raised(vec![today(37.4, "MR"), yes_no("seizure", false)]),
        Vec::<String>::new()
    );
    assert_eq!(
        raised(vec![today(37.5, "MR"), yes_no("seizure", true)]),
        ["F-FEVER", "F-SEIZURE"]
    );
    // A question that is not asked raises nothing, whatever stands there.
    assert_eq!(
        raised(vec![today(36.5, "MR"), yes_no("tb-contact", true)]),
        Vec::<String>::new()
    );
    assert_eq!(
        raised(vec![today(36.5, "BCG"), yes_no("tb-contact", true)]),
        ["F-TB-CONTACT"]
    );
    let rota = json!({"linkId": "rota", "item": [yes_no("rota-intussusception", true)]});
    assert_eq!(
        raised(vec![today(36.5, "RV1"), rota]),
        ["F-ROTA-INTUSSUSCEPTION"]
    );
}

#[test]
fn no_text_of_ours_says_that_a_dose_is_safe() {
    let texts = flags()
        .flags
        .into_iter()
        .flat_map(|rule| rule.text.into_values());
    for text in texts {
        assert!(
            !text.contains("safe") && !text.contains("安全") && !text.contains("問題ありません"),
            "{text}"
        );
    }
}

/// An answer that fits, by chance.
fn answer_to(item: &Item, seed: &mut crate::seed::Seed) -> Option<Value> {
    let pick = |seed: &mut crate::seed::Seed| {
        let option = seed.pick(&item.options);
        match &option.value {
            Answer::Coding(system, code) => {
                json!({"valueCoding": {"system": system, "code": code}})
            }
            other => panic!("an option is a coding: {other:?}"),
        }
    };
    Some(match item.kind {
        ItemKind::Boolean => json!({"valueBoolean": seed.chance(50)}),
        ItemKind::Choice | ItemKind::OpenChoice => pick(seed),
        ItemKind::Decimal => {
            json!({"valueDecimal": item.bounds.min.unwrap().to_string().parse::<f64>().unwrap()})
        }
        ItemKind::Integer => {
            json!({"valueInteger": item.bounds.max.unwrap().to_string().parse::<i32>().unwrap()})
        }
        ItemKind::Date => json!({"valueDate": "2026-05-01"}),
        ItemKind::Time => json!({"valueTime": "20:00:00"}),
        ItemKind::String | ItemKind::Text => json!({"valueString": "x"}),
        ItemKind::Group
        | ItemKind::Display
        | ItemKind::DateTime
        | ItemKind::Url
        | ItemKind::Quantity => return None,
    })
}

/// Answers item after item as a screen does: what is shown and required is answered, until nothing is missing.
fn fill(form: &Form, seed: &mut crate::seed::Seed) -> Value {
    let mut response = json!({"resourceType": "QuestionnaireResponse", "questionnaire": form.canonical(), "status": "in-progress"});
    for (_, item) in form
        .items()
        .filter(|(_, item)| item.kind.is_question() && item.scope.is_none())
    {
        let so_far = check(form, &response).unwrap();
        let is_shown = so_far.shown.has(form.place(&item.link_id).unwrap());
        if is_shown && (item.required || seed.chance(50)) {
            let answer = answer_to(item, seed).unwrap();
            place(
                form,
                &mut response,
                item,
                json!({"linkId": item.link_id, "answer": [answer]}),
            );
        }
    }
    fill_groups(form, &mut response, seed);
    response["status"] = json!("completed");
    response
}

fn fill_groups(form: &Form, response: &mut Value, seed: &mut crate::seed::Seed) {
    for (at, group) in form.items().filter(|(_, item)| item.repeats_as_group()) {
        if check(form, response).unwrap().shown.has(at) {
            let inside = form.items().filter(|(_, item)| item.parent == Some(at));
            let items: Vec<Value> = inside.map(|(_, item)| json!({"linkId": item.link_id, "answer": [answer_to(item, seed).unwrap()]})).collect();
            place(
                form,
                response,
                group,
                json!({"linkId": group.link_id, "item": items}),
            );
        }
    }
}

/// Puts an item where the form has it, making the groups above.
fn place(form: &Form, response: &mut Value, item: &Item, value: Value) {
    let mut holder = response;
    let mut above = Vec::new();
    let mut parent = item.parent;
    while let Some(at) = parent {
        above.push(form.item(at).link_id.clone());
        parent = form.item(at).parent;
    }
    for group in above.into_iter().rev() {
        if holder["item"].is_null() {
            holder["item"] = json!([]);
        }
        let items = holder["item"].as_array_mut().unwrap();
        let at = items
            .iter()
            .position(|item| item["linkId"] == group.as_str())
            .unwrap_or_else(|| {
                items.push(json!({"linkId": group}));
                items.len() - 1
            });
        holder = &mut holder["item"][at];
    }
    if holder["item"].is_null() {
        holder["item"] = json!([]);
    }
    holder["item"].as_array_mut().unwrap().push(value);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn who_answers_what_is_shown_completes_every_form(seed in any::<u64>()) {
        let mut seed = crate::seed::Seed::new(seed);
        for form in library().forms() {
            let response = fill(form, &mut seed);
            if let Err(refusal) = check(form, &response) {
                panic!("{}: {refusal}\n{response}", form.url);
            }
        }
    }
}

fn scale(text: &str) -> Scale {
    Scale::parse(text).unwrap()
}

#[test]
fn scales_score_by_their_published_rules() {
    let [epds, m_chat, own] = SCALES.map(scale);
    // Box 0 of items 1, 2 and 4 scores 0, of the others 3.
    let all_first = epds.score_values(&[0; 10]).unwrap();
    assert_eq!(
        (
            all_first.total,
            all_first.class.as_str(),
            all_first.alerts.len()
        ),
        (21, "at-or-above-cut-off", 1)
    );
    let lowest = epds.score_values(&[0, 0, 3, 0, 3, 3, 3, 3, 3, 3]).unwrap();
    assert_eq!(
        (lowest.total, lowest.class.as_str(), lowest.alerts.len()),
        (0, "below-cut-off", 0)
    );
    let thought = epds.score_values(&[0, 0, 3, 0, 3, 3, 3, 3, 3, 2]).unwrap();
    assert_eq!(
        (thought.total, thought.alerts.len()),
        (1, 1),
        "item 10 above 0 is shown whatever the total"
    );
    let typical: Vec<i32> = (1..=20)
        .map(|item| i32::from([2, 5, 12].contains(&item)))
        .collect();
    assert_eq!(m_chat.score_values(&typical).unwrap().total, 0);
    assert_eq!(m_chat.score_values(&[1; 20]).unwrap().class, "high");
    assert_eq!(own.score_values(&[1, 1, 3]).unwrap().total, 2);
    assert!(matches!(
        own.score_values(&[1, 4, 3]),
        Err(ScaleError::Unanswered { item: 2, .. })
    ));
}

#[test]
fn a_scale_without_permission_has_numbered_boxes_and_one_with_wording_needs_it() {
    let [epds, _, own] = SCALES.map(scale);
    let boxes = epds.form().unwrap();
    assert_eq!(boxes.named("item-3").unwrap().words.original(), "項目 3");
    assert!(boxes.restricted);
    assert_eq!(
        own.form()
            .unwrap()
            .named("item-3")
            .unwrap()
            .words
            .in_language("en"),
        "In the last week, was someone there whom you could rely on?"
    );
    let mut stolen: Value = serde_json::from_str(SCALES[2]).unwrap();
    stolen["licence"]["permission"] = Value::Null;
    let error = Scale::parse(&stolen.to_string()).expect_err("no permission");
    assert!(
        error.to_string().contains("no proof of permission"),
        "{error}"
    );
    let mut gap: Value = serde_json::from_str(SCALES[0]).unwrap();
    gap["classes"][1]["from"] = json!(10);
    assert!(Scale::parse(&gap.to_string()).is_err());
}

#[test]
fn a_scale_is_answered_on_its_form_and_scored() {
    let own = scale(SCALES[2]);
    let form = own.form().unwrap();
    let box_of = |item: usize, value: i32| json!({"linkId": format!("item-{item}"), "answer": [{"valueCoding": {"system": "https://musubi.example/scales/everyday-load", "code": value.to_string()}}]});
    let answered = draft(&form, vec![box_of(1, 3), box_of(2, 2), box_of(3, 0)]);
    let score = own.score(&form, &answered).unwrap();
    assert_eq!(
        (score.total, score.class.as_str(), score.alerts.len()),
        (8, "heavy", 1)
    );
    assert!(own.score(&form, &draft(&form, vec![box_of(1, 3)])).is_err());
}

#[test]
fn a_survey_publishes_no_small_count_and_no_further_question() {
    use musubi_care::figures::Threshold;
    use musubi_care::forms::survey;
    let library = library();
    let form = library.newest("survey-checkup").unwrap();
    let answer = |code: &str| {
        draft(
            form,
            vec![
                json!({"linkId": "overall", "answer": [{"valueCoding": {"system": "https://musubi.example/CodeSystem/form-answer", "code": code}}]}),
            ],
        )
    };
    let answers: Vec<Checked> = (0..30)
        .map(|at| answer(if at < 27 { "5" } else { "1" }))
        .collect();
    let published = survey::publish(form, &answers, Threshold::USUAL);
    assert_eq!(published.people, Some(30));
    let names: Vec<&str> = published
        .questions
        .iter()
        .map(|question| question.link_id.as_str())
        .collect();
    assert_eq!(names, ["overall", "waiting", "place-easy"]);
    let very_poor = published.questions[0].table.counts.last().unwrap();
    assert_eq!(
        very_poor.as_slice(),
        [None, None],
        "3 of 30, and the 27 that would tell it"
    );
    let few = survey::publish(form, &answers[..5], Threshold::USUAL);
    assert_eq!((few.people, few.questions.len()), (None, 0));
}
