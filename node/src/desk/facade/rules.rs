//! The rules and forms that the facade shows: the rule set that the chain has in force, and the forms that are published here.

use super::port;
use crate::desk::{care::PRODUCT_SYSTEM, intake::Intake};
use async_trait::async_trait;
use musubi_care::{
    forms::{flags::Flag, scale::Score},
    rules::RuleSet,
};
use musubi_fhir::Refusal;
use musubi_node_facade::{Handbook, PortError};
use serde_json::Value;
use std::sync::Arc;

/// Rules and forms.
pub(super) struct Rules {
    pub(super) intake: Intake,
}

#[async_trait]
impl Handbook for Rules {
    async fn rules(&self) -> Result<Arc<RuleSet>, PortError> {
        let in_force = self.intake.rules_in_force().await.map_err(port)?;
        let rules = self.intake.care.rules(&in_force.hash).cloned();
        rules.map(Arc::new).ok_or_else(|| {
            PortError::NotOffered(
                "this node lacks the text of the rules in force: name their file in care.rules"
                    .to_owned(),
            )
        })
    }

    fn product(&self, concept: &Value) -> Option<String> {
        self.intake.care.product(concept)
    }

    fn product_system(&self) -> &str {
        PRODUCT_SYSTEM
    }

    fn forms(&self) -> Vec<Value> {
        self.intake.forms.questionnaires()
    }

    fn flags(&self, response: &Value) -> Result<Vec<Flag>, Refusal> {
        self.intake.forms.flags(response)
    }

    fn score(&self, response: &Value) -> Result<Score, Refusal> {
        self.intake.forms.score(response)
    }
}
