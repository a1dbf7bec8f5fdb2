//! The trail as AuditEvents (IHE BALP): who was permitted, who was denied and why, what was written, corrected and delivered.
//!
//! An event is shown with a BALP profile only where the row has everything that the profile demands; the chain knows members and roles,
//! never a person's name or a network address.

use crate::{
    consent::consent_of,
    instant::instant,
    outcome::Outcome,
    parts::Facade,
    ports::Place,
    query::id,
    shape::{MEMBER_SYSTEM, code, coding, concept, member, patient, purpose_codes},
};
use musubi_primitives::{
    Basis, ConsentId, MemberId, Pseudonym, RecordId, Role,
    trail::{TrailFact, TrailRow},
};
use serde_json::{Value, json};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const BALP: &str = "https://profiles.ihe.net/ITI/BALP";
/// The code system of facts that no other system names.
const FACT_SYSTEM: &str = "urn:musubi:trail-fact";
/// Identifiers of records.
const RECORD_SYSTEM: &str = "urn:musubi:record";

/// What a row says, as an AuditEvent needs it.
struct Deed {
    profile: Option<&'static str>,
    kind: Value,
    subtype: Value,
    action: &'static str,
    /// What kept it from being done.
    refused: Option<String>,
    agents: Vec<Value>,
    entities: Vec<Value>,
}

impl Facade {
    /// The rows about somebody that this member may know of, as AuditEvents.
    pub(crate) async fn audit_events(&self, subject: Pseudonym) -> Result<Vec<Value>, Outcome> {
        let mut events = Vec::new();
        for (row, place) in self.ledger.trail(subject).await? {
            if self.may_know(&row).await? {
                events.push(event(&row, &place));
            }
        }
        Ok(events)
    }

    /// One row by its id, `<height>-<place in the block>`.
    pub(crate) async fn audit_event(&self, text: &str) -> Result<Value, Outcome> {
        let (row, place) = self.row(text).await?;
        Ok(event(&row, &place))
    }

    /// The row that an id of the form `<height>-<index>` names, if this member may know of it.
    pub(crate) async fn row(&self, text: &str) -> Result<(TrailRow, Place), Outcome> {
        let place = text.split_once('-');
        let place =
            place.and_then(|(height, index)| Some((height.parse().ok()?, index.parse().ok()?)));
        let (height, index) = place.ok_or_else(Outcome::not_found)?;
        let (row, place) = self
            .ledger
            .row(height, index)
            .await?
            .ok_or_else(Outcome::not_found)?;
        if self.may_know(&row).await? {
            Ok((row, place))
        } else {
            Err(Outcome::not_found())
        }
    }

    async fn may_know(&self, row: &TrailRow) -> Result<bool, Outcome> {
        self.concerns(row.subject, &named(&row.fact)).await
    }
}

/// The id of a row.
pub(crate) fn row_id(place: &Place) -> String {
    format!("{}-{}", place.height, place.index)
}

/// The members that a fact names.
fn named(fact: &TrailFact) -> Vec<MemberId> {
    match fact {
        TrailFact::Enrolled { home } => vec![*home],
        TrailFact::HandedOver { from, to } => vec![*from, *to],
        TrailFact::ConsentProposed { recipient, .. } => vec![*recipient],
        TrailFact::ConsentAttested { attester, .. }
        | TrailFact::AttestationDisagreed { attester, .. } => vec![*attester],
        TrailFact::SessionOpened { member, .. }
        | TrailFact::AccessPermitted { member, .. }
        | TrailFact::AccessDenied { member, .. }
        | TrailFact::BreakGlassOpened { member, .. } => vec![*member],
        TrailFact::RecordCommitted { author, .. } => vec![*author],
        TrailFact::RecordErased { holder, .. } => vec![*holder],
        TrailFact::Delivered { custodian, .. } => vec![*custodian],
        TrailFact::CustodyEntrusted { custodian, .. } => vec![*custodian],
        _ => Vec::new(),
    }
}

fn event(row: &TrailRow, place: &Place) -> Value {
    let deed = deed(row);
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": row_id(place),
        "meta": {"lastUpdated": instant(row.at)},
        "type": deed.kind,
        "subtype": [deed.subtype],
        "action": deed.action,
        "recorded": instant(row.at),
        "outcome": if deed.refused.is_some() { "8" } else { "0" },
        "agent": deed.agents,
        "source": {
            "observer": {"identifier": {"system": "urn:musubi:block", "value": id(&place.block.0)}, "display": "the chain"},
            "type": [coding("http://terminology.hl7.org/CodeSystem/security-source-type", "6")],
        },
        "entity": deed.entities,
    });
    if let Some(reason) = deed.refused {
        event["outcomeDesc"] = json!(reason);
    }
    if let Some(profile) = deed.profile {
        event["meta"]["profile"] = json!([format!("{BALP}/StructureDefinition/{profile}")]);
    }
    event
}

fn deed(row: &TrailRow) -> Deed {
    let subject = patient_entity(&row.subject);
    match &row.fact {
        TrailFact::AccessPermitted {
            member,
            role,
            purpose,
            basis,
            ..
        } => {
            let consent = match basis {
                Basis::Consent(consent) => Some(*consent),
                Basis::Statute(_) | Basis::BreakGlass(_) => None,
            };
            let asker = asker(*member, *role, &purpose_codes(*purpose));
            decision(consent, None, asker, subject, &code(basis))
        }
        TrailFact::AccessDenied {
            member,
            role,
            purpose,
            reason,
            ..
        } => {
            let asker = asker(*member, *role, &purpose_codes(*purpose));
            decision(None, Some(code(reason)), asker, subject, "denied")
        }
        TrailFact::RecordCommitted { record, author, .. } => rest(
            "create",
            "C",
            "PatientCreate",
            *author,
            *author,
            vec![record_entity(record), subject],
        ),
        TrailFact::Delivered {
            record, custodian, ..
        } => Deed {
            // Who received it stands in the permit's row: without that agent it is no PatientRead.
            profile: None,
            ..rest(
                "read",
                "R",
                "",
                *custodian,
                *custodian,
                vec![record_entity(record), subject],
            )
        },
        TrailFact::RecordSuperseded { record, .. } | TrailFact::RecordEnteredInError { record } => {
            other(row, "U", vec![record_entity(record), subject])
        }
        TrailFact::RecordErased { record, .. } => {
            other(row, "D", vec![record_entity(record), subject])
        }
        fact => {
            let consent = consent_of(fact).map(|consent| consent_entity(&consent));
            other(row, "E", consent.into_iter().chain([subject]).collect())
        }
    }
}

/// A decision of the runtime; with a consent it is BALP's authorization by consent.
fn decision(
    consent: Option<ConsentId>,
    refused: Option<String>,
    mut agents: Vec<Value>,
    subject: Value,
    basis: &str,
) -> Deed {
    agents.push(json!({
        "type": concept("http://terminology.hl7.org/CodeSystem/extra-security-role-type", "authserver"),
        "who": {"identifier": {"system": FACT_SYSTEM, "value": "runtime"}, "display": "the chain's runtime"}, "requestor": false,
    }));
    let by_consent = coding(&format!("{BALP}/CodeSystem/AuthZsubType"), "AuthZ-Consent");
    let subtype = match consent {
        Some(_) => by_consent,
        None => coding(FACT_SYSTEM, &format!("access-{basis}")),
    };
    Deed {
        profile: consent.map(|_| "IHE.BasicAudit.AuthZconsent"),
        kind: coding(DICOM, "110113"),
        subtype,
        action: "E",
        refused,
        agents,
        entities: [subject]
            .into_iter()
            .chain(consent.map(|consent| consent_entity(&consent)))
            .collect(),
    }
}

fn asker(of: MemberId, role: Role, purposes: &[Value]) -> Vec<Value> {
    let purposes: Vec<Value> = purposes
        .iter()
        .map(|purpose| json!({"coding": [purpose]}))
        .collect();
    let role = coding("urn:musubi:role", &code(&role));
    vec![
        json!({
            "type": concept(DICOM, "110150"), "who": member(of), "requestor": false, "network": network(of),
        }),
        json!({
            "type": concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP"), "who": member(of),
            "role": [{"coding": [role]}], "requestor": true, "purposeOfUse": purposes,
        }),
        json!({
            "type": concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV"), "who": member(of), "requestor": false,
        }),
    ]
}

/// A RESTful act between two members' systems.
fn rest(
    interaction: &str,
    action: &'static str,
    profile: &'static str,
    client: MemberId,
    server: MemberId,
    entities: Vec<Value>,
) -> Deed {
    let agent = |role: &str, of: MemberId, requestor: bool| {
        let role = concept(DICOM, role);
        json!({"type": role, "who": member(of), "requestor": requestor, "network": network(of)})
    };
    // BALP: whoever writes is the source; whoever reads is the destination.
    let (client_role, server_role) = match action {
        "R" => ("110152", "110153"),
        _ => ("110153", "110152"),
    };
    let is_profiled = matches!(profile, "PatientCreate");
    Deed {
        profile: is_profiled.then_some("IHE.BasicAudit.PatientCreate"),
        kind: coding(EVENT_TYPE, "rest"),
        subtype: coding(INTERACTION, interaction),
        action,
        refused: None,
        agents: vec![
            agent(client_role, client, true),
            agent(server_role, server, false),
        ],
        entities,
    }
}

fn other(row: &TrailRow, action: &'static str, entities: Vec<Value>) -> Deed {
    let fact = code(&row.fact);
    let named = named(&row.fact);
    let agents = named
        .iter()
        .map(|of| json!({"who": member(*of), "requestor": true}));
    let mut agents: Vec<Value> = agents.collect();
    if agents.is_empty() {
        agents.push(json!({"who": {"display": "not told by the row"}, "requestor": true}));
    }
    Deed {
        profile: None,
        kind: coding(DICOM, "110100"),
        subtype: coding(FACT_SYSTEM, &fact),
        action,
        refused: None,
        agents,
        entities,
    }
}

/// A member's node as an address: the chain knows no other.
fn network(of: MemberId) -> Value {
    json!({"address": format!("{MEMBER_SYSTEM}:{}", of.0), "type": "5"})
}

fn patient_entity(subject: &Pseudonym) -> Value {
    json!({"what": patient(subject), "type": coding(ENTITY_TYPE, "1"), "role": coding(OBJECT_ROLE, "1")})
}

fn record_entity(record: &RecordId) -> Value {
    let what = json!({"identifier": {"system": RECORD_SYSTEM, "value": id(&record.0)}});
    json!({"what": what, "type": coding(ENTITY_TYPE, "2"), "role": coding(OBJECT_ROLE, "4")})
}

fn consent_entity(consent: &ConsentId) -> Value {
    let what = json!({"reference": format!("Consent/{}", id(&consent.0))});
    json!({"what": what, "type": coding("http://hl7.org/fhir/resource-types", "Consent")})
}
