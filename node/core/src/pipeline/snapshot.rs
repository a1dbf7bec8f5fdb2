//! Joining by snapshot: a node at genesis takes over the state of a final block, piece by piece.
//!
//! Nothing is believed that was not checked, and nothing is held in memory but one piece. The header before last names the validators, their
//! certificate decides for the header, the header's anchor for the headers before it, and its state root for every piece of state. Until
//! [`Adoption::finish`] the store stands at genesis: what an adoption leaves that did not get so far is forgotten by the next one.
//!
//! Bodies, events and trail rows from before the snapshot are not here afterwards; their proofs can be checked, since the mountain range of
//! headers is complete.

use super::{Head, Pipeline};
use crate::{
    executor::{Block, Header, StateBuilder, read_piece},
    ports::{BlockBytes, LocalFault, SnapshotCommit},
};
use codec::{Decode, Encode};
use musubi_primitives::{
    BlockHash,
    anchor::{Anchor, ENGINE_ID},
    finality::{CertificateError, CommitCertificate, ValidatorSet},
    mountain_range::{MountainRange, NodeHash, leaf_hash},
};
use sp_runtime::DigestItem;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many blocks pass between the header that names a validator set and the first block that this set decides.
const SET_DELAY: u64 = 2;

/// The final block whose state is to be taken over. That it is a block of this chain, and not merely of its validators, the caller has
/// proved: by following the chain from genesis.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The block's header.
    pub header: Header,
    /// Why it is final.
    pub certificate: CommitCertificate,
    /// Who decided it.
    pub validators: ValidatorSet,
    /// The two headers before it, newest first, as far as they are above genesis.
    pub parents: Vec<Header>,
}

/// What somebody sent that cannot be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// The certificate is another block's.
    #[error("the certificate is for another block")]
    OtherBlock,
    /// The certificate proves nothing.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The headers given as its parents are not.
    #[error("the headers given are not those before the snapshot's")]
    OtherParents,
    /// The validators are not those that the chain names.
    #[error("the validators are not those that the chain names for that height")]
    OtherValidators,
    /// The earlier headers are not those that the header commits to.
    #[error("the earlier headers are not those that the snapshot's header commits to")]
    OtherHistory,
    /// A piece that is not one of this state.
    #[error("a piece of state has no proof under the snapshot's state root")]
    UnprovedState,
}

/// Why a snapshot is not taken over.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// This machine is at fault.
    #[error(transparent)]
    Fault(#[from] LocalFault),
    /// The node has blocks of its own.
    #[error("this node is at height {0}: a snapshot is for a node at genesis")]
    NotAtGenesis(u64),
    /// Asked to finish too early.
    #[error("the snapshot is not complete yet")]
    Incomplete,
    /// Whoever sent it lies.
    #[error(transparent)]
    Lie(#[from] Lie),
}

/// A snapshot on its way in.
pub struct Adoption {
    pipeline: Pipeline,
    progress: Arc<Mutex<Progress>>,
}

struct Progress {
    snapshot: Snapshot,
    height: u64,
    hash: BlockHash,
    history_root: NodeHash,
    /// Over the headers taken so far.
    range: MountainRange,
    state: StateBuilder,
    last_key: Option<Vec<u8>>,
    keys: u64,
    is_whole: bool,
}

impl fmt::Debug for Adoption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adoption").finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Begins to take over the state of a final block; forgets whatever an earlier attempt left.
    ///
    /// # Errors
    /// See [`AdoptError`].
    pub async fn begin_adoption(&self, snapshot: Snapshot) -> Result<Adoption, AdoptError> {
        let pipeline = self.clone();
        let begin = move || pipeline.begin_adoption_now(snapshot);
        let progress = self.0.execution.run(begin).await??;
        Ok(Adoption {
            pipeline: self.clone(),
            progress: Arc::new(Mutex::new(progress)),
        })
    }

    /// Forgets what an adoption left that never finished, if there is such a thing.
    ///
    /// # Errors
    /// A fault of this machine.
    pub async fn forget_unfinished_adoption(&self) -> Result<(), LocalFault> {
        let store = Arc::clone(&self.0.store);
        self.0.execution.run(move || store.discard_import()).await?
    }

    fn begin_adoption_now(&self, snapshot: Snapshot) -> Result<Progress, AdoptError> {
        let own = self.head().height;
        if own > 0 {
            return Err(AdoptError::NotAtGenesis(own));
        }
        let hash = self.check_decision(&snapshot)?;
        let anchor = anchor(&snapshot.header).ok_or(Lie::OtherHistory)?;
        self.0.store.discard_import()?;
        Ok(Progress {
            height: snapshot.certificate.height,
            hash,
            history_root: anchor.history_root,
            snapshot,
            range: MountainRange::default(),
            state: StateBuilder::new(self.0.store.clone()),
            last_key: None,
            keys: 0,
            is_whole: false,
        })
    }

    /// The header is decided by the validators that its chain names; its hash.
    fn check_decision(&self, snapshot: &Snapshot) -> Result<BlockHash, AdoptError> {
        let hash = BlockHash(snapshot.header.hash().0);
        let height = u64::from(snapshot.header.number);
        if (snapshot.certificate.height, snapshot.certificate.block) != (height, hash) {
            return Err(Lie::OtherBlock.into());
        }
        check_parents(snapshot)?;
        let named = match snapshot.parents.get(1) {
            Some(naming) => anchor(naming).map(|anchor| anchor.next_validators),
            None => self.0.store.validators(0)?.map(|genesis| genesis.hash()),
        };
        if named != Some(snapshot.validators.hash()) {
            return Err(Lie::OtherValidators.into());
        }
        let verified = snapshot
            .certificate
            .verify(&self.0.genesis, &snapshot.validators);
        verified.map_err(Lie::Certificate)?;
        Ok(hash)
    }

    fn finish_adoption_now(&self, progress: &mut Progress) -> Result<BlockHash, AdoptError> {
        if !progress.is_whole || progress.range.leaves() < progress.height {
            return Err(AdoptError::Incomplete);
        }
        let header = progress.snapshot.header.clone();
        // Says so if the snapshot's state needs a specification that this program lacks.
        self.0.executor.height_parameters(&header)?;
        let time = self.0.executor.time_of(&header)?;
        let mut mountain_nodes = Vec::new();
        progress
            .range
            .append(leaf_hash(&progress.hash.0), |position, node| {
                mountain_nodes.push((position, node));
            });
        self.0.store.install_snapshot(SnapshotCommit {
            block: without_body(&header),
            height: progress.height,
            state_root: header.state_root.0,
            certificate: progress.snapshot.certificate.clone(),
            validators: progress.snapshot.validators.clone(),
            parents: progress.snapshot.parents.iter().map(without_body).collect(),
            mountain_nodes,
        })?;
        *self.0.head.lock().unwrap_or_else(PoisonError::into_inner) = Head {
            height: progress.height,
            hash: progress.hash,
            header: header.clone(),
            time,
            since: self.0.clock.elapsed(),
            range: progress.range.clone(),
        };
        self.outcomes().clear();
        self.0.tip.send_replace(header);
        Ok(progress.hash)
    }
}

impl Adoption {
    /// Height of the block whose state is taken over.
    pub fn height(&self) -> u64 {
        self.progress().height
    }

    /// Its hash.
    pub fn hash(&self) -> BlockHash {
        self.progress().hash
    }

    /// Keys of state taken so far.
    pub fn keys(&self) -> u64 {
        self.progress().keys
    }

    /// The next earlier header whose leaf is wanted, and how many from there on; `None` when all are here.
    pub fn history_wanted(&self) -> Option<(u64, u64)> {
        let progress = self.progress();
        let first = progress.range.leaves();
        let count = progress.height.saturating_sub(first);
        (count > 0).then_some((first, count))
    }

    /// Takes leaves of earlier headers in the mountain range, in order from the one wanted. With the last of them all are checked.
    ///
    /// # Errors
    /// See [`AdoptError`]; after a lie the leaves are wanted from the first again, for it cannot be told which was false.
    pub async fn take_history(&self, leaves: Vec<NodeHash>) -> Result<(), AdoptError> {
        self.on_thread(move |pipeline, progress| {
            let taken = progress.take_history(pipeline, leaves);
            if matches!(taken, Err(AdoptError::Lie(_))) {
                progress.range = MountainRange::default();
            }
            taken
        })
        .await
    }

    /// The key after which state is wanted, or from the first key on; the outer `None` when all of it is here.
    pub fn state_wanted(&self) -> Option<Option<Vec<u8>>> {
        let progress = self.progress();
        (!progress.is_whole).then(|| progress.last_key.clone())
    }

    /// Takes the piece of state that was wanted.
    ///
    /// # Errors
    /// See [`AdoptError`]; after a lie the same piece is still wanted.
    pub async fn take_state(&self, piece: Vec<Vec<u8>>) -> Result<(), AdoptError> {
        self.on_thread(move |pipeline, progress| progress.take_state(pipeline, piece))
            .await
    }

    /// Makes the snapshot the newest state, durably. The node goes on from there.
    ///
    /// # Errors
    /// See [`AdoptError`]; the node then stands at genesis.
    pub async fn finish(self) -> Result<BlockHash, AdoptError> {
        self.on_thread(Pipeline::finish_adoption_now).await
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Pipeline, &mut Progress) -> Result<T, AdoptError> + Send + 'static,
    ) -> Result<T, AdoptError> {
        let (pipeline, progress) = (self.pipeline.clone(), Arc::clone(&self.progress));
        let job = move || {
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            job(&pipeline, &mut progress)
        };
        self.pipeline.0.execution.run(job).await?
    }
}

impl Progress {
    fn take_history(
        &mut self,
        pipeline: &Pipeline,
        leaves: Vec<NodeHash>,
    ) -> Result<(), AdoptError> {
        let genesis = leaf_hash(&pipeline.0.genesis.0);
        let begins_elsewhere = self.range.leaves() == 0 && leaves.first() != Some(&genesis);
        let count = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
        if begins_elsewhere || count > self.height.saturating_sub(self.range.leaves()) {
            return Err(Lie::OtherHistory.into());
        }
        let mut nodes = Vec::new();
        for leaf in leaves {
            self.range
                .append(leaf, |position, node| nodes.push((position, node)));
        }
        if self.range.leaves() == self.height && self.range.root() != self.history_root {
            return Err(Lie::OtherHistory.into());
        }
        Ok(pipeline.0.store.import_mountain_nodes(&nodes)?)
    }

    fn take_state(&mut self, pipeline: &Pipeline, piece: Vec<Vec<u8>>) -> Result<(), AdoptError> {
        if self.is_whole {
            return Err(Lie::UnprovedState.into());
        }
        let root = self.snapshot.header.state_root;
        let run = read_piece(root, self.last_key.as_deref(), piece).ok_or(Lie::UnprovedState)?;
        let (added, dropped) = self.state.insert(&run.pairs)?;
        let store = &pipeline.0.store;
        store.import_state_nodes(self.height, &added, &dropped)?;
        let count = u64::try_from(run.pairs.len()).unwrap_or(u64::MAX);
        self.keys = self.keys.saturating_add(count);
        if let Some((key, _)) = run.pairs.into_iter().next_back() {
            self.last_key = Some(key);
        }
        if run.is_last && self.state.root() != root {
            let cause = "its proved pieces together have another root";
            return Err(LocalFault::new("import a state", cause).into());
        }
        self.is_whole = run.is_last;
        Ok(())
    }
}

fn check_parents(snapshot: &Snapshot) -> Result<(), Lie> {
    let height = u64::from(snapshot.header.number);
    let wanted = height.saturating_sub(1).min(SET_DELAY);
    if u64::try_from(snapshot.parents.len()) != Ok(wanted) {
        return Err(Lie::OtherParents);
    }
    let children = std::iter::once(&snapshot.header).chain(&snapshot.parents);
    for (child, parent) in children.zip(&snapshot.parents) {
        let follows = parent.number.checked_add(1) == Some(child.number);
        if !follows || parent.hash() != child.parent_hash {
            return Err(Lie::OtherParents);
        }
    }
    Ok(())
}

fn without_body(header: &Header) -> BlockBytes {
    let block = Block {
        header: header.clone(),
        extrinsics: Vec::new(),
    };
    BlockBytes {
        hash: block.hash(),
        bytes: block.encode(),
    }
}

fn anchor(header: &Header) -> Option<Anchor> {
    header.digest.logs.iter().find_map(|item| match item {
        DigestItem::Consensus(ENGINE_ID, bytes) => Anchor::decode(&mut &bytes[..]).ok(),
        _ => None,
    })
}
