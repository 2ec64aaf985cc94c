//! Coming back: a link that is up again, and what waited too long. See "Coming back" in
//! `docs/road.md`.

use link::machine::{LinkId, Peer};
use proto::c2g::Kind;
use proto::codes::Status;
use proto::link::Role;
use proto::table::Owner;

use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::is_of_over;
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
        self.application.link_down(link);
        let Some(node) = self.desk.upstream.link_down(link) else { return };
        self.readiness.unsure = true;
        self.sessions.forget_node(node);
        let buckets = self.desk.upstream.buckets_of(node);
        self.cut_off(&buckets, out);
    }

    /// Nothing that was on its way to or from the buckets' homes counts any more.
    pub(in crate::machine) fn cut_off(&mut self, buckets: &[BucketIndex], out: &mut Outbox) {
        for &bucket in buckets {
            self.desk.upstream.cut_off(bucket);
        }
        let among = self.desk.upstream.among(buckets);
        self.sessions.forget_in_flight(&among, &mut self.desk, out);
    }

    /// Introduces, attaches, and has the whole list of each of these buckets sent again.
    pub(in crate::machine) fn recover(&mut self, buckets: &[BucketIndex], out: &mut Outbox) {
        if buckets.is_empty() {
            return;
        }
        let (among, mut fewer) = (self.desk.upstream.among(buckets), false);
        self.sessions.introduce_users(&among, &mut self.desk, out);
        if !self.desk.settings.faults.attach_skipped {
            self.sessions.attach_all(&among, &mut self.desk, out);
        }
        for &bucket in buckets {
            self.desk.upstream.rewind(bucket);
            fewer |= self.drop_over(bucket, out);
            fewer |= self.set_aside(bucket);
            let sessions = self.desk.upstream.sessions_on_list(bucket);
            self.sessions.introduce_all(bucket, &sessions, &mut self.desk, out);
            self.desk.upstream.send_again(bucket, self.desk.settings.faults.resend_doubled);
        }
        self.sessions.detach_again(&among, &mut self.desk, out);
        for bucket in buckets.iter().filter(|_| fewer) {
            self.release_refusals(*bucket, out);
        }
    }

    /// Answers what can't be brought to its home any more.
    pub(in crate::machine) fn give_up(&mut self, drained: Vec<(Pending, bool)>, out: &mut Outbox) {
        for (pending, was_sent) in drained {
            self.close_dismissed(out);
            self.sessions.off_list(pending);
            let (status, sentence) = if was_sent {
                self.desk.counters.outcomes_unknown += 1;
                (Status::OutcomeUnknown, "the queue's home was lost before it answered")
            } else {
                (Status::Unavailable, "the queue's home can't be reached: try again later")
            };
            match pending {
                Pending::Operation { session, op_id, kind, hash, .. } => {
                    if let Some(conn) = self.sessions.conn_of(session) {
                        self.desk.refuse(conn, op_id, status, sentence, out);
                        self.close_dismissed(out);
                    }
                    self.application.settle(
                        (session, hash),
                        kind,
                        false,
                        &mut self.sessions,
                        &mut self.desk,
                        out,
                    );
                }
                Pending::Refused { session, op_id, hash, refusal } => {
                    self.refused(session, op_id, hash, refusal, out);
                }
                Pending::Resume { session, hash, invited } => {
                    self.sessions.not_resumed(
                        (session, hash, invited),
                        sentence,
                        &mut self.desk,
                        out,
                    );
                    self.application.settle(
                        (session, hash),
                        Kind::Subscribe,
                        false,
                        &mut self.sessions,
                        &mut self.desk,
                        out,
                    );
                }
                Pending::Login { session } => {
                    self.sessions.login_given_up(session, was_sent, &mut self.desk, out)
                }
                Pending::Recognise { number, conn, .. } => {
                    self.application.unrecognised(conn, number, &mut self.desk)
                }
                Pending::Lost { session } => {
                    self.sessions.lost_noted(session, &mut self.desk, out);
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
        self.application.give_up_lines(before_ms, &mut self.sessions, &mut self.desk, out);
        self.give_up_unheard(before_ms, out);
        self.close_dismissed(out);
        let waits = self.desk.upstream.waits_for_homes() || self.application.has_lines();
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
                    self.sessions.off_own_list(session, &mut self.desk, out);
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
}
