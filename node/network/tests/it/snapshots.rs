//! Joining by snapshot over real swarms, from real chains in real stores: what a late node gets, and what a lying peer achieves.

use crate::{
    chain::{Node, TestClock, genesis_config, sign},
    villages::{Archive, Village, furnished, sees, within},
};
use musubi_node_core::{
    executor::{Genesis, Specs, build_genesis},
    pipeline::{Pipeline, PipelineParts},
    ports::{ChainStore, ConsensusHost},
};
use musubi_node_network::{
    AskError, FailureCause, FinalBlock, JoinError, Joined, Refusal, SnapshotSource, join,
};
use musubi_node_store::{Retention, Store, StoreOptions};
use musubi_primitives::{
    AccountId, BlockHash, HpkeKey, MemberId, VerifyingKey,
    finality::{CommitCertificate, CommitSignature, ValidatorSet, Vote, VoteKind},
    mountain_range::NodeHash,
};
use musubi_runtime::RuntimeCall;
use pallet_consortium::proposal::Action;
use serde_json::{Value, json};
use sp_core::{Pair, ed25519};
use sp_runtime::transaction_validity::TransactionSource;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;

/// Staff of each municipality at genesis: together they make a state of several pieces.
const STAFF: u16 = 1_000;
/// Villages that are members.
const VILLAGES: u8 = 50;
/// Height of the chain that late nodes join.
const HEIGHT: u64 = 12;

fn staff_key(member: u32, number: u16) -> Value {
    let mut account = [7; 32];
    account[..4].copy_from_slice(&member.to_be_bytes());
    account[4..6].copy_from_slice(&number.to_be_bytes());
    json!({
        "account": AccountId(account), "member": member, "role": "nurse",
        "hpke": HpkeKey(account), "until": 4_102_444_800_000u64,
    })
}

/// The tests' consortium with a large staff.
fn genesis() -> Genesis {
    static GENESIS: OnceLock<Genesis> = OnceLock::new();
    let build = || {
        let mut config = genesis_config();
        let staff = (0..4).flat_map(|member| (0..STAFF).map(move |n| staff_key(member, n)));
        config["consortium"]["keys"] = staff.collect();
        build_genesis(Specs::default(), &config).expect("the configuration is right")
    };
    GENESIS.get_or_init(build).clone()
}

/// A node of that consortium, on a disk of its own.
struct Seat {
    node: Node<Store>,
    _folder: TempDir,
}

fn settle() -> Seat {
    let folder = tempfile::tempdir().expect("temporary");
    let options = StoreOptions {
        path: folder.path().to_owned(),
        chain: "test".to_owned(),
        genesis: genesis().hash(),
        retention: Retention::Heights(64),
        cache_bytes: 8 << 20,
    };
    let store = Arc::new(Store::open(options).expect("the store is sound"));
    let clock = Arc::new(TestClock::default());
    let pipeline = Pipeline::start(PipelineParts {
        store: store.clone(),
        journal: store.clone(),
        genesis: genesis(),
        specs: Specs::default(),
        clock: clock.clone(),
        cache_bytes: 8 << 20,
    });
    let pipeline = pipeline.expect("the store is sound");
    let node = Node {
        store,
        clock,
        pipeline,
    };
    Seat {
        node,
        _folder: folder,
    }
}

async fn submit(
    node: &Node<Store>,
    sender: u8,
    nonce: u32,
    call: pallet_consortium::Call<musubi_runtime::Runtime>,
) {
    let call = RuntimeCall::Consortium(call);
    let signed = sign(genesis().hash(), sender, nonce, call);
    let pool = node.pipeline.pool();
    let submitted = pool.submit(TransactionSource::Local, signed);
    submitted.await.expect("it is valid");
}

/// Three municipalities vote for their proposal number `number`; every vote so far was one of these.
async fn vote_for(seat: &Seat, number: u32, action: Action) {
    let propose = pallet_consortium::Call::propose { action };
    submit(&seat.node, 1, number, propose).await;
    advance(seat).await;
    for sender in [2, 3] {
        let (proposal, approve) = (number, true);
        let vote = pallet_consortium::Call::vote { proposal, approve };
        submit(&seat.node, sender, number, vote).await;
    }
    advance(seat).await;
}

/// Consensus keys at genesis have the seeds 101 to 104, new ones those above.
fn consensus_pair(seed: u8) -> ed25519::Pair {
    ed25519::Pair::from_seed(&[seed; 32])
}

fn validator_key(seed: u8) -> VerifyingKey {
    VerifyingKey(consensus_pair(seed).public().0)
}

/// Decides a block with the signatures of everybody who validates it.
async fn advance(seat: &Seat) {
    let pipeline = &seat.node.pipeline;
    let height = pipeline.tip() + 1;
    let parameters = pipeline.height_parameters(height).await.expect("readable");
    let block = seat.node.propose().await.hash;
    let signed = |seed: u8| {
        let validator = validator_key(seed);
        let vote = Vote {
            kind: VoteKind::Precommit,
            height,
            round: 0,
            block: Some(block),
            validator,
        };
        let bytes = vote.signing_bytes(&genesis().hash());
        CommitSignature {
            validator,
            signature: consensus_pair(seed).sign(&bytes).0,
        }
    };
    let seeds = 101..=110;
    let signers = seeds.filter(|seed| parameters.validators.get(&validator_key(*seed)).is_some());
    let certificate = CommitCertificate {
        height,
        round: 0,
        block,
        signatures: signers.map(signed).collect(),
    };
    pipeline.commit(certificate).await.expect("all have signed");
}

async fn advance_to(seat: &Seat, height: u64) {
    while seat.node.pipeline.tip() < height {
        advance(seat).await;
    }
}

/// A chain of [`HEIGHT`] blocks in which the fourth municipality loses its seat by vote.
async fn chain() -> Seat {
    let seat = settle();
    vote_for(&seat, 0, Action::DropValidator(MemberId(3))).await;
    advance_to(&seat, HEIGHT).await;
    let validators = seat.node.store.validators(HEIGHT).expect("readable");
    assert_eq!(validators.map(|set| set.validators().len()), Some(3));
    seat
}

/// A chain in which one municipality after the other takes a new consensus key: few of the first validators are left.
async fn chain_with_new_keys() -> Seat {
    let seat = settle();
    for number in 0..3u8 {
        let action = Action::AddValidator {
            member: MemberId(number.into()),
            key: validator_key(105 + number),
        };
        vote_for(&seat, number.into(), action).await;
        let tip = seat.node.pipeline.tip();
        advance_to(&seat, tip + 3).await;
    }
    advance_to(&seat, 2 * HEIGHT).await;
    seat
}

/// What a village does wrong when somebody joins.
#[derive(Clone, Copy, Debug)]
enum Trick {
    /// Nothing.
    None,
    ForgedSignature,
    TooFewSignatures,
    /// The validators before the vote.
    FormerValidators,
    /// Validators of its own, who sign whatever it likes.
    OwnValidators,
    /// A header with another state root.
    OtherStateRoot,
    OtherParent,
    ForgedHistory,
    ShortHistory,
    ForgedState,
    StateOfAnotherBlock,
    EmptyPieces,
    TheSamePieceForEver,
    TinyPieces,
    /// Gives the first piece and is then away.
    GoesAway,
}

struct Giver {
    pipeline: Pipeline,
    trick: Trick,
    pieces: AtomicU32,
}

impl Giver {
    fn new(seat: &Seat, trick: Trick) -> Arc<Self> {
        Arc::new(Self {
            pipeline: seat.node.pipeline.clone(),
            trick,
            pieces: AtomicU32::new(0),
        })
    }
}

impl SnapshotSource for Giver {
    fn final_block(&self, height: Option<u64>) -> Result<FinalBlock, Refusal> {
        let mut block = self.pipeline.final_block(height)?;
        let certificate = &mut block.certificate;
        match self.trick {
            Trick::ForgedSignature => certificate.signatures[0].signature[9] ^= 1,
            Trick::TooFewSignatures => certificate.signatures.truncate(2),
            Trick::FormerValidators => {
                block.validators = genesis().validators().clone();
            }
            Trick::OwnValidators => {
                let one = block.validators.validators()[..1].to_vec();
                block.validators = ValidatorSet::new(one).unwrap();
            }
            // The state root follows the parent's hash and the compact height.
            Trick::OtherStateRoot => block.header[40] ^= 1,
            Trick::OtherParent => {
                block.parent = self.pipeline.final_block(Some(HEIGHT - 2))?.parent;
            }
            _ => {}
        }
        Ok(block)
    }

    fn history(&self, first: u64, limit: u32) -> Result<Vec<NodeHash>, Refusal> {
        let mut leaves = self.pipeline.history(first, limit)?;
        match self.trick {
            Trick::ForgedHistory => leaves[5][0] ^= 1,
            Trick::ShortHistory => leaves.truncate(3),
            _ => {}
        }
        Ok(leaves)
    }

    fn state(
        &self,
        block: &BlockHash,
        after: Option<&[u8]>,
        bytes: u32,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let count = self.pieces.fetch_add(1, Ordering::SeqCst);
        match self.trick {
            Trick::ForgedState => {
                let mut piece = self.pipeline.state(block, after, bytes)?;
                piece
                    .iter_mut()
                    .flat_map(|node| node.last_mut())
                    .for_each(|byte| *byte ^= 1);
                Ok(piece)
            }
            Trick::StateOfAnotherBlock => {
                let other = self.pipeline.store().hash_at(3).unwrap().unwrap();
                self.pipeline.state(&other, after, bytes)
            }
            Trick::EmptyPieces => Ok(Vec::new()),
            Trick::TheSamePieceForEver => self.pipeline.state(block, None, bytes / 2),
            Trick::TinyPieces => self.pipeline.state(block, after, 1),
            Trick::GoesAway if count > 0 => Err(Refusal::Absent),
            _ => self.pipeline.state(block, after, bytes),
        }
    }
}

/// A village that gives a chain away, with a trick, and says to be at `head`.
async fn giver(number: u8, giver: Arc<Giver>, head: u64) -> Village {
    let village = furnished(
        number,
        genesis().hash(),
        VILLAGES,
        vec![],
        giver,
        Arc::new(Archive::default()),
    )
    .await;
    let announced = village.network.announce(head, BlockHash([number; 32]));
    announced.await.unwrap();
    village
}

/// A late node, village number `number`, that is connected with these and knows how far they say to be.
async fn late(number: u8, givers: &[&Village]) -> (Seat, Village) {
    let seat = settle();
    let dial = givers.iter().map(|giver| giver.address.clone()).collect();
    let snapshots = Arc::new(seat.node.pipeline.clone());
    let blobs = Arc::new(Archive::default());
    let village = furnished(number, genesis().hash(), VILLAGES, dial, snapshots, blobs).await;
    let mut peers = village.network.follow_peers();
    let all_spoke = peers.wait_for(|peers| {
        peers.len() == givers.len() && peers.iter().all(|peer| peer.head.is_some())
    });
    within(all_spoke).await.unwrap();
    (seat, village)
}

fn assert_stands_at_the_end(seat: &Seat, leader: &Seat, joined: &Joined) {
    assert_eq!(joined.height, HEIGHT);
    let tip = seat.node.store.tip().expect("readable");
    assert_eq!(tip, leader.node.store.tip().expect("readable"));
    assert_eq!(tip, Some((HEIGHT, joined.hash)));
    let executor = seat.node.pipeline.executor();
    let keys = |executor: &musubi_node_core::executor::Executor| {
        executor
            .keys_paged(&joined.hash, &[], None, usize::MAX)
            .expect("the state is there")
    };
    let all = keys(executor);
    assert_eq!(all, keys(leader.node.pipeline.executor()));
    assert_eq!(all.len() as u64, joined.keys);
    assert!(joined.keys > 4 * u64::from(STAFF));
}

#[tokio::test]
async fn a_late_node_follows_changed_validators_and_takes_over_a_state_in_pieces() {
    let leader = chain().await;
    let honest = Giver::new(&leader, Trick::None);
    let first = giver(1, honest.clone(), HEIGHT).await;
    let (seat, village) = late(3, &[&first]).await;
    let joined = join(&village.network, &seat.node.pipeline, 5)
        .await
        .unwrap();
    assert_stands_at_the_end(&seat, &leader, &joined);
    assert!(honest.pieces.load(Ordering::SeqCst) > 1);
    let block = leader.node.advance().await;
    let checked = seat
        .node
        .check(&block, musubi_node_core::ports::Freshness::Replayed);
    checked.await.expect("no fault");
    seat.node.commit(&block).await;
    assert_eq!(seat.node.pipeline.tip(), HEIGHT + 1);
}

#[tokio::test]
async fn validators_that_changed_a_lot_are_followed_half_way_first() {
    let leader = chain_with_new_keys().await;
    let first = giver(1, Giver::new(&leader, Trick::None), 2 * HEIGHT).await;
    let (seat, village) = late(6, &[&first]).await;
    let before = seat.node.store.validators(0).unwrap().unwrap();
    let joined = join(&village.network, &seat.node.pipeline, 5)
        .await
        .unwrap();
    assert_eq!(joined.height, 2 * HEIGHT);
    let now = seat.node.store.validators(2 * HEIGHT).unwrap().unwrap();
    let common = now
        .validators()
        .iter()
        .filter(|one| before.get(&one.key).is_some());
    assert_eq!((now.validators().len(), common.count()), (4, 1));
}

#[tokio::test]
async fn who_joined_by_snapshot_gives_it_to_the_next() {
    let leader = chain().await;
    let first = giver(1, Giver::new(&leader, Trick::None), HEIGHT).await;
    let (middle, village) = late(4, &[&first]).await;
    join(&village.network, &middle.node.pipeline, 5)
        .await
        .unwrap();
    let second = giver(2, Giver::new(&middle, Trick::None), HEIGHT).await;
    let (seat, village) = late(5, &[&second]).await;
    let joined = join(&village.network, &seat.node.pipeline, 5)
        .await
        .unwrap();
    assert_stands_at_the_end(&seat, &leader, &joined);
}

#[tokio::test]
async fn a_liar_is_found_out_and_shut_out_and_the_next_peer_is_asked() {
    let leader = chain().await;
    let first = giver(1, Giver::new(&leader, Trick::None), HEIGHT).await;
    let tricks = [
        Trick::ForgedSignature,
        Trick::TooFewSignatures,
        Trick::FormerValidators,
        Trick::OwnValidators,
        Trick::OtherStateRoot,
        Trick::OtherParent,
        Trick::ForgedHistory,
        Trick::ShortHistory,
        Trick::ForgedState,
        Trick::StateOfAnotherBlock,
        Trick::EmptyPieces,
        Trick::TheSamePieceForEver,
        Trick::TinyPieces,
    ];
    for (number, trick) in (20..).zip(tricks) {
        // It says to be furthest, so it is asked first.
        let liar = giver(2, Giver::new(&leader, trick), 1_000).await;
        let (seat, village) = late(number, &[&first, &liar]).await;
        let joined = join(&village.network, &seat.node.pipeline, 5).await;
        let joined = joined.unwrap_or_else(|error| panic!("{trick:?}: {error}"));
        assert_stands_at_the_end(&seat, &leader, &joined);
        sees(&village, 1).await;
        let left = village.network.peers()[0].id;
        assert_eq!(left, first.network.local_peer_id(), "{trick:?}");
    }
}

#[tokio::test]
async fn who_goes_away_in_the_middle_is_replaced_and_nothing_is_fetched_twice() {
    let leader = chain().await;
    let honest = Giver::new(&leader, Trick::None);
    let first = giver(1, honest.clone(), HEIGHT).await;
    let fickle = Giver::new(&leader, Trick::GoesAway);
    let second = giver(2, fickle.clone(), 1_000).await;
    let (seat, village) = late(7, &[&first, &second]).await;
    let joined = join(&village.network, &seat.node.pipeline, 5)
        .await
        .unwrap();
    assert_stands_at_the_end(&seat, &leader, &joined);
    let asked = |giver: &Giver| giver.pieces.load(Ordering::SeqCst);
    assert_eq!(asked(&fickle), 2);
    let (other_seat, other) = late(8, &[&first]).await;
    let before = asked(&honest);
    join(&other.network, &other_seat.node.pipeline, 5)
        .await
        .unwrap();
    assert_eq!(before, asked(&honest) - before - 1);
    assert_eq!(village.network.peers().len(), 2, "being away is no misdeed");
}

#[tokio::test]
async fn with_liars_only_the_node_stays_at_genesis_and_says_why() {
    let leader = chain().await;
    let liar = giver(1, Giver::new(&leader, Trick::ForgedState), HEIGHT).await;
    let stale = giver(2, Giver::new(&settle(), Trick::None), HEIGHT).await;
    let (seat, village) = late(9, &[&liar, &stale]).await;
    let error = join(&village.network, &seat.node.pipeline, 5)
        .await
        .unwrap_err();
    let JoinError::NoPeer(mut failures) = error else {
        panic!("{error}");
    };
    failures.sort_by_key(|failure| failure.peer != liar.network.local_peer_id());
    assert_eq!(
        failures.len(),
        3,
        "the stale one was asked for the state, and then to lead"
    );
    assert!(matches!(failures[0].cause, FailureCause::Lie(_)));
    let absent = AskError::Refused(Refusal::Absent);
    assert!(matches!(failures[1].cause, FailureCause::Ask(why) if why == absent));
    assert_eq!(seat.node.pipeline.tip(), 0);
    assert_eq!(seat.node.store.history_start().expect("readable"), 1);
    let short = giver(1, Giver::new(&leader, Trick::None), HEIGHT).await;
    let (seat, village) = late(10, &[&short]).await;
    let error = join(&village.network, &seat.node.pipeline, HEIGHT + 1).await;
    let Err(JoinError::NoPeer(failures)) = error else {
        panic!("a peer that is not ahead was joined");
    };
    assert!(matches!(failures[0].cause, FailureCause::NotAhead(HEIGHT)));
}
