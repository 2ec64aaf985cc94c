//! Requests of web back ends.

use std::borrow::Cow;
use std::rc::Rc;

use link::machine::LinkId;
use prost::Message as _;
use proto::c2g::SendMessageRef;
use proto::class;
use proto::codes::Status;
use proto::g2c;
use proto::g2q::{self, DisconnectUser, GetUser, request::Body};
use proto::name::{self, QueueName, Space};
use proto::q2g;
use proto::{limits, wire};

use super::application::Verdicts;
use super::asker::{Asker, Who, put_reply};
use super::bucket::Bucket;
use super::join::Leaving;
use super::mounts::wire_kind;
use super::record::{Outcome, Refusal};
use super::state::idempotency::{Full, Keyed, Known, Origin};
use super::state::people::SessionKey;
use super::state::queue::{Mount, QueueIndex};
use super::state::record::Step;
use super::turn::Turn;

impl Bucket {
    /// Decides a request, unless its key says that it was decided before.
    pub(crate) fn request(&mut self, turn: &mut Turn<'_>, link: LinkId, request: g2q::Request) {
        let asker = Asker { link, who: Who::BackEnd { number: request.number } };
        turn.shared.counters.requests += 1;
        let Some(body) = &request.body else {
            return self.refuse(turn, &asker, unimplemented());
        };
        let (kind, queue) = (body.name(), queue_of(body).unwrap_or_default().into_owned());
        if turn.shared.followed.is_on() {
            let hash = name::hash(queue.as_bytes());
            let bytes = prost::Message::encoded_len(&request);
            self.trace_taken(turn, &asker, (kind, queue.as_bytes()), (hash, bytes));
        }
        self.guarded(turn, &asker, (kind, queue.as_bytes()), |bucket, turn| {
            bucket.decide_request(turn, &asker, request, &queue);
        });
    }

    fn decide_request(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        request: g2q::Request,
        queue: &str,
    ) {
        let hash = name::hash(queue.as_bytes());
        let is_write = request.body.as_ref().is_some_and(Body::is_write);
        let has_key = is_write && !request.idempotency_key.is_empty();
        let is_forgotten = turn.shared.settings.faults().key_forgotten;
        if has_key && !is_forgotten && !self.keyed(turn, asker, &request, queue) {
            return;
        }
        if let Some(refusal) = self.stopped(is_write) {
            return self.refuse(turn, asker, refusal);
        }
        let Some(body) = request.body else { return };
        self.perform(turn, asker, body, hash);
        self.keyed = None;
    }

    /// Looks the request's key up. False: it is answered.
    fn keyed(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        request: &g2q::Request,
        queue: &str,
    ) -> bool {
        let max = limits::IDEMPOTENCY_KEY_BYTES_MAX;
        if request.idempotency_key.len() > max {
            let sentence = format!("an Idempotency-Key is at most {max} bytes long");
            self.refuse(turn, asker, Refusal::new(Status::Invalid, sentence));
            return false;
        }
        let api_key = request.key_id;
        let origin = Origin::of(u64::from(request.remember_ms));
        let key = self.state.keys().key(api_key, &request.idempotency_key, queue);
        let refusal = match self.state.keys().look(key, request.body_hash) {
            Known::New if self.is_stopped() => return true,
            Known::New => {
                let may = |bucket: &Bucket, turn: &Turn<'_>| {
                    let node = &turn.shared.key_shares;
                    bucket.state.keys().may_remember(node, (api_key, origin))
                };
                if may(self, turn).is_err() {
                    self.beforehand(turn, Bucket::pass);
                }
                match may(self, turn) {
                    Ok(()) => {
                        let body_hash = request.body_hash;
                        self.keyed = Some(Keyed { key, api_key, body_hash, origin });
                        return true;
                    }
                    Err(full) => no_space_for_keys(&full, origin),
                }
            }
            Known::Answered(result) => {
                turn.shared.counters.repeated += 1;
                self.say(turn, asker.link, |out| asker.put_bytes(out, &result));
                return false;
            }
            Known::OtherBody => Refusal::new(
                Status::Conflict,
                "another request used this Idempotency-Key: use a new one",
            ),
        };
        self.refuse(turn, asker, refusal);
        false
    }

    fn perform(&mut self, turn: &mut Turn<'_>, asker: &Asker, body: Body, hash: u64) {
        match body {
            Body::SendMessage(operation) => {
                let read = SendMessageRef {
                    op_id: 0,
                    queue: operation.queue.as_bytes(),
                    mount: operation.mount.as_bytes(),
                    payload: operation.payload.as_deref(),
                    exclude_self: false,
                };
                self.send_message(turn, asker, &read, Verdicts::NONE, hash);
            }
            Body::SendState(operation) => {
                self.send_state(turn, asker, &operation, Verdicts::NONE, hash);
            }
            Body::GetState(read) => self.get_state(turn, asker, &read),
            Body::GetHistory(read) => self.get_history(turn, asker, &read),
            Body::ListMembers(read) => self.list_members(turn, asker, &read),
            Body::CreateQueue(create) => self.create_queue(turn, asker, &create.queue),
            Body::DeleteQueue(delete) => self.delete_queue(turn, asker, &delete.queue),
            Body::GetQueue(get) => self.get_queue(turn, asker, &get.queue),
            Body::ListQueues(list) => self.list_queues(turn, asker, &list),
            Body::GetUser(get) => self.get_user(turn, asker, &get),
            Body::DisconnectUser(disconnect) => self.disconnect_user(turn, asker, &disconnect),
            Body::RemoveUser(remove) => self.remove_user(turn, asker, &remove),
            Body::CreateMount(create) => self.create_mount(turn, asker, &create),
            Body::DeleteMount(delete) => self.delete_mount(turn, asker, &delete),
            Body::JoinUser(join) => self.join_user(turn, asker, &join, hash),
        }
    }

    fn create_queue(&mut self, turn: &mut Turn<'_>, asker: &Asker, queue: &str) {
        let refusal = match QueueName::try_from(queue) {
            Err(error) => Refusal::new(Status::Invalid, error.to_string()),
            Ok(name) if name.space() != Space::Application => {
                let sentence = "names under /user/ and /sys/ are reserved: choose another";
                Refusal::new(Status::Forbidden, sentence)
            }
            Ok(_) if self.state.queues().find(queue.as_bytes()).is_some() => {
                Refusal::new(Status::Conflict, "a queue of this name is there already")
            }
            Ok(name) => match self.state.classes().class_of(queue).cloned() {
                Some(class) if turn.shared.admits().is_ok() => {
                    let index = self.create(turn, name, class, None);
                    let outcome = Outcome::Done { seq: 0 };
                    return self.conclude(turn, index, asker, Ok((outcome, Step::Nothing)));
                }
                Some(_) => super::capacity::full(),
                None => {
                    let sentence = "no class of the configuration matches this name: add one";
                    Refusal::new(Status::NotFound, sentence)
                }
            },
        };
        self.refuse(turn, asker, refusal);
    }

    fn delete_queue(&mut self, turn: &mut Turn<'_>, asker: &Asker, queue: &str) {
        let found = self.state.queues().find(queue.as_bytes());
        let Some(index) = found.filter(|index| self.settle(turn, *index)) else {
            return self.refuse(turn, asker, super::send::no_queue());
        };
        if self.state.queue(index).is_inbox() {
            let sentence = "an inbox can't be deleted: it ends when its user has been away for \
                            long";
            return self.refuse(turn, asker, Refusal::new(Status::Forbidden, sentence));
        }
        let seq = self.state.queue(index).seq;
        self.conclude(turn, index, asker, Ok((Outcome::Done { seq }, Step::Nothing)));
        self.disband(turn, index, "the queue was deleted");
    }

    /// Destroys a queue whoever is in it; every lane is told once.
    pub(crate) fn disband(&mut self, turn: &mut Turn<'_>, index: QueueIndex, reason: &str) {
        for lane in self.locals[index].lanes.clone() {
            let (sub, reason) = (lane.sub.number(), reason.to_owned());
            let unsubscribed = q2g::Unsubscribed { sub, reason, ..q2g::Unsubscribed::default() };
            let message = q2g::Q2g { body: Some(q2g::q2g::Body::Unsubscribed(unsubscribed)) };
            self.say(turn, lane.link, |out| wire::put_message(out, &message));
        }
        let reason: Rc<str> = reason.into();
        let members: Vec<_> = self.state.queue(index).members.keys().collect();
        for key in members {
            self.depart(turn, index, key, Some(reason.clone()), (Leaving::OfItself, None));
        }
        self.tell_of_disbanding(turn, index);
        self.destroy(turn, index, &reason);
    }

    /// `remove_user`: every session of the user that is a member leaves. Who may subscribe by
    /// itself can come back.
    fn remove_user(&mut self, turn: &mut Turn<'_>, asker: &Asker, remove: &g2q::RemoveUser) {
        let found = self.state.queues().find(remove.queue.as_bytes());
        let Some(index) = found.filter(|index| self.settle(turn, *index)) else {
            return self.refuse(turn, asker, super::send::no_queue());
        };
        let queue = self.state.queue(index);
        if queue.is_inbox() {
            let sentence = "a user can't be removed from their inbox: use disconnect_user";
            return self.refuse(turn, asker, Refusal::new(Status::Forbidden, sentence));
        }
        let sessions = self.state.people().sessions_named(&remove.user);
        let is_member = |key: &SessionKey| queue.members.contains(*key);
        let sessions: Vec<SessionKey> = sessions.filter(is_member).collect();
        if sessions.is_empty() {
            let refusal = Refusal::new(Status::NotFound, "the user is not a member of the queue");
            return self.conclude(turn, index, asker, Err(refusal));
        }
        let seq = queue.seq;
        self.conclude(turn, index, asker, Ok((Outcome::Done { seq }, Step::Nothing)));
        for key in sessions {
            let reason = "removed by the application";
            self.remove_session(turn, index, key, reason, Leaving::OfItself);
        }
    }

    fn get_queue(&mut self, turn: &mut Turn<'_>, asker: &Asker, queue: &str) {
        let found = self.state.queues().find(queue.as_bytes());
        let Some(index) = found.filter(|index| self.settle(turn, *index)) else {
            return self.refuse(turn, asker, super::send::no_queue());
        };
        let info = self.info(index);
        let seq = info.seq;
        let result = g2c::Result { seq, ..g2c::Result::default() }.encode_to_vec();
        self.reply(turn, asker, q2g::Reply { result, queue: Some(info), ..q2g::Reply::default() });
    }

    /// What is in a queue.
    pub(crate) fn info(&self, index: QueueIndex) -> q2g::QueueInfo {
        let queue = self.state.queue(index);
        let mount = |(place, name, kind)| {
            let name: &str = name;
            let (entries, bytes) = match &queue.mounts[place] {
                Mount::Message(Some(history)) => (history.len(), history.cost()),
                Mount::State(Some(mount)) => (mount.len(), mount.bytes()),
                Mount::Message(None) | Mount::State(None) => (0, 0),
            };
            let kind = wire_kind(kind).into();
            let (entries, bytes) = (entries as u32, bytes as u64);
            q2g::MountInfo { name: name.to_owned(), kind, entries, bytes }
        };
        q2g::QueueInfo {
            queue: queue.name.to_string(),
            epoch: queue.epoch.get(),
            seq: queue.seq,
            members: queue.users,
            created_at_ms: queue.created_unix_ms,
            mounts: queue.mount_classes().map(mount).collect(),
            class: queue.class.class.pattern.clone(),
        }
    }

    fn list_queues(&mut self, turn: &mut Turn<'_>, asker: &Asker, list: &g2q::ListQueues) {
        let limit = match super::read::page_count(list.limit) {
            Ok(limit) => limit,
            Err(refusal) => return self.refuse(turn, asker, refusal),
        };
        // The smallest names above `after`: one pass however many queues there are.
        let mut names = std::collections::BinaryHeap::new();
        let is_shown = |name: &str| {
            let mut patterns = list.patterns.iter();
            list.patterns.is_empty() || patterns.any(|pattern| class::matches(pattern, name))
        };
        for (_, queue) in self.state.queues().iter() {
            let is_wanted = !queue.is_inbox() || list.prefix.starts_with("/user/");
            let is_next = queue.name.starts_with(&list.prefix) && *queue.name > *list.after;
            if is_wanted && is_next && is_shown(&queue.name) {
                names.push(queue.name.clone());
                if names.len() > limit + 1 {
                    names.pop();
                }
            }
        }
        let mut names = names.into_sorted_vec();
        let has_more = names.len() > limit;
        names.truncate(limit);
        if turn.shared.settings.faults().list_lacks_last && !has_more {
            names.pop();
        }
        let next = names.last().filter(|_| has_more).map(|name| name.to_string());
        let next = next.unwrap_or_default();
        let result = g2c::Result { next, ..g2c::Result::default() }.encode_to_vec();
        let queues = names.iter().map(|name| name.to_string()).collect();
        self.reply(turn, asker, q2g::Reply { result, queues, ..q2g::Reply::default() });
    }

    /// Answers a read.
    pub(crate) fn reply(&mut self, turn: &mut Turn<'_>, asker: &Asker, reply: q2g::Reply) {
        let Who::BackEnd { number } = asker.who else { return };
        self.say(turn, asker.link, |out| put_reply(out, q2g::Reply { number, ..reply }));
        if turn.shared.followed.is_on() {
            self.trace_answer(turn, asker, (0, 0));
        }
    }
}

/// The queue that a request is about; nothing for those that are about a whole bucket.
pub(crate) fn queue_of(body: &Body) -> Option<Cow<'_, str>> {
    let queue = match body {
        Body::SendMessage(body) => &body.queue,
        Body::SendState(body) => &body.queue,
        Body::GetState(body) => &body.queue,
        Body::GetHistory(body) => &body.queue,
        Body::ListMembers(body) => &body.queue,
        Body::CreateQueue(body) => &body.queue,
        Body::DeleteQueue(body) => &body.queue,
        Body::GetQueue(body) => &body.queue,
        Body::CreateMount(body) => &body.queue,
        Body::DeleteMount(body) => &body.queue,
        Body::JoinUser(body) => &body.queue,
        Body::RemoveUser(body) => &body.queue,
        Body::GetUser(GetUser { user }) | Body::DisconnectUser(DisconnectUser { user, .. }) => {
            return Some(Cow::Owned(format!("/user/{user}")));
        }
        Body::ListQueues(_) => return None,
    };
    Some(Cow::Borrowed(queue))
}

/// The API key has had its share of what can be remembered.
fn no_space_for_keys(full: &Full, origin: Origin) -> Refusal {
    let Full { held, keys_max } = full;
    let sentence = match origin {
        Origin::BackEnd => {
            let seconds = limits::IDEMPOTENCY_MS / 1000;
            format!(
                "this API key has {held} Idempotency-Keys remembered here, its share of at most \
                 {keys_max} for {seconds} s each: send fewer, or without a key, or try again later"
            )
        }
        Origin::Gateway => {
            let seconds = limits::KEYLESS_REMEMBER_MS / 1000;
            format!(
                "this API key has written {held} times here within {seconds} s, its share of at \
                 most {keys_max}: send fewer, or try again later"
            )
        }
    };
    Refusal::passing(Status::Limit, sentence)
}

fn unimplemented() -> Refusal {
    Refusal::new(Status::Unimplemented, "this version of the queue node doesn't know the request")
}
