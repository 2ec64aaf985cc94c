//! One run: a world from its seed, and the judgement of what was seen in it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::check::{self, Violation};
use crate::plan::{Faults, Plan};
use crate::world::{Trace, World};

/// Runs the world of a seed; what was wrong, in the order in which it was seen.
///
/// A panic of a machine is a violation like any other.
pub fn run(seed: u64, faults: Faults, trace: Trace) -> Vec<Violation> {
    let plan = Plan::of(seed, faults);
    let lived = catch_unwind(AssertUnwindSafe(|| World::new(plan, trace).run()));
    let mut violations = match lived {
        Ok((observations, mut violations)) => {
            violations.extend(check::check(&observations));
            violations
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let what = text.unwrap_or("without a word").to_owned();
            vec![Violation { at_us: 0, rule: "no machine panics", what }]
        }
    };
    violations.sort_by_key(|violation| violation.at_us);
    violations
}
