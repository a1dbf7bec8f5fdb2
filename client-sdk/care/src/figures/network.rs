//! Which counts follow from the published ones: a table as a network of flows.
//!
//! In a table with totals every row, column and the whole balance, like flow through a network. A hidden count could be another number
//! exactly if a unit can be pushed around a circle of hidden counts that goes through it (the theory of residual networks; two-way tables
//! are totally unimodular, so whole numbers suffice). Where there is no such circle, the cheapest one is made by hiding more.

use std::collections::BTreeSet;

/// One count: a flow from a node to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    from: usize,
    to: usize,
    flow: u32,
    secret: bool,
    hidden: bool,
    cost: u64,
}

impl Edge {
    /// A count that may be shown; `cost` is what hiding it costs.
    pub(super) fn new(from: usize, to: usize, flow: u32, cost: u64) -> Self {
        Self {
            from,
            to,
            flow,
            secret: false,
            hidden: false,
            cost,
        }
    }

    /// The count as one that must not be found out, if `is_secret`.
    pub(super) fn secret(self, is_secret: bool) -> Self {
        Self {
            secret: is_secret,
            hidden: self.hidden || is_secret,
            ..self
        }
    }

    /// The count as one that is not shown, and is no secret either, unless it is `offered`.
    pub(super) fn offered(self, offered: bool) -> Self {
        Self {
            secret: self.secret && offered,
            hidden: self.hidden || !offered,
            ..self
        }
    }

    /// The count, unless it is hidden.
    pub(super) fn shown(&self) -> Option<u32> {
        (!self.hidden).then_some(self.flow)
    }

    /// Whether it could be one less in the eyes of a reader who knows which counts are not zero.
    fn can_fall(&self) -> bool {
        1 < self.flow
    }

    /// What it costs to use this edge in a circle: nothing if it is hidden already.
    fn price(&self) -> u64 {
        if self.hidden { 0 } else { self.cost }
    }
}

/// One step along an edge, with its flow (one more) or against it (one less).
#[derive(Clone, Copy, Debug)]
struct Step {
    edge: usize,
    from: usize,
    to: usize,
    price: u64,
}

/// A table as flows.
#[derive(Clone, Debug)]
pub(super) struct Network {
    nodes: usize,
    edges: Vec<Edge>,
}

impl Network {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            nodes,
            edges: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, edge: Edge) {
        self.edges.push(edge);
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter()
    }

    /// Hides more until every secret count lies on a circle of hidden counts. Hiding never takes a circle away, so one pass is enough;
    /// what is hidden on the way lies on the circle that it was hidden for.
    pub(super) fn protect(&mut self) {
        for at in 0..self.edges.len() {
            if self.edges.get(at).is_some_and(|edge| edge.secret) {
                for step in self.cheapest_circle(at) {
                    if let Some(edge) = self.edges.get_mut(step) {
                        edge.hidden = true;
                    }
                }
            }
        }
    }

    /// The edges of the cheapest circle in which the edge at `at` rises or falls by one. There is always one: all totals may rise.
    fn cheapest_circle(&self, at: usize) -> Vec<usize> {
        let Some(edge) = self.edges.get(at) else {
            return Vec::new();
        };
        let rises = self.cheapest_path(edge.to, edge.from, at);
        let falls = if edge.can_fall() {
            self.cheapest_path(edge.from, edge.to, at)
        } else {
            None
        };
        let cheaper = rises.into_iter().chain(falls).min_by_key(|path| path.price);
        cheaper.map(|path| path.edges).unwrap_or_default()
    }

    /// Dijkstra's shortest path by price, not using the edge `but`.
    fn cheapest_path(&self, from: usize, to: usize, but: usize) -> Option<Path> {
        let steps = self.steps(but);
        let mut best: Vec<Option<(u64, Option<usize>)>> = vec![None; self.nodes];
        let mut open = BTreeSet::from([(0, from, None)]);
        while let Some((price, node, came_by)) = open.pop_first() {
            let seen = best.get_mut(node)?;
            if seen.is_some() {
                continue;
            }
            *seen = Some((price, came_by));
            for (number, step) in steps.iter().enumerate() {
                if step.from == node {
                    open.insert((price.saturating_add(step.price), step.to, Some(number)));
                }
            }
        }
        Path::back(&steps, &best, to)
    }

    fn steps(&self, but: usize) -> Vec<Step> {
        let usable = self.edges.iter().enumerate().filter(|(at, _)| *at != but);
        usable
            .flat_map(|(edge, of)| {
                let rise = Step {
                    edge,
                    from: of.from,
                    to: of.to,
                    price: of.price(),
                };
                let fall = Step {
                    from: of.to,
                    to: of.from,
                    ..rise
                };
                [Some(rise), of.can_fall().then_some(fall)]
            })
            .flatten()
            .collect()
    }
}

/// A path and its price.
struct Path {
    price: u64,
    edges: Vec<usize>,
}

impl Path {
    fn back(steps: &[Step], best: &[Option<(u64, Option<usize>)>], to: usize) -> Option<Self> {
        let (price, mut came_by) = (*best.get(to)?)?;
        let mut edges = Vec::new();
        while let Some(step) = came_by.and_then(|number| steps.get(number)) {
            edges.push(step.edge);
            came_by = (*best.get(step.from)?)?.1;
        }
        Some(Self { price, edges })
    }
}
