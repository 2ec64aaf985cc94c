//! What goes to clients, and the end of those who don't take it: between the lane's delivery, its
//! sessions and its connections.

use proto::ids::Handle;
use proto::q2g::{self, EventRef};

use crate::machine::delivery::{ConnId, Frame, Receivers, Sub};
use crate::machine::door::{Farewell, PER_TURN};
use crate::machine::lane::{Lane, Outbox};

/// Those whom the lane's events go to.
macro_rules! receivers {
    ($lane:expr, $out:expr) => {
        &mut Receivers {
            settings: &$lane.desk.settings,
            sessions: &mut $lane.sessions,
            clients: &mut $out.clients,
        }
    };
}

impl Lane {
    /// One event for every subscriber of the queue on this lane.
    #[inline]
    pub(in crate::machine) fn event(&mut self, event: &EventRef<'_>, out: &mut Outbox) {
        let Some(sub) = self.desk.delivery.came(event, &self.desk.settings) else { return };
        self.desk.delivery.fan_out(sub, event, receivers!(self, out));
        self.close_too_slow(out);
        if self.desk.delivery.has_filtered(sub) {
            self.desk.delivery.fan_out_filtered(sub, event, receivers!(self, out));
            self.close_too_slow(out);
        }
        if self.desk.settings.faults.subscriber_late {
            self.sessions.enlist_late(sub, &mut self.desk);
        }
    }

    /// Closes who couldn't be kept within what it may owe.
    #[inline]
    fn close_too_slow(&mut self, out: &mut Outbox) {
        if self.desk.delivery.is_anyone_too_slow() {
            for conn in self.desk.delivery.take_too_slow() {
                self.desk.door.dismiss(conn, Farewell::slow());
            }
            self.close_dismissed(out);
        }
    }

    /// An event that comes again, for all or for one.
    pub(in crate::machine) fn replayed(&mut self, frame: &q2g::Replay, out: &mut Outbox) {
        if let Some(handle) = Handle::or_nobody(frame.session) {
            return self.replayed_to_one(handle, frame, out);
        }
        let event = EventRef {
            sub: frame.sub,
            seq: frame.seq,
            kind: frame.kind,
            body: &frame.body,
            exclude: Handle::or_nobody(frame.exclude),
        };
        self.event(&event, out);
    }

    /// An old event, or a gap, for one session.
    fn replayed_to_one(&mut self, handle: Handle, frame: &q2g::Replay, out: &mut Outbox) {
        let Some(sub) = Sub::or_none(frame.sub) else { return };
        let Some(conn) = self.sessions.takes_replay(handle, sub) else { return };
        let (kind, history) = (frame.kind, frame.history);
        let frame = Frame { kind, sub: Some(sub), body: &frame.body, history };
        let given = self.desk.delivery.replay((conn, handle), &frame, receivers!(self, out));
        if let (Err(_), Some(conn)) = (given, conn) {
            self.desk.door.dismiss(conn, Farewell::slow());
        }
    }

    /// "Open the floodgates": what was held goes out.
    pub(in crate::machine) fn open(&mut self, conn: ConnId, handle: Handle, out: &mut Outbox) {
        self.desk.delivery.open(conn, handle, receivers!(self, out));
    }

    /// A slow receiver has taken everything.
    pub(in crate::machine) fn drained(&mut self, conn: ConnId, out: &mut Outbox) {
        let session = self.desk.door.session_of(conn);
        self.desk.delivery.drained(conn, session, receivers!(self, out));
    }

    /// Whether all connections together owe more than the lane may keep for them.
    #[inline]
    pub(in crate::machine) fn owes_too_much(&self, out: &Outbox) -> bool {
        self.owed_by_all(out) > self.desk.settings.lane_output_bytes_max
    }

    /// What all connections together owe, and what is kept for them.
    #[inline]
    pub(in crate::machine) fn owed_by_all(&self, out: &Outbox) -> usize {
        out.clients.owed_by_all() + self.kept_bytes()
    }

    /// What is kept for all sessions, in either direction.
    #[inline]
    pub(in crate::machine) fn kept_bytes(&self) -> usize {
        self.desk.delivery.kept_bytes() + self.sessions.waiting_bytes()
    }

    /// Keeps all connections together within the lane's bound: the largest debtor goes first, and
    /// with it what it was owed, so that there is room at once. If a turn's worth of them isn't
    /// enough, the next turn goes on.
    pub(in crate::machine) fn close_debtors(&mut self, out: &mut Outbox) {
        if !self.owes_too_much(out) {
            return;
        }
        let mut debts: Vec<(usize, ConnId)> = Vec::new();
        for conn in self.desk.door.open_ones() {
            let session = self.desk.door.session_of(conn);
            let kept = session.map_or(0, |handle| self.sessions.kept_bytes(handle));
            debts.push((out.clients.owed(conn) + kept, conn));
        }
        debts.sort_unstable();
        let are_more = debts.len() > PER_TURN;
        for (_, conn) in debts.into_iter().rev().take(PER_TURN) {
            self.close(conn, &Farewell::slow(), out);
            out.clients.cut(conn);
            if !self.owes_too_much(out) {
                return;
            }
        }
        if are_more {
            self.desk.delivery.owe_still(self.desk.now.ms);
        }
    }
}
