//! Who joined and who left while a receiver was slow: the net change, in frames whose numbers a
//! client can come back with.

use indexmap::IndexMap;
use prost::Message as _;
use proto::g2c::{self, BodyKind};

use super::Leaving;

/// Users, each with the number of the event.
type Users = IndexMap<String, u64>;

/// So many stretches are told apart; more make wider ones of the oldest.
const STRETCHES_MAX: usize = 16;

/// The net change of one queue's members.
#[derive(Debug, Default)]
pub(super) struct MembersBehind {
    pub(super) sub: u32,
    /// The newest event in it, those that cancelled each other included.
    seen: u64,
    joined: Users,
    left: Users,
    /// From an event to the one that cancelled it: stretches of numbers, rising and apart.
    cancelled: Vec<(u64, u64)>,
    /// An event that moves the same mark waits behind it: nothing is added any more.
    pub(super) sealed: bool,
    bytes: usize,
}

/// What happened to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Joined,
    Left,
}

impl MembersBehind {
    pub(super) fn new(sub: u32) -> MembersBehind {
        MembersBehind { sub, ..MembersBehind::default() }
    }

    /// Whether everything in it was cancelled.
    pub(super) fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty()
    }

    /// Whether an event below this number is in it.
    pub(super) fn begins_before(&self, seq: u64) -> bool {
        self.joined.values().chain(self.left.values()).any(|at| *at < seq)
    }

    /// How many bytes are kept.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds an event.
    pub(super) fn add(&mut self, word: Word, seq: u64, users: &[String]) {
        self.seen = seq;
        for user in users {
            let (undone, done) = match word {
                Word::Joined => (&mut self.left, &mut self.joined),
                Word::Left => (&mut self.joined, &mut self.left),
            };
            if let Some(since) = undone.shift_remove(user) {
                self.bytes -= user_bytes(user);
                self.cancel(since, seq);
            } else if done.insert(user.clone(), seq).is_none() {
                self.bytes += user_bytes(user);
            }
        }
    }

    fn cancel(&mut self, since: u64, seq: u64) {
        let mut from = since;
        while let Some((start, _)) = self.cancelled.pop_if(|(_, end)| *end >= since) {
            from = from.min(start);
        }
        self.cancelled.push((from, seq));
        if self.cancelled.len() > STRETCHES_MAX {
            let (start, _) = self.cancelled.remove(0);
            self.cancelled[0].0 = start;
        }
    }

    /// The number of the next frame, which is also its place in the queue's order.
    pub(super) fn place(&self) -> u64 {
        self.next().1
    }

    /// The next frame has users of one side, up to its number.
    ///
    /// A connection may be cut between two frames, and the client comes back with the number of
    /// the first as its mark: everything above it is replayed. So a frame ends below the first
    /// event of the other side, which would be lost. If it can, it also ends where nothing is
    /// half cancelled, for the second half of such a pair would come without the first: a user
    /// leaves who isn't there, or joins who is. Where it can't, that is the lesser evil; the
    /// roster is right again with the second half.
    fn next(&self) -> (Word, u64) {
        let oldest = |users: &Users| users.values().copied().min();
        let (word, side, oldest, before) = match (oldest(&self.joined), oldest(&self.left)) {
            (Some(joined), Some(left)) if joined < left => {
                (Word::Joined, &self.joined, joined, left)
            }
            (Some(joined), Some(left)) => (Word::Left, &self.left, left, joined),
            (Some(_), None) => return (Word::Joined, self.seen),
            (None, Some(_) | None) => return (Word::Left, self.seen),
        };
        let within = || side.values().copied().filter(|seq| *seq < before);
        let ends = self.cancelled.iter().map(|(_, end)| *end);
        let ends = ends.filter(|end| (oldest..before).contains(end));
        let is_whole =
            |mark: &u64| !self.cancelled.iter().any(|(start, end)| (*start..*end).contains(mark));
        let whole = within().chain(ends).filter(is_whole).max();
        (word, whole.or_else(|| within().max()).unwrap_or(oldest))
    }

    /// Takes the next frame.
    pub(super) fn take(&mut self) -> Leaving {
        let (word, seq) = self.next();
        let side = match word {
            Word::Joined => &mut self.joined,
            Word::Left => &mut self.left,
        };
        let taken = side.extract_if(.., |_, at| *at <= seq);
        let users: Vec<String> = taken.map(|(user, _)| user).collect();
        self.bytes -= users.iter().map(|user| user_bytes(user)).sum::<usize>();
        self.cancelled.retain(|(_, end)| *end > seq);
        let (sub, reason) = (self.sub, String::new());
        match word {
            Word::Joined => {
                let body = g2c::Joined { sub: 0, seq, users, reason }.encode_to_vec();
                Leaving { kind: BodyKind::Joined as u32, sub, body }
            }
            Word::Left => {
                let body = g2c::Left { sub: 0, seq, users, reason }.encode_to_vec();
                Leaving { kind: BodyKind::Left as u32, sub, body }
            }
        }
    }
}

/// What a user counts, with its place in the map.
fn user_bytes(user: &str) -> usize {
    user.len() + 48
}

#[cfg(test)]
mod tests;
