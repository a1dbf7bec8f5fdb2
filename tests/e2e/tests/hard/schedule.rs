//! Before the injection: what is stopped, what passes, what needs a person, and what a physician may do about it.

use crate::{
    actor::{Actor, Question},
    bedside::{Order, day, dose, verdict},
    people::{Home, Scope, patient},
    world::{AT_CLINIC, AT_RUSUTSU, CLINIC, RUSUTSU, World, built_in_rules},
};
use musubi_care::{check_report::CheckReport, rules::RuleSet};
use musubi_client_sdk::calls;
use musubi_primitives::{
    Category, CategorySet, Claim, Commitment, OverrideReason, Pseudonym, Purpose, StatuteArticle,
    VerdictCode,
    resident::Authority,
    view::{RuleSetView, VerdictView},
};
use musubi_tests_support::Consortium;
use musubi_tests_support::gateway::now;
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_check_holds_at_the_bed() {
    let world = World::open().await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    a_dose_too_early_is_stopped_and_on_its_day_it_passes(&world, &clinic).await;
    a_doctor_who_goes_on_says_why_under_the_own_signature(&world, &clinic).await;
    the_wrong_twins_chart_is_stopped(&world, &clinic).await;
    a_corrected_date_changes_the_verdict(&world, &clinic).await;
    a_clock_that_was_moved_passes_no_interval(&world, &clinic).await;
    what_nobody_has_confirmed_needs_a_person(&world, &clinic).await;
    a_dose_without_a_day_needs_a_person_and_ends_no_later_check(&world, &clinic).await;
    what_another_member_gave_is_read_or_known_to_be_missing(&world, &clinic).await;
    each_kind_of_wrong_injection_is_stopped_or_warned_of(&world, &clinic).await;
    who_may_not_ask_and_what_cannot_be_read_changes_nothing(&world, &clinic).await;
    world.tells_nothing().await;
}

/// A child of the village, and the chart that a clinic has of it.
async fn child(world: &World, id: &str, born: &str) -> (Pseudonym, Value) {
    let chart = patient(id, &format!("見本　{id}"), born);
    (Home::rusutsu(world).child(&chart).await, chart)
}

/// The verdict that the chain has for a card.
async fn on_chain(world: &World, card: &Value) -> Option<VerdictView> {
    let inputs = &card["extension"]["musubi"]["inputs"];
    let inputs: Commitment = serde_json::from_value(inputs.clone()).unwrap();
    world.read_at(AT_CLINIC, "MusubiApi_verdict", &inputs).await
}

pub(crate) fn explains(refused: &(StatusCode, Value), why: &str) {
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let issue = &refused.1["issue"][0];
    assert_eq!(issue["expression"][0], "Immunization.occurrenceDateTime");
    let said = issue["diagnostics"].as_str().unwrap();
    assert!(said.contains(why), "{said}");
}

/// A child of four months whose first dose was twenty days ago.
async fn with_a_first_dose(world: &World, clinic: &Actor, id: &str) -> (Pseudonym, Value) {
    let (subject, chart) = child(world, id, &day(-120)).await;
    let given = dose(id, "PCV20", &day(-20), "L1");
    let record = clinic.record(&subject, &given).await;
    world.until_stored(&record).await;
    (subject, chart)
}

async fn a_dose_too_early_is_stopped_and_on_its_day_it_passes(world: &World, clinic: &Actor) {
    let (subject, chart) = child(world, "early", &day(-120)).await;
    let first = Order {
        day: day(-20),
        ..Order::new(subject, &chart, "PCV20")
    };
    let first = clinic.check(&first).await;
    assert_eq!(verdict(&first), ("conditions_met", None));
    assert_eq!(first["indicator"], "info");
    assert!(first["overrideReasons"].is_null());
    let record = clinic
        .record(&subject, &dose("early", "PCV20", &day(-20), "L1"))
        .await;
    let order = Order::new(subject, &chart, "PCV20");
    let at_once = clinic.check(&order).await;
    world.until_stored(&record).await;
    let stopped = clinic.check(&order).await;
    for card in [&at_once, &stopped] {
        assert_eq!(verdict(card), ("not_met", Some("INTERVAL_TOO_SHORT_SAME")));
        assert_eq!(card["indicator"], "critical");
        assert_eq!(card["extension"]["musubi"]["earliest"], day(8));
        assert_eq!(card["extension"]["musubi"]["latest"], day(-120 + 5 * 365));
        let found = on_chain(world, card).await.unwrap();
        assert_eq!((found.subject, found.rule_set), (subject, 1));
        assert_eq!(found.verdict, VerdictCode::ConditionsNotMet);
    }
    let again = clinic.check(&order).await;
    assert_eq!(
        again["uuid"], stopped["uuid"],
        "asked again, it is one verdict"
    );
    let too_early = dose("early", "PCV20", &day(0), "L2");
    let refused = clinic.post_fhir(&subject, &too_early).await;
    explains(&refused, "INTERVAL_TOO_SHORT_SAME");
    let other = dose("early", "RV1", &day(0), "L3");
    clinic.record(&subject, &other).await;
    // A lot that was read wrongly is corrected: another version of the dose, and no other dose.
    let corrected = dose("early", "PCV20", &day(-20), "L1-corrected");
    clinic.record(&subject, &corrected).await;
}

async fn a_doctor_who_goes_on_says_why_under_the_own_signature(world: &World, clinic: &Actor) {
    let (subject, chart) = with_a_first_dose(world, clinic, "override").await;
    let card = clinic.check(&Order::new(subject, &chart, "PCV20")).await;
    let given = dose("override", "PCV20", &day(0), "L2");
    explains(&clinic.post_fhir(&subject, &given).await, "not met");

    let (status, _) = clinic.feed_back(&subject, &card, "catch-up", "  ").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "no words");
    let (status, _) = clinic.feed_back(&subject, &card, "because", "x").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "no such code");
    let clerk = world.staff("yotei-clinic", "clerk", AT_CLINIC);
    let (status, _) = clerk.feed_back(&subject, &card, "catch-up", "x").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a clerk decides nothing");

    let words = "もう接種してしまった。間違い接種として報告する。";
    let (status, answer) = clinic
        .feed_back(&subject, &card, "already-given", words)
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    explains(&clinic.post_fhir(&subject, &given).await, "signature");
    let (status, _) = clerk.countersign(&answer["toSign"][0]).await;
    assert_eq!(
        status,
        StatusCode::CONFLICT,
        "a clerk's signature is not a doctor's"
    );
    let (status, signed) = clinic.countersign(&answer["toSign"][0]).await;
    assert_eq!(status, StatusCode::OK, "{signed}");
    clinic.record(&subject, &given).await;
    the_village_reads_and_asks_again(world, &answer["toSign"][0], words).await;
}

/// The home municipality reads the sealed report by statute, holds it against the chain, and gets the same answer from the same rules.
async fn the_village_reads_and_asks_again(world: &World, signed: &Value, words: &str) {
    let subject = serde_json::from_value(signed["subject"].clone()).unwrap();
    let record = serde_json::from_value(signed["record"].clone()).unwrap();
    let view = world.until_stored(&record).await;
    let inputs: Commitment = serde_json::from_value(signed["inputs"].clone()).unwrap();
    assert_eq!(view.commitment, inputs);
    let found: Option<VerdictView> = world.read("MusubiApi_verdict", &inputs).await;
    assert_eq!(
        found.unwrap().override_reason,
        Some(OverrideReason::AlreadyGiven)
    );
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let question = Question {
        subject,
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::ScheduleVerdict]),
        claim: Claim::Statute(StatuteArticle::ImmunizationAct),
        session: None,
    };
    let reports = nurse.read(RUSUTSU, &question).await.unwrap();
    let reports: Vec<CheckReport> = reports
        .iter()
        .map(|report| CheckReport::parse(report.to_string().as_bytes()).unwrap())
        .collect();
    let rules = RuleSet::parse(built_in_rules()).unwrap();
    assert!(2 <= reports.len() && reports.iter().all(|report| report.reproduces(&rules)));
    let said = reports
        .iter()
        .filter_map(|report| report.overridden.as_ref());
    assert_eq!(
        said.map(|said| said.words.as_str()).collect::<Vec<_>>(),
        [words]
    );
}

/// Same surname, same birthday: the card of one was touched while the other's chart was open.
async fn the_wrong_twins_chart_is_stopped(world: &World, clinic: &Actor) {
    let (first, chart_of_first) = child(world, "twin-a", &day(-70)).await;
    let (second, chart_of_second) = child(world, "twin-b", &day(-70)).await;
    for (subject, id) in [(first, "twin-a"), (second, "twin-b")] {
        clinic
            .record(&subject, &dose(id, "RV1", &day(-10), "R1"))
            .await;
    }
    let wrong = clinic
        .check(&Order::new(first, &chart_of_second, "PCV20"))
        .await;
    assert_eq!(verdict(&wrong).0, "not_met");
    assert_eq!(
        wrong["extension"]["musubi"]["findings"][0]["incident"],
        "WRONG_PERSON"
    );
    let mistaken = dose("twin-b", "PCV20", &day(0), "P1");
    let refused = clinic.post_fhir(&first, &mistaken).await;
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let mut of_other = Order::new(first, &chart_of_first, "PCV20");
    of_other.chart = vec![dose("twin-b", "RV1", &day(-10), "R1")];
    assert_eq!(verdict(&clinic.check(&of_other).await).0, "not_met");
    let right = clinic
        .check(&Order::new(first, &chart_of_first, "PCV20"))
        .await;
    assert_eq!(verdict(&right), ("conditions_met", None));
    clinic
        .record(&first, &dose("twin-a", "PCV20", &day(0), "P1"))
        .await;
}

/// A schedule was built on a date that was written down wrongly.
async fn a_corrected_date_changes_the_verdict(world: &World, clinic: &Actor) {
    let (subject, chart) = child(world, "corrected", &day(-130)).await;
    let mistaken = dose("corrected", "PCV20", &day(-10), "L1");
    let record = clinic.record(&subject, &mistaken).await;
    let mut order = Order::new(subject, &chart, "PCV20");
    order.chart = vec![mistaken];
    let before = clinic.check(&order).await;
    assert_eq!(
        verdict(&before),
        ("not_met", Some("INTERVAL_TOO_SHORT_SAME"))
    );
    clinic.submit(calls::records::enter_in_error(record)).await;
    let right = dose("corrected", "PCV20", &day(-40), "L1");
    let corrected = clinic.record(&subject, &right).await;
    world.until_stored(&corrected).await;
    // The chart still has the mistaken one.
    let after = clinic.check(&order).await;
    assert_eq!(verdict(&after), ("conditions_met", None));
    clinic
        .record(&subject, &dose("corrected", "PCV20", &day(0), "L2"))
        .await;
}

/// A machine whose clock was set forward or back claims another day; the chain's time and the question asked again decide.
async fn a_clock_that_was_moved_passes_no_interval(world: &World, clinic: &Actor) {
    let (subject, chart) = with_a_first_dose(world, clinic, "clock").await;
    let planned = Order {
        day: day(8),
        ..Order::new(subject, &chart, "PCV20")
    };
    assert_eq!(verdict(&clinic.check(&planned).await).0, "conditions_met");
    let today = dose("clock", "PCV20", &day(0), "L2");
    explains(
        &clinic.post_fhir(&subject, &today).await,
        "INTERVAL_TOO_SHORT_SAME",
    );
    let ahead = dose("clock", "PCV20", &day(8), "L2");
    explains(&clinic.post_fhir(&subject, &ahead).await, "not come yet");
}

async fn what_nobody_has_confirmed_needs_a_person(world: &World, clinic: &Actor) {
    let (subject, chart) = child(world, "unconfirmed", &day(-70)).await;
    let mut order = Order::new(subject, &chart, "PCV20");
    order.said = json!({});
    let card = clinic.check(&order).await;
    assert_eq!(
        verdict(&card),
        ("needs_person", Some("HISTORY_UNCONFIRMED"))
    );
    assert_eq!(card["indicator"], "warning");
    assert_eq!(
        on_chain(world, &card).await.unwrap().verdict,
        VerdictCode::NeedsPerson
    );
    // A person has looked: the physician decides.
    clinic
        .record(&subject, &dose("unconfirmed", "PCV20", &day(0), "L1"))
        .await;
}

/// The handbook says "in March": a dose all the same, from which no interval can be counted.
async fn a_dose_without_a_day_needs_a_person_and_ends_no_later_check(
    world: &World,
    clinic: &Actor,
) {
    let (subject, chart) = child(world, "undated", &day(-120)).await;
    let month = &day(-40)[..7];
    clinic
        .record(&subject, &dose("undated", "PCV20", month, "L1"))
        .await;
    let card = clinic.check(&Order::new(subject, &chart, "PCV20")).await;
    assert_eq!(verdict(&card).0, "needs_person", "{card}");
    assert!(has_reason(&card, "HISTORY_UNDATED"), "{card}");
    clinic
        .record(&subject, &dose("undated", "PCV20", &day(0), "L2"))
        .await;
}

fn has_reason(card: &Value, reason: &str) -> bool {
    let reasons = card["extension"]["musubi"]["reasons"].as_array().unwrap();
    reasons.iter().any(|stop| stop["reason"] == reason)
}

/// The village gave the dose yesterday; today the clinic is about to give it again, and its chart is said to be whole.
async fn what_another_member_gave_is_read_or_known_to_be_missing(world: &World, clinic: &Actor) {
    let home = Home::rusutsu(world);
    let mother = home.guardian("見本　母", Authority::Single).await;
    let (subject, chart) = child(world, "elsewhere", &day(-120)).await;
    home.join(&mother, subject).await;
    let order = Order::new(subject, &chart, "PCV20");
    assert_eq!(verdict(&clinic.check(&order).await).0, "conditions_met");
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let given = dose("elsewhere", "PCV20", &day(-1), "L1");
    let record = nurse.record(&subject, &given).await;
    world.until_stored(&record).await;
    // The family has not permitted it: that there is a dose is known, and not which.
    let unread = clinic.check(&order).await;
    assert_eq!(verdict(&unread).0, "needs_person", "{unread}");
    assert!(has_reason(&unread, "HISTORY_INCOMPLETE"), "{unread}");
    let scope = Scope {
        recipient: CLINIC,
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization]),
    };
    home.consent(&mother, subject, scope).await;
    world.until_level(AT_CLINIC).await;
    let read = clinic.check(&order).await;
    assert_eq!(
        verdict(&read),
        ("not_met", Some("INTERVAL_TOO_SHORT_SAME")),
        "{read}"
    );
    let again = dose("elsewhere", "PCV20", &day(0), "L2");
    explains(
        &clinic.post_fhir(&subject, &again).await,
        "INTERVAL_TOO_SHORT_SAME",
    );
}

/// Paper, person, vial and syringe as they should be; one of them is bent for each kind of the incident log.
async fn each_kind_of_wrong_injection_is_stopped_or_warned_of(world: &World, clinic: &Actor) {
    let (subject, chart) = with_a_first_dose(world, clinic, "wrong").await;
    let born = chart["birthDate"].as_str().unwrap().to_owned();
    let bedside = json!({
        "ticket": {"number": "77", "name": "見本　wrong", "birth": born, "municipality": "01396", "vaccines": ["RV1", "MR", "PCV20", "HIB"]},
        "present": {"ticket": "77", "name": "見本　wrong", "birth": born, "municipality": "01396", "covered_by_agreement": false},
        "signatures": {"guardian": true, "physician": true},
        "scanned": {"vaccine": null, "device_used_before": false, "storage_out_of_range": false},
    });
    let vial = |field: &str, value: Value| {
        let mut vial = json!({});
        vial[field] = value;
        Some(vial)
    };
    let route = json!({"coding": [{"system": "https://musubi.example/CodeSystem/schedule-route", "code": "oral"}]});
    type Bend = (
        &'static str,
        &'static str,
        Option<Value>,
        &'static str,
        Value,
    );
    let bends: [Bend; 12] = [
        ("INTERVAL", "PCV20", None, "", json!(null)),
        ("UNNECESSARY", "BCG", None, "", json!(null)),
        (
            "EXPIRED",
            "HIB",
            vial("expirationDate", json!(day(-1))),
            "",
            json!(null),
        ),
        (
            "WRONG_PERSON",
            "HIB",
            None,
            "/present/name",
            json!("見本　別人"),
        ),
        (
            "BLOOD_RISK",
            "HIB",
            None,
            "/scanned/device_used_before",
            json!(true),
        ),
        (
            "WRONG_VACCINE",
            "HIB",
            None,
            "/scanned/vaccine",
            json!("PCV20"),
        ),
        (
            "WRONG_VOLUME",
            "HIB",
            vial("doseQuantity", json!({"value": 0.25, "code": "mL"})),
            "",
            json!(null),
        ),
        ("AGE", "MR", None, "", json!(null)),
        ("ROUTE_SITE", "HIB", vial("route", route), "", json!(null)),
        (
            "STORAGE",
            "HIB",
            None,
            "/scanned/storage_out_of_range",
            json!(true),
        ),
        ("CONSENT", "HIB", None, "/signatures/guardian", json!(false)),
        (
            "RESIDENCE",
            "HIB",
            None,
            "/present/municipality",
            json!("01399"),
        ),
    ];
    let already = dose("wrong", "BCG", &day(-30), "B1");
    for (kind, product, vial, place, value) in bends {
        let mut bedside = bedside.clone();
        if let Some(bent) = bedside.pointer_mut(place).filter(|_| !place.is_empty()) {
            *bent = value;
        }
        let mut order = Order::new(subject, &chart, product);
        (order.vial, order.chart) = (vial, vec![already.clone()]);
        order.said = json!({"historyConfirmed": true, "bedside": bedside});
        let card = clinic.check(&order).await;
        let said = &card["extension"]["musubi"];
        assert_ne!(said["verdict"], "conditions_met", "{kind}: {card}");
        let findings = said["findings"].as_array().unwrap();
        assert!(
            findings.iter().any(|found| found["incident"] == kind),
            "{kind}: {card}"
        );
    }
    let mut order = Order::new(subject, &chart, "HIB");
    order.said = json!({"historyConfirmed": true, "bedside": bedside});
    let card = clinic.check(&order).await;
    assert_eq!(verdict(&card), ("conditions_met", None), "{card}");
}

async fn who_may_not_ask_and_what_cannot_be_read_changes_nothing(world: &World, clinic: &Actor) {
    let (subject, chart) = child(world, "curious", &day(-70)).await;
    let order = Order::new(subject, &chart, "PCV20");
    let elsewhere = world.staff("shiribetsu-clinic", "doctor", AT_CLINIC);
    assert_eq!(elsewhere.try_check(&order).await.0, StatusCode::FORBIDDEN);
    let clerk = world.staff("yotei-clinic", "clerk", AT_CLINIC);
    assert_eq!(clerk.try_check(&order).await.0, StatusCode::FORBIDDEN);
    let unknown = Order::new(Pseudonym([9; 32]), &chart, "PCV20");
    assert_eq!(clinic.try_check(&unknown).await.0, StatusCode::NOT_FOUND);
    let mut broken = Order::new(subject, &chart, "PCV20");
    broken.patient["birthDate"] = json!("2026-13-01");
    let (status, outcome) = clinic.try_check(&broken).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(outcome["issue"][0]["expression"][0], "Patient.birthDate");
    let uncoded = Order::new(subject, &chart, "");
    assert_eq!(
        verdict(&clinic.check(&uncoded).await).1,
        Some("VACCINE_NOT_IN_PROGRAM")
    );
    let (_, offered) = clinic.get("/cds-services").await;
    assert_eq!(offered["services"][0]["id"], "musubi-immunization");
    let view: Option<RuleSetView> = world.read("MusubiApi_rule_set_in_force", &()).await;
    assert_eq!(view.unwrap().version, 1);
    assert_eq!(CLINIC.0, 4);
}

/// Rules that keep forty-one days between injected live vaccines, in place of twenty-seven.
fn tomorrows_rules() -> String {
    let rules: Value = serde_json::from_str(built_in_rules()).unwrap();
    let mut rules = rules;
    rules["rule_set"]["version"] = json!("2026.11.27");
    rules["live_interval"]["days"] = json!(41);
    rules.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_changes_overnight_changes_new_verdicts_and_no_old_one() {
    let consortium = Consortium::lay_out();
    let file = consortium.folder().join("tomorrow.json");
    std::fs::write(&file, tomorrows_rules()).unwrap();
    let config = consortium.config(AT_CLINIC);
    let text = std::fs::read_to_string(&config).unwrap();
    let care = format!("\n[care]\nrules = [{:?}]\n", file.to_str().unwrap());
    std::fs::write(&config, text + &care).unwrap();
    let world = World::open_with(consortium).await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let (subject, chart) = child(&world, "overnight", &day(-370)).await;
    let mut order = Order::new(subject, &chart, "MR");
    order.chart = vec![dose("overnight", "BCG", &day(-30), "B1")];
    let evening = clinic.check(&order).await;
    assert_eq!(verdict(&evening), ("conditions_met", None));

    let midnight = now() + 1_000;
    world
        .publish(2, tomorrows_rules().as_bytes(), midnight)
        .await;
    loop {
        let in_force: Option<RuleSetView> = world
            .read_at(AT_CLINIC, "MusubiApi_rule_set_in_force", &())
            .await;
        if in_force.unwrap().version == 2 {
            break;
        }
        world.next_block().await;
    }
    let morning = clinic.check(&order).await;
    assert_eq!(
        verdict(&morning),
        ("not_met", Some("INTERVAL_TOO_SHORT_LIVE"))
    );
    assert_eq!(on_chain(&world, &evening).await.unwrap().rule_set, 1);
    assert_eq!(on_chain(&world, &morning).await.unwrap().rule_set, 2);
    let too_early = dose("overnight", "MR", &day(0), "M1");
    explains(
        &clinic.post_fhir(&subject, &too_early).await,
        "INTERVAL_TOO_SHORT_LIVE",
    );
    world.tells_nothing().await;
}
