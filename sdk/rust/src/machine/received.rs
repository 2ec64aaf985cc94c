//! What a gateway says.

use std::sync::Arc;

use prost::Message as _;
use proto::codes::Status;
use proto::g2c::{self, G2c, g2c::Body};
use proto::time::Time;
use proto::{c2g, wire};

use super::loss::Loss;
use super::operation::Request;
use super::queue::{MEMBERS, Place, Stage, Subscription};
use super::{Client, Connection, Outbox};
use crate::{Answer, Event, Failure, Gap, MountWord, QueueEvent, Roster, SubscribeOptions, limits};

impl Client {
    pub(super) fn received(&mut self, now: Time, frame: &[u8], out: &mut Outbox) {
        let greeting = match self.connection {
            Connection::Greeting(_) => true,
            Connection::Up(_) => false,
            // The end of a connection that is given up already.
            Connection::Down | Connection::Over => return,
        };
        // What is too old must not be resent because of what this frame says.
        self.look_if_due(now, out);
        let Ok(G2c { body }) = G2c::decode(frame) else {
            return self.lose(
                now,
                Loss::silent("the gateway sent a frame that isn't of this protocol"),
                out,
            );
        };
        self.connection.heard(now);
        match body {
            // A kind of a later version.
            None => {}
            Some(Body::Ping(ping)) => {
                let pong = c2g::c2g::Body::Pong(c2g::Pong { nonce: ping.nonce });
                wire::put_message(&mut out.frames, &c2g::C2g { body: Some(pong) });
            }
            Some(Body::Pong(_)) => {}
            Some(Body::Closing(closing)) => self.lose(now, Loss::from(closing), out),
            Some(Body::Welcome(welcome)) if greeting => self.welcome(now, welcome, out),
            Some(Body::Welcome(_)) => {
                self.lose(now, Loss::silent("the gateway said `welcome` twice"), out);
            }
            Some(_) if greeting => {
                self.lose(now, Loss::silent("the gateway did not begin with `welcome`"), out);
            }
            Some(Body::Result(result)) => self.result(now, result, out),
            Some(Body::Subscribed(subscribed)) => self.subscribed(now, subscribed, out),
            Some(Body::Unsubscribed(word)) => self.unsubscribed(now, word, out),
            Some(Body::Message(message)) => self.message(message, out),
            Some(Body::State(state)) => self.state(state, out),
            Some(Body::Joined(word)) => {
                let roster = Roster { seq: word.seq, users: word.users, reason: word.reason };
                self.members(word.sub, roster.seq, QueueEvent::Joined(roster), out);
            }
            Some(Body::Left(word)) => {
                let roster = Roster { seq: word.seq, users: word.users, reason: word.reason };
                self.members(word.sub, roster.seq, QueueEvent::Left(roster), out);
            }
            Some(Body::MountCreated(word)) => self.mount_created(word, out),
            Some(Body::MountDeleted(word)) => self.mount_deleted(word, out),
            Some(Body::Gap(gap)) => self.gap(gap, out),
        }
        if self.connection.is_up() && self.next_op_id > limits::OP_ID_WORN {
            self.session = None;
            self.lose(now, Loss::silent("the session's operation ids are used up"), out);
        }
    }

    fn result(&mut self, now: Time, result: g2c::Result, out: &mut Outbox) {
        if self.refreshed(now, &result) {
            return;
        }
        let Some(operation) = self.unanswered.remove(&result.op_id) else {
            self.counters.strays += 1;
            return;
        };
        let name = Arc::clone(&operation.queue);
        let queue = self.queues.get_mut(&name).expect("a queue with operations is kept");
        queue.in_flight -= 1;
        let answer = operation.answer(result);
        let answer = if is_gone(&operation.request, &answer) { Ok(Answer::Done) } else { answer };
        match (&operation.request, &answer) {
            (Request::Subscribe(message), Ok(_)) if operation.ticket.is_some() => {
                let options = options_of(message);
                match &mut queue.subscription {
                    // Its place goes with the old filter; the new one's comes with `subscribed`.
                    Some(subscription) => {
                        subscription.options = options;
                        subscription.place = None;
                    }
                    None => queue.subscription = Some(Subscription::new(options)),
                }
            }
            (Request::Subscribe(_), Err(failure)) if operation.ticket.is_none() => {
                let (reason, may_retry) = (failure.to_string(), may_come_true(failure));
                self.pause_or_end(now, &name, reason, may_retry, out);
            }
            (Request::Unsubscribe(_), Ok(_)) => {
                queue.subscription = None;
                self.subs.retain(|_, of| *of != name);
            }
            (
                Request::Subscribe(_)
                | Request::Unsubscribe(_)
                | Request::SendMessage(_)
                | Request::SendState(_)
                | Request::GetState(_)
                | Request::GetHistory(_)
                | Request::ListMembers(_),
                _,
            ) => {}
        }
        self.held.settle(operation, answer, out);
        self.pump(now, &name, out);
        self.forget_if_idle(&name);
    }

    fn subscribed(&mut self, now: Time, word: g2c::Subscribed, out: &mut Outbox) {
        if word.marks.len() > limits::MARKS_MAX {
            return self.lose(now, Loss::silent("the gateway sent too many marks"), out);
        }
        let known = self.queues.get_key_value(word.queue.as_str());
        let name = known.map_or_else(|| word.queue.as_str().into(), |(name, _)| Arc::clone(name));
        if self.settings.given {
            // Not asked for: from here on it is as good as if it had been.
            let queue = self.queues.entry(Arc::clone(&name)).or_default();
            queue.subscription.get_or_insert_with(|| Subscription::new(Default::default()));
        }
        let queue = self.queues.get_mut(&name);
        let Some(subscription) = queue.and_then(|queue| queue.subscription.as_mut()) else {
            self.counters.strays += 1;
            return;
        };
        let before = subscription.place.as_ref().map(|place| place.epoch);
        let resumed = std::mem::take(&mut subscription.named);
        let place = Place { epoch: word.epoch, marks: word.marks.clone() };
        subscription.place = Some(place);
        subscription.attached = true;
        subscription.refusals = 0;
        subscription.stage = Stage::Standing;
        // The gateway may have given the queue another number.
        self.subs.retain(|_, of| *of != name);
        self.subs.insert(word.sub, Arc::clone(&name));
        let same_epoch = before == Some(word.epoch);
        push(out, &name, QueueEvent::Subscribed(word.into()));
        if resumed {
            self.settle_return(&name, same_epoch, out);
        }
        self.pump(now, &name, out);
    }

    fn unsubscribed(&mut self, now: Time, word: g2c::Unsubscribed, out: &mut Outbox) {
        let Some((name, queue)) = self.queues.get_key_value(word.queue.as_str()) else {
            self.counters.strays += 1;
            return;
        };
        let Some(subscription) = &queue.subscription else {
            self.counters.strays += 1;
            return;
        };
        let (name, resumed) = (Arc::clone(name), subscription.named);
        self.subs.retain(|_, of| *of != name);
        self.pause_or_end(now, &name, word.reason, word.may_retry, out);
        if resumed {
            // The queue may have lost its memory of what it answered.
            self.settle_return(&name, false, out);
        }
        self.pump(now, &name, out);
        self.forget_if_idle(&name);
    }

    /// The subscription does not stand: wait and ask again, or tell the application that it is
    /// over.
    fn pause_or_end(
        &mut self,
        now: Time,
        name: &Arc<str>,
        reason: String,
        retrying: bool,
        out: &mut Outbox,
    ) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        let Some(subscription) = &mut queue.subscription else { return };
        if retrying {
            let until_ms = now.after(self.retry.jittered_ms(subscription.refusals)).ms;
            subscription.refusals = subscription.refusals.saturating_add(1);
            subscription.attached = false;
            subscription.named = false;
            subscription.stage = Stage::Paused { until_ms };
            self.look_at(until_ms);
        } else {
            queue.subscription = None;
        }
        push(out, name, QueueEvent::Unsubscribed { reason, retrying });
    }

    fn message(&mut self, message: g2c::Message, out: &mut Outbox) {
        let moves = !message.history && !self.faults().marks_stand_still;
        let Some((name, subscription)) = self.subscription(message.sub) else { return };
        if moves {
            subscription.reach(&message.mount, message.seq);
        }
        push(out, &name, QueueEvent::Message(message.into()));
    }

    fn state(&mut self, state: g2c::State, out: &mut Outbox) {
        let heeds = !self.faults().stale_states_come;
        let Some((name, subscription)) = self.subscription(state.sub) else { return };
        if heeds && subscription.has_reached(&state.mount, state.seq) {
            self.counters.stale_states += 1;
            return;
        }
        subscription.reach(&state.mount, state.seq);
        push(out, &name, QueueEvent::State(state.into()));
    }

    fn members(&mut self, sub: u32, seq: u64, event: QueueEvent, out: &mut Outbox) {
        let Some((name, subscription)) = self.subscription(sub) else { return };
        subscription.reach(MEMBERS, seq);
        push(out, &name, event);
    }

    fn mount_created(&mut self, word: g2c::MountCreated, out: &mut Outbox) {
        let Some((_, subscription)) = self.subscription(word.sub) else { return };
        subscription.reach(&word.mount, word.seq);
        let (kind, sub) = (word.kind(), word.sub);
        let word = MountWord { seq: word.seq, mount: word.mount, kind };
        self.members(sub, word.seq, QueueEvent::MountCreated(word), out);
    }

    fn mount_deleted(&mut self, word: g2c::MountDeleted, out: &mut Outbox) {
        let Some((_, subscription)) = self.subscription(word.sub) else { return };
        subscription.forget(&word.mount);
        let (kind, sub) = (word.kind(), word.sub);
        let word = MountWord { seq: word.seq, mount: word.mount, kind };
        self.members(sub, word.seq, QueueEvent::MountDeleted(word), out);
    }

    fn gap(&mut self, gap: g2c::Gap, out: &mut Outbox) {
        let Some((name, subscription)) = self.subscription(gap.sub) else { return };
        subscription.reach(&gap.mount, gap.before_seq.saturating_sub(1));
        let (after_seq, before_seq) = (gap.after_seq, gap.before_seq);
        push(out, &name, QueueEvent::Gap(Gap { mount: gap.mount, after_seq, before_seq }));
    }

    /// The subscription that the gateway gave this number.
    fn subscription(&mut self, sub: u32) -> Option<(Arc<str>, &mut Subscription)> {
        let known = self.subs.get(&sub).and_then(|name| {
            let subscription = self.queues.get_mut(name)?.subscription.as_mut()?;
            Some((Arc::clone(name), subscription))
        });
        if known.is_none() {
            self.counters.strays += 1;
        }
        known
    }
}

fn push(out: &mut Outbox, queue: &Arc<str>, event: QueueEvent) {
    out.events.push(Event::Queue { queue: Arc::clone(queue), event });
}

/// What a request to subscribe asked for.
pub(super) fn options_of(message: &c2g::Subscribe) -> SubscribeOptions {
    SubscribeOptions {
        history: message.history,
        mounts: message.mounts.clone(),
        key_prefix: message.key_prefix.clone(),
    }
}

/// Whether asking again can help a subscription that stood before.
fn may_come_true(failure: &Failure) -> bool {
    match failure {
        Failure::Refused { may_retry, .. } => *may_retry,
        Failure::OutcomeUnknown | Failure::NotSent | Failure::Full => true,
        Failure::TooLarge { .. } | Failure::Name(_) | Failure::Closed => false,
    }
}

/// Whether this is the answer to an `unsubscribe` that had nothing to do any more.
fn is_gone(request: &Request, answer: &Result<Answer, Failure>) -> bool {
    let unsubscribes = matches!(request, Request::Unsubscribe(_));
    unsubscribes && matches!(answer, Err(Failure::Refused { status: Status::NotFound, .. }))
}
