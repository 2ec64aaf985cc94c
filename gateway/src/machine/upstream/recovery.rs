//! Coming back: a link that is up again, and what waited too long. See "Coming back" in
//! `docs/road.md`.

use link::machine::{LinkId, Peer};
use prost::Message as _;
use proto::codes::Status;
use proto::filter::Filter;
use proto::g2c::{self, BodyKind};
use proto::g2q::{self, G2q};
use proto::ids::Handle;
use proto::link::Role;
use proto::q2g;
use proto::table::Owner;
use proto::wire;

use crate::machine::delivery::{Frame, Sub};
use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::{Part, State};
use crate::machine::upstream::{BucketIndex, Pending, SWEEP_MS};

impl Lane {
    pub(in crate::machine) fn link_up(&mut self, link: LinkId, peer: &Peer, out: &mut Outbox) {
        if peer.role != Role::QueueNode {
            return;
        }
        let owner = Owner { id: peer.id.clone(), incarnation: peer.incarnation };
        let node = self.desk.upstream.node(&owner);
        if let Some(before) = self.desk.upstream.link_of(node).filter(|one| *one != link) {
            // The node takes it likewise, and knows nobody on the new one.
            self.link_down(before, out);
            out.links.end(before, "the lane has come back on another link");
        }
        self.desk.upstream.link_up(self.desk.now.ms, link, node);
        self.readiness.unsure = true;
        let buckets = self.desk.upstream.buckets_of(node);
        self.recover(&buckets, out);
        // The handshake may be old news, if this process has slept since. What counts is an answer
        // to what is sent now.
        self.probe_node(node, link, out);
        self.desk.upstream.probe_by_beat(self.desk.now.ms);
    }

    pub(in crate::machine) fn link_down(&mut self, link: LinkId, out: &mut Outbox) {
        self.callouts.link_down(link);
        let Some(node) = self.desk.upstream.link_down(link) else { return };
        self.readiness.unsure = true;
        for (_, session) in self.sessions.iter_mut() {
            session.introduced.remove(node);
        }
        let buckets = self.desk.upstream.buckets_of(node);
        self.cut_off(&buckets, out);
    }

    /// Nothing that was on its way to or from the buckets' homes counts any more.
    pub(in crate::machine) fn cut_off(&mut self, buckets: &[BucketIndex], out: &mut Outbox) {
        for &bucket in buckets {
            self.desk.upstream.cut_off(bucket);
        }
        self.forget_in_flight(buckets, out);
    }

    /// What these buckets' homes were about to say is lost with their links: they have let go of
    /// the sessions that leave, and whose `subscribed`, or what had to be replayed behind it, was
    /// on its way must subscribe once more.
    fn forget_in_flight(&mut self, buckets: &[BucketIndex], out: &mut Outbox) {
        let among = self.among(buckets);
        let mut found = Vec::new();
        for (handle, session) in self.sessions.iter() {
            for entry in &session.queues {
                let in_flight = matches!(entry.part, Part::Leaving | Part::Admitted)
                    || entry.part.is_live() && entry.replays > 0;
                let bucket = self.desk.upstream.bucket_of(entry.hash);
                if in_flight && bucket.is_some_and(|bucket| among[bucket.place()]) {
                    found.extend(entry.sub.map(|sub| (handle, sub)));
                }
            }
        }
        for (handle, sub) in found {
            self.lost(sub, &[handle], out);
        }
    }

    /// For every bucket whether it is one of these.
    fn among(&self, buckets: &[BucketIndex]) -> Vec<bool> {
        let mut among = vec![false; self.desk.upstream.buckets_len()];
        buckets.iter().for_each(|bucket| among[bucket.place()] = true);
        among
    }

    /// Introduces, attaches, and has the whole list of each of these buckets sent again.
    pub(in crate::machine) fn recover(&mut self, buckets: &[BucketIndex], out: &mut Outbox) {
        if buckets.is_empty() {
            return;
        }
        let (among, mut fewer) = (self.among(buckets), false);
        self.introduce_users(&among, out);
        if !self.desk.settings.faults.attach_skipped {
            for sub in self.desk.delivery.interest().subs() {
                let hash = self.desk.delivery.interest().hash_of(sub);
                let bucket = hash.and_then(|hash| self.desk.upstream.bucket_of(hash));
                if let Some(bucket) = bucket.filter(|bucket| among[bucket.place()]) {
                    self.attach(sub, bucket, out);
                }
            }
        }
        for &bucket in buckets {
            self.desk.upstream.rewind(bucket);
            fewer |= self.drop_over(bucket, out);
            fewer |= self.set_aside(bucket);
            let sessions = self.desk.upstream.sessions_on_list(bucket);
            self.introduce_all(bucket, &sessions, out);
            self.desk.upstream.send_again(bucket, self.desk.settings.faults.resend_doubled);
        }
        self.detach_again(&among, out);
        for bucket in buckets.iter().filter(|_| fewer) {
            self.release_refusals(*bucket, out);
        }
    }

    /// Sessions on their way out of these buckets' queues: the word of it may have met a node that
    /// wasn't the home.
    fn detach_again(&mut self, among: &[bool], out: &mut Outbox) {
        let mut leaving = Vec::new();
        for (handle, session) in self.sessions.iter() {
            for entry in session.queues.iter().filter(|entry| entry.part == Part::Leaving) {
                let bucket = self.desk.upstream.bucket_of(entry.hash);
                if bucket.is_some_and(|bucket| among[bucket.place()]) {
                    leaving.push((handle, entry.hash));
                }
            }
        }
        for (handle, hash) in leaving {
            self.detach(handle, hash, out);
            self.let_go(handle, out);
        }
    }

    /// Introduces the sessions whose user queues are in these buckets, also where the handle is
    /// known already: a session that isn't introduced to its home within grace is ended there, and
    /// the home must know who is confirmed.
    fn introduce_users(&mut self, among: &[bool], out: &mut Outbox) {
        for (handle, session) in self.sessions.iter_mut() {
            let bucket = self.desk.upstream.bucket_of(session.id.user_queue_hash());
            let bucket = bucket.filter(|bucket| among[bucket.place()]);
            if let (State::Live, Some(bucket)) = (session.state, bucket)
                && let Some((node, link)) = self.desk.upstream.home(bucket)
            {
                session.introduced.remove(node);
                crate::machine::door::introduce(node, link, handle, session, out);
            }
        }
    }

    pub(in crate::machine) fn introduce_all(
        &mut self,
        bucket: BucketIndex,
        sessions: &[Handle],
        out: &mut Outbox,
    ) {
        let Some((node, link)) = self.desk.upstream.home(bucket) else { return };
        for handle in sessions {
            if let Some(session) = self.sessions.get_mut(*handle) {
                crate::machine::door::introduce(node, link, *handle, session, out);
            }
        }
    }

    /// Takes up a queue where the lane's events of it ended.
    fn attach(&mut self, sub: Sub, bucket: BucketIndex, out: &mut Outbox) {
        let Some(queue) = self.desk.delivery.interest().get(sub) else { return };
        let mut sessions: Vec<Handle> =
            queue.subscribers().iter().map(|subscriber| subscriber.session).collect();
        sessions.sort_unstable();
        if sessions.is_empty() {
            return;
        }
        self.introduce_all(bucket, &sessions, out);
        let Some(queue) = self.desk.delivery.interest().get(sub) else { return };
        let attach = g2q::Attach {
            queue: queue.name().to_owned(),
            sub: sub.number(),
            epoch: queue.epoch(),
            after_seq: queue.seq(),
            sessions: sessions.iter().map(|handle| handle.number()).collect(),
        };
        if let Some(link) = self.desk.upstream.about(bucket, &mut out.links) {
            let body = Some(g2q::g2q::Body::Attach(attach));
            wire::put_message(out.links.buffer(link), &G2q { body });
            self.desk.counters.attaches += 1;
        }
    }

    /// The node's word on what became of an attached queue.
    pub(in crate::machine) fn attached(&mut self, frame: q2g::Attached, out: &mut Outbox) {
        let number = frame.sub;
        let known = |sub: &Sub| self.desk.delivery.interest().get(*sub).is_some();
        let Some(sub) = Sub::or_none(number).filter(known) else { return };
        if !frame.gone.is_empty() {
            let gone = q2g::Unsubscribed {
                sub: number,
                sessions: frame.gone,
                reason: frame.reason,
                may_retry: true,
                detached: false,
            };
            self.unsubscribed(&gone, out);
        }
        if !frame.elsewhere.is_empty() {
            let (sub, sessions) = (number, frame.elsewhere);
            let elsewhere = q2g::Unsubscribed { sub, sessions, ..q2g::Unsubscribed::default() };
            self.unsubscribed(&elsewhere, out);
        }
        if frame.recovered {
            return;
        }
        let Some(queue) = self.desk.delivery.interest_mut().get_mut(sub) else { return };
        let is_same = queue.restart(frame.epoch, frame.seq);
        let Some(queue) = self.desk.delivery.interest().get(sub) else { return };
        for subscriber in queue.subscribers() {
            let filter = self
                .desk
                .delivery
                .interest()
                .get(sub)
                .and_then(|q| q.filter_of(subscriber.session));
            let filter = filter.cloned();
            let missed = self.forget_behind(subscriber.session, sub);
            let Some(conn) = subscriber.conn else { continue };
            let body = narrow(&frame.body, filter.as_ref());
            let kind = BodyKind::Subscribed as u32;
            self.desk.send(conn, &Frame { kind, sub: Some(sub), body: &body, history: false }, out);
            let wanted = |gap: &&g2c::Gap| {
                filter.as_ref().is_none_or(|filter| filter.wants_mount(&gap.mount))
            };
            for gap in frame.gaps.iter().filter(wanted) {
                let mut gap = g2c::Gap { sub: number, ..gap.clone() };
                // What was kept for a slow receiver is part of its gap.
                if let Some(lowest) = missed.get(gap.mount.as_str()).filter(|_| is_same) {
                    gap.after_seq = gap.after_seq.min(lowest - 1);
                }
                self.desk.send_message(conn, BodyKind::Gap, &gap, out);
            }
        }
    }

    /// Answers what can't be brought to its home any more.
    pub(in crate::machine) fn give_up(&mut self, drained: Vec<(Pending, bool)>, out: &mut Outbox) {
        for (pending, was_sent) in drained {
            self.close_dismissed(out);
            self.off_list(pending);
            let (status, sentence) = if was_sent {
                self.desk.counters.outcomes_unknown += 1;
                (Status::OutcomeUnknown, "the queue's home was lost before it answered")
            } else {
                (Status::Unavailable, "the queue's home can't be reached: try again later")
            };
            match pending {
                Pending::Operation { session, op_id, kind, hash, .. } => {
                    if let Some(conn) = self.conn_of(session) {
                        self.desk.refuse(conn, op_id, status, sentence, out);
                        self.close_dismissed(out);
                    }
                    self.settle(session, kind, hash, false, out);
                }
                Pending::Refused { session, op_id, hash, refusal } => {
                    self.refused(session, op_id, hash, refusal, out);
                }
                Pending::Resume { session, hash, invited } => {
                    self.not_resumed((session, hash, invited), sentence, out);
                }
                Pending::Login { session } => self.login_given_up(session, was_sent, out),
                Pending::Recognise { number, conn, .. } => self.unrecognised(conn, number),
                Pending::Lost { session } => {
                    if let Some(one) = self.sessions.get_mut(session) {
                        one.unanswered -= 1;
                    }
                    self.let_go(session, out);
                }
                Pending::Request { number, .. } => {
                    self.web.failed(number, status, sentence, &mut self.desk, out)
                }
            }
        }
        self.close_dismissed(out);
    }

    /// Looks through what waits: gives up what has waited too long, comes back where it is time.
    pub(in crate::machine) fn sweep(&mut self, out: &mut Outbox) {
        let give_up_ms = self.desk.settings.give_up_ms;
        let give_up_ms = if self.desk.settings.faults.given_up_early { 1 } else { give_up_ms };
        let before_ms = self.desk.now.ms.saturating_sub(give_up_ms);
        self.give_up_lines(before_ms, out);
        self.give_up_unheard(before_ms, out);
        self.close_dismissed(out);
        let waits = self.desk.upstream.waits_for_homes() || self.asking.has_lines();
        let mut next_ms = waits.then(|| self.desk.now.ms + SWEEP_MS);
        let mut again = Vec::new();
        for at in self.desk.upstream.buckets() {
            let retry_ms = self.desk.upstream.retry_ms(at);
            if retry_ms.is_some_and(|retry| retry <= self.desk.now.ms) {
                again.push(at);
            }
            if let Some(retry) = retry_ms.filter(|retry| *retry > self.desk.now.ms) {
                next_ms = Some(next_ms.map_or(retry, |next: u64| next.min(retry)));
            }
            if self.desk.upstream.oldest_ms(at).is_some_and(|since| since < before_ms) {
                self.expire(at, before_ms, out);
            }
            if self.desk.upstream.has_unanswered(at) {
                let then = self.desk.now.ms + SWEEP_MS;
                next_ms = Some(next_ms.map_or(then, |next| next.min(then)));
            }
        }
        self.desk.upstream.set_sweep(next_ms);
        self.recover(&again, out);
    }

    /// What is on its way can't be given up: a home that beats but doesn't answer loses its link
    /// first.
    fn expire(&mut self, bucket: BucketIndex, before_ms: u64, out: &mut Outbox) {
        if let Some((_, link)) = self.desk.upstream.home(bucket) {
            self.link_down(link, out);
            out.links.end(link, "the node leaves operations without an answer");
        }
        let expired = self.desk.upstream.expire(bucket, before_ms);
        self.give_up(expired, out);
        self.release_refusals(bucket, out);
    }
}

/// The whole present of a queue as a subscription with this filter gets it.
fn narrow(body: &[u8], filter: Option<&Filter>) -> Vec<u8> {
    let (Some(filter), Ok(mut present)) = (filter, g2c::Subscribed::decode(body)) else {
        return body.to_vec();
    };
    present.mounts.retain(|mount| filter.wants_mount(&mount.name));
    for mount in &mut present.mounts {
        mount.entries.retain(|entry| filter.wants_key(&entry.key));
    }
    present.marks.retain(|mount, _| filter.wants_mount(mount));
    if !filter.wants_mount("members") {
        present.members.clear();
        present.member_count = None;
    }
    present.encode_to_vec()
}

#[cfg(test)]
mod tests;
