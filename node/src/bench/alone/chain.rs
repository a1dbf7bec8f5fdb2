//! A chain that one process writes: it proposes, signs for all validators, and commits, on the store that a node has.

use crate::{
    bench::people::VILLAGE,
    client::state::EventRecord,
    clock::SystemClock,
    commands::spec,
    config::{self, Flags, NodeConfig},
    demo::{
        consortium::{self, Ports},
        plan::MEMBERS,
    },
    key_file::KeyKind,
    start,
};
use codec::{DecodeAll, Encode};
use ed25519_dalek::{Signer, SigningKey};
use musubi_client_sdk::extrinsics::ChainContext;
use musubi_node_core::{
    executor::{Block, Genesis},
    pipeline::Pipeline,
    ports::{BlockBytes, ConsensusHost},
};
use musubi_primitives::{
    BlockHash, VerifyingKey,
    finality::{CommitCertificate, CommitSignature, Vote, VoteKind},
};
use musubi_runtime::{RuntimeEvent, spec::FIRST};
use sp_runtime::transaction_validity::TransactionSource;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Processor time and weights bound a block long before this does.
const BUDGET: Duration = Duration::from_secs(10);
/// First byte of a signed extrinsic; inherent ones have another.
const SIGNED_V4: u8 = 0x84;

/// A block with its certificate.
#[derive(Clone, Debug)]
pub struct Made {
    /// The block.
    pub block: BlockBytes,
    /// Why it is final.
    pub certificate: CommitCertificate,
    /// Its signed extrinsics, as a peer would send them.
    pub extrinsics: Vec<Vec<u8>>,
}

/// The first village's node, which makes every block.
#[derive(Debug)]
pub struct Chain {
    /// Its pipeline.
    pub pipeline: Pipeline,
    /// Which chain and runtime transactions are for.
    pub context: ChainContext,
    folder: PathBuf,
    genesis: Genesis,
    validators: Vec<SigningKey>,
}

impl Chain {
    /// Lays a consortium out in an empty or new folder and opens its first node's chain.
    ///
    /// # Errors
    /// A sentence that names the file or folder.
    pub async fn lay_out(folder: &Path) -> Result<Self, String> {
        ensure_empty(folder)?;
        consortium::lay_out(folder, Ports::default())?;
        let validators = MEMBERS.iter().filter(|member| member.validator);
        let validators = validators
            .map(|member| consortium::secret(folder, member.name, "consensus", KeyKind::Ed25519))
            .map(|secret| secret.map(|secret| SigningKey::from_bytes(&secret)))
            .collect::<Result<Vec<_>, _>>()?;
        let config = config_of(folder, VILLAGE)?;
        let spec = spec::read(&config.spec)?;
        let genesis = start::genesis(&config, &spec).await?;
        let pipeline = open(&config, genesis.clone())?;
        let context = ChainContext {
            genesis: genesis.hash(),
            spec_version: FIRST.id,
            transaction_version: FIRST.transaction_version,
        };
        Ok(Self {
            pipeline,
            context,
            folder: folder.to_path_buf(),
            genesis,
            validators,
        })
    }

    /// The configuration of one of the consortium's nodes.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn config_of(&self, name: &str) -> Result<NodeConfig, String> {
        config_of(&self.folder, name)
    }

    /// Opens the chain of another node of the consortium, which stands at genesis.
    ///
    /// # Errors
    /// A sentence that names the folder.
    pub fn open(&self, config: &NodeConfig) -> Result<Pipeline, String> {
        open(config, self.genesis.clone())
    }

    /// Height and hash of the newest block.
    pub fn head(&self) -> (u64, BlockHash) {
        let header = self.pipeline.tip_header().borrow().clone();
        (header.number.into(), BlockHash(header.hash().0))
    }

    /// How many transactions wait.
    pub fn waiting(&self) -> usize {
        self.pipeline.pool().size().count
    }

    /// Makes the next block out of what waits, and commits it.
    ///
    /// # Errors
    /// When this machine is at fault, or a transaction in it broke a rule.
    pub async fn advance(&self) -> Result<Made, String> {
        let height = self.pipeline.tip().saturating_add(1);
        let proposer = self.validators.first().ok_or("nobody validates")?;
        let proposer = VerifyingKey(proposer.verifying_key().to_bytes());
        let proposed = self.pipeline.propose(height, 0, proposer, BUDGET).await;
        let block = proposed.map_err(|fault| fault.to_string())?;
        let certificate = self.certify(height, block.hash);
        let committed = self.pipeline.commit(certificate.clone()).await;
        committed.map_err(|fault| fault.to_string())?;
        self.ensure_applied(height)?;
        let extrinsics = signed_extrinsics(&block)?;
        Ok(Made {
            block,
            certificate,
            extrinsics,
        })
    }

    /// A certificate of all validators.
    fn certify(&self, height: u64, block: BlockHash) -> CommitCertificate {
        let signatures = self.validators.iter().map(|key| {
            let validator = VerifyingKey(key.verifying_key().to_bytes());
            let vote = Vote {
                kind: VoteKind::Precommit,
                height,
                round: 0,
                block: Some(block),
                validator,
            };
            let signature = key.sign(&vote.signing_bytes(&self.context.genesis));
            CommitSignature {
                validator,
                signature: signature.to_bytes(),
            }
        });
        CommitCertificate {
            height,
            round: 0,
            block,
            signatures: signatures.collect(),
        }
    }

    /// A call that fails costs less than one that does what it should, and would make the figures look better than they are.
    fn ensure_applied(&self, height: u64) -> Result<(), String> {
        let events = self.pipeline.store().events(height);
        let events = events.map_err(|fault| fault.to_string())?;
        let records = Vec::<EventRecord>::decode_all(&mut &events.unwrap_or_default()[..]);
        let records = records.map_err(|error| format!("the events of block {height}: {error}"))?;
        let failed = records.into_iter().find_map(|record| match record.event {
            RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
                dispatch_error, ..
            }) => Some(dispatch_error),
            _ => None,
        });
        match failed {
            None => Ok(()),
            Some(error) => Err(format!(
                "a transaction of block {height} broke a rule: {error:?}"
            )),
        }
    }
}

/// Offers transactions to a node's pool, as from a peer, and waits until all are judged.
///
/// # Errors
/// The first refusal.
pub async fn submit(pipeline: &Pipeline, signed: &[Vec<u8>]) -> Result<(), String> {
    let pool = pipeline.pool();
    let judged = signed
        .iter()
        .map(|bytes| pool.submit(TransactionSource::External, bytes.clone()));
    let judged = futures::future::try_join_all(judged).await;
    judged
        .map(drop)
        .map_err(|error| format!("the pool refuses a transaction: {error}"))
}

fn open(config: &NodeConfig, genesis: Genesis) -> Result<Pipeline, String> {
    let spec = spec::read(&config.spec)?;
    let clock = Arc::new(SystemClock::default());
    let (pipeline, _) = start::pipeline(config, &spec, genesis, clock)?;
    Ok(pipeline)
}

fn config_of(folder: &Path, name: &str) -> Result<NodeConfig, String> {
    let file = folder.join("nodes").join(name).join("node.toml");
    config::load(Some(&file), &Flags::default()).map_err(|error| error.to_string())
}

fn ensure_empty(folder: &Path) -> Result<(), String> {
    let is_empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if is_empty {
        return Ok(());
    }
    Err(format!(
        "{} is not empty: remove it, or name another folder",
        folder.display()
    ))
}

fn signed_extrinsics(block: &BlockBytes) -> Result<Vec<Vec<u8>>, String> {
    let parsed = Block::parse(&block.bytes).map_err(|error| error.to_string())?;
    let signed = parsed.extrinsics.into_iter();
    let signed = signed.filter(|bytes| bytes.first() == Some(&SIGNED_V4));
    Ok(signed.map(|bytes| bytes.encode()).collect())
}
