//! The first clinic's system posts what it recorded, and two holders have it before the story goes on.

use super::{Cast, Stage};
use crate::demo::family::Child;
use musubi_primitives::{Pseudonym, RecordId, RecordState};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct TakenIn {
    record: RecordId,
    block: Option<u64>,
}

impl Stage<'_> {
    /// The first clinic's system posts what it recorded; two holders have it before the story goes on.
    pub(super) async fn record(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        child: &Child,
    ) -> Result<Vec<RecordId>, String> {
        let mut records = Vec::new();
        for resource in &child.records {
            let kind = resource.kind().as_str();
            let body = resource.value().to_string().into_bytes();
            let taken: TakenIn = self
                .clinic
                .post_fhir(&cast.first_doctor, kind, &subject, body)
                .await?;
            records.push(taken.record);
            let actor = "doctor of the first clinic";
            self.tell(
                "record",
                actor,
                "committed",
                Some(kind),
                taken.block,
                subject,
            )
            .await?;
        }
        for record in &records {
            self.wait_until_stored(cast, record).await?;
        }
        let actor = "vaults of clinic and village";
        self.tell("store", actor, "two holders have each", None, None, subject)
            .await?;
        Ok(records)
    }

    async fn wait_until_stored(&self, cast: &Cast, record: &RecordId) -> Result<(), String> {
        let mut heads = self.proofs.follow_heads().await?;
        loop {
            let path = format!("/v1/records/{record}");
            let view: Value = self.clinic.get(&cast.first_doctor, &path).await?;
            if view["state"] == json!(RecordState::Stored) {
                return Ok(());
            }
            heads.next().await?;
        }
    }
}
