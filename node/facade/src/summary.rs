//! Everything about a patient in one Bundle: `$everything`, the history export, and the international patient summary (IPS).

use crate::{
    instant::{Span, instant},
    outcome::Outcome,
    parts::Facade,
    ports::Agent,
    query::{Query, reference},
    record::plain_id,
    router::history_entries,
    search::{Found, full_url},
    served::{Interaction, SERVED, Type},
    shape::{concept, member},
    tokens::Session,
};
use musubi_primitives::Pseudonym;
use serde_json::{Value, json};

const LOINC: &str = "http://loinc.org";

/// What `$everything` is narrowed by.
#[derive(Default)]
struct Narrowing {
    types: Option<Vec<Type>>,
    since: Option<Span>,
}

impl Facade {
    /// All that the session may read of a patient, in one searchset.
    pub(crate) async fn everything(
        &self,
        session: &Session,
        text: &str,
        pairs: &[(String, String)],
    ) -> Result<Value, Outcome> {
        let subject: Pseudonym = plain_id(text).ok_or_else(Outcome::not_found)?;
        let narrowing = Narrowing::parse(pairs)?;
        let patient = self.patient(&session.agent, text).await?;
        let (mut entries, mut denials) = (vec![self.matched(patient)], Vec::new());
        for of in narrowing.types(session) {
            let found = self.about(&session.agent, of, subject).await;
            match found {
                Ok(found) => {
                    let wanted = found
                        .resources
                        .into_iter()
                        .filter(|one| narrowing.wants(one));
                    entries.extend(wanted.map(|resource| self.matched(resource)));
                    denials.extend(found.denied);
                }
                Err(outcome) if outcome.status.is_client_error() => denials.push(outcome),
                // Not offered here, such as a forecast without a register.
                Err(outcome) if outcome.status == axum::http::StatusCode::NOT_IMPLEMENTED => {}
                Err(outcome) => return Err(outcome),
            }
        }
        let total = entries.len();
        entries.extend(
            denials.iter().map(
                |denied| json!({"resource": denied.resource(), "search": {"mode": "outcome"}}),
            ),
        );
        Ok(json!({"resourceType": "Bundle", "type": "searchset", "total": total, "entry": entries}))
    }

    /// Every version of every record that this member wrote about a patient, as a history Bundle.
    pub(crate) async fn export_history(
        &self,
        session: &Session,
        text: &str,
    ) -> Result<Value, Outcome> {
        let subject: Pseudonym = plain_id(text).ok_or_else(Outcome::not_found)?;
        // Only for somebody that this client may know of.
        self.patient(&session.agent, text).await?;
        let readable = |of: &Type| session.scopes.allows(*of, Interaction::Read);
        let types: Vec<Type> = SERVED
            .iter()
            .map(|served| served.of)
            .filter(readable)
            .collect();
        let instances = self.shelf.authored(subject).await?;
        let entries: Vec<Value> = instances
            .iter()
            .filter(|instance| types.iter().any(|of| instance.is_of(*of)))
            .flat_map(|instance| history_entries(instance, &self.base))
            .collect();
        let mut bundle =
            json!({"resourceType": "Bundle", "type": "history", "total": entries.len()});
        if !entries.is_empty() {
            bundle["entry"] = json!(entries);
        }
        Ok(bundle)
    }

    /// The patient summary as a document: a Composition first, then what it refers to.
    pub(crate) async fn summary(&self, session: &Session, text: &str) -> Result<Value, Outcome> {
        let subject: Pseudonym = plain_id(text).ok_or_else(Outcome::not_found)?;
        let agent = &session.agent;
        let patient = self.patient(agent, text).await?;
        let doses = self
            .summarised(session, Type::Immunization, subject)
            .await?;
        let measures = self.summarised(session, Type::Observation, subject).await?;
        let composition = self.composition(&subject, &doses, &measures)?;
        let resources = [composition, patient]
            .into_iter()
            .chain(doses)
            .chain(measures);
        let entries: Vec<Value> = resources
            .map(|resource| json!({"fullUrl": full_url(&resource, &self.base), "resource": resource}))
            .collect();
        Ok(json!({
            "resourceType": "Bundle",
            "identifier": {"system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{}", uuid()?)},
            "type": "document",
            "timestamp": instant(self.ledger.now()),
            "entry": entries,
        }))
    }

    /// Records of a type that stand: not entered in error, not of a class that the token does not reach.
    async fn summarised(
        &self,
        session: &Session,
        of: Type,
        subject: Pseudonym,
    ) -> Result<Vec<Value>, Outcome> {
        if !session.scopes.allows(of, Interaction::Search) {
            return Ok(Vec::new());
        }
        let found = self.records_of(&session.agent, of, subject).await?;
        if let Some(denied) = found.denied {
            // A summary that leaves out what the chain denies would pass for a whole one.
            return Err(denied);
        }
        let stands = |resource: &Value| resource["status"] != "entered-in-error";
        Ok(found.resources.into_iter().filter(stands).collect())
    }

    fn composition(
        &self,
        subject: &Pseudonym,
        doses: &[Value],
        measures: &[Value],
    ) -> Result<Value, Outcome> {
        Ok(json!({
            "resourceType": "Composition",
            "id": uuid()?,
            "status": "final",
            "type": concept(LOINC, "60591-5"),
            "subject": {"reference": reference(subject)},
            "date": instant(self.ledger.now()),
            "author": [member(self.shelf.member())],
            "title": "Patient summary",
            "section": [
                section("Medication Summary", "10160-0", &[]),
                section("Allergies and Intolerances", "48765-2", &[]),
                section("Problem List", "11450-4", &[]),
                section("Immunizations", "11369-6", doses),
                section("Results", "30954-2", measures),
            ],
        }))
    }

    /// Everything of one type about somebody.
    async fn about(&self, agent: &Agent, of: Type, subject: Pseudonym) -> Result<Found, Outcome> {
        let query = Query {
            patient: Some(subject),
            ..Query::default()
        };
        self.find(agent, of, &query).await
    }

    fn matched(&self, resource: Value) -> Value {
        json!({"fullUrl": full_url(&resource, &self.base), "resource": resource, "search": {"mode": "match"}})
    }
}

impl Narrowing {
    fn parse(pairs: &[(String, String)]) -> Result<Self, Outcome> {
        let mut narrowing = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "_type" => {
                    let types = value
                        .split(',')
                        .map(Type::parse)
                        .collect::<Option<Vec<_>>>();
                    narrowing.types = Some(types.ok_or_else(|| {
                        Outcome::invalid("_type: expected types that are served here")
                    })?);
                }
                "_since" => {
                    let since = Span::parse(&value.replace(' ', "+"));
                    narrowing.since =
                        Some(since.ok_or_else(|| Outcome::invalid("_since: expected an instant"))?);
                }
                "_format" | "_pretty" => {}
                other => {
                    return Err(Outcome::invalid(format!(
                        "{other}: $everything knows _type and _since"
                    )));
                }
            }
        }
        Ok(narrowing)
    }

    /// The types that are asked for and that the token reaches; the Patient itself is always there, and forms are about nobody.
    fn types(&self, session: &Session) -> Vec<Type> {
        let is_asked = |of: &Type| self.types.as_ref().is_none_or(|types| types.contains(of));
        let is_reached = |of: &Type| session.scopes.allows(*of, Interaction::Search);
        let all = SERVED.iter().map(|served| served.of);
        all.filter(|of| !matches!(of, Type::Patient | Type::Questionnaire))
            .filter(is_asked)
            .filter(is_reached)
            .collect()
    }

    fn wants(&self, resource: &Value) -> bool {
        let written = resource["meta"]["lastUpdated"]
            .as_str()
            .and_then(Span::parse);
        self.since
            .is_none_or(|since| written.is_none_or(|written| since.start <= written.start))
    }
}

/// A section; one that this system does not keep says so, instead of saying that there is nothing.
fn section(title: &str, code: &str, entries: &[Value]) -> Value {
    let mut section = json!({"title": title, "code": concept(LOINC, code)});
    let text = |words: &str| json!({"status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{words}</div>")});
    if entries.is_empty() {
        section["text"] = text("Not kept in this system.");
        section["emptyReason"] = concept(
            "http://terminology.hl7.org/CodeSystem/list-empty-reason",
            "unavailable",
        );
        return section;
    }
    section["text"] = text(&format!("{} entries.", entries.len()));
    let references = entries.iter().map(|entry| {
        let part = |name: &str| entry[name].as_str().unwrap_or_default();
        json!({"reference": format!("{}/{}", part("resourceType"), part("id"))})
    });
    section["entry"] = references.collect();
    section
}

/// A random UUID (RFC 9562, version 4).
fn uuid() -> Result<String, Outcome> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Outcome::from(crate::ports::PortError::Unavailable(error.to_string())))?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    Ok(parts.join("-"))
}
