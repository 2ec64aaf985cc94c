//! A queue's recent events, for those who come back.

use std::collections::VecDeque;
use std::rc::Rc;

use proto::g2c::EventKind;
use proto::ids::SessionId;
use proto::limits;

/// The place of `members` where events of mounts have the number of their mount.
pub(crate) const MEMBERS: u8 = u8::MAX;

/// The public part of a record. Its body is shared by all that keep it.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) at_ms: u64,
    pub(crate) body: Rc<[u8]>,
    /// Whose it is, where `excludes` says that this session shall not have it.
    pub(crate) origin: SessionId,
    pub(crate) kind: EventKind,
    /// The number of its mount, or [`MEMBERS`].
    pub(crate) mount: u8,
    pub(crate) excludes: bool,
}

impl Event {
    /// What it takes to keep it.
    pub(crate) fn cost(&self) -> usize {
        self.body.len() + size_of::<Event>()
    }

    /// Whether this session shall not have it.
    pub(crate) fn excludes(&self, session: SessionId) -> bool {
        self.excludes && self.origin == session
    }
}

/// The events above `floor`, all of them.
#[derive(Debug, Default)]
pub(crate) struct ReplayLog {
    events: VecDeque<Event>,
    bytes: usize,
    floor: u64,
}

impl ReplayLog {
    /// Appends an event; what is beyond the bound in bytes goes.
    #[inline]
    pub(crate) fn push(&mut self, event: Event) {
        self.bytes += event.cost();
        self.events.push_back(event);
        self.trim_bytes(limits::REPLAY_LOG_BYTES_MAX);
    }

    /// Lets go of the oldest until no more bytes are left than these.
    pub(crate) fn trim_bytes(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            self.pop();
        }
    }

    /// Lets go of what is older than that moment.
    pub(crate) fn trim_age(&mut self, before_ms: u64) {
        while self.events.front().is_some_and(|event| event.at_ms <= before_ms) {
            self.pop();
        }
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
    }

    /// The newest event it lacks: it reaches those who have seen everything up to here.
    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    /// What it takes.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// When its oldest event was.
    pub(crate) fn oldest_ms(&self) -> Option<u64> {
        self.events.front().map(|event| event.at_ms)
    }

    /// The events above this number, oldest first.
    pub(crate) fn after(&self, seq: u64) -> impl Iterator<Item = &Event> {
        let first = self.events.partition_point(|event| event.seq <= seq);
        self.events.range(first..)
    }

    fn pop(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.cost();
            self.floor = event.seq;
        }
    }
}
