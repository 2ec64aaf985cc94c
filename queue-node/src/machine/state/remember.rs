//! What was answered to whom, so that an operation that comes again isn't run again.

use std::cell::Cell;
use std::collections::VecDeque;

use indexmap::IndexMap;
use proto::ids::SessionId;
use proto::seeded::Seed;

use super::recent::Recent;

mod items;

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
            Some(space) => {
                space.copy_from_slice(packed);
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

/// A session in a queue: the hash of the queue's name with the session's user, and the random half
/// of the session's id.
type Key = (u64, u64);

/// What is remembered of sessions that are no members (any more).
///
/// Entries are kept in cohorts of those that were used at about the same time; a cohort goes as a
/// whole. So an entry costs no timer, and forgetting costs nothing by the entry.
#[derive(Debug)]
pub(crate) struct Memory {
    seed: Seed,
    cohorts: VecDeque<Cohort>,
    /// The key that was looked for in vain last: who joins is looked for three times. It changes
    /// nothing that anybody finds.
    absent: Cell<Option<Key>>,
    /// A buffer that entries are packed in.
    packing: Vec<u8>,
}

#[derive(Debug)]
struct Cohort {
    begun_ms: u64,
    entries: IndexMap<Key, Packed, Seed>,
}

/// A cohort isn't larger, so that none grows by copying many entries in one turn.
const COHORT_MAX: usize = 65_536;

impl Memory {
    /// Nothing yet.
    pub(crate) fn new(seed: Seed) -> Memory {
        Memory { seed, cohorts: VecDeque::new(), absent: Cell::new(None), packing: Vec::new() }
    }

    /// Takes what is remembered of this session in this queue.
    pub(crate) fn take(&mut self, queue_hash: u64, session: SessionId) -> Option<Recent> {
        let key = key(queue_hash, session);
        if self.absent.get() == Some(key) {
            return None;
        }
        for cohort in self.cohorts.iter_mut().rev() {
            if let Some(packed) = cohort.entries.swap_remove(&key) {
                return Some(Recent::unpack(packed.bytes()));
            }
        }
        self.absent.set(Some(key));
        None
    }

    /// What is remembered of a session and a queue.
    pub(crate) fn peek(&self, queue_hash: u64, session: SessionId) -> Option<Recent> {
        let packed = self.find(key(queue_hash, session));
        packed.map(|packed| Recent::unpack(packed.bytes()))
    }

    fn find(&self, key: Key) -> Option<&Packed> {
        if self.absent.get() == Some(key) {
            return None;
        }
        let found = self.cohorts.iter().rev().find_map(|cohort| cohort.entries.get(&key));
        if found.is_none() {
            self.absent.set(Some(key));
        }
        found
    }

    /// Whether this session is remembered as one that never joins this queue again.
    pub(crate) fn is_over(&self, queue_hash: u64, session: SessionId) -> bool {
        let packed = self.find(key(queue_hash, session));
        packed.is_some_and(|packed| Recent::unpack(packed.bytes()).is_over)
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
            if let Some(full) = self.cohorts.back_mut() {
                full.entries.shrink_to_fit();
            }
            let entries = IndexMap::with_hasher(self.seed);
            self.cohorts.push_back(Cohort { begun_ms: now_ms, entries });
        }
        let cohort = self.cohorts.back_mut().expect("one was pushed if there was none");
        self.packing.clear();
        recent.pack(&mut self.packing);
        cohort.entries.insert(key(queue_hash, session), Packed::of(&self.packing));
        self.absent.set(None);
    }

    /// When the oldest are forgotten: what has been unused for twice the grace.
    pub(crate) fn next_ms(&self, grace_ms: u64) -> Option<u64> {
        let unused_ms = span_ms(grace_ms) + 2 * grace_ms;
        self.cohorts.front().map(|cohort| cohort.begun_ms + unused_ms)
    }

    /// Forgets those whose time is over.
    pub(crate) fn trim(&mut self, now_ms: u64, grace_ms: u64) {
        while self.next_ms(grace_ms).is_some_and(|due_ms| due_ms <= now_ms) {
            self.cohorts.pop_front();
        }
    }

    /// How many entries there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.cohorts.iter().map(|cohort| cohort.entries.len()).sum()
    }

    /// What they take: entries with their hashes, and the maps' tables of places.
    pub(crate) fn bytes(&self) -> usize {
        let entry = size_of::<Key>() + size_of::<Packed>() + size_of::<u64>();
        let place = size_of::<usize>() + 1;
        let space = |cohort: &Cohort| cohort.entries.capacity() * (entry + place * 8 / 7);
        self.cohorts.iter().map(space).sum()
    }
}

/// How long a cohort takes new entries: the part by which an entry may outstay its time. Whoever is
/// new is looked for in every cohort, so there are few.
fn span_ms(grace_ms: u64) -> u64 {
    grace_ms / 2 + 1
}

fn key(queue_hash: u64, session: SessionId) -> Key {
    let random = u64::from_be_bytes(session.0[8..].try_into().expect("eight of sixteen bytes"));
    (queue_hash ^ session.user_queue_hash().rotate_left(1), random)
}
