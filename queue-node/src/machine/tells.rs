//! What queues owe each other: words that are kept until they are answered.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use proto::bucket::BucketId;
use proto::ids::SessionId;
use proto::seeded::Seed;
use proto::{limits, q2q, share};

use super::cells::Cells;
use super::hashing::Numbers;

/// A session in a room, as the room and the user queue name it to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) user: Rc<str>,
    pub(crate) session: SessionId,
    pub(crate) room: Rc<str>,
    pub(crate) epoch: u64,
    /// The number of the record by which it joined: rises with each joining in an epoch.
    pub(crate) join: u64,
    /// The back end has put it there: its lane is to hear of it.
    pub(crate) guest: bool,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// To the user queue: the room has this member.
    Note(Noted),
    /// To the user queue: no more.
    Unnote(Noted),
    /// To the user queue: is it over?
    Ask(Noted),
    /// To the room: the session is over, or what it had under a lower generation.
    Ended(Noted, End),
    /// To the room: the session goes on under this generation.
    Fence(Noted, Fence),
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) reason: Rc<str>,
    /// Only what it has under a lower generation; 0: all of it, and for good.
    pub(crate) below: u64,
    /// Sessions of the user under a lower generation are over.
    pub(crate) floor: u64,
}

/// What a resume brings to rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) generation: u64,
    /// Sessions of the user under a lower generation are over.
    pub(crate) floor: u64,
}

/// The answer to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Told {
    /// The session of a note or a question is over; the room of an `ended` has it no more.
    pub(crate) ended: bool,
    /// Sessions of the user under a lower generation are over.
    pub(crate) floor: u64,
    /// The session's.
    pub(crate) generation: u64,
    /// Members that took their seat under a lower generation are to go.
    pub(crate) below: u64,
}

/// A word on its way.
#[derive(Debug, Clone)]
pub(crate) struct Tell {
    /// The hash of the name of the queue that shall hear it.
    pub(crate) to: u64,
    /// The bucket of that queue when the word was kept.
    home: BucketId,
    pub(crate) word: Word,
    /// Its record is on every copy: it may be sent.
    pub(crate) released: bool,
}

/// The unanswered words of a bucket, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Tells(BTreeMap<u64, Tell>);

impl Tells {
    /// Keeps a word until it is answered.
    pub(crate) fn keep(
        &mut self,
        untold: &mut Untold,
        (number, to): (u64, u64),
        home: BucketId,
        word: Word,
    ) {
        untold.add(home, &word);
        self.0.insert(number, Tell { to, home, word, released: false });
    }

    /// The word's record is on every copy. Nothing if it was answered or dropped since.
    pub(crate) fn release(&mut self, number: u64) -> Option<&Tell> {
        let tell = self.0.get_mut(&number)?;
        tell.released = true;
        Some(tell)
    }

    /// The word was answered.
    pub(crate) fn told(&mut self, untold: &mut Untold, number: u64) -> Option<Tell> {
        let tell = self.0.remove(&number)?;
        untold.remove(&tell);
        Some(tell)
    }

    /// The bucket is somebody else's, and so are its words.
    pub(crate) fn drop_all(self, untold: &mut Untold) {
        self.0.values().for_each(|tell| untold.remove(tell));
    }

    /// What they take, but the names in them.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.0.len() * (size_of::<u64>() + size_of::<Tell>())
    }

    /// Those that may be sent, oldest first.
    pub(crate) fn released(&self) -> impl Iterator<Item = (u64, &Tell)> {
        self.0.iter().filter(|(_, tell)| tell.released).map(|(number, tell)| (*number, tell))
    }
}

/// How many words of all buckets of the node wait for an answer, by the bucket that shall give it
/// and by the user whose coming and going they are about.
#[derive(Debug)]
pub(crate) struct Untold {
    total: usize,
    by_home: HashMap<BucketId, usize, Numbers>,
    by_user: Cells,
}

impl Untold {
    /// None yet.
    pub(crate) fn new(seed: Seed) -> Untold {
        Untold { total: 0, by_home: HashMap::default(), by_user: Cells::new(seed) }
    }

    /// Whether there may be one more of this user: each has a share, of what waits for one bucket
    /// and of all. Words that end something are kept all the same: there are no more of them than
    /// of those that began it.
    #[inline]
    pub(crate) fn has_room(&self, user: &str, home: impl FnOnce() -> Option<BucketId>) -> bool {
        // So much even one alone may hold.
        if self.total < share::most(limits::UNTOLD_PER_BUCKET_MAX) {
            return true;
        }
        let there = home().and_then(|home| self.by_home.get(&home)).copied().unwrap_or(0);
        let held = self.by_user.held(user);
        share::may_take(held, there, limits::UNTOLD_PER_BUCKET_MAX)
            && share::may_take(held, self.total, limits::UNTOLD_MAX)
    }

    /// How many wait.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    fn add(&mut self, home: BucketId, word: &Word) {
        self.total += 1;
        self.by_user.add(&word.noted().user);
        *self.by_home.entry(home).or_default() += 1;
    }

    fn remove(&mut self, tell: &Tell) {
        self.total -= 1;
        self.by_user.remove(&tell.word.noted().user);
        if let Some(count) = self.by_home.get_mut(&tell.home) {
            *count -= 1;
            // A bucket of another table isn't asked about any more.
            if *count == 0 && self.total == 0 {
                self.by_home.clear();
            }
        }
    }
}

impl Word {
    fn noted(&self) -> &Noted {
        match self {
            Word::Note(noted) | Word::Unnote(noted) | Word::Ask(noted) => noted,
            Word::Ended(noted, _) | Word::Fence(noted, _) => noted,
        }
    }

    /// As it travels.
    pub(crate) fn message(&self, number: u64) -> q2q::Q2q {
        use q2q::tell::Body;
        let body = match self {
            Word::Note(n) => {
                let (user, session_id, room) = n.parts();
                let (room_epoch, join_seq, guest) = (n.epoch, n.join, n.guest);
                Body::Note(q2q::Note { user, session_id, room, room_epoch, join_seq, guest })
            }
            Word::Unnote(n) => {
                let (user, session_id, room) = n.parts();
                let (room_epoch, join_seq) = (n.epoch, n.join);
                Body::Unnote(q2q::Unnote { user, session_id, room, room_epoch, join_seq })
            }
            Word::Ask(n) => {
                let (user, session_id, room) = n.parts();
                let (room_epoch, join_seq) = (n.epoch, n.join);
                Body::Ask(q2q::Ask { user, session_id, room, room_epoch, join_seq })
            }
            Word::Ended(n, end) => {
                let (user, session_id, room) = n.parts();
                let (room_epoch, join_seq) = (n.epoch, n.join);
                let (reason, below, floor) = (end.reason.to_string(), end.below, end.floor);
                Body::Ended(q2q::Ended {
                    room,
                    room_epoch,
                    join_seq,
                    session_id,
                    reason,
                    below,
                    user,
                    floor,
                })
            }
            Word::Fence(n, fence) => {
                let (user, session_id, room) = n.parts();
                let (room_epoch, Fence { generation, floor }) = (n.epoch, *fence);
                Body::Fence(q2q::Fence { room, user, floor, session_id, generation, room_epoch })
            }
        };
        let tell = q2q::Tell { number, body: Some(body) };
        q2q::Q2q { body: Some(q2q::q2q::Body::Tell(tell)) }
    }

    /// What came over a link; nothing if it is no word of ours.
    pub(crate) fn of(tell: q2q::Tell) -> Option<Word> {
        use q2q::tell::Body;
        let noted = |user: String, session: &[u8], room: String, epoch, join| {
            of_nodes([epoch, join])?;
            let session = SessionId::try_from(session).ok()?;
            let (user, room) = (user.into(), room.into());
            Some(Noted { user, session, room, epoch, join, guest: false })
        };
        Some(match tell.body? {
            Body::Note(n) => {
                let noted = noted(n.user, &n.session_id, n.room, n.room_epoch, n.join_seq)?;
                Word::Note(Noted { guest: n.guest, ..noted })
            }
            Body::Unnote(n) => {
                Word::Unnote(noted(n.user, &n.session_id, n.room, n.room_epoch, n.join_seq)?)
            }
            Body::Ask(n) => {
                Word::Ask(noted(n.user, &n.session_id, n.room, n.room_epoch, n.join_seq)?)
            }
            Body::Ended(n) => {
                of_nodes([n.below, n.floor])?;
                let (reason, below, floor) = (n.reason.into(), n.below, n.floor);
                let noted = noted(n.user, &n.session_id, n.room, n.room_epoch, n.join_seq)?;
                Word::Ended(noted, End { reason, below, floor })
            }
            Body::Fence(n) => {
                of_nodes([n.generation, n.floor])?;
                let fence = Fence { generation: n.generation, floor: n.floor };
                Word::Fence(noted(n.user, &n.session_id, n.room, n.room_epoch, 0)?, fence)
            }
        })
    }
}

/// Nothing for numbers that no node draws: what is kept and only rises would never come down.
fn of_nodes<const COUNT: usize>(numbers: [u64; COUNT]) -> Option<()> {
    numbers.iter().all(|number| *number < limits::NUMBER_MAX).then_some(())
}

impl Noted {
    fn parts(&self) -> (String, Vec<u8>, String) {
        (self.user.to_string(), self.session.0.to_vec(), self.room.to_string())
    }
}

impl Told {
    /// As it travels.
    pub(crate) fn message(self, number: u64) -> q2q::Q2q {
        let Told { ended, floor, generation, below } = self;
        let told = q2q::Told { number, ended, floor, generation, below };
        q2q::Q2q { body: Some(q2q::q2q::Body::Told(told)) }
    }

    /// What came over a link.
    pub(crate) fn of(told: &q2q::Told) -> Told {
        let q2q::Told { number: _, ended, floor, generation, below } = *told;
        Told { ended, floor, generation, below }
    }
}

#[cfg(test)]
mod tests;
