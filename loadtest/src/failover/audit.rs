//! Reads the history of each room, as somebody new is given it, and compares it with what was seen.

use std::time::Duration;

use anyhow::{Result, bail};

use super::clients::{Clients, stamped};
use super::flock::{Doors, Ear, Flock};
use super::newest::{Differences, HISTORY, History};
use crate::clock::{Clock, nanoseconds};
use crate::interrupt::Interrupt;
use crate::peers::Member;
use crate::peers::imq::witness::{Told, Witness};

/// A history comes at once behind its subscription; so long nothing more may come.
const QUIET: Duration = Duration::from_secs(1);

/// The histories that newcomers are given, by room.
#[derive(Debug)]
struct Newcomers {
    histories: Vec<History>,
    payload_bytes: usize,
    /// How many messages came.
    heard: usize,
}

impl Ear for Newcomers {
    fn hear(&mut self, who: usize, _: u64, told: &Told, payload: Option<&[u8]>) -> Result<bool> {
        let history = &mut self.histories[who];
        match told {
            Told::Message { seq, history: true } => {
                let (_, key) = stamped(payload.unwrap_or_default(), self.payload_bytes)?;
                history.messages.push((*seq, key));
                self.heard += 1;
            }
            Told::Subscribed { epoch } => history.epoch = *epoch,
            Told::Message { history: false, .. } => bail!("somebody sent a message after the end"),
            Told::Nothing | Told::Result { .. } | Told::Unsubscribed { .. } | Told::Gap => {}
        }
        Ok(false)
    }

    fn lose(&mut self, _: usize, _: Option<u32>) {}
}

/// Compares the histories of all rooms with what the clients saw.
pub(super) fn audit(
    clients: &Clients,
    doors: Doors,
    run: u32,
    payload_bytes: usize,
    interrupt: &Interrupt,
) -> Result<Differences> {
    let rooms: Vec<_> = clients.rooms().collect();
    let histories = rooms.iter().map(|_| History::default()).collect();
    let mut newcomers = Newcomers { histories, payload_bytes, heard: 0 };
    let codec = |who: usize| {
        let (user, room) = (format!("audit-{run:08x}-{who}"), rooms[who].0.to_owned());
        Witness::with_history(Member { user, room }, HISTORY as u32)
    };
    let clock = Clock::start();
    let mut flock = Flock::open(clock, doors, rooms.len(), interrupt, codec, &mut newcomers)?;
    let mut end = clock.now() + nanoseconds(QUIET);
    let mut heard = newcomers.heard;
    while clock.now() < end {
        interrupt.check()?;
        flock.step(end, &mut newcomers)?;
        if newcomers.heard > heard {
            (heard, end) = (newcomers.heard, clock.now() + nanoseconds(QUIET));
        }
    }
    let mut differences = Differences::default();
    for (history, (_, receivers)) in newcomers.histories.iter().zip(rooms) {
        let seen = receivers.map(|who| clients.witness.newest(who));
        differences.compare(history, seen, |(stream, counter)| {
            clients.witness.judge.excused(stream, counter)
        });
    }
    Ok(differences)
}
