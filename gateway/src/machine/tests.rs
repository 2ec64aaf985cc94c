//! A lane by scripts: what clients and a queue node say, and what comes of it.
//!
//! A line of a script is a time in milliseconds and a step; below `----` stand the outcomes.
//! Clients are `c0`, `c1`…, sockets that take everything unless they are `stuck`; `n1` and `n2` are
//! queue nodes, their frames written by hand. The table has one bucket, or two halves. An outcome
//! goes on in the next line behind `..`. What nodes are told of rows is logged from the step `rows`
//! on.
//!
//! A client confirms nothing, and its inbox is refused without a word in the log, unless the script
//! has the step `loud`. What the application is asked and told is logged as `app` and the request's
//! number. Homes count as heard for ever, unless the test's settings say otherwise.

mod asks;
mod attached;
mod attaching;
mod bench;
mod closing;
mod counters;
mod elsewhere;
mod fanout;
mod frames;
mod hearing;
mod input;
mod join;
mod kick;
mod limits;
mod lines;
mod posts;
mod recover;
mod refresh;
mod resume;
mod returning;
mod rows;
mod service;
mod slow;
mod survey;
mod tables;
mod together;
mod tokens;
mod traced;
mod web;

use bench::Bench;

use super::settings::Settings;

fn dev() -> Settings {
    Settings { dev_auth: true, dead_ms: u64::MAX, ..Settings::default() }
}

/// Runs a script and compares what comes of it.
#[track_caller]
fn check(script: &str) {
    check_with(dev(), script);
}

/// Likewise, with settings of the test's own.
#[track_caller]
fn check_with(settings: Settings, script: &str) {
    let (steps, expected) = script.split_once("----").expect("a script has outcomes");
    let outcome = run(settings, steps);
    let mut whole: Vec<String> = Vec::new();
    for line in lines(expected) {
        match (line.strip_prefix(".."), whole.last_mut()) {
            (Some(rest), Some(begun)) => begun.push_str(rest),
            (Some(_) | None, _) => whole.push(line.to_owned()),
        }
    }
    let expected = whole;
    let outcome: Vec<&str> = lines(&outcome).collect();
    assert!(
        expected == outcome,
        "expected:\n{}\n\ncame:\n{}\n",
        expected.join("\n"),
        outcome.join("\n")
    );
}

/// What comes of a script.
fn run(settings: Settings, steps: &str) -> String {
    let mut bench = Bench::new(settings);
    for line in lines(steps) {
        bench.step(line);
    }
    bench.log
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
