//! Chance with a seed: it chooses victims and instants, and chooses the same ones again when a run is played again.

/// The seed of a run that was given none.
const SEED: u64 = 20_261_126;

/// A source of random numbers (Knuth's linear congruence; the high bits are the random ones).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The chance of this run: its seed is in `SOAK_SEED`, which `./dev soak faults` sets otherwise in each run.
    pub fn of_this_run() -> Self {
        let seed = std::env::var("SOAK_SEED");
        Self(seed.map_or(SEED, |text| text.parse().expect("SOAK_SEED is a number")))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A number below another.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a place in memory fits 64 bits");
        usize::try_from(self.draw() % bound).expect("it is below a place in memory")
    }

    /// So many different numbers below a bound, in ascending order.
    pub fn some_of(&mut self, count: usize, bound: usize) -> Vec<usize> {
        let mut chosen: Vec<_> = (0..bound).collect();
        while chosen.len() > count {
            let gone = self.below(chosen.len());
            chosen.remove(gone);
        }
        chosen
    }
}
