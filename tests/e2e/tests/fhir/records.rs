//! Records through the facade, step by step on one consortium.

use crate::world::World;
use reqwest::Method;
use serde_json::{Value, json};

fn dose(patient: &str, day: &str, lot: &str) -> Value {
    json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": lot, "patient": {"reference": patient},
        "vaccineCode": {"coding": [{"system": "urn:oid:1.2.392.200119.4.403.1", "code": "111501701"}]},
        "occurrenceDateTime": day,
    })
}

fn weight(patient: &str, day: &str, grams: u32) -> Value {
    json!({
        "resourceType": "Observation", "status": "final", "subject": {"reference": patient}, "effectiveDateTime": day,
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "valueQuantity": {"value": grams, "code": "g", "unit": "g", "system": "http://unitsofmeasure.org"},
    })
}

/// How many doses the clinic's system finds of the child.
async fn count(world: &World, query: &str) -> u64 {
    let path = format!("/fhir/Immunization?patient={}{query}", world.patient());
    world.clinic.get(&path).await.expect(200)["total"]
        .as_u64()
        .unwrap()
}

pub(crate) async fn a_wrong_request_gets_an_outcome_and_stores_nothing(world: &World) {
    let (clinic, patient) = (&world.clinic, world.patient());
    let right = dose(&patient, "2026-09-10", "A1");
    let with = |name: &str, value: Value| {
        let mut dose = right.clone();
        dose[name] = value;
        dose
    };
    let nobody = format!("Patient/{}", "0".repeat(64));
    let wrong = [
        (with("status", json!("bogus")), "Immunization.status"),
        (
            with("occurrenceDateTime", json!("2026-13-01")),
            "Immunization.occurrenceDateTime",
        ),
        (
            with("patient", json!({"reference": nobody})),
            "Immunization.patient.reference",
        ),
        (
            with("patient", json!({"reference": "Patient/1"})),
            "Immunization.patient.reference",
        ),
        (with("vaccineCode", Value::Null), "Immunization.vaccineCode"),
    ];
    for (dose, place) in wrong {
        let answer = clinic.post("/fhir/Immunization", &dose).await;
        assert_eq!(answer.issue(422)["expression"][0], place);
    }
    clinic.post("/fhir/Observation", &right).await.issue(400);
    let plain = clinic
        .request(Method::POST, "/fhir/Immunization")
        .header("content-type", "text/plain")
        .body("x");
    crate::system::reply(plain).await.issue(415);
    let broken = clinic
        .request(Method::POST, "/fhir/Immunization")
        .header("content-type", "application/fhir+json")
        .body("{");
    crate::system::reply(broken).await.issue(400);
    let huge = clinic
        .request(Method::POST, "/fhir/Immunization")
        .header("content-type", "application/fhir+json")
        .body(vec![b' '; 5 << 20]);
    crate::system::reply(huge).await.issue(413);
    let xml = clinic
        .request(Method::GET, "/fhir/metadata")
        .header("accept", "application/fhir+xml");
    crate::system::reply(xml).await.issue(406);
    clinic
        .send(Method::DELETE, "/fhir/Immunization/1", &right, &[])
        .await
        .issue(405);
    clinic.get("/fhir/Basic").await.issue(404);
    clinic.get("/fhir/Immunization/1").await.issue(404);
    clinic
        .get(&format!("/fhir/Immunization/{}", "0".repeat(64)))
        .await
        .issue(404);
    for query in [
        "",
        "?patient=Patient/1",
        "?colour=red",
        "?patient=1&date=soon",
        "?_cursor=x",
    ] {
        clinic
            .get(&format!("/fhir/Immunization{query}"))
            .await
            .issue(400);
    }
    assert_eq!(count(world, "").await, 0);
}

pub(crate) async fn a_dose_is_created_once_read_and_found(world: &World) {
    let (clinic, patient) = (&world.clinic, world.patient());
    let sent = dose(&patient, "2026-09-10", "A1");
    let made = clinic.post("/fhir/Immunization", &sent).await;
    assert_eq!(
        (made.status.as_u16(), made.header("etag")),
        (201, "W/\"1\""),
        "{}",
        made.body
    );
    let location = made.header("location").to_owned();
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!(
        location,
        format!("{}/fhir/Immunization/{id}/_history/1", clinic.origin)
    );
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&made.body[name], value, "{name}");
    }
    assert!(made.body["meta"]["lastUpdated"].is_string());

    let read = clinic.get(&format!("/fhir/Immunization/{id}")).await;
    assert_eq!(read.header("etag"), "W/\"1\"");
    assert_eq!(read.expect(200), made.body);
    assert_eq!(clinic.get(&location).await.expect(200), made.body);
    let unchanged = clinic
        .request(Method::GET, &format!("/fhir/Immunization/{id}"))
        .header("if-none-match", "W/\"1\"");
    assert_eq!(unchanged.send().await.unwrap().status(), 304);
    clinic
        .get(&format!("/fhir/Observation/{id}"))
        .await
        .issue(404);
    clinic
        .get(&format!("/fhir/Immunization/{id}/_history/2"))
        .await
        .issue(404);

    // The same content is the same record; so is what If-None-Exist finds.
    let again = clinic.post("/fhir/Immunization", &sent).await.expect(200);
    assert_eq!(again["id"], id.as_str());
    let other = dose(&patient, "2026-09-10", "another lot");
    let condition = format!("patient={patient}&date=2026-09-10");
    let found = clinic
        .send(
            Method::POST,
            "/fhir/Immunization",
            &other,
            &[("if-none-exist", &condition)],
        )
        .await
        .expect(200);
    assert_eq!(found["id"], id.as_str());

    for (query, expected) in [
        ("", 1),
        ("&date=2026-09-10", 1),
        ("&date=ge2026-09-11", 0),
        ("&vaccine-code=111501701", 1),
        ("&vaccine-code=urn:oid:1.2.392.200119.4.403.1|111501701", 1),
        ("&vaccine-code=urn:other|111501701", 0),
        ("&status=not-done", 0),
        ("&_lastUpdated=ge2026-01-01", 1),
        (&format!("&_id={id}"), 1),
    ] {
        assert_eq!(count(world, query).await, expected, "{query}");
    }
    world.until_stored(&id).await;
}

pub(crate) async fn a_correction_keeps_the_history(world: &World) {
    let (clinic, patient) = (&world.clinic, world.patient());
    let made = clinic
        .post("/fhir/Immunization", &dose(&patient, "2026-10-01", "B1"))
        .await
        .expect(201);
    let id = made["id"].as_str().unwrap();
    let path = format!("/fhir/Immunization/{id}");
    let mut corrected = made.clone();
    corrected["occurrenceDateTime"] = json!("2026-10-02");
    clinic
        .send(Method::PUT, &path, &corrected, &[])
        .await
        .issue(428);
    clinic
        .send(Method::PUT, &path, &corrected, &[("if-match", "W/\"7\"")])
        .await
        .issue(412);
    let mut moved = corrected.clone();
    moved["patient"]["reference"] = json!(format!(
        "Patient/{}",
        world.guardian.trim_start_matches("0x")
    ));
    clinic
        .send(Method::PUT, &path, &moved, &[("if-match", "W/\"1\"")])
        .await
        .issue(422);

    let second = clinic
        .send(Method::PUT, &path, &corrected, &[("if-match", "W/\"1\"")])
        .await;
    assert_eq!(second.header("etag"), "W/\"2\"");
    let second = second.expect(200);
    assert_eq!(
        (&second["id"], &second["occurrenceDateTime"]),
        (&json!(id), &json!("2026-10-02"))
    );
    assert_eq!(count(world, "&date=2026-10-01").await, 0);
    assert_eq!(count(world, "&date=2026-10-02").await, 1);
    assert_eq!(
        clinic.get(&format!("{path}/_history/1")).await.expect(200),
        made
    );

    let mut mark = second.clone();
    mark["status"] = json!("entered-in-error");
    let third = clinic
        .send(Method::PUT, &path, &mark, &[("if-match", "W/\"2\"")])
        .await
        .expect(200);
    assert_eq!(
        (&third["status"], &third["meta"]["versionId"]),
        (&json!("entered-in-error"), &json!("3"))
    );
    clinic
        .send(Method::PUT, &path, &second, &[("if-match", "W/\"3\"")])
        .await
        .issue(409);
    let history = clinic.get(&format!("{path}/_history")).await.expect(200);
    let versions: Vec<&Value> = history["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["resource"]["meta"]["versionId"])
        .collect();
    assert_eq!(versions, ["3", "2", "1"]);
}

pub(crate) async fn a_transaction_is_all_or_nothing(world: &World) {
    let (clinic, patient) = (&world.clinic, world.patient());
    let before = count(world, "").await;
    let entry = |resource: Value, kind: &str| {
        let request = json!({"method": "POST", "url": kind});
        json!({"fullUrl": format!("urn:uuid:{kind}"), "resource": resource, "request": request})
    };
    let mut derived = weight(&patient, "2026-10-10T10:00:00+09:00", 7_001);
    derived["derivedFrom"] = json!([{"reference": "urn:uuid:Observation"}]);
    let bundle =
        |entries: Value| json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    let mut later = entry(derived, "Observation");
    later["fullUrl"] = json!("urn:uuid:derived");
    let right = json!([
        later,
        entry(dose(&patient, "2026-10-10", "C1"), "Immunization"),
        entry(
            weight(&patient, "2026-10-10T09:30:00+09:00", 7_000),
            "Observation"
        ),
    ]);
    let mut wrong = right.clone();
    wrong[2]["resource"]["effectiveDateTime"] = json!("never");
    wrong[1]["resource"]["status"] = json!("perhaps");
    let refused = clinic.post("/fhir", &bundle(wrong)).await;
    refused.issue(422);
    let places: Vec<&Value> = refused.body["issue"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| &issue["expression"][0])
        .collect();
    assert_eq!(
        places,
        [
            "Bundle.entry[1].resource.status",
            "Bundle.entry[2].resource.effectiveDateTime"
        ]
    );
    assert_eq!(count(world, "").await, before);

    let mut twice = right.clone();
    twice[0] = twice[1].clone();
    let refused = clinic.post("/fhir", &bundle(twice)).await;
    assert_eq!(refused.issue(422)["expression"][0], "Bundle.entry[1]");

    let done = clinic.post("/fhir", &bundle(right)).await.expect(200);
    let locations: Vec<&str> = done["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry["response"]["status"], "201 Created");
            entry["response"]["location"].as_str().unwrap()
        })
        .collect();
    assert_eq!(count(world, "").await, before + 1);
    let derived = clinic.get(locations[0]).await.expect(200);
    let from = derived["derivedFrom"][0]["reference"].as_str().unwrap();
    assert!(locations[2].contains(from), "{from} {locations:?}");
}

/// A dose of a product that the rules know.
fn known(patient: &str, product: &str, day: &str) -> Value {
    let mut known = dose(patient, day, "K1");
    let system = "https://musubi.example/CodeSystem/schedule-product";
    known["vaccineCode"] = json!({"coding": [{"system": system, "code": product}]});
    known
}

pub(crate) async fn a_date_is_corrected_after_the_dose_was_checked(world: &World) {
    let (clinic, patient) = (&world.clinic, world.patient());
    world.check("HIB", "2026-10-01").await;
    let mistaken = known(&patient, "HIB", "2026-10-01");
    let made = clinic.post("/fhir/Immunization", &mistaken).await;
    let id = made.expect(201)["id"].as_str().unwrap().to_owned();
    let mut right = known(&patient, "HIB", "2026-10-02");
    right["id"] = json!(id);
    let path = format!("/fhir/Immunization/{id}");
    let corrected = clinic
        .send(Method::PUT, &path, &right, &[("if-match", "W/\"1\"")])
        .await
        .expect(200);
    assert_eq!(corrected["occurrenceDateTime"], "2026-10-02");
    // The next dose counts from the right day, and the mistaken one is no dose.
    let next = world.check("HIB", "2026-10-10").await;
    assert_eq!(next["verdict"], "not_met", "{next}");
    assert_eq!(next["earliest"], "2026-10-30", "{next}");
}

pub(crate) async fn a_transaction_holds_its_doses_against_the_schedule_first(world: &World) {
    let (clinic, patient) = (&world.clinic, world.patient());
    world.check("PCV20", "2026-10-05").await;
    let entry = |resource: Value| {
        let request = json!({"method": "POST", "url": resource["resourceType"]});
        json!({"resource": resource, "request": request})
    };
    let bundle = |resources: Vec<Value>| {
        let entries: Vec<Value> = resources.into_iter().map(entry).collect();
        json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    };
    let weighed = weight(&patient, "2026-10-05", 6_543);
    let stored = async || {
        let path = format!("/fhir/Observation?patient={patient}&date=2026-10-05");
        let weights = clinic.get(&path).await.expect(200)["total"].clone();
        (weights, count(world, "&date=ge2026-10-03").await)
    };
    let before = stored().await;
    // The first has a check that stops it; of the others each is lawful alone.
    let stopped = known(&patient, "HIB", "2026-10-09");
    let first = known(&patient, "PCV20", "2026-10-05");
    let too_soon = known(&patient, "PCV20", "2026-10-09");
    for doses in [vec![stopped], vec![first.clone(), too_soon]] {
        let place = format!("Bundle.entry[{}].resource.occurrenceDateTime", doses.len());
        let all = std::iter::once(weighed.clone()).chain(doses).collect();
        let refused = clinic.post("/fhir", &bundle(all)).await;
        let issue = refused.issue(422);
        assert_eq!(issue["expression"][0], place, "{issue}");
        let said = issue["diagnostics"].as_str().unwrap();
        assert!(said.contains("INTERVAL_TOO_SHORT_SAME"), "{said}");
        assert_eq!(stored().await, before, "nothing is stored");
    }
    let done = clinic.post("/fhir", &bundle(vec![weighed, first])).await;
    done.expect(200);
    assert_ne!(stored().await, before);
}

pub(crate) async fn pages_follow_one_another(world: &World) {
    let (clinic, patient) = (&world.clinic, world.patient());
    for day in 11..=14 {
        clinic
            .post(
                "/fhir/Observation",
                &weight(&patient, &format!("2026-11-{day}"), 7_100 + day),
            )
            .await
            .expect(201);
    }
    let mut next = Some(format!(
        "/fhir/Observation?patient={patient}&date=ge2026-11-01&code=http://loinc.org|29463-7&category=vital-signs&_count=3"
    ));
    let mut days = Vec::new();
    while let Some(path) = next {
        let page = clinic.get(&path).await.expect(200);
        assert_eq!(page["total"], 4);
        let shown = page["entry"].as_array().unwrap();
        assert!(shown.len() <= 3);
        days.extend(shown.iter().map(|entry| {
            entry["resource"]["effectiveDateTime"]
                .as_str()
                .unwrap()
                .to_owned()
        }));
        let links = page["link"].as_array().unwrap();
        next = links
            .iter()
            .find(|link| link["relation"] == "next")
            .map(|link| link["url"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        days,
        ["2026-11-14", "2026-11-13", "2026-11-12", "2026-11-11"]
    );
    let form = clinic
        .request(Method::POST, "/fhir/Observation/_search")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("patient={patient}&date=2026-11-12"));
    assert_eq!(crate::system::reply(form).await.expect(200)["total"], 1);
}

pub(crate) async fn people_are_found_in_the_register_only(world: &mut World) {
    let patient = world.patient();
    let bare = world
        .clinic
        .get(&format!("/fhir/{patient}"))
        .await
        .expect(200);
    assert_eq!((bare.get("name"), bare.get("birthDate")), (None, None));
    world
        .clinic
        .get("/fhir/Patient?name=ミホン")
        .await
        .issue(501);
    world
        .clinic
        .get(&format!(
            "/fhir/Patient/{}",
            world.guardian.trim_start_matches("0x")
        ))
        .await
        .issue(404);

    world.village.log_in("system/Patient.rs").await;
    let known = world
        .village
        .get(&format!("/fhir/{patient}"))
        .await
        .expect(200);
    assert_eq!(
        (&known["birthDate"], &known["name"][0]["text"]),
        (&json!("2026-07-03"), &json!("見本　結"))
    );
    for (query, total) in [
        ("name=みほん", 2),
        ("name=ﾕｲ", 1),
        ("identifier=urn:test|見本　結", 1),
        ("identifier=urn:test|x", 0),
        ("name=nobody", 0),
    ] {
        let found = world
            .village
            .get(&format!("/fhir/Patient?{query}"))
            .await
            .expect(200);
        assert_eq!(found["total"], total, "{query}");
    }
    world.village.get("/fhir/Patient").await.issue(400);
    world
        .village
        .get("/fhir/Immunization?patient=Patient/1")
        .await
        .issue(403);
}

/// Gives the id of the consent that was withdrawn, and the clinic's own dose.
pub(crate) async fn a_denial_and_a_permit_are_the_chains(world: &World) -> (String, Value) {
    let patient = world.patient();
    let given = world
        .village
        .post("/fhir/Immunization", &dose(&patient, "2026-09-01", "V1"))
        .await
        .expect(201);
    let id = given["id"].as_str().unwrap();
    let (all, one) = (
        format!("/fhir/Immunization?patient={patient}"),
        format!("/fhir/Immunization/{id}"),
    );
    let denied = |reason: &'static str| async move {
        for path in [
            &format!("/fhir/Immunization?patient={}", world.patient()),
            &format!("/fhir/Immunization/{id}"),
        ] {
            let answer = world.reader.get(path).await;
            assert_eq!(answer.issue(403)["details"]["coding"][0]["code"], reason);
        }
    };
    denied("no-consent").await;
    // Without a ground the system never asks the chain: what others wrote is not there for it.
    world.clinic.get(&one).await.issue(404);

    let consent = world.consent().await;
    let read = world.reader.get(&one).await.expect(200);
    assert_eq!(
        (&read["lotNumber"], &read["meta"]["source"]),
        (&json!("V1"), &json!("urn:musubi:member:0"))
    );
    assert_eq!(world.reader.get(&all).await.expect(200)["total"], 1);

    // What the clinic wrote itself stays readable after the withdrawal, and the answer says what was denied.
    let own = world
        .clinic
        .post("/fhir/Immunization", &dose(&patient, "2026-10-01", "K1"))
        .await
        .expect(201);
    assert_eq!(world.reader.get(&all).await.expect(200)["total"], 2);
    world.withdraw(consent).await;
    let answer = world.reader.get(&one).await;
    assert_eq!(
        answer.issue(403)["details"]["coding"][0]["code"],
        "withdrawn"
    );
    let rest = world.reader.get(&all).await.expect(200);
    assert_eq!(
        (&rest["total"], &rest["entry"][0]["resource"]["id"]),
        (&json!(1), &own["id"])
    );
    assert_eq!(rest["entry"][1]["search"]["mode"], "outcome");
    assert_eq!(
        rest["entry"][1]["resource"]["issue"][0]["details"]["coding"][0]["code"],
        "withdrawn"
    );

    // The village's nurse reads what the clinic wrote by statute.
    world.until_stored(own["id"].as_str().unwrap()).await;
    let by_statute = world.village.get(&all).await.expect(200);
    assert_eq!(by_statute["total"], 2);
    let kept = world
        .village
        .get(&format!(
            "/fhir/Immunization/{}",
            own["id"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert_eq!(kept["meta"]["source"], "urn:musubi:member:4");
    // And corrects only its own.
    let path = format!("/fhir/Immunization/{}", own["id"].as_str().unwrap());
    world
        .village
        .send(Method::PUT, &path, &kept, &[("if-match", "W/\"1\"")])
        .await
        .issue(403);
    (hex::encode(consent.0), own)
}
