//! The only source of chance: everything that happens follows from the seed.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Draws of one run.
#[derive(Debug)]
pub(crate) struct Chance(StdRng);

impl Chance {
    /// The draws that follow from a seed.
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(StdRng::seed_from_u64(seed))
    }

    /// A number below `end`, or 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high)
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these, which are not none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// A place in a list that isn't empty.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// A seed for something that draws for itself.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.random()
    }
}
