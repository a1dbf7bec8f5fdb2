//! Patients: people of the municipality's own register with name and birth date; elsewhere the bare pseudonym of somebody about whom this
//! member wrote.

use crate::{
    outcome::Outcome,
    parts::Facade,
    ports::{Agent, Person},
    query::{Query, Wanted, id},
    record::plain_id,
    search::Found,
};
use musubi_fhir::PSEUDONYM_SYSTEM;
use musubi_primitives::{Pseudonym, Role};
use serde_json::{Value, json};

/// How JP Core says in which writing a name stands: `IDE` for 漢字, `SYL` for かな.
const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";

impl Facade {
    /// The Patient with this id, if it is one that this client may know of.
    pub(crate) async fn patient(&self, agent: &Agent, text: &str) -> Result<Value, Outcome> {
        let pseudonym: Pseudonym = plain_id(text).ok_or_else(Outcome::not_found)?;
        if self.people.is_offered()
            && let Some(person) = self.people.person(pseudonym).await?
        {
            // The id names the person; a former pseudonym leads nowhere, so that nothing links it to the new one.
            let is_current = person.pseudonym == pseudonym;
            let shown = Some(person).filter(|person| is_current && may_see(agent, person));
            return shown
                .map(|person| of_person(&person))
                .ok_or_else(Outcome::not_found);
        }
        let wrote = !self.shelf.authored(pseudonym).await?.is_empty();
        wrote
            .then(|| bare(&pseudonym))
            .ok_or_else(Outcome::not_found)
    }

    /// People of the register by identifier or name; elsewhere by pseudonym only.
    pub(crate) async fn patients(&self, agent: &Agent, query: &Query) -> Result<Found, Outcome> {
        if let Some(ids) = &query.ids {
            return self.patients_by_id(agent, ids).await;
        }
        let Some(condition) = query.conditions.first() else {
            return Err(Outcome::invalid(
                "search a Patient by identifier, name or _id",
            ));
        };
        let mut people = Vec::new();
        for wanted in &condition.values {
            match wanted {
                Wanted::Text(name) => people.extend(self.named(name).await?),
                Wanted::Token { system, code } => {
                    let (system, code) = (system.as_deref(), code.as_deref());
                    if system == Some(PSEUDONYM_SYSTEM) {
                        let ids = [code.unwrap_or_default().to_owned()];
                        return self.patients_by_id(agent, &ids).await;
                    }
                    people.extend(self.identified(system, code).await?);
                }
                Wanted::Date(..) => {
                    return Err(Outcome::invalid(
                        "search a Patient by identifier, name or _id",
                    ));
                }
            }
        }
        let seen = people.iter().filter(|person| may_see(agent, person));
        Ok(Found {
            resources: seen.map(of_person).collect(),
            denied: None,
        })
    }

    async fn patients_by_id(&self, agent: &Agent, ids: &[String]) -> Result<Found, Outcome> {
        let mut resources = Vec::new();
        for text in ids {
            match self.patient(agent, text).await {
                Ok(patient) => resources.push(patient),
                Err(outcome) if outcome.is_absence() => {}
                Err(outcome) => return Err(outcome),
            }
        }
        Ok(Found {
            resources,
            denied: None,
        })
    }

    async fn named(&self, name: &str) -> Result<Vec<Person>, Outcome> {
        self.check_register()?;
        Ok(self.people.by_name(name).await?)
    }

    async fn identified(
        &self,
        system: Option<&str>,
        code: Option<&str>,
    ) -> Result<Option<Person>, Outcome> {
        self.check_register()?;
        let (Some(system), Some(code)) = (system, code) else {
            return Err(Outcome::invalid("identifier: expected system|value, both"));
        };
        Ok(self
            .people
            .by_identifier(&format!("{system}|{code}"))
            .await?)
    }

    fn check_register(&self) -> Result<(), Outcome> {
        if self.people.is_offered() {
            return Ok(());
        }
        Err(Outcome::new(
            axum::http::StatusCode::NOT_IMPLEMENTED,
            "not-supported",
            format!("this member keeps no register: search by {PSEUDONYM_SYSTEM}| or _id"),
        ))
    }
}

/// Who is under protection shows to officers and nurses only.
fn may_see(agent: &Agent, person: &Person) -> bool {
    !person.protected || matches!(agent.role, Role::Officer | Role::Nurse)
}

fn of_person(person: &Person) -> Value {
    let mut patient = bare(&person.pseudonym);
    if let (Some((system, value)), Some(identifiers)) = (
        person.identifier.split_once('|'),
        patient["identifier"].as_array_mut(),
    ) {
        let mut identifier = json!({"use": "official", "value": value});
        if !system.is_empty() {
            identifier["system"] = json!(system);
        }
        identifiers.insert(0, identifier);
    }
    let written = [("IDE", &person.name), ("SYL", &person.kana)];
    let names = written.iter().filter(|(_, text)| !text.is_empty());
    patient["name"] = names.map(|(writing, text)| name(writing, text)).collect();
    if !person.born.is_empty() {
        patient["birthDate"] = json!(person.born);
    }
    if let Some(sex) = person.sex {
        patient["gender"] = json!(sex);
    }
    patient
}

fn name(writing: &str, text: &str) -> Value {
    json!({
        "extension": [{"url": REPRESENTATION, "valueCode": writing}], "use": "official", "text": text,
    })
}

fn bare(pseudonym: &Pseudonym) -> Value {
    json!({
        "resourceType": "Patient", "id": id(&pseudonym.0),
        "identifier": [{"system": PSEUDONYM_SYSTEM, "value": id(&pseudonym.0)}],
    })
}
