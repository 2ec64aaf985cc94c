//! A message mount: its recent messages, for late comers.

use std::collections::VecDeque;

use proto::class::MountClass;

use super::replay::Event;

/// The history of a mount, bounded by its class in count, bytes and age.
#[derive(Debug, Default)]
pub(crate) struct History {
    events: VecDeque<Event>,
    bytes: usize,
}

impl History {
    /// Appends a message; what the class doesn't keep goes.
    #[inline]
    pub(crate) fn push(&mut self, event: Event, class: &MountClass) {
        let now_ms = event.at_ms;
        self.bytes += event.cost();
        self.events.push_back(event);
        while self.events.len() > class.history || self.bytes > class.history_bytes {
            self.pop();
        }
        self.trim_age(now_ms, class);
    }

    /// Lets go of what is too old.
    pub(crate) fn trim_age(&mut self, now_ms: u64, class: &MountClass) {
        if class.history_ms == 0 {
            return;
        }
        let old = |event: &Event| event.at_ms.saturating_add(class.history_ms) <= now_ms;
        while self.events.front().is_some_and(old) {
            self.pop();
        }
    }

    /// The newest messages numbered at most `seq_max`, no more than `count`, oldest first.
    pub(crate) fn newest(&self, count: usize, seq_max: u64) -> impl Iterator<Item = &Event> {
        let end = self.events.partition_point(|event| event.seq <= seq_max);
        self.events.range(end.saturating_sub(count)..end)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// What they take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn pop(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.cost();
        }
    }
}
