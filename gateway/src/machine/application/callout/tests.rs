//! Call-outs by scripts: what lanes, nodes and the web application say, and what comes of it.
//!
//! A line of a script is a time in milliseconds and a step; below `----` stand the outcomes. The
//! time `next` is the one at which the machine wants to be woken: what it is by chance is no part
//! of a script. `r1` is the first request, `l1` a link.

mod asks;
mod bench;
mod breaking;
mod complaints;
mod examples;
mod signing;
mod telling;
mod verdicts;

use bench::Bench;

/// Runs a script and compares what comes of it.
#[track_caller]
fn check(script: &str) {
    let (steps, expected) = script.split_once("----").expect("a script has outcomes");
    let outcome = run(steps);
    let expected: Vec<&str> = lines(expected).collect();
    let outcome: Vec<&str> = lines(&outcome).collect();
    assert!(
        expected == outcome,
        "expected:\n{}\n\ncame:\n{}\n",
        expected.join("\n"),
        outcome.join("\n")
    );
}

/// What comes of a script.
fn run(steps: &str) -> String {
    let mut bench = Bench::new();
    for line in lines(steps) {
        bench.step(line);
    }
    bench.log
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
