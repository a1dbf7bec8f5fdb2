//! The loop: one queue of events in the order of simulated time, a network that a scenario bends, and crashes.

use crate::{
    block::Chain,
    chance::Chance,
    judge::{BLOCKS_AFTER_HEALING, Judge, PATIENCE, Report, Violation},
    message::{Message, Order, To, Wake},
    node::{Hands, Identity, Manners, Node},
    scenario::{Flaw, Scenario, Treason},
    treason,
};
use arc_malachitebft_core_types::{ThresholdParam, ThresholdParams};
use musubi_node_consensus::NodeKey;
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// A run that plays more events than this goes in circles.
const EVENTS_MAX: u64 = 3_000_000;
/// How long a crashed node stays down, in milliseconds.
const DOWN: (u64, u64) = (50, 6_000);
/// How long a cut of the network lasts, in milliseconds.
const CUT: (u64, u64) = (300, 8_000);
/// How long a message travels at least and, once healed, at most, in milliseconds.
const TRAVEL: (u64, u64) = (2, 30);

enum Event {
    Boot(usize),
    Crash(usize),
    Deliver {
        from: usize,
        to: usize,
        message: Message,
    },
    Wake {
        place: usize,
        start: u32,
        wake: Wake,
    },
    /// Places on the one side hear nothing from the other.
    Part(BTreeSet<usize>),
    Mend,
    /// From, to.
    Cut(usize, usize),
    Heal,
}

pub(crate) struct World<'s> {
    scenario: &'s Scenario,
    chance: Chance,
    now: Duration,
    queue: BTreeMap<(Duration, u64), Event>,
    numbered: u64,
    nodes: Vec<Node>,
    judge: Judge,
    parted: BTreeSet<usize>,
    cuts: BTreeSet<(usize, usize)>,
    healed: bool,
    /// Once healed: the height that everybody must reach.
    due: u64,
    damaged: BTreeSet<usize>,
    events: u64,
    trace: DefaultHasher,
}

impl<'s> World<'s> {
    pub(crate) fn new(scenario: &'s Scenario) -> Self {
        let mut chance = Chance::new(scenario.seed ^ 0x5eed);
        let keys = keys_of(scenario);
        let founders = keys
            .iter()
            .take(scenario.validators)
            .map(|key| key.public().0)
            .collect();
        let chain = Chain::new(founders, scenario.validators_min());
        let manners = Manners {
            disk_max: scenario.disk_max,
            changes: scenario.changes,
            keys: keys.iter().map(|key| key.public().0).collect(),
        };
        let traitors = scenario
            .traitors
            .iter()
            .map(|(place, _)| manners.keys[*place])
            .collect();
        let judge = Judge::new(chain.clone(), traitors, scenario.real_signatures);
        let thresholds = thresholds(scenario);
        let node = |(place, key): (usize, NodeKey)| {
            let identity = Identity {
                key,
                real_signatures: scenario.real_signatures,
                treason: scenario.treason(place),
                flaw: scenario.flaw,
            };
            let chance = Chance::new(chance.next());
            Node::new(
                Hands::new(identity, chain.clone(), chance, manners.clone()),
                thresholds,
            )
        };
        let nodes = keys.into_iter().enumerate().map(node).collect();
        Self {
            scenario,
            chance,
            now: Duration::ZERO,
            queue: BTreeMap::new(),
            numbered: 0,
            nodes,
            judge,
            parted: BTreeSet::new(),
            cuts: BTreeSet::new(),
            healed: false,
            due: u64::MAX,
            damaged: BTreeSet::new(),
            events: 0,
            trace: DefaultHasher::new(),
        }
    }

    /// Plays until everybody has reached what is due, or patience ends.
    pub(crate) fn play(mut self) -> Report {
        self.plan();
        while let Some(((time, _), event)) = self.queue.pop_first() {
            self.now = time;
            self.events += 1;
            self.happen(event);
            if self.is_over() {
                break;
            }
        }
        self.report()
    }

    fn is_over(&self) -> bool {
        let tired = self.now > self.scenario.healed_at + PATIENCE || self.events > EVENTS_MAX;
        tired || (self.healed && self.lowest() >= self.due)
    }

    /// Tip of the honest node that is furthest behind; those that refused a damaged log are out.
    fn lowest(&self) -> u64 {
        let honest = |node: &&Node| !node.halted && node.hands.treason().is_none();
        let tips = self
            .nodes
            .iter()
            .filter(honest)
            .map(|node| node.hands.disk.chain.tip());
        tips.min().unwrap_or(0)
    }

    fn report(mut self) -> Report {
        let lowest = self.lowest();
        if lowest < self.due {
            self.judge
                .violations
                .insert(Violation::Stuck(lowest, self.due));
        }
        Report {
            seed: self.scenario.seed,
            violations: self.judge.violations,
            height: self.judge.height,
            round: self.judge.round,
            events: self.events,
            exercised: self.judge.exercised,
            trace: self.trace.finish(),
        }
    }

    fn at(&mut self, time: Duration, event: Event) {
        self.numbered += 1;
        self.queue.insert((time, self.numbered), event);
    }

    /// Everything that will go wrong, and when.
    fn plan(&mut self) {
        for place in 0..self.nodes.len() {
            let time = self.chance.millis(0, 300);
            self.at(time, Event::Boot(place));
        }
        for _ in 0..self.scenario.crashes {
            let (place, time) = (self.chance.place(self.nodes.len()), self.moment());
            self.plan_crash(place, time);
        }
        for _ in 0..self.scenario.blackouts {
            let time = self.moment();
            (0..self.nodes.len()).for_each(|place| self.plan_crash(place, time));
        }
        for place in self.scenario.damaged.clone() {
            let time = self.moment();
            self.plan_crash(place, time);
        }
        for _ in 0..self.scenario.partitions {
            let (time, lasts) = (self.moment(), self.chance.millis(CUT.0, CUT.1));
            let side = (0..self.nodes.len())
                .filter(|_| self.chance.per_mille(500))
                .collect();
            self.at(time, Event::Part(side));
            self.at(time + lasts, Event::Mend);
        }
        for _ in 0..self.scenario.one_way_cuts {
            let (from, to) = (
                self.chance.place(self.nodes.len()),
                self.chance.place(self.nodes.len()),
            );
            let time = self.moment();
            self.at(time, Event::Cut(from, to));
        }
        self.at(self.scenario.healed_at, Event::Heal);
    }

    /// Any time before healing.
    fn moment(&mut self) -> Duration {
        let most = u64::try_from(self.scenario.healed_at.as_millis()).expect("a run is short");
        self.chance.millis(0, most)
    }

    fn plan_crash(&mut self, place: usize, time: Duration) {
        let down = self.chance.millis(DOWN.0, DOWN.1);
        self.at(time, Event::Crash(place));
        self.at(time + down, Event::Boot(place));
    }

    fn happen(&mut self, event: Event) {
        self.note(&event);
        match event {
            Event::Boot(place) => self.boot(place),
            Event::Crash(place) => self.crash(place),
            Event::Deliver { from, to, message } => {
                self.act(to, |node| node.receive(from, message));
            }
            Event::Wake { place, start, wake } => {
                if self.nodes[place].start == start {
                    self.act(place, |node| node.wake(wake));
                }
            }
            Event::Part(side) => self.parted = side,
            Event::Mend => self.parted.clear(),
            Event::Cut(from, to) => {
                self.cuts.insert((from, to));
            }
            Event::Heal => self.heal(),
        }
    }

    fn boot(&mut self, place: usize) {
        if !self.nodes[place].up && !self.nodes[place].halted {
            self.nodes[place].hands.now = self.now;
            self.nodes[place].boot();
            self.carry_out(place);
        }
    }

    fn crash(&mut self, place: usize) {
        if self.healed || !self.nodes[place].up {
            return;
        }
        self.judge.exercised.crashes += 1;
        self.nodes[place].crash(&mut self.chance);
        if self.scenario.damaged.contains(&place)
            && !self.damaged.contains(&place)
            && self.nodes[place].hands.damage()
        {
            self.damaged.insert(place);
        }
    }

    /// Faults end; who is down starts.
    fn heal(&mut self) {
        self.healed = true;
        self.parted.clear();
        self.cuts.clear();
        (0..self.nodes.len()).for_each(|place| self.boot(place));
        self.due = self.judge.height + BLOCKS_AFTER_HEALING;
    }

    fn act(&mut self, place: usize, act: impl FnOnce(&mut Node)) {
        let node = &mut self.nodes[place];
        if node.up {
            node.hands.now = self.now;
            act(node);
            self.carry_out(place);
        }
    }

    fn carry_out(&mut self, place: usize) {
        let start = self.nodes[place].start;
        for order in std::mem::take(&mut self.nodes[place].hands.orders) {
            match order {
                Order::After(time, wake) => {
                    self.at(self.now + time, Event::Wake { place, start, wake });
                }
                Order::Tell(fact) => {
                    let key = self.nodes[place].hands.address().0;
                    self.judge.hear(&key, fact);
                }
                Order::Send(to, message) => {
                    for (to, message, late) in
                        treason::bend(&mut self.nodes[place].hands, to, message)
                    {
                        self.send(place, to, &message, late);
                    }
                }
            }
        }
    }

    fn send(&mut self, from: usize, to: To, message: &Message, late: Duration) {
        for receiver in (0..self.nodes.len()).filter(|receiver| *receiver != from) {
            let meant = match to {
                To::Everybody => true,
                To::Half(first) => receiver % 2 == first,
                To::One(one) => receiver == one,
            };
            if meant && self.passes(from, receiver) {
                self.deliver(from, receiver, message.clone(), late);
                if !self.healed && self.chance.per_mille(self.scenario.duplicates) {
                    self.deliver(from, receiver, message.clone(), late);
                }
            }
        }
    }

    fn passes(&mut self, from: usize, to: usize) -> bool {
        let apart = self.parted.contains(&from) != self.parted.contains(&to);
        let lost = !self.healed && self.chance.per_mille(self.scenario.loss);
        !apart && !lost && !self.cuts.contains(&(from, to))
    }

    fn deliver(&mut self, from: usize, to: usize, message: Message, late: Duration) {
        let most = if self.healed {
            TRAVEL.1
        } else {
            self.scenario.travel_max
        };
        let travels = self.chance.millis(TRAVEL.0, most);
        self.at(
            self.now + late + travels,
            Event::Deliver { from, to, message },
        );
    }

    fn note(&mut self, event: &Event) {
        let label = match event {
            Event::Boot(place) => (0, *place, 0, 0),
            Event::Crash(place) => (1, *place, 0, 0),
            Event::Deliver { from, to, message } => (2, *from, *to, kind(message)),
            Event::Wake { place, start, .. } => {
                (3, *place, usize::try_from(*start).unwrap_or(0), 0)
            }
            Event::Part(side) => (4, side.len(), 0, 0),
            Event::Mend => (5, 0, 0, 0),
            Event::Cut(from, to) => (6, *from, *to, 0),
            Event::Heal => (7, 0, 0, 0),
        };
        (self.now, label, self.judge.height).hash(&mut self.trace);
    }
}

fn kind(message: &Message) -> u64 {
    match message {
        Message::Consensus(message) => message.height().0 << 8 | 1,
        Message::Liveness(_) => 2,
        Message::Part(part) => part.sequence << 8 | 3,
        Message::Status(tip) => tip << 8 | 4,
        Message::Request(height) => height << 8 | 5,
        Message::Blocks(_) => 6,
    }
}

/// Founders, spares, and one more node for every twin, with the twin's key.
fn keys_of(scenario: &Scenario) -> Vec<NodeKey> {
    let key = |place: usize| {
        let mut seed = [0; 32];
        seed[0] = u8::try_from(place).expect("few nodes");
        seed[1] = 1;
        NodeKey::from_seed(seed)
    };
    let members = (0..scenario.validators + scenario.spares).map(key);
    let twins = scenario
        .traitors
        .iter()
        .filter(|(_, treason)| *treason == Treason::Twin);
    members.chain(twins.map(|(place, _)| key(*place))).collect()
}

fn thresholds(scenario: &Scenario) -> ThresholdParams {
    let mut thresholds = ThresholdParams::default();
    if scenario.flaw == Some(Flaw::QuorumOffByOne) {
        let validators = u64::try_from(scenario.validators).expect("few validators");
        let quorum = validators * 2 / 3 + 1;
        // Met by more than `quorum - 2` of `validators`, so by one vote fewer than a quorum.
        thresholds.quorum = ThresholdParam::new(quorum - 2, validators);
    }
    thresholds
}
