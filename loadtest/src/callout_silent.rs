//! `imq loadtest callout-silent`: a web application that never answers, and people in rooms that
//! have nothing to do with it. How long do their messages take while others wait for it?
//!
//! Each round has a class and a call-out of its own, so that it goes all the way: asks wait, are
//! late, the circuit opens, and from then on asks have no answer at once.

mod askers;
mod configuration;
mod report;

pub(crate) use configuration::ROOMS;
pub use report::CalloutSilentReport;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::application::Application;
use crate::clock::nanoseconds;
use crate::credentials::Credentials;
use crate::interrupt::Interrupt;
use crate::neighbours::{Influence, Neighbours, Nothing, Round, Watch};
use crate::processes::{cpu, pin};
use crate::servers::cluster::{Cluster, Shape};
use crate::traffic::load::Load;
use askers::Askers;

/// What `callout-silent` is to do.
#[derive(Clone, Debug)]
pub struct CalloutSilentOptions {
    /// imq's program.
    pub binary: PathBuf,
    /// Who is watched, and how often.
    pub watch: Watch,
    /// Others, whose operations are asked about.
    pub askers: usize,
    /// Their operations a second, all together.
    pub asks_per_s: f64,
    /// When the application answers, if it does.
    pub answers_after: Option<Duration>,
}

impl CalloutSilentOptions {
    /// 500 people send 1,000 messages a second in rooms of ten, 500 others do as many operations
    /// that are never answered.
    pub fn new(binary: PathBuf) -> Self {
        Self {
            binary,
            watch: Watch::default(),
            askers: 500,
            asks_per_s: 1_000.0,
            answers_after: None,
        }
    }
}

/// Measures the rooms without, with and again without asks, in a cluster of its own.
///
/// # Errors
/// When the cluster doesn't start, or closes or refuses those in the rooms; when interrupted.
pub fn run(options: &CalloutSilentOptions) -> Result<CalloutSilentReport> {
    if options.askers == 0 || options.watch.rounds == 0 {
        bail!("somebody must be asked about, and at least once");
    }
    if !(options.asks_per_s.is_finite() && options.asks_per_s > 0.0) {
        bail!("a rate is a number above zero");
    }
    let interrupt = Interrupt::watch()?;
    pin::generator()?;
    let application = Application::start(options.answers_after)?;
    let text = configuration::text(application.address, options.watch.rounds);
    let shape = Shape { configuration: Some(&text), ..Shape::SMALLEST };
    let cluster = Cluster::start(&options.binary, shape, &interrupt)?;
    let report = measure(options, &cluster, &interrupt);
    report.map_err(|error| error.context(cluster.tail()))
}

fn measure(
    options: &CalloutSilentOptions,
    cluster: &Cluster,
    interrupt: &Interrupt,
) -> Result<CalloutSilentReport> {
    let nodes = cluster.nodes();
    let load = Load::open(&options.watch, &nodes);
    let mut neighbours = Neighbours::new(&load, &Credentials::Believed, interrupt)?;
    let mut askers =
        Askers::new(options, neighbours.clock(), cluster.door(), &cluster.rpc_key, interrupt)?;
    let (start, used) = (neighbours.now(), cpu::own()?);
    let mut rounds = Vec::new();
    for number in 0..options.watch.rounds {
        let without = neighbours.phase(options.watch.calm, &mut Nothing)?;
        askers.begin(number);
        let with = neighbours.phase(options.watch.window, &mut askers)?;
        askers.stop();
        let end = neighbours.now() + nanoseconds(configuration::PATIENCE);
        while askers.waiting() > 0 && neighbours.now() < end {
            let soon = neighbours.now() + nanoseconds(Duration::from_millis(50));
            neighbours.until(soon, &mut askers)?;
        }
        let again = neighbours.phase(options.watch.calm, &mut Nothing)?;
        let round = Round { without, with, again };
        eprintln!("round {}: {round}", number + 1);
        rounds.push(round);
    }
    let generator_busy = (cpu::own()? - used) as f64 / (neighbours.now() - start) as f64;
    let faults = neighbours.drain()?;
    let outcomes = askers.outcomes();
    Ok(CalloutSilentReport {
        answers_after_ms: options.answers_after.map(|after| after.as_secs_f64() * 1e3),
        connections: load.connections,
        askers: options.askers,
        influence: Influence::new(rounds),
        faults,
        asked: askers.asked,
        done: outcomes.done,
        refused: outcomes.refused,
        unanswered: cluster.samples("imq_gateway_callout_asks_unanswered_total")?,
        answered: cluster.samples("imq_gateway_callout_asks_answered_total")?,
        generator_busy,
    })
}
