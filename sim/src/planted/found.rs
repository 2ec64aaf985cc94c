//! The seeds in which planted bugs are looked for.

use super::{Needs, Planted};
use crate::plan::{Faults, Plan};

/// Seeds that find bugs, a line for each: `NAME SEED`.
const FOUND: &str = include_str!("found.txt");

impl Planted {
    /// The seeds in which it is looked for, as many as there may be: first the one that has found
    /// it.
    pub fn seeds(&self) -> impl Iterator<Item = u64> {
        let needs = self.needs;
        self.found_by().into_iter().chain((0..).filter(move |seed| fits(*seed, needs)))
    }

    /// Whether a seed has what it takes to find it.
    #[must_use]
    pub fn fits(&self, seed: u64) -> bool {
        fits(seed, self.needs)
    }

    /// A seed that has found it, as it is known.
    fn found_by(&self) -> Option<u64> {
        let lines = FOUND.lines().filter_map(|line| line.split_once(' '));
        lines.filter(|(name, _)| *name == self.name).find_map(|(_, seed)| seed.trim().parse().ok())
    }
}

fn fits(seed: u64, needs: Needs) -> bool {
    let plan = || Plan::of(seed, Faults::default());
    match needs {
        Needs::Nothing => true,
        Needs::Copies => plan().copies > 1,
        Needs::Hold => plan().alone_holds,
        Needs::Falls => plan().copies > 1 && plan().disk.falls,
    }
}
