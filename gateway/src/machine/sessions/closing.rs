//! The end of a session on this lane: its user queue keeps it for a grace, its queues are told.

use proto::codes::Close;
use proto::g2q::{self, G2q};
use proto::ids::{Generation, Handle};
use proto::q2g;
use proto::wire;

use super::{Session, Sessions, State};
use crate::machine::desk::Desk;
use crate::machine::lane::Outbox;
use crate::machine::upstream::{BucketIndex, NodeSet, Pending};

impl Sessions {
    /// The session's connection is gone, or will be. Whether it had to be told: not if it is over.
    pub(in crate::machine) fn loses_connection(&mut self, handle: Handle) -> bool {
        let session = self.get_mut(handle).filter(|session| session.state != State::Over);
        session.map(|session| session.conn = None).is_some()
    }

    /// The session ends here: its user queue is told, its queues are let go. A login that was never
    /// sent is taken off its list instead: nobody is to have a session for a client that is gone.
    /// The bucket of that list, where refusals may be first now.
    pub(in crate::machine) fn end(
        &mut self,
        handle: Handle,
        (bye, close): (bool, Option<Close>),
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> Option<BucketIndex> {
        let session = &mut self[handle];
        let before = std::mem::replace(&mut session.state, State::Over);
        let hash = session.id.user_queue_hash();
        self.drop_rare(handle, desk);
        desk.upstream.waits_no_longer(handle);
        desk.counters.sessions -= u64::from(before == State::Live);
        self.leave_all(handle, desk, out);
        let bucket = desk.upstream.bucket_of(hash)?;
        let login = Pending::Login { session: handle };
        if before == State::LoggingIn && desk.upstream.withdraw(bucket, login) {
            self[handle].unanswered -= 1;
            return Some(bucket);
        }
        let code = close.map_or(0, |close| u32::from(close.number()));
        let body = Some(g2q::g2q::Body::Lost(g2q::Lost { session: handle.number(), bye, code }));
        let write = |bytes: &mut Vec<u8>| wire::put_message(bytes, &G2q { body });
        // A full list means that the home is away; it finds out when the lane attaches.
        self.push(bucket, Pending::Lost { session: handle }, write, desk, out);
        None
    }

    /// The word is about one connection of the session. A handle that stands for another by now
    /// doesn't heed it.
    pub(in crate::machine) fn kicked(&mut self, kick: &q2g::Kick, desk: &mut Desk) {
        let Some(session) = self.get(Handle::named(kick.session)) else { return };
        let generation = Generation::or_none(kick.generation);
        let is_meant = session.state == State::Live && session.generation == generation;
        let conn = session.conn.filter(|_| is_meant);
        if let (Some(conn), false) = (conn, desk.settings.faults().resend_after_kick) {
            desk.counters.kicks += 1;
            let close = Close::from_number(kick.code).unwrap_or(Close::Replaced);
            desk.close(conn, close, kick.reason.clone());
        }
    }

    /// The home of its user has heard that its connection is lost, or never will by this word.
    pub(in crate::machine) fn lost_noted(
        &mut self,
        handle: Handle,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if let Some(session) = self.get_mut(handle) {
            session.unanswered -= 1;
        }
        self.let_go(handle, desk, out);
    }

    /// The login of a session that is over, or the word of its loss, is on its list no more. The
    /// session is there.
    pub(in crate::machine) fn off_own_list(
        &mut self,
        handle: Handle,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        self[handle].unanswered -= 1;
        self.let_go(handle, desk, out);
    }

    /// Nothing is kept for a session any more.
    fn drop_rare(&mut self, handle: Handle, desk: &mut Desk) {
        if let Some(rare) = self.take_rare(handle) {
            desk.delivery.let_go(&rare.backlog);
        }
    }

    /// Frees the handle once nobody speaks of the session any more.
    pub(in crate::machine) fn let_go(&mut self, handle: Handle, desk: &mut Desk, out: &mut Outbox) {
        if self.get(handle).is_some_and(Session::is_done) {
            self.forget(handle, desk, out);
        }
    }

    /// Frees the handle, and tells the nodes that know it.
    pub(in crate::machine) fn forget(&mut self, handle: Handle, desk: &mut Desk, out: &mut Outbox) {
        // Of a login that was refused, what its client has sent since still waits.
        self.drop_rare(handle, desk);
        let Some(session) = self.remove(handle) else { return };
        for (node, link) in desk.upstream.linked() {
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
