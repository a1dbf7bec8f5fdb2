//! Writing: create, conditional create, correct, enter in error. Everything is checked before anything is sealed.

use crate::{
    call::pairs_of,
    outcome::Outcome,
    parts::Facade,
    ports::{Agent, Draft, Instance},
    query::{Query, id, patient, reference},
    record::plain_id,
    search,
    served::Type,
};
use axum::http::StatusCode;
use musubi_fhir::Resource;
use musubi_primitives::{Pseudonym, RecordId, record::Category};
use serde_json::Value;

/// A correction that may be made.
#[derive(Clone, Debug)]
pub(crate) enum Checked {
    /// A newer version of an instance.
    Newer(RecordId, Pseudonym, Resource),
    /// The mark "entered in error" on this record of the chain.
    Mark(RecordId),
    /// There already: nothing to write.
    Known,
}

/// What came of a write.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) instance: Instance,
    pub(crate) is_new: bool,
}

impl Facade {
    /// Checks a resource that is to become a new instance.
    pub(crate) async fn check_new(
        &self,
        agent: &Agent,
        of: Type,
        value: Value,
    ) -> Result<(Pseudonym, Resource, Category), Outcome> {
        let resource = self.checked(of, value)?;
        let subject = self.subject(&resource).await?;
        let category = self.shelf.check_author(agent, &resource).await?;
        Ok((subject, resource, category))
    }

    /// What `If-None-Exist` finds: nothing, or the one that is there.
    pub(crate) async fn existing(
        &self,
        agent: &Agent,
        of: Type,
        condition: &str,
    ) -> Result<Option<Instance>, Outcome> {
        let pairs = pairs_of(condition)?;
        let query = Query::parse(of.served(), &pairs, false, &self.base)?;
        let Some(subject) = query.patient else {
            return Err(Outcome::precondition("If-None-Exist: name the patient"));
        };
        // Only what this member wrote: a create answers at once, and asks the chain for nothing.
        let own = Agent {
            ground: None,
            ..agent.clone()
        };
        let instances = self.instances(&own, of, subject).await?.instances;
        let shown: Vec<Value> = instances.iter().filter_map(Instance::current).collect();
        let matching = search::matching(&query, shown);
        match matching.as_slice() {
            [] => Ok(None),
            [one] => {
                let root = one["id"].as_str().and_then(plain_id::<RecordId>);
                Ok(instances
                    .into_iter()
                    .find(|instance| instance.root() == root))
            }
            several => Err(Outcome::precondition(format!(
                "If-None-Exist: {} resources match",
                several.len()
            ))),
        }
    }

    /// Checks a newer version of an instance, or the mark that it should not have been written.
    pub(crate) async fn check_update(
        &self,
        agent: &Agent,
        of: Type,
        text: &str,
        version: Option<&str>,
        value: Value,
    ) -> Result<(Checked, Instance), Outcome> {
        let instance = self.own_instance(of, text).await?;
        check_version(&instance, version)?;
        if value["id"] != text {
            return Err(
                Outcome::invalid("expected the id of the address in the resource")
                    .at(&format!("{}.id", of.as_str())),
            );
        }
        let (subject, resource, category) = self.check_new(agent, of, value).await?;
        if instance.in_error {
            return Err(Outcome::new(
                StatusCode::CONFLICT,
                "conflict",
                "entered in error, for good: create a new resource",
            ));
        }
        if subject != instance.subject || category != instance.category {
            return Err(Outcome::unprocessable(
                "business-rule",
                "a correction is about the same patient and of the same class; enter the old one in error and create a new one",
            ));
        }
        let newest = instance.newest().ok_or_else(Outcome::not_found)?;
        let is_mark = resource.value()["status"] == "entered-in-error";
        let checked = if is_mark {
            Checked::Mark(newest)
        } else if instance
            .current()
            .is_some_and(|current| same(&current, resource.value()))
        {
            Checked::Known
        } else {
            Checked::Newer(newest, subject, resource)
        };
        Ok((checked, instance))
    }

    /// Makes a correction that was checked; the instance as it is then. `is_held`: see [`Draft`].
    pub(crate) async fn correct(
        &self,
        agent: &Agent,
        checked: Checked,
        instance: &Instance,
        is_held: bool,
    ) -> Result<Instance, Outcome> {
        match checked {
            Checked::Known => {}
            Checked::Mark(record) => self.shelf.enter_in_error(record).await?,
            Checked::Newer(older, subject, resource) => {
                let draft = Draft {
                    subject,
                    resource,
                    replaced: Some(older),
                    is_held,
                };
                let taken = self.shelf.take_in(agent, draft).await?;
                self.shelf.supersede(older, taken.record).await?;
            }
        }
        let root = instance.root().ok_or_else(Outcome::not_found)?;
        self.written(instance.subject, root).await
    }

    /// Creates one instance and shows it. `is_held`: see [`Draft`].
    pub(crate) async fn create(
        &self,
        agent: &Agent,
        of: Type,
        value: Value,
        is_held: bool,
    ) -> Result<Written, Outcome> {
        let (subject, resource, _) = self.check_new(agent, of, value).await?;
        let draft = Draft {
            subject,
            resource,
            replaced: None,
            is_held,
        };
        let taken = self.shelf.take_in(agent, draft).await?;
        let written = self.written(subject, taken.record).await?;
        if written.is_replaced(taken.record) {
            return Err(Outcome::new(
                StatusCode::CONFLICT,
                "duplicate",
                "this very content was corrected since it was taken in; if it is right after all, give it an identifier",
            ));
        }
        Ok(Written {
            instance: written,
            is_new: taken.is_new,
        })
    }

    /// The instance that has this record among its versions.
    pub(crate) async fn written(
        &self,
        subject: Pseudonym,
        record: RecordId,
    ) -> Result<Instance, Outcome> {
        let instances = self.shelf.authored(subject).await?;
        let has = |instance: &Instance| {
            instance
                .versions
                .iter()
                .any(|version| version.record == record)
        };
        instances
            .into_iter()
            .find(has)
            .ok_or_else(Outcome::not_found)
    }

    fn checked(&self, of: Type, mut value: Value) -> Result<Resource, Outcome> {
        if value["resourceType"] != of.as_str() {
            return Err(Outcome::invalid(format!(
                "expected a {}: post other resources to the address of their type",
                of.as_str()
            ))
            .at("Resource.resourceType"));
        }
        // Ids and versions are the server's; what is sealed is the content.
        strip(&mut value);
        let name = if of == Type::Immunization {
            "patient"
        } else {
            "subject"
        };
        if let Some(subject) = value[name]["reference"]
            .as_str()
            .and_then(|text| patient(text, &self.base))
        {
            value[name]["reference"] = reference(&subject).into();
        }
        Resource::from_value(value).map_err(|refusal| Outcome::refused(&refusal, None))
    }

    async fn subject(&self, resource: &Resource) -> Result<Pseudonym, Outcome> {
        let kind = resource.kind().as_str();
        let place = match kind {
            "Immunization" => "patient.reference",
            _ => "subject.reference",
        };
        let subject = resource
            .subject()
            .and_then(|text| patient(text, &self.base))
            .ok_or_else(|| {
                Outcome::unprocessable(
                    "value",
                    "expected Patient/ and the 64 hexadecimal digits of the pseudonym",
                )
                .at(&format!("{kind}.{place}"))
            })?;
        let home = self.ledger.home(subject).await?;
        home.map(|_| subject).ok_or_else(|| {
            Outcome::unprocessable(
                "not-found",
                "no such patient, or not available to this member",
            )
            .at(&format!("{kind}.{place}"))
        })
    }
}

impl Instance {
    /// Whether a version is no longer the one that counts.
    fn is_replaced(&self, record: RecordId) -> bool {
        self.in_error || self.newest() != Some(record)
    }
}

/// `If-Match` names the version that the client has read.
fn check_version(instance: &Instance, version: Option<&str>) -> Result<(), Outcome> {
    let Some(version) = version else {
        return Err(Outcome::new(
            StatusCode::PRECONDITION_REQUIRED,
            "required",
            "send If-Match with the ETag of the version that you correct",
        ));
    };
    let current = instance.count();
    if version == etag(current) {
        return Ok(());
    }
    Err(Outcome::precondition(format!(
        "the current version is {}: read it again, then correct it",
        etag(current)
    )))
}

/// A version number as an ETag.
pub(crate) fn etag(number: usize) -> String {
    format!("W/\"{number}\"")
}

/// Whether two resources say the same, whatever the server has added to one.
fn same(shown: &Value, sent: &Value) -> bool {
    let plain = |value: &Value| {
        let mut value = value.clone();
        strip(&mut value);
        value
    };
    plain(shown) == plain(sent)
}

/// Takes away what only the server says of a resource.
fn strip(value: &mut Value) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    object.remove("id");
    let Some(meta) = object.get_mut("meta").and_then(Value::as_object_mut) else {
        return;
    };
    for name in ["versionId", "lastUpdated", "source"] {
        meta.remove(name);
    }
    if meta.is_empty() {
        object.remove("meta");
    }
}

/// Where a version of an instance is.
pub(crate) fn location(base: &str, of: Type, instance: &Instance) -> Option<String> {
    let root = id(&instance.root()?.0);
    Some(format!(
        "{base}/{}/{root}/_history/{}",
        of.as_str(),
        instance.count()
    ))
}
