//! A record system at the schedule check with nothing but its registration: prefetch from its own facade, check, record, check again,
//! and say what became of the card.

use crate::{
    system::{Reply, System, now, reply},
    world::{World, enrol},
};
use reqwest::Method;
use serde_json::{Value, json};

const SERVICE: &str = "/cds-services/musubi-immunization";
const PRODUCTS: &str = "https://musubi.example/CodeSystem/schedule-product";
const PSEUDONYM: &str = "urn:musubi:pseudonym:health";
const DAY: &str = "2026-11-20";

/// A child whom the clinic has not seen before, as the clinic's own chart knows it.
struct Chart {
    pseudonym: String,
    patient: Value,
}

impl Chart {
    async fn open(world: &World) -> Self {
        let child = enrol(&world.clerk, "守田　護", "モリタ　マモル", "2026-06-20").await;
        let height = world.consortium.rpc(0).await.height().await;
        world.consortium.rpc(4).await.wait_for_height(height).await;
        let pseudonym = child.trim_start_matches("0x").to_owned();
        let patient = json!({
            "resourceType": "Patient", "id": "chart-17", "identifier": [{"system": PSEUDONYM, "value": pseudonym}],
            "name": [{"text": "守田　護"}], "birthDate": "2026-06-20",
        });
        Self { pseudonym, patient }
    }

    /// An order for a first BCG, with what was fetched before.
    fn order(&self, patient_id: &str, patient: &Value, doses: &Value) -> Value {
        let draft = json!({
            "resourceType": "Immunization", "patient": {"reference": format!("Patient/{patient_id}")}, "occurrenceDateTime": DAY,
            "vaccineCode": {"coding": [{"system": PRODUCTS, "code": "BCG"}]},
        });
        json!({
            "hook": "order-sign", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {
                "userId": "Practitioner/1", "patientId": patient_id,
                "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]},
            },
            "prefetch": {"patient": patient, "immunizations": doses},
            "extension": {"musubi": {"historyConfirmed": true}},
        })
    }
}

pub(crate) async fn a_system_checks_records_and_checks_again_by_its_token_alone(world: &mut World) {
    world.clinic.log_in("system/*.cruds").await;
    let (clinic, chart) = (&world.clinic, Chart::open(world).await);
    let fetched = prefetch(clinic, &chart.pseudonym).await;
    // Nobody here has written about the child: the facade has no Patient, and a birth date that is not known is a person's matter.
    assert_eq!(
        (&fetched[0], &fetched[1]["total"]),
        (&Value::Null, &json!(0))
    );
    let unknown = chart.order(&chart.pseudonym, &fetched[0], &fetched[1]);
    assert_eq!(verdict(&asked(clinic, &unknown).await), "needs_person");

    let first = chart.order("chart-17", &chart.patient, &fetched[1]);
    let met = asked(clinic, &first).await;
    assert_eq!(verdict(&met), "conditions_met", "{met}");
    let dose = json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "K9", "primarySource": true, "occurrenceDateTime": DAY,
        "patient": {"reference": format!("Patient/{}", chart.pseudonym)},
        "vaccineCode": {"coding": [{"system": PRODUCTS, "code": "BCG"}]},
    });
    clinic.post("/fhir/Immunization", &dose).await.expect(201);

    let fetched = prefetch(clinic, &chart.pseudonym).await;
    assert_eq!(
        (&fetched[0]["id"], &fetched[1]["total"]),
        (&json!(chart.pseudonym), &json!(1))
    );
    let again = asked(
        clinic,
        &chart.order("chart-17", &chart.patient, &fetched[1]),
    )
    .await;
    assert_eq!(verdict(&again), "not_met", "{again}");
    feedback_names_the_card_alone(clinic, &chart, &met, &again).await;

    another_childs_chart_is_noticed(clinic, &chart, &fetched[1]).await;
    only_a_registered_system_with_the_scope_is_heard(&mut world.clinic, &first).await;
}

/// Fills in the templates that the service publishes, against the clinic's own facade; null where nothing is there.
async fn prefetch(clinic: &System, patient_id: &str) -> [Value; 2] {
    let services = clinic.get("/cds-services").await.expect(200);
    let templates = services["services"][0]["prefetch"].clone();
    let fetch = async |key: &str| {
        let template = templates[key].as_str().unwrap();
        let query = template.replace("{{context.patientId}}", patient_id);
        let found = clinic.get(&format!("/fhir/{query}")).await;
        match found.status.as_u16() {
            200 => found.body,
            _ => {
                assert_eq!(found.issue(404)["code"], "not-found");
                Value::Null
            }
        }
    };
    [fetch("patient").await, fetch("immunizations").await]
}

async fn asked(clinic: &System, order: &Value) -> Value {
    let answer = clinic.post(SERVICE, order).await.expect(200);
    assert_eq!(answer["cards"].as_array().unwrap().len(), 1, "{answer}");
    answer["cards"][0].clone()
}

fn verdict(card: &Value) -> &str {
    card["extension"]["musubi"]["verdict"].as_str().unwrap()
}

/// As the standard has it: no header of ours says whom the card is about.
async fn feedback_names_the_card_alone(clinic: &System, chart: &Chart, met: &Value, again: &Value) {
    let path = format!("{SERVICE}/feedback");
    let said = async |entries: Value| clinic.post(&path, &json!({"feedback": entries})).await;
    let accepted = json!({"card": met["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-20T01:00:00Z"});
    let answer = said(json!([accepted])).await.expect(200);
    assert_eq!(answer["toSign"], json!([]));
    let overridden = |card: &Value| {
        json!([{
            "card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T01:00:00Z",
            "overrideReason": {"reason": {"code": "already-given"}, "userComment": "二重の記録の確認のため"},
        }])
    };
    let answer = said(overridden(&again["uuid"])).await.expect(200);
    let to_sign = &answer["toSign"][0];
    assert_eq!(to_sign["subject"], format!("0x{}", chart.pseudonym));
    let unknown = said(overridden(&json!("00000000-0000-8000-8000-000000000000"))).await;
    assert_eq!(unknown.expect(404)["type"], "urn:musubi:problem:not-found");
}

async fn another_childs_chart_is_noticed(clinic: &System, chart: &Chart, doses: &Value) {
    let mut twin = chart.patient.clone();
    twin["identifier"][0]["value"] = json!("7".repeat(64));
    let mixed = asked(clinic, &chart.order(&chart.pseudonym, &twin, doses)).await;
    let findings = mixed["extension"]["musubi"]["findings"].to_string();
    assert!(findings.contains("WRONG_PERSON"), "{mixed}");
}

async fn only_a_registered_system_with_the_scope_is_heard(clinic: &mut System, order: &Value) {
    // CDS Hooks 2: a JWT of the client's own for this very address, good once.
    let claims = json!({
        "iss": clinic.id, "aud": format!("{}{SERVICE}", clinic.origin), "iat": now(), "exp": now() + 60, "jti": "call-1",
    });
    let jwt = clinic.assertion(&clinic.header(), &claims);
    assert_eq!(borne(clinic, &jwt, order).await.status, 200);
    refused(borne(clinic, &jwt, order).await, 401);
    let mut elsewhere = claims.clone();
    (elsewhere["aud"], elsewhere["jti"]) = (json!("https://elsewhere.example"), json!("call-2"));
    let jwt = clinic.assertion(&clinic.header(), &elsewhere);
    refused(borne(clinic, &jwt, order).await, 401);
    refused(borne(clinic, "no-token-of-anybody", order).await, 401);
    clinic.log_in("system/Patient.rs").await;
    let token = clinic.token.clone();
    refused(borne(clinic, &token, order).await, 403);
    clinic.log_in("system/*.cruds").await;
}

async fn borne(clinic: &System, bearer: &str, order: &Value) -> Reply {
    let request = clinic.request(Method::POST, SERVICE);
    let request = request
        .header("content-type", "application/json")
        .body(order.to_string());
    let mut request = request.build().unwrap();
    let value = format!("Bearer {bearer}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    reply(reqwest::RequestBuilder::from_parts(
        musubi_tests_support::gateway::http(),
        request,
    ))
    .await
}

fn refused(answer: Reply, status: u16) {
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.expect(status)["status"], status);
}
