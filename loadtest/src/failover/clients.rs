//! The clients that send and receive: who they are, what they send when, and what they saw.
//!
//! Talkers are in rooms of a few and send to them. Some of them send to a probe room as well, which
//! they aren't in: a thousand messages a second, each from the next of its senders. The senders of
//! a probe room are users of its bucket, so that a room on a node that stays has no sender whose
//! home is on one that dies. Back ends send to the first rooms of talkers.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Result, bail};

use super::flock::{Doors, Ear, Flock};
use super::judge::{Foreign, Judge};
use super::newest::{Key, Newest};
use super::timeline::Timeline;
use super::told::{HOME_LOST, Notices};
use super::writers::{BackEnd, WRITERS, Writers};
use crate::clock::{Clock, Nanoseconds, SECOND, seconds};
use crate::interrupt::Interrupt;
use crate::peers::imq::witness::{Told, Witness};
use crate::peers::{Member, Violation};
use crate::traffic::latency::Latencies;
use crate::traffic::schedule::Schedule;
use crate::traffic::stamp::Stamp;

/// Senders of a probe room. A session may have 32 operations of a queue unanswered, so these can
/// wait for 1.2 s at a thousand a second before one is refused for it.
pub(super) const PROBE_SENDERS: usize = 40;

/// Messages a second into a probe room.
pub(super) const PROBE_RATE: f64 = 1_000.0;

/// Subscribers of a probe room: one at each of two gateways.
pub(super) const PROBE_LISTENERS: usize = 2;

/// Who is in the run.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    /// By talker; the first are the senders of the first probe room, then of the next.
    pub(super) users: Vec<String>,
    /// By neighbours of `room_size` talkers.
    pub(super) rooms: Vec<String>,
    pub(super) room_size: usize,
    pub(super) probes: Vec<String>,
    /// Messages a second into the rooms of the talkers, all together.
    pub(super) messages_per_s: f64,
    pub(super) payload_bytes: usize,
}

impl Cast {
    /// How many clients there are.
    pub(super) fn clients(&self) -> usize {
        self.users.len() + self.probes.len() * PROBE_LISTENERS
    }

    /// The rooms that back ends send to.
    fn written(&self) -> &[String] {
        &self.rooms[..self.rooms.len().min(WRITERS)]
    }

    /// The stream of the first of them.
    fn first_writer(&self) -> usize {
        self.users.len() + self.probes.len() * PROBE_SENDERS
    }

    fn member(&self, who: usize) -> Member {
        match who.checked_sub(self.users.len()) {
            None => Member {
                user: self.users[who].clone(),
                room: self.rooms[who / self.room_size].clone(),
            },
            Some(listener) => {
                let probe = &self.probes[listener / PROBE_LISTENERS];
                let user = format!("{}-l{listener}", self.users[0]);
                Member { user, room: probe.clone() }
            }
        }
    }
}

/// The clients while they send.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) flock: Flock,
    pub(super) witness: Eyes,
    writers: Writers,
    cast: Cast,
    talk: Schedule,
    probing: Schedule,
    /// By probe room: how many messages there have been.
    probed: Vec<usize>,
    payload: Vec<u8>,
    /// How late messages were sent: the generator's own delay.
    pub(super) late: Latencies,
    /// Messages that were due while their senders were away.
    pub(super) unsent: u64,
    progress: Nanoseconds,
}

/// What all of them saw.
#[derive(Debug)]
pub(super) struct Eyes {
    pub(super) judge: Judge,
    /// By client, with the number of the receiver.
    newest: Vec<Newest>,
    /// By talker: publishes without an answer, oldest first.
    unanswered: Vec<VecDeque<Pending>>,
    /// By probe room: when its messages were to be sent.
    intended: Vec<Vec<Nanoseconds>>,
    /// By listener of probe rooms.
    timelines: Vec<Timeline>,
    /// By client: whether its room has ended and doesn't stand again.
    roomless: Vec<bool>,
    anew: u64,
    payload_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    operation: u32,
    stream: usize,
    counter: u32,
}

impl Clients {
    /// All are let in, and nobody sends.
    pub(super) fn open(
        cast: Cast,
        doors: Doors,
        back_end: BackEnd,
        clock: Clock,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let mut witness = Eyes::new(&cast);
        let codec = |who| Witness::new(cast.member(who));
        let clients = cast.clients();
        let flock = Flock::open(clock, doors, clients, interrupt, codec, &mut witness)?;
        let (now, probes) = (clock.now(), cast.probes.len());
        let (first, bytes) = (cast.first_writer(), cast.payload_bytes);
        let writers = Writers::open(cast.written(), first, bytes, back_end, clock)?;
        Ok(Self {
            flock,
            witness,
            writers,
            talk: Schedule::new(now, cast.messages_per_s, cast.users.len(), cast.room_size),
            probing: Schedule::new(now, PROBE_RATE * probes as f64, probes, 1),
            probed: vec![0; probes],
            payload: vec![b'.'; cast.payload_bytes],
            cast,
            late: Latencies::new(),
            unsent: 0,
            progress: 0,
        })
    }

    /// From this moment on messages are due.
    pub(super) fn begin(&mut self) {
        let (now, cast, probes) = (self.flock.crowd.now(), &self.cast, self.cast.probes.len());
        self.talk = Schedule::new(now, cast.messages_per_s, cast.users.len(), cast.room_size);
        self.probing = Schedule::new(now, PROBE_RATE * probes as f64, probes, 1);
        self.writers.begin(now);
    }

    /// Sends what is due and hears what is there.
    pub(super) fn step(&mut self) -> Result<()> {
        let now = self.flock.crowd.now();
        self.show(now);
        while let Some((who, intended)) = self.talk.take(now) {
            self.send(who, who, None, now, intended)?;
        }
        while let Some((probe, intended)) = self.probing.take(now) {
            self.probe(probe, now, intended)?;
        }
        self.writers.send(now, &mut self.witness.judge)?;
        self.writers.hear(&mut self.witness.judge)?;
        let next = self.talk.due().min(self.probing.due());
        self.flock.step(next, &mut self.witness)
    }

    /// Sends nothing until nothing has come for as long as `quiet`, everybody is there and each
    /// publish is answered, or `patience` ends.
    pub(super) fn drain(
        &mut self,
        interrupt: &Interrupt,
        quiet: Duration,
        patience: Duration,
    ) -> Result<()> {
        let now = self.flock.crowd.now();
        let end = now + patience.as_nanos() as Nanoseconds;
        let (mut calm, mut delivered) = (now, self.witness.delivered());
        loop {
            interrupt.check()?;
            let now = self.flock.crowd.now();
            if self.witness.delivered() > delivered
                || self.unanswered() > 0
                || !self.flock.all_whole()
            {
                (calm, delivered) = (now, self.witness.delivered());
            }
            if now >= calm + quiet.as_nanos() as Nanoseconds || now >= end {
                return Ok(());
            }
            self.writers.hear(&mut self.witness.judge)?;
            self.flock.step(now + SECOND, &mut self.witness)?;
        }
    }

    /// Publishes that aren't answered though their connections stand.
    pub(super) fn unanswered(&self) -> u64 {
        self.witness.unanswered() + self.writers.unanswered()
    }

    /// Messages of back ends that were acknowledged.
    pub(super) fn written(&self) -> u64 {
        self.writers.acknowledged(&self.witness.judge)
    }

    /// What the clients were told.
    pub(super) fn notices(&self) -> Notices {
        Notices { anew: self.witness.anew, ..self.flock.notices() }
    }

    /// By listener of a probe room: the longest gap of what was to be sent in this time.
    pub(super) fn gaps(
        &self,
        probe: usize,
        from: Nanoseconds,
        to: Nanoseconds,
    ) -> impl Iterator<Item = Nanoseconds> + '_ {
        let now = self.flock.crowd.now();
        let all = &self.witness.intended[probe];
        let timelines = &self.witness.timelines[probe * PROBE_LISTENERS..][..PROBE_LISTENERS];
        timelines.iter().filter_map(move |timeline| timeline.longest(from, to, now, all))
    }

    /// The rooms, and who is in each, by client.
    pub(super) fn rooms(&self) -> impl Iterator<Item = (&str, std::ops::Range<usize>)> {
        let Cast { rooms, room_size, probes, users, .. } = &self.cast;
        let talking = rooms
            .iter()
            .enumerate()
            .map(move |(room, name)| (name.as_str(), room * room_size..(room + 1) * room_size));
        let probed = probes.iter().enumerate().map(move |(probe, name)| {
            let first = users.len() + probe * PROBE_LISTENERS;
            (name.as_str(), first..first + PROBE_LISTENERS)
        });
        talking.chain(probed)
    }

    /// Sends a message to a probe room, by the next of its senders who is there.
    fn probe(&mut self, probe: usize, now: Nanoseconds, intended: Nanoseconds) -> Result<()> {
        self.witness.intended[probe].push(intended);
        let turn = self.probed[probe];
        self.probed[probe] += 1;
        let first = probe * PROBE_SENDERS;
        let senders = (0..PROBE_SENDERS).map(|at| first + (turn + at) % PROBE_SENDERS);
        let who = { senders }.find(|who| self.flock.is_there(*who)).unwrap_or(first);
        self.send(who, self.cast.users.len() + who, Some(probe), now, intended)
    }

    fn send(
        &mut self,
        who: usize,
        stream: usize,
        probe: Option<usize>,
        now: Nanoseconds,
        intended: Nanoseconds,
    ) -> Result<()> {
        if !self.flock.is_there(who) {
            self.unsent += 1;
            return Ok(());
        }
        self.late.record(now - intended);
        let counter = self.witness.judge.publish(stream);
        Stamp { sender: stream as u32, counter, intended }.write(&mut self.payload);
        let queue = probe.map(|probe| self.cast.probes[probe].as_str());
        let (payload, mut operation) = (&self.payload, 0);
        self.flock.crowd.say(who, |codec, out| operation = codec.send(queue, payload, out))?;
        self.witness.unanswered[who].push_back(Pending { operation, stream, counter });
        Ok(())
    }

    /// Says once a second how far the run is.
    fn show(&mut self, now: Nanoseconds) {
        if now >= self.progress {
            self.progress = now + SECOND;
            let waiting = self.unanswered();
            let delivered = self.witness.delivered();
            eprintln!("{:>6.1} s: {delivered} delivered, {waiting} unanswered", seconds(now));
        }
    }
}

impl Eyes {
    /// Rooms of talkers first, then probe rooms. Streams: one of each talker to its room, then one
    /// of each sender to its probe room, then one of each back end. Receivers are numbered as
    /// clients.
    fn new(cast: &Cast) -> Self {
        let mut judge = Judge::default();
        let (talkers, clients) = (cast.users.len(), cast.clients());
        let rooms: Vec<_> = cast.rooms.iter().chain(&cast.probes).map(|_| judge.room()).collect();
        let (talking, probed) = rooms.split_at(cast.rooms.len());
        for who in 0..talkers {
            judge.stream(talking[who / cast.room_size]);
        }
        for &room in probed {
            for _ in 0..PROBE_SENDERS {
                judge.stream(room);
            }
        }
        for (writer, _) in cast.written().iter().enumerate() {
            judge.stream(talking[writer]);
        }
        for who in 0..clients {
            judge.receiver(match who.checked_sub(talkers) {
                None => talking[who / cast.room_size],
                Some(listener) => probed[listener / PROBE_LISTENERS],
            });
        }
        Self {
            judge,
            newest: (0..clients).map(|_| Newest::default()).collect(),
            unanswered: vec![VecDeque::new(); talkers],
            intended: vec![Vec::new(); cast.probes.len()],
            timelines: (talkers..clients).map(|_| Timeline::default()).collect(),
            roomless: vec![true; clients],
            anew: 0,
            payload_bytes: cast.payload_bytes,
        }
    }

    /// Publishes of talkers that aren't answered though their connections stand.
    fn unanswered(&self) -> u64 {
        self.unanswered.iter().map(|pending| pending.len() as u64).sum()
    }

    /// What one client saw last.
    pub(super) fn newest(&self, who: usize) -> &Newest {
        &self.newest[who]
    }

    fn delivered(&self) -> u64 {
        self.judge.deliveries()
    }

    /// Takes a result; whether it is of a publish.
    fn result(&mut self, who: usize, operation: u32, status: u32) -> bool {
        let Some(pending) = self.unanswered.get_mut(who) else {
            return false;
        };
        let place = pending.iter().position(|pending| pending.operation == operation);
        let Some(Pending { stream, counter, .. }) = place.and_then(|at| pending.remove(at)) else {
            return false;
        };
        self.judge.answered(stream, counter, status);
        true
    }

    fn message(&mut self, who: usize, now: Nanoseconds, seq: u64, payload: &[u8]) -> Result<()> {
        let (stamp, (stream, counter)) = stamped(payload, self.payload_bytes)?;
        if let Err(Foreign) = self.judge.deliver(who, stream, counter) {
            bail!("a message of another room, or that was never sent");
        }
        self.newest[who].saw(seq, (stream, counter));
        if let Some(listener) = who.checked_sub(self.unanswered.len()) {
            let intended = &self.intended[listener / PROBE_LISTENERS];
            self.timelines[listener].arrived(now, stamp.intended, intended);
        }
        Ok(())
    }

    /// The subscription stands. One that went on, in another incarnation of the room, says that all
    /// before it is gone.
    fn subscribed(&mut self, who: usize, epoch: u64) {
        let other = self.newest[who].begin(epoch);
        if other && !self.roomless[who] {
            self.judge.announce(who);
            self.anew += 1;
        }
        self.roomless[who] = false;
        self.judge.settle(who);
    }
}

impl Ear for Eyes {
    fn hear(
        &mut self,
        who: usize,
        now: Nanoseconds,
        told: &Told,
        payload: Option<&[u8]>,
    ) -> Result<bool> {
        match told {
            Told::Result { operation, status } => return Ok(self.result(who, *operation, *status)),
            Told::Message { seq, history: false } => {
                self.message(who, now, *seq, payload.unwrap_or_default())?;
            }
            Told::Message { history: true, .. } => bail!("a client was given an unasked history"),
            Told::Subscribed { epoch } => self.subscribed(who, *epoch),
            Told::Unsubscribed { .. } => {
                self.judge.announce(who);
                self.roomless[who] = true;
            }
            Told::Gap => {
                self.judge.announce(who);
                self.judge.settle(who);
            }
            Told::Nothing => {}
        }
        Ok(false)
    }

    fn lose(&mut self, who: usize, code: Option<u32>) {
        if let Some(pending) = self.unanswered.get_mut(who) {
            pending.clear();
        }
        if code == Some(HOME_LOST) {
            self.judge.announce(who);
            self.roomless[who] = true;
        }
    }
}

/// Reads a payload of the run.
pub(super) fn stamped(payload: &[u8], bytes: usize) -> Result<(Stamp, Key)> {
    let stamp = Stamp::read(payload).filter(|_| payload.len() == bytes);
    let Some(stamp) = stamp else {
        return Err(Violation::at("a payload that this run didn't send", payload).into());
    };
    Ok((stamp, (stamp.sender as usize, stamp.counter)))
}
