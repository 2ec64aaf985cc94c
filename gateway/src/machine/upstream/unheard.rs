//! Hearing: what is of a session goes on only while its user's home was heard less than a dead
//! time ago, else it waits. See "Hearing" in `docs/sessions.md`.
//!
//! A lane that is cut off from a user's home can't know that the user has logged in elsewhere; so
//! it stops before long to speak for the session to queues that it still reaches.

use proto::c2g::Head;
use proto::ids::Handle;
use proto::limits;
use proto::wire;

use crate::machine::door::{Refusal, check_op_id};
use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::is_of_over;
use crate::machine::upstream::{BucketIndex, NodeIndex, Pending, Upstream};

impl Lane {
    /// A node has heard what was sent at that moment.
    pub(in crate::machine) fn heard_at(&mut self, node: NodeIndex, sent_ms: u64, out: &mut Outbox) {
        self.desk.upstream.hear(node, sent_ms.saturating_add(self.desk.settings.dead_ms));
        self.hear_again(out);
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

    /// Takes what is of unheard sessions out of a list that is to be sent again. Whether there was
    /// any.
    pub(in crate::machine) fn set_aside(&mut self, bucket: BucketIndex) -> bool {
        if self.desk.upstream.all_are_heard(self.desk.now.ms) {
            return false;
        }
        let (now_ms, sessions, settings) = (self.desk.now.ms, &self.sessions, &self.desk.settings);
        self.desk.upstream.set_aside(bucket, |upstream, handle| {
            sessions.hears_home(handle, upstream, (now_ms, settings))
        })
    }

    /// Homes may have been heard again: what waited for that goes on, in its order.
    pub(in crate::machine) fn hear_again(&mut self, out: &mut Outbox) {
        for bucket in self.desk.upstream.asides() {
            self.take_back(bucket, out);
        }
        self.application.advance_mute(&mut self.sessions, &mut self.desk, out);
        for handle in self.desk.upstream.unheard() {
            if self.sessions.is_heard(handle, &self.desk)
                && self.desk.upstream.waits_no_longer(handle)
            {
                let conn = self.sessions.conn_of(handle);
                self.sessions.resume_seen(handle, &mut self.desk, out);
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
            sessions.hears_home(handle, upstream, (now_ms, settings))
        };
        let is_over = |pending: &Pending| is_of_over(sessions, *pending);
        let (sessions, dropped) = self.desk.upstream.take_back(bucket, is_over, is_heard);
        self.end_dropped(dropped, out);
        if !sessions.is_empty() {
            self.sessions.introduce_all(bucket, &sessions, &mut self.desk, out);
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
            if self.sessions.unheard_ms(handle).is_none_or(|since_ms| since_ms < before_ms) {
                self.desk.upstream.waits_no_longer(handle);
                self.refuse_waiting(handle, out);
                self.close_dismissed(out);
            }
        }
    }

    fn refuse_waiting(&mut self, handle: Handle, out: &mut Outbox) {
        let conn = self.sessions.conn_of(handle);
        let Some((seen, waiting)) = self.sessions.take_unheard(handle) else { return };
        for one in seen {
            self.sessions.tell_unresumed(
                handle,
                &one.queue,
                &Refusal::Unheard.to_string(),
                &mut self.desk,
                out,
            );
        }
        let Some(conn) = conn else { return };
        let mut rest = waiting.as_slice();
        while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::CLIENT_FRAME_BYTES_MAX)
        {
            rest = &rest[end..];
            if let (true, Ok((_, body))) =
                (self.sessions.goes_on(handle, &self.desk), wire::envelope(frame))
                && let Ok(head) = Head::of(body)
            {
                let refusal = check_op_id(head.op_id).err().unwrap_or(Refusal::Unheard);
                self.refuse_in_turn(conn, handle, head, refusal, out);
            }
        }
    }
}
