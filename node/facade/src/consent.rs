//! Consents as the chain has them, in the shape of IHE PCF's basic explicit consent.
//!
//! The chain knows what a consent allows and a commitment to the statement that was signed, never the statement. So the source is named by
//! that commitment, and the record classes that PCF has no place for stand in an extension.

use crate::{
    instant::instant,
    outcome::Outcome,
    parts::Facade,
    ports::Place,
    query::id,
    record::plain_id,
    shape::{categories, coding, concept, member, patient, purpose_codes},
};
use musubi_primitives::{
    ConsentId, ConsentState, Ending, MemberId, Moment, Pseudonym,
    trail::{TrailFact, TrailRow},
    view::ConsentView,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// IHE Privacy Consent on FHIR, basic explicit consent.
const PROFILE: &str = "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentBasic";
/// The extension with the record classes that a consent covers.
pub(crate) const CATEGORIES: &str = "urn:musubi:consent-categories";
/// The rules that a consent is held to: those of `pallet-consent`, first version.
const POLICY: &str = "urn:musubi:policy:consent:1";
/// Commitments to statements.
const STATEMENT_SYSTEM: &str = "urn:musubi:statement-commitment";

/// When a consent was asked for, and when it last changed.
#[derive(Clone, Copy)]
struct Times {
    proposed: Moment,
    changed: Moment,
}

impl Facade {
    /// The consents of somebody that this member may know of: all for the home municipality, its own for a recipient.
    pub(crate) async fn consents(&self, subject: Pseudonym) -> Result<Vec<Value>, Outcome> {
        let rows = self.ledger.trail(subject).await?;
        let mut shown = Vec::new();
        for (consent, times) in times(&rows) {
            let Some(view) = self.ledger.consent(consent).await? else {
                continue;
            };
            if self.concerns(subject, &[view.terms.recipient]).await? {
                shown.push(of_view(&consent, &view, times));
            }
        }
        Ok(shown)
    }

    /// One consent.
    pub(crate) async fn consent(&self, text: &str) -> Result<Value, Outcome> {
        let consent: ConsentId = plain_id(text).ok_or_else(Outcome::not_found)?;
        let view = self.ledger.consent(consent).await?;
        let subject = view.ok_or_else(Outcome::not_found)?.terms.subject;
        let consents = self.consents(subject).await?;
        let found = consents.into_iter().find(|one| one["id"] == text);
        found.ok_or_else(Outcome::not_found)
    }

    /// Whether this member may know of what names these members about somebody: it is one of them, or keeps the person's register.
    pub(crate) async fn concerns(
        &self,
        subject: Pseudonym,
        named: &[MemberId],
    ) -> Result<bool, Outcome> {
        let own = self.shelf.member();
        if named.contains(&own) {
            return Ok(true);
        }
        Ok(self.ledger.home(subject).await? == Some(own))
    }
}

fn times(rows: &[(TrailRow, Place)]) -> BTreeMap<ConsentId, Times> {
    let mut times = BTreeMap::new();
    for (row, _) in rows {
        let Some(consent) = consent_of(&row.fact) else {
            continue;
        };
        times
            .entry(consent)
            .and_modify(|times: &mut Times| times.changed = row.at)
            .or_insert(Times {
                proposed: row.at,
                changed: row.at,
            });
    }
    times
}

/// The consent that a fact is about.
pub(crate) fn consent_of(fact: &TrailFact) -> Option<ConsentId> {
    match fact {
        TrailFact::ConsentProposed { consent, .. }
        | TrailFact::ConsentAttested { consent, .. }
        | TrailFact::ConsentEffective { consent }
        | TrailFact::ConsentPaused { consent, .. }
        | TrailFact::ConsentEnded { consent, .. }
        | TrailFact::AttestationDisagreed { consent, .. } => Some(*consent),
        _ => None,
    }
}

/// FHIR's status. A paused consent permits nothing now, and may again.
fn status(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Proposed => "proposed",
        ConsentState::Effective => "active",
        ConsentState::Paused => "inactive",
        ConsentState::Ended(Ending::Refused) => "rejected",
        ConsentState::Ended(Ending::Withdrawn | Ending::Expired | Ending::Superseded) => "inactive",
    }
}

fn of_view(consent: &ConsentId, view: &ConsentView, times: Times) -> Value {
    let terms = &view.terms;
    json!({
        "resourceType": "Consent",
        "id": id(&consent.0),
        "meta": {"profile": [PROFILE], "lastUpdated": instant(times.changed)},
        "status": status(view.state),
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [concept("http://loinc.org", "59284-0")],
        "patient": patient(&terms.subject),
        "dateTime": instant(times.proposed),
        "performer": [patient(&terms.guardian)],
        "organization": [member(terms.recipient)],
        "sourceReference": {
            "type": "DocumentReference", "identifier": {"system": STATEMENT_SYSTEM, "value": id(&terms.statement.0)},
            "display": "the signed statement, in the home municipality's evidence vault",
        },
        "policy": [{"uri": POLICY}],
        "provision": {
            "extension": categories(terms.categories)
                .into_iter()
                .map(|category| json!({"url": CATEGORIES, "valueCodeableConcept": category}))
                .collect::<Vec<_>>(),
            "type": "permit",
            "period": {"start": instant(terms.not_before), "end": instant(view.until)},
            "actor": [{
                "role": {"coding": [coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")]},
                "reference": member(terms.recipient),
            }],
            "purpose": purpose_codes(terms.purpose),
        },
    })
}
