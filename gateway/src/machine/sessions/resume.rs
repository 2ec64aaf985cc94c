//! The queues of a session after `welcome`: those that its client has seen, and its inbox. Each is
//! resumed by an operation of the bucket's ordered list, which never makes a member. So is a queue
//! that the back end has made it a member of.

use std::collections::BTreeMap;

use prost::Message as _;
use proto::c2g::{self, Kind};
use proto::codes::Status;
use proto::g2c::{self, BodyKind, ResultHead};
use proto::g2q::{self, G2q};
use proto::ids::{Generation, Handle};
use proto::limits;
use proto::name::{self, QueueName, UserId};
use proto::q2g;
use proto::wire;

use crate::machine::delivery::Sub;
use crate::machine::door::Refusal;
use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::{Part, State};
use crate::machine::upstream::Pending;

impl Lane {
    /// What the session is to have again: its inbox always, what its client has seen if it is
    /// resumed. A session that is new has seen nothing, whatever its client says of another.
    pub(in crate::machine) fn choose_seen(&mut self, handle: Handle, resumed: bool) {
        let ignored = !resumed || self.desk.settings.faults.resume_seen_ignored;
        let session = &mut self.sessions[handle];
        let Ok(user) = UserId::try_from(&*session.user) else { return };
        let inbox = name::user_queue(user);
        let seen = &mut session.rare().seen;
        if ignored {
            seen.clear();
        }
        if !seen.iter().any(|one| one.queue == inbox) {
            let marks = BTreeMap::default();
            seen.insert(0, c2g::Seen { queue: inbox, epoch: 0, marks });
        }
    }

    /// Resumes what the session is to have, as soon as its user's home is heard.
    pub(in crate::machine) fn resume_seen(&mut self, handle: Handle, out: &mut Outbox) {
        if !self.is_heard(handle) {
            return self.waits_unheard(handle);
        }
        let Some(rare) = self.sessions[handle].rare.as_mut() else { return };
        let (seen, invited) = (std::mem::take(&mut rare.seen), std::mem::take(&mut rare.invited));
        for one in seen {
            if !self.goes_on(handle) {
                return;
            }
            let queue = one.queue.clone();
            if let Err(refusal) = self.send_resume(handle, one, false, out) {
                self.sessions[handle].tidy();
                self.tell_unresumed(handle, &queue, &refusal.to_string(), out);
            }
        }
        for queue in invited {
            let one = c2g::Seen { queue, ..c2g::Seen::default() };
            // It stays a member without a seat; its user queue says so again to the next lane.
            if self.goes_on(handle) && self.send_resume(handle, one, true, out).is_err() {
                self.desk.counters.refused += 1;
            }
        }
        if let Some(session) = self.sessions.get_mut(handle) {
            session.tidy();
        }
    }

    /// The back end has made the session a member of a queue: it is to have its seat there, unless
    /// it has one. The word is about one connection of the session, and may come again.
    pub(in crate::machine) fn invited(&mut self, word: q2g::Invited, out: &mut Outbox) {
        let handle = Handle::named(word.session);
        let Some(session) = self.sessions.get_mut(handle) else { return };
        let generation = Generation::or_none(word.generation);
        if session.state != State::Live || session.generation != generation {
            return;
        }
        let invited = &mut session.rare().invited;
        if invited.len() < limits::SUBSCRIPTIONS_MAX && !invited.contains(&word.queue) {
            invited.push(word.queue);
        }
        self.resume_seen(handle, out);
    }

    fn send_resume(
        &mut self,
        handle: Handle,
        seen: c2g::Seen,
        invited: bool,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let queue = QueueName::try_from(seen.queue.as_str())?;
        let hash = queue.hash();
        let bucket = self.desk.upstream.bucket_of(hash).ok_or(Refusal::NoTable)?;
        let twice = self.sessions[handle].entry(hash).part != Part::None;
        let sub = self.part_in(handle, Kind::Subscribe, queue, hash)?;
        if twice {
            return Ok(());
        }
        let body = Some(g2q::g2q::Body::Resume(g2q::Resume {
            session: handle.number(),
            sub: Sub::number_or_none(sub),
            queue: seen.queue,
            epoch: seen.epoch,
            marks: seen.marks,
        }));
        let pending = Pending::Resume { session: handle, hash, invited };
        if self.push(bucket, pending, |bytes| wire::put_message(bytes, &G2q { body }), out) {
            let entry = self.sessions[handle].entry(hash);
            entry.unanswered += 1;
            entry.joins += 1;
            return Ok(());
        }
        self.unpart(handle, hash);
        Err(Refusal::ListFull)
    }

    /// A queue's answer to a resume. The client hears of it only if it is no member.
    pub(in crate::machine) fn resumed(
        &mut self,
        (handle, hash, invited): (Handle, u64, bool),
        result: &[u8],
        out: &mut Outbox,
    ) {
        let ok = ResultHead::of(result).is_ok_and(|head| head.status == Status::Ok.number());
        if ok {
            return self.settle(handle, Kind::Subscribe, hash, true, out);
        }
        let reason = g2c::Result::decode(result).ok().and_then(|result| result.error_message);
        let reason = reason.unwrap_or_else(|| "the queue doesn't know the session".to_owned());
        self.not_resumed((handle, hash, invited), &reason, out);
    }

    /// Nothing came of a resume. Who was invited has never heard of the queue.
    pub(in crate::machine) fn not_resumed(
        &mut self,
        (handle, hash, invited): (Handle, u64, bool),
        reason: &str,
        out: &mut Outbox,
    ) {
        let Some(session) = self.sessions.get_mut(handle) else { return };
        let entry = session.entry(hash);
        if entry.part == Part::Joining && entry.joins > 1 {
            // The client has asked to subscribe, too: that answers for it, if it is a good answer.
            entry.lost = true;
        } else if entry.part == Part::Joining && !invited {
            let queue = entry.sub.and_then(|sub| self.desk.delivery.interest().get(sub));
            if let Some(queue) = queue.map(|queue| queue.name().to_owned()) {
                self.tell_unresumed(handle, &queue, reason, out);
            }
        }
        self.settle(handle, Kind::Subscribe, hash, false, out);
    }

    /// The client is not subscribed any more, and never had a number for the queue here.
    pub(in crate::machine) fn tell_unresumed(
        &mut self,
        handle: Handle,
        queue: &str,
        reason: &str,
        out: &mut Outbox,
    ) {
        let Some(conn) = self.conn_of(handle) else { return };
        let message = g2c::Unsubscribed {
            sub: Sub::number_or_none(None),
            queue: queue.to_owned(),
            reason: reason.to_owned(),
            may_retry: true,
        };
        self.desk.send_message(conn, BodyKind::Unsubscribed, &message, out);
    }

    /// The client has answered the ping behind its `welcome`, so it has the new secret.
    pub(in crate::machine) fn ponged(&mut self, handle: Handle, nonce: u64, out: &mut Outbox) {
        let session = &self.sessions[handle];
        if !session.confirmed && nonce == session.nonce() {
            self.confirm(handle, out);
        }
    }

    /// Tells the user queue that the secret before is good no more.
    pub(in crate::machine) fn confirm(&mut self, handle: Handle, out: &mut Outbox) {
        let session = &mut self.sessions[handle];
        session.confirmed = true;
        let hash = session.id.user_queue_hash();
        let home = self
            .desk
            .upstream
            .bucket_of(hash)
            .and_then(|at| Some((at, self.desk.upstream.home(at)?)));
        // A home that comes later hears it with the session's introduction.
        let Some((bucket, (node, link))) = home else { return };
        crate::machine::door::introduce(node, link, handle, session, out);
        let body = Some(g2q::g2q::Body::Confirmed(g2q::Confirmed { session: handle.number() }));
        self.desk.upstream.put_extra(bucket, &G2q { body });
    }

    /// Introduces the session again to its user's home: there is something new to know of it.
    pub(in crate::machine) fn introduce_to_home(&mut self, handle: Handle, out: &mut Outbox) {
        let session = &mut self.sessions[handle];
        let bucket = self.desk.upstream.bucket_of(session.id.user_queue_hash());
        if let Some((node, link)) = bucket.and_then(|bucket| self.desk.upstream.home(bucket)) {
            session.introduced.remove(node);
            crate::machine::door::introduce(node, link, handle, session, out);
        }
    }

    /// Introduces the session again to all nodes that know its handle: it stands for more now.
    pub(in crate::machine) fn introduce_anew(&mut self, handle: Handle, out: &mut Outbox) {
        let session = &mut self.sessions[handle];
        let known = std::mem::take(&mut session.introduced);
        for (node, link) in self.desk.upstream.linked().filter(|(node, _)| known.contains(*node)) {
            crate::machine::door::introduce(node, link, handle, session, out);
        }
    }
}
