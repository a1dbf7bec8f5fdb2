//! What the FHIR facade can be told.

use musubi_primitives::{AccountId, Claim, Purpose, Role};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The FHIR facade. It runs only where the member's keys are: it needs what taking records in needs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FacadeConfig {
    /// Scheme, host and port under which clients know it, such as `https://clinic.example.jp`; without it there is no facade.
    pub origin: Option<String>,
    /// X25519 keys of the gateway's and the officer's accounts, where the chain has them beside the member's own: what a custodian
    /// releases is wrapped to these.
    pub ticket_keys: Vec<PathBuf>,
    /// Files with further forms, each a FHIR Questionnaire.
    pub questionnaires: Vec<PathBuf>,
    /// Scales that this member has permission for. One that everybody may use is published without.
    pub scales: Vec<ScaleConfig>,
    /// Systems that may call.
    pub clients: Vec<ClientConfig>,
}

/// A scale whose holder of rights lets this member use it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleConfig {
    /// Which: `epds` and `m-chat-r` ship, as numbered boxes for staff who hold the paper sheet.
    pub id: String,
    /// Proof of permission: the letter or agreement, with its date.
    pub permission: String,
    /// File with an edition that has the licensed wording (`musubi/scale/1`), in the place of the numbered boxes.
    pub file: Option<PathBuf>,
}

/// A system that proves itself with a key of its own (SMART backend services).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// Its `client_id`.
    pub id: String,
    /// File with its JWK set.
    pub jwks: PathBuf,
    /// The role that its acts are done in.
    pub role: Role,
    /// Account of the member's staff key that the role rests on: the system may act while the chain gives that key this role, and no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<AccountId>,
    /// What it may ask for, such as `system/Immunization.crus system/Patient.rs`.
    pub scopes: String,
    /// What it reads records of other members for; without it, it sees this member's own only.
    pub purpose: Option<Purpose>,
    /// `iss` of its JWT where it calls CDS services by one of its own, if that is another name than `id`, such as its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// On what that rests: `consent`, or `{ statute = "…" }` for a municipality's officers and nurses.
    #[serde(default = "on_consent")]
    pub basis: Claim,
}

fn on_consent() -> Claim {
    Claim::Consent
}

impl FacadeConfig {
    /// Every path in it.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let clients = self.clients.iter_mut().map(|client| &mut client.jwks);
        self.ticket_keys
            .iter_mut()
            .chain(&mut self.questionnaires)
            .chain(
                self.scales
                    .iter_mut()
                    .filter_map(|scale| scale.file.as_mut()),
            )
            .chain(clients)
    }
}
