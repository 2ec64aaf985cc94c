//! What is kept for the receiver of one session: old events until `open`, and what waits until it
//! has caught up.

use proto::g2c::{BodyKind, EventHead};
use proto::ids::Sub;

use super::fanout::Frame;
use super::held::{Held, HeldFrame, Missed};
use super::slow::{Behind, Kept, Leaving, TooSlow};

/// What is kept for a receiver.
#[derive(Debug, Default)]
pub(in crate::machine) struct Backlog {
    /// `hold` was asked for, and `open` hasn't come.
    hold: bool,
    /// Old events that wait for `open`.
    held: Held,
    /// Events that wait for a slow receiver.
    behind: Behind,
}

impl Backlog {
    /// How many bytes are kept.
    pub(in crate::machine) fn bytes(&self) -> usize {
        self.held.bytes() + self.behind.bytes()
    }

    /// Whether nothing is kept, and nothing is to be.
    pub(in crate::machine) fn is_idle(&self) -> bool {
        !self.hold && self.held.is_empty() && self.behind.is_empty()
    }

    /// Whether the client wants its events kept back until `open`.
    pub(in crate::machine) fn is_on_hold(&self) -> bool {
        self.hold
    }

    /// The client wants that, or doesn't.
    pub(in crate::machine) fn set_on_hold(&mut self, hold: bool) {
        self.hold = hold;
    }

    /// Keeps one event. Returns whether it went into another that waits already.
    pub(super) fn keep(&mut self, sub: Sub, event: &Kept, closes: bool, keep_oldest: bool) -> bool {
        self.behind.keep(sub, event, closes, keep_oldest)
    }

    /// Drops the oldest message and leaves a gap in its place.
    pub(super) fn drop_oldest(&mut self, announce: bool) -> Result<(), TooSlow> {
        self.behind.drop_oldest(announce)
    }

    /// Keeps an old event, which is written with these bytes.
    pub(super) fn hold(&mut self, frame: &Frame<'_>, bytes: &[u8]) {
        let is_message = frame.kind == BodyKind::Message as u32 && !frame.history;
        let head = EventHead::of(frame.body).ok().filter(|_| is_message);
        let message = head.map(|head| (String::from_utf8_lossy(head.mount).into(), head.seq));
        self.held.push(HeldFrame { sub: frame.sub, bytes: bytes.into(), message });
    }

    /// Nothing is held any more: what was.
    pub(super) fn open(&mut self) -> Vec<Box<[u8]>> {
        self.hold = false;
        std::mem::take(&mut self.held).into_frames()
    }

    /// What waits begins to leave.
    pub(super) fn leaves(&mut self) {
        self.behind.freeze();
    }

    /// The next frame that leaves: its kind, its queue and its body.
    pub(super) fn next(&mut self) -> Option<(u32, Sub, Vec<u8>)> {
        let Leaving { kind, sub, body } = self.behind.next()?;
        Some((kind, sub, body))
    }

    /// Forgets what is of one queue, and notes which messages its receiver misses then.
    pub(super) fn forget(&mut self, sub: Sub, missed: &mut Missed) {
        self.held.forget(sub, missed);
        self.behind.forget(sub, missed);
    }
}
