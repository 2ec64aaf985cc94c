//! What a node keeps, and whether it has space for more. Beyond its bound newcomers are refused
//! first (queues, members, sessions), then what makes queues larger; what goes on in rooms goes on.

use proto::codes::Status;

use super::counters::Counters;
use super::local::Local;
use super::record::Refusal;
use super::state::queue::{Mount, Queue};
use super::state::sizes::{LOCAL_BYTES, Sizes};
use super::turn::Shared;

const _: () = assert!(size_of::<Option<Local>>() <= LOCAL_BYTES);

/// Newcomers leave this part of the whole to those who are there.
const RESERVE_PART: u64 = 16;

impl Queue {
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

impl Shared {
    /// Something of a bucket's state took so much, and takes so much now.
    #[inline]
    pub(crate) fn sized(&mut self, before: Sizes, after: Sizes) {
        if before != after {
            let counters = &mut self.counters;
            counters.kept_bytes = counters.kept_bytes + after.kept - before.kept;
            counters.replay_bytes = counters.replay_bytes + after.replay - before.replay;
        }
    }

    /// All that is counted.
    fn all_bytes(&self) -> u64 {
        let Counters { kept_bytes, replay_bytes, remembered_bytes, copy_bytes, .. } = self.counters;
        kept_bytes + replay_bytes + remembered_bytes + copy_bytes
    }

    /// Whether there is no space for copies, where there was none before or there was. What is full
    /// once is so until a fifth is free, lest a copy comes and goes.
    pub(crate) fn is_full(&self, was_full: bool) -> bool {
        let max = self.settings.bytes_max;
        let is_apart = was_full && !self.settings.faults().full_forever;
        self.all_bytes() > if is_apart { max / 5 * 4 } else { max }
    }

    /// Whether a newcomer finds space.
    pub(crate) fn admits(&self) -> Result<(), Refusal> {
        let max = self.settings.bytes_max;
        if self.settings.faults().full_admits {
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

/// The refusal of what finds no space.
pub(crate) fn full() -> Refusal {
    let sentence = "this queue node has reached its memory limit: delete what isn't needed, or try \
                    again later";
    Refusal::passing(Status::Limit, sentence)
}
