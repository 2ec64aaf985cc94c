//! One run: a world from its seed, and the judgement of what was seen in it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::check::{self, Violation};
use crate::harvest::Harvest;
use crate::plan::{Faults, Plan};
use crate::world::{Trace, World};

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// What was wrong, in the order in which it was seen.
    pub violations: Vec<Violation>,
    /// What it has brought about.
    pub harvest: Harvest,
}

/// Runs the world of a seed.
///
/// A panic of a machine is a violation like any other.
pub fn run(seed: u64, faults: Faults, trace: Trace) -> Run {
    let plan = Plan::of(seed, faults);
    let lived = catch_unwind(AssertUnwindSafe(|| World::new(plan, trace).run()));
    let (mut violations, harvest) = match lived {
        Ok((observations, mut violations)) => {
            violations.extend(check::check(&observations));
            (violations, Harvest::of(&observations))
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let what = text.unwrap_or("without a word").to_owned();
            let violation = Violation { at_us: 0, rule: "no machine panics", what };
            (vec![violation], Harvest::default())
        }
    };
    violations.sort_by_key(|violation| violation.at_us);
    Run { violations, harvest }
}
