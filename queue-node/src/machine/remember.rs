//! What was answered to whom, so that an operation that comes again isn't run again.

use std::collections::VecDeque;

use indexmap::IndexMap;
use proto::g2c::ResultHead;
use proto::ids::SessionId;
use proto::limits;
use proto::wire::{self, Fields, Value};

use super::hashing::Numbers;

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) head: ResultHead,
    /// The whole result where it is more than the head; `Some` of nothing: it was too large to keep.
    pub(crate) whole: Option<Box<[u8]>>,
}

/// What is known of an operation's id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known<'a> {
    /// It is above all before.
    New,
    /// It was answered so.
    Answered(&'a Remembered),
    /// It came before, and nobody knows any more what became of it.
    Forgotten,
}

/// The writes of one session in one queue.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Recent {
    highest: u32,
    results: VecDeque<Remembered>,
}

impl Recent {
    /// What is known of this id.
    #[inline]
    pub(crate) fn look(&self, op_id: u32) -> Known<'_> {
        if op_id > self.highest {
            return Known::New;
        }
        let found = self.results.iter().rev().find(|result| result.head.op_id == op_id);
        match found {
            Some(result) if result.whole.as_ref().is_none_or(|whole| !whole.is_empty()) => {
                Known::Answered(result)
            }
            Some(_) | None => Known::Forgotten,
        }
    }

    /// Keeps a result; the oldest beyond those that can be unanswered goes.
    #[inline]
    pub(crate) fn remember(&mut self, result: Remembered) {
        self.highest = self.highest.max(result.head.op_id);
        if self.results.len() == limits::UNANSWERED_PER_QUEUE_MAX {
            self.results.pop_front();
        }
        self.results.push_back(result);
    }

    /// Appends what was remembered later.
    pub(crate) fn append(&mut self, later: Recent) {
        for result in later.results {
            self.remember(result);
        }
        self.highest = self.highest.max(later.highest);
    }

    /// As few bytes as will do: the highest id, then each result as a field.
    fn pack(&self) -> Packed {
        let mut bytes = Vec::with_capacity(PACKED_INLINE);
        wire::put_varint(&mut bytes, u64::from(self.highest));
        for result in &self.results {
            match &result.whole {
                Some(whole) if whole.is_empty() => {}
                Some(whole) => wire::put_bytes(&mut bytes, 2, whole),
                None => {
                    wire::put_nested(&mut bytes, 1, result.head.len());
                    result.head.put(&mut bytes);
                }
            }
        }
        Packed::of(&bytes)
    }

    fn unpack(packed: &Packed) -> Recent {
        let bytes = packed.bytes();
        let read = |bytes: &[u8]| {
            let (highest, at) = wire::varint(bytes).ok()??;
            let mut recent = Recent { highest: highest as u32, results: VecDeque::new() };
            let mut fields = Fields::of(&bytes[at..]);
            while let Some((number, Value::Bytes(result))) = fields.field().ok()? {
                let head = ResultHead::of(result).ok()?;
                let whole = (number == 2).then(|| result.into());
                recent.results.push_back(Remembered { head, whole });
            }
            Some(recent)
        };
        read(bytes).expect("only `pack` wrote these bytes")
    }
}

/// What fits into the map itself: the results of a subscribe and an unsubscribe.
const PACKED_INLINE: usize = 22;

/// A [`Recent`] at rest.
#[derive(Debug)]
enum Packed {
    Inline { length: u8, bytes: [u8; PACKED_INLINE] },
    Heap(Box<[u8]>),
}

const _: () = assert!(size_of::<Packed>() <= 24);

impl Packed {
    fn of(packed: &[u8]) -> Packed {
        let mut bytes = [0; PACKED_INLINE];
        match bytes.get_mut(..packed.len()) {
            Some(room) => {
                room.copy_from_slice(packed);
                Packed::Inline { length: packed.len() as u8, bytes }
            }
            None => Packed::Heap(packed.into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Packed::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Packed::Heap(bytes) => bytes,
        }
    }
}

/// A session in a queue: the hash of the queue's name with the session's user, and the random half of
/// the session's id.
type Key = (u64, u64);

/// What is remembered of sessions that are no members (any more).
///
/// Entries are kept in cohorts of those that were used at about the same time; a cohort goes as a
/// whole. So an entry costs no timer, and forgetting costs nothing by the entry.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    cohorts: VecDeque<Cohort>,
}

#[derive(Debug)]
struct Cohort {
    begun_ms: u64,
    entries: IndexMap<Key, Packed, Numbers>,
}

/// A cohort isn't larger, so that none grows by copying many entries in one turn.
const COHORT_MAX: usize = 65_536;

impl Memory {
    /// Takes what is remembered of this session in this queue.
    pub(crate) fn take(&mut self, queue_hash: u64, session: SessionId) -> Option<Recent> {
        let key = key(queue_hash, session);
        for cohort in self.cohorts.iter_mut().rev() {
            if let Some(packed) = cohort.entries.swap_remove(&key) {
                return Some(Recent::unpack(&packed));
            }
        }
        None
    }

    /// Keeps this from now on for twice the grace, and not much longer.
    pub(crate) fn keep(
        &mut self,
        now_ms: u64,
        grace_ms: u64,
        queue_hash: u64,
        session: SessionId,
        recent: &Recent,
    ) {
        let fits = |cohort: &Cohort| {
            now_ms < cohort.begun_ms + span_ms(grace_ms) && cohort.entries.len() < COHORT_MAX
        };
        if !self.cohorts.back().is_some_and(fits) {
            self.cohorts.push_back(Cohort { begun_ms: now_ms, entries: IndexMap::default() });
        }
        let cohort = self.cohorts.back_mut().expect("one was pushed if there was none");
        cohort.entries.insert(key(queue_hash, session), recent.pack());
    }

    /// Forgets what has been unused for twice the grace.
    pub(crate) fn trim(&mut self, now_ms: u64, grace_ms: u64) {
        let unused_ms = span_ms(grace_ms) + 2 * grace_ms;
        while self.cohorts.front().is_some_and(|cohort| cohort.begun_ms + unused_ms <= now_ms) {
            self.cohorts.pop_front();
        }
    }

    /// How many entries there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.cohorts.iter().map(|cohort| cohort.entries.len()).sum()
    }

    /// What they take: entries with their hashes, and the map's table of places.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let entry = size_of::<Key>() + size_of::<Packed>() + size_of::<u64>();
        let room = |cohort: &Cohort| cohort.entries.capacity() * (entry + size_of::<usize>() + 1);
        self.cohorts.iter().map(room).sum()
    }
}

/// How long a cohort takes new entries: the part by which an entry may outstay its time.
fn span_ms(grace_ms: u64) -> u64 {
    grace_ms / 4 + 1
}

fn key(queue_hash: u64, session: SessionId) -> Key {
    let random = u64::from_be_bytes(session.0[8..].try_into().expect("eight of sixteen bytes"));
    (queue_hash ^ session.user_queue_hash().rotate_left(1), random)
}
