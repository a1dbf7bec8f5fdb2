//! Provenance: who wrote a record and when, signed by the chain. The signature's data hold the row itself and the path from it to the trail
//! root in its block's anchor, so that whoever follows the chain's headers proves it without asking anybody; nothing else is pointed at.

use crate::{
    audit::row_id,
    instant::instant,
    outcome::Outcome,
    parts::Facade,
    ports::{Instance, Place},
    query::id,
    served::Type,
    shape::{coding, concept, member},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use musubi_primitives::{
    Category, MemberId, Pseudonym, RecordId,
    trail::{TrailFact, TrailRow},
};
use serde_json::{Value, json};

/// ASTM E1762: the signature of who makes a record (author's), here the chain's on the author's behalf.
const SIGNATURE_TYPES: &str = "urn:iso-astm:E1762-95:2013";
const AUTHORS_SIGNATURE: &str = "1.2.840.10065.1.12.1.1";

/// A record that was committed, and where that stands on the chain.
struct Committed {
    record: RecordId,
    category: Category,
    author: MemberId,
}

impl Facade {
    /// Who wrote each record about somebody, as far as this member may know of it.
    pub(crate) async fn provenances(&self, subject: Pseudonym) -> Result<Vec<Value>, Outcome> {
        let own = self.shelf.authored(subject).await?;
        let mut shown = Vec::new();
        for (row, place) in self.ledger.trail(subject).await? {
            let Some(committed) = committed(&row) else {
                continue;
            };
            if self.concerns(subject, &[committed.author]).await? {
                let path = self.ledger.path(place.height, place.index).await?;
                shown.push(self.provenance_of(&row, (&place, path), &committed, &own));
            }
        }
        Ok(shown)
    }

    /// One by the id of its row.
    pub(crate) async fn provenance(&self, text: &str) -> Result<Value, Outcome> {
        let (row, place) = self.row(text).await?;
        let committed = committed(&row).ok_or_else(Outcome::not_found)?;
        let own = self.shelf.authored(row.subject).await?;
        let path = self.ledger.path(place.height, place.index).await?;
        Ok(self.provenance_of(&row, (&place, path), &committed, &own))
    }

    fn provenance_of(
        &self,
        row: &TrailRow,
        (place, path): (&Place, Option<Vec<u8>>),
        committed: &Committed,
        own: &[Instance],
    ) -> Value {
        let author = member(committed.author);
        let proof = json!({
            "chain": self.ledger.genesis(), "block": place.block, "height": place.height, "place": place.index,
            "record": committed.record, "row": row, "path": path.map(|path| format!("0x{}", hex::encode(path))),
        });
        json!({
            "resourceType": "Provenance",
            "id": row_id(place),
            "meta": {"lastUpdated": instant(row.at)},
            "target": [target(committed, own)],
            "occurredDateTime": instant(row.at),
            "recorded": instant(row.at),
            "activity": concept("http://terminology.hl7.org/CodeSystem/v3-DataOperation", "CREATE"),
            "agent": [{
                "type": concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author"), "who": author,
            }],
            "signature": [{
                "type": [coding(SIGNATURE_TYPES, AUTHORS_SIGNATURE)], "when": instant(row.at), "who": author,
                "targetFormat": "application/fhir+json", "sigFormat": "application/json", "data": STANDARD.encode(proof.to_string()),
            }],
        })
    }
}

fn committed(row: &TrailRow) -> Option<Committed> {
    match row.fact {
        TrailFact::RecordCommitted {
            record,
            category,
            author,
        } => Some(Committed {
            record,
            category,
            author,
        }),
        _ => None,
    }
}

/// The version that was written: as an address if this member wrote it, else by the chain's id.
fn target(committed: &Committed, own: &[Instance]) -> Value {
    let of = match committed.category {
        Category::Immunization => Some(Type::Immunization),
        Category::Growth | Category::Checkup => Some(Type::Observation),
        Category::Questionnaire | Category::Sensitive => Some(Type::QuestionnaireResponse),
        Category::Document => Some(Type::DocumentReference),
        _ => None,
    };
    let place = own.iter().find_map(|instance| {
        let at = instance
            .versions
            .iter()
            .position(|version| version.record == committed.record)?;
        Some((instance.root()?, at + 1))
    });
    match (of, place) {
        (Some(of), Some((root, number))) => {
            let name = of.as_str();
            json!({"reference": format!("{name}/{}/_history/{number}", id(&root.0))})
        }
        _ => {
            json!({"identifier": {"system": "urn:musubi:record", "value": id(&committed.record.0)}})
        }
    }
}
