//! Others on the same gateway, whose operations are asked about.

use std::time::Duration;

use anyhow::{Result, bail};

use super::CalloutSilentOptions;
use super::configuration::queue;
use crate::clock::Clock;
use crate::interrupt::Interrupt;
use crate::neighbours::Beside;
use crate::peers::Member;
use crate::peers::imq::counting::{Counting, Outcomes};
use crate::processes::http::Http;
use crate::servers::cluster::Gateway;
use crate::sources;
use crate::traffic::crowd::Crowd;
use crate::traffic::opening::Opening;
use crate::traffic::schedule::Schedule;

/// Queues of a class that asks.
const QUEUES: usize = 20;

/// The askers.
pub(super) struct Askers {
    crowd: Crowd<Counting>,
    /// Operations so far.
    pub(super) asked: u64,
    asks_per_s: f64,
    /// The round, and its operations.
    schedule: Option<(usize, Schedule)>,
}

impl Askers {
    /// Makes the queues and lets the askers in, each with an ordinary room.
    pub(super) fn new(
        options: &CalloutSilentOptions,
        clock: Clock,
        door: &Gateway,
        rpc_key: &str,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let mut rpc = Http::connect(door.rpc)?;
        for round in 0..options.watch.rounds {
            for number in 0..QUEUES {
                let body = format!("{{\"queue\":\"{}\"}}", queue(round, number));
                if rpc.call(door.rpc, rpc_key, "create_queue", &body)?.status != 200 {
                    bail!("create_queue is refused");
                }
            }
        }
        let run = rand::random::<u32>();
        let mut crowd = Crowd::new(clock)?;
        Opening::default().until(options.askers, &mut crowd, interrupt, |crowd, who| {
            let name = format!("asker-{run:08x}-{who}");
            let member = Member { room: format!("/room/{name}"), user: name };
            let source = sources::source(who, door.client);
            crowd.join(door.client, source, Counting::new(member))
        })?;
        Ok(Self { crowd, asked: 0, asks_per_s: options.asks_per_s, schedule: None })
    }

    /// From now on there are operations on the queues of this round.
    pub(super) fn begin(&mut self, round: usize) {
        let (now, askers) = (self.crowd.now(), self.crowd.len());
        self.schedule = Some((round, Schedule::new(now, self.asks_per_s, askers, 1)));
    }

    /// There are no more.
    pub(super) fn stop(&mut self) {
        self.schedule = None;
    }

    /// Operations without an answer.
    pub(super) fn waiting(&self) -> u64 {
        self.asked.saturating_sub(self.outcomes().answered())
    }

    /// What all of them were told, but for the answer to their first `subscribe`.
    pub(super) fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for who in 0..self.crowd.len() {
            outcomes.add(&self.crowd.codec(who).outcomes);
        }
        outcomes.done = outcomes.done.saturating_sub(self.crowd.len() as u64);
        outcomes
    }
}

impl Beside for Askers {
    fn act(&mut self) -> Result<()> {
        let now = self.crowd.now();
        if let Some((round, schedule)) = &mut self.schedule {
            while let Some((who, _)) = schedule.take(now) {
                let queue = queue(*round, who % QUEUES);
                let joins = self.asked.is_multiple_of(2);
                self.asked += 1;
                self.crowd.say(who, |asker, out| {
                    if joins {
                        asker.imq.subscribe(&queue, out);
                    } else {
                        asker.imq.send(&queue, b"\"may I?\"", out);
                    }
                })?;
            }
            self.crowd.flush()?;
        }
        self.crowd.turn(Duration::ZERO, |_| Ok(()))
    }
}
