//! A chain in memory: blocks are short byte strings, their hash is SHA-256, and the test decides how it judges them.

use async_trait::async_trait;
use musubi_node_core::ports::{
    BlockBytes, ConsensusHost, Freshness, HeightParameters, LocalFault, Undecided, Verdict,
};
use musubi_primitives::{
    BlockHash, VerifyingKey,
    commitment::hash_parts,
    finality::{CommitCertificate, ValidatorSet},
};
use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

/// The genesis of every chain here.
pub(crate) const GENESIS: BlockHash = BlockHash([7; 32]);

/// How a chain answers when it is asked to check a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// By the rules.
    Honest,
    /// Finds every block invalid.
    RefusesAll,
    /// Its machine is broken.
    Broken,
}

#[derive(Debug, Default)]
struct Blocks {
    bodies: BTreeMap<BlockHash, BlockBytes>,
    undecided: Vec<Undecided>,
    decided: BTreeMap<u64, CommitCertificate>,
}

/// One node's chain. It outlives its engine, as a disk does.
#[derive(Debug)]
pub(crate) struct MemoryChain {
    /// Validator sets by the first height that they decide.
    validators: BTreeMap<u64, ValidatorSet>,
    blocks: Mutex<Blocks>,
    mood: Mutex<Mood>,
    /// Pieces of work; each block made on demand takes one.
    pub(crate) work: Semaphore,
    /// How often the engine has asked for work.
    pub(crate) rests: AtomicU64,
}

impl MemoryChain {
    pub(crate) fn new(validators: BTreeMap<u64, ValidatorSet>, work: usize) -> Self {
        Self {
            validators,
            blocks: Mutex::default(),
            mood: Mutex::new(Mood::Honest),
            work: Semaphore::new(work),
            rests: AtomicU64::new(0),
        }
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Who decides a height.
    pub(crate) fn validators_of(&self, height: u64) -> ValidatorSet {
        let (_, validators) = self
            .validators
            .range(..=height)
            .next_back()
            .expect("a set from height 1 on");
        validators.clone()
    }

    /// The decided block of a height and why it is final.
    pub(crate) fn at(&self, height: u64) -> Option<(BlockBytes, CommitCertificate)> {
        let blocks = self.blocks.lock().unwrap();
        let certificate = blocks.decided.get(&height)?.clone();
        Some((blocks.bodies.get(&certificate.block)?.clone(), certificate))
    }

    fn keep(&self, undecided: Undecided, block: BlockBytes) {
        let mut blocks = self.blocks.lock().unwrap();
        blocks.bodies.insert(block.hash, block);
        blocks.undecided.push(undecided);
    }
}

/// `B`, then height, round and proposer.
fn block_of(height: u64, round: u32, proposer: VerifyingKey) -> BlockBytes {
    let bytes = [
        b"B",
        &height.to_be_bytes()[..],
        &round.to_be_bytes(),
        &proposer.0,
    ]
    .concat();
    BlockBytes {
        hash: BlockHash(hash_parts(&[&bytes])),
        bytes,
    }
}

#[async_trait]
impl ConsensusHost for MemoryChain {
    fn genesis(&self) -> BlockHash {
        GENESIS
    }

    fn tip(&self) -> u64 {
        self.blocks
            .lock()
            .unwrap()
            .decided
            .last_key_value()
            .map_or(0, |(height, _)| *height)
    }

    fn block_hash(&self, bytes: &[u8]) -> Option<BlockHash> {
        bytes
            .starts_with(b"B")
            .then(|| BlockHash(hash_parts(&[bytes])))
    }

    async fn height_parameters(&self, height: u64) -> Result<HeightParameters, LocalFault> {
        assert!(
            height <= self.tip() + 1,
            "parameters of {height} asked at tip {}",
            self.tip()
        );
        Ok(HeightParameters {
            validators: self.validators_of(height),
            propose_timeout: Duration::from_secs(3),
            vote_timeout: Duration::from_secs(1),
            timeout_delta: Duration::from_millis(500),
            block_time: Duration::from_millis(50),
            idle_beat: Duration::from_secs(1),
        })
    }

    async fn propose(
        &self,
        height: u64,
        round: u32,
        proposer: VerifyingKey,
        _: Duration,
    ) -> Result<BlockBytes, LocalFault> {
        if height != self.tip() + 1 {
            return Err(LocalFault::new(
                "build a block",
                "the height is already final",
            ));
        }
        let block = block_of(height, round, proposer);
        self.keep(
            Undecided {
                height,
                round,
                valid_round: None,
                proposer,
                hash: block.hash,
                valid: true,
            },
            block.clone(),
        );
        Ok(block)
    }

    async fn check(
        &self,
        place: Undecided,
        block: BlockBytes,
        _: Freshness,
    ) -> Result<Verdict, LocalFault> {
        assert_eq!(
            place.height,
            self.tip() + 1,
            "blocks are checked on the tip"
        );
        let mood = *self.mood.lock().unwrap();
        let verdict = match mood {
            Mood::Honest if block.bytes.len() == 45 => Verdict::Valid,
            Mood::Honest | Mood::RefusesAll => Verdict::Invalid("refused".to_owned()),
            Mood::Broken => return Err(LocalFault::new("check a block", "the disk is gone")),
        };
        self.keep(
            Undecided {
                valid: verdict == Verdict::Valid,
                ..place
            },
            block,
        );
        Ok(verdict)
    }

    async fn undecided(&self, height: u64, round: u32) -> Result<Vec<Undecided>, LocalFault> {
        let blocks = self.blocks.lock().unwrap();
        Ok(blocks
            .undecided
            .iter()
            .filter(|kept| kept.height == height && kept.round == round)
            .cloned()
            .collect())
    }

    async fn block(&self, hash: BlockHash) -> Result<Option<BlockBytes>, LocalFault> {
        Ok(self.blocks.lock().unwrap().bodies.get(&hash).cloned())
    }

    async fn commit(&self, certificate: CommitCertificate) -> Result<(), LocalFault> {
        let mut blocks = self.blocks.lock().unwrap();
        let tip = blocks
            .decided
            .last_key_value()
            .map_or(0, |(height, _)| *height);
        assert_eq!(
            certificate.height,
            tip + 1,
            "heights are committed in order"
        );
        assert!(
            blocks.bodies.contains_key(&certificate.block),
            "what is decided is here"
        );
        blocks.decided.insert(certificate.height, certificate);
        Ok(())
    }

    async fn decided(
        &self,
        heights: RangeInclusive<u64>,
    ) -> Result<Vec<(BlockBytes, CommitCertificate)>, LocalFault> {
        Ok(heights.map_while(|height| self.at(height)).collect())
    }

    async fn history_start(&self) -> Result<u64, LocalFault> {
        Ok(1)
    }

    async fn wait_for_work(&self) {
        self.rests.fetch_add(1, Ordering::Relaxed);
        self.work
            .acquire()
            .await
            .expect("the semaphore is never closed")
            .forget();
    }
}
