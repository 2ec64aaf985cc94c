//! What a bucket takes, by the count that the bounds of its node go by.

use super::queue::{Mount, Queue, Queues, Subscription};

/// What a process keeps of a queue beside its state.
pub(crate) const LOCAL_BYTES: usize = 88;

/// A queue's own fields, its places in maps, its name's and its members' heads.
const QUEUE_BYTES: usize = size_of::<Queue>() + LOCAL_BYTES + 64;
/// A member with its place, and the session behind it.
const MEMBER_BYTES: usize = size_of::<Subscription>() + 160;

/// A session's record at its user queue, with some notes.
pub(crate) const LOGIN_BYTES: u64 = 512;

/// Bytes of all queues and logins of a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Of queues, but their replay logs, and of logins.
    pub(crate) kept: u64,
    /// Of replay logs.
    pub(crate) replay: u64,
}

impl Sizes {
    /// Counts a queue anew, whatever has changed in it.
    pub(super) fn recount(&mut self, queue: &mut Queue) {
        let (before, after) = (queue.counted, queue.kept_bytes() as u32);
        queue.counted = after;
        self.kept = self.kept + u64::from(after) - u64::from(before);
    }

    /// Counts everything anew.
    pub(super) fn count_all(&mut self, queues: &mut Queues, logins: usize) {
        *self = Sizes::default();
        for (_, queue) in queues.iter_mut() {
            self.recount(queue);
            self.log(0, queue.log.bytes());
        }
        self.kept += logins as u64 * LOGIN_BYTES;
    }

    /// A mount of a queue took so much, and takes so much now.
    #[inline]
    pub(super) fn mount(&mut self, queue: &mut Queue, before: usize, after: usize) {
        if before != after {
            queue.counted = queue.counted + after as u32 - before as u32;
            self.kept = self.kept + after as u64 - before as u64;
        }
    }

    /// A replay log took so much, and takes so much now.
    #[inline]
    pub(super) fn log(&mut self, before: usize, after: usize) {
        self.replay = self.replay + after as u64 - before as u64;
    }

    /// One login more, or less.
    pub(super) fn login(&mut self, more: bool) {
        self.kept = if more { self.kept + LOGIN_BYTES } else { self.kept - LOGIN_BYTES };
    }

    /// A queue is no more.
    pub(super) fn gone(&mut self, queue: &Queue) {
        self.kept -= u64::from(queue.counted);
        self.replay -= queue.log.bytes() as u64;
    }
}

impl Queue {
    /// What it takes by our count, but its replay log, which has a bound of its own.
    pub(crate) fn kept_bytes(&self) -> usize {
        let mounts = (0..self.mounts.len()).map(|place| self.mount_bytes(place)).sum::<usize>();
        let places = self.mounts.len() * size_of::<Mount>();
        QUEUE_BYTES + self.name.len() + places + self.members.len() * MEMBER_BYTES + mounts
    }

    /// What a mount holds; nothing where there is none.
    #[inline]
    pub(crate) fn mount_bytes(&self, place: usize) -> usize {
        match self.mounts.get(place) {
            Some(Mount::Message(Some(history))) => history.cost(),
            Some(Mount::State(Some(mount))) => mount.cost(),
            Some(Mount::Message(None) | Mount::State(None)) | None => 0,
        }
    }
}
