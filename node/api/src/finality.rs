//! `musubi_*`: what a light client needs to check this node: certificates, validator sets, trail rows and proofs about old headers.
//!
//! Structured answers are JSON for readers; the parts that are hashed or signed come as SCALE bytes beside them, exactly as they were.

use crate::{
    error::RpcError,
    ports::Services,
    reads::{self, Reads},
};
use codec::{Decode, Encode};
use jsonrpsee::{core::async_trait, proc_macros::rpc};
use musubi_node_core::ports::{ChainStore, LocalFault};
use musubi_primitives::{
    BlockHash, Pseudonym,
    finality::{CommitCertificate, ValidatorSet},
    mountain_range::{LeafProof, MountainRange, NodeHash, Position},
    trail::{TrailHead, TrailRow},
};
use serde::Serialize;
use sp_core::{Bytes, H256};
use std::{cell::RefCell, collections::BTreeMap};

/// Most trail rows in one answer.
const ROWS_MAX: u32 = 500;
/// A validator set decides the second block after the one whose anchor names it.
const SET_DELAY: u64 = 2;

/// A Merkle path in a mountain range; hashes are hexadecimal.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProofView {
    leaves: u64,
    index: u64,
    siblings: Vec<H256>,
    other_peaks: Vec<H256>,
    encoded: Bytes,
}

impl From<LeafProof> for ProofView {
    fn from(proof: LeafProof) -> Self {
        let encoded = Bytes(proof.encode());
        let hashes = |nodes: Vec<NodeHash>| nodes.into_iter().map(H256).collect();
        Self {
            leaves: proof.leaves,
            index: proof.index,
            siblings: hashes(proof.siblings),
            other_peaks: hashes(proof.other_peaks),
            encoded,
        }
    }
}

/// Proof that a header is an ancestor of another.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryProof {
    /// The ancestor.
    height: u64,
    hash: BlockHash,
    /// SCALE; empty where the node has pruned the block and only its hash is left to prove.
    header: Bytes,
    /// The block whose anchor holds the root.
    under: BlockHash,
    under_height: u64,
    proof: ProofView,
}

/// Why a block is final.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finality {
    height: u64,
    hash: BlockHash,
    /// SCALE; hashes to `hash` by BLAKE2-256.
    header: Bytes,
    certificate: CommitCertificate,
    certificate_encoded: Bytes,
    validators: ValidatorSet,
    validators_encoded: Bytes,
    /// The header whose anchor commits to the set, as an ancestor of this one; none for the first two sets, which genesis names.
    set_committed_by: Option<HistoryProof>,
}

/// One row of a subject's trail and where it is on the chain.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PlacedRow {
    row: TrailRow,
    encoded: Bytes,
    height: u64,
    /// Its place among the block's rows.
    place: u32,
}

/// All rows of one block, in the order that its anchor commits to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BlockTrail {
    height: u64,
    hash: BlockHash,
    header: Bytes,
    rows: Vec<Bytes>,
}

/// One row with the path to the trail root in its block's anchor.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowProof {
    row: PlacedRow,
    hash: BlockHash,
    header: Bytes,
    proof: ProofView,
}

#[rpc(server)]
pub(crate) trait FinalityApi {
    #[method(name = "musubi_certificate")]
    async fn certificate(&self, hash: Option<H256>) -> Result<Finality, RpcError>;

    #[method(name = "musubi_historyProof")]
    async fn history_proof(
        &self,
        height: u64,
        under: Option<H256>,
    ) -> Result<HistoryProof, RpcError>;

    #[method(name = "musubi_trail")]
    async fn trail(
        &self,
        subject: Pseudonym,
        first: Option<u64>,
        limit: Option<u32>,
    ) -> Result<Vec<PlacedRow>, RpcError>;

    #[method(name = "musubi_trailProof")]
    async fn trail_proof(&self, subject: Pseudonym, index: u64) -> Result<RowProof, RpcError>;

    #[method(name = "musubi_blockTrail")]
    async fn block_trail(&self, hash: Option<H256>) -> Result<BlockTrail, RpcError>;
}

/// Answers from the store.
#[derive(Clone, Debug)]
pub(crate) struct Proofs(pub(crate) Reads);

#[async_trait]
impl FinalityApiServer for Proofs {
    async fn certificate(&self, hash: Option<H256>) -> Result<Finality, RpcError> {
        let hash = self.0.at(hash);
        self.0.run(move |services| finality(services, hash)).await
    }

    async fn history_proof(
        &self,
        height: u64,
        under: Option<H256>,
    ) -> Result<HistoryProof, RpcError> {
        let under = self.0.at(under);
        self.0
            .run(move |services| history_proof(services, height, under))
            .await
    }

    async fn trail(
        &self,
        subject: Pseudonym,
        first: Option<u64>,
        limit: Option<u32>,
    ) -> Result<Vec<PlacedRow>, RpcError> {
        let limit = limit.unwrap_or(ROWS_MAX);
        if limit > ROWS_MAX {
            return Err(RpcError::Parameter(format!(
                "at most {ROWS_MAX} rows in one call, not {limit}"
            )));
        }
        self.0
            .run(move |services| rows(services, &subject, first.unwrap_or(0), limit))
            .await
    }

    async fn trail_proof(&self, subject: Pseudonym, index: u64) -> Result<RowProof, RpcError> {
        self.0
            .run(move |services| row_proof(services, &subject, index))
            .await
    }

    async fn block_trail(&self, hash: Option<H256>) -> Result<BlockTrail, RpcError> {
        let hash = self.0.at(hash);
        self.0
            .run(move |services| block_trail(services, hash))
            .await
    }
}

fn finality(services: &Services, hash: BlockHash) -> Result<Finality, RpcError> {
    let height = reads::height_of(services, &hash)?;
    let absent = |what| RpcError::Absent(format!("no {what} of height {height} is kept here"));
    let certificate = services
        .store
        .certificate(height)?
        .ok_or_else(|| absent("certificate"))?;
    let validators = services
        .store
        .validators(height)?
        .ok_or_else(|| absent("validator set"))?;
    let set_committed_by = height
        .checked_sub(SET_DELAY)
        .map(|earlier| history_proof(services, earlier, hash))
        .transpose()?;
    Ok(Finality {
        height,
        hash,
        header: header_bytes(services, &hash)?,
        certificate_encoded: Bytes(certificate.encode()),
        certificate,
        validators_encoded: Bytes(validators.encode()),
        validators,
        set_committed_by,
    })
}

fn history_proof(
    services: &Services,
    height: u64,
    under: BlockHash,
) -> Result<HistoryProof, RpcError> {
    let under_height = reads::height_of(services, &under)?;
    if height >= under_height {
        return Err(RpcError::Parameter(format!(
            "block {under_height} commits to the headers below it, not to height {height}"
        )));
    }
    let fault = RefCell::new(None);
    let node = |position: Position| {
        services
            .store
            .mountain_node(position)
            .unwrap_or_else(|cause| {
                fault.replace(Some(cause));
                None
            })
    };
    let proof = LeafProof::build(under_height, height, node);
    if let Some(fault) = fault.into_inner() {
        return Err(fault.into());
    }
    let proof = proof.ok_or(RpcError::Undecodable("the mountain range of headers"))?;
    let hash = reads::hash_at(services, height)?;
    let header = services
        .store
        .block(&hash)?
        .map(|_| header_bytes(services, &hash))
        .transpose()?
        .unwrap_or(Bytes(Vec::new()));
    Ok(HistoryProof {
        height,
        hash,
        header,
        under,
        under_height,
        proof: proof.into(),
    })
}

fn rows(
    services: &Services,
    subject: &Pseudonym,
    first: u64,
    limit: u32,
) -> Result<Vec<PlacedRow>, RpcError> {
    let found = services.store.trail(subject, first, limit)?;
    check_trail_kept(
        services,
        subject,
        first,
        found.first().map(|(row, ..)| row.index),
    )?;
    Ok(found
        .into_iter()
        .map(|(row, height, place)| PlacedRow {
            encoded: Bytes(row.encode()),
            row,
            height,
            place,
        })
        .collect())
}

/// A trail is never shortened in silence: rows from before this node's history began are missed, not left out.
fn check_trail_kept(
    services: &Services,
    subject: &Pseudonym,
    first: u64,
    found: Option<u64>,
) -> Result<(), RpcError> {
    let start = services.store.history_start()?;
    if start <= 1 || found == Some(first) {
        return Ok(());
    }
    let head = services.head.borrow().hash;
    let answer = services
        .state
        .call(&head, "MusubiApi_trail_head", &subject.encode())?;
    let written = TrailHead::decode(&mut &answer[..])
        .map_err(|_| RpcError::Undecodable("the head of a trail"))?
        .count;
    let missed = found.unwrap_or(written).min(written);
    if missed <= first {
        return Ok(());
    }
    Err(RpcError::Absent(format!(
        "rows below {missed} of this trail are not kept here: this node's history begins with block {start}"
    )))
}

/// The path from one row to the root in its block's anchor; none where the block has no such row.
///
/// # Errors
/// A fault of the store.
pub fn prove_row(
    store: &dyn ChainStore,
    height: u64,
    place: u32,
) -> Result<Option<LeafProof>, LocalFault> {
    let mut nodes = BTreeMap::new();
    let mut range = MountainRange::default();
    for row in &store.trail_of_block(height)? {
        range.append(row.leaf(), |position, hash| {
            nodes.insert(position, hash);
        });
    }
    let node = |position| nodes.get(&position).copied();
    Ok(LeafProof::build(range.leaves(), u64::from(place), node))
}

fn row_proof(services: &Services, subject: &Pseudonym, index: u64) -> Result<RowProof, RpcError> {
    let found = rows(services, subject, index, 1)?
        .into_iter()
        .find(|found| found.row.index == index);
    let row = found.ok_or_else(|| RpcError::Absent(format!("this trail has no row {index}")))?;
    let proof = prove_row(services.store.as_ref(), row.height, row.place)?;
    let proof = proof.ok_or(RpcError::Undecodable("the trail rows of a block"))?;
    let hash = reads::hash_at(services, row.height)?;
    Ok(RowProof {
        row,
        hash,
        header: header_bytes(services, &hash)?,
        proof: proof.into(),
    })
}

fn block_trail(services: &Services, hash: BlockHash) -> Result<BlockTrail, RpcError> {
    let height = reads::height_of(services, &hash)?;
    reads::check_kept(services, height)?;
    let rows = services
        .store
        .trail_of_block(height)?
        .iter()
        .map(|row| Bytes(row.encode()))
        .collect();
    Ok(BlockTrail {
        height,
        hash,
        header: header_bytes(services, &hash)?,
        rows,
    })
}

fn header_bytes(services: &Services, hash: &BlockHash) -> Result<Bytes, RpcError> {
    Ok(Bytes(reads::header(services, hash)?.encode()))
}
