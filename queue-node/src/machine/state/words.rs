//! What queues have to say to each other: words that are kept until they are answered.

use std::collections::HashMap;
use std::rc::Rc;

use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::ids::{Generation, SessionId};
use proto::{limits, name, q2q};

use crate::machine::hashing::Numbers;

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

/// What a user queue notes of a session in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) room: Rc<str>,
    pub(crate) epoch: u64,
    pub(crate) join: u64,
    pub(crate) guest: bool,
}

/// A message from one queue to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// To the user queue: the room has this member.
    Note(Noted),
    /// To the user queue: no more.
    Unnote(Noted),
    /// To the user queue: is it over?
    Question(Noted),
    /// To the room: the session is over, or what it had under a lower generation.
    Ended(Noted, End),
    /// To the room: the session goes on under this generation.
    Fence(Noted, Fence),
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) reason: Rc<str>,
    /// Only what it has under a lower generation; none: all of it, and for good.
    pub(crate) below: Option<Generation>,
    /// Sessions of the user under a lower generation are over.
    pub(crate) floor: Option<Generation>,
}

/// What a resume brings to rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) generation: Generation,
    /// Sessions of the user under a lower generation are over.
    pub(crate) floor: Option<Generation>,
}

/// What names a word: its bucket, under whom that says it, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WordId {
    pub(crate) bucket: BucketId,
    pub(crate) epochs: Epochs,
    pub(crate) number: u64,
}

impl WordId {
    /// The number as it travels: with the prefix of the bucket.
    fn wire(self) -> u64 {
        self.number << 16 | u64::from(self.bucket.prefix())
    }

    /// A word that came over a link; nothing if there is no such bucket.
    pub(crate) fn of_word(word: &q2q::Word) -> Option<WordId> {
        WordId::of(word.number, word.bits, (word.loss, word.reign))
    }

    /// What an answer that came over a link is to; nothing if there is no such bucket.
    pub(crate) fn of_answer(answer: &q2q::Answer) -> Option<WordId> {
        WordId::of(answer.number, answer.bits, (answer.loss, answer.reign))
    }

    fn of(number: u64, bits: u32, (loss, reign): (u64, u64)) -> Option<WordId> {
        let bucket = BucketId::new(bits, (number & 0xffff) as u32)?;
        let epochs = Epochs { loss: Loss(loss), reign: Reign(reign) };
        Some(WordId { bucket, epochs, number: number >> 16 })
    }
}

/// The answer to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Answer {
    /// The session of a note or a question is over; the room of an `ended` has it no more.
    pub(crate) ended: bool,
    /// Sessions of the user under a lower generation are over.
    pub(crate) floor: Option<Generation>,
    /// The session's.
    pub(crate) generation: Option<Generation>,
    /// Members that took their seat under a lower generation are to go.
    pub(crate) below: Option<Generation>,
}

/// The unanswered words of a bucket, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Words {
    kept: HashMap<u64, Word, Numbers>,
    /// The number of the newest: it rises with each.
    newest: u64,
}

impl Words {
    /// Keeps a word until it is answered.
    pub(super) fn keep(&mut self, word: Word) {
        self.newest += 1;
        self.kept.insert(self.newest, word);
    }

    /// The number of the newest is this.
    pub(super) fn go_on_from(&mut self, newest: u64) {
        self.newest = newest;
    }

    /// Keeps a word that an earlier life kept.
    pub(super) fn put_back(&mut self, number: u64, word: Word) {
        self.kept.insert(number, word);
    }

    /// Those that aren't answered, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Word)> {
        self.kept.iter().map(|(number, word)| (*number, word))
    }

    /// The word was answered.
    pub(super) fn answered(&mut self, number: u64) {
        self.kept.remove(&number);
    }

    /// The number of the newest word.
    pub(crate) fn newest(&self) -> u64 {
        self.newest
    }

    /// The word of this number, unless it is answered.
    pub(crate) fn get(&self, number: u64) -> Option<&Word> {
        self.kept.get(&number)
    }

    /// The numbers of those that aren't answered, oldest first.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.kept.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    /// What they take, but the names in them.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.kept.len() * (size_of::<u64>() + size_of::<Word>())
    }
}

impl Word {
    /// The hash of the name of the queue that shall hear it.
    pub(crate) fn to(&self) -> u64 {
        match self {
            Word::Note(noted) | Word::Unnote(noted) | Word::Question(noted) => {
                noted.session.user_queue_hash()
            }
            Word::Ended(noted, _) | Word::Fence(noted, _) => name::hash(noted.room.as_bytes()),
        }
    }

    /// Whom it is about, and where.
    pub(crate) fn noted(&self) -> &Noted {
        match self {
            Word::Note(noted) | Word::Unnote(noted) | Word::Question(noted) => noted,
            Word::Ended(noted, _) | Word::Fence(noted, _) => noted,
        }
    }

    /// As it travels.
    pub(crate) fn message(&self, word_id: WordId) -> q2q::Q2q {
        use q2q::word::Body;
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
            Word::Question(n) => {
                let (user, session_id, room) = n.parts();
                let (room_epoch, join_seq) = (n.epoch, n.join);
                Body::Question(q2q::Question { user, session_id, room, room_epoch, join_seq })
            }
            Word::Ended(n, end) => {
                let (user, session_id, room) = n.parts();
                let (room_epoch, join_seq) = (n.epoch, n.join);
                let [below, floor] = [end.below, end.floor].map(Generation::number_or_none);
                let reason = end.reason.to_string();
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
                let (room_epoch, generation) = (n.epoch, fence.generation.number());
                let floor = Generation::number_or_none(fence.floor);
                Body::Fence(q2q::Fence { room, user, floor, session_id, generation, room_epoch })
            }
        };
        let (number, bits) = (word_id.wire(), u32::from(word_id.bucket.bits()));
        let Epochs { loss: Loss(loss), reign: Reign(reign) } = word_id.epochs;
        let message = q2q::Word { number, loss, bits, reign, body: Some(body) };
        q2q::Q2q { body: Some(q2q::q2q::Body::Word(message)) }
    }

    /// What came over a link; nothing if it is no word of ours.
    pub(crate) fn of(message: q2q::Word) -> Option<Word> {
        use q2q::word::Body;
        let noted = |user: String, session: &[u8], room: String, epoch, join| {
            of_nodes([epoch, join])?;
            let session = SessionId::try_from(session).ok()?;
            let (user, room) = (user.into(), room.into());
            Some(Noted { user, session, room, epoch, join, guest: false })
        };
        Some(match message.body? {
            Body::Note(n) => {
                let noted = noted(n.user, &n.session_id, n.room, n.room_epoch, n.join_seq)?;
                Word::Note(Noted { guest: n.guest, ..noted })
            }
            Body::Unnote(n) => {
                Word::Unnote(noted(n.user, &n.session_id, n.room, n.room_epoch, n.join_seq)?)
            }
            Body::Question(n) => {
                Word::Question(noted(n.user, &n.session_id, n.room, n.room_epoch, n.join_seq)?)
            }
            Body::Ended(n) => {
                of_nodes([n.below, n.floor])?;
                let [below, floor] = [n.below, n.floor].map(Generation::or_none);
                let reason = n.reason.into();
                let noted = noted(n.user, &n.session_id, n.room, n.room_epoch, n.join_seq)?;
                Word::Ended(noted, End { reason, below, floor })
            }
            Body::Fence(n) => {
                of_nodes([n.generation, n.floor])?;
                let generation = Generation::or_none(n.generation)?;
                let fence = Fence { generation, floor: Generation::or_none(n.floor) };
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
    /// What its user queue notes of it.
    pub(crate) fn note(&self) -> Note {
        let Noted { room, epoch, join, guest, .. } = self;
        Note { room: room.clone(), epoch: *epoch, join: *join, guest: *guest }
    }

    fn parts(&self) -> (String, Vec<u8>, String) {
        (self.user.to_string(), self.session.0.to_vec(), self.room.to_string())
    }
}

impl Note {
    /// The room and this session of a user, as they are named to each other.
    pub(crate) fn of(self, user: &Rc<str>, session: SessionId) -> Noted {
        let Note { room, epoch, join, guest } = self;
        Noted { user: user.clone(), session, room, epoch, join, guest }
    }
}

impl Answer {
    /// As it travels.
    pub(crate) fn message(self, word_id: WordId) -> q2q::Q2q {
        let Answer { ended, .. } = self;
        let numbers = [self.floor, self.generation, self.below];
        let [floor, generation, below] = numbers.map(Generation::number_or_none);
        let (number, bits) = (word_id.wire(), u32::from(word_id.bucket.bits()));
        let Epochs { loss: Loss(loss), reign: Reign(reign) } = word_id.epochs;
        let answer = q2q::Answer { number, loss, bits, reign, ended, floor, generation, below };
        q2q::Q2q { body: Some(q2q::q2q::Body::Answer(answer)) }
    }

    /// What came over a link.
    pub(crate) fn of(answer: &q2q::Answer) -> Answer {
        let numbers = [answer.floor, answer.generation, answer.below];
        let [floor, generation, below] = numbers.map(Generation::or_none);
        let ended = answer.ended;
        Answer { ended, floor, generation, below }
    }
}

#[cfg(test)]
mod tests;
