//! The gate: clean seeds must hold, and every planted bug must be found.

use crate::check::Violation;
use crate::plan::Faults;
use crate::planted::{self, Planted};
use crate::run::run;
use crate::world::Trace;

/// Seeds that once found a bug, tried first ever after.
const SEEDS: &str = include_str!("seeds.txt");
/// A planted bug must be found within so many seeds.
const SEEDS_PER_BUG: u64 = 1_000;

/// How many things held, and how many didn't.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// What was as it should be.
    pub passed: u64,
    /// What wasn't.
    pub failed: u64,
}

impl Tally {
    fn count(&mut self, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Tally) -> Tally {
        Tally { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// Runs clean seeds; prints those that fail.
pub fn seeds(seeds: impl Iterator<Item = u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let violations = run(seed, Faults::default(), Trace::Off);
        tally.count(violations.is_empty());
        if let Some(first) = violations.first() {
            print_violation(&format!("seed {seed} fails"), first);
        }
    }
    tally
}

/// The seeds that once found a bug.
pub fn old_seeds() -> impl Iterator<Item = u64> {
    let lines = SEEDS.lines().filter_map(|line| line.split('#').next());
    lines.filter_map(|line| line.trim().parse().ok())
}

/// Plants each bug with this in its name alone, and looks for it.
pub fn planted_bugs(named: &str) -> Tally {
    let mut tally = Tally::default();
    for bug in planted::ALL.into_iter().filter(|bug| bug.name.contains(named)) {
        let found = find(bug);
        tally.count(found.is_some());
        match found {
            Some((seed, violation)) => {
                print_violation(&format!("{:30} found by seed {seed}", bug.name), &violation);
            }
            None => println!("{:30} NOT FOUND in {SEEDS_PER_BUG} seeds", bug.name),
        }
    }
    tally
}

fn find(bug: Planted) -> Option<(u64, Violation)> {
    let mut faults = Faults::default();
    (bug.plant)(&mut faults);
    (0..SEEDS_PER_BUG).find_map(|seed| {
        let violation = run(seed, faults, Trace::Off).into_iter().next()?;
        // What is wrong without the bug as well says nothing about it.
        run(seed, Faults::default(), Trace::Off).is_empty().then_some((seed, violation))
    })
}

/// What is said of a violation at most; `seed N --trace` has the whole run.
const WHAT_CHARS: usize = 300;

/// One line about what was broken.
pub fn print_violation(who: &str, violation: &Violation) {
    let Violation { at_us, rule, what } = violation;
    let what: String = what.chars().take(WHAT_CHARS).collect();
    println!("{who}: {rule} — at {} ms: {what}", at_us / 1000);
}
