//! A seed is a whole run: twice the same, whatever else runs beside it.

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

#[test]
fn seeds_differ() {
    let lived = |seed| format!("{:?}", Plan::of(seed, Faults::default()));
    assert_ne!(lived(1), lived(2));
}

#[test]
fn at_least_ten_bugs_are_planted_each_under_its_own_name() {
    let mut names: Vec<&str> = planted::ALL.iter().map(|bug| bug.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), planted::ALL.len());
    assert!(names.len() >= 10);
}
