//! The gate: clean seeds must hold, and every planted bug must be found.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::check::Violation;
use crate::crew;
use crate::harvest::Harvest;
use crate::plan::Faults;
use crate::planted::{self, Planted};
use crate::run::{Run, run};
use crate::world::Trace;

/// Seeds that once found a bug, tried first ever after.
const SEEDS: &str = include_str!("seeds.txt");
/// A planted bug must be found within so many seeds.
const SEEDS_PER_BUG: usize = 1_000;

/// How many things held, and how many didn't.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// What was as it should be.
    pub passed: u64,
    /// What wasn't.
    pub failed: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, passed: bool) {
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

/// Runs clean seeds; prints those that fail. All together they must have brought about enough.
pub fn seeds(seeds: impl Iterator<Item = u64> + Send) -> Tally {
    let mut tally = Tally::default();
    let mut harvest = Harvest::default();
    let one = |seed| (seed, run(seed, Faults::default(), Trace::Off));
    crew::each(seeds, one, |(seed, Run { violations, harvest: one })| {
        harvest.add(&one);
        tally.count(violations.is_empty());
        if let Some(first) = violations.first() {
            print_violation(&format!("seed {seed} fails"), first);
        }
    });
    println!("{harvest}");
    for complaint in harvest.complaints() {
        println!("not enough, or too much: {complaint}");
        tally.count(false);
    }
    tally
}

/// The seeds that once found a bug.
pub fn old_seeds() -> impl Iterator<Item = u64> {
    let lines = SEEDS.lines().filter_map(|line| line.split('#').next());
    lines.filter_map(|line| line.trim().parse().ok())
}

/// Plants each bug with this in its name alone, and looks for it. No such bug: that is a failure.
pub fn planted_bugs(named: &str) -> Tally {
    let mut tally = Tally::default();
    if !can_plant() {
        tally.count(false);
        return tally;
    }
    let bugs = planted::all().filter(|bug| bug.name.contains(named));
    crew::each(
        bugs,
        |bug| (bug.name.clone(), find(&bug)),
        |(name, (found, others))| {
            tally.count(found.is_some());
            match found {
                Some((seed, violation)) => {
                    print_violation(&format!("{name:30} found by seed {seed}"), &violation);
                }
                None => {
                    println!("{name:30} NOT FOUND in {SEEDS_PER_BUG} seeds, but broke: {others:?}");
                }
            }
        },
    );
    if tally == Tally::default() {
        println!("no planted bug has `{named}` in its name");
        tally.count(false);
    }
    tally
}

/// Looks for one planted bug in these seeds, up to the first that finds it: by whatever rule.
pub fn seek(name: &str, seeds: impl Iterator<Item = u64> + Send) -> Tally {
    let mut tally = Tally::default();
    let Some(bug) = Planted::named(name).filter(|_| can_plant()) else {
        println!("no planted bug is called `{name}`: `sim faults` names them");
        tally.count(false);
        return tally;
    };
    let is_found = AtomicBool::new(false);
    let search = |seed| {
        if is_found.load(Ordering::Relaxed) || !bug.fits(seed) {
            return None;
        }
        let violations = run(seed, bug.faults, Trace::Off).violations;
        let is_found_here = !violations.is_empty() && is_clean(seed);
        is_found.fetch_or(is_found_here, Ordering::Relaxed);
        is_found_here.then_some((seed, violations))
    };
    let mut found = None;
    crew::each(seeds, search, |one| found = found.take().or(one));
    let Some((seed, violations)) = found else {
        println!("{name:30} breaks nothing");
        tally.count(false);
        return tally;
    };
    let mut rules = BTreeSet::new();
    for violation in violations.iter().filter(|one| rules.insert(one.rule)) {
        print_violation(&format!("{name:30} {seed}"), violation);
    }
    tally.count(true);
    tally
}

/// Whether nothing is wrong with a seed.
fn is_clean(seed: u64) -> bool {
    run(seed, Faults::default(), Trace::Off).violations.is_empty()
}

/// Whether machines heed planted bugs; says so if not.
#[must_use]
pub fn can_plant() -> bool {
    let can = cfg!(debug_assertions);
    if !can {
        println!("this build has no planted bugs: build `sim` with debug assertions");
    }
    can
}

/// The first seed that finds a bug by a rule that it breaks, and the other rules that were broken.
fn find(bug: &Planted) -> (Option<(u64, Violation)>, BTreeSet<&'static str>) {
    let mut others = BTreeSet::new();
    for seed in bug.seeds().take(SEEDS_PER_BUG) {
        let violations = run(seed, bug.faults, Trace::Off).violations;
        let its = |violation: &Violation| bug.breaks.contains(&violation.rule);
        let (found, strange): (Vec<_>, Vec<_>) = violations.into_iter().partition(its);
        others.extend(strange.into_iter().map(|violation| violation.rule));
        // What is wrong without the bug as well says nothing about it.
        if let Some(first) = found.into_iter().next()
            && is_clean(seed)
        {
            return (Some((seed, first)), others);
        }
    }
    (None, others)
}

/// What is said of a violation at most; `seed N --trace` has the whole run.
const WHAT_CHARS: usize = 300;

/// One line about what was broken.
pub fn print_violation(who: &str, violation: &Violation) {
    let Violation { at_us, rule, what } = violation;
    let what: String = what.chars().take(WHAT_CHARS).collect();
    println!("{who}: {rule} — at {} ms: {what}", at_us / 1000);
}
