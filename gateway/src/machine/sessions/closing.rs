//! The end of a connection: always with a code and a sentence that says what to do. The lane lets
//! go of its session, which its user queue keeps for a grace.

use std::num::NonZeroU32;

use proto::codes::Close;
use proto::g2c::{self, BodyKind};
use proto::g2q::{self, G2q};
use proto::ids::Handle;
use proto::wire;

use crate::machine::delivery::{ConnId, Ending, Frame};
use crate::machine::door::Farewell;
use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::{Session, Sessions, State};
use crate::machine::upstream::{BucketIndex, NodeSet, Pending};

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
        self.drop_newcomer(conn);
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
        self.drop_newcomer(conn);
        out.clients.end(conn, Ending::Written);
        if let Some(handle) = session {
            self.end_session(handle, false, None, out);
        }
    }

    /// The socket is gone.
    pub(in crate::machine) fn closed(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(session) = self.desk.door.closed(conn) else { return };
        self.drop_newcomer(conn);
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

    /// The session's socket is gone, or will be: its user queue is told, its queues are let go.
    pub(in crate::machine) fn end_session(
        &mut self,
        handle: Handle,
        bye: bool,
        close: Option<Close>,
        out: &mut Outbox,
    ) {
        let Some(session) = self.sessions.get_mut(handle) else { return };
        if session.state == State::Over {
            return;
        }
        session.conn = None;
        self.drop_lines(handle, out);
        let session = &mut self.sessions[handle];
        let before = std::mem::replace(&mut session.state, State::Over);
        let hash = session.id.user_queue_hash();
        self.drop_rare(handle);
        self.desk.upstream.waits_no_longer(handle);
        self.desk.counters.sessions -= u64::from(before == State::Live);
        self.leave_all(handle, out);
        if let Some(bucket) = self.desk.upstream.bucket_of(hash) {
            if before == State::LoggingIn && self.withdraw_login(bucket, handle, out) {
                return self.let_go(handle, out);
            }
            let code = close.map_or(0, |close| u32::from(close.number()));
            let body =
                Some(g2q::g2q::Body::Lost(g2q::Lost { session: handle.number(), bye, code }));
            let write = |bytes: &mut Vec<u8>| wire::put_message(bytes, &G2q { body });
            // A full list means that the home is away; it finds out when the lane attaches.
            self.push(bucket, Pending::Lost { session: handle }, write, out);
        }
        self.let_go(handle, out);
    }

    /// Takes a login that was never sent off its list: nobody is to have a session for a client
    /// that is gone. Whether it was so.
    fn withdraw_login(&mut self, bucket: BucketIndex, handle: Handle, out: &mut Outbox) -> bool {
        if !self.desk.upstream.withdraw(bucket, Pending::Login { session: handle }) {
            return false;
        }
        self.sessions[handle].unanswered -= 1;
        self.release_refusals(bucket, out);
        true
    }

    /// Takes off a list that is to be sent again what is of sessions whose sockets are gone. A
    /// login sent again would throw out the session with which its client has come back meanwhile;
    /// if it was decided, its link's end has detached what came of it. An operation is sent again
    /// by its client, if that comes back; if it was thrown out, nothing of it may go on. Whether
    /// there was any.
    pub(in crate::machine) fn drop_over(&mut self, bucket: BucketIndex, out: &mut Outbox) -> bool {
        let sessions = &self.sessions;
        let dropped = self.desk.upstream.take_off(bucket, |pending| is_of_over(sessions, *pending));
        let some = !dropped.is_empty();
        self.end_dropped(dropped, out);
        some
    }

    /// Nothing more comes of these.
    pub(in crate::machine) fn end_dropped(&mut self, dropped: Vec<Pending>, out: &mut Outbox) {
        let mut operations = Vec::new();
        for pending in dropped {
            match pending {
                Pending::Login { session } | Pending::Lost { session } => {
                    self.sessions[session].unanswered -= 1;
                    self.let_go(session, out);
                }
                Pending::Operation { .. }
                | Pending::Resume { .. }
                | Pending::Refused { .. }
                | Pending::Recognise { .. }
                | Pending::Request { .. } => operations.push((pending, false)),
            }
        }
        self.give_up(operations, out);
    }

    /// Nothing is kept for a session any more.
    fn drop_rare(&mut self, handle: Handle) {
        if let Some(rare) = self.sessions.take_rare(handle) {
            self.desk.delivery.let_go(&rare.backlog);
        }
    }

    /// Frees the handle once nobody speaks of the session any more.
    pub(in crate::machine) fn let_go(&mut self, handle: Handle, out: &mut Outbox) {
        if self.sessions.get(handle).is_some_and(Session::is_done) {
            self.forget(handle, out);
        }
    }

    pub(in crate::machine) fn forget(&mut self, handle: Handle, out: &mut Outbox) {
        // Of a login that was refused, what its client has sent since still waits.
        self.drop_rare(handle);
        let Some(session) = self.sessions.remove(handle) else { return };
        for (node, link) in self.desk.upstream.linked() {
            if !NodeSet::has_place_for(node) || session.introduced.contains(node) {
                let body = Some(g2q::g2q::Body::Forget(g2q::Forget { session: handle.number() }));
                wire::put_message(out.links.buffer(link), &G2q { body });
            }
        }
    }
}

/// Whether something on a list is of a session whose socket is gone.
pub(in crate::machine) fn is_of_over(sessions: &Sessions, pending: Pending) -> bool {
    let session = |handle: Handle| sessions.get(handle);
    match pending {
        Pending::Login { session: of } | Pending::Lost { session: of } => {
            session(of).is_some_and(|one| one.state == State::Over && one.generation.is_none())
        }
        Pending::Operation { session: of, .. }
        | Pending::Resume { session: of, .. }
        | Pending::Refused { session: of, .. } => {
            session(of).is_some_and(|one| one.state == State::Over)
        }
        Pending::Recognise { .. } | Pending::Request { .. } => false,
    }
}
