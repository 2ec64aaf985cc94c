//! Who fills what all users of a node share, told apart well enough at next to no cost.

use std::hash::BuildHasher as _;

use proto::seeded::Seed;

/// So many cells there are.
const CELLS: usize = 4096;

/// Counts by user, but a few users share one: with somebody who floods one in 4,096 others, and
/// nobody can choose whom. This is stochastic fairness queueing: McKenney, INFOCOM 1990.
#[derive(Debug)]
pub(crate) struct Cells {
    seed: Seed,
    counts: Box<[u32]>,
}

impl Cells {
    /// Nothing of anybody.
    pub(crate) fn new(seed: Seed) -> Cells {
        Cells { seed, counts: vec![0; CELLS].into() }
    }

    /// How much there is of this user.
    pub(crate) fn held(&self, user: &str) -> usize {
        self.counts[self.cell(user)] as usize
    }

    /// There is one more.
    #[inline]
    pub(crate) fn add(&mut self, user: &str) {
        self.counts[self.cell(user)] += 1;
    }

    /// There is one less.
    #[inline]
    pub(crate) fn remove(&mut self, user: &str) {
        self.counts[self.cell(user)] -= 1;
    }

    #[inline]
    fn cell(&self, user: &str) -> usize {
        self.seed.hash_one(user.as_bytes()) as usize % CELLS
    }
}
