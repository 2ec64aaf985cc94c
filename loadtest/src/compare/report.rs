//! From runs to rows: medians, ratios per round, and what a reader must know about them.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{LoadName, ServerName};
use crate::servers::Spoken;
use crate::statistics::{median, spread};
use crate::traffic::checker::Faults;
use crate::traffic::load::Pace;
use crate::traffic::outcome::Outcome;

/// A generator that used this much of its core, while the servers used less, was the limit.
const GENERATOR_LIMIT: f64 = 0.97;

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) server: ServerName,
    pub(super) load: LoadName,
    pub(super) round: u32,
    pub(super) outcome: Outcome,
}

/// One server under one load. What doesn't apply is null; all figures are medians over the rounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The server.
    pub server: ServerName,
    /// The load.
    pub load: LoadName,
    /// CPU per delivery against Redis, closed loops only.
    pub ratio_redis: Option<f64>,
    /// CPU per delivery against Bun, over WebSocket only, in closed and open loops.
    pub ratio_bun: Option<f64>,
    /// CPU of all the server's processes per delivery, in microseconds.
    pub cpu_us_per_delivery: f64,
    /// Deliveries in a second.
    pub deliveries_per_s: f64,
    /// Half of the deliveries came within this.
    pub p50_ms: f64,
    /// 99 of a hundred deliveries came within this.
    pub p99_ms: f64,
    /// The 99th percentile against the best of the round's Redis, NATS and Mosquitto, over
    /// WebSocket of Bun and Centrifugo; open loop only.
    pub p99_ratio_best: Option<f64>,
    /// CPU per delivery against Redis, open loop only.
    pub open_cpu_ratio_redis: Option<f64>,
    /// How far the rounds are apart: (max - min) / median of `ratio_redis`, over WebSocket of
    /// `ratio_bun`, in an open loop of `p99_ratio_best`.
    pub spread: Option<f64>,
    /// How much of their core the server's processes used.
    pub server_busy: f64,
    /// How much of its core the generator used.
    pub generator_busy: f64,
    /// Anything that was wrong.
    pub note: Option<String>,
    /// Faults of all rounds together; the document has them in `note`.
    #[serde(skip)]
    pub faults: Faults,
}

/// The comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompareReport {
    /// Load by load, server by server.
    pub rows: Vec<Row>,
    /// What has no row: servers that aren't installed, runs that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl CompareReport {
    pub(super) fn new(samples: &[Sample], notes: Vec<String>) -> Self {
        let mut runs: BTreeMap<(LoadName, ServerName), BTreeMap<u32, &Outcome>> = BTreeMap::new();
        for sample in samples {
            let rounds = runs.entry((sample.load, sample.server)).or_default();
            rounds.insert(sample.round, &sample.outcome);
        }
        let of = |load, server| runs.get(&(load, server));
        let rows = runs
            .iter()
            .map(|(&(load, server), rounds)| {
                let others = match server.spoken() {
                    Spoken::Tcp => [ServerName::Nats, ServerName::Mosquitto].as_slice(),
                    Spoken::WebSocket => [ServerName::Centrifugo].as_slice(),
                };
                let peers = Peers {
                    redis: of(load, ServerName::Redis),
                    bun: of(load, ServerName::Bun),
                    others: others.iter().filter_map(|&peer| of(load, peer)).collect(),
                };
                row(load, server, rounds, &peers)
            })
            .collect();
        Self { rows, notes }
    }

    /// The comparison as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }

    /// Whether imq has runs, in whatever way, and none of them lost, doubled or reordered anything.
    pub fn sound(&self) -> bool {
        let mut own = self.rows.iter().filter(|row| row.server.is_imq()).peekable();
        own.peek().is_some() && own.all(|row| row.faults.none())
    }
}

type Rounds<'a> = BTreeMap<u32, &'a Outcome>;

/// Who ran beside a server under the same load.
struct Peers<'a> {
    redis: Option<&'a Rounds<'a>>,
    bun: Option<&'a Rounds<'a>>,
    /// Who else speaks as the server does.
    others: Vec<&'a Rounds<'a>>,
}

fn row(load: LoadName, server: ServerName, rounds: &Rounds<'_>, peers: &Peers<'_>) -> Row {
    let of = |figure: fn(&Outcome) -> f64| median(rounds.values().map(|run| figure(run)).collect());
    let over_websocket = server.spoken() == Spoken::WebSocket;
    let first = if over_websocket { peers.bun } else { peers.redis };
    let best = |round: &u32, figure: fn(&Outcome) -> f64| {
        let runs = first.iter().chain(&peers.others).filter_map(|runs| runs.get(round));
        runs.map(|run| figure(run)).reduce(f64::min)
    };
    let cpu = Outcome::cpu_us_per_delivery;
    let cpu_ratios = |peer: Option<&Rounds<'_>>| -> Vec<f64> {
        let ratio = |(round, run): (&u32, &&Outcome)| Some(cpu(run) / cpu(peer?.get(round)?));
        rounds.iter().filter_map(ratio).collect()
    };
    let to_redis = cpu_ratios(peers.redis);
    let to_bun = cpu_ratios(peers.bun.filter(|_| over_websocket));
    let p99 = |run: &Outcome| run.latency.p99_ms;
    let p99_ratios: Vec<f64> =
        rounds.iter().filter_map(|(round, run)| Some(p99(run) / best(round, p99)?)).collect();
    let open = match load.pace() {
        Pace::PerSecond(_) => true,
        Pace::InFlight(_) => false,
    };
    let ratio = |ratios: &Vec<f64>| (!ratios.is_empty()).then(|| median(ratios.clone()));
    let apart = match (open, over_websocket) {
        (true, _) => &p99_ratios,
        (false, true) => &to_bun,
        (false, false) => &to_redis,
    };
    Row {
        server,
        load,
        ratio_redis: ratio(&to_redis).filter(|_| !open),
        ratio_bun: ratio(&to_bun),
        cpu_us_per_delivery: of(cpu),
        deliveries_per_s: of(Outcome::deliveries_per_s),
        p50_ms: of(|run| run.latency.p50_ms),
        p99_ms: of(p99),
        p99_ratio_best: ratio(&p99_ratios).filter(|_| open),
        open_cpu_ratio_redis: ratio(&to_redis).filter(|_| open),
        spread: (!apart.is_empty()).then(|| spread(apart.clone())),
        server_busy: of(Outcome::server_busy),
        generator_busy: of(Outcome::generator_busy),
        note: note(rounds),
        faults: rounds.values().fold(Faults::default(), |sum, run| sum.with(run.faults)),
    }
}

fn note(rounds: &Rounds<'_>) -> Option<String> {
    let mut notes = Vec::new();
    let limited = |run: &&&Outcome| {
        run.generator_busy() >= GENERATOR_LIMIT && run.server_busy() < run.generator_busy()
    };
    let count = rounds.values().filter(limited).count();
    if count > 0 {
        notes.push(format!("the generator was the limit in {count} of {} runs", rounds.len()));
    }
    for (round, run) in rounds {
        if !run.faults.none() {
            notes.push(format!("round {}: {}", round + 1, run.faults));
        }
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

impl fmt::Display for CompareReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:<14}{:<13}{:>7}{:>7}{:>10}{:>14}{:>9}{:>9}{:>7}{:>7}{:>8}{:>8}{:>8}  note",
            "load",
            "server",
            "ratio",
            "/bun",
            "cpu us",
            "deliveries/s",
            "p50 ms",
            "p99 ms",
            "p99/b",
            "cpu/r",
            "spread",
            "server",
            "gen."
        )?;
        let ratio = |ratio: Option<f64>| ratio.map_or("-".into(), |ratio| format!("{ratio:.2}"));
        for row in &self.rows {
            writeln!(
                formatter,
                "{:<14}{:<13}{:>7}{:>7}{:>10.3}{:>14.0}{:>9.3}{:>9.3}{:>7}{:>7}{:>8}{:>8.2}{:>8.2}\
                 \x20 {}",
                row.load.as_str(),
                row.server.as_str(),
                ratio(row.ratio_redis),
                ratio(row.ratio_bun),
                row.cpu_us_per_delivery,
                row.deliveries_per_s,
                row.p50_ms,
                row.p99_ms,
                ratio(row.p99_ratio_best),
                ratio(row.open_cpu_ratio_redis),
                ratio(row.spread),
                row.server_busy,
                row.generator_busy,
                row.note.as_deref().unwrap_or_default(),
            )?;
        }
        self.notes.iter().try_for_each(|note| writeln!(formatter, "note: {note}"))
    }
}
