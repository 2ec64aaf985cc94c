//! Who lost a connection, when to try again, and who is back, without clock or socket.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::latency::Latencies;
use crate::clock::Nanoseconds;
use crate::peers::imq::returning::{Closing, Here};

const MILLISECOND: Nanoseconds = 1_000_000;

/// The first try is at once; then these, each twice the one before.
const BACK_OFF_MIN: Nanoseconds = 100 * MILLISECOND;
const BACK_OFF_MAX: Nanoseconds = 10_000 * MILLISECOND;

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It was never lost.
    There,
    /// It has no connection, or one that isn't whole yet.
    Away { tries: u32 },
    /// It has all that it had.
    Back,
    /// It was told not to come back.
    Out,
}

/// How the returns went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Sessions whose connection was lost.
    pub disconnected: u64,
    /// Sessions that are back.
    pub back: u64,
    /// Sessions that were told not to come back.
    pub out: u64,
    /// Of those who are back, sessions that went on.
    pub resumed: u64,
    /// Connections beyond the first of each return.
    pub retries: u64,
    /// Queues of those who are back that went on from the client's marks.
    pub recovered: u64,
    /// Queues that began anew.
    pub anew: u64,
    /// Queues that ended and were asked for again.
    pub unsubscribed: u64,
    /// How often each close code was given.
    pub closings: BTreeMap<u32, u64>,
}

/// All sessions of a run.
#[derive(Debug)]
pub(crate) struct Returns {
    /// By slot: the senders', who stay, are among them.
    places: Vec<Place>,
    /// How many are to be lost and to come back.
    sessions: usize,
    /// From when on returns are timed.
    since: Nanoseconds,
    /// Who is to connect, in the order of when.
    due: BTreeSet<(Nanoseconds, usize)>,
    /// From then to being back.
    pub(crate) took: Latencies,
    pub(crate) tally: Tally,
}

impl Returns {
    /// Everybody is there.
    pub(crate) fn new(slots: usize, sessions: usize, since: Nanoseconds) -> Self {
        Self {
            places: vec![Place::There; slots],
            sessions,
            since,
            due: BTreeSet::new(),
            took: Latencies::new(),
            tally: Tally::default(),
        }
    }

    /// Whether all are back, or out.
    pub(crate) fn over(&self) -> bool {
        self.tally.back + self.tally.out == self.sessions as u64
    }

    /// Whether somebody has a connection that is whole.
    pub(crate) fn there(&self, who: usize) -> bool {
        matches!(self.places[who], Place::There | Place::Back)
    }

    /// Whether somebody is to come back.
    pub(crate) fn away(&self, who: usize) -> bool {
        matches!(self.places[who], Place::Away { .. })
    }

    /// A connection ended. `jitter` is a number from 0 to 1.
    pub(crate) fn lost(
        &mut self,
        who: usize,
        now: Nanoseconds,
        closing: Option<Closing>,
        jitter: f64,
    ) {
        if let Some(closing) = closing {
            *self.tally.closings.entry(closing.code).or_default() += 1;
        }
        let tries = match self.places[who] {
            Place::There => {
                self.tally.disconnected += 1;
                0
            }
            Place::Back => {
                self.tally.back -= 1;
                0
            }
            Place::Away { tries } => tries,
            Place::Out => return,
        };
        if closing.is_some_and(|closing| !closing.may_retry) {
            self.places[who] = Place::Out;
            self.tally.out += 1;
            return;
        }
        let told = closing.map_or(0, |closing| u64::from(closing.retry_after_ms) * MILLISECOND);
        self.due.insert((now + back_off(tries, jitter).max(told), who));
        self.places[who] = Place::Away { tries: tries + 1 };
    }

    /// Who is to connect now.
    pub(crate) fn take_due(&mut self, now: Nanoseconds) -> Option<usize> {
        let who = self.due.first().filter(|(due, _)| *due <= now)?.1;
        self.due.pop_first();
        if let Place::Away { tries: 2.. } = self.places[who] {
            self.tally.retries += 1;
        }
        Some(who)
    }

    /// When the next is to connect.
    pub(crate) fn next_due(&self) -> Option<Nanoseconds> {
        self.due.first().map(|(due, _)| *due)
    }

    /// A client is whole again on a new connection.
    pub(crate) fn whole(&mut self, who: usize, now: Nanoseconds, here: Here) {
        if !self.away(who) {
            return;
        }
        self.places[who] = Place::Back;
        self.took.record(now.saturating_sub(self.since));
        self.tally.back += 1;
        self.tally.resumed += u64::from(here.resumed == Some(true));
        self.tally.recovered += u64::from(here.recovered);
        self.tally.anew += u64::from(here.anew);
        self.tally.unsubscribed += u64::from(here.unsubscribed);
    }
}

/// How long to wait before a try: half of the step for sure, the other half by chance.
fn back_off(tries: u32, jitter: f64) -> Nanoseconds {
    let Some(doublings) = tries.checked_sub(1) else {
        return 0;
    };
    let step = BACK_OFF_MIN.saturating_mul(1 << doublings.min(16)).min(BACK_OFF_MAX);
    step / 2 + (step as f64 / 2.0 * jitter) as Nanoseconds
}
