//! Everything that the node emits as FHIR in the course of a visit: capability statement, resources, Bundles, operations, histories, outcomes
//! at both doors, the family's card, and the copy that leaves by `musubi care export`.

use crate::{
    seeds::{answers, scale},
    system::Reply,
    world::{World, gateway},
};
use musubi_tests_support::gateway::{Gateway, now, random};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::process::Command;

const PRODUCT: &str = "https://musubi.example/CodeSystem/schedule-product";

/// The resources, and the health cards.
pub(crate) async fn said(world: &World) -> (Vec<Value>, Vec<Value>) {
    let (village, clinic, patient) = (&world.village, &world.clinic, world.patient());
    let statement = village.get("/fhir/metadata").await.expect(200);
    let mut said = vec![statement.clone()];
    for resource in written(&patient) {
        let path = format!("/fhir/{}", resource["resourceType"].as_str().unwrap());
        let made = clinic.post(&path, &resource).await.expect(201);
        world.until_stored(made["id"].as_str().unwrap()).await;
        said.push(made);
    }
    let given = dose(&patient, "2026-09-04");
    said.push(village.post("/fhir/Immunization", &given).await.expect(201));
    let denied = format!("/fhir/Immunization?patient={patient}");
    said.push(world.reader.get(&denied).await.body);
    world.consent().await;
    for kind in [
        "Consent",
        "AuditEvent",
        "Provenance",
        "ImmunizationRecommendation",
        "Observation",
        "DocumentReference",
    ] {
        let path = format!("/fhir/{kind}?patient={patient}&_count=200");
        said.push(village.get(&path).await.expect(200));
    }
    said.push(
        village
            .get("/fhir/Questionnaire?_count=200")
            .await
            .expect(200),
    );
    said.push(village.get("/fhir/Patient?name=みほん").await.expect(200));
    said.push(clinic.get(&format!("/fhir/{patient}")).await.expect(200));
    for operation in ["$everything", "$summary", "$export-history"] {
        let path = format!("/fhir/{patient}/{operation}");
        said.push(village.get(&path).await.expect(200));
    }
    let entry = json!({"resource": dose(&patient, "2026-09-05"), "request": {"method": "POST", "url": "Immunization"}});
    let transaction = json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]});
    said.push(clinic.post("/fhir", &transaction).await.expect(200));
    said.extend(forms(world, &patient).await);
    said.extend(outcomes(world, &patient).await);
    said.push(exported(world, &patient).await);
    let (issued, card) = card(world, &patient).await;
    said.push(issued);
    let family = family_card(world).await;
    every_type_is_among_them(&statement, &said);
    (said, vec![card, family])
}

/// What is said to answers: flags, a score, and the history of a correction.
async fn forms(world: &World, patient: &str) -> Vec<Value> {
    let clinic = &world.clinic;
    let path = "/fhir/QuestionnaireResponse";
    let mut said = Vec::new();
    for (response, operation) in [
        (answers(&world.child), "$flags"),
        (scale(patient), "$score"),
    ] {
        let made = clinic.post(path, &response).await.expect(201);
        let id = made["id"].as_str().unwrap();
        said.push(
            clinic
                .get(&format!("{path}/{id}/{operation}"))
                .await
                .expect(200),
        );
        said.push(made);
    }
    assert!(
        said[2].to_string().contains("everyday-load/item-1"),
        "{}",
        said[2]
    );
    said
}

/// A refusal of each kind, at the door of systems and at the signed one.
async fn outcomes(world: &World, patient: &str) -> Vec<Value> {
    let clinic = &world.clinic;
    let first = dose(patient, "2026-09-12");
    let made = clinic.post("/fhir/Immunization", &first).await.expect(201);
    let path = format!("/fhir/Immunization/{}", made["id"].as_str().unwrap());
    let mut newer = made.clone();
    newer["lotNumber"] = json!("H9");
    let send = async |value: &Value, headers: &[(&str, &str)]| {
        clinic.send(Method::PUT, &path, value, headers).await
    };
    let outcome = |reply: Reply, status: u16| {
        reply.issue(status);
        reply.body
    };
    let mut said = vec![
        outcome(clinic.get("/fhir/Immunization?colour=red").await, 400),
        outcome(clinic.get("/fhir/Immunization/unknown").await, 404),
        outcome(send(&newer, &[]).await, 428),
    ];
    let corrected = send(&newer, &[("if-match", "W/\"1\"")]).await;
    said.push(corrected.expect(200));
    said.push(outcome(send(&newer, &[("if-match", "W/\"1\"")]).await, 412));
    let again = clinic.post("/fhir/Immunization", &first).await;
    said.push(outcome(again, 409));
    said.push(clinic.get(&format!("{path}/_history")).await.expect(200));
    let doctor = gateway(
        &world.consortium,
        4,
        "yotei-clinic",
        "doctor",
        world.genesis,
    );
    for (subject, body) in [
        (
            world.child.as_str(),
            json!({"resourceType": "Immunization"}),
        ),
        ("", first.clone()),
        (world.child.as_str(), json!({"resourceType": "Basic"})),
    ] {
        let body = body.to_string().into_bytes();
        let request = doctor.request(Method::POST, "/fhir/Immunization", subject, body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["resourceType"], "OperationOutcome", "{answer}");
        said.push(answer);
    }
    said
}

/// The copy that a family takes away.
async fn exported(world: &World, patient: &str) -> Value {
    let everything = format!("/fhir/{patient}/$everything?_type=Patient,Immunization");
    let bundle = world.village.get(&everything).await.expect(200);
    let folder = world.consortium.folder();
    let (from, to) = (folder.join("record.json"), folder.join("copy.json"));
    std::fs::write(&from, bundle.to_string()).unwrap();
    let mut command = Command::new(musubi_tests_support::process::binary());
    command
        .args(["care", "export", "--child"])
        .arg(patient.trim_start_matches("Patient/"));
    command.arg("--bundle").arg(&to).arg(&from);
    let done = command.output().await.unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_str(&std::fs::read_to_string(&to).unwrap()).unwrap()
}

async fn card(world: &World, patient: &str) -> (Value, Value) {
    let kind =
        json!({"name": "credentialType", "valueUri": "https://smarthealth.cards#immunization"});
    let wanted = json!({"resourceType": "Parameters", "parameter": [kind]});
    let path = format!("/fhir/{patient}/$health-cards-issue");
    let issued = world.village.post(&path, &wanted).await.expect(200);
    let card = issued["parameter"][0]["valueString"].clone();
    (issued, card)
}

/// The card that a family's own phone is given.
async fn family_card(world: &World) -> Value {
    let phone = Gateway::new(
        world.village.origin.trim_start_matches("http://"),
        random(),
        world.genesis,
    );
    let device =
        json!({"account": phone.account(), "hpke": format!("0x{}", hex::encode(random()))});
    let patient = json!({
        "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": "father"}], "birthDate": "1993-04-05",
        "name": [{"text": "見本　太郎"}],
    });
    let form = json!({"patient": patient, "domain": "health", "device": device});
    let father = world.clerk.post("/v1/people", &form).await["pseudonym"].clone();
    let form = json!({
        "subject": world.child, "guardian": father, "role": "parental-authority", "authority": "single", "until": now() + 100_000_000_000,
    });
    world.clerk.post("/v1/guardianships", &form).await;
    let path = format!("/v1/family/{}/health-cards", world.child);
    phone.post(&path, &json!({})).await["card"].clone()
}

/// A type that the capability statement names and nobody validates is a hole in the gate.
fn every_type_is_among_them(statement: &Value, said: &[Value]) {
    let name = |resource: &Value| {
        resource["resourceType"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let entries = said
        .iter()
        .flat_map(|one| one["entry"].as_array().cloned().unwrap_or_default());
    let inside: Vec<Value> = entries.map(|entry| entry["resource"].clone()).collect();
    let emitted: BTreeSet<String> = said.iter().chain(&inside).map(name).collect();
    for served in statement["rest"][0]["resource"].as_array().unwrap() {
        let served = served["type"].as_str().unwrap();
        assert!(emitted.contains(served), "no {served} among {emitted:?}");
    }
    for beside in [
        "Flag",
        "OperationOutcome",
        "Parameters",
        "CapabilityStatement",
    ] {
        assert!(emitted.contains(beside), "no {beside} among {emitted:?}");
    }
}

fn dose(patient: &str, day: &str) -> Value {
    json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "H1", "patient": {"reference": patient},
        "vaccineCode": {"coding": [{"system": PRODUCT, "code": "PCV20"}]}, "occurrenceDateTime": day,
    })
}

/// As a Japanese record system writes it: JP Core's profile and extensions, and a product by HOT9.
fn japanese_dose(patient: &str) -> Value {
    let extension = |name: &str, day: &str| {
        let url = format!(
            "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Immunization_{name}"
        );
        json!({"url": url, "valueDate": day})
    };
    json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "H2", "patient": {"reference": patient},
        "meta": {"profile": ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Immunization"]},
        "extension": [extension("DueDateOfNextDose", "2027-01-12"), extension("ManufacturedDate", "2026-02-03")],
        "vaccineCode": {"coding": [{"system": "http://medis.or.jp/CodeSystem/master-HOT9", "code": "111501701"}]},
        "occurrenceDateTime": "2026-10-09", "primarySource": true,
    })
}

fn written(patient: &str) -> Vec<Value> {
    let subject = json!({"reference": patient});
    vec![
        dose(patient, "2026-10-08"),
        japanese_dose(patient),
        json!({
            "resourceType": "Observation", "status": "final", "subject": subject, "effectiveDateTime": "2026-11-05T09:30:00+09:00",
            "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            "valueQuantity": {"value": 7200, "code": "g", "unit": "g", "system": "http://unitsofmeasure.org"},
        }),
        json!({
            "resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "urn:test:form|1", "subject": subject,
            "authored": "2026-11-05T09:00:00+09:00", "item": [{"linkId": "a", "answer": [{"valueBoolean": true}]}],
        }),
        json!({
            "resourceType": "DocumentReference", "status": "current", "type": {"text": "紹介状"}, "subject": subject,
            "date": "2026-11-05T10:00:00+09:00", "content": [{"attachment": {"contentType": "text/plain", "data": "44GT44KT"}}],
        }),
    ]
}
