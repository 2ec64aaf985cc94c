//! Processes that want the id of another one.

use proto::limits;

use super::*;

fn after_cluster(script: &str) {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    run(&mut stage, script);
}

#[test]
fn who_is_heard_keeps_its_id_and_its_buckets() {
    after_cluster(
        "2000 up 4 q1 =>
         2000 register 4 => 4 wait: the process at q1:1 on host \"h-q1\" is registered as \"q1\":…
         2500 report 4 =>
         2599 wake =>
         2600 wake => 4 refused: another process at q1:1 \
         on host \"h-q1\" is registered as \"q1\" and \
         alive: give this one a different id, or stop that one first; 4 ended: it was refused
         2601 down 4 =>
         2602 configure 7 /a => 1 config 2; 2 config 2; 3 config 2; 7 Configured(2)",
    );
}

#[test]
fn gateways_likewise() {
    after_cluster(
        "2000 up 4 g1 =>
         2000 register 4 => 4 wait: …
         2600 wake => 4 refused: another process at g1:1 on host \"h-g1\" is registered as…
         2700 up 5 g1 =>
         2700 register 5 => 5 wait: …
         3000 down 3 =>
         3199 wake =>
         3200 wake => 5 registered #4; 5 config 1; 5 table 1.5 q1#1×8(1,1) q2#2×8(1,1)
         3300 up 6 g1 =>
         3300 register 6 3 => 6 refused: another process at g1:1 \
         on host \"h-g1\" has registered as…",
    );
}

#[test]
fn a_process_that_was_started_again_takes_back_what_it_had_as_soon_as_the_old_one_is_gone() {
    after_cluster(
        "2000 up 4 q1 =>
         2000 register 4 => 4 wait: …
         2300 down 1 =>
         2301 refused 3 q1#1 => 2 rows 1.6 q1#4×8(2,2) q2#2×8(1,1); 3 rows…
         2400 up 5 q1 =>
         2400 register 5 1 => 5 refused: another process at q1:1 \
         on host \"h-q1\" has registered as \
         \"q1\" since: stop one of them; 5 ended: it was refused",
    );
}

#[test]
fn nobody_there_who_could_tell_the_dead_time_is_enough() {
    check(
        "0 wake\n 0 up 1 q1\n 0 register 1\n 1000 wake
         2000 up 4 q1 =>
         2000 register 4 => 4 wait: …
         2450 down 1 =>
         2499 wake =>
         2500 wake => 4 registered #2; 4 config 1; 4 table 1.4 q1#2×8(2,2)
         5000 down 4 =>
         6000 up 5 q1 =>
         6000 register 5 => 5 registered #3; 5 config 1; 5 table 1.6 q1#3×8(3,3)",
    );
}

#[test]
fn who_has_lost_only_the_boss_keeps_its_id_as_long_as_others_hear_it() {
    after_cluster(
        "2000 down 1 =>
         9000 up 4 q1 =>
         9000 register 4 => 4 wait: …
         9700 wake =>
         60000 wake =>
         60001 missed 3 q1#1 => 2 rows 1.7 q1#4×8(2,2) q2#2×8(1,1); 3 rows…",
    );
    after_cluster(
        "2000 down 1 =>
         9000 up 4 q1 =>
         9000 register 4 => 4 wait: …
         9700 up 5 q1 =>
         9700 register 5 1 => 4 refused: another process at q1:1…",
    );
}

#[test]
fn a_process_whose_registration_it_never_heard_of_is_no_other_one() {
    after_cluster(
        "2000 up 4 q3 =>
         2000 register 4 0 ~77 => 1 rows…
         2001 up 5 q3 =>
         2001 register 5 0 ~77 => 5 registered #4; 5 config 1; 5 table 1.6 q1#1×8(1,1) \
         q2#2×8(1,1); 4 ended: the node has come back on another link
         2002 down 4 =>
         2003 up 6 q3 =>
         2003 register 6 0 ~78 => 6 wait: …
         2004 up 7 q3 =>
         2004 register 7 4 ~78 => 7 refused: another process…",
    );
}

#[test]
fn a_process_that_waits_on_two_links_does_not_wait_for_itself() {
    after_cluster(
        "2000 up 4 q1 =>
         2000 register 4 0 ~77 => 4 wait: …
         2001 up 5 q1 =>
         2001 register 5 0 ~77 => 5 wait: …
         2300 down 1 =>
         2301 refused 3 q1#1 => 2 rows 1.6 q1#4×8(2,2) q2#2×8(1,1); 3 rows 1.6 \
         q1#4×8(2,2) q2#2×8(1,1); 4 registered #4; 4 config 1; 4 table 1.6 q1#4×8(2,2) \
         q2#2×8(1,1); 5 registered #4; 5 config 1; 5 table 1.6 q1#4×8(2,2) q2#2×8(1,1); 4 ended: \
         the node has come back on another link",
    );
}

#[test]
fn a_claim_of_a_later_life_waits_like_any_other() {
    after_cluster(
        "2000 up 4 q1 =>
         2000 register 4 8 => 4 wait: …
         2001 down 1 =>
         2002 refused 3 q1#1 => 2 rows 1.6 q1#8×8(2,2) q2#2×8(1,1); 3 rows…
         2003 up 5 g2 =>
         2003 register 5 => 5 registered #9; 5 config 1; 5 table 1.6 q1#8×8(2,2) q2#2×8(1,1)",
    );
}

/// Those who were there before a boss began again have the time to come back to it; whoever comes
/// in their stead waits so long.
#[test]
fn a_boss_that_starts_again_waits_for_those_who_are_there() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    let stored = stage.stored.unwrap();
    let again =
        || Stage::found(Found { kept: Kept::decode(&stored).unwrap(), is_older: false, chance: 0 });
    run(
        &mut again(),
        "0 wake =>
         5 up 4 q1 =>
         5 register 4 => 4 wait: …
         900 up 1 q1 =>
         900 register 1 1 => 4 refused: another process at q1:1…",
    );
    // All of them have died: each takes its own again.
    run(
        &mut again(),
        "0 wake =>
         5 up 1 q1 =>
         5 register 1 => 1 wait: …
         6 up 2 q2 =>
         6 register 2 => 2 wait: …
         7 up 3 g2 =>
         7 register 3 => 3 registered #2.1; …
         8 refused 3 q1#1 =>
         8 refused 3 q2#2 =>
         1499 wake =>
         1500 wake => 1 registered #2.2; 1 config 1; 1 table 2.8 q1#2.2×8(2,2) q2#2.3×8(2,2); 2 …",
    );
}

#[test]
fn a_flood_of_refusals_leaves_space_for_other_events() {
    let mut stage = Stage::new();
    run(&mut stage, CLUSTER);
    for at in 2000..3000u64 {
        run(
            &mut stage,
            &format!(
                "{at} up 4 q9\n {at} register 4 9007199254740991 => 4 not now: …\n {at} down 4"
            ),
        );
    }
    let told = |stage: &Stage| {
        let events = stage.boss.events().events;
        let mine =
            events.iter().filter(|event| event.kind == crate::machine::events::Kind::Refused);
        mine.map(|event| event.text.clone()).collect::<Vec<String>>()
    };
    assert_eq!(told(&stage).len(), 5);
    run(&mut stage, "62000 wake");
    let told = told(&stage);
    assert!(told.iter().any(|text| text == "and 995 more were refused in the last minute"));
}

/// What a liar with the secret leaves behind hinders nobody.
#[test]
fn numbers_from_beyond_make_nobody_unregistrable() {
    let most = limits::NUMBER_MAX - 1;
    after_cluster(&format!(
        "2000 up 4 q9 =>
         2000 register 4 0 3:0:1:1@{most} => 4 not now: the term of its table is {most}, but the \
         newest that a boss of this cluster has given is 65536; 4 ended: it was refused
         2001 down 4 =>
         2002 up 4 q9 =>
         2002 register 4 {most} => 4 not now: the incarnation is {most}, but…
         2003 down 4 =>
         2004 up 4 q9 =>
         2004 register 4 7 3:0:{most}:1@1 => 4 refused: the loss of a bucket is {most}, but…
         2005 down 4 =>
         2006 up 4 q9 =>
         2006 register 4 7 3:0:1:{most}@1 => 4 not now: the reign of a bucket is {most}, but…
         2007 down 4 =>
         2008 up 4 q9 =>
         2008 register 4 => 1 rows 1.6 q1#1×8(1,1) q2#2×8(1,1); 2 rows 1.6 q1#1×8(1,1) \
         q2#2×8(1,1); 3 rows 1.6 q1#1×8(1,1) q2#2×8(1,1); 4 registered #4; …"
    ));
}
