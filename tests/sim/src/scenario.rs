//! What a seed means: how many validators, who betrays them and how, what network and disks do, and until when.

use crate::chance::Chance;
use std::time::Duration;

/// What a traitor does. Traitors are always fewer than a third of the voters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treason {
    /// Votes for nothing, proposes nothing.
    Silent,
    /// Signs two blocks for one round and shows each to half of the others.
    TwoProposals,
    /// Signs two votes for one step and shows each to half of the others.
    TwoVotes,
    /// Sends everything up to four seconds late.
    Late,
    /// Proposes blocks that nobody may accept.
    BadBlocks,
    /// Forgets its write-ahead log whenever it restarts, as a node restored from an old copy would.
    Amnesia,
    /// Boasts of a tip that it does not have, and hands out blocks with too few signatures.
    Liar,
    /// Runs twice under one key.
    Twin,
}

const TREASONS: [Treason; 8] = [
    Treason::Silent,
    Treason::TwoProposals,
    Treason::TwoVotes,
    Treason::Late,
    Treason::BadBlocks,
    Treason::Amnesia,
    Treason::Liar,
    Treason::Twin,
];

/// A bug planted into every node, which the simulation must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Votes go out without having been written down.
    VotesWithoutLog,
    /// A quorum needs one vote fewer than it must.
    QuorumOffByOne,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The seed of all chance in it.
    pub seed: u64,
    /// Founding validators.
    pub validators: usize,
    /// Nodes that follow and may be voted in.
    pub spares: usize,
    /// Who betrays, by place among the founders, and how.
    pub traitors: Vec<(usize, Treason)>,
    /// Nodes whose write-ahead log gets a bit flipped once, and which must then refuse to vote.
    pub damaged: Vec<usize>,
    /// How many crashes happen; each loses what was not synced.
    pub crashes: u64,
    /// How many crashes of everybody at once.
    pub blackouts: u64,
    /// How many times the network falls into two parts.
    pub partitions: u64,
    /// How many times one node hears another no more.
    pub one_way_cuts: u64,
    /// Messages lost in a thousand.
    pub loss: u64,
    /// Messages delivered twice in a thousand.
    pub duplicates: u64,
    /// The most milliseconds that a message travels.
    pub travel_max: u64,
    /// The most milliseconds that a disk takes for a block.
    pub disk_max: u64,
    /// Changes of the validator set in a thousand blocks.
    pub changes: u64,
    /// When everything but treason ends.
    pub healed_at: Duration,
    /// Whether signatures are Ed25519, or a keyed hash that costs a hundredth.
    pub real_signatures: bool,
    /// A planted bug.
    pub flaw: Option<Flaw>,
}

impl Scenario {
    /// The scenario of a seed.
    pub fn draw(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let validators = 4 + chance.place(4);
        let bearable = (validators - 1) / 3;
        let traitors = draw_traitors(&mut chance, validators, bearable);
        let damaged = draw_damaged(&mut chance, validators, &traitors);
        Self {
            seed,
            validators,
            spares: chance.place(3),
            traitors,
            damaged,
            crashes: chance.between(0, 6),
            blackouts: chance.between(0, 5).saturating_sub(4),
            partitions: chance.between(0, 3),
            one_way_cuts: chance.between(0, 2),
            loss: [0, 0, 20, 100, 300][chance.place(5)],
            duplicates: [0, 50, 300][chance.place(3)],
            travel_max: [20, 80, 400, 1_500][chance.place(4)],
            disk_max: [5, 30, 600][chance.place(3)],
            changes: [0, 0, 100, 300][chance.place(4)],
            healed_at: chance.millis(3_000, 15_000),
            real_signatures: seed.is_multiple_of(32),
            flaw: None,
        }
    }

    /// The same with a planted bug.
    pub fn with(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self
    }

    /// How a node betrays.
    pub(crate) fn treason(&self, place: usize) -> Option<Treason> {
        self.traitors
            .iter()
            .find(|(traitor, _)| *traitor == place)
            .map(|(_, treason)| *treason)
    }

    /// The fewest validators that bear traitors and damaged nodes.
    pub(crate) fn validators_min(&self) -> usize {
        3 * (self.traitors.len() + self.damaged.len()) + 1
    }
}

/// Traitors sit side by side in the circle of founders.
fn draw_traitors(chance: &mut Chance, validators: usize, bearable: usize) -> Vec<(usize, Treason)> {
    let count = chance.place(bearable + 1);
    let first = chance.place(validators);
    let place = |step| (first + step) % validators;
    (0..count)
        .map(|step| (place(step), TREASONS[chance.place(TREASONS.len())]))
        .collect()
}

/// One node in five runs, when the others can bear it; never a traitor.
fn draw_damaged(
    chance: &mut Chance,
    validators: usize,
    traitors: &[(usize, Treason)],
) -> Vec<usize> {
    let bearable = (validators - 1) / 3 > traitors.len();
    let loyal: Vec<_> = (0..validators)
        .filter(|place| traitors.iter().all(|(traitor, _)| traitor != place))
        .collect();
    if bearable && chance.per_mille(200) {
        vec![loyal[chance.place(loyal.len())]]
    } else {
        Vec::new()
    }
}
