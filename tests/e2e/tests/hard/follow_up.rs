//! A municipality's follow-up over its gateway: who is due, what was done, how many came, who got a lot, and the papers on doses.

use crate::{
    actor::Actor,
    bedside::{day, dose},
    people::{Home, patient},
    world::{AT_CLINIC, AT_RANKOSHI, AT_RUSUTSU, BLOCKS_MAX, World},
};
use musubi_client_sdk::calls;
use musubi_primitives::{Pseudonym, RecordId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_village_follows_its_children_up_and_tells_nobody_else() {
    let world = World::open().await;
    let home = Home::rusutsu(&world);
    let baby = home.child(&patient("baby", "見本　乳児", &day(-120))).await;
    let toddler = home
        .child(&patient("toddler", "見本　幼児", &day(-560)))
        .await;
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    only_the_villages_own_officers_see_it(&world, &nurse, baby).await;
    due_and_overdue_are_listed(&nurse, baby, toddler).await;
    a_child_is_followed_until_seen(&nurse, toddler).await;
    letters_are_written_to_whose_turn_it_is(&nurse, baby).await;
    let record = a_lot_is_recalled(&world, &nurse, baby).await;
    a_dose_that_arrived_settles_its_follow_up(&nurse, baby).await;
    papers_name_what_is_missing(&nurse, &record).await;
    a_whole_report_stays_in_the_log(&nurse, &record).await;
    surveys_tell_no_single_answer(&nurse).await;
    figures_are_counted_and_small_ones_hidden(&nurse).await;
    what_was_entered_in_error_is_recalled_no_more(&world, &nurse, &record).await;
    world.tells_nothing().await;
}

async fn get(who: &Actor, path: &str) -> Value {
    let (status, answer) = who.get(path).await;
    assert!(status.is_success(), "{path}: {status} {answer}");
    answer
}

async fn post(who: &Actor, path: &str, body: &Value) -> (StatusCode, Value) {
    let body = body.to_string().into_bytes();
    who.send(Method::POST, path, None, body).await
}

fn about<'a>(list: &'a Value, person: &Pseudonym) -> Vec<&'a Value> {
    let rows = list.as_array().unwrap().iter();
    rows.filter(|row| row["person"] == json!(person)).collect()
}

async fn only_the_villages_own_officers_see_it(world: &World, nurse: &Actor, baby: Pseudonym) {
    let due = get(nurse, "/v1/follow-up/due").await;
    assert!(!about(&due["doses"], &baby).is_empty());
    let others = [
        world.staff("rusutsu", "clerk", AT_RUSUTSU),
        world.staff("yotei-clinic", "doctor", AT_RUSUTSU),
        world.staff("rankoshi", "officer", AT_RUSUTSU),
    ];
    for other in &others {
        for path in [
            "due",
            "open",
            "coverage?year=2026",
            "recall?lot=A1",
            "surveys?form=survey-checkup&year=2026",
            "letters?about=MR&letter=invite",
            "incidents",
        ] {
            let (status, _) = other.get(&format!("/v1/follow-up/{path}")).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        }
        let step = json!({"subject": baby, "about": "MR", "step": "invite", "on": day(0)});
        let (status, _) = post(other, "/v1/follow-up/steps", &step).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    // The next village's own list is of its own people.
    let rankoshi = world.staff("rankoshi", "officer", AT_RANKOSHI);
    assert_eq!(get(&rankoshi, "/v1/follow-up/due").await["people"], 0);
}

async fn due_and_overdue_are_listed(nurse: &Actor, baby: Pseudonym, toddler: Pseudonym) {
    let list = get(nurse, "/v1/follow-up/due").await;
    let doses = about(&list["doses"], &baby);
    assert!(
        doses.iter().any(|row| row["vaccine"] == "DPT-IPV-HIB"),
        "{list}"
    );
    assert!(
        doses.iter().all(|row| row["unconfirmed"] == true),
        "no history is no proof of none"
    );
    let forms = |person: &Pseudonym, status: &str| -> Vec<String> {
        let rows = about(&list["checkups"], person).into_iter();
        rows.filter(|row| row["status"] == status)
            .map(|row| row["form"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(forms(&baby, "due"), ["checkup-3-4m"]);
    assert_eq!(forms(&toddler, "due"), ["checkup-18m"]);
    assert!(forms(&toddler, "overdue").contains(&"checkup-9-10m".to_owned()));
    // Pages follow one another; each person stands on one.
    let first = get(nurse, "/v1/follow-up/due?people=1").await;
    let next = first["next"].as_str().unwrap();
    let second = get(nurse, &format!("/v1/follow-up/due?people=1&after={next}")).await;
    let of = |page: &Value| page["doses"][0]["person"].clone();
    assert!(of(&first) != of(&second) && first["people"] == 1 && second["people"] == 1);
    for query in ["?on=yesterday", "?people=0", "?colour=red", "?after=x"] {
        let (status, _) = nurse.get(&format!("/v1/follow-up/due{query}")).await;
        assert!(status.is_client_error(), "{query}: {status}");
    }
}

async fn a_child_is_followed_until_seen(nurse: &Actor, toddler: Pseudonym) {
    let path = "/v1/follow-up/steps";
    let step = |step: &str, on: &str| json!({"subject": toddler, "about": "checkup-18m", "step": step, "on": on});
    let (early, refused) = post(nurse, path, &step("remind", &day(-60))).await;
    assert_eq!(early, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("the invitation comes first")
    );
    let invited = step("invite", &day(-30));
    let (status, standing) = post(nurse, path, &invited).await;
    assert_eq!(
        (status, &standing["state"], &standing["next"]),
        (StatusCode::CREATED, &json!("invited"), &json!("remind"))
    );
    assert_eq!(
        post(nurse, path, &invited).await.1,
        standing,
        "sent again, it is one step"
    );
    let open = get(nurse, "/v1/follow-up/open").await;
    assert_eq!(open["open"], json!([standing]));
    let open = get(nurse, &format!("/v1/follow-up/open?on={}", day(-10))).await;
    assert_eq!(open["open"], json!([]), "the reminder is not due yet");
    let wrong = [
        json!({"subject": toddler, "about": "checkup-18m", "step": "remind", "on": day(1)}),
        json!({"subject": toddler, "about": "checkup-18m", "step": "remind", "on": day(-31)}),
        json!({"subject": toddler, "about": "nothing", "step": "invite", "on": day(0)}),
        json!({"subject": Pseudonym([9; 32]), "about": "MR", "step": "invite", "on": day(0)}),
        json!({"subject": toddler, "about": "MR", "step": "forget", "on": day(0)}),
    ];
    for form in wrong {
        let (status, answer) = post(nurse, path, &form).await;
        assert!(status.is_client_error(), "{form}: {status} {answer}");
    }
    for (done, on) in [("remind", -2), ("telephone", -1), ("visit", -1), ("see", 0)] {
        let (status, answer) = post(nurse, path, &step(done, &day(on))).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    let of_child = get(nurse, &format!("/v1/follow-up/open?subject={toddler}")).await;
    assert_eq!(of_child["open"][0]["state"], "seen");
    assert_eq!(get(nurse, "/v1/follow-up/open").await["open"], json!([]));
    let (over, _) = post(nurse, path, &step("visit", &day(0))).await;
    assert_eq!(over, StatusCode::UNPROCESSABLE_ENTITY);
}

/// The baby is invited to the PCV20 that the clinic gives a few days later.
async fn letters_are_written_to_whose_turn_it_is(nurse: &Actor, baby: Pseudonym) {
    let letters = "/v1/follow-up/letters?about=checkup-3-4m";
    let (status, refused) = nurse.get(&format!("{letters}&letter=invite")).await;
    assert!(status.is_success(), "{status} {refused}");
    let (status, _) = nurse.get(&format!("{letters}&letter=remind")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nobody was invited");
    for query in ["", "?about=nothing&letter=invite", "?about=MR&letter=scold"] {
        let (status, _) = nurse.get(&format!("/v1/follow-up/letters{query}")).await;
        assert!(status.is_client_error(), "{query}: {status}");
    }
    let invited = json!({"subject": baby, "about": "PCV20", "step": "invite", "on": day(-55)});
    let (status, standing) = post(nurse, "/v1/follow-up/steps", &invited).await;
    assert_eq!(
        (status, &standing["state"]),
        (StatusCode::CREATED, &json!("invited"))
    );
}

async fn a_dose_that_arrived_settles_its_follow_up(nurse: &Actor, baby: Pseudonym) {
    let open = get(nurse, &format!("/v1/follow-up/open?subject={baby}")).await;
    assert_eq!(open["open"][0]["state"], "seen", "{open}");
    assert!(open["open"][0]["next"].is_null(), "{open}");
    let late = json!({"subject": baby, "about": "PCV20", "step": "remind", "on": day(0)});
    let (status, refused) = post(nurse, "/v1/follow-up/steps", &late).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused["detail"].as_str().unwrap().contains("was seen"),
        "{refused}"
    );
}

async fn a_whole_report_stays_in_the_log(nurse: &Actor, record: &RecordId) {
    let path = "/v1/follow-up/incidents";
    let mut form =
        json!({"record": record, "report": {"kind": "INTERVAL", "course": "間隔が足りなかった"}});
    let (status, refused) = post(nurse, path, &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("municipality (required)"),
        "{refused}"
    );
    assert_eq!(
        get(nurse, path).await["incidents"],
        json!([]),
        "nothing is kept"
    );
    for (field, value) in [
        ("municipality", json!("留寿都村")),
        ("place", json!("診療所")),
        ("harm", json!(false)),
        ("family_told", json!(true)),
        ("cause", json!("手帳を見なかった")),
        ("prevention", json!("二人で読む")),
        ("reporter", json!("保健師")),
    ] {
        form["report"][field] = value;
    }
    let (status, logged) = post(nurse, path, &form).await;
    assert_eq!(
        (status, &logged["report"]["dose"]["lot"]),
        (StatusCode::CREATED, &json!("HK-417 a")),
        "{logged}"
    );
    assert_eq!(
        post(nurse, path, &form).await.1,
        logged,
        "sent again, it is one"
    );
    assert_eq!(get(nurse, path).await["incidents"], json!([logged]));
}

async fn surveys_tell_no_single_answer(nurse: &Actor) {
    let counted = get(nurse, "/v1/follow-up/surveys?form=survey-checkup&year=2026").await;
    assert_eq!(counted["people"], 0, "nobody has answered: {counted}");
    for query in [
        "form=checkup-3-4m-family&year=2026",
        "form=nothing&year=2026",
        "form=survey-checkup&year=2026&publish=1",
    ] {
        let (status, _) = nurse.get(&format!("/v1/follow-up/surveys?{query}")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
}

/// Two doses by the clinic, one without a lot; the village finds them in its own ledger.
async fn a_lot_is_recalled(world: &World, nurse: &Actor, baby: Pseudonym) -> RecordId {
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let given = dose("baby", "PCV20", &day(-50), "HK-417 a");
    let record = clinic.record(&baby, &given).await;
    let mut without = dose("baby", "DPT-IPV-HIB", &day(-50), "x");
    without.as_object_mut().unwrap().remove("lotNumber");
    // Only what was taken over from another record may lack its lot.
    without["primarySource"] = json!(false);
    let unmarked = clinic.record(&baby, &without).await;
    for record in [&record, &unmarked] {
        world.until_stored(record).await;
    }
    let found = get(nurse, "/v1/follow-up/recall?lot=%EF%BD%88%EF%BD%8B417A").await;
    assert_eq!(
        found["doses"],
        json!([{"subject": baby, "record": record, "product": "PCV20", "date": day(-50), "lot": "HK-417 a"}]),
        "however the lot is written: {found}"
    );
    assert_eq!(found["withoutLot"][0]["record"], json!(unmarked), "{found}");
    let of_product = get(nurse, "/v1/follow-up/recall?lot=HK417A&product=PCV20").await;
    assert_eq!(of_product["withoutLot"], json!([]));
    assert_eq!(of_product["doses"], found["doses"]);
    let other = get(nurse, "/v1/follow-up/recall?lot=HK417A&product=MR").await;
    assert_eq!(other["doses"], json!([]));
    for query in ["", "?lot=-", "?lot=A&product=ZZ"] {
        let (status, _) = nurse.get(&format!("/v1/follow-up/recall{query}")).await;
        assert!(status.is_client_error(), "{query}: {status}");
    }
    // A dose that is on record is due no more.
    let list = get(nurse, "/v1/follow-up/due").await;
    let overdue = about(&list["doses"], &baby).into_iter();
    let labels: Vec<&Value> = overdue
        .filter(|row| row["vaccine"] == "PCV20")
        .map(|row| &row["dose"])
        .collect();
    assert!(!labels.contains(&&json!("1")), "{labels:?}");
    record
}

async fn papers_name_what_is_missing(nurse: &Actor, record: &RecordId) {
    let form =
        json!({"record": record, "report": {"kind": "BLOOD_RISK", "course": "ほかの子に使った針"}});
    let (status, paper) = post(nurse, "/v1/follow-up/incident-reports", &form).await;
    assert_eq!(
        (status, &paper["urgent"]),
        (StatusCode::OK, &json!(true)),
        "{paper}"
    );
    let report = &paper["report"];
    assert_eq!(
        (
            &report["dose"]["vaccine"],
            &report["dose"]["lot"],
            &report["age_months"]
        ),
        (&json!("PCV20"), &json!("HK-417 a"), &json!(2))
    );
    let gaps: Vec<&str> = paper["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| gap["field"].as_str().unwrap())
        .collect();
    assert!(
        gaps.contains(&"municipality") && gaps.contains(&"harm"),
        "{gaps:?}"
    );
    assert!(
        !gaps.contains(&"dose.lot") && !gaps.contains(&"course"),
        "{gaps:?}"
    );

    let form = json!({"record": record, "report": {"symptom": "発熱", "onset": day(-49)}});
    let (_, draft) = post(nurse, "/v1/follow-up/reaction-reports", &form).await;
    assert_eq!(draft["report"]["birth"], day(-120));
    assert_eq!(draft["report"]["doses"][0]["date"], day(-50));
    assert!(
        draft["gaps"].to_string().contains("judgement"),
        "the physician judges: {draft}"
    );
    let unknown = json!({"record": RecordId([9; 32]), "report": {}});
    let (status, _) = post(nurse, "/v1/follow-up/incident-reports", &unknown).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = post(
        nurse,
        "/v1/follow-up/incident-reports",
        &json!({"report": {"name": "見本"}}),
    )
    .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

async fn figures_are_counted_and_small_ones_hidden(nurse: &Actor) {
    // The fiscal year in which the dose was given.
    let given = day(-50);
    let (year, month) = (&given[..4], &given[5..7]);
    let year: i32 = year.parse().unwrap();
    let year = if month < "04" { year - 1 } else { year };
    let counted = get(nurse, &format!("/v1/follow-up/coverage?year={year}")).await;
    let sum: u64 = counted["doses"]["counts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(sum, 2, "{counted}");
    assert_eq!(counted["checkups"].as_array().unwrap().len(), 7);
    let mut cohorts = counted["vaccinated"].as_array().unwrap().iter();
    let vaccinated = cohorts.find_map(|cohort| {
        let mut doses = cohort["doses"].as_array().unwrap().iter();
        doses.find(|one| one["given"] == 1 && one["dose"] == 1)
    });
    assert!(
        vaccinated.unwrap()["children"].as_u64() >= Some(1),
        "{counted}"
    );
    let path = format!("/v1/follow-up/coverage?year={year}&publish=10");
    let published = get(nurse, &path).await;
    let shown =
        published["doses"]["counts"].to_string() + &published["checkups"]["counts"].to_string();
    let told: Vec<char> = shown.chars().filter(char::is_ascii_digit).collect();
    assert!(
        told.iter().all(|digit| *digit == '0') && shown.contains("null"),
        "{published}"
    );
    for query in ["", "?year=0", &format!("?year={year}&publish=1")] {
        let (status, _) = nurse.get(&format!("/v1/follow-up/coverage{query}")).await;
        assert!(status.is_client_error(), "{query}: {status}");
    }
}

async fn what_was_entered_in_error_is_recalled_no_more(
    world: &World,
    nurse: &Actor,
    record: &RecordId,
) {
    let clinic = world.staff("yotei-clinic", "gateway", AT_CLINIC);
    clinic.submit(calls::records::enter_in_error(*record)).await;
    world.until(record, |view| view.in_error).await;
    for _ in 0..BLOCKS_MAX {
        let found = get(nurse, "/v1/follow-up/recall?lot=HK417A").await;
        if found["doses"] == json!([]) {
            return;
        }
        world.next_block().await;
    }
    panic!("the ledger still has the dose");
}
