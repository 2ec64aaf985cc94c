//! The queues of a session after `welcome`: those that its client has seen, and its inbox. Each is
//! resumed by an operation of the bucket's ordered list, which never makes a member. So is a queue
//! that the back end has made it a member of.

use std::collections::BTreeMap;

use prost::Message as _;
use proto::c2g::{self, Kind};
use proto::codes::Status;
use proto::g2c::{self, BodyKind, ResultHead};
use proto::g2q::{self, G2q};
use proto::ids::{Generation, Handle, Sub};
use proto::limits;
use proto::name::{self, QueueName, UserId};
use proto::q2g;
use proto::wire;

use super::introduction::introduce;
use super::{Part, Sessions, State};
use crate::machine::desk::Desk;
use crate::machine::door::Refusal;
use crate::machine::lane::Outbox;
use crate::machine::upstream::Pending;

impl Sessions {
    /// What the session is to have again: its inbox always, what its client has seen if it is
    /// resumed. A session that is new has seen nothing, whatever its client says of another.
    pub(in crate::machine) fn choose_seen(
        &mut self,
        handle: Handle,
        resumed: bool,
        desk: &mut Desk,
    ) {
        let ignored = !resumed || desk.settings.faults().resume_seen_ignored;
        let session = &mut self[handle];
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
    pub(in crate::machine) fn resume_seen(
        &mut self,
        handle: Handle,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if !self.is_heard(handle, desk) {
            return self.waits_unheard(handle, desk);
        }
        let Some(rare) = self[handle].rare.as_mut() else { return };
        let (seen, invited) = (std::mem::take(&mut rare.seen), std::mem::take(&mut rare.invited));
        for one in seen {
            if !self.goes_on(handle, desk) {
                return;
            }
            let queue = one.queue.clone();
            if let Err(refusal) = self.send_resume(handle, one, false, desk, out) {
                self[handle].tidy();
                self.tell_unresumed(handle, &queue, &refusal.to_string(), desk, out);
            }
        }
        for queue in invited {
            if !self.goes_on(handle, desk) {
                return;
            }
            self.take_up(handle, queue, desk, out);
        }
        if let Some(session) = self.get_mut(handle) {
            session.tidy();
        }
    }

    /// The queue is asked for a seat even if the lane knows of one: the invitation comes from the
    /// user's home, so that what the queue has said of the end of that seat may come behind it. One
    /// that comes while such a question is on its way waits for the answer.
    fn take_up(&mut self, handle: Handle, queue: String, desk: &mut Desk, out: &mut Outbox) {
        let session = &mut self[handle];
        if session.entry(name::hash(queue.as_bytes())).joins > 0 {
            return session.rare().invited.push(queue);
        }
        let one = c2g::Seen { queue, ..c2g::Seen::default() };
        if self.send_resume(handle, one, true, desk, out).is_err() {
            // It stays a member without a seat; its user queue says so again to the next lane.
            desk.counters.refused += 1;
        }
    }

    /// The back end has made the session a member of a queue: it is to have its seat there. The
    /// word is about one connection of the session, and may come again.
    pub(in crate::machine) fn invited(
        &mut self,
        message: q2g::Invited,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let handle = Handle::named(message.session);
        let Some(session) = self.get_mut(handle) else { return };
        let generation = Generation::or_none(message.generation);
        if session.state != State::Live || session.generation != generation {
            return;
        }
        let invited = &mut session.rare().invited;
        if invited.len() < limits::SUBSCRIPTIONS_MAX && !invited.contains(&message.queue) {
            invited.push(message.queue);
        }
        self.resume_seen(handle, desk, out);
    }

    fn send_resume(
        &mut self,
        handle: Handle,
        seen: c2g::Seen,
        invited: bool,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let queue = QueueName::try_from(seen.queue.as_str())?;
        let hash = queue.hash();
        let bucket = desk.upstream.bucket_of(hash).ok_or(Refusal::NoTable)?;
        let twice = self[handle].entry(hash).part != Part::None;
        let sub = self.part_in(handle, Kind::Subscribe, queue, hash, desk)?;
        if twice && !invited {
            return Ok(());
        }
        let body = Some(g2q::g2q::Body::Resume(g2q::Resume {
            session: handle.number(),
            sub: Sub::number_or_none(sub),
            queue: seen.queue,
            epoch: seen.epoch,
            marks: seen.marks,
            invited,
        }));
        let pending = Pending::Resume { session: handle, hash, invited };
        if self.push(bucket, pending, |bytes| wire::put_message(bytes, &G2q { body }), desk, out) {
            let entry = self[handle].entry(hash);
            entry.unanswered += 1;
            entry.joins += 1;
            return Ok(());
        }
        self.unpart(handle, hash, desk);
        Err(Refusal::ListFull)
    }

    /// A queue's answer to a resume. The client hears of it only if it is no member. Whether
    /// it is one; that is to be settled.
    pub(in crate::machine) fn resumed(
        &mut self,
        (handle, hash, invited): (Handle, u64, bool),
        result: &[u8],
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> bool {
        let ok = ResultHead::of(result).is_ok_and(|head| head.status == Status::Ok.number());
        if ok {
            return true;
        }
        let reason = g2c::Result::decode(result).ok().and_then(|result| result.error_message);
        let reason = reason.unwrap_or_else(|| "the queue doesn't know the session".to_owned());
        self.not_resumed((handle, hash, invited), &reason, desk, out);
        false
    }

    /// Nothing came of a resume, which is to be settled. Who was invited has never heard of the
    /// queue.
    pub(in crate::machine) fn not_resumed(
        &mut self,
        (handle, hash, invited): (Handle, u64, bool),
        reason: &str,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(session) = self.get_mut(handle) else { return };
        let entry = session.entry(hash);
        if entry.part == Part::Joining && entry.joins > 1 {
            // The client has asked to subscribe, too: that answers for it, if it is a good answer.
            entry.lost = true;
        } else if entry.part == Part::Joining && !invited {
            let queue = entry.sub.and_then(|sub| desk.delivery.interest().get(sub));
            if let Some(queue) = queue.map(|queue| queue.name().to_owned()) {
                self.tell_unresumed(handle, &queue, reason, desk, out);
            }
        }
    }

    /// The client is not subscribed any more, and never had a number for the queue here.
    pub(in crate::machine) fn tell_unresumed(
        &mut self,
        handle: Handle,
        queue: &str,
        reason: &str,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(conn) = self.conn_of(handle) else { return };
        let message = g2c::Unsubscribed {
            sub: Sub::number_or_none(None),
            queue: queue.to_owned(),
            reason: reason.to_owned(),
            may_retry: true,
        };
        desk.send_message(conn, BodyKind::Unsubscribed, &message, out);
    }

    /// The client has answered the ping behind its `welcome`, so it has the new secret.
    pub(in crate::machine) fn ponged(
        &mut self,
        handle: Handle,
        nonce: u64,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let session = &self[handle];
        if !session.confirmed && nonce == session.nonce() {
            self.confirm(handle, desk, out);
        }
    }

    /// Tells the user queue that the secret before is good no more.
    pub(in crate::machine) fn confirm(
        &mut self,
        handle: Handle,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let session = &mut self[handle];
        session.confirmed = true;
        let hash = session.id.user_queue_hash();
        let home = desk.upstream.bucket_of(hash).and_then(|at| Some((at, desk.upstream.home(at)?)));
        // A home that comes later hears it with the session's introduction.
        let Some((bucket, (node, link))) = home else { return };
        introduce(node, link, handle, session, &mut out.links);
        let body = Some(g2q::g2q::Body::Confirmed(g2q::Confirmed { session: handle.number() }));
        desk.upstream.put_extra(bucket, &G2q { body });
    }
}
