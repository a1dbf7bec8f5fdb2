//! Fills an index with many events and prints what questions cost: `cargo run --release -p musubi-node-index --example search [EVENTS]`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a benchmark prints what it measured, and ends where it stands"
)]

use musubi_node_index::{Asked, BlockFacts, Index, IndexError, Keeper, Source};
use musubi_primitives::{
    BlockHash, CategorySet, DenialReason, MemberId, Pseudonym, Purpose, RequestId, Role,
    trail::{TrailFact, TrailRow},
};
use std::time::Instant;
use tokio::sync::watch;

/// Events of one block.
const PER_BLOCK: u64 = 500;

/// A chain of denials and enrolments of ten thousand people at forty members.
struct Made;

fn id(number: u64, kind: u8) -> [u8; 32] {
    let mut id = [kind; 32];
    id[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    id
}

fn row(number: u64, at: u64) -> TrailRow {
    let (subject, member) = (
        Pseudonym(id(number % 10_000, 1)),
        MemberId((number % 40) as u32),
    );
    let fact = if number.is_multiple_of(3) {
        TrailFact::Enrolled { home: member }
    } else {
        TrailFact::AccessDenied {
            request: RequestId(id(number, 2)),
            member,
            role: Role::Doctor,
            purpose: Purpose::ALL[(number % 7) as usize],
            categories: CategorySet::EMPTY,
            reason: DenialReason::NoConsent,
        }
    };
    TrailRow {
        subject,
        index: number,
        at,
        fact,
    }
}

impl Source for Made {
    fn first(&self) -> Result<u64, IndexError> {
        Ok(1)
    }

    fn block(&self, height: u64) -> Result<Option<BlockFacts>, IndexError> {
        let rows = (0..PER_BLOCK).map(|place| row(height * PER_BLOCK + place, height * 1_000));
        Ok(Some(BlockFacts {
            height,
            hash: BlockHash(id(height, 3)),
            time: height * 1_000,
            round: 0,
            signers: 3,
            extrinsics: vec![id(height, 4)],
            actions: std::collections::BTreeMap::new(),
            rows: rows.collect(),
            events: Vec::new(),
        }))
    }
}

#[tokio::main]
async fn main() {
    let events: u64 = std::env::args()
        .nth(1)
        .map_or(1_000_000, |text| text.parse().unwrap());
    let blocks = events / PER_BLOCK;
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&folder.path().join("explorer.sqlite"), BlockHash([7; 32]))
        .await
        .unwrap();
    let keeper = Keeper::new(index, Made);
    let (_tips, told) = watch::channel(blocks);
    let start = Instant::now();
    tokio::spawn(keeper.clone().keep(told));
    let mut progress = keeper.progress();
    progress
        .wait_for(|progress| progress.height >= blocks as i64)
        .await
        .unwrap();
    println!(
        "filled {events} events in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let about = Some(Pseudonym(id(77, 1)).to_string());
    let kind = Some("access-denied".to_owned());
    for (name, asked) in [
        ("newest page", Asked::default()),
        (
            "one kind",
            Asked {
                kind: kind.clone(),
                ..Asked::default()
            },
        ),
        (
            "one member",
            Asked {
                member: Some(7),
                ..Asked::default()
            },
        ),
        (
            "one person",
            Asked {
                about,
                ..Asked::default()
            },
        ),
        (
            "failed, in a period",
            Asked {
                failed: true,
                from: Some(500_000),
                until: Some(900_000),
                ..Asked::default()
            },
        ),
        (
            "member, kind, purpose",
            Asked {
                member: Some(7),
                kind,
                purpose: Some("checkup".to_owned()),
                ..Asked::default()
            },
        ),
        (
            "reads without grant",
            Asked {
                without_grant: true,
                ..Asked::default()
            },
        ),
    ] {
        let start = Instant::now();
        let page = keeper.index().page(&asked).await.unwrap();
        println!(
            "{:>8.1} ms  {name} ({}{})",
            start.elapsed().as_secs_f64() * 1e3,
            page.matches,
            if page.more { "+" } else { "" }
        );
    }
    for text in [
        &Pseudonym(id(77, 1)).to_string(),
        &BlockHash(id(5, 3)).to_string(),
        "1000",
    ] {
        let start = Instant::now();
        let found = keeper.index().search(text).await.unwrap();
        println!(
            "{:>8.1} ms  search, {} meanings",
            start.elapsed().as_secs_f64() * 1e3,
            found.len()
        );
    }
    let start = Instant::now();
    keeper.index().figures().await.unwrap();
    println!(
        "{:>8.1} ms  figures of the first page",
        start.elapsed().as_secs_f64() * 1e3
    );
}
