//! The queues of sessions after a link has gone: what was on its way is lost, and each queue is
//! taken up where the lane's events of it ended. See "Coming back" in `docs/road.md`.

use std::collections::BTreeMap;

use prost::Message as _;
use proto::filter::Filter;
use proto::g2c::{self, BodyKind};
use proto::g2q::{self, G2q};
use proto::ids::{Handle, Sub};
use proto::q2g;
use proto::wire;

use super::{Part, Session, Sessions, State};
use crate::machine::delivery::{ConnId, Frame};
use crate::machine::desk::Desk;
use crate::machine::lane::Outbox;
use crate::machine::upstream::{BucketIndex, Upstream};

impl Sessions {
    /// The connections of sessions whose users' queues are in these buckets.
    pub(in crate::machine) fn at_home(&self, among: &[bool], upstream: &Upstream) -> Vec<ConnId> {
        let is_at_home = |session: &&Session| {
            let bucket = upstream.bucket_of(session.id.user_queue_hash());
            session.state == State::Live && bucket.is_some_and(|bucket| among[bucket.place()])
        };
        let sessions = self.iter().map(|(_, session)| session);
        sessions.filter(is_at_home).filter_map(|session| session.conn).collect()
    }

    /// The homes of these buckets are lost, and what they knew of sessions in queues.
    pub(in crate::machine) fn lose_queues(
        &mut self,
        among: &[bool],
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let mut found: BTreeMap<Sub, Vec<Handle>> = BTreeMap::new();
        for (handle, session) in self.iter() {
            for entry in session.queues.iter().filter(|entry| entry.part != Part::None) {
                let bucket = desk.upstream.bucket_of(entry.hash);
                if let (Some(bucket), Some(sub)) = (bucket, entry.sub)
                    && among[bucket.place()]
                {
                    found.entry(sub).or_default().push(handle);
                }
            }
        }
        for (sub, sessions) in found {
            self.lost(sub, &sessions, desk, out);
        }
    }

    /// What these buckets' homes were about to say is lost with their links: they have let go of
    /// the sessions that leave, and whose `subscribed`, or what had to be replayed behind it, was
    /// on its way must subscribe once more.
    pub(in crate::machine) fn forget_in_flight(
        &mut self,
        among: &[bool],
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let mut found = Vec::new();
        for (handle, session) in self.iter() {
            for entry in &session.queues {
                let in_flight = matches!(entry.part, Part::Leaving | Part::Admitted)
                    || entry.part.is_live() && entry.replays > 0;
                let bucket = desk.upstream.bucket_of(entry.hash);
                if in_flight && bucket.is_some_and(|bucket| among[bucket.place()]) {
                    found.extend(entry.sub.map(|sub| (handle, sub)));
                }
            }
        }
        for (handle, sub) in found {
            self.lost(sub, &[handle], desk, out);
        }
    }

    /// Takes up a queue where the lane's events of it ended. Whether anybody is there who wants it.
    pub(in crate::machine) fn attach(
        &mut self,
        sub: Sub,
        bucket: BucketIndex,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> bool {
        let Some(queue) = desk.delivery.interest().get(sub) else { return false };
        let mut sessions: Vec<Handle> =
            queue.subscribers().iter().map(|subscriber| subscriber.session).collect();
        sessions.sort_unstable();
        if sessions.is_empty() {
            return false;
        }
        self.introduce_all(bucket, &sessions, desk, out);
        let Some(queue) = desk.delivery.interest().get(sub) else { return false };
        let attach = g2q::Attach {
            queue: queue.name().to_owned(),
            sub: sub.number(),
            epoch: queue.epoch(),
            after_seq: queue.seq(),
            sessions: sessions.iter().map(|handle| handle.number()).collect(),
        };
        let Some(link) = desk.upstream.about(bucket, &mut out.links) else { return false };
        let body = Some(g2q::g2q::Body::Attach(attach));
        wire::put_message(out.links.buffer(link), &G2q { body });
        desk.counters.attaches += 1;
        true
    }

    /// The node's word on what became of an attached queue.
    pub(in crate::machine) fn attached(
        &mut self,
        frame: q2g::Attached,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let number = frame.sub;
        let known = |sub: &Sub| desk.delivery.interest().get(*sub).is_some();
        let Some(sub) = Sub::or_none(number).filter(known) else { return };
        if !frame.gone.is_empty() {
            let gone = q2g::Unsubscribed {
                sub: number,
                sessions: frame.gone,
                reason: frame.reason,
                may_retry: true,
                detached: false,
            };
            self.unsubscribed(&gone, desk, out);
        }
        if !frame.elsewhere.is_empty() {
            let (sub, sessions) = (number, frame.elsewhere);
            let elsewhere = q2g::Unsubscribed { sub, sessions, ..q2g::Unsubscribed::default() };
            self.unsubscribed(&elsewhere, desk, out);
        }
        if frame.recovered {
            return;
        }
        let Some(queue) = desk.delivery.interest_mut().get_mut(sub) else { return };
        let seen = queue.restart(frame.epoch, frame.seq);
        let Some(queue) = desk.delivery.interest().get(sub) else { return };
        for subscriber in queue.subscribers() {
            let filter =
                desk.delivery.interest().get(sub).and_then(|q| q.filter_of(subscriber.session));
            let filter = filter.cloned();
            let mut missed = self.forget_behind(subscriber.session, sub, desk);
            let Some(conn) = subscriber.conn else { continue };
            let body = narrow(&frame.body, filter.as_ref());
            let kind = BodyKind::Subscribed as u32;
            desk.send(conn, &Frame { kind, sub: Some(sub), body: &body, history: false }, out);
            let wanted = |gap: &&g2c::Gap| {
                filter.as_ref().is_none_or(|filter| filter.wants_mount(&gap.mount))
            };
            for gap in frame.gaps.iter().filter(wanted) {
                let mut gap = g2c::Gap { sub: number, ..gap.clone() };
                // What was kept for a slow receiver is part of its gap.
                if let Some(lowest) = missed.remove(gap.mount.as_str()).filter(|_| seen.is_some()) {
                    gap.after_seq = gap.after_seq.min(lowest - 1);
                }
                desk.send_message(conn, BodyKind::Gap, &gap, out);
            }
            // Or all of it, where the queue still has what came since.
            let Some(seen) = seen else { continue };
            for (mount, lowest) in missed {
                let (after_seq, before_seq) = (lowest - 1, seen + 1);
                let (sub, mount) = (number, mount.to_string());
                let gap = g2c::Gap { sub, mount, after_seq, before_seq };
                desk.send_message(conn, BodyKind::Gap, &gap, out);
            }
        }
    }

    /// Sessions on their way out of these buckets' queues: the word of it may have met a node that
    /// wasn't the home.
    pub(in crate::machine) fn detach_again(
        &mut self,
        among: &[bool],
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let mut leaving = Vec::new();
        for (handle, session) in self.iter() {
            for entry in session.queues.iter().filter(|entry| entry.part == Part::Leaving) {
                let bucket = desk.upstream.bucket_of(entry.hash);
                if bucket.is_some_and(|bucket| among[bucket.place()]) {
                    leaving.push((handle, entry.hash));
                }
            }
        }
        for (handle, hash) in leaving {
            self.detach(handle, hash, desk, out);
            self.let_go(handle, desk, out);
        }
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
