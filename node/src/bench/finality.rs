//! Sees transactions become final on a node that they were not handed to, and keeps the time that each took.

use super::fleet::Refusal;
use crate::client::{self, BlockRef, ChainClient, ClientError};
use frame_system::Phase;
use musubi_client_sdk::{extrinsics::Extrinsic, proofs::storage};
use musubi_primitives::Moment;
use musubi_runtime::RuntimeEvent;
use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, watch};

/// How long nothing may become final before the run is given up.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How many blocks a node may be behind the observed one: transactions are born so much earlier, so that every node knows the block.
const BEHIND_MAX: usize = 16;
/// Failures and refusals that are kept word for word.
const COMPLAINTS_MAX: usize = 5;

/// A block as the observed node showed it.
#[derive(Debug)]
struct Sighting {
    at: Instant,
    hashes: Vec<[u8; 32]>,
    failures: Vec<String>,
}

/// What is on its way, and what became of the rest.
#[derive(Debug)]
pub struct Finality {
    sightings: mpsc::UnboundedReceiver<Result<Sighting, ClientError>>,
    refused: mpsc::UnboundedReceiver<Refusal>,
    refusals: mpsc::UnboundedSender<Refusal>,
    tip: watch::Receiver<(BlockRef, Moment)>,
    in_flight_max: usize,
    waiting: BTreeMap<[u8; 32], Instant>,
    progress: Instant,
    /// From hand-over to being seen final, one for each transaction.
    pub latencies: Vec<Duration>,
    /// Blocks that were seen since the last reset.
    pub blocks: u64,
    last_seen: Option<Instant>,
    /// The longest time between two of them.
    pub longest_gap: Duration,
    /// Transactions that the pool refused.
    pub refused_count: u64,
    /// Transactions that broke a rule of the runtime.
    pub failed_count: u64,
    /// Some of what was said about both.
    pub complaints: Vec<String>,
}

impl Finality {
    /// Begins to follow a node's finalised blocks.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn follow(address: &str, in_flight_max: usize) -> Result<Self, ClientError> {
        let client = ChainClient::connect(address, None).await?;
        let head = client.head().await?;
        let (tip_sender, tip) = watch::channel((head, time_at(&client, head).await?));
        let (sender, sightings) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            if let Err(error) = watch_blocks(&client, head, &sender, &tip_sender).await {
                // The other side is gone only when the run is over.
                let _ = sender.send(Err(error));
            }
        });
        let (refusals, refused) = mpsc::unbounded_channel();
        Ok(Self {
            sightings,
            refused,
            refusals,
            tip,
            in_flight_max,
            waiting: BTreeMap::new(),
            progress: Instant::now(),
            latencies: Vec::new(),
            blocks: 0,
            last_seen: None,
            longest_gap: Duration::ZERO,
            refused_count: 0,
            failed_count: 0,
            complaints: Vec::new(),
        })
    }

    /// Waits for the first block after genesis, which has no time: keys and consents end by the chain's.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn wait_for_beginning(&mut self) -> Result<(), String> {
        let first = self.tip.wait_for(|(_, time)| *time > 0);
        let first = tokio::time::timeout(STALL_TIMEOUT, first).await;
        match first.map(|begun| begun.map(drop)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("the observed node is no longer followed".to_owned()),
            Err(_) => Err(self.stall(STALL_TIMEOUT)),
        }
    }

    /// A block that every node has: where new transactions are born.
    pub fn birth(&self) -> BlockRef {
        self.tip.borrow().0
    }

    /// Time of the newest block.
    pub fn time(&self) -> Moment {
        self.tip.borrow().1
    }

    /// Where refusals are reported to.
    pub fn refusals(&self) -> mpsc::UnboundedSender<Refusal> {
        self.refusals.clone()
    }

    /// A transaction is handed over now.
    pub fn expect(&mut self, hash: [u8; 32]) {
        if self.waiting.is_empty() {
            self.progress = Instant::now();
        }
        self.waiting.insert(hash, Instant::now());
    }

    /// Forgets what was measured so far.
    pub fn reset(&mut self) {
        self.latencies.clear();
        self.complaints.clear();
        (self.blocks, self.refused_count, self.failed_count) = (0, 0, 0);
        (self.last_seen, self.longest_gap) = (None, Duration::ZERO);
    }

    /// Takes in what has arrived, without waiting.
    ///
    /// # Errors
    /// When the observed node no longer answers.
    pub fn note_arrivals(&mut self) -> Result<(), String> {
        while let Ok(sighting) = self.sightings.try_recv() {
            self.note(sighting.map_err(|error| error.to_string())?);
        }
        while let Ok((hash, complaint)) = self.refused.try_recv() {
            self.note_refusal(&hash, complaint);
        }
        Ok(())
    }

    /// Waits until another transaction may be on its way.
    ///
    /// # Errors
    /// When nothing becomes final any more.
    pub async fn wait_for_room(&mut self) -> Result<(), String> {
        self.note_arrivals()?;
        while self.waiting.len() >= self.in_flight_max {
            self.wait_for_arrival(STALL_TIMEOUT).await?;
        }
        Ok(())
    }

    /// Waits until nothing is on its way.
    ///
    /// # Errors
    /// When that takes longer than `timeout` without anything becoming final.
    pub async fn drain(&mut self, timeout: Duration) -> Result<(), String> {
        self.note_arrivals()?;
        while !self.waiting.is_empty() {
            self.wait_for_arrival(timeout).await?;
        }
        Ok(())
    }

    async fn wait_for_arrival(&mut self, timeout: Duration) -> Result<(), String> {
        let arrival = async {
            tokio::select! {
                sighting = self.sightings.recv() => sighting.map(Ok),
                refusal = self.refused.recv() => refusal.map(Err),
            }
        };
        // Empty blocks go on when transactions are lost: only one that becomes final counts.
        let left = timeout.saturating_sub(self.progress.elapsed());
        match tokio::time::timeout(left, arrival).await {
            Ok(Some(Ok(sighting))) => self.note(sighting.map_err(|error| error.to_string())?),
            Ok(Some(Err((hash, complaint)))) => self.note_refusal(&hash, complaint),
            Ok(None) => return Err("the observed node is no longer followed".to_owned()),
            Err(_) => return Err(self.stall(timeout)),
        }
        Ok(())
    }

    fn stall(&self, timeout: Duration) -> String {
        format!(
            "nothing became final for {} s while {} transactions were on their way, {} refused; {}",
            timeout.as_secs(),
            self.waiting.len(),
            self.refused_count,
            self.complaints.join("; ")
        )
    }

    fn note(&mut self, sighting: Sighting) {
        self.blocks = self.blocks.saturating_add(1);
        let before = self.last_seen.replace(sighting.at).unwrap_or(sighting.at);
        self.longest_gap = self.longest_gap.max(sighting.at.duration_since(before));
        for hash in sighting.hashes {
            if let Some(sent) = self.waiting.remove(&hash) {
                self.progress = Instant::now();
                self.latencies
                    .push(sighting.at.saturating_duration_since(sent));
            }
        }
        for failure in sighting.failures {
            self.failed_count = self.failed_count.saturating_add(1);
            self.complain(failure);
        }
    }

    fn note_refusal(&mut self, hash: &[u8; 32], complaint: String) {
        self.waiting.remove(hash);
        self.refused_count = self.refused_count.saturating_add(1);
        self.complain(complaint);
    }

    fn complain(&mut self, complaint: String) {
        if self.complaints.len() < COMPLAINTS_MAX {
            self.complaints.push(complaint);
        }
    }
}

async fn watch_blocks(
    client: &ChainClient,
    head: BlockRef,
    sender: &mpsc::UnboundedSender<Result<Sighting, ClientError>>,
    tip: &watch::Sender<(BlockRef, Moment)>,
) -> Result<(), ClientError> {
    let mut heads = client.follow_heads().await?;
    let mut seen = head.height;
    let mut recent = VecDeque::from([head]);
    while let Some(header) = heads.next().await {
        let at = Instant::now();
        let header = header.map_err(|error| client::error::unreadable("a header", error))?;
        let newest = client::height(&header)?;
        while seen < newest {
            seen = seen.saturating_add(1);
            let hash = client
                .hash_at(seen)
                .await?
                .ok_or_else(|| client::error::unreadable("a finalised block", "it has no hash"))?;
            let block = BlockRef { height: seen, hash };
            let sighting = look_at(client, block, at).await?;
            recent.push_back(block);
            if recent.len() > BEHIND_MAX {
                recent.pop_front();
            }
            let birth = recent.front().copied().unwrap_or(block);
            tip.send_replace((birth, time_at(client, block).await?));
            if sender.send(Ok(sighting)).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn look_at(
    client: &ChainClient,
    block: BlockRef,
    at: Instant,
) -> Result<Sighting, ClientError> {
    let extrinsics = client.extrinsics(block.hash).await?;
    let failures = client
        .events(block.hash)
        .await?
        .into_iter()
        .filter_map(|record| {
            let Phase::ApplyExtrinsic(_) = record.phase else {
                return None;
            };
            client::submission::refusal(std::slice::from_ref::<RuntimeEvent>(&record.event))
                .map(|rule| rule.to_string())
        });
    Ok(Sighting {
        at,
        failures: failures.collect(),
        hashes: extrinsics
            .into_iter()
            .map(|bytes| Extrinsic { bytes }.hash())
            .collect(),
    })
}

async fn time_at(client: &ChainClient, block: BlockRef) -> Result<Moment, ClientError> {
    let time = client
        .storage::<Moment>(&storage::block_time(), Some(block.hash))
        .await?;
    Ok(time.unwrap_or_default())
}
