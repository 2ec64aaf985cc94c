//! The simulation's commands.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use sim::gate::{self, Tally};
use sim::model;
use sim::plan::Faults;
use sim::planted::Planted;
use sim::run::run;
use sim::world::Trace;

/// The cluster on one thread, from a seed.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs clean seeds, one after the other.
    Run {
        /// How many.
        #[arg(long, default_value_t = 100)]
        seeds: u64,
        /// The first one.
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
    /// Runs one seed and says what was wrong.
    Seed {
        /// Which.
        seed: u64,
        /// Prints everything that happens.
        #[arg(long)]
        trace: bool,
        /// Prints every frame on the links as well.
        #[arg(long)]
        frames: bool,
        /// Plants this bug, as `faults` names them.
        #[arg(long)]
        fault: Option<String>,
    },
    /// Plants each bug alone and looks for it.
    Faults {
        /// Only bugs whose name has this in it.
        #[arg(long, default_value = "")]
        named: String,
    },
    /// Looks for a planted bug in these seeds, and says which find it by which rule.
    Seek {
        /// The bug, as `faults` names them.
        fault: String,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many.
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
    },
    /// Goes through all states of the model of how copies are kept, and plants its bugs.
    Model {
        /// The large bounds, without planted bugs: it takes an hour or more.
        #[arg(long)]
        full: bool,
        /// Tells the counterexample of this planted bug alone.
        #[arg(long)]
        fault: Option<String>,
    },
    /// Everything: the seeds that once found a bug, new ones, all planted bugs, and the model.
    Gate {
        /// Few seeds.
        #[arg(long)]
        quick: bool,
    },
}

fn main() -> ExitCode {
    let clock = stopwatch();
    let tally = match Arguments::parse().command {
        Command::Run { seeds, from } => gate::seeds(from..from + seeds),
        Command::Seed { seed, trace, frames, fault } => {
            let trace = match (trace, frames) {
                (_, true) => Trace::Frames,
                (true, false) => Trace::Happenings,
                (false, false) => Trace::Off,
            };
            one(seed, trace, fault.as_deref())
        }
        Command::Faults { named } => gate::planted_bugs(&named),
        Command::Seek { fault, from, seeds } => gate::seek(&fault, from..from + seeds),
        Command::Model { full: true, .. } => model::whole(true, &clock),
        Command::Model { full: false, fault: Some(name) } => model::counterexample(&name),
        Command::Model { full: false, fault: None } => {
            model::whole(false, &clock).and(model::planted_bugs())
        }
        Command::Gate { quick } => {
            let new = if quick { 30 } else { 1_000 };
            let seeds = gate::seeds(gate::old_seeds()).and(gate::seeds(0..new));
            let model = model::whole(false, &clock).and(model::planted_bugs());
            seeds.and(gate::planted_bugs("")).and(model)
        }
    };
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How long searches take is told, and nothing depends on it.
#[allow(clippy::disallowed_methods, reason = "this program stands outside the cluster's clock")]
fn stopwatch() -> impl Fn() -> Duration {
    let began = Instant::now();
    move || began.elapsed()
}

fn one(seed: u64, trace: Trace, fault: Option<&str>) -> Tally {
    let mut faults = Faults::default();
    if let Some(name) = fault {
        let Some(bug) = Planted::named(name) else {
            println!("no planted bug is called `{name}`: `sim faults` names them");
            return Tally { passed: 0, failed: 1 };
        };
        if !gate::can_plant() {
            return Tally { passed: 0, failed: 1 };
        }
        faults = bug.faults;
    }
    let violations = run(seed, faults, trace).violations;
    for violation in &violations {
        gate::print_violation(&format!("seed {seed}"), violation);
    }
    let failed = u64::from(!violations.is_empty());
    Tally { passed: 1 - failed, failed }
}
