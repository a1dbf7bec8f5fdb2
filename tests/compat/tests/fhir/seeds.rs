//! A right call of each operation that the village's node offers, with what it needs to exist: so that an operation which never does what its
//! document says is found out, and not only one that refuses rightly.

use crate::world::{World, enrol, gateway};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use musubi_client_sdk::calls;
use musubi_primitives::{
    AssuranceLevel, Category, CategorySet, Claim, Commitment, ConsentId, MemberId, Purpose,
    RequestId, StatuteArticle, Terms,
};
use musubi_tests_support::gateway::{Gateway, now, random, secret};
use reqwest::Method;
use serde_json::{Value, json};

const DAY: u64 = 24 * 3600 * 1000;
const PRODUCT: &str = "https://musubi.example/CodeSystem/schedule-product";

/// Operations that no test of this kind can call rightly, and where they are.
pub(crate) const ELSEWHERE: &[(&str, &str)] = &[
    ("POST /v1/evidence", "a card signs it: e2e home"),
    ("POST /v1/check-ins", "a card signs it: e2e counter"),
    ("POST /v1/evidence/erasures", "there is evidence: e2e home"),
    (
        "GET /v1/consents/{consent}/second-look",
        "there is evidence: e2e home",
    ),
    (
        "GET /v1/consents/{consent}/for-second-village",
        "there is evidence: e2e home",
    ),
    (
        "GET /v1/consents/{consent}/verdict",
        "an auditor, and evidence: e2e home",
    ),
    (
        "GET /v1/consents/{consent}/papers/{paper}",
        "there is evidence: e2e home",
    ),
    (
        "POST /v1/hand-overs/{code}",
        "the counter makes a statement: e2e counter",
    ),
    (
        "POST /v1/sessions/by-passkey",
        "a browser signs it: gateway's own tests",
    ),
    (
        "POST /v1/passkeys",
        "a browser signs it: gateway's own tests",
    ),
    (
        "DELETE /v1/passkeys/{credential}",
        "a browser made it: gateway's own tests",
    ),
];

/// Who signs, beside the officer.
pub(crate) struct Seeds {
    pub(crate) calls: Vec<Value>,
    pub(crate) keys: Value,
}

struct Making<'w> {
    world: &'w World,
    calls: Vec<Value>,
    nurse: Gateway,
    /// A second child, whose guardian has a phone.
    child: String,
    phone: Gateway,
}

pub(crate) async fn make(world: &World) -> Seeds {
    let key = |name: &str| {
        secret(
            &world
                .consortium
                .folder()
                .join(format!("members/{name}.pem")),
        )
    };
    let phone_key = random();
    let phone = Gateway::new(
        world.village.origin.trim_start_matches("http://"),
        phone_key,
        world.genesis,
    );
    let mut making = Making {
        world,
        calls: Vec::new(),
        nurse: gateway(&world.consortium, 0, "rusutsu", "nurse", world.genesis),
        child: enrol(&world.clerk, "見本　空", "ミホン　ソラ", "2026-07-20").await,
        phone,
    };
    making.family().await;
    making.counter().await;
    making.follow_up();
    making.forms_and_check();
    making.sessions().await;
    making.fhir().await;
    making.discovery();
    let keys = json!({
        "clerk": hex::encode(key("rusutsu/clerk")), "nurse": hex::encode(key("rusutsu/nurse")),
        "phone": hex::encode(phone_key),
    });
    Seeds {
        calls: making.calls,
        keys,
    }
}

impl Making<'_> {
    /// A call: method, the document's path, whose key, and the parts of it.
    fn call(&mut self, method: &str, path: &str, key: &str, parts: Value) {
        let mut call = parts;
        call["method"] = json!(method);
        call["path"] = json!(path);
        call["as"] = json!(key);
        self.calls.push(call);
    }

    async fn family(&mut self) {
        let hpke = format!("0x{}", hex::encode(random()));
        let account = self.phone.account();
        let patient = json!({
            "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": "phone"}], "birthDate": "1995-02-03",
            "name": [{"text": "見本　月子"}],
        });
        let device = json!({"account": account, "hpke": hpke});
        let form = json!({"patient": patient, "domain": "health", "device": device});
        let guardian = self.world.clerk.post("/v1/people", &form).await["pseudonym"].clone();
        let form = json!({
            "subject": self.child, "guardian": guardian, "role": "parental-authority", "authority": "single", "until": now() + 4_000 * DAY,
        });
        self.world.clerk.post("/v1/guardianships", &form).await;
        let child = json!({"path_parameters": {"subject": self.child}});
        let with = |name: &str, value: Value| {
            let mut parts = child.clone();
            parts["query"] = json!({name: value});
            parts
        };
        let context = self
            .nurse
            .request(Method::GET, "/v1/signing-context", "", Vec::new());
        let context: Value = context.send().await.unwrap().json().await.unwrap();
        self.call("GET", "/v1/family", "phone", json!({}));
        self.call(
            "GET",
            "/v1/family/{subject}/trail",
            "phone",
            with("first", json!(0)),
        );
        self.call(
            "GET",
            "/v1/family/{subject}/trail-end",
            "phone",
            with("block", context["hash"].clone()),
        );
        self.call(
            "GET",
            "/v1/family/{subject}/consents",
            "phone",
            child.clone(),
        );
        self.call(
            "GET",
            "/v1/family/{subject}/records",
            "phone",
            with("key", json!(hpke)),
        );
        self.call(
            "GET",
            "/v1/family/{subject}/copy",
            "phone",
            with("form", json!("fhir")),
        );
        self.call(
            "POST",
            "/v1/family/{subject}/health-cards",
            "phone",
            child.clone(),
        );
        let draft = json!({
            "subject": self.child, "label": "下の子", "recipient": 4, "purpose": "child-care", "categories": ["immunization"], "days": 90,
            "language": "ja",
        });
        let kept = self.phone.post("/v1/hand-overs", &draft).await;
        self.call(
            "GET",
            "/v1/hand-overs/{code}",
            "phone",
            json!({"path_parameters": {"code": kept["code"]}}),
        );
        self.call("POST", "/v1/hand-overs", "phone", json!({"body": draft}));
    }

    async fn counter(&mut self) {
        let world = self.world;
        let (consent, request) = (world.consent().await, RequestId(random()));
        let claim = Claim::Statute(StatuteArticle::MaternalChildHealth19_2);
        let asked = CategorySet::of(&[Category::Immunization]);
        let subject = world.child.parse().unwrap();
        let call =
            calls::access::request_access(request, subject, Purpose::ChildCare, asked, claim, None);
        self.nurse.submit(call).await;
        let id = |name: &str, id: String| json!({"path_parameters": {name: id}});
        self.call("GET", "/v1/desk", "officer", json!({}));
        self.call(
            "GET",
            "/v1/desk/residents/{person}",
            "clerk",
            id("person", world.child.clone()),
        );
        self.call("GET", "/v1/signing-context", "officer", json!({}));
        self.call(
            "GET",
            "/v1/consents/{consent}",
            "clerk",
            id("consent", consent.to_string()),
        );
        self.call(
            "GET",
            "/v1/requests/{request}",
            "nurse",
            id("request", request.to_string()),
        );
        let context = world
            .clerk
            .request(Method::GET, "/v1/signing-context", "", Vec::new());
        let context: Value = context.send().await.unwrap().json().await.unwrap();
        let extrinsic = world.clerk.extrinsic(&context, self.proposal());
        self.call(
            "POST",
            "/v1/extrinsics",
            "clerk",
            json!({"bytes": hex::encode(extrinsic)}),
        );
        // A challenge for a ticket that is none: the vault refuses in its own bytes.
        let message = [vec![1], request.0.to_vec()].concat();
        self.call(
            "POST",
            "/v1/vault",
            "nurse",
            json!({"query": {"custodian": 0}, "bytes": hex::encode(message)}),
        );
        self.call(
            "POST",
            "/v1/nonces",
            "clerk",
            json!({"body": {"for": "document"}}),
        );
        self.call(
            "POST",
            "/v1/nonce-batches",
            "nurse",
            json!({"body": {"count": 4, "hours": 8}}),
        );
        let patient = json!({
            "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": "seed"}], "name": [{"text": "見本　種子"}],
            "birthDate": "1990-01-02",
        });
        self.call(
            "POST",
            "/v1/people",
            "clerk",
            json!({"body": {"patient": patient, "domain": "health"}}),
        );
        let guardianship = json!({
            "subject": self.child, "guardian": world.guardian, "role": "parental-authority", "authority": "single", "until": now() + 3_000 * DAY,
        });
        self.call(
            "POST",
            "/v1/guardianships",
            "clerk",
            json!({"body": guardianship}),
        );
        let frozen = enrol(&world.clerk, "見本　凍", "ミホン　イテ", "2020-01-02").await;
        self.call(
            "POST",
            "/v1/life-events",
            "officer",
            json!({"body": {"event": "frozen", "subject": frozen}}),
        );
    }

    fn proposal(&self) -> musubi_client_sdk::extrinsics::Call {
        let terms = Terms {
            subject: self.world.child.parse().unwrap(),
            guardian: self.world.guardian.parse().unwrap(),
            recipient: MemberId(4),
            purpose: Purpose::ChildCare,
            categories: CategorySet::of(&[Category::Document]),
            not_before: now() - DAY,
            not_after: now() + 30 * DAY,
            statement: Commitment(random()),
            nonce: random(),
            assurance: AssuranceLevel::Witnessed,
            second_attester: None,
            account: None,
        };
        calls::consent::propose(ConsentId(random()), &terms, None)
    }

    fn follow_up(&mut self) {
        let child = self.world.child.clone();
        let query = |query: Value| json!({"query": query});
        self.call(
            "GET",
            "/v1/follow-up/due",
            "nurse",
            query(json!({"on": "2026-11-26", "people": 100})),
        );
        self.call(
            "GET",
            "/v1/follow-up/letters",
            "nurse",
            query(json!({"about": "checkup-3-4m", "letter": "invite", "on": "2026-11-26"})),
        );
        let step = json!({"subject": child, "about": "checkup-3-4m", "step": "invite", "on": "2026-11-20"});
        self.call(
            "POST",
            "/v1/follow-up/steps",
            "nurse",
            json!({"body": step}),
        );
        self.call(
            "GET",
            "/v1/follow-up/open",
            "nurse",
            query(json!({"subject": child})),
        );
        for parts in [json!({"year": 2026}), json!({"year": 2026, "publish": 10})] {
            self.call("GET", "/v1/follow-up/coverage", "nurse", query(parts));
        }
        self.call(
            "GET",
            "/v1/follow-up/recall",
            "nurse",
            query(json!({"lot": "H1"})),
        );
        self.call(
            "GET",
            "/v1/follow-up/surveys",
            "nurse",
            query(json!({"form": "survey-checkup", "year": 2026})),
        );
        let report = json!({
            "municipality": "留寿都村", "place": "診療所", "age_months": 3, "dose": {"vaccine": "MR", "lot": "L1", "date": "2026-10-08"},
            "kind": "INTERVAL", "course": "間隔が足りなかった", "found_on": "2026-10-09", "harm": false, "family_told": true,
            "cause": "手帳を見なかった", "prevention": "二人で読む", "reporter": "保健師",
        });
        self.call(
            "POST",
            "/v1/follow-up/incident-reports",
            "nurse",
            json!({"body": {"report": report}}),
        );
        self.call(
            "POST",
            "/v1/follow-up/incidents",
            "nurse",
            json!({"body": {"report": report}}),
        );
        self.call("GET", "/v1/follow-up/incidents", "nurse", json!({}));
        self.call(
            "POST",
            "/v1/follow-up/reaction-reports",
            "nurse",
            json!({"body": {"report": {"symptom": "発熱"}}}),
        );
    }

    fn forms_and_check(&mut self) {
        let about = json!({"musubi-subject": self.child});
        let form = |headers: Value| json!({"path_parameters": {"id": "yoshinhyo-infant"}, "headers": headers});
        let mut draft = answers(&self.child);
        draft["status"] = json!("in-progress");
        let mut save = form(about.clone());
        save["body"] = draft;
        self.call("GET", "/v1/forms", "officer", json!({}));
        self.call(
            "GET",
            "/v1/forms/{id}",
            "officer",
            json!({"path_parameters": {"id": "yoshinhyo-infant"}}),
        );
        self.call("POST", "/v1/forms/{id}/draft", "phone", save);
        self.call("GET", "/v1/forms/{id}/draft", "phone", form(about));
        let id = self.child.trim_start_matches("0x").to_owned();
        let dose = json!({
            "resourceType": "Immunization", "patient": {"reference": format!("Patient/{id}")}, "occurrenceDateTime": "2026-11-20",
            "vaccineCode": {"coding": [{"system": PRODUCT, "code": "HIB"}]},
        });
        let order = json!({
            "hook": "order-sign", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {"userId": "Practitioner/1", "patientId": id, "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": dose}]}},
        });
        let service = "/cds-services/musubi-immunization";
        self.call("POST", service, "nurse", json!({"body": order}));
        let taken = json!({"feedback": [{"card": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "outcome": "accepted"}]});
        self.call(
            "POST",
            &format!("{service}/feedback"),
            "nurse",
            json!({"body": taken}),
        );
    }

    async fn sessions(&mut self) {
        let http = musubi_tests_support::gateway::http();
        let challenge = async || {
            let url = format!("{}/v1/sessions/challenges", self.world.village.origin);
            let given: Value = http.post(url).send().await.unwrap().json().await.unwrap();
            given["challenge"].clone()
        };
        let opened = self
            .nurse
            .post("/v1/sessions", &json!({"challenge": challenge().await}))
            .await;
        let fresh = challenge().await;
        self.call("POST", "/v1/sessions/challenges", "nobody", json!({}));
        self.call(
            "POST",
            "/v1/sessions",
            "nurse",
            json!({"body": {"challenge": fresh}}),
        );
        self.call("GET", "/v1/sessions", "nurse", json!({}));
        self.call(
            "DELETE",
            "/v1/sessions/{session}",
            "nurse",
            json!({"path_parameters": {"session": opened["id"]}}),
        );
        self.call("GET", "/v1/passkeys", "nurse", json!({}));
    }

    async fn fhir(&mut self) {
        let (village, patient) = (&self.world.village, self.world.patient());
        for resource in written(&self.world.child) {
            let kind = resource["resourceType"].as_str().unwrap().to_owned();
            let made = village.post(&format!("/fhir/{kind}"), &resource).await;
            assert!(made.status.is_success(), "{kind}: {}", made.body);
            let made = made.body;
            self.of_record(&kind, &made, resource);
        }
        let id = patient.trim_start_matches("Patient/").to_owned();
        self.call(
            "GET",
            "/fhir/Patient/{id}",
            "token",
            json!({"path_parameters": {"id": id}}),
        );
        self.search("Patient", &json!({"name": "みほん"}));
        for operation in ["$everything", "$summary", "$export-history"] {
            self.call(
                "GET",
                &format!("/fhir/Patient/{{id}}/{operation}"),
                "token",
                json!({"path_parameters": {"id": id}}),
            );
        }
        let kind =
            json!({"name": "credentialType", "valueUri": "https://smarthealth.cards#immunization"});
        let wanted = json!({"resourceType": "Parameters", "parameter": [kind]});
        self.call(
            "POST",
            "/fhir/Patient/{id}/$health-cards-issue",
            "token",
            json!({"path_parameters": {"id": id}, "body": wanted}),
        );
        for kind in [
            "ImmunizationRecommendation",
            "Consent",
            "AuditEvent",
            "Provenance",
        ] {
            self.looked_up(
                kind,
                &format!("patient={patient}"),
                &json!({"patient": patient}),
            )
            .await;
        }
        self.looked_up(
            "Questionnaire",
            "status=active",
            &json!({"status": "active"}),
        )
        .await;
        let entry = json!({"resource": dose(&patient, "2026-09-05"), "request": {"method": "POST", "url": "Immunization"}});
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]});
        self.call("POST", "/fhir", "token", json!({"body": bundle}));
        let assertion = village.assertion(&village.header(), &village.claims());
        let form = json!({
            "grant_type": "client_credentials", "client_assertion": assertion, "scope": "system/*.rs",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        });
        self.call(
            "POST",
            "/auth/token",
            "nobody",
            json!({"body": form, "media_type": "application/x-www-form-urlencoded"}),
        );
    }

    /// Everything that can be done with a record that the village wrote.
    fn of_record(&mut self, kind: &str, made: &Value, sent: Value) {
        let id = json!({"id": made["id"]});
        let parts = json!({"path_parameters": id});
        self.call(
            "GET",
            &format!("/fhir/{kind}/{{id}}"),
            "token",
            parts.clone(),
        );
        self.call(
            "GET",
            &format!("/fhir/{kind}/{{id}}/_history"),
            "token",
            parts.clone(),
        );
        let version = json!({"path_parameters": {"id": made["id"], "version": "1"}});
        self.call(
            "GET",
            &format!("/fhir/{kind}/{{id}}/_history/{{version}}"),
            "token",
            version,
        );
        let patient = self.world.patient();
        self.search(kind, &json!({"patient": patient}));
        // The same content once more is the same record, and a correction that changes nothing is one.
        self.call(
            "POST",
            &format!("/fhir/{kind}"),
            "token",
            json!({"body": sent}),
        );
        let mut same = sent;
        same["id"] = made["id"].clone();
        let update =
            json!({"path_parameters": id, "headers": {"If-Match": "W/\"1\""}, "body": same});
        self.call("PUT", &format!("/fhir/{kind}/{{id}}"), "token", update);
        if made["questionnaire"]
            .as_str()
            .is_some_and(|form| form.contains("/scales/"))
        {
            for operation in ["$flags", "$score"] {
                self.call(
                    "GET",
                    &format!("/fhir/{kind}/{{id}}/{operation}"),
                    "token",
                    parts.clone(),
                );
            }
        }
    }

    fn search(&mut self, kind: &str, wanted: &Value) {
        self.call(
            "GET",
            &format!("/fhir/{kind}"),
            "token",
            json!({"query": wanted}),
        );
        let form = json!({"body": wanted, "media_type": "application/x-www-form-urlencoded"});
        self.call("POST", &format!("/fhir/{kind}/_search"), "token", form);
    }

    async fn looked_up(&mut self, kind: &str, query: &str, wanted: &Value) {
        let found = self
            .world
            .village
            .get(&format!("/fhir/{kind}?{query}"))
            .await
            .expect(200);
        let id = found["entry"][0]["resource"]["id"].clone();
        assert!(id.is_string(), "{kind}: {found}");
        self.search(kind, wanted);
        self.call(
            "GET",
            &format!("/fhir/{kind}/{{id}}"),
            "token",
            json!({"path_parameters": {"id": id}}),
        );
    }

    fn discovery(&mut self) {
        for path in [
            "/.well-known/smart-configuration",
            "/fhir/.well-known/smart-configuration",
            "/.well-known/jwks.json",
            "/openapi.json",
            "/cds-services",
            "/v1/chain",
            "/fhir/metadata",
        ] {
            self.call("GET", path, "nobody", json!({}));
        }
        // The record that the officer's own desk knows: the first that was written.
        let record = self
            .calls
            .iter()
            .find(|call| call["path"] == "/fhir/Immunization/{id}");
        let id = record.unwrap()["path_parameters"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let parts = json!({"path_parameters": {"record": format!("0x{id}")}});
        self.call("GET", "/v1/records/{record}", "officer", parts);
    }
}

fn dose(patient: &str, day: &str) -> Value {
    json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "S1", "patient": {"reference": patient},
        "vaccineCode": {"text": "記録だけ"}, "occurrenceDateTime": day, "primarySource": true,
    })
}

/// One of each kind of record, as the village writes it.
fn written(child: &str) -> Vec<Value> {
    let patient = format!("Patient/{}", child.trim_start_matches("0x"));
    let subject = json!({"reference": patient});
    vec![
        dose(&patient, "2026-09-21"),
        json!({
            "resourceType": "Observation", "status": "final", "subject": subject, "effectiveDateTime": "2026-11-06T09:30:00+09:00",
            "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            "valueQuantity": {"value": 6900, "code": "g", "unit": "g", "system": "http://unitsofmeasure.org"},
        }),
        scale(&patient),
        json!({
            "resourceType": "DocumentReference", "status": "current", "type": {"text": "連絡票"}, "subject": subject,
            "date": "2026-11-06T10:00:00+09:00", "content": [{"attachment": {"contentType": "text/plain", "data": STANDARD.encode("連絡")}}],
        }),
    ]
}

/// Answers to the one scale that everybody may use; the first raises its alert.
pub(crate) fn scale(patient: &str) -> Value {
    let system = "https://musubi.example/scales/everyday-load";
    let item = |number: usize, value: &str| {
        let coding = json!({"system": system, "code": value});
        json!({"linkId": format!("item-{number}"), "answer": [{"valueCoding": coding}]})
    };
    json!({
        "resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": format!("{system}|1"),
        "subject": {"reference": patient}, "authored": "2026-11-06T09:00:00+09:00", "item": [item(1, "3"), item(2, "2"), item(3, "1")],
    })
}

/// The 予診票 of the demonstration, about this child.
pub(crate) fn answers(child: &str) -> Value {
    let text = include_str!("../../../../chain-spec/presets/demo/phone-family/questionnaire.json");
    let mut answers: Value = serde_json::from_str(text).unwrap();
    answers["subject"]["reference"] = json!(format!("Patient/{}", child.trim_start_matches("0x")));
    answers.as_object_mut().unwrap().remove("id");
    answers
}
