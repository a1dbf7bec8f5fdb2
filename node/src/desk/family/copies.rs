//! A copy of a person's whole record for the family to take along: a FHIR Bundle for the next system, or paper (PDF).
//!
//! Made of what the home municipality's own vault can open, as health cards are. What is kept from families by rule stays out, and the
//! paper says so.

use super::{FamilyOffice, offered, unavailable};
use crate::printed;
use musubi_consent::rendering::{Row, japan_date, scope_words};
use musubi_consent_paper::copy_pdf;
use musubi_fhir::Resource;
use musubi_node_gateway::{
    DeskError,
    family::{CopyForm, FamilyConsent},
};
use musubi_node_register::{Person, Sex};
use musubi_portability::export::ChildRecord;
use musubi_primitives::{Category, ConsentState, Ending, Language, Pseudonym};
use serde_json::{Value, json};

/// Classes that no copy holds: what is withheld from families, and what systems keep for themselves.
const LEFT_OUT: [Category; 2] = [Category::Sensitive, Category::ScheduleVerdict];
const WHAT_IS_LEFT_OUT: &str = "決まりによりご家族にお渡ししない記録は、この写しに入っていません。";

impl FamilyOffice {
    /// The copy as bytes; the caller has been let through already.
    pub(super) async fn copied(
        &self,
        subject: Pseudonym,
        consents: Vec<FamilyConsent>,
        form: CopyForm,
    ) -> Result<Vec<u8>, DeskError> {
        let today = japan_date(self.office.chain.now());
        let record = self.record_of(subject).await?;
        match form {
            CopyForm::Fhir => {
                let bundle = record.bundle(&format!("{today}T00:00:00+09:00"));
                Ok(bundle.to_string().into_bytes())
            }
            CopyForm::Pdf => {
                let mut rows = printed::rows(&record, &today);
                rows.extend(self.consent_rows(&consents)?);
                rows.push(Row::Note(WHAT_IS_LEFT_OUT.to_owned()));
                let verifier = self.office.verifier()?;
                let draw = move |font: &_| copy_pdf(font, &rows, Language::Japanese);
                verifier.print(draw).await
            }
        }
    }

    /// Patient and records; each record names this very Patient, under whatever number its author knew the child.
    async fn record_of(&self, subject: Pseudonym) -> Result<ChildRecord, DeskError> {
        let (_, person) = self.office.counter()?.known(&subject, "subject")?;
        let intake = offered(&self.office.desks()?.intake, "to open records")?;
        let id = hex::encode(subject.0);
        let mut resources = vec![patient(&id, &person)];
        for category in Category::ALL {
            if LEFT_OUT.contains(category) {
                continue;
            }
            let own = intake.own_records(subject, *category).await?;
            for record in own.into_iter().filter(|record| !record.is_void) {
                let value = serde_json::from_slice(record.bytes.as_slice()).map_err(unavailable)?;
                resources.push(about(value, &id));
            }
        }
        let resources = resources.into_iter().map(Resource::from_value);
        let resources: Vec<Resource> = resources.collect::<Result<_, _>>().map_err(unavailable)?;
        ChildRecord::of(&id, &resources).map_err(unavailable)
    }

    fn consent_rows(&self, consents: &[FamilyConsent]) -> Result<Vec<Row>, DeskError> {
        let heading = Row::Heading("同意".to_owned());
        if consents.is_empty() {
            return Ok(vec![heading, Row::Note("同意の記録なし".to_owned())]);
        }
        let rows = consents.iter().map(|consent| {
            let number = consent.recipient.0;
            let name = self.names.get(&number).cloned();
            let who = name.unwrap_or_else(|| format!("会員 {number}"));
            let scope = scope_words(consent.purpose, consent.categories, Language::Japanese)
                .map_err(unavailable)?;
            let (from, until) = (japan_date(consent.not_before), japan_date(consent.until));
            Ok(Row::Field {
                label: format!("{from}から {until}まで"),
                value: format!("{who}　{scope}　【{}】", state_words(consent.state)),
            })
        });
        std::iter::once(Ok(heading)).chain(rows).collect()
    }
}

fn patient(id: &str, person: &Person) -> Value {
    const WRITING: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
    let name = |writing: &str, text: &str| json!({"extension": [{"url": WRITING, "valueCode": writing}], "use": "official", "text": text});
    let mut names = vec![name("IDE", &person.name)];
    if !person.kana.is_empty() {
        names.push(name("SYL", &person.kana));
    }
    let mut patient = json!({
        "resourceType": "Patient", "id": id, "identifier": [{"system": "urn:musubi:pseudonym", "value": id}],
        "name": names, "birthDate": person.born,
    });
    if let Some(sex) = person.sex {
        patient["gender"] = match sex {
            Sex::Female => "female".into(),
            Sex::Male => "male".into(),
        };
    }
    patient
}

fn about(mut record: Value, id: &str) -> Value {
    for field in ["subject", "patient"] {
        if record.get(field).is_some() {
            record[field] = json!({"reference": format!("Patient/{id}")});
        }
    }
    record
}

fn state_words(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Proposed => "手続き中",
        ConsentState::Effective => "有効",
        ConsentState::Paused => "異議により停止中",
        ConsentState::Ended(Ending::Withdrawn) => "取り下げ",
        ConsentState::Ended(Ending::Expired) => "期間満了",
        ConsentState::Ended(Ending::Superseded) => "新しい同意に交替",
        ConsentState::Ended(Ending::Refused) => "成立せず",
    }
}
