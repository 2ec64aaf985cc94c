//! `connect`, `welcome`, and how sessions, subscriptions and operations outlive a connection.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use prost::Message as _;
use proto::time::Time;
use proto::{c2g, g2c, wire};

use super::operation::{Operation, Request};
use super::queue::Stage;
use super::received::options_of;
use super::{Bounds, Client, Connection, Outbox, Session, Transport};
use crate::{Answer, Event, Failure, limits};

/// The version of the protocol that this library speaks.
const PROTOCOL: u32 = 1;

impl Client {
    /// The transport is up: say who we are, and what we had.
    pub(super) fn greet(&mut self, now: Time, out: &mut Outbox) {
        match self.connection {
            Connection::Down => {}
            Connection::Over => {
                out.transport = Some(Transport::Stop);
                return;
            }
            // A second transport is the owner's mistake; the first one goes on.
            Connection::Greeting(_) | Connection::Up(_) => return,
        }
        self.connection = Connection::greeting(now);
        self.attempts = self.attempts.saturating_add(1);
        let seen = self.seen();
        let resume = self.session.as_ref().map(|session| c2g::Resume {
            session_id: session.id.clone(),
            secret: session.secret.clone(),
            seen,
        });
        let connect = c2g::Connect {
            protocol: PROTOCOL,
            token: self.settings.token.clone(),
            user: self.settings.user.clone(),
            client_name: self.settings.client_name.clone(),
            client_version: self.settings.client_version.clone(),
            resume,
            hold: false,
            client_id: self.id.clone(),
            attempt: self.attempts,
        };
        let body = Some(c2g::c2g::Body::Connect(connect));
        wire::put_message(&mut out.frames, &c2g::C2g { body });
    }

    /// What the session is attached to, as far as it fits into a stranger's first frame. The rest
    /// is subscribed anew.
    fn seen(&mut self) -> Vec<c2g::Seen> {
        let mut seen = Vec::new();
        let mut bytes = 0;
        for (name, queue) in &mut self.queues {
            let Some(subscription) = &mut queue.subscription else { continue };
            subscription.named = false;
            let Some(place) = subscription.place.as_ref().filter(|_| subscription.attached) else {
                continue;
            };
            let (queue, epoch, marks) = (name.to_string(), place.epoch, place.marks.clone());
            let entry = c2g::Seen { queue, epoch, marks };
            // Tag and length of the entry take up to four bytes.
            let length = entry.encoded_len() + 4;
            if bytes + length <= limits::SEEN_BYTES_MAX {
                bytes += length;
                subscription.named = true;
                seen.push(entry);
            }
        }
        seen
    }

    pub(super) fn welcome(&mut self, now: Time, welcome: g2c::Welcome, out: &mut Outbox) {
        let same = |session: &Session| session.id == welcome.session_id;
        let resumed = welcome.resumed && self.session.as_ref().is_some_and(same);
        self.retry.welcomed();
        self.connection = Connection::up(now, welcome.ping_every_ms);
        self.session = Some(Session { id: welcome.session_id, secret: welcome.secret });
        self.bounds = Bounds::of(welcome.limits.unwrap_or_default());
        self.token_ends(now, welcome.expires_in_ms);
        self.counters.welcomes += 1;
        self.counters.resumes += u64::from(resumed);
        out.events.push(Event::Connected { user: welcome.user, gateway: welcome.gateway, resumed });
        if !resumed {
            self.next_op_id = 1;
        }
        let unanswered = std::mem::take(&mut self.unanswered).into_values();
        // Where there is no subscription, there is nothing to wait for.
        let at_once = |operation: &Operation| {
            let queue = self.queues.get(&operation.queue);
            resumed && queue.is_some_and(|queue| queue.subscription.is_none())
        };
        let (at_once, rest) = unanswered.partition(at_once);
        self.resend(at_once, out);
        let mut by_queue = split_by_queue(rest);
        for name in self.queues.keys().cloned().collect::<Vec<_>>() {
            let operations = by_queue.remove(&name).unwrap_or_default();
            self.bring_back(now, &name, operations, resumed, out);
            self.forget_if_idle(&name);
        }
    }

    /// Sees to one queue after `welcome`.
    fn bring_back(
        &mut self,
        now: Time,
        name: &Arc<str>,
        operations: Vec<Operation>,
        resumed: bool,
        out: &mut Outbox,
    ) {
        let queue = self.queues.get_mut(name).expect("only queues there are come here");
        match &mut queue.subscription {
            // Its operations were resent already.
            None if resumed => {}
            Some(subscription) if resumed && subscription.named => {
                // The gateway attaches it; its `subscribed` or `unsubscribed` decides the rest.
                subscription.stage = Stage::Returning;
                for mut operation in operations {
                    self.unanswered.insert(operation.op_id(), operation);
                }
            }
            Some(_) | None => {
                self.give_up(name, operations, resumed, out);
                self.subscribe_again(now, name, out);
            }
        }
        self.pump(now, name, out);
    }

    /// Sends operations once more, oldest first, with their old ids.
    fn resend(&mut self, operations: Vec<Operation>, out: &mut Outbox) {
        for mut operation in operations {
            if self.faults().resent_anew {
                operation.renumber(self.next_op_id);
                self.next_op_id += 1;
            }
            operation.put(&mut out.frames);
            self.counters.resent += 1;
            self.unanswered.insert(operation.op_id(), operation);
        }
    }

    /// A subscription came back in a session that goes on: its operations may follow if the queue
    /// is the same one as before.
    pub(super) fn settle_return(&mut self, name: &Arc<str>, same_epoch: bool, out: &mut Outbox) {
        let operations = self.take_unanswered(name);
        if same_epoch {
            self.resend(operations, out);
        } else {
            self.give_up(name, operations, true, out);
        }
    }

    fn take_unanswered(&mut self, name: &Arc<str>) -> Vec<Operation> {
        let of_queue = |_: &u32, operation: &mut Operation| operation.queue == *name;
        self.unanswered.extract_if(.., of_queue).map(|(_, operation)| operation).collect()
    }

    /// These operations can't be resent. What is only a wish, to be subscribed or not, is asked
    /// anew.
    fn give_up(
        &mut self,
        name: &Arc<str>,
        operations: Vec<Operation>,
        same_session: bool,
        out: &mut Outbox,
    ) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        queue.in_flight = 0;
        let mut wishes: VecDeque<Operation> = VecDeque::new();
        for operation in operations {
            match &operation.request {
                // The client's own; the caller subscribes again in its place.
                Request::Subscribe(_) if operation.ticket.is_none() => {}
                Request::Subscribe(_) => wishes.push_back(operation),
                Request::Unsubscribe(_) if same_session => wishes.push_back(operation),
                Request::Unsubscribe(_) => {
                    // A new session is subscribed to nothing: the wish has come true.
                    queue.subscription = None;
                    for wish in wishes.drain(..) {
                        self.held.settle(wish, Err(Failure::OutcomeUnknown), out);
                    }
                    self.held.settle(operation, Ok(Answer::Done), out);
                }
                Request::SendMessage(_)
                | Request::SendState(_)
                | Request::GetState(_)
                | Request::GetHistory(_)
                | Request::ListMembers(_) => {
                    self.held.settle(operation, Err(Failure::OutcomeUnknown), out);
                }
            }
        }
        wishes.append(&mut queue.waiting);
        queue.waiting = wishes;
    }

    /// Asks for a subscription anew, from where it was, ahead of all that waits.
    pub(super) fn subscribe_again(&mut self, now: Time, name: &Arc<str>, out: &mut Outbox) {
        if !self.connection.is_up() {
            return;
        }
        // What the application has asked for since counts: this request is decided after that one.
        let newest =
            self.unanswered.values().rev().find_map(|operation| match &operation.request {
                Request::Subscribe(message) if operation.queue == *name => {
                    Some(options_of(message))
                }
                Request::Subscribe(_)
                | Request::Unsubscribe(_)
                | Request::SendMessage(_)
                | Request::SendState(_)
                | Request::GetState(_)
                | Request::GetHistory(_)
                | Request::ListMembers(_) => None,
            });
        let deadline_ms = self.deadline_ms(now);
        let Some(queue) = self.queues.get_mut(name) else { return };
        let Some(subscription) = &mut queue.subscription else { return };
        subscription.stage = Stage::Returning;
        subscription.attached = false;
        subscription.named = false;
        let request = Request::Subscribe(subscription.ask_again(name, newest.as_ref()));
        let mut operation = Operation::new(deadline_ms, None, Arc::clone(name), request);
        operation.sent(deadline_ms, self.next_op_id);
        self.next_op_id += 1;
        queue.in_flight += 1;
        operation.put(&mut out.frames);
        self.unanswered.insert(operation.op_id(), operation);
    }
}

/// Groups operations by queue, in their order.
fn split_by_queue(operations: Vec<Operation>) -> BTreeMap<Arc<str>, Vec<Operation>> {
    let mut by_queue = BTreeMap::<Arc<str>, Vec<Operation>>::new();
    for operation in operations {
        by_queue.entry(Arc::clone(&operation.queue)).or_default().push(operation);
    }
    by_queue
}

impl Bounds {
    /// The gateway's limits; what it leaves out, or sets higher than the protocol, is the
    /// protocol's.
    fn of(limits: g2c::Limits) -> Bounds {
        let least = |given: u32, known: usize| match given as usize {
            0 => known,
            given => given.min(known),
        };
        let known = Bounds::default();
        Bounds {
            frame_bytes: least(limits.frame_bytes, known.frame_bytes),
            unanswered_per_queue: least(limits.unanswered_per_queue, known.unanswered_per_queue),
        }
    }
}
