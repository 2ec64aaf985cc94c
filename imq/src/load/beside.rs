//! The plans that time people in ordinary rooms while others do something, from the command line.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use loadtest::Watch;
use loadtest::callout_silent::{self, CalloutSilentOptions};
use loadtest::guilty::{self, GuiltyOptions, NAMES};

use super::common::Common;

/// `imq loadtest callout-silent`.
#[derive(Debug, Args)]
pub(crate) struct CalloutSilentArgs {
    /// How many others there are, whose operations are asked about.
    #[arg(long, default_value_t = 500)]
    askers: usize,
    /// Their operations per second, all together.
    #[arg(long, default_value_t = 1_000.0)]
    asks_rate: f64,
    /// The application answers after so many milliseconds [default: never].
    #[arg(long, value_name = "MS")]
    answers_after_ms: Option<u64>,
    #[command(flatten)]
    rooms: Rooms,
    #[command(flatten)]
    common: Common,
}

/// `imq loadtest guilty`.
#[derive(Debug, Args)]
pub(crate) struct GuiltyArgs {
    /// Which offences, by name [default: all].
    #[arg(long, value_delimiter = ',', value_parser = NAMES)]
    offences: Vec<String>,
    /// How many commit them, in parts of the numbers in the plan.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    #[command(flatten)]
    rooms: Rooms,
    #[command(flatten)]
    common: Common,
}

/// Those who are timed, and how often.
#[derive(Debug, Args)]
struct Rooms {
    /// How many are timed, in rooms of ten.
    #[arg(long, default_value_t = 500)]
    connections: usize,
    /// Their messages per second, all together.
    #[arg(long, default_value_t = 1_000.0)]
    rate: f64,
    /// Rounds of three phases: without, with, and again without what the others do.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long a phase with it is.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// How long a phase without it is.
    #[arg(long, default_value_t = 6)]
    calm_seconds: u64,
}

impl Rooms {
    fn watch(&self) -> Watch {
        Watch {
            connections: self.connections,
            messages_per_s: self.rate,
            rounds: self.rounds,
            calm: Duration::from_secs(self.calm_seconds),
            window: Duration::from_secs(self.seconds),
            ..Watch::default()
        }
    }
}

pub(super) fn callout_silent(args: &CalloutSilentArgs) -> Result<ExitCode> {
    let mut options = CalloutSilentOptions::new(args.common.binary()?);
    options.watch = args.rooms.watch();
    options.askers = args.askers;
    options.asks_per_s = args.asks_rate;
    options.answers_after = args.answers_after_ms.map(Duration::from_millis);
    let report = callout_silent::run(&options)?;
    args.common.print(&report, report.sound())
}

pub(super) fn guilty(args: &GuiltyArgs) -> Result<ExitCode> {
    let mut options = GuiltyOptions::new(args.common.binary()?);
    options.watch = args.rooms.watch();
    options.scale = args.scale;
    if !args.offences.is_empty() {
        options.offences.clone_from(&args.offences);
    }
    let report = guilty::run(&options)?;
    args.common.print(&report, report.sound())
}
