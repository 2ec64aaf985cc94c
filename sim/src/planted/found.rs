//! The seeds in which planted bugs are looked for.

use super::Planted;
use crate::plan::{Faults, Plan};

/// Seeds that find bugs, a line for each: `NAME SEED`.
const FOUND: &str = include_str!("found.txt");

impl Planted {
    /// The seeds in which it is looked for, as many as there may be: first the one that has found
    /// it.
    pub fn seeds(&self) -> impl Iterator<Item = u64> {
        let is_copied = self.is_copied;
        self.found_by().into_iter().chain((0..).filter(move |seed| fits(*seed, is_copied)))
    }

    /// Whether a seed has what it takes to find it.
    #[must_use]
    pub fn fits(&self, seed: u64) -> bool {
        fits(seed, self.is_copied)
    }

    /// A seed that has found it, as it is known.
    fn found_by(&self) -> Option<u64> {
        let lines = FOUND.lines().filter_map(|line| line.split_once(' '));
        lines.filter(|(name, _)| *name == self.name).find_map(|(_, seed)| seed.trim().parse().ok())
    }
}

fn fits(seed: u64, is_copied: bool) -> bool {
    !is_copied || Plan::of(seed, Faults::default()).copies > 1
}
