//! Scripts of what happens to a boss, and what it lets out.

mod calls;
mod copies;
mod crowd;
mod doors;
mod lost;
mod newcomers;
mod plants;
mod safety;
mod stage;

use self::stage::{Stage, check, run};
use super::super::roster::State;
use super::*;

/// A cluster of q1#1, q2#2 and g1#3 on links 1, 2 and 3, eight buckets each.
const CLUSTER: &str = "0 wake\n 0 up 1 q1\n 0 register 1\n 0 up 2 q2\n 0 register 2
     0 up 3 g1\n 0 register 3\n 1000 wake";

#[test]
fn two_that_start_together_share_after_settling() {
    check(
        "0 wake =>
         10 up 1 q1 =>
         10 register 1 => 1 registered #1; 1 config 1
         20 up 2 q2 =>
         20 register 2 => 2 registered #2; 2 config 1
         1009 wake =>
         1010 wake => 1 table 1.4 q1#1×8(1,1) q2#2×8(1,1); 2 table 1.4 q1#1×8(1,1) q2#2×8(1,1)",
    );
}

#[test]
fn the_expected_number_need_not_settle() {
    check(
        "0 wake\n 1 up 1 q1\n 1 register 1\n 1 up 2 q2\n 1 register 2\n 1 up 3 q3
         2 register 3 => 1 table 1.4 q1#1×11(1,1) q2#2×11(1,1) q3#3×10(1,1); 2 table…",
    );
}

#[test]
fn nothing_is_said_before_it_is_stored() {
    check(
        "0 wake =>
         1 store holds =>
         1 up 1 q1 =>
         1 register 1 =>
         2 up 2 g1 =>
         2 register 2 =>
         3 configure 7 /a =>
         1500 wake =>
         1600 store works => 1 registered #1; 1 config 1; 1 config 2; 1 table 1.3 q1#1×8(1,1); \
         2 registered #2; 2 config 2; 2 table 1.3 q1#1×8(1,1); 7 Configured(2)",
    );
}

#[test]
fn a_full_disk_stops_changes_until_it_works_again() {
    let mut stage = Stage::new();
    run(
        &mut stage,
        "0 wake\n 1 up 1 q1\n 1 register 1
         1001 wake => 1 table 1.3 q1#1×8(1,1)
         2000 store fails
         2000 configure 7 /a => 7 Late(\"the store failed and is tried again: full\")
         2001 up 2 g1 =>
         2001 register 2 =>",
    );
    assert!(!stage.boss.is_ready());
    assert_eq!(stage.boss.wake_at(stage.now), Some(3000));
    run(
        &mut stage,
        "3000 wake =>\n 3500 store works =>\n 4000 wake => 1 config 2; 2 registered #2; \
                     2 config 2; 2 table 1.3 q1#1×8(1,1)",
    );
    assert!(stage.boss.is_ready());
}

#[test]
fn a_late_comer_is_up_and_holds_nothing() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    run(
        &mut stage,
        "2000 up 4 q3
         2000 register 4 => 1 rows 1.6 q1#1×8(1,1) q2#2×8(1,1); 2 rows…
         2001 report 4 =>",
    );
    let nodes = stage.boss.nodes(stage.now);
    let node = nodes.nodes.iter().find(|node| node.id == "q3").unwrap();
    assert_eq!(node.message, views::HOLDS_NOTHING);
    let node = nodes.nodes.iter().find(|node| node.id == "q1").unwrap();
    assert_eq!(node.message, "imq node is available and accepting connections.");
}

#[test]
fn a_late_comer_that_is_given_copies_says_so() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    run(
        &mut stage,
        "2000 up 4 q3
         2000 register 4 => 1 rows 1.6 q1#1×8(1,1) q2#2×8(1,1); 2 rows…
         2001 report 4 =>
         2002 copies 2",
    );
    let nodes = stage.boss.nodes(stage.now);
    let message = |id: &str| nodes.nodes.iter().find(|node| node.id == id).map(|n| &*n.message);
    assert_eq!(message("q3"), Some(views::HOLDS_COPIES));
    assert_eq!(message("q1"), Some("imq node is available and accepting connections."));
}

#[test]
fn a_killed_node_leaves_to_the_others_at_once() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    run(
        &mut stage,
        "2000 down 1 =>
         2001 refused 3 q1#9 =>
         2002 refused 3 q1#1 => 2 rows 1.6 q2#2×8(1,1) q2#2×8(2,2); 3 rows…",
    );
}

#[test]
fn a_hung_node_is_given_up_after_the_dead_time_and_may_return_without_buckets() {
    let mut stage = Stage::new();
    run(
        &mut stage,
        &format!(
            "{CLUSTER}
             2000 down 1 =>
             2100 missed 3 q1#1 =>
             2499 wake =>
             2500 wake => 2 rows 1.6 q2#2×8(1,1) q2#2×8(2,2); 3 rows…
             3000 up 1 q1 =>
             3000 register 1 1 => 1 registered #1; 1 config 1; 1 table 1.7 q2#2×8(1,1) \
             q2#2×8(2,2); …"
        ),
    );
}

#[test]
fn a_node_that_only_the_boss_has_lost_stays() {
    let mut stage = Stage::new();
    run(
        &mut stage,
        &format!(
            "{CLUSTER}
             2000 down 1 =>
             60000 wake =>
             60001 up 4 q1 =>
             60001 register 4 1 => 4 registered #1; 4 config 1; 4 table 1.5 q1#1×8(1,1) q2#2×8(1,1)"
        ),
    );
}

#[test]
fn the_last_node_s_buckets_wait_for_somebody() {
    check(
        "0 wake\n 0 up 1 q1\n 0 register 1\n 0 up 3 g1\n 0 register 3\n 1000 wake
         2000 down 1 =>
         2001 refused 3 q1#1 => 3 rows 1.5 -×8(1,2)
         3000 up 2 q2 =>
         3000 register 2 => 2 registered #3; 2 config 1; 2 table 1.6 -×8(1,2); 3 rows 1.6 -×8(1,2)
         4000 wake => 2 rows 1.7 q2#3×8(2,3); 3 rows 1.7 q2#3×8(2,3)",
    );
}

#[test]
fn alone_in_the_dark_ten_seconds_are_waited() {
    let mut stage = Stage::new();
    run(
        &mut stage,
        "0 wake\n 0 up 1 q1\n 0 register 1\n 1000 wake\n 2000 down 1 =>\n 11999 wake =>",
    );
    assert_eq!(stage.boss.nodes(stage.now).nodes[0].state, State::Up);
    run(&mut stage, "12000 wake =>");
    assert_eq!(stage.boss.nodes(stage.now).nodes[0].state, State::Gone);
}

#[test]
fn a_boss_that_starts_again_begins_a_later_term_and_knows_everybody() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    let kept = Kept::decode(&stage.stored.unwrap()).unwrap();
    let mut again = Stage::found(Found { kept, is_older: false, chance: 0 });
    run(
        &mut again,
        "0 wake =>
         5 up 1 q1 =>
         5 register 1 1 => 1 registered #1; 1 config 1; 1 table 2.6 q1#1×8(1,1) q2#2×8(1,1)
         6 up 2 q2 =>
         6 register 2 2 => 2 registered #2; 2 config 1; 2 table 2.6…",
    );
}

#[test]
fn an_operator_s_question_goes_to_the_home_and_back() {
    check(
        "0 wake
         0 inspect 7 /room/1 => 7 Unavailable(\"no queue node serves the queue's bucket now\")
         0 up 1 q1\n 0 register 1\n 1000 wake
         1001 inspect 8 /room/1 => 1 inspect 1 /room/1
         1002 inspect 9 /room/2 => 1 inspect 2 /room/2
         1003 inspected 1 2 missing => 9 Queue(None)
         1003 inspected 1 2 missing =>
         1004 inspected 1 1 found => 8 Queue(Some(…
         2000 inspect 10 /room/1 => 1 inspect 3 /room/1
         3999 wake =>
         4000 wake => 10 Late(\"q1 didn't answer within 2000 ms\")
         4001 inspected 1 3 missing =>
         5000 down 1 =>
         5001 inspect 11 /room/1 => 11 Unavailable(\"the boss has no link to q1, where the queue \
         lives\")",
    );
}

#[test]
fn a_new_configuration_is_pushed_to_all() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    run(
        &mut stage,
        "2000 configure 7 /a => 1 config 2; 2 config 2; 3 config 2; 7 Configured(2)
         2001 configure 8 /a => 8 Configured(2)
         2002 configure 9 /b 1 => 9 Unavailable(\"another replacement, version 2, came \
         first: try again\")",
    );
}

#[test]
fn peers_that_break_the_protocol_are_ended() {
    check(
        "0 wake\n 0 up 1 q1
         0 report 1 => 1 ended: it sent something before it registered
         0 garbage 1 => 1 ended: it sent a frame that can't be read
         0 register 1 => 1 registered #1; 1 config 1
         0 register 1 => 1 ended: it registered twice on one link
         0 garbage 9 =>
         0 missed 1 q1#1 =>",
    );
}

fn state_of(stage: &Stage, id: &str) -> (State, String) {
    let nodes = stage.boss.nodes(stage.now).nodes;
    let node = nodes.into_iter().find(|node| node.id == id).unwrap();
    (node.state, node.message)
}

#[test]
fn a_gateway_that_drains_is_shown_so_and_has_left_when_its_link_ends() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    run(&mut stage, "2000 report 3 =>");
    assert_eq!(state_of(&stage, "g1").0, State::Up);
    run(&mut stage, "2001 drains 3 =>");
    assert_eq!(state_of(&stage, "g1"), (State::Draining, "it is draining".to_owned()));
    run(&mut stage, "2002 down 3 =>");
    assert_eq!(state_of(&stage, "g1").0, State::Gone);
    let last = stage.boss.events().events.pop().unwrap();
    assert_eq!((last.kind, last.node.as_deref()), (Kind::Left, Some("g1")));
    // Who comes under its name is a newcomer.
    run(&mut stage, "3000 up 4 g1 =>\n 3000 register 4 => 4 registered #4; …");
    assert_eq!(state_of(&stage, "g1").0, State::Up);
}

#[test]
fn events_outlive_the_process_also_those_that_change_nothing() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    run(&mut stage, "2000 down 3 =>\n 2999 wake =>");
    let has_it = |stage: &Stage| {
        let stored = stage.stored.as_deref().unwrap_or_default();
        String::from_utf8_lossy(stored).contains("the link to g1 ended")
    };
    assert!(!has_it(&stage), "nobody makes the boss write without pause");
    assert_eq!(stage.boss.wake_at(stage.now), Some(3000));
    run(&mut stage, "3000 wake =>");
    assert!(has_it(&stage));
    let before = stage.boss.events().events;
    let kept = Kept::decode(&stage.stored.unwrap()).unwrap();
    let again = Stage::found(Found { kept, is_older: false, chance: 0 });
    let after = again.boss.events().events;
    assert_eq!(after[..before.len()], before[..]);
    let new: Vec<Kind> =
        again.boss.events_after(again.boss.events_found()).map(|event| event.kind).collect();
    assert_eq!(new, [Kind::Started], "what the log had already isn't logged again");
}
