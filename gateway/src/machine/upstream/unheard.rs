//! Hearing: what is of a session goes on only while its user's home was heard less than a dead
//! time ago, else it waits. See "Hearing" in `docs/sessions.md`.
//!
//! A lane that is cut off from a user's home can't know that the user has logged in elsewhere; so
//! it stops before long to speak for the session to queues that it still reaches.

use proto::c2g::{Head, Kind};
use proto::codes::Close;
use proto::ids::Handle;
use proto::limits;
use proto::wire;

use crate::machine::delivery::ConnId;
use crate::machine::door::{Refusal, check_op_id};
use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::is_of_over;
use crate::machine::sessions::{Session, Sessions, State};
use crate::machine::settings::Settings;
use crate::machine::upstream::{BucketIndex, NodeIndex, Pending, Upstream};

impl Lane {
    /// A node has heard what was sent at that moment.
    pub(in crate::machine) fn heard_at(&mut self, node: NodeIndex, sent_ms: u64, out: &mut Outbox) {
        self.desk.upstream.hear(node, sent_ms.saturating_add(self.desk.settings.dead_ms));
        self.hear_again(out);
    }

    /// Whether the home of the session's user was heard of late.
    #[inline]
    pub(in crate::machine) fn is_heard(&self, handle: Handle) -> bool {
        is_heard(
            &self.desk.upstream,
            (self.desk.now.ms, &self.desk.settings),
            &self.sessions,
            handle,
        )
    }

    /// The lane has been stopped between deciding and sending, and homes aren't heard any more that
    /// were heard then: nothing of it leaves. The links end, and what is still due comes back by
    /// the rules of lists that are sent again.
    pub(in crate::machine) fn hold_if_stopped(&mut self, decided_ms: u64, out: &mut Outbox) {
        let were_heard = self.desk.upstream.all_are_heard(decided_ms);
        if !were_heard || self.desk.upstream.all_are_heard(self.desk.now.ms) {
            return;
        }
        if !out.links.is_dirty() && !self.desk.upstream.is_dirty() {
            return;
        }
        for link in self.desk.upstream.links() {
            drop(out.links.take(link));
            self.link_down(link, out);
            out.links.end(link, "the lane was stopped within a turn");
        }
    }

    /// Keeps an operation until the user's home is heard.
    #[cold]
    pub(in crate::machine) fn wait_unheard(
        &mut self,
        conn: ConnId,
        handle: Handle,
        (kind, body): (Kind, &[u8]),
    ) {
        let fits = self.sessions.with_rare(handle, |rare| {
            let fits = rare.waiting.len() + body.len() <= limits::CLIENT_FRAME_BYTES_MAX;
            if fits {
                wire::put_frame(&mut rare.waiting, kind as u32, body.len());
                rare.waiting.extend_from_slice(body);
            }
            fits
        });
        if fits == Some(false) {
            let reason = "too many operations wait for the user's home: connect again";
            return self.desk.close(conn, Close::Overloaded, reason);
        }
        self.waits_unheard(handle);
    }

    /// Something of the session waits until its user's home is heard.
    pub(in crate::machine) fn waits_unheard(&mut self, handle: Handle) {
        if self.desk.upstream.waits_unheard(handle, self.desk.now.ms) {
            self.desk.counters.unheard += 1;
            self.sessions[handle].rare().unheard_ms = self.desk.now.ms;
        }
    }

    /// Takes what is of unheard sessions out of a list that is to be sent again. Whether there was
    /// any.
    pub(in crate::machine) fn set_aside(&mut self, bucket: BucketIndex) -> bool {
        if self.desk.upstream.all_are_heard(self.desk.now.ms) {
            return false;
        }
        let (now_ms, sessions, settings) = (self.desk.now.ms, &self.sessions, &self.desk.settings);
        self.desk.upstream.set_aside(bucket, |upstream, handle| {
            is_heard(upstream, (now_ms, settings), sessions, handle)
        })
    }

    /// Homes may have been heard again: what waited for that goes on, in its order.
    pub(in crate::machine) fn hear_again(&mut self, out: &mut Outbox) {
        for bucket in self.desk.upstream.asides() {
            self.take_back(bucket, out);
        }
        self.advance_mute(out);
        for handle in self.desk.upstream.unheard() {
            if self.is_heard(handle) && self.desk.upstream.waits_no_longer(handle) {
                let conn = self.sessions[handle].conn;
                self.resume_seen(handle, out);
                if let Some(conn) = conn {
                    self.resume_waiting(conn, handle, out);
                }
                self.close_dismissed(out);
            }
        }
    }

    /// Appends what was set aside, of sessions that are heard, to the bucket's list.
    fn take_back(&mut self, bucket: BucketIndex, out: &mut Outbox) {
        let (now_ms, sessions, settings) = (self.desk.now.ms, &self.sessions, &self.desk.settings);
        let is_heard = |upstream: &Upstream, handle: Handle| {
            is_heard(upstream, (now_ms, settings), sessions, handle)
        };
        let is_over = |pending: &Pending| is_of_over(sessions, *pending);
        let (sessions, dropped) = self.desk.upstream.take_back(bucket, is_over, is_heard);
        self.end_dropped(dropped, out);
        if !sessions.is_empty() {
            self.introduce_all(bucket, &sessions, out);
            self.desk.upstream.mark(bucket);
            self.release_refusals(bucket, out);
        }
    }

    /// Answers what has waited too long for a home to be heard: first what was set aside, which is
    /// older.
    pub(in crate::machine) fn give_up_unheard(&mut self, before_ms: u64, out: &mut Outbox) {
        for bucket in self.desk.upstream.asides() {
            let expired = self.desk.upstream.expire_aside(bucket, before_ms);
            self.give_up(expired, out);
        }
        for handle in self.desk.upstream.unheard() {
            let waits = |session: &Session| {
                session.rare.as_ref().is_some_and(|rare| rare.unheard_ms >= before_ms)
            };
            if !self.sessions.get(handle).is_some_and(waits) {
                self.desk.upstream.waits_no_longer(handle);
                self.refuse_waiting(handle, out);
                self.close_dismissed(out);
            }
        }
    }

    fn refuse_waiting(&mut self, handle: Handle, out: &mut Outbox) {
        let taken = self.sessions.with_rare(handle, |rare| {
            // Who is invited is invited again when the home is back.
            rare.invited.clear();
            (std::mem::take(&mut rare.seen), std::mem::take(&mut rare.waiting))
        });
        let Some((seen, waiting)) = taken else { return };
        let session = &mut self.sessions[handle];
        let conn = session.conn;
        session.tidy();
        for one in seen {
            self.tell_unresumed(handle, &one.queue, &Refusal::Unheard.to_string(), out);
        }
        let Some(conn) = conn else { return };
        let mut rest = waiting.as_slice();
        while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::CLIENT_FRAME_BYTES_MAX)
        {
            rest = &rest[end..];
            if let (true, Ok((_, body))) = (self.goes_on(handle), wire::envelope(frame))
                && let Ok(head) = Head::of(body)
            {
                let refusal = check_op_id(head.op_id).err().unwrap_or(Refusal::Unheard);
                self.refuse_in_turn(conn, handle, head, refusal, out);
            }
        }
    }

    /// Whether the session goes on: its login was answered, and it has a connection that isn't
    /// about to be closed.
    pub(in crate::machine) fn goes_on(&self, handle: Handle) -> bool {
        let session = self.sessions.get(handle).filter(|session| session.state == State::Live);
        let conn = session.and_then(|session| session.conn);
        conn.is_some_and(|conn| !self.desk.door.is_dismissed(conn))
    }
}

/// Whether the home of a session's user was heard of late. Mostly every home was.
#[inline]
fn is_heard(
    upstream: &Upstream,
    (now_ms, settings): (u64, &Settings),
    sessions: &Sessions,
    handle: Handle,
) -> bool {
    upstream.all_are_heard(now_ms) || hears_home_of(upstream, (now_ms, settings), sessions, handle)
}

#[cold]
fn hears_home_of(
    upstream: &Upstream,
    (now_ms, settings): (u64, &Settings),
    sessions: &Sessions,
    handle: Handle,
) -> bool {
    let Some(session) = sessions.get(handle) else { return true };
    upstream.home_is_heard(session.id.user_queue_hash(), now_ms) || settings.faults.hearing_ignored
}
