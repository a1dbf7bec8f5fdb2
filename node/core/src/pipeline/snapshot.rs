//! Joining by snapshot: a node at genesis takes over the state of a final block that it has followed by certificates.
//!
//! Nothing is believed that was not checked: the certificate decides for the header, the header's anchor for the headers before it, and
//! the header's state root for the state. Rows of trails and bodies of blocks from before the snapshot are not here afterwards; their
//! proofs are, since the mountain range of headers is complete.

use super::{Head, Pipeline};
use crate::{
    executor::{Block, Header, StateBuilder},
    ports::{BlockBytes, BlockCommit, LocalFault},
};
use codec::{Decode, Encode};
use musubi_primitives::{
    BlockHash,
    anchor::{Anchor, ENGINE_ID},
    finality::{CertificateError, CommitCertificate, ValidatorSet},
    mountain_range::{MountainRange, NodeHash, Position, leaf_hash},
};
use sp_runtime::DigestItem;
use std::sync::PoisonError;

/// How many keys go into the trie at a time; bounds the memory that joining needs.
const KEYS_AT_A_TIME: usize = 8_192;

/// A state to take over.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The block's header.
    pub header: Header,
    /// Why it is final.
    pub certificate: CommitCertificate,
    /// Who decided it, as the headers before it committed to.
    pub validators: ValidatorSet,
    /// Hashes of all headers from genesis to this one, in order.
    pub header_hashes: Vec<BlockHash>,
    /// Every key and value of the state, in the order of the keys.
    pub pairs: Vec<(Vec<u8>, Vec<u8>)>,
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
    /// The certificate is another block's.
    #[error("the certificate is for another block")]
    OtherBlock,
    /// The certificate proves nothing.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The earlier headers are not those that the header commits to.
    #[error("the earlier headers are not those that the snapshot's header commits to")]
    OtherHistory,
    /// The state is not the header's.
    #[error("the state does not have the header's state root")]
    OtherState,
}

impl Pipeline {
    /// Takes over a snapshot. Afterwards the node stands at the snapshot's height, durably, and goes on from there.
    ///
    /// # Errors
    /// See [`AdoptError`]; the node then stands where it stood.
    pub async fn adopt(&self, snapshot: Snapshot) -> Result<(), AdoptError> {
        let pipeline = self.clone();
        self.0
            .execution
            .run(move || pipeline.adopt_now(snapshot))
            .await?
    }

    fn adopt_now(&self, snapshot: Snapshot) -> Result<(), AdoptError> {
        let height = self.head().height;
        if height > 0 {
            return Err(AdoptError::NotAtGenesis(height));
        }
        let hash = self.check_certificate(&snapshot)?;
        let (range, mountain_nodes) = self.check_history(&snapshot, hash)?;
        self.import_state(&snapshot)?;
        let height = snapshot.certificate.height;
        let block = Block {
            header: snapshot.header.clone(),
            extrinsics: Vec::new(),
        };
        self.0.store.install_snapshot(BlockCommit {
            block: BlockBytes {
                hash,
                bytes: block.encode(),
            },
            height,
            state_root: snapshot.header.state_root.0,
            certificate: Some(snapshot.certificate),
            validators: snapshot.validators,
            nodes_added: Vec::new(),
            nodes_dropped: Vec::new(),
            mountain_nodes,
            events: Vec::<()>::new().encode(),
            trail_rows: Vec::new(),
            extrinsic_hashes: Vec::new(),
        })?;
        let time = self.0.executor.time_of(&snapshot.header)?;
        let head = Head {
            height,
            hash,
            header: snapshot.header,
            time,
            range,
        };
        self.0.tip.send_replace(head.header.clone());
        *self.0.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
        self.outcomes().clear();
        Ok(())
    }

    fn check_certificate(&self, snapshot: &Snapshot) -> Result<BlockHash, AdoptError> {
        let hash = BlockHash(snapshot.header.hash().0);
        let place = (u64::from(snapshot.header.number), hash);
        if (snapshot.certificate.height, snapshot.certificate.block) != place {
            return Err(AdoptError::OtherBlock);
        }
        snapshot
            .certificate
            .verify(&self.0.genesis, &snapshot.validators)?;
        Ok(hash)
    }

    /// The range over all headers, the snapshot's included, with every node of it.
    fn check_history(
        &self,
        snapshot: &Snapshot,
        hash: BlockHash,
    ) -> Result<(MountainRange, Vec<(Position, NodeHash)>), AdoptError> {
        let anchor = anchor(&snapshot.header).ok_or(AdoptError::OtherHistory)?;
        let (last, earlier) = snapshot
            .header_hashes
            .split_last()
            .ok_or(AdoptError::OtherHistory)?;
        let mut range = MountainRange::default();
        let mut nodes = Vec::new();
        for header in earlier {
            range.append(leaf_hash(&header.0), |position, node| {
                nodes.push((position, node));
            });
        }
        let is_complete = range.leaves() == snapshot.certificate.height
            && range.root() == anchor.history_root
            && earlier.first() == Some(&self.0.genesis);
        if !is_complete || *last != hash {
            return Err(AdoptError::OtherHistory);
        }
        range.append(leaf_hash(&hash.0), |position, node| {
            nodes.push((position, node));
        });
        Ok((range, nodes))
    }

    /// Builds the state's trie in the store, a part at a time.
    fn import_state(&self, snapshot: &Snapshot) -> Result<(), AdoptError> {
        let mut state = StateBuilder::new(self.0.store.clone());
        for part in snapshot.pairs.chunks(KEYS_AT_A_TIME) {
            let (added, dropped) = state.insert(part)?;
            self.0
                .store
                .import_state_nodes(snapshot.certificate.height, &added, &dropped)?;
        }
        if state.root() == snapshot.header.state_root {
            Ok(())
        } else {
            Err(AdoptError::OtherState)
        }
    }
}

fn anchor(header: &Header) -> Option<Anchor> {
    header.digest.logs.iter().find_map(|item| match item {
        DigestItem::Consensus(ENGINE_ID, bytes) => Anchor::decode(&mut &bytes[..]).ok(),
        _ => None,
    })
}
