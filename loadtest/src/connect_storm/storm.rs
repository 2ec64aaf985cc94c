//! Those who are there, whose messages are timed, and those who come.

use std::time::Duration;

use anyhow::Result;

use super::ConnectStormOptions;
use super::report::ConnectStormReport;
use crate::clock::{Nanoseconds, SECOND, nanoseconds, seconds};
use crate::interrupt::Interrupt;
use crate::neighbours::{Beside, Neighbours, Nothing};
use crate::peers::imq::Imq;
use crate::peers::{Event, Member};
use crate::processes::cpu;
use crate::sources;
use crate::traffic::crowd::Crowd;
use crate::traffic::load::Load;

/// Connections that are made, or reset, between two looks at the sockets: so many take a
/// millisecond or two, by which the generator itself may be late.
const SLICE: usize = 32;

/// Before, during, after.
pub(super) fn run(
    options: &ConnectStormOptions,
    load: &Load,
    interrupt: &Interrupt,
) -> Result<ConnectStormReport> {
    let mut there = Neighbours::new(load, &options.credentials, interrupt)?;
    let before = there.phase(options.window, &mut Nothing)?.latency;
    let mut comers = Comers::new(options, load, &there)?;
    let (start, used, own) = (there.now(), cpu::used(&load.processes)?, cpu::own()?);
    let end = start + nanoseconds(options.patience);
    while !comers.is_over() && there.now() < end {
        comers.act()?;
        comers.show(there.received());
        // While somebody is still to connect, nobody waits.
        let wait = if comers.crowd.len() < options.storm { 0 } else { SECOND / 1_000 };
        there.step(there.now() + wait)?;
    }
    let (ended, server_cpu) = (there.now(), cpu::used(&load.processes)? - used);
    let generator_cpu = cpu::own()? - own;
    for first in (0..comers.crowd.len()).step_by(SLICE) {
        for who in first..(first + SLICE).min(comers.crowd.len()) {
            comers.crowd.leave(who);
        }
        there.step(there.now())?;
    }
    let during = there.cut().latency;
    let after = there.phase(options.window, &mut Nothing)?.latency;
    let took = comers.last_welcome.saturating_sub(start);
    Ok(ConnectStormReport {
        connections: load.connections,
        storm: options.storm,
        welcomed: comers.welcomed,
        refused: comers.refused,
        took_ms: took as f64 / 1e6,
        logins_per_s: ConnectStormReport::rate(comers.welcomed, seconds(took)),
        before,
        during,
        after,
        faults: there.drain()?,
        server_busy: server_cpu as f64 / (ended - start) as f64,
        generator_busy: generator_cpu as f64 / (ended - start) as f64,
    })
}

/// Those who come, as fast as the generator can.
struct Comers<'a> {
    options: &'a ConnectStormOptions,
    load: &'a Load,
    crowd: Crowd<Imq>,
    run: u32,
    welcomed: usize,
    /// Who was refused, or closed.
    refused: usize,
    last_welcome: Nanoseconds,
    progress: Nanoseconds,
}

impl<'a> Comers<'a> {
    fn new(
        options: &'a ConnectStormOptions,
        load: &'a Load,
        there: &Neighbours<'_>,
    ) -> Result<Self> {
        Ok(Self {
            options,
            load,
            crowd: Crowd::storming(there.clock())?,
            run: rand::random(),
            welcomed: 0,
            refused: 0,
            last_welcome: 0,
            progress: 0,
        })
    }

    fn is_over(&self) -> bool {
        self.welcomed + self.refused >= self.options.storm
    }

    /// One more connects, and subscribes to nothing.
    fn join(&mut self) -> Result<()> {
        // Those who are there had their sources and tokens before.
        let number = self.load.connections + self.crowd.len();
        let server = self.load.servers[0];
        let user = format!("new-{:08x}-{number}", self.run);
        let token = self.options.credentials.token(&user, number)?;
        let member = Member { user, room: String::new() };
        self.crowd.join(server, sources::source(number, server), Imq::with_token(member, token))
    }

    /// Says once a second how far the run is.
    fn show(&mut self, received: u64) {
        let now = self.crowd.now();
        if now >= self.progress {
            self.progress = now + SECOND;
            let (second, Self { welcomed, refused, .. }) = (seconds(now), self);
            eprintln!(
                "{second:>6.1} s: {received} received, {welcomed} welcomed, {refused} refused"
            );
        }
    }
}

impl Beside for Comers<'_> {
    fn act(&mut self) -> Result<()> {
        for _ in 0..SLICE.min(self.options.storm - self.crowd.len()) {
            self.join()?;
        }
        self.crowd.flush()?;
        let (welcomed, last) = (&mut self.welcomed, &mut self.last_welcome);
        self.crowd.turn(Duration::ZERO, |heard| {
            if heard.event == Event::Welcomed {
                *welcomed += 1;
                *last = heard.now;
            }
            Ok(())
        })?;
        for loss in self.crowd.take_losses() {
            if self.refused == 0 {
                eprintln!("the first that was refused: {}", loss.why);
            }
            self.refused += 1;
        }
        Ok(())
    }
}
