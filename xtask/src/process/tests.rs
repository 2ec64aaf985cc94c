//! Commands that succeed, fail, take too long and leave something behind.

use std::path::Path;
use std::time::Duration;

use super::{CommandLine, Ending, StandardError, run};

fn shell(script: &str) -> CommandLine {
    let mut line = CommandLine::new("sh -c");
    line.arguments.push(script.to_owned());
    line
}

fn check(script: &str, bound: Duration) -> (Ending, Vec<String>) {
    let mut lines = Vec::new();
    let ending = run(&shell(script), Path::new("/"), bound, StandardError::Read, |line| {
        lines.push(line.to_owned());
    });
    (ending.unwrap(), lines)
}

const AMPLE: Duration = Duration::from_secs(60);

#[test]
fn endings_and_lines_are_told() {
    assert_eq!(check("echo a; echo b", AMPLE), (Ending::Succeeded, vec!["a".into(), "b".into()]));
    assert_eq!(check("echo a >&2; exit 3", AMPLE), (Ending::Failed(Some(3)), vec!["a".into()]));
    assert_eq!(check("kill -s KILL $$", AMPLE), (Ending::Failed(None), vec![]));
}

#[test]
fn a_command_that_takes_too_long_is_killed_with_what_it_started() {
    let (ending, lines) = check("tail -f /dev/null & echo $!; wait", Duration::from_millis(500));
    assert_eq!(ending, Ending::OutOfTime);
    wait_for_the_end_of(&lines[0]);
}

#[test]
fn a_flood_does_not_outrun_the_bound() {
    assert_eq!(check("yes", Duration::from_millis(200)).0, Ending::OutOfTime);
}

#[test]
fn what_a_command_leaves_behind_ends_with_it() {
    let (ending, lines) = check("tail -f /dev/null & echo $!", AMPLE);
    assert_eq!(ending, Ending::Succeeded);
    wait_for_the_end_of(&lines[0]);
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let line = CommandLine::new("no-such-program-anywhere");
    let error = run(&line, Path::new("/"), AMPLE, StandardError::Read, |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "cannot start `no-such-program-anywhere`");
}

/// Returns when a process is gone, or dead and not yet collected by its parent.
fn wait_for_the_end_of(id: &str) {
    while let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/stat")) {
        let state = status.rsplit(')').next().and_then(|rest| rest.split_whitespace().next());
        if matches!(state, Some("Z" | "X")) {
            return;
        }
        std::thread::yield_now();
    }
}
