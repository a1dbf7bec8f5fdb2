//! The rules and forms that the facade shows: the rule set that the chain has in force, and the forms that the configuration names.

use super::port;
use crate::{
    config::FacadeConfig,
    desk::{care::PRODUCT_SYSTEM, intake::Intake, keys::bounded},
};
use async_trait::async_trait;
use musubi_care::rules::RuleSet;
use musubi_node_facade::{Handbook, PortError};
use serde_json::Value;
use std::{path::Path, sync::Arc};

/// Rules and forms.
pub(super) struct Rules {
    intake: Intake,
    forms: Vec<Value>,
}

impl Rules {
    /// Reads the forms that the configuration names.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub(super) fn open(config: &FacadeConfig, intake: &Intake) -> Result<Self, String> {
        let forms = config.questionnaires.iter().map(|path| form(path));
        Ok(Self {
            intake: intake.clone(),
            forms: forms.collect::<Result<_, _>>()?,
        })
    }
}

fn form(path: &Path) -> Result<Value, String> {
    let wrong = |cause: &str| format!("facade.questionnaires {}: {cause}", path.display());
    let bytes = bounded("facade.questionnaires", path)?;
    let form: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(&error.to_string()))?;
    let has = |name: &str| form[name].as_str().is_some_and(|text| !text.is_empty());
    if form["resourceType"] == "Questionnaire" && ["url", "version", "status"].into_iter().all(has)
    {
        return Ok(form);
    }
    Err(wrong(
        "expected a FHIR Questionnaire with url, version and status",
    ))
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
        self.forms.clone()
    }
}
