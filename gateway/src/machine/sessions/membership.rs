//! Sessions in queues: the table of `docs/road.md`, step by step.

use proto::c2g::Kind;
use proto::filter::Filter;
use proto::g2c::{BodyKind, Unsubscribed};
use proto::g2q::{self, G2q};
use proto::ids::{Handle, Sub};
use proto::limits;
use proto::name::QueueName;
use proto::q2g;

use super::introduction::introduce;
use super::{Part, Sessions, State};
use crate::machine::delivery::{Frame, Missed, Policy, Subscriber};
use crate::machine::desk::Desk;
use crate::machine::door::Refusal;
use crate::machine::lane::Outbox;

impl Sessions {
    /// The queue's number, for an operation that changes the session's part in it; none if there is
    /// no part to end.
    pub(in crate::machine) fn part_in(
        &mut self,
        handle: Handle,
        kind: Kind,
        queue: QueueName<'_>,
        hash: u64,
        desk: &mut Desk,
    ) -> Result<Option<Sub>, Refusal> {
        let session = &mut self[handle];
        let parts = session.parts();
        let entry = session.entry(hash);
        if entry.part != Part::None {
            let known = entry.sub.and_then(|sub| desk.delivery.interest().get(sub));
            let same = known.is_some_and(|one| one.name() == queue.as_str());
            return if same { Ok(entry.sub) } else { Err(Refusal::SameHash) };
        }
        if kind == Kind::Unsubscribe {
            return Ok(None);
        }
        if parts >= limits::SUBSCRIPTIONS_MAX {
            return Err(Refusal::Subscriptions);
        }
        let round = desk.upstream.round_of(hash);
        let interest = desk.delivery.interest_mut();
        let sub = interest.intern(hash, queue.as_str());
        if let Some(queue) = interest.get_mut(sub) {
            queue.joined(round);
        }
        let entry = self[handle].entry(hash);
        (entry.sub, entry.part) = (Some(sub), Part::Joining);
        Ok(Some(sub))
    }

    /// Takes back what `part_in` began.
    pub(in crate::machine) fn unpart(&mut self, handle: Handle, hash: u64, desk: &mut Desk) {
        let entry = self[handle].entry(hash);
        if entry.part == Part::Joining && entry.joins == 0 {
            self.no_part(handle, hash, desk);
        }
    }

    /// What an answered operation does to the session's part in the queue. Whether the session is
    /// there; then what waited for the answer goes on, and [`Sessions::settled`] comes behind.
    pub(in crate::machine) fn settle(
        &mut self,
        handle: Handle,
        kind: Kind,
        hash: u64,
        ok: bool,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> bool {
        if !self.count_answer(handle, hash) {
            return false;
        }
        let entry = self[handle].entry(hash);
        if kind == Kind::Subscribe {
            entry.joins = entry.joins.saturating_sub(1);
            if ok && entry.part == Part::Joining {
                (entry.part, entry.lost) = (Part::Admitted, false);
            } else if ok && entry.part == Part::EndingOut {
                entry.part = Part::Ending;
            }
            if entry.part == Part::Joining && entry.joins == 0 {
                if let Some(sub) = entry.sub.filter(|_| entry.lost)
                    && let Some(message) = self.word_of_loss(sub, desk)
                    && let Some(conn) = self.conn_of(handle)
                {
                    desk.send_message(conn, BodyKind::Unsubscribed, &message, out);
                }
                self.no_part(handle, hash, desk);
            }
        } else if kind == Kind::Unsubscribe && ok {
            self.unsubscribed_by_answer(handle, hash, desk);
        }
        true
    }

    fn unsubscribed_by_answer(&mut self, handle: Handle, hash: u64, desk: &mut Desk) {
        let entry = *self[handle].entry(hash);
        match entry.part {
            Part::Live | Part::Filtered => {
                self.unlist(handle, hash, desk);
                self[handle].entry(hash).part = Part::Joining;
                desk.counters.subscriptions -= 1;
            }
            Part::Admitted => self[handle].entry(hash).part = Part::Joining,
            Part::Ending => self[handle].entry(hash).part = Part::EndingOut,
            Part::None | Part::Joining | Part::EndingOut | Part::Leaving => {}
        }
        let entry = *self[handle].entry(hash);
        if entry.part == Part::Joining && entry.joins == 0 {
            self.no_part(handle, hash, desk);
        }
    }

    /// An answer is counted, and what waited for it has gone on: if it was the last that was
    /// outstanding, the session leaves the queue as it was to.
    pub(in crate::machine) fn settled(
        &mut self,
        handle: Handle,
        hash: u64,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(session) = self.get_mut(handle) else { return };
        if session.is_invited() {
            self.resume_seen(handle, desk, out);
        }
        let Some(session) = self.get_mut(handle) else { return };
        let entry = *session.entry(hash);
        if entry.unanswered > 0 {
            return;
        }
        match entry.part {
            Part::None => session.tidy(),
            Part::Ending => self.detach(handle, hash, desk, out),
            Part::EndingOut => self.no_part(handle, hash, desk),
            Part::Joining | Part::Admitted | Part::Live | Part::Filtered | Part::Leaving => {}
        }
        if self[handle].state == State::Over {
            self.let_go(handle, desk, out);
        }
    }

    /// From here on the session has every event of the queue.
    pub(in crate::machine) fn subscribed(
        &mut self,
        frame: &q2g::Subscribed,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let handle = Handle::named(frame.session);
        let Some(sub) = Sub::or_none(frame.sub) else { return };
        let Some(session) = self.get_mut(handle) else { return };
        let Some(entry) = session.in_queue(sub) else { return };
        if !matches!(entry.part, Part::Admitted | Part::Live | Part::Filtered) {
            return;
        }
        let hash = entry.hash;
        entry.replays = frame.replays;
        if entry.part.is_live() {
            self.unlist(handle, hash, desk);
        } else {
            desk.counters.subscriptions += 1;
        }
        let policies = frame.policies.iter().map(|policy| Policy {
            mount: policy.mount.as_str().into(),
            kind: policy.kind(),
            close_on_slow: policy.close_on_slow,
        });
        desk.delivery.interest_mut().set_policies(sub, policies.collect());
        if let Some(queue) = desk.delivery.interest_mut().get_mut(sub) {
            queue.is_at(frame.epoch, frame.seq);
        }
        // The node has checked the filter; one that can't be read lets everything pass.
        let filter = Filter::new(&frame.mounts, &frame.key_prefix).ok().flatten();
        self.enlist(handle, hash, sub, filter, desk);
        if let Some(conn) = self.conn_of(handle) {
            // Of what it missed it is told by its new place.
            drop(self.forget_behind(handle, sub, desk));
            let (kind, sub) = (BodyKind::Subscribed as u32, Some(sub));
            desk.send(conn, &Frame { kind, sub, body: &frame.body, history: false }, out);
        }
    }

    /// Puts the session on one of the queue's lists.
    fn enlist(
        &mut self,
        handle: Handle,
        hash: u64,
        sub: Sub,
        filter: Option<Filter>,
        desk: &mut Desk,
    ) {
        let session = &mut self[handle];
        let subscriber = Subscriber { conn: session.conn, session: handle };
        let interest = desk.delivery.interest_mut();
        let Some(queue) = interest.get_mut(sub) else { return };
        let entry = session.entry(hash);
        if desk.settings.faults().subscriber_late && filter.is_none() {
            entry.part = Part::Admitted;
            interest.add_late(sub, subscriber);
        } else {
            entry.stands(queue.enlist(subscriber, filter));
        }
    }

    /// With the planted bug `subscriber_late`: adds those who have missed an event by now.
    #[cold]
    pub(in crate::machine) fn enlist_late(&mut self, sub: Sub, desk: &mut Desk) {
        let interest = desk.delivery.interest_mut();
        for (of, subscriber) in interest.take_late() {
            let session = self.get_mut(subscriber.session);
            let entry = session.and_then(|session| session.in_queue(of));
            let (Some(queue), Some(entry)) = (interest.get_mut(of), entry) else {
                continue;
            };
            if of != sub {
                interest.add_late(of, subscriber);
            } else if entry.part == Part::Admitted {
                entry.stands(queue.enlist(subscriber, None));
            }
        }
    }

    /// Takes the session off the queue's lists; its part is the caller's to change.
    fn unlist(&mut self, handle: Handle, hash: u64, desk: &mut Desk) {
        let entry = self[handle].entry(hash);
        let (Some(sub), Some(listed)) = (entry.sub, entry.listed()) else { return };
        let Some(queue) = desk.delivery.interest_mut().get_mut(sub) else { return };
        if let Some(moved) = queue.unlist(listed)
            && let Some(entry) = self[moved].in_queue(sub)
        {
            entry.moves_to(listed);
        }
        drop(self.forget_behind(handle, sub, desk));
    }

    /// The session has no part in the queue any more.
    pub(in crate::machine) fn no_part(&mut self, handle: Handle, hash: u64, desk: &mut Desk) {
        let entry = *self[handle].entry(hash);
        if entry.part.is_live() {
            self.unlist(handle, hash, desk);
            desk.counters.subscriptions -= 1;
        }
        let session = &mut self[handle];
        let entry = session.entry(hash);
        let sub = entry.sub.take();
        entry.lost = false;
        let had_part = std::mem::replace(&mut entry.part, Part::None) != Part::None;
        if let Some(sub) = sub.filter(|_| had_part) {
            desk.delivery.interest_mut().left(sub);
        }
        self[handle].tidy();
    }

    /// What waits of a queue for this session is of no use any more. The messages among it, which
    /// its client never gets.
    pub(in crate::machine) fn forget_behind(
        &mut self,
        handle: Handle,
        sub: Sub,
        desk: &mut Desk,
    ) -> Missed {
        desk.delivery.forget(handle, sub, self)
    }

    /// The session's socket is gone: every queue is told as soon as its answers are in.
    pub(in crate::machine) fn leave_all(
        &mut self,
        handle: Handle,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let mut entries = self[handle].queues.clone();
        entries.retain(|entry| entry.part != Part::None);
        for entry in entries {
            if entry.part.is_live() {
                self.unlist(handle, entry.hash, desk);
                desk.counters.subscriptions -= 1;
            }
            let waits = entry.unanswered > 0;
            let part = &mut self[handle].entry(entry.hash).part;
            match entry.part {
                Part::Live | Part::Filtered | Part::Admitted => *part = Part::Ending,
                Part::Joining => *part = Part::EndingOut,
                Part::None | Part::Ending | Part::EndingOut | Part::Leaving => continue,
            }
            if !waits && entry.part != Part::Joining {
                self.detach(handle, entry.hash, desk, out);
            }
        }
    }

    /// Tells the queue's home that the session gets nothing here any more.
    pub(in crate::machine) fn detach(
        &mut self,
        handle: Handle,
        hash: u64,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let home = desk.upstream.bucket_of(hash).and_then(|b| Some((b, desk.upstream.home(b)?)));
        let Some((bucket, (node, link))) = home else {
            // Without a link the home has let go of all of the lane's sessions by itself.
            return self.no_part(handle, hash, desk);
        };
        let session = &mut self[handle];
        let entry = session.entry(hash);
        entry.part = Part::Leaving;
        let sub = entry.sub;
        let queue = sub.and_then(|sub| desk.delivery.interest().get(sub));
        let Some(queue) = queue.map(|queue| queue.name().to_owned()) else {
            return self.no_part(handle, hash, desk);
        };
        introduce(node, link, handle, session, &mut out.links);
        let (session, sub) = (handle.number(), Sub::number_or_none(sub));
        let body = Some(g2q::g2q::Body::Detach(g2q::Detach { session, queue, sub }));
        desk.upstream.put_extra(bucket, &G2q { body });
    }

    /// A home's word that sessions get no more of a queue here. A session that leaves waits for the
    /// answer to its own `detach`, which is nobody else's; other words may have crossed it. Without
    /// a reason the session's seat is elsewhere by now, and its client isn't told.
    pub(in crate::machine) fn unsubscribed(
        &mut self,
        frame: &q2g::Unsubscribed,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(sub) = Sub::or_none(frame.sub) else { return };
        let Some(queue) = desk.delivery.interest().get(sub) else { return };
        let hash = queue.hash();
        let message = Unsubscribed {
            sub: sub.number(),
            queue: queue.name().to_owned(),
            reason: frame.reason.clone(),
            may_retry: frame.may_retry,
        };
        let sessions = if frame.sessions.is_empty() {
            self.sessions_in(sub)
        } else {
            frame.sessions.iter().map(|number| Handle::named(*number)).collect()
        };
        for handle in sessions {
            let session = self.get_mut(handle);
            let entry = session.and_then(|session| session.in_queue(sub));
            if entry.is_some_and(|entry| (entry.part == Part::Leaving) == frame.detached) {
                self.unsubscribe_one(
                    (handle, sub),
                    hash,
                    &message,
                    !frame.reason.is_empty(),
                    desk,
                    out,
                );
            }
        }
    }

    /// What the home knew of these sessions in a queue is lost. Who has asked to subscribe, and
    /// will get an answer to that, isn't told.
    pub(in crate::machine) fn lost(
        &mut self,
        sub: Sub,
        sessions: &[Handle],
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(hash) = desk.delivery.interest().hash_of(sub) else { return };
        let Some(message) = self.word_of_loss(sub, desk) else { return };
        for handle in sessions {
            let session = self.get_mut(*handle);
            let entry = session.and_then(|session| session.in_queue(sub));
            let asked = entry.is_some_and(|entry| {
                entry.lost |=
                    entry.joins > 0 && (entry.part.is_live() || entry.part == Part::Admitted);
                entry.joins > 0
            });
            self.unsubscribe_one((*handle, sub), hash, &message, !asked, desk, out);
        }
    }

    fn word_of_loss(&self, sub: Sub, desk: &Desk) -> Option<Unsubscribed> {
        let queue = desk.delivery.interest().get(sub)?.name().to_owned();
        let sub = sub.number();
        Some(Unsubscribed { sub, queue, reason: "node lost".to_owned(), may_retry: true })
    }

    /// Every session with a part in the queue, in the order of the handles.
    pub(in crate::machine) fn sessions_in(&self, sub: Sub) -> Vec<Handle> {
        let has = |session: &super::session::Session| {
            session.queues.iter().any(|entry| entry.sub == Some(sub) && entry.part != Part::None)
        };
        let sessions = self.iter().filter(|(_, session)| has(session));
        sessions.map(|(handle, _)| handle).collect()
    }

    fn unsubscribe_one(
        &mut self,
        (handle, sub): (Handle, Sub),
        hash: u64,
        message: &Unsubscribed,
        aloud: bool,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(session) = self.get_mut(handle) else { return };
        let Some(entry) = session.in_queue(sub) else { return };
        let told = aloud && (entry.part.is_live() || entry.part == Part::Admitted);
        match entry.part {
            Part::Live | Part::Filtered | Part::Admitted if entry.joins > 0 => {
                if entry.part.is_live() {
                    self.unlist(handle, hash, desk);
                    desk.counters.subscriptions -= 1;
                }
                self[handle].entry(hash).part = Part::Joining;
            }
            Part::Ending if entry.unanswered > 0 => entry.part = Part::EndingOut,
            Part::Live | Part::Filtered | Part::Admitted | Part::Ending | Part::Leaving => {
                self.no_part(handle, hash, desk);
            }
            Part::None | Part::Joining | Part::EndingOut => {}
        }
        if let (true, Some(conn)) = (told, self.conn_of(handle)) {
            desk.send_message(conn, BodyKind::Unsubscribed, message, out);
        }
        self.let_go(handle, desk, out);
    }
}
