//! What every card-signed step shares: a nonce, the card's signature, and evidence sealed to the village.

use super::{Cast, Stage};
use crate::{
    clock::now,
    demo::{gateway::Keys, wallet::CardKey},
};
use base64::Engine;
use musubi_consent::{Document, DocumentFields, Evidence};
use musubi_primitives::BlockHash;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Nonce {
    nonce: String,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) outcome: String,
    pub(super) block: Option<u64>,
    pub(super) reason: Option<String>,
}

impl Stage<'_> {
    pub(super) async fn nonce(&self, who: &Keys) -> Result<[u8; 32], String> {
        self.nonce_for(who, "document").await
    }

    /// A nonce for a document or a check-in.
    pub(super) async fn nonce_for(&self, who: &Keys, purpose: &str) -> Result<[u8; 32], String> {
        let form = json!({"for": purpose});
        let issued: Nonce = self.village.post(who, "/v1/nonces", &form).await?;
        let nonce: BlockHash = issued
            .nonce
            .parse()
            .map_err(|_| "the nonce is no 32 bytes")?;
        Ok(nonce.0)
    }

    pub(super) fn sign<F: DocumentFields>(
        &mut self,
        cast: &Cast,
        key: CardKey,
        document: &Document<F>,
    ) -> Result<Evidence, String> {
        let genesis = self.village.genesis();
        self.readers.sign(&cast.card, key, document, genesis, now())
    }

    /// Hands evidence to the village, sealed to it, and expects its word.
    pub(super) async fn give(
        &self,
        cast: &Cast,
        who: &Keys,
        kind: &str,
        about: [u8; 32],
        evidence: &Evidence,
    ) -> Result<Answer, String> {
        let sealed = evidence
            .seal(&cast.village_key, &about)
            .map_err(|error| error.to_string())?;
        let sealed = base64::engine::general_purpose::STANDARD.encode(sealed.to_bytes());
        let body = json!({"kind": kind, "about": BlockHash(about), "sealed": sealed});
        let mut heads = self.proofs.follow_heads().await?;
        let answer = loop {
            let answer: Answer = self.village.post(who, "/v1/evidence", &body).await?;
            // The card authority's answer is still out.
            if answer.outcome != "pending" {
                break answer;
            }
            heads.next().await?;
        };
        if answer.outcome == "attested" {
            return Ok(answer);
        }
        let reason = answer.reason.unwrap_or_default();
        Err(format!(
            "the village did not vouch for the {kind}: {} {reason}",
            answer.outcome
        ))
    }
}
