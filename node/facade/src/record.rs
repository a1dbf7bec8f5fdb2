//! Records of the vault as FHIR instances: shown with id and version, found for a patient, read, and kept apart by who wrote them.

use crate::{
    instant::instant,
    outcome::Outcome,
    parts::Facade,
    ports::{Agent, Instance, Piece, PortError, Version},
    query::{id, reference},
    search::Found,
    served::Type,
};
use axum::http::StatusCode;
use musubi_primitives::{
    Moment, Pseudonym, RecordId, RecordState,
    record::{Category, CategorySet},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

impl Instance {
    /// Instances from single records, by what the chain says took whose place.
    pub fn assemble(pieces: Vec<Piece>) -> Vec<Self> {
        let successors: BTreeSet<RecordId> = pieces
            .iter()
            .filter_map(|piece| piece.view.superseded_by)
            .collect();
        let roots: Vec<RecordId> = pieces
            .iter()
            .map(|piece| piece.record)
            .filter(|record| !successors.contains(record))
            .collect();
        let mut pieces: BTreeMap<RecordId, Piece> = pieces
            .into_iter()
            .map(|piece| (piece.record, piece))
            .collect();
        roots
            .into_iter()
            .filter_map(|root| Self::following(root, &mut pieces))
            .collect()
    }

    /// A record and what followed it; each is taken out, so that no chain is walked twice.
    fn following(root: RecordId, pieces: &mut BTreeMap<RecordId, Piece>) -> Option<Self> {
        let first = pieces.remove(&root)?;
        let mut instance = Self {
            subject: first.view.subject,
            author: first.view.author,
            category: first.view.category,
            versions: Vec::new(),
            in_error: false,
            in_error_since: None,
        };
        let mut next = Some(first);
        while let Some(piece) = next.take() {
            instance.in_error = piece.view.in_error;
            instance.in_error_since = piece.in_error_since;
            instance.versions.push(Version {
                record: piece.record,
                committed: piece.committed,
                content: piece.content,
            });
            next = piece.view.superseded_by.and_then(|by| pieces.remove(&by));
        }
        Some(instance)
    }

    /// The id that FHIR knows it by: the chain's id of its first version.
    pub fn root(&self) -> Option<RecordId> {
        self.versions.first().map(|version| version.record)
    }

    /// How many versions FHIR counts: the mark "entered in error" is one of its own.
    pub fn count(&self) -> usize {
        self.versions.len() + usize::from(self.in_error)
    }

    /// The newest version's record on the chain.
    pub fn newest(&self) -> Option<RecordId> {
        self.versions.last().map(|version| version.record)
    }

    /// A version by its number, from 1, as it is shown; `None` beyond the last or once it is erased.
    pub fn shown(&self, number: usize) -> Option<Value> {
        let is_mark = self.in_error && number == self.count();
        let version = match is_mark {
            true => self.versions.last()?,
            false => self.versions.get(number.checked_sub(1)?)?,
        };
        let mut resource = version.content.clone()?;
        if is_mark {
            resource["status"] = json!("entered-in-error");
        }
        resource["id"] = json!(id(&self.root()?.0));
        self.describe(&mut resource, number, self.written(version, is_mark));
        Some(resource)
    }

    /// The newest version as it is shown.
    pub fn current(&self) -> Option<Value> {
        self.shown(self.count())
    }

    fn written(&self, version: &Version, is_mark: bool) -> Option<Moment> {
        if is_mark {
            self.in_error_since
        } else {
            version.committed
        }
    }

    fn describe(&self, resource: &mut Value, number: usize, written: Option<Moment>) {
        let name = if resource.get("patient").is_some() {
            "patient"
        } else {
            "subject"
        };
        resource[name]["reference"] = json!(reference(&self.subject));
        if !resource["meta"].is_object() {
            resource["meta"] = json!({});
        }
        let meta = &mut resource["meta"];
        meta["versionId"] = json!(number.to_string());
        meta["source"] = json!(format!("urn:musubi:member:{}", self.author.0));
        if let Some(written) = written {
            meta["lastUpdated"] = json!(instant(written));
        }
    }

    pub(crate) fn is_of(&self, of: Type) -> bool {
        let content = self
            .versions
            .iter()
            .rev()
            .find_map(|version| version.content.as_ref());
        content.is_some_and(|content| content["resourceType"] == of.as_str())
    }
}

/// Under which classes the chain files records of a type.
pub(crate) fn categories(of: Type) -> CategorySet {
    match of {
        Type::Immunization => CategorySet::of(&[Category::Immunization]),
        Type::Observation => CategorySet::of(&[Category::Growth, Category::Checkup]),
        Type::QuestionnaireResponse => CategorySet::of(&[Category::Questionnaire]),
        Type::DocumentReference => CategorySet::of(&[Category::Document]),
        Type::Patient
        | Type::ImmunizationRecommendation
        | Type::Questionnaire
        | Type::Consent
        | Type::AuditEvent
        | Type::Provenance => CategorySet::EMPTY,
    }
}

/// Whether a record of this class may be of the type: answers to a restricted form are filed as sensitive, which no search asks for.
fn may_be_filed(of: Type, category: Category) -> bool {
    let is_restricted = of == Type::QuestionnaireResponse && category == Category::Sensitive;
    is_restricted || categories(of).contains(category)
}

/// Instances of one type about somebody, and why others are missing.
pub(crate) struct Shelved {
    pub(crate) instances: Vec<Instance>,
    pub(crate) denied: Option<Outcome>,
}

impl Facade {
    /// What this member wrote, and what others wrote if the session has a ground and the chain permits.
    pub(crate) async fn instances(
        &self,
        agent: &Agent,
        of: Type,
        subject: Pseudonym,
    ) -> Result<Shelved, Outcome> {
        let mut instances = self.shelf.authored(subject).await?;
        let mut denied = None;
        if agent.ground.is_some() {
            match self.shelf.released(agent, subject, categories(of)).await {
                Ok(released) => instances.extend(released),
                Err(error @ PortError::Denied(_)) => denied = Some(Outcome::from(error)),
                Err(error) => return Err(error.into()),
            }
        }
        instances.retain(|instance| instance.is_of(of));
        Ok(Shelved { instances, denied })
    }

    /// The newest versions for a search. A denial that leaves nothing to show is the answer itself.
    pub(crate) async fn records_of(
        &self,
        agent: &Agent,
        of: Type,
        subject: Pseudonym,
    ) -> Result<Found, Outcome> {
        let shelved = self.instances(agent, of, subject).await?;
        let resources: Vec<Value> = shelved
            .instances
            .iter()
            .filter_map(Instance::current)
            .collect();
        match shelved.denied {
            Some(denied) if resources.is_empty() => Err(denied),
            denied => Ok(Found { resources, denied }),
        }
    }

    /// One instance by its id: an own one as it is, another's through the chain.
    pub(crate) async fn instance(
        &self,
        agent: &Agent,
        of: Type,
        text: &str,
    ) -> Result<Instance, Outcome> {
        let record: RecordId = plain_id(text).ok_or_else(Outcome::not_found)?;
        let view = self.shelf.filed(record).await?;
        let view = view.ok_or_else(Outcome::not_found)?;
        if !may_be_filed(of, view.category) {
            return Err(Outcome::not_found());
        }
        if view.state == RecordState::Erased && view.superseded_by.is_none() {
            return Err(gone());
        }
        let instances = if view.author == self.shelf.member() {
            self.shelf.authored(view.subject).await?
        } else if agent.ground.is_some() {
            let asked = CategorySet::of(&[view.category]);
            self.shelf.released(agent, view.subject, asked).await?
        } else {
            return Err(Outcome::not_found());
        };
        let found = instances
            .into_iter()
            .find(|instance| instance.root() == Some(record));
        let found = found.ok_or_else(Outcome::not_found)?;
        if found.is_of(of) {
            Ok(found)
        } else {
            Err(Outcome::not_found())
        }
    }

    /// One of this member's own instances, to be corrected.
    pub(crate) async fn own_instance(&self, of: Type, text: &str) -> Result<Instance, Outcome> {
        let record: RecordId = plain_id(text).ok_or_else(Outcome::not_found)?;
        let view = self.shelf.filed(record).await?;
        let view = view.ok_or_else(Outcome::not_found)?;
        if view.author != self.shelf.member() {
            return Err(Outcome::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "a record is corrected by the member that wrote it",
            ));
        }
        let instances = self.shelf.authored(view.subject).await?;
        instances
            .into_iter()
            .find(|instance| instance.root() == Some(record) && instance.is_of(of))
            .ok_or_else(Outcome::not_found)
    }
}

/// What is erased.
pub(crate) fn gone() -> Outcome {
    Outcome::new(
        StatusCode::GONE,
        "deleted",
        "the record was erased; receipts of its holders are on the chain",
    )
}

/// The 32 bytes behind a FHIR id.
pub(crate) fn plain_id<T: std::str::FromStr>(text: &str) -> Option<T> {
    let is_plain = text.len() == 64 && !text.starts_with("0x");
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::{CiphertextHash, Commitment, MemberId, view::RecordView};

    fn version(byte: u8, content: Option<Value>) -> Version {
        Version {
            record: RecordId([byte; 32]),
            committed: Some(1_795_651_200_000),
            content,
        }
    }

    fn instance(in_error: bool, second: Option<Value>) -> Instance {
        let dose = json!({"resourceType": "Immunization", "status": "completed", "patient": {"reference": "Patient/x"}});
        Instance {
            subject: Pseudonym([7; 32]),
            author: MemberId(4),
            category: Category::Immunization,
            versions: vec![version(1, Some(dose)), version(2, second)],
            in_error,
            in_error_since: in_error.then_some(1_795_651_200_001),
        }
    }

    #[test]
    fn versions_keep_one_id_and_the_mark_is_the_last() {
        let second = json!({"resourceType": "Immunization", "status": "completed", "lotNumber": "B", "patient": {}});
        let instance = instance(true, Some(second));
        let shown: Vec<Value> = (1..=instance.count())
            .filter_map(|number| instance.shown(number))
            .collect();
        assert_eq!(shown.len(), 3);
        for (number, resource) in (1..).zip(&shown) {
            assert_eq!(resource["id"], "01".repeat(32));
            assert_eq!(resource["meta"]["versionId"], format!("{number}"));
            assert_eq!(
                resource["patient"]["reference"],
                format!("Patient/{}", "07".repeat(32))
            );
        }
        assert_eq!(
            (&shown[1]["status"], &shown[2]["status"]),
            (&json!("completed"), &json!("entered-in-error"))
        );
        assert_eq!(shown[2]["meta"]["lastUpdated"], "2026-11-26T00:00:00.001Z");
    }

    #[test]
    fn records_become_instances_in_whatever_order_they_come() {
        let view = |superseded_by: Option<u8>| RecordView {
            subject: Pseudonym([7; 32]),
            category: Category::Immunization,
            author: MemberId(4),
            home: MemberId(0),
            commitment: Commitment([0; 32]),
            ciphertext: CiphertextHash([0; 32]),
            state: RecordState::Stored,
            holders: Vec::new(),
            superseded_by: superseded_by.map(|byte| RecordId([byte; 32])),
            in_error: false,
        };
        let piece = |byte: u8, by| Piece {
            record: RecordId([byte; 32]),
            view: view(by),
            committed: None,
            in_error_since: None,
            content: Some(json!({})),
        };
        let instances = Instance::assemble(vec![
            piece(3, None),
            piece(9, None),
            piece(1, Some(2)),
            piece(2, Some(3)),
        ]);
        let records: Vec<Vec<u8>> = instances
            .iter()
            .map(|instance| {
                instance
                    .versions
                    .iter()
                    .map(|version| version.record.0[0])
                    .collect()
            })
            .collect();
        assert_eq!(records, [vec![9], vec![1, 2, 3]]);
    }

    #[test]
    fn what_is_erased_is_not_shown() {
        assert_eq!(instance(false, None).current(), None);
        assert!(instance(false, None).shown(1).is_some());
    }
}
