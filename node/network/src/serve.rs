//! What a node's own chain gives to those that join.

use crate::{
    message::{FinalBlock, Refusal},
    ports::SnapshotSource,
};
use codec::Encode;
use musubi_node_core::{
    executor::{Header, ReadError},
    pipeline::Pipeline,
    ports::LocalFault,
};
use musubi_primitives::{
    BlockHash,
    mountain_range::{LeafProof, NodeHash, Position},
};

/// How many blocks pass between the header that names a validator set and the first block that this set decides.
const SET_DELAY: u64 = 2;

impl SnapshotSource for Pipeline {
    fn final_block(&self, height: Option<u64>) -> Result<FinalBlock, Refusal> {
        let store = self.store().as_ref();
        let height = match height {
            Some(height) => height,
            None => store.tip().map_err(fault)?.ok_or(Refusal::Absent)?.0,
        };
        let certificate = store.certificate(height).map_err(fault)?;
        let validators = store.validators(height).map_err(fault)?;
        Ok(FinalBlock {
            header: header_at(self, height)?.encode(),
            certificate: certificate.ok_or(Refusal::Absent)?,
            validators: validators.ok_or(Refusal::Absent)?,
            parent: parent(self, height)?,
            named_by: named_by(self, height)?,
        })
    }

    fn history(&self, first: u64, limit: u32) -> Result<Vec<NodeHash>, Refusal> {
        let last = first.saturating_add(limit.into());
        let mut leaves = Vec::new();
        for index in first..last {
            let leaf = Position { height: 0, index };
            match self.store().mountain_node(leaf).map_err(fault)? {
                Some(leaf) => leaves.push(leaf),
                None => break,
            }
        }
        Ok(leaves)
    }

    fn state(
        &self,
        block: &BlockHash,
        after: Option<&[u8]>,
        bytes: u32,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.executor()
            .state_piece(block, after, bytes)
            .map_err(refusal)
    }
}

fn header_at(pipeline: &Pipeline, height: u64) -> Result<Header, Refusal> {
    let hash = pipeline.store().hash_at(height).map_err(fault)?;
    pipeline
        .executor()
        .header(&hash.ok_or(Refusal::Absent)?)
        .map_err(refusal)
}

fn parent(pipeline: &Pipeline, height: u64) -> Result<Option<Vec<u8>>, Refusal> {
    let below = height.checked_sub(1).filter(|below| *below > 0);
    below
        .map(|below| Ok(header_at(pipeline, below)?.encode()))
        .transpose()
}

/// The header that names the validators of a height, with its proof.
fn named_by(pipeline: &Pipeline, height: u64) -> Result<Option<(Vec<u8>, LeafProof)>, Refusal> {
    let Some(named_at) = height.checked_sub(SET_DELAY).filter(|at| *at > 0) else {
        return Ok(None);
    };
    let node = |position| pipeline.store().mountain_node(position).ok().flatten();
    let proof = LeafProof::build(height, named_at, node).ok_or(Refusal::Absent)?;
    Ok(Some((header_at(pipeline, named_at)?.encode(), proof)))
}

fn refusal(error: ReadError) -> Refusal {
    match error {
        ReadError::UnknownBlock(_) | ReadError::Pruned { .. } => Refusal::Absent,
        ReadError::Call(cause) => {
            tracing::warn!(%cause, "a node that joins got no answer");
            Refusal::Fault
        }
    }
}

fn fault(fault: LocalFault) -> Refusal {
    tracing::warn!(%fault, "a node that joins got no answer");
    Refusal::Fault
}
