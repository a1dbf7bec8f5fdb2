//! A consortium of four municipalities to test with: keys from seeds, genesis, signed transactions, certificates.

use codec::{Compact, Encode};
use musubi_node_core::{
    executor::{Genesis, Specs, build_genesis},
    pipeline::{Pipeline, PipelineParts},
    ports::{
        BlockBytes, ChainStore, Clock, ConsensusHost, Freshness, LocalFault, PoolJournal,
        Undecided, Verdict,
    },
};
use musubi_primitives::{
    BlockHash, Moment, VerifyingKey,
    finality::{CommitCertificate, CommitSignature, Vote, VoteKind},
};
use musubi_runtime::{
    RuntimeCall, Signature, SignedPayload, UncheckedExtrinsic, extension::tx_extension,
};
use serde_json::{Value, json};
use sp_core::{H256, Pair, ed25519};
use sp_runtime::{MultiAddress, generic::Era};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Time at which the tests' clock starts.
pub(crate) const START: Moment = 1_790_000_000_000;

/// An account's key from a seed; seeds 1 to 4 are the municipalities' operators.
pub(crate) fn account(seed: u8) -> ed25519::Pair {
    ed25519::Pair::from_seed(&[seed; 32])
}

fn public(pair: &ed25519::Pair) -> String {
    format!("0x{}", hex::encode(pair.public().0))
}

fn consensus_key(seed: u8) -> ed25519::Pair {
    ed25519::Pair::from_seed(&[100 + seed; 32])
}

/// The proposer in most tests.
pub(crate) fn proposer() -> VerifyingKey {
    VerifyingKey(consensus_key(1).public().0)
}

/// Genesis configuration: municipalities 1 to 4, each with a seat.
pub(crate) fn genesis_config() -> Value {
    let members: Vec<_> = (1u8..=4)
        .map(|seed| {
            let keys = json!({
                "operator": public(&account(seed)),
                "verifier": public(&account(20 + seed)),
                "hpke": public(&account(30 + seed)),
            });
            json!({"kind": "municipality", "keys": keys, "nodes": []})
        })
        .collect();
    let seats: Vec<_> = (1u8..=4)
        .map(|seed| json!({"member": u32::from(seed) - 1, "key": public(&consensus_key(seed))}))
        .collect();
    let mut config = serde_json::to_value(musubi_runtime::RuntimeGenesisConfig::default())
        .expect("the default configuration is JSON");
    config["consortium"]["members"] = json!(members);
    config["consortium"]["validators"] = json!(seats);
    config
}

/// The tests' genesis.
pub(crate) fn genesis() -> Genesis {
    build_genesis(Specs::default(), &genesis_config()).expect("the configuration is right")
}

/// A clock that stands still until a test turns it.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicU64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicU64::new(START))
    }
}

impl TestClock {
    /// Lets time pass.
    pub(crate) fn advance(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        self.0.load(Ordering::SeqCst)
    }
}

/// A running pipeline over a store.
pub(crate) struct Node<S> {
    /// The store.
    pub(crate) store: Arc<S>,
    /// Its clock.
    pub(crate) clock: Arc<TestClock>,
    /// The pipeline.
    pub(crate) pipeline: Pipeline,
}

impl<S: ChainStore + PoolJournal> Node<S> {
    /// Starts on a store, as after a restart.
    pub(crate) fn start(store: Arc<S>) -> Self {
        Self::try_start(store, Specs::default()).expect("the store is sound")
    }

    /// Starts with these specifications, or says why not.
    pub(crate) fn try_start(store: Arc<S>, specs: Specs) -> Result<Self, LocalFault> {
        let clock = Arc::new(TestClock::default());
        let pipeline = Pipeline::start(PipelineParts {
            store: store.clone(),
            journal: store.clone(),
            genesis: genesis(),
            specs,
            clock: clock.clone(),
            cache_bytes: 8 << 20,
        })?;
        Ok(Self {
            store,
            clock,
            pipeline,
        })
    }

    /// Proposes at the next height and round 0.
    pub(crate) async fn propose(&self) -> BlockBytes {
        let height = self.pipeline.tip() + 1;
        self.clock.advance(200);
        let budget = Duration::from_secs(10);
        self.pipeline
            .propose(height, 0, proposer(), budget)
            .await
            .expect("this machine is sound")
    }

    /// Checks somebody's block for the next height.
    pub(crate) async fn check(
        &self,
        block: &BlockBytes,
        freshness: Freshness,
    ) -> Result<Verdict, LocalFault> {
        let height = self.pipeline.tip() + 1;
        self.pipeline
            .check(place(height, block.hash), block.clone(), freshness)
            .await
    }

    /// Commits a block that was proposed or checked before.
    pub(crate) async fn commit(&self, block: &BlockBytes) {
        let certificate = certify(self.pipeline.genesis(), self.pipeline.tip() + 1, block.hash);
        self.pipeline
            .commit(certificate)
            .await
            .expect("three of four signed");
    }

    /// Ends the node; the store may be opened again.
    pub(crate) async fn stop(self) {
        self.pipeline.settle().await.expect("every thread lives");
    }

    /// Proposes and commits one block.
    pub(crate) async fn advance(&self) -> BlockBytes {
        let block = self.propose().await;
        self.commit(&block).await;
        block
    }
}

/// Where consensus met a block, in round 0.
pub(crate) fn place(height: u64, hash: BlockHash) -> Undecided {
    Undecided {
        height,
        round: 0,
        valid_round: None,
        proposer: proposer(),
        hash,
        valid: false,
    }
}

/// A certificate of three of the four validators.
pub(crate) fn certify(genesis: BlockHash, height: u64, block: BlockHash) -> CommitCertificate {
    let signatures = (1u8..=3).map(|seed| {
        let pair = consensus_key(seed);
        let validator = VerifyingKey(pair.public().0);
        let kind = VoteKind::Precommit;
        let vote = Vote {
            kind,
            height,
            round: 0,
            block: Some(block),
            validator,
        };
        CommitSignature {
            validator,
            signature: pair.sign(&vote.signing_bytes(&genesis)).0,
        }
    });
    CommitCertificate {
        height,
        round: 0,
        block,
        signatures: signatures.collect(),
    }
}

/// A transaction of `sender`: registers network node number `salt` for its member.
pub(crate) fn register_node(genesis: BlockHash, sender: u8, nonce: u32, salt: u32) -> Vec<u8> {
    let mut node = [0xee; 32];
    node[0] = sender;
    node[1..5].copy_from_slice(&salt.to_be_bytes());
    let call = pallet_consortium::Call::register_node {
        node: VerifyingKey(node),
    };
    sign(genesis, sender, nonce, RuntimeCall::Consortium(call))
}

/// A transaction that the runtime includes and then fails: withdrawing a node that nobody registered.
pub(crate) fn withdraw_unknown_node(genesis: BlockHash, sender: u8, nonce: u32) -> Vec<u8> {
    let call = pallet_consortium::Call::withdraw_node {
        node: VerifyingKey([0xdd; 32]),
    };
    sign(genesis, sender, nonce, RuntimeCall::Consortium(call))
}

/// Signs a call with an immortal era.
pub(crate) fn sign(genesis: BlockHash, sender: u8, nonce: u32, call: RuntimeCall) -> Vec<u8> {
    let pair = account(sender);
    let genesis = H256(genesis.0);
    let extension = tx_extension(Era::Immortal, nonce);
    let implicit = ((), 1, 1, genesis, genesis, (), ());
    let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
    let signature = payload.using_encoded(|bytes| pair.sign(bytes));
    let address = MultiAddress::Id(pair.public().into());
    UncheckedExtrinsic::new_signed(call, address, Signature::from(signature), extension).encode()
}

/// A block's bytes with another list of extrinsics under the same header.
pub(crate) fn with_extrinsics(block: &BlockBytes, extrinsics: &[Vec<u8>]) -> BlockBytes {
    let header = musubi_node_core::executor::Block::parse(&block.bytes)
        .expect("it is a block")
        .header;
    let mut bytes = header.encode();
    Compact(u32::try_from(extrinsics.len()).expect("a few")).encode_to(&mut bytes);
    bytes.extend(extrinsics.concat());
    BlockBytes {
        hash: block.hash,
        bytes,
    }
}
