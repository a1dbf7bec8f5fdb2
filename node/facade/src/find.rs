//! Where each type comes from: what a search chooses from, and the one that a read names.

use crate::{
    outcome::Outcome,
    parts::Facade,
    ports::Agent,
    query::{Query, id},
    search::Found,
    served::Type,
};
use musubi_primitives::Pseudonym;
use serde_json::Value;
use sha2::{Digest, Sha256};

impl Facade {
    /// Everything that a search of a type chooses from.
    pub(crate) async fn find(
        &self,
        agent: &Agent,
        of: Type,
        query: &Query,
    ) -> Result<Found, Outcome> {
        match of {
            Type::Patient => self.patients(agent, query).await,
            Type::Questionnaire => Ok(Found::of(self.forms())),
            _ => match query.patient {
                Some(subject) => self.of_patient(agent, of, subject).await,
                None => self.by_ids(agent, of, query).await,
            },
        }
    }

    /// A resource by its id, of a type that has no versions.
    pub(crate) async fn look_up(
        &self,
        agent: &Agent,
        of: Type,
        text: &str,
    ) -> Result<Value, Outcome> {
        match of {
            Type::Patient => self.patient(agent, text).await,
            Type::Consent => self.consent(text).await,
            Type::AuditEvent => self.audit_event(text).await,
            Type::Provenance => self.provenance(text).await,
            Type::ImmunizationRecommendation => self.recommendation(agent, text).await,
            Type::Questionnaire => {
                let form = self.forms().into_iter().find(|form| form["id"] == text);
                form.ok_or_else(Outcome::not_found)
            }
            Type::Immunization
            | Type::Observation
            | Type::QuestionnaireResponse
            | Type::DocumentReference => {
                let instance = self.instance(agent, of, text).await?;
                instance.current().ok_or_else(crate::record::gone)
            }
        }
    }

    async fn of_patient(
        &self,
        agent: &Agent,
        of: Type,
        subject: Pseudonym,
    ) -> Result<Found, Outcome> {
        match of {
            Type::Consent => Ok(Found::of(self.consents(subject).await?)),
            Type::AuditEvent => Ok(Found::of(self.audit_events(subject).await?)),
            Type::Provenance => Ok(Found::of(self.provenances(subject).await?)),
            Type::ImmunizationRecommendation => {
                match self.recommendation(agent, &id(&subject.0)).await {
                    Ok(recommendation) => Ok(Found::of(vec![recommendation])),
                    Err(outcome) if outcome.is_absence() => Ok(Found::default()),
                    Err(outcome) => Err(outcome),
                }
            }
            _ => self.records_of(agent, of, subject).await,
        }
    }

    /// Single resources by their ids.
    async fn by_ids(&self, agent: &Agent, of: Type, query: &Query) -> Result<Found, Outcome> {
        let Some(ids) = &query.ids else {
            return Err(Outcome::invalid(
                "name the patient, or an _id: nobody's records are searched for at large",
            ));
        };
        let mut found = Found::default();
        for text in ids {
            match self.look_up(agent, of, text).await {
                Ok(resource) => found.resources.push(resource),
                Err(outcome) if outcome.is_absence() => {}
                Err(outcome) => return Err(outcome),
            }
        }
        Ok(found)
    }

    /// The forms at hand. One without an id of its own gets the hash of its address and version.
    fn forms(&self) -> Vec<Value> {
        let mut forms = self.handbook.forms();
        for form in &mut forms {
            if !form["id"].is_string() {
                let canonical = format!("{}|{}", form["url"], form["version"]);
                form["id"] = hex::encode(Sha256::digest(canonical)).into();
            }
        }
        forms
    }
}

impl Found {
    fn of(resources: Vec<Value>) -> Self {
        Self {
            resources,
            denied: None,
        }
    }
}
