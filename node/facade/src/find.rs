//! Where a search looks: for each type, the resources that it chooses from.

use crate::{
    outcome::Outcome, ports::Agent, query::Query, router::Facade, search::Found, served::Type,
};

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
            Type::Immunization | Type::Observation | Type::QuestionnaireResponse => {
                self.records(agent, of, query).await
            }
        }
    }

    /// Records of a patient, or single ones by their ids.
    async fn records(&self, agent: &Agent, of: Type, query: &Query) -> Result<Found, Outcome> {
        if let Some(subject) = query.patient {
            return self.records_of(agent, of, subject).await;
        }
        let Some(ids) = &query.ids else {
            return Err(Outcome::invalid(
                "name the patient, or an _id: nobody's records are searched for at large",
            ));
        };
        let mut found = Found::default();
        for id in ids {
            match self.instance(agent, of, id).await {
                Ok(instance) => found.resources.extend(instance.current()),
                Err(outcome) if outcome.is_absence() => {}
                Err(outcome) => return Err(outcome),
            }
        }
        Ok(found)
    }
}
