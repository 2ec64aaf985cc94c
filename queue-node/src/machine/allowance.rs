//! How often a user may do something that costs others: so many at once, then one in so long a
//! time. It is a node's own, and may be lost with it.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use proto::seeded::Seed;

use super::clock::NodeMs;

/// So many at once, and one more in every so many milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) burst: u64,
    pub(crate) every_ms: u64,
}

/// What users have spent of an allowance.
#[derive(Debug)]
pub(crate) struct Allowances {
    rate: Rate,
    seed: Seed,
    /// How far into the future each has spent it, by a hash of the user.
    spent_ms: HashMap<u64, u64, Seed>,
}

impl Allowances {
    /// Nobody has spent anything.
    pub(crate) fn new(rate: Rate, seed: Seed) -> Allowances {
        Allowances { rate, seed, spent_ms: HashMap::with_hasher(seed) }
    }

    /// Whether the user may do it once more; else how many milliseconds from now on.
    pub(crate) fn may(&self, user: &str, NodeMs(now_ms): NodeMs) -> Result<(), u64> {
        let spent_ms = self.spent_ms.get(&self.key(user)).map_or(now_ms, |ms| *ms.max(&now_ms));
        let (next_ms, until_ms) =
            (spent_ms + self.rate.every_ms, now_ms + self.rate.burst * self.rate.every_ms);
        if next_ms <= until_ms { Ok(()) } else { Err(next_ms - until_ms) }
    }

    /// The user does it.
    pub(crate) fn spend(&mut self, user: &str, NodeMs(now_ms): NodeMs) {
        let spent_ms = self.spent_ms.entry(self.key(user)).or_default();
        *spent_ms = (*spent_ms).max(now_ms) + self.rate.every_ms;
    }

    /// Forgets those who may do all of it again.
    pub(crate) fn trim(&mut self, NodeMs(now_ms): NodeMs) {
        self.spent_ms.retain(|_, spent_ms| *spent_ms > now_ms);
        self.spent_ms.shrink_to(2 * self.spent_ms.len());
    }

    fn key(&self, user: &str) -> u64 {
        self.seed.hash_one(user.as_bytes())
    }
}
