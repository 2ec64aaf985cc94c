//! Stages that pass, fail, are skipped and break the build, and what is summed up.

use std::path::Path;
use std::time::Duration;

use super::{Outcome, TIME_GOAL, Verdict, complaint_of, pass, run_stage, summary};
use crate::clock;
use crate::counts::Counts;
use crate::process::CommandLine;
use crate::stage::{Output, Stage, Work};
use crate::tree::Tree;

const AMPLE: Duration = Duration::from_secs(60);

fn stage(scripts: &[&str]) -> Stage {
    let shell = |script: &&str| {
        let mut line = CommandLine::new("sh -c");
        line.arguments.push((*script).to_owned());
        line
    };
    Stage {
        name: "a stage",
        bound: AMPLE,
        work: Work::Commands(scripts.iter().map(shell).collect()),
        output: Output::WhenItFails,
        has_tests: false,
        ends_the_gate: false,
    }
}

/// A stage of tests.
fn tests(scripts: &[&str]) -> Stage {
    Stage { has_tests: true, ..stage(scripts) }
}

fn check_stage(stage: &Stage, passed: u64, failed: u64) {
    let deadline = clock::now() + stage.bound;
    let verdict = run_stage(Path::new("/"), &Tree::default(), stage, deadline);
    let Verdict::Ran(counts) = verdict else { panic!("it didn't run") };
    assert_eq!((counts.passed, counts.failed), (passed, failed));
}

fn passes(stages: Vec<Stage>) -> bool {
    pass(Path::new("/"), &Tree::default(), stages, AMPLE)
}

fn check(scripts: &[&str], passed: u64, failed: u64) {
    check_stage(&stage(scripts), passed, failed);
}

#[test]
fn tests_are_counted_where_they_can_be_read() {
    check(&["echo 3 passed, 0 failed", "echo 'test result: ok. 4 passed; 0 failed; x'"], 7, 0);
    check(&["true", "echo no counts"], 1, 0);
    check(&[], 1, 0);
}

#[test]
fn a_failure_is_never_lost() {
    check(&["false"], 0, 1);
    check(&["echo 3 passed, 2 failed; exit 1"], 3, 2);
    check(&["echo 3 passed, 2 failed"], 3, 2);
    check(&["echo 3 passed, 0 failed; exit 1", "echo 1 passed, 0 failed"], 4, 1);
    check(&["kill -s KILL $$"], 0, 1);
}

#[test]
fn a_stage_of_tests_runs_some_and_leaves_out_none() {
    check_stage(&tests(&["echo 3 passed, 0 failed"]), 3, 0);
    check_stage(&tests(&["true"]), 0, 1);
    check_stage(&tests(&["echo 0 passed, 0 failed"]), 0, 1);
    check_stage(&tests(&["echo 3 passed, 0 failed, 1 skipped"]), 3, 1);
    let result = "echo 'test result: ok. 2 passed; 0 failed;";
    check_stage(&tests(&[&format!("{result} 1 ignored; 0 measured; 0 filtered out'")]), 2, 1);
    check_stage(&tests(&[&format!("{result} 0 ignored; 0 measured; 4 filtered out'")]), 2, 1);
    check_stage(&tests(&[&format!("{result} 0 ignored; 0 measured; 0 filtered out'")]), 2, 0);
}

#[test]
fn a_stage_that_is_missing_fails_the_gate() {
    let missing = Stage { work: Work::Missing("not there"), ..stage(&[]) };
    assert!(!passes(vec![stage(&["true"]), missing]));
}

#[test]
fn a_stage_that_can_not_run_here_fails_nothing() {
    let left_out = Stage { work: Work::LeftOut("not here"), ..stage(&[]) };
    assert!(passes(vec![stage(&["true"]), left_out]));
}

#[test]
fn all_commands_of_a_stage_share_its_time() {
    let bound = Duration::from_millis(200);
    check_stage(&Stage { bound, ..stage(&["tail -f /dev/null", "true"]) }, 0, 2);
}

#[test]
fn all_stages_share_the_time_of_the_gate() {
    let (begin, stages) = (clock::now(), vec![stage(&["tail -f /dev/null"])]);
    assert!(!pass(Path::new("/"), &Tree::default(), stages, Duration::from_millis(200)));
    assert!(clock::now() - begin < AMPLE, "it had all the time of its stage");
}

#[test]
fn a_gate_that_takes_long_says_so() {
    assert_eq!(complaint_of(TIME_GOAL), "");
    assert!(complaint_of(TIME_GOAL + Duration::from_secs(1)).contains("more than 35 minutes"));
}

#[test]
fn the_gate_goes_on_unless_the_build_is_broken() {
    assert!(passes(vec![stage(&["true"]), stage(&["true"])]));
    assert!(!passes(vec![stage(&["false"]), stage(&["true"])]));
    let broken = Stage { ends_the_gate: true, ..stage(&["false"]) };
    assert!(!passes(vec![broken, stage(&["true"])]));
}

#[test]
fn the_summary_has_a_line_for_each_stage() {
    let took = Duration::from_millis(1250);
    let ran = Verdict::Ran(Counts { passed: 12, failed: 1, ..Counts::default() });
    let outcomes = [
        Outcome { name: "unit", took, verdict: ran },
        Outcome { name: "cluster", took, verdict: Verdict::Skipped("not there") },
        Outcome { name: "hosts", took, verdict: Verdict::LeftOut("not here") },
    ];
    let (table, total) = summary(&outcomes);
    let lines: Vec<Vec<&str>> =
        table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["stage", "passed", "failed", "seconds"]);
    assert_eq!(lines[1], ["unit", "12", "1", "1.2"]);
    assert_eq!(lines[2], ["cluster", "didn't", "run:", "not", "there"]);
    assert_eq!(lines[3], ["hosts", "skipped:", "not", "here"]);
    assert_eq!(total.to_string(), "12 passed, 2 failed, 1 skipped");
}
