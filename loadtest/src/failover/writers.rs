//! Back ends that send to rooms of talkers over HTTP, each one message at a time.
//!
//! They have no sessions and no `Idempotency-Key`: their gateway resends what it has no answer to.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;

use super::judge::Judge;
use crate::clock::{Clock, Nanoseconds};
use crate::peers::Codec;
use crate::peers::rpc_writer::RpcWriter;
use crate::traffic::crowd::Crowd;
use crate::traffic::schedule::Schedule;
use crate::traffic::stamp::Stamp;

/// How many there are, a room for each.
pub(super) const WRITERS: usize = 8;

/// Messages a second that each sends at most: it waits for answers.
const RATE: f64 = 50.0;

/// The back ends' door and key.
#[derive(Clone, Debug)]
pub(super) struct BackEnd {
    /// Of each gateway.
    pub(super) rpc: Vec<SocketAddr>,
    pub(super) key: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Writers {
    crowd: Crowd<RpcWriter>,
    back_end: BackEnd,
    schedule: Schedule,
    /// The stream of the first; the others' follow.
    first_stream: usize,
    /// By writer: the counter of the message that isn't answered.
    waiting: Vec<Option<u32>>,
    /// By writer: the number of its gateway, modulo theirs. Whose connection ends goes to the next.
    doors: Vec<usize>,
    /// By writer: whether it has a connection.
    connected: Vec<bool>,
    payload: Vec<u8>,
}

impl Writers {
    /// One for each of these rooms.
    pub(super) fn open(
        rooms: &[String],
        first_stream: usize,
        payload_bytes: usize,
        back_end: BackEnd,
        clock: Clock,
    ) -> Result<Self> {
        let mut crowd = Crowd::storming(clock)?;
        for (who, room) in rooms.iter().enumerate() {
            let door = back_end.rpc[who % back_end.rpc.len()];
            let writer = RpcWriter::new(room.clone(), &door.to_string(), &back_end.key);
            crowd.join(door, None, writer)?;
        }
        let writers = rooms.len();
        Ok(Self {
            crowd,
            back_end,
            schedule: Schedule::new(clock.now(), RATE * writers as f64, writers, 1),
            first_stream,
            waiting: vec![None; writers],
            doors: (0..writers).collect(),
            connected: vec![true; writers],
            payload: vec![b'.'; payload_bytes],
        })
    }

    /// From this moment on messages are due.
    pub(super) fn begin(&mut self, now: Nanoseconds) {
        let writers = self.waiting.len();
        self.schedule = Schedule::new(now, RATE * writers as f64, writers, 1);
    }

    /// How many messages were acknowledged.
    pub(super) fn acknowledged(&self, judge: &Judge) -> u64 {
        (0..self.waiting.len()).map(|who| judge.acknowledged(self.first_stream + who)).sum()
    }

    /// Messages without an answer on connections that stand.
    pub(super) fn unanswered(&self) -> u64 {
        self.waiting.iter().flatten().count() as u64
    }

    /// Sends what is due. Whoever waits for an answer sends nothing.
    pub(super) fn send(&mut self, now: Nanoseconds, judge: &mut Judge) -> Result<()> {
        while let Some((who, intended)) = self.schedule.take(now) {
            if self.waiting[who].is_some() {
                continue;
            }
            if !self.connected[who] {
                let door = self.back_end.rpc[self.doors[who] % self.back_end.rpc.len()];
                self.crowd.rejoin(who, door, None, |_| {})?;
                self.connected[who] = true;
            }
            let stream = self.first_stream + who;
            let counter = judge.publish(stream);
            Stamp { sender: stream as u32, counter, intended }.write(&mut self.payload);
            self.waiting[who] = Some(counter);
            let payload = &self.payload;
            self.crowd.say(who, |writer, out| writer.publish(payload, out))?;
        }
        Ok(())
    }

    /// Hears what is answered, and waits for nothing.
    pub(super) fn hear(&mut self, judge: &mut Judge) -> Result<()> {
        self.crowd.flush()?;
        let (waiting, first) = (&mut self.waiting, self.first_stream);
        self.crowd.turn(Duration::ZERO, |heard| {
            if let Some(counter) = waiting[heard.who].take() {
                judge.answered(first + heard.who, counter, heard.codec.status);
            }
            Ok(())
        })?;
        for loss in self.crowd.take_losses() {
            // What it waited for is never answered.
            self.waiting[loss.who] = None;
            self.connected[loss.who] = false;
            self.doors[loss.who] += 1;
        }
        Ok(())
    }
}
