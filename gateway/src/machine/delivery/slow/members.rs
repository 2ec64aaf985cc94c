//! Who joined and who left while a receiver was slow: the net change, in frames whose numbers a
//! client can come back with.

use std::num::NonZeroU64;

use indexmap::IndexMap;
use prost::Message as _;
use proto::g2c::{self, BodyKind};
use proto::ids::Sub;

use super::Leaving;

/// Users, each with the number of the event.
type Users = IndexMap<String, u64>;

/// So many users who came and went, or went and came, are known by name.
const CANCELLED_MAX: usize = 16;

/// The net change of one queue's members.
#[derive(Debug)]
pub(super) struct MembersBehind {
    pub(super) sub: Sub,
    /// The newest event in it, those that cancelled each other included.
    seen: u64,
    joined: Users,
    left: Users,
    cancelled: Vec<Cancelled>,
    forgotten: Option<Forgotten>,
    /// An event that moves the same mark waits behind it: nothing is added any more.
    pub(super) sealed: bool,
    bytes: usize,
}

/// What happened to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Joined,
    Left,
}

/// Two events of a user that cancel each other.
#[derive(Debug)]
struct Cancelled {
    user: String,
    first: Change,
    since: u64,
    until: u64,
}

/// From the first to the last event of those that cancelled each other and aren't known by name any
/// more. No event has the number 0.
#[derive(Debug, Clone, Copy)]
struct Forgotten {
    first: u64,
    last: NonZeroU64,
}

impl Forgotten {
    /// These, and those from one event to another.
    fn with(forgotten: Option<Forgotten>, since: u64, until: u64) -> Option<Forgotten> {
        let (first, last) = forgotten
            .map_or((since, until), |known| (since.min(known.first), until.max(known.last.get())));
        NonZeroU64::new(last).map(|last| Forgotten { first, last })
    }

    /// Whether a frame that ends there has some of them and not all.
    fn are_parted_at(self, mark: u64) -> bool {
        (self.first..self.last.get()).contains(&mark)
    }
}

impl Cancelled {
    /// Whether a frame that ends there has the first event in it and not the second.
    fn is_half_at(&self, mark: u64) -> bool {
        (self.since..self.until).contains(&mark)
    }
}

impl Change {
    fn other(self) -> Change {
        match self {
            Change::Joined => Change::Left,
            Change::Left => Change::Joined,
        }
    }
}

impl MembersBehind {
    pub(super) fn new(sub: Sub) -> MembersBehind {
        MembersBehind {
            sub,
            seen: 0,
            joined: Users::new(),
            left: Users::new(),
            cancelled: Vec::new(),
            forgotten: None,
            sealed: false,
            bytes: 0,
        }
    }

    /// Whether everything in it was cancelled.
    pub(super) fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty()
    }

    /// Whether an event below this number is in it, which may still be told.
    pub(super) fn begins_before(&self, seq: u64) -> bool {
        self.joined.values().chain(self.left.values()).any(|at| *at < seq)
            || self.cancelled.iter().any(|pair| pair.since < seq && pair.until > seq)
    }

    /// How many bytes are kept.
    pub(super) fn bytes(&self) -> usize {
        if self.is_empty() { 0 } else { self.bytes }
    }

    /// Adds an event.
    pub(super) fn add(&mut self, change: Change, seq: u64, users: &[String]) {
        self.seen = seq;
        for user in users {
            if let Some(since) = self.side(change.other()).shift_remove(user) {
                let (user, first) = (user.clone(), change.other());
                self.cancelled.push(Cancelled { user, first, since, until: seq });
                if self.cancelled.len() > CANCELLED_MAX {
                    self.forget_oldest();
                }
            } else if self.side(change).insert(user.clone(), seq).is_none() {
                self.bytes += user_bytes(user);
            }
        }
    }

    fn side(&mut self, change: Change) -> &mut Users {
        match change {
            Change::Joined => &mut self.joined,
            Change::Left => &mut self.left,
        }
    }

    fn forget_oldest(&mut self) {
        let Cancelled { user, since, until, .. } = self.cancelled.remove(0);
        self.bytes -= user_bytes(&user);
        self.forgotten = Forgotten::with(self.forgotten, since, until);
    }

    /// The number of the next frame, which is also its place in the queue's order.
    pub(super) fn place(&mut self) -> u64 {
        self.settle().1
    }

    /// The next frame: which side, and up to which number. Nobody known by name is half cancelled
    /// at its end, unless one user's parting makes an end that is between another's two changes,
    /// and so on: it isn't tried more often than there may be pairs.
    fn settle(&mut self) -> (Change, u64) {
        for _ in 0..CANCELLED_MAX {
            let (_, mark) = self.next();
            let Some(at) = self.cancelled.iter().position(|pair| pair.is_half_at(mark)) else {
                break;
            };
            let user = self.cancelled[at].user.clone();
            self.part(&user, mark);
        }
        self.next()
    }

    /// What a user did up to a number doesn't cancel what it did behind it any more.
    fn part(&mut self, user: &str, mark: u64) {
        let (mut events, mut kept) = (Vec::new(), 0);
        for pair in self.cancelled.extract_if(.., |pair| pair.user == user) {
            events.extend([(pair.since, pair.first), (pair.until, pair.first.other())]);
            kept += 1;
        }
        for change in [Change::Joined, Change::Left] {
            if let Some(seq) = self.side(change).shift_remove(user) {
                events.push((seq, change));
                kept += 1;
            }
        }
        events.sort_unstable_by_key(|(seq, _)| *seq);
        self.bytes -= kept * user_bytes(user);
        let (before, behind) = events.split_at(events.partition_point(|(seq, _)| *seq <= mark));
        for part in [before, behind] {
            let (pairs, rest) = part.as_chunks::<2>();
            for [(since, first), (until, _)] in pairs {
                let (user, first, since, until) = (user.to_owned(), *first, *since, *until);
                self.cancelled.push(Cancelled { user, first, since, until });
            }
            for (seq, change) in rest {
                self.side(*change).insert(user.to_owned(), *seq);
            }
            self.bytes += (pairs.len() + rest.len()) * user_bytes(user);
        }
    }

    /// The next frame has users of one side, up to its number.
    ///
    /// A connection may be cut between two frames, and the client comes back with the number of
    /// the first as its mark: everything above it is replayed. So a frame ends below the first
    /// event of the other side, which would be lost. If it can, it also ends where nothing is
    /// half cancelled, for the second half of such a pair would come without the first: a user
    /// leaves who isn't there, or joins who is. Where it can't, both halves are told; of those who
    /// are forgotten the first isn't, and the roster is right again with the second.
    fn next(&self) -> (Change, u64) {
        let oldest = |users: &Users| users.values().copied().min();
        let (change, side, oldest, before) = match (oldest(&self.joined), oldest(&self.left)) {
            (Some(joined), Some(left)) if joined < left => {
                (Change::Joined, &self.joined, joined, left)
            }
            (Some(joined), Some(left)) => (Change::Left, &self.left, left, joined),
            (Some(_), None) => return (Change::Joined, self.seen),
            (None, Some(_) | None) => return (Change::Left, self.seen),
        };
        let within = || side.values().copied().filter(|seq| *seq < before);
        let last = self.forgotten.map(|forgotten| forgotten.last.get());
        let ends = self.cancelled.iter().map(|pair| pair.until).chain(last);
        let ends = ends.filter(|end| (oldest..before).contains(end));
        let is_whole = |mark: &u64| {
            self.forgotten.is_none_or(|forgotten| !forgotten.are_parted_at(*mark))
                && !self.cancelled.iter().any(|pair| pair.is_half_at(*mark))
        };
        let whole = within().chain(ends).filter(is_whole).max();
        (change, whole.or_else(|| within().max()).unwrap_or(oldest))
    }

    /// Takes the next frame.
    pub(super) fn take(&mut self) -> Leaving {
        let (change, seq) = self.settle();
        let taken = self.side(change).extract_if(.., |_, at| *at <= seq);
        let users: Vec<String> = taken.map(|(user, _)| user).collect();
        let over = self.cancelled.extract_if(.., |pair| pair.until <= seq);
        let over = over.map(|pair| user_bytes(&pair.user)).sum::<usize>();
        self.bytes -= over + users.iter().map(|user| user_bytes(user)).sum::<usize>();
        self.forgotten = self.forgotten.filter(|forgotten| forgotten.last.get() > seq);
        let (sub, reason) = (self.sub, String::new());
        match change {
            Change::Joined => {
                let body = g2c::Joined { sub: 0, seq, users, reason }.encode_to_vec();
                Leaving { kind: BodyKind::Joined as u32, sub, body }
            }
            Change::Left => {
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
