//! Two members with facades on a running consortium: the village of Rusutsu with its register, and the Yotei clinic; a family that both
//! care for.

use crate::system::System;
use musubi_client_sdk::calls;
use musubi_primitives::{
    AccountId, AssuranceLevel, BlockHash, Category, CategorySet, Commitment, ConsentId, MemberId,
    Pseudonym, Purpose, RecordId, Terms, commitment::hash_parts,
};
use musubi_tests_support::gateway::{Gateway, now, random, secret};
use musubi_tests_support::{Consortium, Rpc};
use serde_json::{Value, json};
use std::str::FromStr;

const DAY: u64 = 24 * 3600 * 1000;
const CLINIC: MemberId = MemberId(4);
/// More blocks than handing over a record takes.
const BLOCKS_MAX: usize = 300;

pub(crate) struct World {
    pub(crate) consortium: Consortium,
    rpc: Rpc,
    pub(crate) genesis: BlockHash,
    /// The village's system, which reads by statute.
    pub(crate) village: System,
    /// The clinic's system for what it wrote itself.
    pub(crate) clinic: System,
    /// The clinic's system that reads on consent.
    pub(crate) reader: System,
    /// The counter.
    pub(crate) clerk: Gateway,
    pub(crate) child: String,
    pub(crate) guardian: String,
}

impl World {
    pub(crate) async fn open() -> Self {
        let mut consortium = Consortium::lay_out_traced().await;
        let (mut village, mut clinic, mut reader) = (
            System::new("village-ehr"),
            System::new("clinic-ehr"),
            System::new("clinic-reader"),
        );
        village.register(
            &consortium.config(0),
            "role = \"nurse\"\nscopes = \"system/*.cruds\"\npurpose = \"child-care\"\nbasis = { statute = \"maternal-child-health19-2\" }",
        );
        let office = doctor(&consortium);
        clinic.register(
            &consortium.config(4),
            &format!("role = \"doctor\"\noffice = \"{office}\"\nscopes = \"system/*.cruds\""),
        );
        reader.register(
            &consortium.config(4),
            "role = \"doctor\"\nscopes = \"system/*.rs\"\npurpose = \"child-care\"",
        );
        consortium.start_all();
        let rpc = consortium.rpc(0).await;
        rpc.wait_for_height(1).await;
        let genesis = rpc.hash_at(0).await.as_str().unwrap().parse().unwrap();
        let clerk = gateway(&consortium, 0, "rusutsu", "clerk", genesis);
        let child = enrol(&clerk, "見本　結", "ミホン　ユイ", "2026-07-03").await;
        let guardian = enrol(&clerk, "見本　花子", "ミホン　ハナコ", "1994-05-12").await;
        let officer = gateway(&consortium, 0, "rusutsu", "officer", genesis);
        let rules = hash_parts(&[musubi_care::presets::SCHEDULE_2026.as_bytes()]);
        officer
            .submit(calls::records::publish_rule_set(1, rules, 0))
            .await;
        let form = json!({
            "subject": child, "guardian": guardian, "role": "parental-authority", "authority": "single", "until": now() + 5_000 * DAY,
        });
        clerk.post("/v1/guardianships", &form).await;
        let clinic_rpc = consortium.rpc(4).await;
        clinic_rpc.wait_for_height(rpc.height().await).await;
        Self {
            consortium,
            rpc,
            genesis,
            village,
            clinic,
            reader,
            clerk,
            child,
            guardian,
        }
    }

    /// The child as FHIR refers to it.
    pub(crate) fn patient(&self) -> String {
        format!("Patient/{}", self.child.trim_start_matches("0x"))
    }

    /// Waits until author and home municipality hold a record that the clinic wrote, and both nodes know it. A stand-in, which another
    /// village may be on a slow machine, does not count: no clinic reads there.
    pub(crate) async fn until_stored(&self, id: &str) {
        let doctor = gateway(&self.consortium, 4, "yotei-clinic", "doctor", self.genesis);
        let nurse = gateway(&self.consortium, 0, "rusutsu", "nurse", self.genesis);
        for _ in 0..BLOCKS_MAX {
            let mut known = 0;
            for asked in [&doctor, &nurse] {
                let path = format!("/v1/records/0x{id}");
                let view = asked.request(reqwest::Method::GET, &path, "", Vec::new());
                let view: Value = view.send().await.unwrap().json().await.unwrap();
                let holders = view["holders"].as_array().cloned().unwrap_or_default();
                known += usize::from([0, 4].iter().all(|one| holders.contains(&json!(one))));
            }
            if known == 2 {
                return;
            }
            self.rpc.wait_for_height(self.rpc.height().await + 1).await;
        }
        panic!("the record never reached its second holder");
    }

    /// The family's consent for the clinic, witnessed by two officers.
    pub(crate) async fn consent(&self) -> ConsentId {
        let consent = ConsentId(random());
        let terms = Terms {
            subject: id(&self.child),
            guardian: id(&self.guardian),
            recipient: CLINIC,
            purpose: Purpose::ChildCare,
            categories: CategorySet::of(&[
                Category::Immunization,
                Category::Growth,
                Category::Checkup,
                Category::Questionnaire,
                Category::Document,
            ]),
            not_before: now() - DAY,
            not_after: now() + 90 * DAY,
            statement: Commitment(random()),
            nonce: random(),
            assurance: AssuranceLevel::Witnessed,
            second_attester: None,
            account: None,
        };
        self.clerk
            .submit(calls::consent::propose(consent, &terms, None))
            .await;
        for officer in ["officer", "second-officer"] {
            let officer = gateway(&self.consortium, 0, "rusutsu", officer, self.genesis);
            officer.submit(calls::consent::attest(consent)).await;
        }
        consent
    }

    /// The clinic's doctor asks the schedule check before a dose.
    pub(crate) async fn check(&self, product: &str, day: &str) -> Value {
        let doctor = gateway(&self.consortium, 4, "yotei-clinic", "doctor", self.genesis);
        let reference = json!({"reference": self.patient()});
        let system = "https://musubi.example/CodeSystem/schedule-product";
        let draft = json!({
            "resourceType": "Immunization", "patient": reference, "occurrenceDateTime": day,
            "vaccineCode": {"coding": [{"system": system, "code": product}]},
        });
        let patient = json!({
            "resourceType": "Patient", "id": self.child.trim_start_matches("0x"), "identifier": [{"value": "1"}],
            "name": [{"text": "見本　結"}], "birthDate": "2026-07-03",
        });
        let asked = json!({
            "hook": "order-sign",
            "context": {"patientId": self.child, "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft}]}},
            "prefetch": {"patient": patient},
            "extension": {"musubi": {"historyConfirmed": true}},
        });
        let answer = doctor
            .post("/cds-services/musubi-immunization", &asked)
            .await;
        answer["cards"][0]["extension"]["musubi"].clone()
    }

    /// The clinic's operator withdraws its doctor's key.
    pub(crate) async fn withdraw_doctor(&self) {
        let call = calls::consortium::withdraw_key(doctor(&self.consortium));
        let operator = gateway(
            &self.consortium,
            4,
            "yotei-clinic",
            "operator",
            self.genesis,
        );
        operator.submit(call).await;
    }

    /// The home municipality's officer orders a record's erasure; the clinic's node knows of it when this returns.
    pub(crate) async fn erase(&self, id: &str) {
        let officer = gateway(&self.consortium, 0, "rusutsu", "officer", self.genesis);
        let record = RecordId::from_str(id).unwrap();
        let applied = officer.submit(calls::records::order_erasure(record)).await;
        let clinic = self.consortium.rpc(4).await;
        clinic
            .wait_for_height(applied["block"].as_u64().unwrap())
            .await;
    }

    pub(crate) async fn withdraw(&self, consent: ConsentId) {
        let evidence = Some(Commitment(random()));
        self.clerk
            .submit(calls::consent::withdraw(consent, evidence))
            .await;
    }
}

/// The account of the clinic's doctor.
fn doctor(consortium: &Consortium) -> AccountId {
    gateway(consortium, 4, "yotei-clinic", "doctor", BlockHash([0; 32])).account()
}

pub(crate) fn gateway(
    consortium: &Consortium,
    place: usize,
    member: &str,
    key: &str,
    genesis: BlockHash,
) -> Gateway {
    let config = std::fs::read_to_string(consortium.config(place)).unwrap();
    let listen = config.split_once("[gateway]").unwrap().1;
    let listen = listen
        .split_once("listen = \"")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap();
    let path = consortium
        .folder()
        .join("members")
        .join(member)
        .join(format!("{key}.pem"));
    Gateway::new(listen, secret(&path), genesis)
}

/// Enters somebody into the village's register; their pseudonym.
pub(crate) async fn enrol(clerk: &Gateway, name: &str, kana: &str, born: &str) -> String {
    let representation = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
    let writing = |code: &str, text: &str| json!({"extension": [{"url": representation, "valueCode": code}], "text": text});
    let patient = json!({
        "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": name}], "birthDate": born,
        "name": [writing("IDE", name), writing("SYL", kana)],
    });
    let form = json!({"patient": patient, "domain": "health"});
    let enrolled = clerk.post("/v1/people", &form).await;
    enrolled["pseudonym"].as_str().unwrap().to_owned()
}

fn id(text: &str) -> Pseudonym {
    text.parse().unwrap()
}
