//! What in the answers to a form the physician should look at, as FHIR Flags. No flag is no statement that a dose is harmless.

use crate::{
    outcome::Outcome, parts::Facade, ports::Agent, record::gone, served::Type, shape::concept,
};
use musubi_care::forms::flags::{Flag, REMINDER};
use serde_json::{Value, json};

/// The code system of flag rules.
const RULE_SYSTEM: &str = "urn:musubi:flag-rule";
/// HL7's categories of flags.
const CATEGORY_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/flag-category";

impl Facade {
    /// A collection: one Flag for each rule that the answers meet, and what is said beside them whether there are any or none.
    pub(crate) async fn flags(&self, agent: &Agent, id: &str) -> Result<Value, Outcome> {
        let of = Type::QuestionnaireResponse;
        let instance = self.instance(agent, of, id).await?;
        let response = instance.current().ok_or_else(gone)?;
        let raised = self.handbook.flags(&response);
        let raised = raised.map_err(|refusal| Outcome::refused(&refusal, None))?;
        let flags = raised.iter().map(|flag| shown(flag, &response["subject"]));
        let reminder = json!({
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "information", "code": "informational", "diagnostics": REMINDER}],
        });
        let entries = flags.chain([reminder]);
        let entries: Vec<Value> = entries
            .map(|resource| json!({"resource": resource}))
            .collect();
        Ok(json!({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    }
}

pub(crate) fn shown(flag: &Flag, subject: &Value) -> Value {
    let mut code = concept(RULE_SYSTEM, &flag.rule);
    code["text"] = flag.text.get("ja").cloned().unwrap_or_default().into();
    json!({
        "resourceType": "Flag", "status": "active", "category": [concept(CATEGORY_SYSTEM, "clinical")],
        "code": code, "subject": subject,
        "identifier": [{"system": "urn:musubi:form-item", "value": flag.question}],
    })
}
