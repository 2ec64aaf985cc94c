//! The gate: runs the stages one after the other and sums up.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::clock;
use crate::components;
use crate::counts::Counts;
use crate::process::{self, CommandLine, Ending, StandardError};
use crate::stage::{Output, Stage, Work, stages};
use crate::tidy;
use crate::tree::Tree;

/// How long the gate is to take on two cores and from a cold start: whoever waits for it longer
/// works on without it. On a machine that does other things, too, it takes longer, and says so.
const TIME_GOAL: Duration = Duration::from_secs(35 * 60);

/// Whatever takes longer than this hangs, whichever stage it is.
const TIME_MAX: Duration = Duration::from_secs(75 * 60);

/// How much of a failed command's held-back output is shown.
const HELD_LINES_MAX: usize = 100;

/// Runs the gate in the tree below `root`; true when everything passed.
///
/// # Errors
/// When something is lacking on this machine, or the tree cannot be read.
pub(crate) fn run(root: &Path, quick: bool) -> anyhow::Result<bool> {
    components::provide(root, quick)?;
    let tree = Tree::read(root)?;
    Ok(pass(root, &tree, stages(&tree, quick, components::is_root()), TIME_MAX))
}

/// What became of a stage.
struct Outcome {
    name: &'static str,
    took: Duration,
    verdict: Verdict,
}

enum Verdict {
    /// It ran; it passed when nothing failed.
    Ran(Counts),
    /// It didn't, so nobody knows: that is a failure.
    Skipped(&'static str),
    /// It can't run here, and that is no failure, but counted.
    LeftOut(&'static str),
}

fn pass(root: &Path, tree: &Tree, stages: Vec<Stage>, time_max: Duration) -> bool {
    let start = clock::now();
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut is_broken = false;
    for stage in stages {
        let begin = clock::now();
        let verdict = if is_broken {
            Verdict::Skipped("the build is broken")
        } else {
            run_stage(root, tree, &stage, (begin + stage.bound).min(start + time_max))
        };
        let outcome = Outcome { name: stage.name, took: clock::now() - begin, verdict };
        is_broken |= stage.ends_the_gate && outcome.counts().failed > 0;
        println!("== {}: {}\n", outcome.name, outcome.sentence());
        outcomes.push(outcome);
    }
    let (table, total) = summary(&outcomes);
    let took = clock::now() - start;
    println!("{table}\nin {:.1} s{}\n{total}", took.as_secs_f64(), complaint_of(took));
    total.failed == 0
}

/// What is said of the time that all of it took.
fn complaint_of(took: Duration) -> String {
    let goal = TIME_GOAL.as_secs() / 60;
    match took > TIME_GOAL {
        true => format!(
            ", which is more than {goal} minutes: has a stage grown, or is this machine slow?"
        ),
        false => String::new(),
    }
}

fn run_stage(root: &Path, tree: &Tree, stage: &Stage, deadline: Instant) -> Verdict {
    let left = || deadline.saturating_duration_since(clock::now());
    println!("== {} (at most {:.0} s)", stage.name, left().as_secs_f64());
    let lines = match &stage.work {
        Work::Missing(reason) => return Verdict::Skipped(reason),
        Work::LeftOut(reason) => return Verdict::LeftOut(reason),
        Work::Tidy => {
            return Verdict::Ran(one(tidy::report(tree)));
        }
        Work::Commands(lines) => lines,
    };
    let mut read = Counts::default();
    let mut failed = 0;
    for line in lines {
        let (counts, passed) = run_command(root, line, left(), stage.output);
        read += counts;
        // A command that fails without a failed test has failed as a whole.
        failed += u64::from(!passed && counts.failed == 0);
    }
    read.failed += failed;
    if stage.has_tests {
        read.failed += u64::from(lacks_tests(read));
    } else if read == Counts::default() {
        read = one(true);
    }
    Verdict::Ran(read)
}

/// Whether a stage of tests has run none of them, or not all; it says so.
fn lacks_tests(read: Counts) -> bool {
    let Counts { passed, failed, ignored, filtered } = read;
    if passed + failed == 0 {
        println!("no test has run");
    } else if read.left_out() > 0 {
        println!("{ignored} tests are ignored or skipped, {filtered} filtered out: run all");
    } else {
        return false;
    }
    true
}

/// The counts of a stage that is one test.
fn one(passed: bool) -> Counts {
    Counts { passed: u64::from(passed), failed: u64::from(!passed), ..Counts::default() }
}

/// Runs one command; the tests it counted, and whether it passed.
fn run_command(root: &Path, line: &CommandLine, left: Duration, output: Output) -> (Counts, bool) {
    let (live, standard_error) = match output {
        Output::AsItComes => (true, StandardError::Inherited),
        Output::WhenItFails => (false, StandardError::Read),
    };
    if live {
        println!("{line}");
    }
    let mut counts = Counts::default();
    let mut held = VecDeque::new();
    let ending = process::run(line, root, left, standard_error, |text| {
        if let Some(read) = Counts::read(text) {
            counts += read;
        }
        if live {
            println!("{text}");
            return;
        }
        if held.len() == HELD_LINES_MAX {
            held.pop_front();
        }
        held.push_back(text.to_owned());
    });
    let complaint = match ending {
        Ok(Ending::Succeeded) if counts.failed == 0 => return (counts, true),
        Ok(Ending::Succeeded) => "succeeded with failed tests".to_owned(),
        Ok(Ending::Failed(Some(code))) => format!("failed with code {code}"),
        Ok(Ending::Failed(None)) => "was killed by a signal".to_owned(),
        Ok(Ending::OutOfTime) => {
            format!("was killed: over its time of {:.0} s", left.as_secs_f64())
        }
        Err(error) => format!("did not run: {error:#}"),
    };
    held.iter().for_each(|text| println!("{text}"));
    println!("`{line}` {complaint}");
    (counts, false)
}

impl Outcome {
    fn counts(&self) -> Counts {
        match self.verdict {
            Verdict::Ran(counts) => counts,
            Verdict::Skipped(_) => one(false),
            Verdict::LeftOut(_) => Counts { ignored: 1, ..Counts::default() },
        }
    }

    /// What is said of the stage: verdict, seconds, and counts or reason.
    fn sentence(&self) -> String {
        let seconds = self.took.as_secs_f64();
        match self.verdict {
            Verdict::Ran(counts) if counts.failed == 0 => format!("passed in {seconds:.1} s"),
            Verdict::Ran(_) => format!("FAILED in {seconds:.1} s"),
            Verdict::Skipped(reason) => format!("FAILED, it didn't run: {reason}"),
            Verdict::LeftOut(reason) => format!("SKIPPED: {reason}"),
        }
    }
}

/// The table of what became of the stages, and all their tests.
fn summary(outcomes: &[Outcome]) -> (String, Counts) {
    let mut total = Counts::default();
    let mut table = format!("{:24} {:>7} {:>7} {:>8}\n", "stage", "passed", "failed", "seconds");
    for outcome in outcomes {
        let counts = outcome.counts();
        total += counts;
        table += &match outcome.verdict {
            Verdict::Ran(_) => format!(
                "{:24} {:>7} {:>7} {:>8.1}\n",
                outcome.name,
                counts.passed,
                counts.failed,
                outcome.took.as_secs_f64(),
            ),
            Verdict::Skipped(reason) => format!("{:24} didn't run: {reason}\n", outcome.name),
            Verdict::LeftOut(reason) => format!("{:24} skipped: {reason}\n", outcome.name),
        };
    }
    (table, total)
}

#[cfg(test)]
mod tests;
