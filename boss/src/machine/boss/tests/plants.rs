//! Each planted bug, found by a script: what becomes of row 0 without it and with it.

use super::super::proposals;
use super::copies::{cluster, pair};
use super::lost::{again, frozen};
use super::stage::{Stage, run};
use super::*;

fn faults(plant: impl Fn(&mut Faults)) -> Faults {
    let mut faults = Faults::default();
    plant(&mut faults);
    faults
}

/// Row 0 behind the script.
fn row(mut stage: Stage, faults: Faults, script: &str) -> String {
    stage.boss.plant(faults);
    run(&mut stage, script);
    let now = stage.now.ms;
    stage.step(&format!("{now} row 0"))
}

/// What becomes of row 0 without the bug and with it.
fn check_row(stage: fn() -> Stage, script: &str, right: &str, plant: fn(&mut Faults), wrong: &str) {
    assert_eq!(row(stage(), Faults::default(), script), right, "{script}");
    assert_eq!(row(stage(), faults(plant), script), wrong, "{script}");
}

#[test]
fn of_proposals() {
    type Plant = fn(&mut proposals::Faults);
    type Case<'a> = (fn() -> Stage, &'a str, &'a str, Plant, &'a str);
    let plants: [Case<'_>; 7] = [
        (
            pair,
            "2000 propose 1 0 2 drop q3#3 full",
            "q1 q3 (1,1,3)",
            |f| f.proposal_over_any_conf = true,
            "q1 +q3 (1,1,5)",
        ),
        (
            pair,
            "2000 propose 1 0 3 add q2#2",
            "q1 q3 (1,1,4)",
            |f| f.refusal_keeps_conf = true,
            "q1 q3 (1,1,3)",
        ),
        (
            pair,
            "2000 propose 1 0 3 drop q3#3",
            "q1 q3 (1,1,3)",
            |f| f.first_accuser_wins = true,
            "q1 +q2 (1,1,5)",
        ),
        (
            pair,
            "2000 missed 3 q1#1\n 2000 missed 4 q1#1\n 2000 propose 1 0 3 drop q3#3\n 2200 wake",
            "q3 +q2 (1,2,5)",
            |f| f.witnesses_ignored = true,
            "q1 +q2 (1,1,5)",
        ),
        (
            pair,
            "1500 has 3 0 stuck 7 3\n 2000 missed 3 q1#1\n 2000 missed 4 q1#1
             2000 propose 1 0 3 drop q3#3\n 2200 wake",
            "q1 +q2 (1,1,5)",
            |f| f.stuck_may_win = true,
            "q3 +q2 (1,2,5)",
        ),
        (
            pair,
            "2000 missed 3 q1#1\n 2000 missed 4 q1#1\n 2000 propose 1 0 3 drop q3#3\n 2200 wake",
            "q3 +q2 (1,2,5)",
            |f| f.loser_stays = true,
            "q3 q1 (1,2,4)",
        ),
        (
            pair,
            "2000 down 3\n 2001 propose 1 0 3 drop q3#3",
            "q1 q3 (1,1,3)",
            |f| f.flap_is_death = true,
            "q1 +q2 (1,1,5)",
        ),
    ];
    for (stage, script, right, plant, wrong) in plants {
        assert_eq!(row(stage(), Faults::default(), script), right, "{script}");
        let planted = faults(|faults| plant(&mut faults.proposals));
        assert_eq!(row(stage(), planted, script), wrong, "{script}");
    }
}

#[test]
fn of_verdicts() {
    let silent = "2000 down 3\n 2001 missed 4 q3#3\n 2600 wake";
    check_row(pair, silent, "q1 q3 (1,1,3)", |f| f.drops_by_silence = true, "q1 +q2 (1,1,5)");
    let alone = "2000 down 1\n 2001 missed 4 q1#1\n 2700 wake";
    let alone_in_set: fn() -> Stage = || cluster(2);
    check_row(
        alone_in_set,
        alone,
        "q1 +q3 (1,1,2)",
        |f| f.last_copy_by_silence = true,
        "q3 +q2 (2,2,4)",
    );
    let cut = "2000 down 1\n 13000 wake";
    check_row(pair, cut, "q1 q3 (1,1,3)", |f| f.dead_by_one_link = true, "q3 +q2 (1,2,5)");
    let stuck = "1600 has 1 0 stuck 7 3";
    check_row(pair, stuck, "q3 +q1 (1,2,5)", |f| f.stuck_primary_stays = true, "q1 q3 (1,1,3)");
    let anew = "2000 down 1\n 2001 up 5 q1\n 2001 register 5\n 2002 refused 4 q1#1";
    check_row(pair, anew, "q3 +q1 (1,2,5)", |f| f.newcomer_takes_back = true, "q1 +q3 (2,2,5)");
    let out_of_reach = "1001 missed 1 q2#2\n 1001 missed 1 q3#3\n 1002 copies 2";
    let of_one: fn() -> Stage = || cluster(1);
    check_row(
        of_one,
        out_of_reach,
        "q1 (1,1,1)",
        |f| f.learner_out_of_reach = true,
        "q1 +q3 (1,1,2)",
    );
}

#[test]
fn who_stood_still_counts_from_anew() {
    let script = "2000 down 1\n 2100 missed 4 q1#1\n 5000 sleeps";
    check_row(pair, script, "q1 q3 (1,1,3)", |f| f.counts_sleep = true, "q3 +q2 (1,2,5)");
    let mut stage = pair();
    run(&mut stage, script);
    assert_eq!(stage.boss.counters.slept, 1);
    // It is heard again, or others go on missing it.
    run(&mut stage, "5100 missed 4 q1#1\n 5499 wake\n 5499 row 0 => q1 q3 (1,1,3)");
    run(&mut stage, "5500 wake\n 5500 row 0 => q3 +q2 (1,2,5)");
}

fn alone() -> Stage {
    cluster(1)
}

#[test]
fn while_the_store_fails_nobody_is_given_up() {
    // That g2 is there is to be written, and q1 is away meanwhile.
    let away =
        "2000 store fails\n 2000 up 5 g2\n 2000 register 5\n 2001 down 1\n 2001 missed 4 q1#1
                2600 wake\n";
    let back = "2700 up 6 q1\n 2700 register 6 1\n 2701 reached 4 q1#1\n";
    let works = "2800 store works\n 3100 wake";
    let stalled: fn(&mut Faults) = |f| f.judges_stalled = true;
    check_row(alone, &format!("{away}{back}{works}"), "q1 (1,1,1)", stalled, "q3 (2,2,2)");
    check_row(pair, &format!("{away}{back}{works}"), "q1 q3 (1,1,3)", stalled, "q3 +q2 (1,2,5)");
    // Who doesn't come back is given up as soon as it works.
    let mut stage = pair();
    run(&mut stage, &format!("{away}{works}\n 3101 row 0 => q3 +q2 (1,2,5)"));
}

fn again_without_faults() -> Stage {
    again(Faults::default())
}

#[test]
fn behind_a_start_nobody_is_judged_before_all_have_had_the_time() {
    let script = "2 back 3 3 1.7\n 2 back 4 4 1.7\n 3 refused 4 q1#1\n 1499 wake";
    let stage = again_without_faults;
    check_row(stage, script, "q1 q3 (1,1,3)", |f| f.judges_at_once = true, "q3 (1,2,4)");
    let mut stage = again_without_faults();
    run(&mut stage, script);
    run(&mut stage, "1500 wake\n 1501 row 0 => q3 (1,2,4)");
    // Everybody else is there, and its process has ended: nobody is left to wait for.
    let mut stage = again_without_faults();
    run(&mut stage, "2 back 3 3 1.7\n 2 back 4 4 1.7\n 3 refused 4 q1#1\n 4 wake");
    run(&mut stage, "4 row 0 => q1 q3 (1,1,3)\n 5 back 2 2 1.7\n 6 row 0 => q3 +q2 (1,2,5)");
}

#[test]
fn behind_a_start_a_member_alone_is_not_enough() {
    let script = "2 back 3 3 1.7\n 3 missed 3 q1#1\n 2000 wake\n 30000 wake";
    let stage = again_without_faults;
    check_row(stage, script, "q1 q3 (1,1,3)", |f| f.member_is_enough = true, "q3 (1,2,4)");
    // A gateway that has just started knows nothing, but nobody else may be left.
    let mut stage = again_without_faults();
    run(&mut stage, "2 back 3 3 1.7\n 3 up 5 g2\n 3 register 5\n 4 refused 5 q1#1\n 1499 wake");
    run(&mut stage, "1499 row 0 => q1 q3 (1,1,3)\n 1501 wake\n 1501 row 0 => q3 (1,2,4)");
}

#[test]
fn steps_are_stored_before_they_are_said() {
    let script = "2000 store holds\n 2000 down 1";
    let mut stage = pair();
    run(&mut stage, script);
    assert_eq!(stage.step("2001 refused 4 q1#1"), "");
    let mut stage = pair();
    stage.boss.plant(faults(|f| f.pushed_before_stored = true));
    run(&mut stage, script);
    assert!(stage.step("2001 refused 4 q1#1").contains("rows 1."));
}

#[test]
fn terms_tell_lost_steps_from_others() {
    // The store has lost steps 8 and 9 of term 1, and this boss has made an 8th and 9th itself.
    let script = "2 back 1 1 1.7\n 3 propose 1 0 3 drop q3#3 full\n 4 back 2 2 1.9";
    let mut stage = again(Faults::default());
    run(&mut stage, script);
    assert!(frozen(&stage).is_some());
    let mut stage = again(faults(|f| f.term_after = true));
    run(&mut stage, script);
    assert_eq!(frozen(&stage), None, "it takes them for its own");
}

#[test]
fn who_knows_better_makes_the_boss_freeze() {
    let dropped = "2 back 1 1 1.9 0=q1#1/1,1,4@9";
    let mut stage = again(faults(|f| f.thaws_at_once = true));
    run(&mut stage, dropped);
    assert_eq!(frozen(&stage), None);
    let unknown = "2 back 1 1 1.7 0=q1#1/1,1,4@0";
    let mut stage = again(faults(|f| f.unknown_primary_ignored = true));
    run(&mut stage, unknown);
    assert_eq!(frozen(&stage), None);
}

#[test]
fn the_configuration_s_version_jumps() {
    let version = |faults: Faults| {
        let mut stage = again(faults);
        run(&mut stage, "2 back 1 1 1.9\n 3 adopt 9");
        stage.version()
    };
    assert_eq!(version(Faults::default()), 2 + (1 << 20));
    assert_eq!(version(faults(|f| f.config_repeats = true)), 2);
}

/// The numbers of row 0 behind a new learner and a promotion, by a boss that has drawn 7.
fn numbers(faults: Faults) -> (u64, u64) {
    let kept = Kept::decode(&super::lost::stored()).unwrap();
    let mut stage = Stage::found(Found { kept, is_older: false, chance: 7 });
    stage.boss.plant(faults);
    run(
        &mut stage,
        "0 wake\n 1 up 1 q1\n 1 up 3 q3\n 1 up 4 g1\n 1 back 1 1 1.7\n 1 back 3 3 1.7
         1 back 4 4 1.7\n 2 copies 3\n 1600 wake\n 1700 up 2 q2\n 1700 back 2 2 1.7
         2000 down 1\n 2001 refused 4 q1#1",
    );
    let row = stage.boss.kept.rows.iter().next().unwrap();
    assert_eq!(row.primary().map(|primary| primary.id.as_str()), Some("q3"));
    (row.reign().0, row.conf().0)
}

#[test]
fn the_first_changes_of_a_row_jump() {
    let (reign, conf) = numbers(Faults::default());
    assert!(reign > 100 && conf > 100, "{reign} {conf}");
    let (reign, conf) = numbers(faults(|f| f.reign_jumps_with_conf = true));
    assert!(reign == 2 && conf > 100, "{reign} {conf}");
    let (reign, conf) = numbers(faults(|f| f.adopt.numbers_repeat = true));
    assert!(reign == 2 && conf < 10, "{reign} {conf}");
}

#[test]
fn a_first_table_jumps_since_a_lost_step_may_have_been_another() {
    // The store lost the first table before anybody heard of it: the next life makes one, too.
    let first = |chance: u64| {
        let text = crate::DEFAULT_CLUSTER.replacen("copies = 2", "copies = 1", 1);
        let config = Configuration::parse(&text).unwrap();
        let config = crate::machine::configurations::Configurations::new(&config, 0, 0);
        let mut stage = Stage::found(Found { kept: Kept::new(1, config), is_older: false, chance });
        run(
            &mut stage,
            "0 wake\n 1 up 1 q1\n 1 register 1\n 1 up 2 q2\n 1 register 2\n 1 up 3 q3
             1 register 3",
        );
        let row = stage.boss.kept.rows.iter().next().unwrap();
        (row.reign().0, row.conf().0)
    };
    let ((reign, conf), (next_reign, next_conf)) = (first(7), first(8));
    assert!(reign != next_reign && conf != next_conf, "{reign} {conf} {next_reign} {next_conf}");
    assert_eq!(first(0), (1, 1), "scripts draw nothing");
}
