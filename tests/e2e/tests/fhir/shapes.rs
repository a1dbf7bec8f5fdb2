//! What is made of the chain and of records: consents, the trail, provenance, forecasts, summaries, health cards.

use crate::world::World;
use serde_json::{Value, json};

const PRODUCT: &str = "https://musubi.example/CodeSystem/schedule-product";

fn bytes_of(text: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn of_type<'b>(bundle: &'b Value, name: &str) -> Vec<&'b Value> {
    let entries = bundle["entry"].as_array().unwrap().iter();
    entries
        .map(|entry| &entry["resource"])
        .filter(|resource| resource["resourceType"] == name)
        .collect()
}

pub(crate) async fn consents_and_the_trail_show_to_whom_they_concern(
    world: &World,
    withdrawn: &str,
) {
    let patient = world.patient();
    let found = world
        .village
        .get(&format!("/fhir/Consent?patient={patient}"))
        .await
        .expect(200);
    let consent = &of_type(&found, "Consent")[0];
    assert_eq!(
        (&consent["id"], &consent["status"]),
        (&json!(withdrawn), &json!("inactive"))
    );
    assert_eq!(
        consent["provision"]["actor"][0]["reference"]["identifier"]["value"],
        "4"
    );
    assert_eq!(consent["provision"]["purpose"][0]["code"], "TREAT");
    let own = world
        .reader
        .get(&format!("/fhir/Consent/{withdrawn}"))
        .await
        .expect(200);
    assert_eq!(&own, *consent);
    world
        .village
        .get(&format!("/fhir/Consent?patient={patient}&status=active"))
        .await
        .expect(200);

    let events = world
        .village
        .get(&format!("/fhir/AuditEvent?patient={patient}&_count=200"))
        .await
        .expect(200);
    let subtypes: Vec<&str> = of_type(&events, "AuditEvent")
        .iter()
        .map(|event| event["subtype"][0]["code"].as_str().unwrap())
        .collect();
    for expected in [
        "enrolled",
        "guardianship-attested",
        "consent-effective",
        "consent-ended",
        "create",
        "read",
        "AuthZ-Consent",
        "access-denied",
        "access-statute",
    ] {
        assert!(subtypes.contains(&expected), "{expected} of {subtypes:?}");
    }
    let denied = world
        .village
        .get(&format!("/fhir/AuditEvent?patient={patient}&outcome=8"))
        .await
        .expect(200);
    let reasons: Vec<&Value> = of_type(&denied, "AuditEvent")
        .iter()
        .map(|event| &event["outcomeDesc"])
        .collect();
    assert!(
        reasons.contains(&&json!("no-consent")) && reasons.contains(&&json!("withdrawn")),
        "{reasons:?}"
    );
    let one = of_type(&events, "AuditEvent")[0];
    let again = world
        .village
        .get(&format!("/fhir/AuditEvent/{}", one["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(&again, one);
    // The clinic sees what names it, and nothing of the village's own.
    let own = world
        .reader
        .get(&format!("/fhir/AuditEvent?patient={patient}&_count=200"))
        .await
        .expect(200);
    assert!(own["total"].as_u64() < events["total"].as_u64());
    assert!(
        !of_type(&own, "AuditEvent")
            .iter()
            .any(|event| event["subtype"][0]["code"] == "enrolled")
    );
    world.reader.get("/fhir/AuditEvent/1-0").await.issue(404);
}

pub(crate) async fn provenance_says_who_wrote_and_where_the_chain_proves_it(
    world: &World,
    dose: &Value,
) {
    let found = world
        .clinic
        .get(&format!("/fhir/Provenance?patient={}", world.patient()))
        .await
        .expect(200);
    let target = format!("Immunization/{}/_history/1", dose["id"].as_str().unwrap());
    let of_dose = of_type(&found, "Provenance")
        .into_iter()
        .find(|one| one["target"][0]["reference"] == target.as_str())
        .unwrap();
    assert_eq!(of_dose["recorded"], dose["meta"]["lastUpdated"]);
    assert_eq!(of_dose["agent"][0]["who"]["identifier"]["value"], "4");
    assert!(of_dose["signature"][0]["data"].is_string());
}

pub(crate) async fn a_document_keeps_its_bytes(world: &World) {
    let letter = json!({
        "resourceType": "DocumentReference", "status": "current", "type": {"text": "紹介状"}, "subject": {"reference": world.patient()},
        "date": "2026-11-05T10:00:00+09:00", "content": [{"attachment": {"contentType": "text/plain", "data": "44GT44KT"}}],
    });
    let made = world
        .clinic
        .post("/fhir/DocumentReference", &letter)
        .await
        .expect(201);
    assert_eq!(made["content"], letter["content"]);
    let mut elsewhere = letter;
    elsewhere["content"][0]["attachment"]["url"] = json!("http://elsewhere.example/letter");
    world
        .clinic
        .post("/fhir/DocumentReference", &elsewhere)
        .await
        .issue(422);
}

/// The forms that ship are served; answers must fit the form and version that they name, and flags say what the physician should see.
pub(crate) async fn answers_fit_their_form_and_raise_flags(world: &World) {
    let clinic = &world.clinic;
    let forms = clinic.get("/fhir/Questionnaire").await.expect(200);
    // Beside the forms, the one scale that everybody may use.
    assert_eq!(forms["total"], musubi_care::forms::FORMS.len() + 1);
    for form in forms["entry"].as_array().unwrap() {
        let text = |name: &str| form["resource"][name].as_str().unwrap();
        let query = format!(
            "/fhir/Questionnaire?url={}|{}",
            text("url"),
            text("version")
        );
        assert_eq!(clinic.get(&query).await.expect(200)["total"], 1);
        let by_id = clinic
            .get(&format!("/fhir/Questionnaire/{}", text("id")))
            .await;
        assert_eq!(by_id.expect(200), form["resource"]);
    }
    let text = include_str!("../../../../chain-spec/presets/demo/phone-family/questionnaire.json");
    let mut answers: Value = serde_json::from_str(text).unwrap();
    answers["subject"]["reference"] = json!(world.patient());
    let unwell = answers["item"].as_array().unwrap();
    let unwell = unwell.iter().position(|item| item["linkId"] == "unwell");
    let unwell = unwell.unwrap();
    answers["item"][unwell]["answer"][0] = json!({"valueBoolean": true});
    let path = "/fhir/QuestionnaireResponse";
    // Whoever is unwell is asked for the symptoms.
    let refused = clinic.post(path, &answers).await;
    let expression = refused.issue(422)["expression"][0].as_str().unwrap();
    assert_eq!(
        expression,
        "QuestionnaireResponse.item.where(linkId='unwell-symptoms')"
    );
    let search = format!("{path}?patient={}", world.patient());
    let found = clinic.get(&search).await.expect(200);
    assert_eq!(found["total"], 0, "nothing was stored");
    let symptoms = json!({"linkId": "unwell-symptoms", "answer": [{"valueString": "咳"}]});
    answers["item"].as_array_mut().unwrap().push(symptoms);
    let made = clinic.post(path, &answers).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let flags = clinic.get(&format!("{path}/{id}/$flags")).await.expect(200);
    let raised = of_type(&flags, "Flag");
    assert_eq!(raised.len(), 1, "{flags}");
    assert_eq!(raised[0]["subject"]["reference"], json!(world.patient()));
    assert!(
        raised[0]["code"]["coding"][0]["code"].is_string() && raised[0]["code"]["text"].is_string()
    );
    assert_eq!(
        of_type(&flags, "OperationOutcome")[0]["issue"][0]["severity"],
        "information"
    );
}

/// The village records a dose of a product that the rules know, and shows all that follows from it.
pub(crate) async fn a_forecast_a_summary_and_a_card_follow_from_the_doses(world: &World) {
    let (village, patient) = (&world.village, world.patient());
    let dose = json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "H1", "patient": {"reference": patient},
        "vaccineCode": {"coding": [{"system": PRODUCT, "code": "PCV20"}]}, "occurrenceDateTime": "2026-09-04",
    });
    village.post("/fhir/Immunization", &dose).await.expect(201);
    let forecast = village
        .get(&format!(
            "/fhir/ImmunizationRecommendation?patient={patient}"
        ))
        .await
        .expect(200);
    let forecast = of_type(&forecast, "ImmunizationRecommendation")[0].clone();
    let second = forecast["recommendation"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["vaccineCode"][0]["coding"][0]["code"] == "PCV20")
        .unwrap();
    assert_eq!(second["doseNumberPositiveInt"], 2, "{second}");
    assert!(second["supportingImmunization"].is_array() && second["dateCriterion"].is_array());
    world
        .clinic
        .get(&format!(
            "/fhir/ImmunizationRecommendation?patient={patient}"
        ))
        .await
        .issue(501);

    let everything = village
        .get(&format!("/fhir/{patient}/$everything"))
        .await
        .expect(200);
    for name in [
        "Patient",
        "Immunization",
        "Consent",
        "AuditEvent",
        "Provenance",
        "ImmunizationRecommendation",
    ] {
        assert!(!of_type(&everything, name).is_empty(), "{name}");
    }
    let few = village
        .get(&format!("/fhir/{patient}/$everything?_type=Immunization"))
        .await
        .expect(200);
    assert!(of_type(&few, "Consent").is_empty() && !of_type(&few, "Immunization").is_empty());
    village
        .get(&format!("/fhir/{patient}/$everything?_type=Basic"))
        .await
        .issue(400);

    let summary = village
        .get(&format!("/fhir/{patient}/$summary"))
        .await
        .expect(200);
    assert_eq!(
        (
            &summary["type"],
            &summary["entry"][0]["resource"]["resourceType"]
        ),
        (&json!("document"), &json!("Composition"))
    );
    let history = village
        .get(&format!("/fhir/{patient}/$export-history"))
        .await
        .expect(200);
    assert_eq!(history["type"], "history");
    a_card_verifies_under_the_published_key(world, &patient).await;
}

async fn a_card_verifies_under_the_published_key(world: &World, patient: &str) {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    let kind =
        json!({"name": "credentialType", "valueUri": "https://smarthealth.cards#immunization"});
    let wanted = json!({"resourceType": "Parameters", "parameter": [kind]});
    let path = format!("/fhir/{patient}/$health-cards-issue");
    let answer = world.village.post(&path, &wanted).await.expect(200);
    let card = answer["parameter"][0]["valueString"].as_str().unwrap();
    let (signed, signature) = card.rsplit_once('.').unwrap();
    let keys = world
        .village
        .get("/.well-known/jwks.json")
        .await
        .expect(200);
    let header: Value =
        serde_json::from_slice(&bytes_of(signed.split('.').next().unwrap())).unwrap();
    let key = &keys["keys"][0];
    assert_eq!(
        (&header["kid"], &header["zip"], &header["alg"]),
        (&key["kid"], &json!("DEF"), &json!("ES256"))
    );
    let coordinate = |name: &str| bytes_of(key[name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &bytes_of(signature))
        .unwrap();
    world
        .village
        .post(&path, &json!({"resourceType": "Parameters"}))
        .await
        .issue(400);
    // Where there is no register there is no name to put on a card.
    world.clinic.post(&path, &wanted).await.issue(501);
}

pub(crate) async fn what_is_erased_is_gone(world: &World, dose: &Value) {
    let (clinic, id) = (&world.clinic, dose["id"].as_str().unwrap());
    let all = format!("/fhir/Immunization?patient={}", world.patient());
    let before = clinic.get(&all).await.expect(200)["total"]
        .as_u64()
        .unwrap();
    world.erase(id).await;
    for path in [
        format!("/fhir/Immunization/{id}"),
        format!("/fhir/Immunization/{id}/_history"),
    ] {
        assert_eq!(clinic.get(&path).await.issue(410)["code"], "deleted");
    }
    assert_eq!(clinic.get(&all).await.expect(200)["total"], before - 1);
}
