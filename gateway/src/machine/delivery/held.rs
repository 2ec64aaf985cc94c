//! What `hold` keeps back until `open`: old events of queues that were subscribed meanwhile. What
//! comes live waits behind them, with that of slow receivers.

use std::collections::BTreeMap;
use std::rc::Rc;

use proto::g2c::{BodyKind, EventHead};

use super::clients::{ConnId, HELD};
use super::fanout::Frame;
use super::interest::Sub;
use crate::machine::lane::{Lane, Outbox};
use proto::ids::Handle;

/// Of each message mount the lowest number that a receiver was to have and doesn't get.
pub(in crate::machine) type Missed = BTreeMap<Rc<str>, u64>;

/// Old events, as they will be written.
#[derive(Debug, Default)]
pub(in crate::machine) struct Held {
    frames: Vec<HeldFrame>,
    bytes: usize,
}

#[derive(Debug)]
struct HeldFrame {
    sub: Option<Sub>,
    bytes: Box<[u8]>,
    /// Of a message that isn't of the history: its mount and number.
    message: Option<(Rc<str>, u64)>,
}

impl Held {
    pub(in crate::machine) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// What it counts, with the room that the list itself takes.
    pub(in crate::machine) fn bytes(&self) -> usize {
        self.bytes + self.frames.len() * size_of::<HeldFrame>()
    }

    fn push(&mut self, frame: HeldFrame) {
        self.bytes += frame.bytes.len();
        self.frames.push(frame);
    }

    /// Forgets what is of one queue, and notes which messages its receiver misses then.
    pub(in crate::machine) fn forget(&mut self, sub: Sub, missed: &mut Missed) {
        for gone in self.frames.extract_if(.., |frame| frame.sub == Some(sub)) {
            self.bytes -= gone.bytes.len();
            if let Some((mount, seq)) = gone.message {
                miss(missed, &mount, seq);
            }
        }
    }
}

/// One more message that a receiver doesn't get.
pub(in crate::machine) fn miss(missed: &mut Missed, mount: &Rc<str>, seq: u64) {
    let lowest = missed.entry(Rc::clone(mount)).or_insert(seq);
    *lowest = seq.min(*lowest);
}

impl Lane {
    /// Keeps an old event until `open`: what comes live meanwhile goes behind it.
    pub(in crate::machine) fn hold_back(
        &mut self,
        conn: ConnId,
        handle: Handle,
        frame: &Frame<'_>,
        out: &mut Outbox,
    ) {
        let bytes: Box<[u8]> = self.encodings.one(out.clients.format(conn), frame).into();
        let owed = out.clients.owed(conn) + bytes.len();
        let is_message = frame.kind == BodyKind::Message as u32 && !frame.history;
        let head = EventHead::of(frame.body).ok().filter(|_| is_message);
        let mount = head.map(|head| (String::from_utf8_lossy(head.mount).into(), head.seq));
        let (sub, max) = (frame.sub, self.settings.output_bytes_max);
        let kept = self.with_rare(handle, |rare| {
            let fits = owed + rare.kept_bytes() <= max;
            if fits {
                rare.held.push(HeldFrame { sub, bytes, message: mount });
            }
            fits
        });
        if kept == Some(false) {
            self.close_slow(conn, out);
        }
    }

    /// "Open the floodgates": what was held goes out.
    pub(in crate::machine) fn open(&mut self, conn: ConnId, handle: Handle, out: &mut Outbox) {
        if !out.clients.is_held(conn) {
            return;
        }
        out.clients.set(conn, HELD, false);
        let held = self.with_rare(handle, |rare| {
            rare.hold = false;
            std::mem::take(&mut rare.held)
        });
        let held = held.filter(|_| !self.settings.faults.held_lost);
        for frame in held.map_or(Vec::new(), |held| held.frames) {
            out.clients.append(conn, &frame.bytes);
        }
        if !out.clients.is_diverted(conn) {
            self.release(conn, handle, out);
        }
    }
}
