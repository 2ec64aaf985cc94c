//! The end of a connection: always with a code and a sentence that says what to do. The lane lets
//! go of its session, which its user queue keeps for a grace.

use std::num::NonZeroU32;

use proto::codes::Close;
use proto::g2c::{self, BodyKind};
use proto::ids::Handle;

use super::Farewell;
use crate::machine::delivery::{ConnId, Ending, Frame};
use crate::machine::lane::{Lane, Outbox};

/// Clients of a gateway that shuts down are asked to come back spread over this long.
const SPREAD_MS: u32 = 5_000;

impl Lane {
    /// Closes those that are dismissed.
    #[inline]
    pub(in crate::machine) fn close_dismissed(&mut self, out: &mut Outbox) {
        if self.desk.door.has_dismissed() {
            self.close_each(out);
        }
    }

    #[cold]
    fn close_each(&mut self, out: &mut Outbox) {
        while let Some((conn, farewell)) = self.desk.door.take_dismissed() {
            self.close(conn, &farewell, out);
        }
    }

    /// Says why, then closes when that is written. The lane lets go of the session here and now.
    pub(in crate::machine) fn close(
        &mut self,
        conn: ConnId,
        farewell: &Farewell,
        out: &mut Outbox,
    ) {
        let &Farewell { close, ref reason, mut retry_after_ms, bye } = farewell;
        let Some(session) = self.desk.door.closes(conn, self.desk.now.ms) else { return };
        if close == Close::Draining {
            retry_after_ms = NonZeroU32::new(conn.number().wrapping_mul(97) % SPREAD_MS);
        }
        self.application.drop_newcomer(conn);
        let message = g2c::Closing {
            code: u32::from(close.number()),
            reason: reason.clone().into_owned(),
            may_retry: close.may_retry(),
            retry_after_ms: retry_after_ms.map_or(0, NonZeroU32::get),
            address: String::new(),
        };
        let format = out.clients.format(conn);
        let body = prost::Message::encode_to_vec(&message);
        let frame = Frame::of(BodyKind::Closing, &body);
        self.desk.delivery.append(conn, &frame, &mut out.clients);
        let mut last = Vec::new();
        format.transport.put_close(&mut last, close.number(), reason);
        out.clients.append(conn, &last);
        out.clients.end(conn, Ending::Written);
        self.desk.counters.count_closed(close);
        if let Some(handle) = session {
            self.end_session(handle, bye, Some(close), out);
        }
    }

    /// The client closes in its own way; its output is still written.
    pub(in crate::machine) fn hung_up(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(session) = self.desk.door.closes(conn, self.desk.now.ms) else { return };
        self.application.drop_newcomer(conn);
        out.clients.end(conn, Ending::Written);
        if let Some(handle) = session {
            self.end_session(handle, false, None, out);
        }
    }

    /// The socket is gone.
    pub(in crate::machine) fn closed(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(session) = self.desk.door.closed(conn) else { return };
        self.application.drop_newcomer(conn);
        out.clients.closed(conn);
        self.desk.counters.connections -= 1;
        if let Some(handle) = session {
            self.end_session(handle, false, None, out);
        }
    }

    /// The gateway shuts down.
    pub(in crate::machine) fn drain(&mut self) {
        (self.draining, self.readiness.unsure) = (true, true);
        for conn in self.desk.door.open_ones() {
            let reason = "this gateway is shutting down: connect to another";
            self.desk.close(conn, Close::Draining, reason);
        }
    }

    /// The session's socket is gone, or will be: what it has under way ends with it.
    fn end_session(&mut self, handle: Handle, bye: bool, close: Option<Close>, out: &mut Outbox) {
        if !self.sessions.loses_connection(handle) {
            return;
        }
        self.application.drop_lines(handle, &mut self.sessions, &mut self.desk, out);
        if let Some(bucket) = self.sessions.end(handle, (bye, close), &mut self.desk, out) {
            self.release_refusals(bucket, out);
        }
        self.sessions.let_go(handle, &mut self.desk, out);
    }
}
