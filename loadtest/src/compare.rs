//! `imq compare`: one load, one generator, several servers, side by side.
//!
//! Each run has a fresh server, all its processes on one core, and the generator on the other. The
//! servers take turns within a round, and each round begins with another one; a ratio is against
//! the same round's Redis or, over WebSocket, Bun, and what is reported is the median over the
//! rounds.

mod load_name;
mod report;

pub use load_name::LoadName;
pub use report::{CompareReport, Row};

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::interrupt::Interrupt;
use crate::peers::Member;
use crate::peers::bun::Bun;
use crate::peers::centrifugo::Centrifugo;
use crate::peers::imq::Imq;
use crate::peers::imq::events;
use crate::peers::imq::json::ImqJson;
use crate::peers::mosquitto::Mosquitto;
use crate::peers::nats::Nats;
use crate::peers::redis::Redis;
use crate::peers::websocket::WebSocket;
use crate::processes::pin;
pub use crate::servers::{Programs, ServerName};
use crate::servers::{Running, Spoken};
use crate::traffic::engine;
use crate::traffic::load::{self, Load};
use crate::traffic::outcome::Outcome;
use report::Sample;

/// What `compare` is to do.
#[derive(Clone, Debug)]
pub struct CompareOptions {
    /// The programs.
    pub programs: Programs,
    /// How often each server has its turn with each load.
    pub rounds: u32,
    /// The measured window of a run.
    pub window: Duration,
    /// How many connections; a multiple of 100.
    pub connections: usize,
    /// Bytes of a payload.
    pub payload_bytes: usize,
    /// Which servers; ratios need Redis among them, over WebSocket Bun. If none is named, they are
    /// the usual ones, and those over WebSocket only where there is one to compare imq with.
    pub servers: Vec<ServerName>,
    /// Which loads.
    pub loads: Vec<LoadName>,
}

impl CompareOptions {
    /// All servers and loads as the published figures have them, with imq's program.
    pub fn new(imq: PathBuf) -> Self {
        Self {
            programs: Programs { imq, bun: None, centrifugo: None },
            rounds: 5,
            window: Duration::from_secs(5),
            connections: 1_000,
            payload_bytes: 100,
            servers: Vec::new(),
            loads: LoadName::ALL.to_vec(),
        }
    }
}

/// Runs the comparison. Servers that aren't installed and runs that failed are notes.
///
/// # Errors
/// When interrupted, when there is no second core, or when no run succeeded.
pub fn run(options: &CompareOptions) -> Result<CompareReport> {
    let interrupt = Interrupt::watch()?;
    pin::generator()?;
    let (installed, mut notes) = installed(&options.servers, &options.programs);
    let mut samples = Vec::new();
    for &load in &options.loads {
        for round in 0..options.rounds {
            let asked = turns(&installed, round).filter(|(server, _)| load.suits(*server));
            for (server, program) in asked {
                let outcome = measure(options, load, *server, program, &interrupt);
                interrupt.check()?;
                let title = format!("{} round {} {}", load.as_str(), round + 1, server.as_str());
                match outcome {
                    Ok(outcome) => {
                        eprintln!("{title}: {outcome}");
                        samples.push(Sample { server: *server, load, round, outcome });
                    }
                    Err(error) => {
                        eprintln!("{title}: failed: {error:#}");
                        notes.push(format!("{title} failed: {error:#}"));
                    }
                }
            }
        }
    }
    if samples.is_empty() {
        bail!("nothing could be measured:\n{}", notes.join("\n"));
    }
    Ok(CompareReport::new(&samples, notes))
}

/// The wanted servers that are there, and what is to be said of the others.
fn installed(
    wanted: &[ServerName],
    programs: &Programs,
) -> (Vec<(ServerName, PathBuf)>, Vec<String>) {
    let by_default = wanted.is_empty();
    let wanted = if by_default { &ServerName::USUAL } else { wanted };
    let (mut installed, mut notes) = (Vec::new(), Vec::new());
    for name in ServerName::ALL.into_iter().filter(|name| wanted.contains(name)) {
        match name.program(programs) {
            Some(program) => installed.push((name, program)),
            None => notes.push(format!("{} isn't installed and was left out", name.as_str())),
        }
    }
    let over_websocket = |name: ServerName| name.spoken() == Spoken::WebSocket;
    if by_default && !installed.iter().any(|&(name, _)| over_websocket(name) && !name.is_imq()) {
        installed.retain(|&(name, _)| !over_websocket(name));
        notes.push("so imq over WebSocket was left out, too".to_owned());
    }
    (installed, notes)
}

/// The servers in the order of a round: whoever runs first finds the machine as the round before
/// left it, so each is first in its turn.
fn turns<T>(servers: &[T], round: u32) -> impl Iterator<Item = &T> {
    servers.iter().cycle().skip(round as usize % servers.len().max(1)).take(servers.len())
}

/// One run of one load on a fresh server.
fn measure(
    options: &CompareOptions,
    name: LoadName,
    server: ServerName,
    program: &std::path::Path,
    interrupt: &Interrupt,
) -> Result<Outcome> {
    let running = Running::start(server, program, interrupt)?;
    let load = Load {
        connections: options.connections,
        room_size: name.room_size(),
        payload_bytes: options.payload_bytes,
        pace: name.pace(),
        warm_up: name.warm_up(),
        window: options.window,
        drain: load::DRAIN_PATIENCE,
        progress: false,
        servers: vec![running.address()],
        processes: running.processes(),
    };
    let member = |who: usize| {
        let room = who / load.room_size;
        // A slash means something to MQTT, a dot nothing to anybody here.
        let room = if server.is_imq() { format!("/room/{room}") } else { format!("room.{room}") };
        Member { user: format!("u{who}"), room }
    };
    let outcome = match server {
        ServerName::Redis => engine::run(&load, interrupt, |who| Redis::new(member(who))),
        ServerName::Nats => engine::run(&load, interrupt, |who| Nats::new(member(who))),
        ServerName::Mosquitto => engine::run(&load, interrupt, |who| Mosquitto::new(member(who))),
        ServerName::Imq | ServerName::ImqTls | ServerName::ImqCopies => {
            engine::run(&load, interrupt, |who| Imq::new(member(who)))
        }
        ServerName::Bun => {
            engine::run(&load, interrupt, |who| WebSocket::of(Bun::new(member(who))))
        }
        ServerName::Centrifugo => {
            engine::run(&load, interrupt, |who| WebSocket::of(Centrifugo::new(member(who))))
        }
        ServerName::ImqWsJson => {
            engine::run(&load, interrupt, |who| WebSocket::of(ImqJson::new(member(who))))
        }
        ServerName::ImqWsProto => {
            engine::run(&load, interrupt, |who| WebSocket::of(Imq::new(member(who))))
        }
        ServerName::ImqEvents => {
            engine::run_in_pairs(&load, interrupt, events::pairs(load.connections, member))
        }
    };
    outcome.map_err(|error| error.context(running.tail()))
}

#[cfg(test)]
mod tests;
