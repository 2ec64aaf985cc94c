//! Who gets a copy of what, and what becomes of proposals.

use super::stage::{Stage, run};

/// A cluster of q1#1, q2#2, q3#3 and g1#4 on links 1 to 4, with these copies; row 0 is q1's.
pub(super) fn cluster(copies: u32) -> Stage {
    let mut stage = Stage::new();
    let script = format!(
        "0 wake\n 0 up 1 q1\n 0 register 1\n 0 up 2 q2\n 0 register 2\n 0 up 3 q3
         0 register 3\n 0 up 4 g1\n 0 register 4\n 1000 row 0 => q1 (1,1,1)
         1000 copies {copies}"
    );
    run(&mut stage, &script);
    stage
}

/// How many rows each node is a learner of.
fn learners(stage: &Stage) -> Vec<usize> {
    let names = stage.boss.kept.rows.iter().flat_map(|row| row.learners());
    let names: Vec<&str> = names.map(|learner| learner.id.as_str()).collect();
    let count = |id: &&str| names.iter().filter(|name| *name == id).count();
    ["q1", "q2", "q3"].iter().map(count).collect()
}

#[test]
fn learners_are_spread_and_surplus_ones_are_dropped() {
    let mut stage = cluster(2);
    assert_eq!(learners(&stage), [11, 10, 11]);
    run(&mut stage, "1001 copies 3");
    assert_eq!(learners(&stage), [21, 21, 22]);
    run(&mut stage, "1002 copies 1\n 1002 row 0 => q1 (1,1,5)");
    assert_eq!(learners(&stage), [0, 0, 0]);
}

#[test]
fn a_learner_is_where_its_primary_reaches_it_and_has_space() {
    let mut stage = cluster(1);
    run(
        &mut stage,
        "1001 missed 1 q2#2\n 1001 full 3\n 1002 copies 2\n 1002 row 0 => q1 (1,1,1)
         1003 reached 1 q2#2\n 1003 row 0 => q1 +q2 (1,1,2)",
    );
    let mut stage = cluster(1);
    run(&mut stage, "1001 has 3 0 copy 7 1\n 1002 copies 2\n 1002 row 0 => q1 +q3 (1,1,2)");
}

#[test]
fn a_proposal_changes_the_row_that_it_was_made_over_once() {
    let mut stage = cluster(2);
    run(
        &mut stage,
        "1001 row 0 => q1 +q3 (1,1,2)
         1001 propose 1 0 1 add q3#3 =>
         1001 propose 3 0 2 add q3#3 =>
         1001 row 0 => q1 +q3 (1,1,2)
         1002 propose 1 0 2 add q3#3 => 1 rows…
         1002 row 0 => q1 q3 (1,1,3)
         1003 propose 1 0 2 add q3#3 =>
         1004 propose 1 0 3 add q2#2 => 1 rows…
         1004 row 0 => q1 q3 (1,1,4)
         1005 propose 1 0 4 drop q3#3 full => 1 rows…
         1005 row 0 => q1 +q3 (1,1,6)",
    );
}

#[test]
fn while_the_store_fails_a_proposal_stays_open() {
    let mut stage = cluster(2);
    run(
        &mut stage,
        "1001 store fails\n 1001 up 5 g2\n 1001 register 5
         1002 propose 1 0 2 add q3#3 => 1 not now 0/5: the boss's store failed: full
         1003 store works\n 2001 wake
         2002 propose 1 0 2 add q3#3 => 1 rows…
         2002 row 0 => q1 q3 (1,1,3)",
    );
}

#[test]
fn what_is_to_be_decided_while_the_store_fails_is_decided_when_it_works_again() {
    let mut stage = cluster(2);
    run(
        &mut stage,
        "1001 propose 1 0 2 add q3#3
         2000 propose 1 0 3 drop q3#3 =>
         2001 store fails\n 2001 up 5 g2\n 2001 register 5
         2200 wake =>
         2201 store works\n 3001 wake
         3001 row 0 => q1 q3 (1,1,3)
         3199 wake =>
         3200 wake => 1 rows…
         3200 row 0 => q1 +q2 (1,1,5)",
    );
}

#[test]
fn who_is_silent_is_dropped_after_links_and_reports_and_pauses() {
    let mut stage = cluster(2);
    run(
        &mut stage,
        "1001 propose 1 0 2 add q3#3
         2000 propose 1 0 3 drop q3#3 =>
         2100 propose 1 0 3 drop q3#3 =>
         2199 wake =>
         2200 wake => 1 rows…
         2200 row 0 => q1 +q2 (1,1,5)
         2300 full 2\n 2300 propose 1 0 5 drop q2#2 full
         2300 row 0 => q1 (1,1,6)
         3199 wake =>
         3200 wake => 1 rows…
         3200 row 0 => q1 +q3 (1,1,7)
         3201 propose 1 0 7 drop q3#3\n 5200 wake\n 5200 row 0 => q1 (1,1,8)
         5201 wake => 1 rows…
         5201 row 0 => q1 +q3 (1,1,9)",
    );
}

#[test]
fn of_two_that_accuse_each_other_one_goes() {
    let mut stage = cluster(2);
    run(
        &mut stage,
        "1001 propose 1 0 2 add q3#3
         2000 missed 3 q1#1\n 2000 missed 4 q1#1
         2000 propose 1 0 3 drop q3#3 =>
         2200 wake => 1 rows…
         2200 row 0 => q3 +q2 (1,2,5)",
    );
    let mut stage = cluster(2);
    run(
        &mut stage,
        "1001 propose 1 0 2 add q3#3
         2000 missed 3 q1#1
         2000 propose 1 0 3 drop q3#3\n 2200 wake
         2200 row 0 => q1 +q2 (1,1,5)",
    );
    let mut stage = cluster(2);
    run(
        &mut stage,
        "1001 propose 1 0 2 add q3#3
         2000 propose 1 0 3 drop q3#3\n 2001 down 1\n 2200 wake
         2200 row 0 => q3 +q2 (1,2,5)",
    );
}

/// The same with two copies and q3 in sync of row 0, at conf 3.
pub(super) fn pair() -> Stage {
    let mut stage = cluster(2);
    run(&mut stage, "1001 propose 1 0 2 add q3#3\n 1001 row 0 => q1 q3 (1,1,3)");
    stage
}

#[test]
fn a_copy_takes_over_from_the_dead_without_a_loss() {
    let mut stage = pair();
    run(
        &mut stage,
        "2000 down 1\n 2001 refused 4 q1#1 => 2 rows…
         2001 row 0 => q3 +q2 (1,2,5)",
    );
    let mut stage = pair();
    run(
        &mut stage,
        "2000 down 1\n 2001 missed 4 q1#1\n 2499 wake\n 2499 row 0 => q1 q3 (1,1,3)
         2500 wake => 2 rows…
         2500 row 0 => q3 +q2 (1,2,5)",
    );
    // Of whom nothing was heard for a dead time: the boss has waited already.
    let mut stage = pair();
    run(
        &mut stage,
        "2000 silent 1\n 2000 row 0 => q1 q3 (1,1,3)
         2001 missed 4 q1#1 => 2 rows…
         2001 row 0 => q3 +q2 (1,2,5)",
    );
}

#[test]
fn with_one_copy_silence_has_twice_as_long() {
    let mut stage = cluster(1);
    run(
        &mut stage,
        "2000 silent 1\n 2001 missed 4 q1#1\n 2499 wake\n 2499 row 0 => q1 (1,1,1)
         2500 wake\n 2500 row 0 => q3 (2,2,2)",
    );
}

#[test]
fn a_new_life_takes_nothing_back_while_a_copy_lives() {
    let mut stage = pair();
    run(
        &mut stage,
        "2000 down 1\n 2001 up 5 q1\n 2001 register 5 => 5 wait…
         2002 refused 4 q1#1\n 2002 row 0 => q3 +q1 (1,2,5)",
    );
}

#[test]
fn a_dead_copy_leaves_by_proof_and_not_by_silence() {
    let mut stage = pair();
    run(
        &mut stage,
        "2000 down 3\n 2001 missed 4 q3#3\n 2500 wake\n 2600 wake
         2600 row 0 => q1 q3 (1,1,3)
         2601 refused 4 q3#3 => 1 rows…
         2601 row 0 => q1 +q2 (1,1,5)",
    );
    // Its primary tells the silence of one that is dead: nothing is waited for.
    let mut stage = pair();
    run(
        &mut stage,
        "2000 down 3\n 2001 missed 4 q3#3\n 2500 wake
         2501 propose 1 0 3 drop q3#3 => 1 rows…
         2501 row 0 => q1 +q2 (1,1,5)",
    );
}

#[test]
fn a_pair_is_given_up_by_proof_alone() {
    let mut stage = pair();
    run(
        &mut stage,
        "2000 down 1\n 2000 down 3\n 2001 missed 4 q1#1\n 2001 missed 4 q3#3
         2001 missed 2 q1#1\n 2001 missed 2 q3#3
         2600 wake\n 60000 wake\n 60000 row 0 => q1 q3 (1,1,3)
         60001 refused 4 q1#1\n 60200 wake\n 60200 row 0 => q1 q3 (1,1,3)
         60201 refused 4 q3#3\n 60201 row 0 => q2 (2,2,4)",
    );
    let mut stage = pair();
    run(
        &mut stage,
        "2000 down 1\n 2000 down 3\n 2001 missed 2 q1#1\n 2001 missed 2 q3#3
         2002 refused 4 q1#1\n 2003 refused 4 q3#3\n 2003 row 0 => q2 (2,2,4)",
    );
}

#[test]
fn the_last_copy_waits_ten_seconds_for_reports_of_everybody() {
    let mut stage = cluster(2);
    run(
        &mut stage,
        "2000 down 1\n 2001 missed 4 q1#1\n 2500 wake\n 12000 wake
         12000 row 0 => q1 +q3 (1,1,2)
         12001 missed 2 q1#1\n 12001 missed 3 q1#1\n 12100 wake
         12100 row 0 => q3 +q2 (2,2,4)",
    );
}

#[test]
fn a_copy_that_is_stuck_is_not_promoted_and_a_primary_that_is_leaves() {
    let mut stage = pair();
    run(
        &mut stage,
        "1500 has 3 0 stuck 7 3\n 2000 down 1\n 2001 refused 4 q1#1
         2001 row 0 => q3 +q2 (2,2,5)",
    );
    let mut stage = pair();
    run(&mut stage, "1500 has 1 0 stuck 7 2\n 1500 row 0 => q1 q3 (1,1,3)");
    run(&mut stage, "1600 has 1 0 stuck 7 3\n 1600 row 0 => q3 +q1 (1,2,5)");
}
