//! What proofs are made of, asked of a node step by step. Whether it proves anything, `client-sdk` says.

use crate::{
    error::MusubiError,
    node::{NodeConnection, call},
};
use musubi_client_sdk::{
    extrinsics::ChainContext,
    proofs::{
        Bundle, Checkpoint, FollowError, Header, ReadProof, Statement, Step,
        follow::Ancestor,
        state::StateProof,
        storage,
        wire::{HexBytes, PathProof},
    },
};
use musubi_primitives::{
    BlockHash, Pseudonym,
    finality::{CommitCertificate, ValidatorSet},
    trail::TrailRow,
};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

/// Rows that a node gives at once.
const ROWS_MAX: usize = 500;
/// Heights 1 and 2 are decided by the set that genesis names.
const FIRST_NAMED_HEIGHT: u64 = 3;

type Node = Arc<dyn NodeConnection>;

/// The newest block of a node, proved to be final.
pub(crate) struct Newest {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) header: Header,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finality {
    height: u64,
    header: HexBytes,
    certificate: CommitCertificate,
    validators: ValidatorSet,
    set_committed_by: Option<History>,
}

#[derive(Deserialize)]
struct History {
    header: HexBytes,
    proof: Encoded,
}

#[derive(Deserialize)]
struct Encoded {
    encoded: PathProof,
}

#[derive(Deserialize)]
struct Placed {
    row: TrailRow,
    height: u64,
}

#[derive(Deserialize)]
struct PlacedProof {
    row: Placed,
    hash: BlockHash,
    proof: Encoded,
}

#[derive(Deserialize)]
struct Nodes {
    proof: BTreeSet<HexBytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeVersion {
    spec_version: u32,
    transaction_version: u32,
}

impl From<History> for Ancestor {
    fn from(history: History) -> Self {
        Self {
            header: history.header,
            proof: history.proof.encoded,
        }
    }
}

impl From<Finality> for Step {
    fn from(finality: Finality) -> Self {
        let named_by = finality
            .set_committed_by
            .filter(|_| FIRST_NAMED_HEIGHT <= finality.height)
            .map(Ancestor::from);
        Self {
            header: finality.header,
            certificate: finality.certificate,
            validators: finality.validators,
            named_by,
        }
    }
}

/// Follows the validators from `trusted` to the node's newest block.
pub(crate) async fn follow(node: &Node, trusted: Checkpoint) -> Result<Newest, MusubiError> {
    let hash: BlockHash = call(node, "chain_getFinalizedHead", json!([])).await?;
    if hash == trusted.block && trusted.height > 0 {
        return already_there(node, trusted).await;
    }
    let step = step(node, hash).await?;
    let (height, _) = claimed(&step)?;
    if height <= trusted.height {
        return Err(MusubiError::not_proved(format!(
            "the node's newest block {height} is not above block {}, which was followed to already",
            trusted.height
        )));
    }
    let (checkpoint, header, _) = steps(node, trusted, step).await?;
    Ok(Newest { checkpoint, header })
}

/// No block since: the trusted block's own header, by its hash.
async fn already_there(node: &Node, trusted: Checkpoint) -> Result<Newest, MusubiError> {
    let step = step(node, trusted.block).await?;
    let (_, header) = claimed(&step)?;
    if header.hash != trusted.block {
        return Err(MusubiError::not_proved(
            "the header is not that of the trusted block",
        ));
    }
    Ok(Newest {
        checkpoint: trusted,
        header,
    })
}

/// The fewest steps found: straight ahead, or half the way where too few of the trusted validators are left.
async fn steps(
    node: &Node,
    trusted: Checkpoint,
    last: Step,
) -> Result<(Checkpoint, Header, Vec<Step>), MusubiError> {
    let (newest, _) = claimed(&last)?;
    let (mut trusted, mut taken) = (trusted, Vec::new());
    let (mut next, mut target) = (last.clone(), newest);
    loop {
        match trusted.follow(&next) {
            Ok((checkpoint, header)) => {
                taken.push(next);
                if header.height == newest {
                    return Ok((checkpoint, header, taken));
                }
                (trusted, next, target) = (checkpoint, last.clone(), newest);
            }
            Err(FollowError::TooFewTrusted { .. }) if target > trusted.height.saturating_add(1) => {
                target = trusted.height.midpoint(target);
                next = step(node, block_hash(node, target).await?).await?;
            }
            Err(error) => return Err(MusubiError::not_proved(error)),
        }
    }
}

async fn step(node: &Node, hash: BlockHash) -> Result<Step, MusubiError> {
    let finality: Finality = call(node, "musubi_certificate", json!([hash])).await?;
    Ok(finality.into())
}

async fn block_hash(node: &Node, height: u64) -> Result<BlockHash, MusubiError> {
    let hash: Option<BlockHash> = call(node, "chain_getBlockHash", json!([height])).await?;
    hash.ok_or_else(|| MusubiError::not_proved(format!("the node has no block {height}")))
}

/// What a step's header says it is; nothing is proved yet.
fn claimed(step: &Step) -> Result<(u64, Header), MusubiError> {
    let header = Header::decode(&step.header.0).map_err(MusubiError::not_proved)?;
    Ok((header.height, header))
}

/// A read proof of the block's time and of `keys` in the state after a block.
pub(crate) async fn state_proof(
    node: &Node,
    header: &Header,
    keys: &[Vec<u8>],
) -> Result<StateProof, MusubiError> {
    let mut keys: BTreeSet<Vec<u8>> = keys.iter().cloned().collect();
    keys.insert(storage::block_time());
    let keys: Vec<HexBytes> = keys.into_iter().map(HexBytes).collect();
    let nodes: Nodes = call(node, "state_getReadProof", json!([keys, header.hash])).await?;
    Ok(StateProof {
        height: header.height,
        nodes: nodes.proof.into_iter().collect(),
    })
}

/// The value under `key` as the proof shows it.
pub(crate) fn value(
    header: &Header,
    proof: &StateProof,
    key: &[u8],
) -> Result<Option<Vec<u8>>, MusubiError> {
    let nodes = proof.nodes.iter().map(|node| node.0.as_slice());
    let mut proof = ReadProof::new(header.state_root, nodes).map_err(MusubiError::not_proved)?;
    proof.read(key).map_err(MusubiError::not_proved)
}

/// The first `count` rows of a trail, as the node says.
pub(crate) async fn rows(
    node: &Node,
    subject: &Pseudonym,
    count: u64,
) -> Result<Vec<TrailRow>, MusubiError> {
    let count = usize::try_from(count).map_err(MusubiError::not_proved)?;
    let mut rows = Vec::new();
    while rows.len() < count {
        let missing = count.saturating_sub(rows.len());
        let first = json!([subject, rows.len(), ROWS_MAX.min(missing)]);
        let page: Vec<Placed> = call(node, "musubi_trail", first).await?;
        if page.is_empty() {
            return Err(MusubiError::not_proved(format!(
                "the node has {} of {count} rows",
                rows.len()
            )));
        }
        rows.extend(page.into_iter().take(missing).map(|placed| placed.row));
    }
    Ok(rows)
}

/// One row, proved to be written in its block, and that block to be below `newest`; gives the block's height.
pub(crate) async fn row(
    node: &Node,
    newest: &Header,
    subject: &Pseudonym,
    index: u64,
) -> Result<(TrailRow, u64), MusubiError> {
    let placed: PlacedProof = call(node, "musubi_trailProof", json!([subject, index])).await?;
    let (row, height) = (placed.row.row, placed.row.height);
    let header = if placed.hash == newest.hash {
        *newest
    } else {
        let ancestor = ancestor(node, height, newest).await?;
        ancestor.check(newest).map_err(MusubiError::not_proved)?
    };
    let PathProof(proof) = placed.proof.encoded;
    let asked_for = (row.subject, row.index, header.height) == (*subject, index, height);
    let all_rows = proof.leaves == u64::from(header.anchor.trail_rows);
    if asked_for && all_rows && proof.verifies(&header.anchor.trail_root, &row.leaf()) {
        Ok((row, height))
    } else {
        Err(MusubiError::not_proved(format!(
            "row {index} is not among the rows of block {height}"
        )))
    }
}

async fn ancestor(node: &Node, height: u64, newest: &Header) -> Result<Ancestor, MusubiError> {
    let history: History = call(node, "musubi_historyProof", json!([height, newest.hash])).await?;
    Ok(history.into())
}

/// The text of a bundle whose statements all speak of the newest block.
pub(crate) async fn bundle(
    node: &Node,
    trusted: &Checkpoint,
    newest: &Newest,
    statements: Vec<Statement>,
) -> Result<Vec<u8>, MusubiError> {
    let height = newest.header.height;
    if height <= trusted.height {
        return Err(MusubiError::input(
            "checkpoint",
            "there is no block above it yet: ask again after the next one",
        ));
    }
    let mut bundle = Bundle::new(trusted.genesis);
    bundle.statements = statements;
    let last = step(node, newest.header.hash).await?;
    bundle.steps = steps(node, trusted.clone(), last).await?.2;
    let keys = bundle.keys_to_prove(height).remove(&height);
    let keys: Vec<Vec<u8>> = keys.unwrap_or_default().into_iter().collect();
    bundle.states = vec![state_proof(node, &newest.header, &keys).await?];
    Ok(bundle.to_text().into_bytes())
}

/// Genesis is the reader's own; the versions are the node's word.
pub(crate) async fn chain_context(
    node: &Node,
    genesis: BlockHash,
) -> Result<ChainContext, MusubiError> {
    let version: RuntimeVersion = call(node, "state_getRuntimeVersion", json!([])).await?;
    Ok(ChainContext {
        genesis,
        spec_version: version.spec_version,
        transaction_version: version.transaction_version,
    })
}
