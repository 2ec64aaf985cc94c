//! What sessions receive: events for all of a queue's subscribers, old ones for one, and what was
//! kept until a client could take it. How it is done is the delivery's matter.

use proto::ids::{Handle, Sub};
use proto::q2g::{self, EventRef};

use super::Sessions;
use crate::machine::delivery::{ConnId, Frame, Receivers};
use crate::machine::desk::Desk;
use crate::machine::door::Farewell;
use crate::machine::lane::Outbox;
use crate::machine::traced;
use crate::machine::upstream::BucketIndex;

/// Those whom the lane's events go to.
macro_rules! receivers {
    ($sessions:expr, $desk:expr, $out:expr) => {
        &mut Receivers {
            settings: &$desk.settings,
            sessions: $sessions,
            clients: &mut $out.clients,
        }
    };
}

impl Sessions {
    /// One event for every subscriber of the queue on this lane. Who couldn't be kept within what
    /// may be unsent is dismissed.
    #[inline]
    pub(in crate::machine) fn event(
        &mut self,
        (bucket, event): (BucketIndex, &EventRef<'_>),
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Desk { upstream, delivery, now, settings, .. } = desk;
        let is_of_it = |hash: u64| upstream.bucket_of(hash) == Some(bucket);
        let Some(sub) = delivery.came(event, is_of_it, (now.ms, settings)) else { return };
        let before = desk.delivery.deliveries();
        desk.delivery.fan_out(sub, event, receivers!(self, desk, out));
        if desk.delivery.has_filtered(sub) {
            desk.delivery.fan_out_filtered(sub, event, receivers!(self, desk, out));
        }
        if desk.traces.is_on() {
            let receivers = desk.delivery.deliveries() - before;
            traced::event((desk, self), sub, event, receivers);
        }
        if desk.delivery.is_anyone_too_slow() {
            for conn in desk.delivery.take_too_slow() {
                desk.door.dismiss(conn, Farewell::slow());
            }
        }
        if desk.settings.faults().subscriber_late {
            self.enlist_late(sub, desk);
        }
    }

    /// An event that comes again, for all or for one.
    pub(in crate::machine) fn replayed(
        &mut self,
        (bucket, frame): (BucketIndex, &q2g::Replay),
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if let Some(handle) = Handle::or_nobody(frame.session) {
            if desk.is_in(bucket, frame.sub) {
                self.replayed_to_one(handle, frame, desk, out);
            }
            return;
        }
        let event = EventRef {
            sub: frame.sub,
            seq: frame.seq,
            kind: frame.kind,
            body: &frame.body,
            exclude: Handle::or_nobody(frame.exclude),
        };
        self.event((bucket, &event), desk, out);
    }

    /// An old event, or a gap, for one session.
    fn replayed_to_one(
        &mut self,
        handle: Handle,
        frame: &q2g::Replay,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(sub) = Sub::or_none(frame.sub) else { return };
        let Some(conn) = self.takes_replay(handle, sub) else { return };
        let (kind, history) = (frame.kind, frame.history);
        let frame = Frame { kind, sub: Some(sub), body: &frame.body, history };
        let given = desk.delivery.replay((conn, handle), &frame, receivers!(self, desk, out));
        if let (Err(_), Some(conn)) = (given, conn) {
            desk.door.dismiss(conn, Farewell::slow());
        }
    }

    /// "Open the floodgates": what was held goes out.
    pub(in crate::machine) fn open(
        &mut self,
        conn: ConnId,
        handle: Handle,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        desk.delivery.open(conn, handle, receivers!(self, desk, out));
    }

    /// A slow receiver has taken everything.
    pub(in crate::machine) fn drained(&mut self, conn: ConnId, desk: &mut Desk, out: &mut Outbox) {
        let session = desk.door.session_of(conn);
        desk.delivery.drained(conn, session, receivers!(self, desk, out));
    }

    /// What is unsent to all connections together, and what is kept for them.
    #[inline]
    pub(in crate::machine) fn unsent_by_all(&self, desk: &Desk, out: &Outbox) -> usize {
        out.clients.unsent_by_all() + self.all_kept_bytes(desk)
    }

    /// What is kept for all sessions, in either direction.
    #[inline]
    pub(in crate::machine) fn all_kept_bytes(&self, desk: &Desk) -> usize {
        desk.delivery.kept_bytes() + self.waiting_bytes()
    }

    /// Whether all connections together have more unsent than the lane may keep for them.
    #[inline]
    pub(in crate::machine) fn too_much_is_unsent(&self, desk: &Desk, out: &Outbox) -> bool {
        self.unsent_by_all(desk, out) > desk.settings.lane_output_bytes_max
    }
}
