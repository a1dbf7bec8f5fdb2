//! Blocks in memory as a source, and an index over them in a folder of its own.

use musubi_node_index::{BlockFacts, Index, IndexError, Keeper, Source};
use musubi_primitives::{
    Basis, BlockHash, CategorySet, ConsentId, DenialReason, MemberId, Pseudonym, Purpose,
    RequestId, Role,
    trail::{TrailFact, TrailRow},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::sync::watch;

pub(crate) const GENESIS: BlockHash = BlockHash([7; 32]);
/// Time between two blocks.
pub(crate) const BEAT: u64 = 1_000;

/// A chain that only grows.
#[derive(Clone, Default)]
pub(crate) struct Blocks(pub(crate) Arc<Mutex<Vec<BlockFacts>>>, pub(crate) u64);

impl Blocks {
    /// Adds a block with these facts, each in its subject's trail.
    pub(crate) fn add(&self, facts: Vec<(Pseudonym, TrailFact)>) -> u64 {
        let mut blocks = self.0.lock().unwrap();
        let height = u64::try_from(blocks.len()).unwrap() + 1;
        let mut counts: BTreeMap<Pseudonym, u64> = BTreeMap::new();
        for row in blocks.iter().flat_map(|block| &block.rows) {
            *counts.entry(row.subject).or_default() += 1;
        }
        let rows = facts.into_iter().map(|(subject, fact)| {
            let count = counts.entry(subject).or_default();
            let row = TrailRow {
                subject,
                index: *count,
                at: height * BEAT,
                fact,
            };
            *count += 1;
            row
        });
        let rows = rows.collect();
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&height.to_be_bytes());
        blocks.push(BlockFacts {
            height,
            hash: BlockHash(hash),
            time: height * BEAT,
            round: 0,
            signers: 3,
            extrinsics: vec![[u8::try_from(height % 251).unwrap(); 32]],
            actions: BTreeMap::new(),
            rows,
            events: Vec::new(),
        });
        height
    }

    pub(crate) fn rows(&self) -> Vec<TrailRow> {
        let blocks = self.0.lock().unwrap();
        blocks.iter().flat_map(|block| block.rows.clone()).collect()
    }

    pub(crate) fn tip(&self) -> u64 {
        u64::try_from(self.0.lock().unwrap().len()).unwrap()
    }
}

impl Source for Blocks {
    fn first(&self) -> Result<u64, IndexError> {
        Ok(self.1.max(1))
    }

    fn block(&self, height: u64) -> Result<Option<BlockFacts>, IndexError> {
        let blocks = self.0.lock().unwrap();
        let at = usize::try_from(height).unwrap().checked_sub(1);
        Ok(at
            .and_then(|at| blocks.get(at))
            .filter(|_| height >= self.1)
            .cloned())
    }
}

/// An index that has caught up with its blocks.
pub(crate) struct Village {
    pub(crate) blocks: Blocks,
    pub(crate) keeper: Keeper,
    pub(crate) tips: watch::Sender<u64>,
    pub(crate) folder: TempDir,
}

impl Village {
    pub(crate) async fn over(blocks: Blocks) -> Self {
        Self::in_folder(blocks, TempDir::new().unwrap()).await
    }

    pub(crate) async fn in_folder(blocks: Blocks, folder: TempDir) -> Self {
        let index = Index::open(&folder.path().join("explorer.sqlite"), GENESIS)
            .await
            .unwrap();
        let keeper = Keeper::new(index, blocks.clone());
        let (tips, told) = watch::channel(blocks.tip());
        tokio::spawn(keeper.clone().keep(told));
        let village = Self {
            blocks,
            keeper,
            tips,
            folder,
        };
        village.caught_up().await;
        village
    }

    /// Waits until every block is in.
    pub(crate) async fn caught_up(&self) {
        let tip = self.blocks.tip();
        self.tips.send_replace(tip);
        let mut progress = self.keeper.progress();
        let tip = i64::try_from(tip).unwrap();
        let done = progress.wait_for(|progress| {
            progress.first > 0 && progress.height >= tip && !progress.rebuilding
        });
        done.await.unwrap();
    }

    pub(crate) fn index(&self) -> &Index {
        self.keeper.index()
    }
}

pub(crate) fn child(number: u8) -> Pseudonym {
    Pseudonym([number; 32])
}

pub(crate) fn proposed(consent: u8, recipient: u32) -> TrailFact {
    TrailFact::ConsentProposed {
        consent: ConsentId([consent; 32]),
        recipient: MemberId(recipient),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(musubi_primitives::Category::ALL),
    }
}

pub(crate) fn effective(consent: u8) -> TrailFact {
    TrailFact::ConsentEffective {
        consent: ConsentId([consent; 32]),
    }
}

pub(crate) fn permitted(request: u8, member: u32, consent: u8) -> TrailFact {
    TrailFact::AccessPermitted {
        request: RequestId([request; 32]),
        member: MemberId(member),
        role: Role::Doctor,
        purpose: Purpose::ChildCare,
        categories: CategorySet::EMPTY.with(musubi_primitives::Category::Immunization),
        basis: Basis::Consent(ConsentId([consent; 32])),
    }
}

pub(crate) fn denied(request: u8, member: u32, purpose: Purpose) -> TrailFact {
    TrailFact::AccessDenied {
        request: RequestId([request; 32]),
        member: MemberId(member),
        role: Role::Doctor,
        purpose,
        categories: CategorySet::EMPTY,
        reason: DenialReason::NoConsent,
    }
}

/// A child's short story: asked, denied, consented, read.
pub(crate) fn story() -> Blocks {
    let blocks = Blocks::default();
    blocks.add(vec![(child(1), TrailFact::Enrolled { home: MemberId(0) })]);
    blocks.add(vec![
        (child(1), denied(21, 5, Purpose::ChildCare)),
        (child(2), denied(22, 4, Purpose::Checkup)),
    ]);
    blocks.add(vec![(child(1), proposed(31, 5)), (child(1), effective(31))]);
    blocks.add(vec![(child(1), permitted(23, 5, 31))]);
    blocks
}
