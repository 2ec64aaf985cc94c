//! Judges a run message by message: what became of each publish, and who saw it.
//!
//! A *stream* is what one sender sends to one room: its messages are counted from zero, and the
//! room's order is the sender's. A message *happened* if its sender was told so, or if anybody saw
//! it; then everybody in the room must see it, once. What somebody may have missed is said by the
//! server: an *excuse* reaches from the message behind the last one that was seen of a stream to
//! the first one that is seen after it, and no farther than to what had been sent when the
//! subscription stood again. What is missing without an excuse is lost.

#[cfg(test)]
mod tests;

mod follow;

use std::collections::BTreeMap;

use serde::Serialize;

use follow::Follow;

/// Statuses that aren't refusals: done, and nobody knows.
const OK: u32 = 0;
const OUTCOME_UNKNOWN: u32 = 2;

/// What became of a publish, as its sender knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// There is no answer, or no more.
    Unanswered,
    Acknowledged,
    Unknown,
    Refused,
}

/// The whole run.
#[derive(Debug, Default)]
pub(super) struct Judge {
    rooms: Vec<Room>,
    streams: Vec<Stream>,
    receivers: Vec<Receiver>,
    refused: BTreeMap<u32, u64>,
    deliveries: u64,
}

#[derive(Debug, Default)]
struct Room {
    streams: Vec<usize>,
    receivers: Vec<usize>,
}

#[derive(Debug)]
struct Stream {
    room: usize,
    /// Its place among those of its room.
    place: usize,
    /// By counter.
    outcomes: Vec<Outcome>,
}

#[derive(Debug)]
struct Receiver {
    room: usize,
    /// By the streams' places.
    follows: Vec<Follow>,
}

/// A delivery from a stream of another room, or of a message that was never sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foreign;

/// What came of all publishes and deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Publishes that were sent.
    pub publishes: u64,
    /// Those whose senders were told that they were done.
    pub acknowledged: u64,
    /// Those that were refused, by status.
    pub refused: BTreeMap<u32, u64>,
    /// Those of which the server said that it can't tell.
    pub outcome_unknown: u64,
    /// Those without an answer.
    pub unanswered: u64,
    /// Deliveries, each message once per subscriber.
    pub delivered: u64,
    /// Deliveries of acknowledged messages that never came, and nobody said so.
    pub lost: u64,
    /// Deliveries that came again.
    pub doubled: u64,
    /// Deliveries of acknowledged messages that came after a later one of the same sender.
    pub out_of_order: u64,
    /// Deliveries that never came of messages that others saw though their senders don't know of
    /// it, and nobody said so.
    pub torn: u64,
    /// Deliveries of messages that had been refused.
    pub refused_delivered: u64,
    /// Deliveries of acknowledged messages that never came, as was said.
    pub lost_announced: u64,
    /// Acknowledged messages that nobody saw.
    pub acknowledged_gone: u64,
}

impl Judge {
    /// One more room; its number.
    pub(super) fn room(&mut self) -> usize {
        self.rooms.push(Room::default());
        self.rooms.len() - 1
    }

    /// One more sender of a room; the stream's number.
    pub(super) fn stream(&mut self, room: usize) -> usize {
        let number = self.streams.len();
        let place = self.rooms[room].streams.len();
        self.rooms[room].streams.push(number);
        for &receiver in &self.rooms[room].receivers {
            self.receivers[receiver].follows.push(Follow::default());
        }
        self.streams.push(Stream { room, place, outcomes: Vec::new() });
        number
    }

    /// One more subscriber of a room; its number.
    pub(super) fn receiver(&mut self, room: usize) -> usize {
        let number = self.receivers.len();
        let follows = self.rooms[room].streams.iter().map(|_| Follow::default()).collect();
        self.rooms[room].receivers.push(number);
        self.receivers.push(Receiver { room, follows });
        number
    }

    /// A message is sent now; its counter.
    pub(super) fn publish(&mut self, stream: usize) -> u32 {
        let outcomes = &mut self.streams[stream].outcomes;
        outcomes.push(Outcome::Unanswered);
        outcomes.len() as u32 - 1
    }

    /// A publish was answered.
    pub(super) fn answered(&mut self, stream: usize, counter: u32, status: u32) {
        let outcome = match status {
            OK => Outcome::Acknowledged,
            OUTCOME_UNKNOWN => Outcome::Unknown,
            _ => {
                *self.refused.entry(status).or_default() += 1;
                Outcome::Refused
            }
        };
        self.streams[stream].outcomes[counter as usize] = outcome;
    }

    /// A message came to a receiver.
    pub(super) fn deliver(
        &mut self,
        receiver: usize,
        stream: usize,
        counter: u32,
    ) -> Result<(), Foreign> {
        let receiver = &mut self.receivers[receiver];
        let of = self.streams.get(stream).filter(|stream| stream.room == receiver.room);
        let Some(of) = of.filter(|stream| (counter as usize) < stream.outcomes.len()) else {
            return Err(Foreign);
        };
        receiver.follows[of.place].seen(counter);
        self.deliveries += 1;
        Ok(())
    }

    /// How many messages of a stream were acknowledged.
    pub(super) fn acknowledged(&self, stream: usize) -> u64 {
        let outcomes = self.streams[stream].outcomes.iter();
        outcomes.filter(|outcome| **outcome == Outcome::Acknowledged).count() as u64
    }

    /// How many messages came, good or not.
    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// The receiver was told that it misses messages from here on.
    pub(super) fn announce(&mut self, receiver: usize) {
        self.receivers[receiver].follows.iter_mut().for_each(Follow::announce);
    }

    /// The receiver gets all that is sent from here on.
    pub(super) fn settle(&mut self, receiver: usize) {
        let Receiver { room, follows } = &mut self.receivers[receiver];
        for (follow, stream) in follows.iter_mut().zip(&self.rooms[*room].streams) {
            follow.settle(self.streams[*stream].outcomes.len() as u32);
        }
    }

    /// Whether nobody had to see a message that may be in the room's history: all of its receivers
    /// have an excuse.
    pub(super) fn excused(&self, stream: usize, counter: u32) -> bool {
        let Stream { room, place, ref outcomes } = self.streams[stream];
        outcomes.get(counter as usize).is_some_and(|outcome| *outcome != Outcome::Refused)
            && self.rooms[room]
                .receivers
                .iter()
                .all(|receiver| self.receivers[*receiver].follows[place].excuses(counter))
    }

    /// What the run came to, once all has been heard.
    pub(super) fn verdict(&self) -> Verdict {
        let mut verdict = Verdict { refused: self.refused.clone(), ..Verdict::default() };
        for stream in &self.streams {
            let receivers = &self.rooms[stream.room].receivers;
            let follows: Vec<_> = receivers
                .iter()
                .map(|receiver| &self.receivers[*receiver].follows[stream.place])
                .collect();
            for (counter, &outcome) in stream.outcomes.iter().enumerate() {
                verdict.take(outcome, counter as u32, &follows);
            }
            for follow in follows {
                verdict.doubled += follow.doubled();
                let late = follow
                    .late()
                    .filter(|late| stream.outcomes[*late as usize] == Outcome::Acknowledged);
                verdict.out_of_order += late.count() as u64;
            }
        }
        verdict
    }
}

impl Verdict {
    /// Whether nothing is amiss: what was announced isn't.
    pub fn sound(&self) -> bool {
        let Self { lost, doubled, out_of_order, torn, refused_delivered, .. } = self;
        [lost, doubled, out_of_order, torn, refused_delivered] == [&0; 5]
    }

    /// Takes one publish with all who are to see it.
    fn take(&mut self, outcome: Outcome, counter: u32, follows: &[&Follow]) {
        self.publishes += 1;
        let seen = follows.iter().filter(|follow| follow.saw(counter)).count() as u64;
        self.delivered += seen;
        let missing = || follows.iter().filter(|follow| !follow.saw(counter));
        let excused = missing().filter(|follow| follow.excuses(counter)).count() as u64;
        let unexcused = follows.len() as u64 - seen - excused;
        match outcome {
            Outcome::Acknowledged => {
                self.acknowledged += 1;
                self.lost += unexcused;
                self.lost_announced += excused;
                self.acknowledged_gone += u64::from(seen == 0);
            }
            Outcome::Refused => self.refused_delivered += seen,
            Outcome::Unknown | Outcome::Unanswered => {
                let unknown = outcome == Outcome::Unknown;
                self.outcome_unknown += u64::from(unknown);
                self.unanswered += u64::from(!unknown);
                self.torn += if seen > 0 { unexcused } else { 0 };
            }
        }
    }
}
