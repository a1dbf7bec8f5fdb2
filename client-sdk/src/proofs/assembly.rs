//! Putting a bundle together: the other side of [`super::verify()`], for whoever has the chain at hand.

use super::{
    bundle::Bundle,
    follow::{Ancestor, Checkpoint, FollowError, Step},
    state::StateProof,
    statement::Statement,
    wire::{HexBytes, PathProof},
};
use musubi_primitives::{
    finality::{CommitCertificate, ValidatorSet},
    mountain_range::{LeafProof, MountainRange, NodeHash, Position},
    trail::TrailRow,
};
use std::collections::{BTreeMap, BTreeSet};

/// A chain's own data, as a full node has them.
pub trait Source {
    /// Why something could not be had.
    type Fault;

    /// SCALE-encoded header of a final block.
    ///
    /// # Errors
    /// As the source says.
    fn header(&self, height: u64) -> Result<Vec<u8>, Self::Fault>;
    /// Certificate of a final block, and the validators that decided it.
    ///
    /// # Errors
    /// As the source says.
    fn decision(&self, height: u64) -> Result<(CommitCertificate, ValidatorSet), Self::Fault>;
    /// A node of the mountain range of headers.
    ///
    /// # Errors
    /// As the source says.
    fn history_node(&self, position: Position) -> Result<NodeHash, Self::Fault>;
    /// Trie nodes that prove these keys in the state after a block.
    ///
    /// # Errors
    /// As the source says.
    fn state_proof(
        &self,
        height: u64,
        keys: &BTreeSet<Vec<u8>>,
    ) -> Result<Vec<Vec<u8>>, Self::Fault>;
    /// All trail rows of a block, in order.
    ///
    /// # Errors
    /// As the source says.
    fn rows_of_block(&self, height: u64) -> Result<Vec<TrailRow>, Self::Fault>;
}

/// Why a bundle was not put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssemblyError<F> {
    /// The source has not what is needed.
    #[error("the chain's data are incomplete: {0}")]
    Source(F),
    /// There is no way of proof from the reader's checkpoint.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// A height or row that the newest block does not look back on.
    #[error("height {0} has no such place in the history or among the rows")]
    NoSuchPlace(u64),
}

/// Puts together what proves `statements` as of block `newest` to a reader who trusts `trusted`.
///
/// # Errors
/// See [`AssemblyError`]. Whether the statements are true only [`super::verify()`] tells.
pub fn assemble<S: Source>(
    source: &S,
    trusted: &Checkpoint,
    newest: u64,
    statements: Vec<Statement>,
) -> Result<Bundle, AssemblyError<S::Fault>> {
    let mut bundle = Bundle::new(trusted.genesis);
    bundle.statements = statements;
    bundle.steps = steps(source, trusted, newest)?;
    let stepped_on = followed_heights(trusted, &bundle.steps)?;
    let spoken_of: BTreeSet<u64> = bundle.statements.iter().map(Statement::height).collect();
    for height in spoken_of.difference(&stepped_on) {
        bundle.ancestors.push(ancestor(source, *height, newest)?);
    }
    for (height, keys) in bundle.keys_to_prove(newest) {
        let nodes = source
            .state_proof(height, &keys)
            .map_err(AssemblyError::Source)?;
        let nodes: BTreeSet<HexBytes> = nodes.into_iter().map(HexBytes).collect();
        bundle.states.push(StateProof {
            height,
            nodes: nodes.into_iter().collect(),
        });
    }
    Ok(bundle)
}

/// The statement that a row was written in a block, with its proof; `place` counts the block's rows from 0.
///
/// # Errors
/// See [`AssemblyError`].
pub fn row_written<S: Source>(
    source: &S,
    height: u64,
    place: u64,
) -> Result<Statement, AssemblyError<S::Fault>> {
    let rows = source
        .rows_of_block(height)
        .map_err(AssemblyError::Source)?;
    let mut nodes = BTreeMap::new();
    let mut range = MountainRange::default();
    for row in &rows {
        range.append(row.leaf(), |position, hash| {
            nodes.insert(position, hash);
        });
    }
    let proof = LeafProof::build(range.leaves(), place, |position| {
        nodes.get(&position).copied()
    });
    let row = usize::try_from(place)
        .ok()
        .and_then(|place| rows.into_iter().nth(place));
    let (proof, row) = proof.zip(row).ok_or(AssemblyError::NoSuchPlace(height))?;
    Ok(Statement::RowWritten {
        height,
        row,
        proof: PathProof(proof),
    })
}

/// The fewest steps found: straight ahead, or half the way where too few of the trusted validators are left.
fn steps<S: Source>(
    source: &S,
    trusted: &Checkpoint,
    newest: u64,
) -> Result<Vec<Step>, AssemblyError<S::Fault>> {
    let mut steps = Vec::new();
    let (mut checkpoint, mut target) = (trusted.clone(), newest);
    while checkpoint.height < newest {
        let step = step(source, target)?;
        match checkpoint.follow(&step) {
            Ok((next, _)) => {
                steps.push(step);
                (checkpoint, target) = (next, newest);
            }
            Err(FollowError::TooFewTrusted { .. })
                if target.saturating_sub(checkpoint.height) > 1 =>
            {
                target = checkpoint.height.midpoint(target);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(steps)
}

fn step<S: Source>(source: &S, height: u64) -> Result<Step, AssemblyError<S::Fault>> {
    let (certificate, validators) = source.decision(height).map_err(AssemblyError::Source)?;
    let header = HexBytes(source.header(height).map_err(AssemblyError::Source)?);
    let named_at = height.checked_sub(2).filter(|named_at| *named_at > 0);
    let named_by = named_at
        .map(|named_at| ancestor(source, named_at, height))
        .transpose()?;
    Ok(Step {
        header,
        certificate,
        validators,
        named_by,
    })
}

fn ancestor<S: Source>(
    source: &S,
    height: u64,
    newer: u64,
) -> Result<Ancestor, AssemblyError<S::Fault>> {
    let fault = std::cell::RefCell::new(None);
    let node = |position| {
        source
            .history_node(position)
            .map_err(|cause| fault.replace(Some(cause)))
            .ok()
    };
    let proof = LeafProof::build(newer, height, node);
    if let Some(cause) = fault.into_inner() {
        return Err(AssemblyError::Source(cause));
    }
    let proof = PathProof(proof.ok_or(AssemblyError::NoSuchPlace(height))?);
    let header = HexBytes(source.header(height).map_err(AssemblyError::Source)?);
    Ok(Ancestor { header, proof })
}

fn followed_heights(trusted: &Checkpoint, steps: &[Step]) -> Result<BTreeSet<u64>, FollowError> {
    let mut heights = BTreeSet::new();
    let mut checkpoint = trusted.clone();
    for step in steps {
        checkpoint = checkpoint.follow(step)?.0;
        heights.insert(checkpoint.height);
    }
    Ok(heights)
}
