//! The light client: believes a checkpoint, follows certificates, and says of a bundle what it proves.

use crate::{json, reading::{Found, Question}};
use musubi_client_sdk::proofs::{
    Bundle, Checkpoint, FollowError, Header, Statement, Step, state::StateProof, verify,
};
use musubi_primitives::{BlockHash, Moment};
use serde::Serialize;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;

/// A reader of one chain, with what it trusts.
#[wasm_bindgen]
pub struct LightClient {
    trusted: Checkpoint,
}

/// What a step said.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
enum Followed {
    /// The header is final; the checkpoint after it is given.
    Final {
        header: HeaderFacts,
        checkpoint: Checkpoint,
    },
    /// Too few of the trusted validators are left among its signers: a step to a height between is needed first.
    TooFewTrusted { height: u64 },
}

/// A final header, as far as readers need it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeaderFacts {
    height: u64,
    hash: BlockHash,
    parent: BlockHash,
    trail_rows: u32,
}

/// What a bundle proved.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Proved {
    checkpoint: Checkpoint,
    as_of: Moment,
    statements: Vec<Statement>,
}

/// One value, proved, and the checkpoint after the step to its block.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    checkpoint: Checkpoint,
    value: Found,
    height: u64,
    block: BlockHash,
    as_of: Moment,
}

#[wasm_bindgen]
impl LightClient {
    /// Trusts a checkpoint: genesis and its validators, or one that this reader kept.
    #[wasm_bindgen(constructor)]
    pub fn new(checkpoint: &str) -> Result<LightClient, JsError> {
        Ok(Self {
            trusted: json::read("checkpoint", checkpoint)?,
        })
    }

    /// What is trusted now.
    pub fn checkpoint(&self) -> Result<String, JsError> {
        json::write(&self.trusted)
    }

    /// Tries a step and keeps nothing; gives the checkpoint after it.
    pub fn follow(&self, step: &str) -> Result<String, JsError> {
        let step: Step = json::read("step", step)?;
        let followed = match self.trusted.follow(&step) {
            Ok((checkpoint, header)) => Followed::Final {
                header: facts(&header),
                checkpoint,
            },
            Err(FollowError::TooFewTrusted { height, .. }) => Followed::TooFewTrusted { height },
            Err(error) => return Err(error.into()),
        };
        json::write(&followed)
    }

    /// Checks a bundle as `musubi verify` does and keeps nothing; gives what it proves, and the checkpoint after it.
    pub fn verify(&self, bundle: &str) -> Result<String, JsError> {
        let report = verify(&self.trusted, bundle.as_bytes())?;
        json::write(&Proved {
            checkpoint: report.checkpoint,
            as_of: report.as_of,
            statements: report.statements,
        })
    }

    /// Reads one value of the state after a step's block through a proof of it, and keeps nothing.
    pub fn read(&self, step: &str, state: &str, question: &str) -> Result<String, JsError> {
        let step: Step = json::read("step", step)?;
        let state: StateProof = json::read("state proof", state)?;
        let question: Question = json::read("question", question)?;
        let (checkpoint, header) = self.trusted.follow(&step)?;
        let (as_of, value) = question.read(&header, &state)?;
        json::write(&Read {
            checkpoint,
            value,
            height: header.height,
            block: header.hash,
            as_of,
        })
    }

    /// Trusts a later checkpoint, as [`Self::follow`] or [`Self::verify`] gave it.
    pub fn trust(&mut self, checkpoint: &str) -> Result<(), JsError> {
        let next: Checkpoint = json::read("checkpoint", checkpoint)?;
        if next.genesis != self.trusted.genesis {
            return Err(JsError::new("the checkpoint is of another chain"));
        }
        self.trusted = next;
        Ok(())
    }
}

/// The keys that read proofs of a bundle must show, by height: JSON of hexadecimal text.
#[wasm_bindgen(js_name = keysToProve)]
pub fn keys_to_prove(bundle: &str, newest: u32) -> Result<String, JsError> {
    let bundle: Bundle = json::read("bundle", bundle)?;
    let keys = bundle.keys_to_prove(newest.into());
    let spelled: BTreeMap<u64, Vec<String>> = keys
        .into_iter()
        .map(|(height, keys)| (height, keys.iter().map(|key| spell(key)).collect()))
        .collect();
    json::write(&spelled)
}

/// A bundle's text to the byte, as `musubi verify` reads it.
#[wasm_bindgen(js_name = bundleText)]
pub fn bundle_text(bundle: &str) -> Result<String, JsError> {
    Ok(json::read::<Bundle>("bundle", bundle)?.to_text())
}

fn spell(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn facts(header: &Header) -> HeaderFacts {
    HeaderFacts {
        height: header.height,
        hash: header.hash,
        parent: header.parent,
        trail_rows: header.anchor.trail_rows,
    }
}
