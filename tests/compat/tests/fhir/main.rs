//! What the facade emits, from real processes with real records, passes validators that share nothing with it, and a reader of SMART
//! Health Cards verifies its cards.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests start processes, read key files, and fail loudly"
)]
#![allow(
    dead_code,
    reason = "the end-to-end tests of the facade use all of these, this one a part"
)]

#[path = "../clients/foreign.rs"]
mod foreign;
#[path = "../../../e2e/tests/fhir/system.rs"]
mod system;
#[path = "../../../e2e/tests/fhir/world.rs"]
mod world;

use musubi_tests_support::gateway::secret;
use serde_json::{Value, json};
use std::path::Path;
use tokio::process::Command;
use world::World;

const PRODUCT: &str = "https://musubi.example/CodeSystem/schedule-product";

/// Everything that the facade says in the course of a visit: capability statement, resources, Bundles, outcomes.
async fn said(world: &World) -> (Vec<Value>, Value) {
    let (village, clinic, patient) = (&world.village, &world.clinic, world.patient());
    let mut said = vec![village.get("/fhir/metadata").await.expect(200)];
    for resource in written(&patient) {
        let path = format!("/fhir/{}", resource["resourceType"].as_str().unwrap());
        let made = clinic.post(&path, &resource).await.expect(201);
        world.until_stored(made["id"].as_str().unwrap()).await;
        said.push(made);
    }
    said.push(
        village
            .post("/fhir/Immunization", &dose(&patient, "2026-09-04"))
            .await
            .expect(201),
    );
    said.push(
        world
            .reader
            .get(&format!("/fhir/Immunization?patient={patient}"))
            .await
            .body,
    );
    world.consent().await;
    for kind in [
        "Consent",
        "AuditEvent",
        "Provenance",
        "ImmunizationRecommendation",
        "Observation",
        "DocumentReference",
    ] {
        said.push(
            village
                .get(&format!("/fhir/{kind}?patient={patient}&_count=200"))
                .await
                .expect(200),
        );
    }
    said.push(village.get("/fhir/Patient?name=みほん").await.expect(200));
    said.push(clinic.get(&format!("/fhir/{patient}")).await.expect(200));
    for operation in ["$everything", "$summary", "$export-history"] {
        said.push(
            village
                .get(&format!("/fhir/{patient}/{operation}"))
                .await
                .expect(200),
        );
    }
    said.push(clinic.get("/fhir/Immunization?colour=red").await.body);
    let entry = json!({"resource": dose(&patient, "2026-09-05"), "request": {"method": "POST", "url": "Immunization"}});
    let transaction = json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]});
    said.push(clinic.post("/fhir", &transaction).await.expect(200));
    let kind =
        json!({"name": "credentialType", "valueUri": "https://smarthealth.cards#immunization"});
    let wanted = json!({"resourceType": "Parameters", "parameter": [kind]});
    let card = village
        .post(&format!("/fhir/{patient}/$health-cards-issue"), &wanted)
        .await
        .expect(200);
    said.push(card.clone());
    (said, card["parameter"][0]["valueString"].clone())
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

#[tokio::test(flavor = "multi_thread")]
async fn what_the_facade_emits_passes_validators_and_readers_of_others() {
    let mut world = World::open().await;
    for system in [&mut world.village, &mut world.clinic, &mut world.reader] {
        system.log_in("system/*.cruds").await;
    }
    let (resources, card) = said(&world).await;
    let jwks = world
        .village
        .get("/.well-known/jwks.json")
        .await
        .expect(200);
    let openapi = world.village.get("/openapi.json").await.expect(200);
    let emitted =
        json!({"resources": resources, "cards": [card], "jwks": jwks, "openapi": openapi});
    // It stays, for the profiles of others: `./dev fhir-profiles`.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fhir-emitted.json");
    std::fs::write(&kept, emitted.to_string()).unwrap();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fhir");
    let javascript = foreign::javascript(&folder).await;
    let checked = foreign::must(
        Command::new("node")
            .arg("validate.mjs")
            .arg(&kept)
            .current_dir(&javascript),
    )
    .await;
    let python = foreign::python(&folder, "python-fhir").await;
    let also = foreign::must(
        Command::new(python)
            .arg(folder.join("validate.py"))
            .arg(&kept),
    )
    .await;
    for report in [checked, also] {
        let report: Value = serde_json::from_str(report.trim()).unwrap();
        assert_eq!(
            (report["resources"].as_u64(), &report["complaints"]),
            (u64::try_from(resources.len()).ok(), &json!([]))
        );
    }
    // What was asked before took its time: a token lives for five minutes.
    world.village.log_in("system/*.cruds").await;
    every_operation_answers_as_its_document_says(&world, &openapi).await;
}

/// Examples of each operation, of each kind: right and wrong.
const EXAMPLES: u32 = 4;

/// Schemathesis over the village's node, which has every desk: signed as its officer, and with the token of its system.
async fn every_operation_answers_as_its_document_says(world: &World, openapi: &Value) {
    let officer = world
        .consortium
        .folder()
        .join("members/rusutsu/officer.pem");
    let settings = json!({
        "origin": world.village.origin, "genesis": world.genesis, "secret": hex::encode(secret(&officer)),
        "token": world.village.token, "openapi": openapi, "examples": EXAMPLES,
    });
    let file = world.consortium.folder().join("schemathesis.json");
    std::fs::write(&file, settings.to_string()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rest");
    let python = foreign::python(&folder, "python-rest").await;
    let report = foreign::must(
        Command::new(python)
            .arg(folder.join("fuzz.py"))
            .arg(&file)
            .current_dir(world.consortium.folder()),
    )
    .await;
    let report: Value = serde_json::from_str(report.trim()).unwrap();
    tell(&report);
    assert_eq!(report["complaints"], json!([]));
    assert!(40 < report["operations"].as_u64().unwrap(), "{report}");
}

#[allow(clippy::print_stdout, reason = "how long it took is told")]
fn tell(report: &Value) {
    println!("schemathesis: {report}");
}
