//! A validator that lies: where it should propose a block it proposes two that do not exist, and it votes both ways.
//!
//! It has the village's real key, proves it, and tells each of the others another story: the first hears that it is for every block, the second
//! that it is against, the third both. Three honest validators of four agree and go on all the same, and hold proofs against it.

use crate::{
    scene::{Scene, VALIDATORS},
    seat::{Message, Seat},
};
use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_types::Validator as _;
use arc_malachitebft_network::{Channel, Event};
use arc_malachitebft_signing::Signer;
use musubi_node_consensus::{
    height::Height, proposal::Proposal, validator::Validators, value::BlockValue, wire::ScaleCodec,
};
use musubi_primitives::{
    BlockHash, MemberId,
    finality::{self, ValidatorSet, VoteKind},
};
use std::collections::BTreeSet;

/// Transactions of each client.
const TRANSACTIONS: usize = 4;
/// The stories, one for each of the others.
const STORIES: [Story; VALIDATORS - 1] = [Story::For, Story::Against, Story::Both];

/// Height and round.
type Place = (u64, u32);

/// What one of the others is told of every block.
#[derive(Clone, Copy, Debug)]
enum Story {
    For,
    Against,
    Both,
}

/// The traitor as one of the others sees it.
struct Traitor {
    seat: Seat,
    validators: Validators,
    story: Story,
    /// Where it has voted, by kind, and where it has proposed.
    voted: BTreeSet<(Place, bool)>,
    proposed: BTreeSet<Place>,
}

impl Traitor {
    /// Connects to one of the others, and lies to it until the test ends.
    async fn lie_to(mut self, address: String) {
        let (mut events, control) = self.seat.connect(address).await.split();
        while let Some(event) = events.recv().await {
            let Event::ConsensusMessage(Channel::Consensus, _, _, bytes) = event else {
                continue;
            };
            let heard = ScaleCodec.decode(bytes).unwrap();
            for lie in self.lies(&heard).await {
                let bytes = ScaleCodec.encode(&lie).unwrap();
                // The network ends with the test.
                let _ = control.publish(Channel::Consensus, bytes).await;
            }
        }
    }

    /// What it answers to a message, once in each place.
    async fn lies(&mut self, heard: &Message) -> Vec<Message> {
        let (kind, place, block) = match heard {
            Message::Proposal(proposal) => {
                let proposal = &proposal.message;
                let place = (proposal.height.0, proposal.round);
                (VoteKind::Prevote, place, Some(proposal.block.0))
            }
            Message::Vote(vote) => {
                let vote = vote.message.plain();
                (vote.kind, (vote.height, vote.round), vote.block)
            }
        };
        let mut lies = self.proposals(place).await;
        if let Some(block) = block {
            lies.extend(self.votes(kind, place, block).await);
        }
        lies
    }

    async fn votes(&mut self, kind: VoteKind, place: Place, block: BlockHash) -> Vec<Message> {
        if !self.voted.insert((place, kind == VoteKind::Precommit)) {
            return Vec::new();
        }
        let choices = match self.story {
            Story::For => vec![Some(block)],
            Story::Against => vec![None],
            Story::Both => vec![Some(block), None],
        };
        let signer = self.seat.signer();
        let mut votes = Vec::new();
        for block in choices {
            let vote = finality::Vote {
                kind,
                height: place.0,
                round: place.1,
                block,
                validator: signer.address().0,
            };
            votes.push(Message::Vote(signer.sign_vote(vote.into()).await.unwrap()));
        }
        votes
    }

    /// Two blocks that nobody has, where it is its turn.
    async fn proposals(&mut self, place: Place) -> Vec<Message> {
        let signer = self.seat.signer();
        let turn = self.validators.proposer(place.0, place.1).address() == &signer.address();
        if !turn || !self.proposed.insert(place) {
            return Vec::new();
        }
        let mut proposals = Vec::new();
        for invented in [1, 2] {
            let proposal = Proposal {
                height: Height(place.0),
                round: place.1,
                block: BlockValue(BlockHash([invented; 32])),
                polka_round: None,
                proposer: signer.address(),
            };
            let signed = signer.sign_proposal(proposal).await.unwrap();
            proposals.push(Message::Proposal(signed));
        }
        proposals
    }
}

impl Scene {
    /// Has the test play one validator, whose node never starts.
    async fn betray(&mut self, traitor: usize) {
        let seat = self.seat(traitor).await;
        let seats = (0..)
            .zip(self.consensus_keys())
            .map(|(member, key)| finality::Validator {
                key,
                member: MemberId(member),
                power: 1,
            });
        let set = ValidatorSet::new(seats.collect()).unwrap();
        let others = (0..VALIDATORS).filter(|place| *place != traitor);
        for (other, story) in others.zip(STORIES) {
            let traitor = Traitor {
                seat: seat.clone(),
                validators: Validators::new(&set).unwrap(),
                story,
                voted: BTreeSet::new(),
                proposed: BTreeSet::new(),
            };
            tokio::spawn(traitor.lie_to(self.consensus_address(other)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_lies_to_each_of_the_others_neither_splits_nor_stops_them() {
    let mut scene = Scene::lay_out().await;
    let traitor = scene.victims(1)[0];
    scene.honest.retain(|place| *place != traitor);
    scene.start().await;
    scene.betray(traitor).await;
    scene.load(TRANSACTIONS);
    // It has its turn in one of four heights, and in each the third of the others hears it contradict itself.
    let witness = scene.all_but(&[traitor])[STORIES.len() - 1];
    while scene.metric(witness, "consensus_equivocations_total").await == 0 {
        scene.some_blocks(witness).await;
    }
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_says_nothing_costs_rounds_and_no_block() {
    let mut scene = Scene::lay_out().await;
    let silent = scene.victims(1)[0];
    scene.honest.retain(|place| *place != silent);
    scene.start().await;
    // It is there and listens, in its turn too.
    let others = scene.all_but(&[silent]);
    let mut heard = scene.listen(silent, others[0]).await;
    scene.load(TRANSACTIONS);
    heard.once_more().await;
    let rpc = scene.consortium.rpc(others[1]).await;
    let first = rpc.height().await + 1;
    let turns = u64::try_from(VALIDATORS).unwrap();
    let last = rpc.wait_for_height(first + turns).await;
    let mut rounds = 0;
    for height in first..=last {
        rounds = rounds.max(scene.round_of(others[1], height).await);
    }
    assert!(rounds > 0, "{silent} never had its turn up to {last}");
    heard.assert_one_word_each();
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_whose_machine_hangs_is_left_behind_and_comes_back_by_itself() {
    let mut scene = Scene::open().await;
    scene.load(TRANSACTIONS);
    let hung = scene.victims(1)[0];
    scene.some_blocks(hung).await;
    scene.consortium.node(hung).process.freeze();
    let witness = scene.all_but(&[hung])[0];
    // More than the four turns of one round of proposers.
    for _ in 0..VALIDATORS {
        scene.some_blocks(witness).await;
    }
    scene.consortium.node(hung).process.thaw();
    scene.nobody_voted_twice().await;
    scene.judge().await;
}
