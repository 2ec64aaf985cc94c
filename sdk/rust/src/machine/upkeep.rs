//! What time asks for: pings, giving up, answers to what waited too long, the end of pauses.

use std::sync::Arc;

use proto::time::Time;
use proto::{c2g, wire};

use super::connection::Due;
use super::loss::Loss;
use super::operation::{Operation, Request};
use super::queue::Stage;
use super::{Client, Outbox};
use crate::Failure;

impl Client {
    pub(super) fn wake(&mut self, now: Time, out: &mut Outbox) {
        match self.connection.due(now) {
            Due::Nothing => {}
            Due::Ping => self.ping(out),
            Due::GiveUp(why) => self.lose(now, Loss::silent(why), out),
        }
        self.renew_if_due(now, out);
        self.look_if_due(now, out);
    }

    pub(super) fn ping(&mut self, out: &mut Outbox) {
        let nonce = self.retry.nonce();
        let ping = c2g::c2g::Body::Ping(c2g::Ping { nonce });
        wire::put_message(&mut out.frames, &c2g::C2g { body: Some(ping) });
    }

    pub(super) fn look_if_due(&mut self, now: Time, out: &mut Outbox) {
        if self.look_ms.is_some_and(|look| look <= now.ms) {
            self.look(now, out);
        }
    }

    /// Answers what waited too long, and asks again for queues whose pause is over.
    fn look(&mut self, now: Time, out: &mut Outbox) {
        self.look_ms = None;
        let late = |operation: &Operation| operation.expires_ms().is_some_and(|ms| ms <= now.ms);
        for (_, operation) in self.unanswered.extract_if(.., |_, operation| late(operation)) {
            if let Some(queue) = self.queues.get_mut(&operation.queue) {
                queue.in_flight -= 1;
            }
            self.held.settle(operation, Err(Failure::OutcomeUnknown), out);
        }
        let mut returning = Vec::new();
        for (name, queue) in &mut self.queues {
            while let Some(at) = queue.waiting.iter().position(late) {
                let operation = queue.waiting.remove(at).expect("a position within the list");
                self.held.settle(operation, Err(Failure::NotSent), out);
            }
            if queue.paused_until().is_some_and(|at_ms| at_ms <= now.ms) {
                returning.push(Arc::clone(name));
            }
        }
        for name in self.queues.keys().cloned().collect::<Vec<_>>() {
            if returning.contains(&name) && !self.pauses_on(now, &name) {
                self.subscribe_again(now, &name, out);
            }
            self.pump(now, &name, out);
            self.forget_if_idle(&name);
        }
        self.look_ms = self.next_look();
    }

    /// The application has itself asked to subscribe, or to unsubscribe, and what comes of that
    /// counts: from there the queue goes on, or it is left and not subscribed anew behind that.
    /// The pause goes on until it is known.
    fn pauses_on(&mut self, now: Time, name: &Arc<str>) -> bool {
        let asks = |operation: &Operation| {
            operation.queue == *name
                && matches!(operation.request, Request::Subscribe(_) | Request::Unsubscribe(_))
        };
        if !self.connection.is_up() || !self.unanswered.values().any(asks) {
            return false;
        }
        let until_ms = now.after(self.retry.jittered_ms(0)).ms;
        if let Some(subscription) =
            self.queues.get_mut(name).and_then(|queue| queue.subscription.as_mut())
        {
            subscription.stage = Stage::Paused { until_ms };
        }
        true
    }

    pub(super) fn next_look(&self) -> Option<u64> {
        let unanswered = self.unanswered.values().filter_map(Operation::expires_ms);
        let queues = self.queues.values().flat_map(|queue| {
            let waiting = queue.waiting.iter().filter_map(Operation::expires_ms);
            // A pause that ended while there is no connection is over with the next `welcome`.
            let paused = queue.paused_until().filter(|_| self.connection.is_up());
            waiting.chain(paused)
        });
        unanswered.chain(queues).min()
    }

    /// Something is due then.
    pub(super) fn look_at(&mut self, at_ms: u64) {
        self.look_ms = Some(self.look_ms.map_or(at_ms, |look| look.min(at_ms)));
    }
}
