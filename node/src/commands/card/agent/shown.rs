//! Documents that were shown: made here from their fields, said in three languages from the very bytes that will be signed, and kept by
//! their digest until somebody signs. What was never shown cannot be signed.

use super::trouble::Trouble;
use crate::commands::card::document::Signable;
use musubi_consent::rendering::Row;
use musubi_primitives::Language;
use serde_json::{Map, Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The most documents that wait for a signature; the oldest makes room.
const SHOWN_MAX: usize = 16;
/// How long a person may read: twenty minutes and more.
const READING_TIME: Duration = Duration::from_secs(30 * 60);

/// Documents that were shown and not yet signed.
#[derive(Debug, Default)]
pub struct Shown {
    kept: Mutex<VecDeque<(String, Instant, Arc<Signable>)>>,
}

impl Shown {
    /// Keeps a document, and says what it is.
    ///
    /// # Errors
    /// [`Trouble::Failed`] for a document that this build has no words for.
    pub fn show(&self, document: Signable) -> Result<Value, Trouble> {
        let digest = document.digest();
        let mut said = Map::new();
        for language in Language::ALL {
            let rows = document.rows(language).map_err(|refusal| {
                eprintln!("{refusal:?}");
                Trouble::Failed
            })?;
            let tag = json!(language).as_str().unwrap_or_default().to_owned();
            said.insert(tag, rows.iter().map(row).collect());
        }
        let answer = json!({
            "kind": document.kind(), "digest": digest, "reference": document.reference(), "about": document.about(), "said": said,
        });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _, _)| *known != digest);
        kept.push_back((digest, Instant::now(), Arc::new(document)));
        let surplus = kept.len().saturating_sub(SHOWN_MAX);
        kept.drain(..surplus);
        Ok(answer)
    }

    /// The document with this digest.
    ///
    /// # Errors
    /// [`Trouble::NotShown`] for one that was not shown here, or too long ago.
    pub fn find(&self, digest: &str) -> Result<Arc<Signable>, Trouble> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(known, since, _)| known == digest && since.elapsed() < READING_TIME)
            .map(|(_, _, document)| Arc::clone(document))
            .ok_or(Trouble::NotShown)
    }
}

fn row(row: &Row) -> Value {
    match row {
        Row::Title(text) => json!({"is": "title", "text": text}),
        Row::Heading(text) => json!({"is": "heading", "text": text}),
        Row::Note(text) => json!({"is": "note", "text": text}),
        Row::Field { label, value } => json!({"is": "field", "label": label, "text": value}),
        Row::Gap => json!({"is": "gap"}),
    }
}
