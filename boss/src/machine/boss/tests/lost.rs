//! A boss whose store has lost steps: the table at the end of section 8 of docs/replication.md.

use super::stage::{Stage, run};
use super::*;

/// The store of a cluster of q1#1, q2#2, q3#3 and g1#4, with two copies: q1 and q3 are in sync of
/// row 0, at conf 3 and step 7; all others are as they began. Its last step is 7.
pub(super) fn stored() -> Vec<u8> {
    let mut stage = Stage::new();
    run(
        &mut stage,
        "0 wake\n 0 up 1 q1\n 0 register 1\n 0 up 2 q2\n 0 register 2\n 0 up 3 q3
         0 register 3\n 0 up 4 g1\n 0 register 4\n 1000 copies 2
         1001 propose 1 0 2 add q3#3 => 1 rows 1.7…
         1001 row 0 => q1 q3 (1,1,3)",
    );
    stage.stored.unwrap()
}

/// A boss that starts with that store, or an older step of it.
pub(super) fn again(faults: Faults) -> Stage {
    let kept = Kept::decode(&stored()).unwrap();
    let mut stage = Stage::found(Found { kept, is_older: false, chance: 0 });
    stage.boss.plant(faults);
    run(&mut stage, "0 wake\n 1 up 1 q1\n 1 up 2 q2\n 1 up 3 q3\n 1 up 4 g1");
    stage
}

pub(super) fn frozen(stage: &Stage) -> Option<Vec<String>> {
    stage.boss.status().frozen.map(|frozen| frozen.waits_for)
}

/// The row of q1's last lost step, in which it dropped q3.
const DROPPED: &str = "0=q1#1/1,1,4@9";

#[test]
fn a_boss_that_lost_nothing_changes_what_it_is_asked_to() {
    let mut stage = again(Faults::default());
    run(
        &mut stage,
        "2 back 1 1 1.7 => 1 registered #1; 1 config 2; 1 table 2.8…
         3 propose 1 0 3 drop q3#3 full => 1 rows 2.9…",
    );
    assert_eq!(frozen(&stage), None);
}

#[test]
fn behind_a_lost_step_nothing_changes_until_all_have_told() {
    let mut stage = again(Faults::default());
    run(
        &mut stage,
        &format!(
            "2 back 2 2 1.7 => 2 registered #2; 2 config 2; 2 table 2.8…
             3 back 1 1 1.9 {DROPPED} => 2 tell all; 1 registered #1; 1 tell all
             4 propose 1 0 4 add q2#2 => 1 not now 0/5: the boss is frozen…
             5 configure 7 /a => 7 Unavailable(\"the boss is frozen…
             6 back 3 3 1.7 => 3 registered #3; 3 tell all
             7 back 4 4 1.7 => 4 registered #4; 4 tell all
             8 known 1 1.9 {DROPPED} =>
             8 known 3 1.7 =>
             8 row 0 => q1 q3 (1,1,3)"
        ),
    );
    assert_eq!(frozen(&stage), Some(vec!["g1".to_owned(), "q2".to_owned()]));
    assert!(stage.boss.status().message.contains("waiting for g1, q2"));
    run(
        &mut stage,
        "9 known 4 =>\n 10 known 2 =>\n 1499 wake =>\n 1500 wake => 1 config 1048578; 1 table 2.1…",
    );
    assert_eq!(frozen(&stage), None);
    run(&mut stage, "1500 row 0 => q1 +q3 (1,1,1048581)\n 1500 row 1 => q1 +q2 (1,1,1048578)");
}

#[test]
fn whoever_is_missing_is_waited_for_or_an_operator_goes_on() {
    let script = format!(
        "2 back 1 1 1.9 {DROPPED}\n 3 back 2 2 1.7\n 4 back 4 4 1.7
         5 known 1 1.9 {DROPPED}\n 6 known 2 1.7\n 7 known 4 1.7"
    );
    let mut stage = again(Faults::default());
    run(&mut stage, &script);
    run(&mut stage, "60000 wake\n 60000 row 0 => q1 q3 (1,1,3)");
    assert_eq!(frozen(&stage), Some(vec!["q3".to_owned()]));
    // Row 0 is q1's alone by a step that q1 has told; q3's own rows are lost.
    run(&mut stage, "60001 adopt 9 => 1 …");
    let events = stage.boss.events().events;
    assert!(events.iter().any(|event| event.text == "an operator goes on without q3"));
    run(&mut stage, "60002 row 0 => q1 +q2 (1,1048577,1048581)");
    let lost = stage.boss.kept.rows.iter().filter(|row| row.loss().0 == 17).count();
    assert_eq!(lost, 10, "those of which q3 is the only member");
    // It comes back as if it had known nothing.
    run(&mut stage, "61000 back 3 3 1.7 0=q1#1,q3#3/1,1,3@7 => 3 registered #3; …");
    assert_eq!(frozen(&stage), None);
}

#[test]
fn a_member_that_is_missing_costs_the_bucket_unless_primaries_are_trusted() {
    let script = "2 back 2 2 1.9 1=q1#1/1,1,2@9\n 3 back 1 1 1.7 0=q1#1,q3#3/1,1,3@7
        4 back 4 4 1.7\n 5 known 1 1.7\n 6 known 2 1.9\n 7 known 4 1.7";
    let mut stage = again(Faults::default());
    run(&mut stage, script);
    run(&mut stage, "8 adopt 9 => …\n 8 row 0 => q1 +q2 (17,1048577,1048580)");
    let mut stage = again(Faults::default());
    run(&mut stage, script);
    run(&mut stage, "8 adopt 9 trust => …\n 8 row 0 => q1 q3 (1,1048577,1048579)");
}

#[test]
fn what_is_lost_is_told_to_who_asked() {
    let mut stage = again(Faults::default());
    run(&mut stage, "1 adopt 9 => 9 Unavailable(\"the boss isn't frozen: there is nothing…");
    let script = "2 back 2 2 1.9\n 3 back 1 1 1.7\n 4 known 1 1.7\n 5 known 2 1.9";
    run(&mut stage, script);
    let came = stage.step("6 adopt 9");
    assert!(came.contains("9 Adopted([BucketId { bits: 5, prefix: 0 }, "), "{came}");
}

#[test]
fn an_older_file_freezes_from_the_beginning() {
    let kept = Kept::decode(&stored()).unwrap();
    let mut stage = Stage::found(Found { kept, is_older: true, chance: 0 });
    run(
        &mut stage,
        "0 wake\n 1 up 1 q1\n 1 back 1 1 1.7 => 1 registered #1; 1 tell all
         2 known 1 1.7 =>",
    );
    let waits = ["g1", "q2", "q3"].map(str::to_owned).to_vec();
    assert_eq!(frozen(&stage), Some(waits));
    let events = stage.boss.events().events;
    assert!(events.iter().any(|event| event.kind == Kind::Frozen));
}

#[test]
fn who_was_taken_in_by_a_lost_step_has_the_time_to_come() {
    let config = Configuration::parse(crate::DEFAULT_CLUSTER).unwrap();
    let kept = Kept::new(1, crate::machine::configurations::Configurations::new(&config, 0, 0));
    let mut stage = Stage::found(Found { kept, is_older: true, chance: 0 });
    run(&mut stage, "0 wake\n 1499 wake");
    assert_eq!(frozen(&stage), Some(Vec::new()));
    run(&mut stage, "1500 wake");
    assert_eq!(frozen(&stage), None);
}

#[test]
fn a_boss_that_lost_its_first_table_goes_on_with_none_before_somebody_has_told_it() {
    let config = Configuration::parse(crate::DEFAULT_CLUSTER).unwrap();
    let kept = Kept::new(1, crate::machine::configurations::Configurations::new(&config, 0, 0));
    let mut stage = Stage::found(Found { kept, is_older: false, chance: 0 });
    run(
        &mut stage,
        "0 wake\n 1 up 1 q1\n 1 up 2 q2\n 1 up 3 q3
         2 back 1 1 9.7\n 2 back 2 2 9.7\n 2 back 3 3 9.7
         3 adopt 9 => 9 Unavailable(\"the store has no table, and nobody has told one yet: try…",
    );
    let lost = Kept::decode(&stored()).unwrap().rows;
    let rows = (0..).zip(lost.iter()).map(|(prefix, row)| row.wire(prefix)).collect();
    let bits = lost.bits().into();
    let table = proto::table::Table { term: 9 << 16, version: 7, bits, rows, places: Vec::new() };
    let known = proto::n2b::Known { table: Some(table), ..Default::default() };
    stage.say(LinkId(1), n2b::Body::Known(known));
    run(&mut stage, "4 known 2\n 4 known 3\n 1499 wake");
    assert_eq!(frozen(&stage), Some(Vec::new()));
    run(&mut stage, "1500 wake\n 1500 row 0 => q1 q3 (1,1,1048579)");
    assert_eq!(frozen(&stage), None);
}

#[test]
fn a_process_that_slept_is_told_and_nothing_freezes() {
    let mut stage = again(Faults::default());
    run(&mut stage, "2 back 1 1 1.5 0=q1#1/1,1,2@6 => 1 registered #1; 1 config 2; 1 table 2.8…");
    assert_eq!(frozen(&stage), None);
    let mut planted = again(Faults { freezes_for_slept: true, ..Faults::default() });
    run(&mut planted, "2 back 1 1 1.5 0=q1#1/1,1,2@6");
    assert!(frozen(&planted).is_some(), "boss.freezes_for_slept");
}

#[test]
fn a_lower_row_of_a_lost_step_freezes_too() {
    // This boss has given out conf 4 of row 0 itself before q3 speaks of another step's 3.
    let script = "2 back 1 1 1.7\n 3 propose 1 0 3 drop q3#3 full
        4 back 3 3 1.7 0=q1#1,q3#3/1,1,3@9";
    let mut stage = again(Faults::default());
    run(&mut stage, script);
    assert!(frozen(&stage).is_some());
    let mut planted = again(Faults { lower_lost_row_is_told: true, ..Faults::default() });
    run(&mut planted, script);
    assert_eq!(frozen(&planted), None, "boss.lower_lost_row_is_told");
}

#[test]
fn a_row_or_proposal_that_is_unknown_here_freezes() {
    // Of an earlier version of imq, whose rows name no step.
    let unknown = "2 back 1 1 1.7 0=q1#1/1,1,4@0";
    let mut stage = again(Faults::default());
    run(&mut stage, unknown);
    assert!(frozen(&stage).is_some());
    let mut other = again(Faults::default());
    run(&mut other, "2 back 1 1 1.7\n 3 propose 1 0 9 add q2#2 => 1 not now 0/5: the boss is fro…");
    assert!(frozen(&other).is_some());
}

#[test]
fn a_link_that_was_not_asked_is_ended() {
    let mut stage = again(Faults::default());
    run(&mut stage, "2 back 1 1 1.7\n 3 known 1 => 1 ended: it answered a question that nobody…");
}

#[test]
fn a_bucket_is_given_up_by_hand_if_none_of_its_set_is_there() {
    let mut stage = again(Faults::default());
    run(
        &mut stage,
        "2 back 2 2 1.7\n 2 back 4 4 1.7\n 2 back 1 1 1.7
         3 adopt 9 0/5 q2 => 9 Unavailable(\"q1 is in sync of bucket 0/5 and linked: stop it…
         4 down 1\n 60000 adopt 9 0/5 q3 => 9 Unavailable(\"q3 is no queue node with a link…
         60001 adopt 9 0/5 q2 => 2 rows…
         60001 row 0 => q2 (2,2,4)",
    );
    assert!(stage.step("60002 adopt 9 0/6 q2").contains("there is no bucket 0/6"));
}
