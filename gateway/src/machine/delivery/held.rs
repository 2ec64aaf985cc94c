//! What `hold` keeps back until `open`: old events of queues that were subscribed meanwhile. What
//! comes live waits behind them, with that of slow receivers.

use std::collections::BTreeMap;
use std::rc::Rc;

use proto::ids::Sub;

/// Of each message mount the lowest number that a receiver was to have and doesn't get.
pub(in crate::machine) type Missed = BTreeMap<Rc<str>, u64>;

/// Old events, as they will be written.
#[derive(Debug, Default)]
pub(super) struct Held {
    frames: Vec<HeldFrame>,
    bytes: usize,
}

/// One old event.
#[derive(Debug)]
pub(super) struct HeldFrame {
    pub(super) sub: Option<Sub>,
    pub(super) bytes: Box<[u8]>,
    /// Of a message that isn't of the history: its mount and number.
    pub(super) message: Option<(Rc<str>, u64)>,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// What it counts, with the space that the list itself takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.frames.len() * size_of::<HeldFrame>()
    }

    pub(super) fn push(&mut self, frame: HeldFrame) {
        self.bytes += frame.bytes.len();
        self.frames.push(frame);
    }

    /// The bytes of all, in order.
    pub(super) fn into_frames(self) -> Vec<Box<[u8]>> {
        self.frames.into_iter().map(|frame| frame.bytes).collect()
    }

    /// Forgets what is of one queue, and notes which messages its receiver misses then.
    pub(super) fn forget(&mut self, sub: Sub, missed: &mut Missed) {
        for gone in self.frames.extract_if(.., |frame| frame.sub == Some(sub)) {
            self.bytes -= gone.bytes.len();
            if let Some((mount, seq)) = gone.message {
                miss(missed, &mount, seq);
            }
        }
    }
}

/// One more message that a receiver doesn't get.
pub(super) fn miss(missed: &mut Missed, mount: &Rc<str>, seq: u64) {
    let lowest = missed.entry(Rc::clone(mount)).or_insert(seq);
    *lowest = seq.min(*lowest);
}
