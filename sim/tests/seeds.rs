//! A seed is a whole run: twice the same, whatever else runs beside it.

use sim::gate::{self, Tally};
use sim::plan::{Faults, Plan};
use sim::planted;
use sim::world::{Trace, World};

#[test]
fn a_seed_gives_the_same_run_every_time() {
    for seed in 0..3 {
        let lived =
            || format!("{:?}", World::new(Plan::of(seed, Faults::default()), Trace::Off).run());
        assert_eq!(lived(), lived(), "seed {seed}");
    }
}

/// The judge of mutants: see docs/simulation.md.
#[test]
fn a_few_seeds_are_clean() {
    for seed in (0..12).chain(gate::old_seeds()) {
        let violations = sim::run::run(seed, Faults::default(), Trace::Off).violations;
        assert_eq!(violations, [], "seed {seed}");
    }
}

#[test]
fn a_bug_that_nobody_knows_is_not_looked_for_in_silence() {
    assert_eq!(gate::planted_bugs("node.nothing"), Tally { passed: 0, failed: 1 });
}

#[test]
fn seeds_differ() {
    let lived = |seed| format!("{:?}", Plan::of(seed, Faults::default()));
    assert_ne!(lived(1), lived(2));
}

#[test]
fn at_least_ten_bugs_are_planted_each_under_its_own_name_and_breaks_a_rule() {
    let mut names: Vec<String> = planted::all().map(|bug| bug.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), planted::all().count());
    assert!(names.len() >= 10);
    assert!(planted::all().all(|bug| !bug.breaks.is_empty()));
    assert!(planted::Planted::named("node.note").is_none() && !names.is_empty());
}
