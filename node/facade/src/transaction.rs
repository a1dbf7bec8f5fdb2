//! A transaction Bundle: checked whole before anything is sealed, then written, whatever is referred to first.
//!
//! All or nothing is decided at this door: one entry that cannot be taken in refuses the whole Bundle, and nothing was sealed. Doses are
//! held against the schedule together, as if those before them stood already, and there must be room for all. After that only a fault of
//! this machine or the chain's refusal can stop halfway; the Bundle sent again then writes what is missing, since the same content is the
//! same record.

use crate::{
    call::allow,
    instant::instant,
    outcome::Outcome,
    parts::Facade,
    ports::{Agent, Draft, Instance},
    query::id,
    served::{Interaction, Type},
    tokens::Session,
    write::{Checked, etag, location},
};
use futures::future::join_all;
use musubi_fhir::Resource;
use musubi_primitives::{Pseudonym, RecordId};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The most entries of one transaction.
pub const ENTRIES_MAX: usize = 200;

/// An entry that passed its checks.
struct Entry {
    of: Type,
    /// The address by which other entries refer to it.
    full_url: Option<String>,
    act: Act,
}

enum Act {
    /// `POST`: the resource as it was sent, since references in it may still be resolved.
    Create(Value, Box<Draft>),
    /// `POST` with `ifNoneExist`, and it exists.
    Found(Box<Instance>),
    /// `PUT`
    Update(Checked, Box<Instance>),
}

impl Facade {
    /// Takes a transaction in.
    ///
    /// # Errors
    /// Every issue of every entry, and nothing was written.
    pub(crate) async fn transaction(
        &self,
        session: &Session,
        bundle: Value,
    ) -> Result<Value, Outcome> {
        let entries = entries_of(bundle)?;
        let _writing = self.writing.lock().await;
        let (mut checked, mut refusals) = (Vec::new(), Vec::new());
        for (place, entry) in entries.into_iter().enumerate() {
            let path = format!("Bundle.entry[{place}]");
            match self.check_entry(session, entry).await {
                Ok(entry) => checked.push(entry),
                Err(outcome) => refusals.push(outcome.below(&path)),
            }
        }
        if let Some(outcome) = Outcome::all(refusals) {
            return Err(outcome);
        }
        if let Some(place) = repeated(&checked) {
            return Err(Outcome::unprocessable(
                "duplicate",
                "an earlier entry has the same content, instance or fullUrl",
            )
            .at(&format!("Bundle.entry[{place}]")));
        }
        let layers = layers(&checked)?;
        self.check_together(&checked).await?;
        self.write_all(&session.agent, checked, &layers).await
    }

    async fn check_entry(&self, session: &Session, entry: Value) -> Result<Entry, Outcome> {
        let request = &entry["request"];
        let text = |name: &str| request[name].as_str();
        let url = text("url").unwrap_or_default();
        let (name, rest) = url.split_once('/').unwrap_or((url, ""));
        let of = Type::parse(name).ok_or_else(|| {
            Outcome::invalid("expected the name of a type that is served here").at("request.url")
        })?;
        let (resource, agent) = (entry["resource"].clone(), &session.agent);
        let act = match text("method") {
            Some("POST") if rest.is_empty() => {
                allow(session, of, Interaction::Create)?;
                let known = match text("ifNoneExist") {
                    Some(condition) => self.existing(agent, of, condition).await?,
                    None => None,
                };
                match known {
                    Some(instance) => Act::Found(Box::new(instance)),
                    None => {
                        let new = self.check_new(agent, of, resource.clone()).await?;
                        Act::Create(resource, Box::new(draft(new.0, new.1, None)))
                    }
                }
            }
            Some("PUT") => {
                allow(session, of, Interaction::Update)?;
                let (checked, instance) = self
                    .check_update(agent, of, rest, text("ifMatch"), resource)
                    .await?;
                Act::Update(checked, Box::new(instance))
            }
            _ => {
                return Err(Outcome::unprocessable(
                    "not-supported",
                    "a transaction takes POST to a type and PUT to an instance",
                )
                .at("request.method"));
            }
        };
        let full_url = entry["fullUrl"].as_str().map(str::to_owned);
        Ok(Entry { of, full_url, act })
    }

    /// Holds all that is about to be written against the schedule and the room there is, before the first of it is written.
    async fn check_together(&self, entries: &[Entry]) -> Result<(), Outcome> {
        let (mut places, mut drafts, mut void) = (Vec::new(), Vec::new(), Vec::new());
        for (place, entry) in entries.iter().enumerate() {
            let new = match &entry.act {
                Act::Create(_, new) => (**new).clone(),
                Act::Update(Checked::Newer(older, subject, resource), _) => {
                    draft(*subject, resource.clone(), Some(*older))
                }
                Act::Update(Checked::Mark(record), _) => {
                    void.push(*record);
                    continue;
                }
                Act::Update(Checked::Known, _) | Act::Found(_) => continue,
            };
            places.push(place);
            drafts.push(new);
        }
        let held = self.shelf.check_all(&drafts, &void).await;
        held.map_err(|(which, error)| {
            let place = places.get(which).copied().unwrap_or_default();
            Outcome::from(error).below(&format!("Bundle.entry[{place}]"))
        })
    }

    /// Writes layer by layer, the entries of one at the same time; answers in the order of the Bundle.
    async fn write_all(
        &self,
        agent: &Agent,
        entries: Vec<Entry>,
        layers: &[Vec<usize>],
    ) -> Result<Value, Outcome> {
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        let mut written: BTreeMap<usize, Value> = BTreeMap::new();
        for layer in layers {
            let known = &ids;
            let acts = layer.iter().filter_map(|place| {
                let entry = entries.get(*place)?;
                Some(async move { (*place, entry, self.act(agent, entry, known).await) })
            });
            let mut roots = Vec::new();
            for (place, entry, outcome) in join_all(acts).await {
                let (status, instance) = outcome?;
                written.insert(place, response(status, &self.base, entry.of, &instance));
                roots.extend(
                    entry.full_url.clone().zip(
                        instance
                            .root()
                            .map(|root| format!("{}/{}", entry.of.as_str(), id(&root.0))),
                    ),
                );
            }
            ids.extend(roots);
        }
        let entries: Vec<Value> = written
            .into_values()
            .map(|one| json!({"response": one}))
            .collect();
        Ok(json!({"resourceType": "Bundle", "type": "transaction-response", "entry": entries}))
    }

    async fn act(
        &self,
        agent: &Agent,
        entry: &Entry,
        ids: &BTreeMap<String, String>,
    ) -> Result<(&'static str, Instance), Outcome> {
        match &entry.act {
            Act::Found(instance) => Ok(("200 OK", (**instance).clone())),
            Act::Create(value, _) => {
                let mut value = value.clone();
                resolve(&mut value, ids);
                let written = self.create(agent, entry.of, value, true).await?;
                let status = if written.is_new {
                    "201 Created"
                } else {
                    "200 OK"
                };
                Ok((status, written.instance))
            }
            Act::Update(checked, instance) => {
                let corrected = self.correct(agent, checked.clone(), instance, true).await?;
                Ok(("200 OK", corrected))
            }
        }
    }
}

impl Outcome {
    /// The same, below a place of the Bundle.
    fn below(self, path: &str) -> Self {
        let issues = self.resource()["issue"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let below = |mut issue: Value| {
            let inner = issue["expression"][0]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let place = match inner.split_once('.') {
                _ if inner.is_empty() => path.to_owned(),
                _ if inner.starts_with("request.") => format!("{path}.{inner}"),
                Some((_, rest)) => format!("{path}.resource.{rest}"),
                None => format!("{path}.resource"),
            };
            issue["expression"] = json!([place]);
            issue
        };
        Self::of_issues(self.status, issues.into_iter().map(below).collect())
    }
}

fn draft(subject: Pseudonym, resource: Resource, replaced: Option<RecordId>) -> Draft {
    Draft {
        subject,
        resource,
        replaced,
        is_held: false,
    }
}

fn entries_of(bundle: Value) -> Result<Vec<Value>, Outcome> {
    if bundle["resourceType"] != "Bundle" || bundle["type"] != "transaction" {
        return Err(Outcome::invalid("expected a Bundle of type transaction").at("Bundle.type"));
    }
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    if (1..=ENTRIES_MAX).contains(&entries.len()) {
        return Ok(entries);
    }
    let expected = format!("expected 1 to {ENTRIES_MAX} entries");
    Err(Outcome::unprocessable("too-costly", expected).at("Bundle.entry"))
}

/// The first entry that says what an earlier one says: the same content, the same instance, or the same `fullUrl`.
fn repeated(entries: &[Entry]) -> Option<usize> {
    let is_same = |one: &Entry, other: &Entry| {
        let acts = match (&one.act, &other.act) {
            (Act::Create(one, _), Act::Create(other, _)) => one == other,
            (Act::Update(_, one), Act::Update(_, other)) => one.root() == other.root(),
            _ => false,
        };
        acts || (one.full_url.is_some() && one.full_url == other.full_url)
    };
    (0..entries.len()).find(|place| {
        let (earlier, rest) = entries.split_at(*place);
        rest.first()
            .is_some_and(|entry| earlier.iter().any(|other| is_same(entry, other)))
    })
}

/// Places in layers: no entry refers to one of its own layer or of a later one.
fn layers(entries: &[Entry]) -> Result<Vec<Vec<usize>>, Outcome> {
    let needs: Vec<Vec<usize>> = entries.iter().map(|entry| needs(entry, entries)).collect();
    let (mut done, mut layers): (Vec<usize>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    while done.len() < entries.len() {
        let is_ready = |place: &usize| {
            !done.contains(place) && needs[*place].iter().all(|needed| done.contains(needed))
        };
        let ready: Vec<usize> = (0..entries.len()).filter(is_ready).collect();
        if ready.is_empty() {
            return Err(Outcome::unprocessable(
                "business-rule",
                "entries refer to one another in a circle: a record's id follows from its content",
            )
            .at("Bundle.entry"));
        }
        done.extend(&ready);
        layers.push(ready);
    }
    Ok(layers)
}

/// The places of the entries that this one refers to.
fn needs(entry: &Entry, entries: &[Entry]) -> Vec<usize> {
    let Act::Create(value, _) = &entry.act else {
        return Vec::new();
    };
    let named = references(value);
    let is_named = |other: &Entry| {
        other
            .full_url
            .as_deref()
            .is_some_and(|url| named.contains(&url))
    };
    let others = entries.iter().enumerate();
    others
        .filter(|(_, other)| is_named(other))
        .map(|(place, _)| place)
        .collect()
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(references).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(text) if name == "reference" => vec![text],
                _ => references(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn resolve(value: &mut Value, ids: &BTreeMap<String, String>) {
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(|entry| resolve(entry, ids)),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                let known = value.as_str().and_then(|text| ids.get(text));
                match known {
                    Some(id) if name == "reference" => *value = json!(id),
                    _ => resolve(value, ids),
                }
            }
        }
        _ => {}
    }
}

fn response(status: &str, base: &str, of: Type, instance: &Instance) -> Value {
    let mut response = json!({"status": status, "etag": etag(instance.count())});
    if let Some(location) = location(base, of, instance) {
        response["location"] = json!(location);
    }
    let written = instance
        .versions
        .last()
        .and_then(|version| version.committed);
    if let Some(written) = instance.in_error_since.or(written) {
        response["lastModified"] = json!(instant(written));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: &str, refers_to: &[&str]) -> Entry {
        let references: Vec<Value> = refers_to
            .iter()
            .map(|url| json!({"reference": url}))
            .collect();
        let resource = json!({
            "resourceType": "Patient", "identifier": [{"value": "1"}], "name": [{"text": "結　花"}],
        });
        let resource = Resource::from_value(resource).expect("a resource");
        let new = draft(Pseudonym([1; 32]), resource, None);
        Entry {
            of: Type::Observation,
            full_url: Some(url.to_owned()),
            act: Act::Create(json!({"derivedFrom": references}), Box::new(new)),
        }
    }

    #[test]
    fn what_is_referred_to_comes_first_and_a_circle_is_refused() {
        let chain = [
            entry("urn:uuid:a", &["urn:uuid:b"]),
            entry("urn:uuid:b", &["urn:uuid:c"]),
            entry("urn:uuid:c", &[]),
        ];
        assert_eq!(layers(&chain), Ok(vec![vec![2], vec![1], vec![0]]));
        let circle = [
            entry("urn:uuid:a", &["urn:uuid:b"]),
            entry("urn:uuid:b", &["urn:uuid:a"]),
        ];
        assert!(layers(&circle).is_err());
        assert_eq!(repeated(&chain), None);
        assert_eq!(
            repeated(&[entry("urn:uuid:a", &[]), entry("urn:uuid:b", &[])]),
            Some(1)
        );
    }

    #[test]
    fn references_become_addresses() {
        let mut value =
            json!({"derivedFrom": [{"reference": "urn:uuid:b"}], "note": [{"text": "urn:uuid:b"}]});
        resolve(
            &mut value,
            &BTreeMap::from([("urn:uuid:b".to_owned(), "Observation/1".to_owned())]),
        );
        assert_eq!(
            value,
            json!({"derivedFrom": [{"reference": "Observation/1"}], "note": [{"text": "urn:uuid:b"}]})
        );
    }

    #[test]
    fn an_issue_says_in_which_entry_it_is() {
        let place = |expression: &str| {
            let outcome = Outcome::invalid("x")
                .at(expression)
                .below("Bundle.entry[2]");
            outcome.resource()["issue"][0]["expression"][0].clone()
        };
        assert_eq!(
            place("Immunization.status"),
            "Bundle.entry[2].resource.status"
        );
        assert_eq!(place("request.url"), "Bundle.entry[2].request.url");
    }
}
