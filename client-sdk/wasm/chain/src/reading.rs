//! Reading one value of the state: what to ask a node for, and what the proof says, also that there is none.

use crate::json;
use musubi_client_sdk::proofs::{
    Header, ReadProof,
    state::{ConsentEntry, RecordEntry, State, StateProof},
    storage,
    wire::HexBytes,
};
use musubi_primitives::{
    Category, CategorySet, CiphertextHash, Commitment, ConsentId, ConsentState, MemberId, Moment,
    Pseudonym, Purpose, RecordId, RecordState,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// What is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Question {
    /// A consent.
    Consent(ConsentId),
    /// A record.
    Record(RecordId),
    /// Whatever lies under a key.
    Key(HexBytes),
}

/// What was proved; none where the state is proved to have none.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Found {
    Consent(Option<ConsentFacts>),
    Record(Option<RecordFacts>),
    Value(Option<HexBytes>),
}

/// A consent as the chain has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsentFacts {
    subject: Pseudonym,
    guardian: Pseudonym,
    recipient: MemberId,
    purpose: Purpose,
    categories: CategorySet,
    not_before: Moment,
    not_after: Moment,
    state: ConsentState,
    in_force: bool,
}

/// A record as the chain has it: never its content.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordFacts {
    subject: Pseudonym,
    category: Category,
    author: MemberId,
    commitment: Commitment,
    ciphertext: CiphertextHash,
    committed_at: Moment,
    state: RecordState,
}

impl Question {
    fn key(&self) -> Vec<u8> {
        match self {
            Self::Consent(consent) => storage::consent(consent),
            Self::Record(record) => storage::record(record),
            Self::Key(HexBytes(key)) => key.clone(),
        }
    }

    /// The answer under a final header, with the time of its block.
    pub(crate) fn read(
        &self,
        header: &Header,
        proof: &StateProof,
    ) -> Result<(Moment, Found), JsError> {
        let mut state = State::open(header, proof)?;
        let time = state.time;
        let found = match self {
            Self::Consent(id) => {
                Found::Consent(state.consent(id)?.map(|entry| consent_facts(&entry, time)))
            }
            Self::Record(id) => Found::Record(state.record(id)?.map(record_facts)),
            Self::Key(HexBytes(key)) => {
                let nodes = proof.nodes.iter().map(|node| node.0.as_slice());
                let mut proof = ReadProof::new(header.state_root, nodes)?;
                return Ok((time, Found::Value(proof.read(key)?.map(HexBytes))));
            }
        };
        state.finish()?;
        Ok((time, found))
    }
}

fn consent_facts(entry: &ConsentEntry, at: Moment) -> ConsentFacts {
    let terms = &entry.terms;
    ConsentFacts {
        subject: terms.subject,
        guardian: terms.guardian,
        recipient: terms.recipient,
        purpose: terms.purpose,
        categories: terms.categories,
        not_before: terms.not_before,
        not_after: terms.not_after,
        state: entry.state_at(at),
        in_force: entry.holds_at(at),
    }
}

fn record_facts(entry: RecordEntry) -> RecordFacts {
    RecordFacts {
        subject: entry.subject,
        category: entry.category,
        author: entry.author,
        commitment: entry.commitment,
        ciphertext: entry.ciphertext,
        committed_at: entry.committed_at,
        state: entry.state,
    }
}

/// The keys that a node must prove for a question: the value's own, and the time of its block. JSON of hexadecimal text.
#[wasm_bindgen(js_name = keysToRead)]
pub fn keys_to_read(question: &str) -> Result<String, JsError> {
    let question: Question = json::read("question", question)?;
    json::write(&[HexBytes(question.key()), HexBytes(storage::block_time())])
}

/// The key of `item` of `pallet`, or of one entry of that map (Blake2_128Concat), where `entry` is its key in SCALE.
#[wasm_bindgen(js_name = storageKey)]
pub fn storage_key(pallet: &str, item: &str, entry: Option<Vec<u8>>) -> String {
    let key = match entry {
        None => storage::value(pallet, item),
        Some(key) => [storage::value(pallet, item), storage::hashed(&key)].concat(),
    };
    format!("0x{}", hex::encode(key))
}
