//! The CapabilityStatement: made from the table of what is served, so that it lists exactly that.

use crate::{
    instant::instant,
    parts::Facade,
    served::{Interaction, SERVED, Served},
};
use serde_json::{Value, json};

/// A parameter that every type is searched by.
const BY_ID: [(&str, &str); 2] = [("_id", "token"), ("_lastUpdated", "date")];

impl Facade {
    /// The CapabilityStatement of this facade.
    pub(crate) fn capability_statement(&self) -> Value {
        let oauth = json!([
            {"url": "token", "valueUri": self.token_endpoint},
        ]);
        json!({
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": instant(self.began),
            "kind": "instance",
            "software": {"name": "Musubi", "version": env!("CARGO_PKG_VERSION")},
            "implementation": {"description": "FHIR facade of one member of a Musubi consortium", "url": self.base},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "json"],
            "rest": [{
                "mode": "server",
                "documentation": "Records of this member, and of others as far as the chain permits; each such access is on the chain.",
                "security": {
                    "cors": false,
                    "service": [{"coding": [{
                        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR",
                    }]}],
                    "extension": [{
                        "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris", "extension": oauth,
                    }],
                },
                "resource": SERVED.iter().map(resource).collect::<Vec<_>>(),
                "interaction": [{"code": "transaction"}],
            }],
        })
    }
}

fn resource(served: &Served) -> Value {
    let has = |interaction| served.interactions.contains(&interaction);
    let interactions: Vec<Value> = served
        .interactions
        .iter()
        .map(|interaction| json!({"code": interaction.as_str()}))
        .collect();
    let mut resource = json!({
        "type": served.of.as_str(), "documentation": served.documentation, "interaction": interactions,
    });
    if let Some(profile) = served.profile {
        resource["supportedProfile"] = json!([profile]);
    }
    if has(Interaction::Vread) {
        resource["versioning"] = json!("versioned-update");
        resource["readHistory"] = json!(true);
    }
    if has(Interaction::Create) {
        resource["conditionalCreate"] = json!(true);
        resource["updateCreate"] = json!(false);
    }
    if has(Interaction::Search) {
        resource["searchParam"] = parameters(served);
    }
    if !served.operations.is_empty() {
        let operation = |operation: &crate::served::Operation| {
            let name = operation.name.trim_start_matches('$');
            json!({"name": name, "definition": operation.definition})
        };
        resource["operation"] = served.operations.iter().map(operation).collect();
    }
    resource
}

fn parameters(served: &Served) -> Value {
    let own = served
        .parameters
        .iter()
        .map(|parameter| (parameter.name, parameter.by.as_str()));
    let all = own.chain(BY_ID);
    all.map(|(name, kind)| json!({"name": name, "type": kind}))
        .collect()
}
