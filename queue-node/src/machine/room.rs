//! What a node keeps, and whether it has room for more. Beyond its bound newcomers are refused
//! first (queues, members, sessions), then what makes queues larger; what goes on in rooms goes on.

use proto::codes::Status;

use super::bucket::Bucket;
use super::local::Local;
use super::record::Refusal;
use super::state::queue::{Mount, Queue, QueueIndex, Subscription};
use super::turn::{Shared, Turn};

/// A queue's own fields, its places in maps, its name's and its members' heads.
const QUEUE_BYTES: usize = size_of::<Queue>() + size_of::<Local>() + 64;
/// A member with its place, and the session behind it.
const MEMBER_BYTES: usize = size_of::<Subscription>() + 160;
/// A session's record at its user queue, with some notes.
pub(crate) const LOGIN_BYTES: usize = 512;

/// Newcomers leave this part of the whole to those who are there.
const RESERVE_PART: u64 = 16;

impl Queue {
    /// What it takes by our count, but its replay log, which has a bound of its own.
    pub(crate) fn kept_bytes(&self) -> usize {
        let mounts = (0..self.mounts.len()).map(|place| self.mount_bytes(place)).sum::<usize>();
        let places = self.mounts.len() * size_of::<Mount>();
        QUEUE_BYTES + self.name.len() + places + self.members.len() * MEMBER_BYTES + mounts
    }

    /// What a mount holds; nothing where there is none.
    pub(crate) fn mount_bytes(&self, place: usize) -> usize {
        match self.mounts.get(place) {
            Some(Mount::Message(Some(history))) => history.cost(),
            Some(Mount::State(Some(mount))) => mount.cost(),
            Some(Mount::Message(None) | Mount::State(None)) | None => 0,
        }
    }

    /// Whether one more message makes the history of a mount larger, and doesn't only take the
    /// place of an older one.
    pub(crate) fn grows_by_message(&self, place: usize) -> bool {
        let class = &self.class.class.mounts[place];
        match &self.mounts[place] {
            Mount::Message(Some(history)) => {
                history.len() < class.history && history.cost() < class.history_bytes
            }
            Mount::Message(None) => class.history > 0,
            Mount::State(_) => false,
        }
    }
}

impl Bucket {
    /// Counts a queue anew, whatever has changed in it.
    pub(crate) fn recount(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        let queue = &mut self.queues[index];
        let (before, after) = (queue.counted, queue.kept_bytes() as u32);
        queue.counted = after;
        turn.shared.counted(before as usize, after as usize);
    }
}

impl Shared {
    /// Something that took so much takes so much now.
    pub(crate) fn counted(&mut self, before: usize, after: usize) {
        let bytes = &mut self.counters.kept_bytes;
        *bytes = *bytes + after as u64 - before as u64;
    }

    /// All that is counted.
    fn all_bytes(&self) -> u64 {
        self.counters.kept_bytes + self.counters.replay_bytes + self.counters.remembered_bytes
    }

    /// Whether a newcomer finds room.
    pub(crate) fn admits(&self) -> Result<(), Refusal> {
        let max = self.settings.bytes_max;
        if self.settings.faults.full_admits {
            return Ok(());
        }
        if self.all_bytes() <= max - max / RESERVE_PART { Ok(()) } else { Err(full()) }
    }

    /// Whether a queue may become larger.
    #[inline]
    pub(crate) fn may_grow(&self) -> Result<(), Refusal> {
        if self.all_bytes() <= self.settings.bytes_max { Ok(()) } else { Err(full()) }
    }
}

/// The refusal of what finds no room.
pub(crate) fn full() -> Refusal {
    let sentence = "this queue node has reached its memory limit: delete what isn't needed, or try \
                    again later";
    Refusal::passing(Status::Limit, sentence)
}
