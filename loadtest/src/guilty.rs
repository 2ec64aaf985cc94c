//! `imq loadtest guilty`: people in ordinary rooms, and beside them somebody who does what is not
//! to be done. How long do the others' messages take meanwhile, and what is the guilty one told?

mod culprits;
mod deaf;
mod http;
mod offence;
mod report;

pub use offence::NAMES;
pub use report::{GuiltyReport, OffenceReport};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::callout_silent::ROOMS;
use crate::clock::nanoseconds;
use crate::credentials::Credentials;
use crate::interrupt::Interrupt;
use crate::neighbours::{Influence, Neighbours, Nothing, Round, Watch};
use crate::peers::imq::counting::Outcomes;
use crate::processes::{cpu, pin};
use crate::servers::cluster::{Cluster, Shape};
use crate::traffic::load::Load;
use offence::{Offence, Scene};

/// What the gateway counts of the guilty.
const COUNTERS: [&str; 5] = [
    "imq_gateway_closed_total",
    "imq_gateway_refused_total",
    "imq_gateway_connections_refused_total",
    "imq_gateway_deliveries_dropped_total",
    "imq_gateway_slow_total",
];

/// More of the guilty than ten times the table's need more files than a process has.
const SCALE_MAX: f64 = 10.0;

/// What is left of an offence when those who did it are gone.
const SETTLE: Duration = Duration::from_millis(500);

/// What `guilty` is to do.
#[derive(Clone, Debug)]
pub struct GuiltyOptions {
    /// imq's program.
    pub binary: PathBuf,
    /// Who is watched, and how often.
    pub watch: Watch,
    /// Which offences, by name.
    pub offences: Vec<String>,
    /// How many commit it, in parts of as many as the table says.
    pub scale: f64,
}

impl GuiltyOptions {
    /// All offences, five times each, beside 500 people who send 1,000 messages a second.
    pub fn new(binary: PathBuf) -> Self {
        Self {
            binary,
            watch: Watch::default(),
            offences: NAMES.iter().map(|&name| name.to_owned()).collect(),
            scale: 1.0,
        }
    }
}

/// Measures the rooms without, with and again without each offence, in a cluster of its own.
///
/// # Errors
/// When the cluster doesn't start, or closes or refuses those in the rooms; when interrupted.
pub fn run(options: &GuiltyOptions) -> Result<GuiltyReport> {
    let offences = options.offences.iter().map(|name| Offence::named(name));
    let offences = offences.collect::<Result<Vec<_>>>()?;
    let scales = options.scale > 0.0 && options.scale <= SCALE_MAX;
    if offences.is_empty() || options.watch.rounds == 0 || !scales {
        bail!("there is at least one offence, one round, and a scale of up to {SCALE_MAX}");
    }
    let interrupt = Interrupt::watch()?;
    pin::generator()?;
    let text = format!("{}{ROOMS}", deaf::CLASSES);
    let shape =
        Shape { configuration: Some(&text), proxy: Some(offence::PROXY), ..Shape::SMALLEST };
    let cluster = Cluster::start(&options.binary, shape, &interrupt)?;
    let report = measure(options, &offences, &cluster, &interrupt);
    report.map_err(|error| error.context(cluster.tail()))
}

fn measure(
    options: &GuiltyOptions,
    offences: &[&'static Offence],
    cluster: &Cluster,
    interrupt: &Interrupt,
) -> Result<GuiltyReport> {
    let nodes = cluster.nodes();
    let load = Load::open(&options.watch, &nodes);
    let mut neighbours = Neighbours::new(&load, &Credentials::Believed, interrupt)?;
    let door = cluster.door();
    let scene = Scene {
        clock: neighbours.clock(),
        client: door.client,
        client_http: door.client_http,
        rpc: door.rpc,
        rpc_key: &cluster.rpc_key,
        boss_http: cluster.boss_http,
        queue_node_http: cluster.queue_node_http(),
        scale: options.scale,
    };
    let (start, used) = (neighbours.now(), cpu::own()?);
    let mut reports = Vec::new();
    for offence in offences {
        reports.push(watch(options, offence, &scene, &mut neighbours, cluster)?);
    }
    let generator_busy = (cpu::own()? - used) as f64 / (neighbours.now() - start) as f64;
    let faults = neighbours.drain()?;
    Ok(GuiltyReport { connections: load.connections, offences: reports, faults, generator_busy })
}

/// All rounds of one offence.
fn watch(
    options: &GuiltyOptions,
    offence: &Offence,
    scene: &Scene<'_>,
    neighbours: &mut Neighbours<'_>,
    cluster: &Cluster,
) -> Result<OffenceReport> {
    let before = counters(cluster)?;
    let (mut outcomes, mut rounds, mut grown) = (Outcomes::default(), Vec::new(), BTreeMap::new());
    let mut kernel_bytes_each: Option<u64> = None;
    for number in 0..options.watch.rounds {
        let without = neighbours.phase(options.watch.calm, &mut Nothing)?;
        let small = cluster.resident_bytes()?;
        let mut culprits = (offence.start)(scene)?;
        let with = neighbours.phase(options.watch.window, &mut *culprits)?;
        for (process, bytes) in cluster.resident_bytes()? {
            let bytes = bytes.saturating_sub(small.get(&process).copied().unwrap_or(bytes));
            let most: &mut u64 = grown.entry(process).or_default();
            *most = bytes.max(*most);
        }
        outcomes.add(&culprits.outcomes());
        kernel_bytes_each = kernel_bytes_each.max(culprits.kernel_bytes_each());
        drop(culprits);
        neighbours.until(neighbours.now() + nanoseconds(SETTLE), &mut Nothing)?;
        let again = neighbours.phase(options.watch.calm, &mut Nothing)?;
        let round = Round { without, with, again };
        eprintln!("{} round {}: {round}", offence.name, number + 1);
        rounds.push(round);
    }
    let counted = more(counters(cluster)?, &before);
    Ok(OffenceReport {
        name: offence.name,
        what: offence.what,
        expected: offence.expected.to_string(),
        met: offence.expected.is_met(&outcomes, &counted, &grown),
        kernel_bytes_each,
        closed: outcomes.closed,
        refused: outcomes.refused,
        counted,
        grown_bytes: grown,
        influence: Influence::new(rounds),
    })
}

/// What the gateway has counted, by the counter's name and its label.
fn counters(cluster: &Cluster) -> Result<BTreeMap<String, u64>> {
    let mut counters = BTreeMap::new();
    for name in COUNTERS {
        for (label, count) in cluster.samples(name)? {
            counters.insert(format!("{name} {label}").trim_end().to_owned(), count);
        }
    }
    Ok(counters)
}

/// What has come since `before`, without what hasn't risen.
fn more(counters: BTreeMap<String, u64>, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let since = |(name, count): (String, u64)| {
        let count = count - before.get(&name).copied().unwrap_or(0).min(count);
        (count > 0).then_some((name, count))
    };
    counters.into_iter().filter_map(since).collect()
}
