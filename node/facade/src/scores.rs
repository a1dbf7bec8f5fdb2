//! The score of answers to a scale, as a FHIR Observation, beside what in them somebody has to look at on the same day. A screening aid,
//! never a diagnosis.

use crate::{
    flags, outcome::Outcome, parts::Facade, ports::Agent, record::gone, served::Type,
    shape::concept,
};
use musubi_care::forms::scale::Score;
use serde_json::{Value, json};

/// The code system of scales.
const SCALE_SYSTEM: &str = "urn:musubi:scale";
/// The code system of classes of totals, each with the scale that it is of.
const CLASS_SYSTEM: &str = "urn:musubi:scale-class";
const CATEGORY_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Said beside every score.
const SCREENING: &str =
    "スクリーニングの目安であり、診断ではありません。判断は医師・保健師が行います。";

impl Facade {
    /// A collection: the total with its class, and a Flag for each answer that is looked at whatever the total.
    pub(crate) async fn score(&self, agent: &Agent, id: &str) -> Result<Value, Outcome> {
        let instance = self
            .instance(agent, Type::QuestionnaireResponse, id)
            .await?;
        let response = instance.current().ok_or_else(gone)?;
        let refused = |refusal| Outcome::refused(&refusal, None);
        let score = self.handbook.score(&response).map_err(refused)?;
        let raised = self.handbook.flags(&response).map_err(refused)?;
        let flags = raised
            .iter()
            .map(|flag| flags::shown(flag, &response["subject"]));
        let all = std::iter::once(observation(&score, &response)).chain(flags);
        let entries: Vec<Value> = all.map(|resource| json!({"resource": resource})).collect();
        Ok(json!({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    }
}

fn observation(score: &Score, response: &Value) -> Value {
    let mut interpretation = concept(CLASS_SYSTEM, &format!("{}/{}", score.scale, score.class));
    interpretation["text"] = score.text.clone().into();
    let id = response["id"].as_str().unwrap_or_default();
    let mut observation = json!({
        "resourceType": "Observation", "status": "final", "category": [concept(CATEGORY_SYSTEM, "survey")],
        "code": concept(SCALE_SYSTEM, &score.scale), "subject": response["subject"], "valueInteger": score.total,
        "interpretation": [interpretation], "method": {"text": format!("{} {}", score.scale, score.version)},
        "derivedFrom": [{"reference": format!("QuestionnaireResponse/{id}")}], "note": [{"text": SCREENING}],
    });
    if let Some(authored) = response.get("authored") {
        observation["effectiveDateTime"] = authored.clone();
    }
    observation
}
