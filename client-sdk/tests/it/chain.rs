//! A chain in memory: states in Substrate's own trie, headers in its encoding, certificates by real keys.

use codec::Encode;
use ed25519_dalek::{Signer, SigningKey};
use musubi_client_sdk::proofs::{
    Checkpoint, Step,
    assembly::Source,
    follow::Ancestor,
    hashing::blake2_256,
    state::StateProof,
    storage,
    wire::{HexBytes, PathProof},
};
use musubi_primitives::{
    BlockHash, MemberId, Pseudonym, VerifyingKey,
    anchor::{Anchor, ENGINE_ID},
    finality::{CommitCertificate, CommitSignature, Validator, ValidatorSet, Vote, VoteKind},
    mountain_range::{LeafProof, MountainRange, NodeHash, Position, leaf_hash},
    trail::{TrailFact, TrailHead, TrailRow},
};
use sp_core::{Blake2Hasher, storage::StateVersion};
use sp_runtime::{Digest, DigestItem, generic::Header, traits::BlakeTwo256};
use sp_state_machine::{InMemoryBackend, prove_read};
use std::collections::{BTreeMap, BTreeSet};

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn verifying_key(seed: u8) -> VerifyingKey {
    VerifyingKey(signing_key(seed).verifying_key().to_bytes())
}

/// The set of the validators with these seeds, one vote each.
pub(crate) fn set(seeds: &[u8]) -> ValidatorSet {
    let validators = seeds.iter().map(|seed| Validator {
        key: verifying_key(*seed),
        member: MemberId((*seed).into()),
        power: 1,
    });
    ValidatorSet::new(validators.collect()).expect("distinct keys with power")
}

/// The entries of one state.
pub(crate) type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

struct Block {
    header: Vec<u8>,
    state: Entries,
    rows: Vec<TrailRow>,
    /// Seeds of the validators that decide this height.
    decided_by: Vec<u8>,
}

/// Blocks from genesis on.
pub(crate) struct Chain {
    blocks: Vec<Block>,
    /// Seeds of the validators of the heights that have no block yet.
    upcoming: [Vec<u8>; 2],
    history: MountainRange,
    nodes: BTreeMap<Position, NodeHash>,
}

impl Chain {
    /// A chain that begins with these validators.
    pub(crate) fn new(seeds: &[u8]) -> Self {
        let state: Entries = (0u8..40)
            .map(|i| (blake2_256(&[i]).to_vec(), vec![i; 20 + usize::from(i)]))
            .collect();
        let root = InMemoryBackend::<Blake2Hasher>::from((state.clone(), StateVersion::V1))
            .root()
            .0;
        let header = encode_header(0, root, [0; 32], Digest::default());
        let genesis = Block {
            header,
            state,
            rows: vec![],
            decided_by: vec![],
        };
        let upcoming = [seeds.to_vec(), seeds.to_vec()];
        Self {
            blocks: vec![genesis],
            upcoming,
            history: MountainRange::default(),
            nodes: BTreeMap::new(),
        }
    }

    /// Height of the newest block.
    pub(crate) fn height(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }

    /// Time of a block.
    pub(crate) fn time(height: u64) -> u64 {
        1_000_000 + height * 1_000
    }

    /// Appends a block with these facts on trails and other entries of state; it names `next` for the height after the next.
    pub(crate) fn block(
        &mut self,
        facts: &[(Pseudonym, TrailFact)],
        entries: Entries,
        next: &[u8],
    ) {
        let height = self.height() + 1;
        let mut state = self.blocks.last().expect("genesis is there").state.clone();
        state.extend(entries);
        state.insert(storage::block_time(), Self::time(height).encode());
        let rows: Vec<TrailRow> = facts
            .iter()
            .map(|(subject, fact)| append_row(&mut state, height, *subject, fact.clone()))
            .collect();
        let parent = self.hash(height - 1);
        self.history.append(leaf_hash(&parent.0), |position, hash| {
            self.nodes.insert(position, hash);
        });
        let anchor = Anchor {
            trail_root: MountainRange::over(rows.iter().map(TrailRow::leaf)).root(),
            trail_rows: rows.len().try_into().expect("few rows"),
            next_validators: set(next).hash(),
            history_root: self.history.root(),
        };
        let digest = Digest {
            logs: vec![DigestItem::Consensus(ENGINE_ID, anchor.encode())],
        };
        let root = InMemoryBackend::<Blake2Hasher>::from((state.clone(), StateVersion::V1))
            .root()
            .0;
        let [decided_by, after] = std::mem::take(&mut self.upcoming);
        self.upcoming = [after, next.to_vec()];
        self.blocks.push(Block {
            header: encode_header(height, root, parent.0, digest),
            state,
            rows,
            decided_by,
        });
    }

    /// Appends empty blocks with unchanged validators.
    pub(crate) fn blocks(&mut self, count: u64) {
        for _ in 0..count {
            let next = self.upcoming[1].clone();
            self.block(&[], Entries::new(), &next);
        }
    }

    /// Hash of a block.
    pub(crate) fn hash(&self, height: u64) -> BlockHash {
        BlockHash(blake2_256(&self.at(height).header))
    }

    /// Trust at genesis.
    pub(crate) fn genesis(&self) -> Checkpoint {
        Checkpoint::at_genesis(self.hash(0), set(&self.at(1).decided_by))
    }

    /// The honest step to a height, signed by all its validators.
    pub(crate) fn step(&self, height: u64) -> Step {
        self.step_signed_by(
            height,
            &self.at(height).decided_by,
            &self.at(height).decided_by,
        )
    }

    /// A step that presents `validators`, signed by `signers`.
    pub(crate) fn step_signed_by(&self, height: u64, validators: &[u8], signers: &[u8]) -> Step {
        Step {
            header: HexBytes(self.at(height).header.clone()),
            certificate: self.certificate(height, signers),
            validators: set(validators),
            named_by: (height > 2).then(|| self.ancestor(height - 2, height)),
        }
    }

    /// An older header in the history of a newer one.
    pub(crate) fn ancestor(&self, height: u64, newer: u64) -> Ancestor {
        let proof = LeafProof::build(newer, height, |position| self.nodes.get(&position).copied())
            .expect("all nodes are kept");
        Ancestor {
            header: HexBytes(self.at(height).header.clone()),
            proof: PathProof(proof),
        }
    }

    /// A read proof of these keys and the block's time.
    pub(crate) fn state(&self, height: u64, keys: &[Vec<u8>]) -> StateProof {
        let backend = InMemoryBackend::<Blake2Hasher>::from((
            self.at(height).state.clone(),
            StateVersion::V1,
        ));
        let keys = [keys, &[storage::block_time()]].concat();
        let proof = prove_read(backend, keys).expect("the backend holds its own trie");
        StateProof {
            height,
            nodes: proof.into_nodes().into_iter().map(HexBytes).collect(),
        }
    }

    /// A row of a block and its proof.
    pub(crate) fn row(&self, height: u64, index: u64) -> (TrailRow, PathProof) {
        let rows = &self.at(height).rows;
        let mut nodes = BTreeMap::new();
        let mut range = MountainRange::default();
        for row in rows {
            range.append(row.leaf(), |position, hash| {
                nodes.insert(position, hash);
            });
        }
        let proof = LeafProof::build(range.leaves(), index, |position| {
            nodes.get(&position).copied()
        })
        .expect("all nodes are kept");
        (
            rows[usize::try_from(index).expect("few rows")].clone(),
            PathProof(proof),
        )
    }

    /// All rows of a subject.
    pub(crate) fn rows(&self, subject: &Pseudonym) -> Vec<TrailRow> {
        self.blocks
            .iter()
            .flat_map(|block| &block.rows)
            .filter(|row| row.subject == *subject)
            .cloned()
            .collect()
    }

    fn at(&self, height: u64) -> &Block {
        &self.blocks[usize::try_from(height).expect("few blocks")]
    }

    fn certificate(&self, height: u64, signers: &[u8]) -> CommitCertificate {
        let (block, genesis) = (self.hash(height), self.hash(0));
        let sign = |seed: &u8| {
            let validator = verifying_key(*seed);
            let vote = Vote {
                kind: VoteKind::Precommit,
                height,
                round: 1,
                block: Some(block),
                validator,
            };
            let signature = signing_key(*seed)
                .sign(&vote.signing_bytes(&genesis))
                .to_bytes();
            CommitSignature {
                validator,
                signature,
            }
        };
        CommitCertificate {
            height,
            round: 1,
            block,
            signatures: signers.iter().map(sign).collect(),
        }
    }
}

impl Source for Chain {
    type Fault = u64;

    fn header(&self, height: u64) -> Result<Vec<u8>, u64> {
        self.blocks
            .get(height as usize)
            .map(|block| block.header.clone())
            .ok_or(height)
    }
    fn decision(&self, height: u64) -> Result<(CommitCertificate, ValidatorSet), u64> {
        let block = self.blocks.get(height as usize).ok_or(height)?;
        Ok((
            self.certificate(height, &block.decided_by),
            set(&block.decided_by),
        ))
    }
    fn history_node(&self, position: Position) -> Result<NodeHash, u64> {
        self.nodes.get(&position).copied().ok_or(position.index)
    }
    fn state_proof(&self, height: u64, keys: &BTreeSet<Vec<u8>>) -> Result<Vec<Vec<u8>>, u64> {
        let keys: Vec<_> = keys.iter().cloned().collect();
        Ok(self
            .state(height, &keys)
            .nodes
            .into_iter()
            .map(|node| node.0)
            .collect())
    }
    fn rows_of_block(&self, height: u64) -> Result<Vec<TrailRow>, u64> {
        self.blocks
            .get(height as usize)
            .map(|block| block.rows.clone())
            .ok_or(height)
    }
}

fn append_row(state: &mut Entries, height: u64, subject: Pseudonym, fact: TrailFact) -> TrailRow {
    let key = storage::trail_head(&subject);
    let head = state.get(&key).map_or_else(
        || TrailHead::start(&subject),
        |bytes| codec::Decode::decode(&mut bytes.as_slice()).expect("written below"),
    );
    let row = TrailRow {
        subject,
        index: head.count,
        at: Chain::time(height),
        fact,
    };
    state.insert(
        key,
        head.after(&row)
            .expect("the row has the next number")
            .encode(),
    );
    row
}

fn encode_header(height: u64, state_root: [u8; 32], parent: [u8; 32], digest: Digest) -> Vec<u8> {
    let number = u32::try_from(height).expect("few blocks");
    let header = Header::<u32, BlakeTwo256> {
        parent_hash: parent.into(),
        number,
        state_root: state_root.into(),
        extrinsics_root: [9; 32].into(),
        digest,
    };
    header.encode()
}
