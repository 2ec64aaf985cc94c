//! What the task tells the application: answers, events, and how the connection stands.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::Driver;
use crate::io::subscription::{Offered, Sink};
use crate::io::{ConnectError, Connection};
use crate::{Answer, Command, Event, Failure, QueueEvent, Ticket};

type Answered = oneshot::Sender<Result<Answer, Failure>>;

/// Who waits for an answer.
pub(super) struct Pending {
    pub(super) answer: Answered,
    pub(super) then: Then,
}

/// What a good answer changes here.
pub(super) enum Then {
    Nothing,
    /// The queue has a new listener.
    Listen(Arc<str>, Sink),
    /// The queue has none any more.
    Leave(Arc<str>),
}

/// Who waits for the first connection, and what came of it so far.
pub(super) struct First {
    pub(super) waits: Option<oneshot::Sender<Result<(), ConnectError>>>,
    pub(super) failures: usize,
    pub(super) error: Option<ConnectError>,
}

impl Driver {
    /// Tells the application what the machine has for it.
    pub(super) fn tell(&mut self) {
        // Listeners that are gone make the machine say more.
        while !self.out.events.is_empty() {
            for event in std::mem::take(&mut self.out.events) {
                match event {
                    Event::Connected { user, gateway, resumed } => {
                        tracing::debug!(user, gateway, resumed, "connected");
                        self.first.settle(Ok(()));
                        self.connection.send_replace(Connection::Up { gateway, resumed });
                    }
                    Event::Closed { code, reason, may_retry } => {
                        self.closed(code, reason, may_retry);
                    }
                    Event::Answer { ticket, result } => self.answered(ticket, result),
                    Event::Queue { queue, event } => self.deliver(&queue, event),
                }
            }
        }
    }

    fn closed(&mut self, code: Option<u32>, reason: String, may_retry: bool) {
        tracing::debug!(code, reason, may_retry, "the connection is over");
        if let Some(code) = code {
            self.first.error = Some(ConnectError::Refused { code, reason: reason.clone() });
        }
        let connection = match code {
            Some(code) if !may_retry => {
                self.first_over();
                Connection::Closed { code, reason }
            }
            Some(_) | None => Connection::Down,
        };
        self.connection.send_replace(connection);
    }

    fn answered(&mut self, ticket: Ticket, result: Result<Answer, Failure>) {
        let Some(pending) = self.pending.remove(&ticket) else { return };
        match pending.then {
            Then::Listen(queue, sink) if result.is_ok() => {
                self.sinks.insert(queue, sink);
            }
            Then::Leave(queue) if result.is_ok() => drop(self.sinks.remove(&queue)),
            Then::Listen(..) | Then::Leave(_) | Then::Nothing => {}
        }
        // Whoever asked may have stopped waiting.
        drop(pending.answer.send(result));
    }

    fn deliver(&mut self, queue: &Arc<str>, event: QueueEvent) {
        let last = matches!(event, QueueEvent::Unsubscribed { retrying: false, .. });
        if let (false, QueueEvent::Subscribed(_), Some(given)) =
            (self.sinks.contains_key(queue), &event, &self.given)
        {
            match given.hand_over(queue) {
                Some(sink) => drop(self.sinks.insert(Arc::clone(queue), sink)),
                None => return self.forget(queue),
            }
        }
        let Some(sink) = self.sinks.get(queue) else { return };
        match sink.offer(event) {
            Offered::Taken if !last => {}
            Offered::Taken => drop(self.sinks.remove(queue)),
            Offered::Full | Offered::Gone if last => drop(self.sinks.remove(queue)),
            Offered::Full | Offered::Gone => self.forget(queue),
        }
    }

    /// Another attempt at the first connection failed. True: it was the last.
    pub(super) fn first_failed(&mut self) -> bool {
        self.first.failures += 1;
        let last = self.first.waits.is_some() && self.first.failures >= self.addresses.count();
        if last {
            self.first_over();
        }
        last
    }

    fn first_over(&mut self) {
        let lost = || ConnectError::Lost { address: self.address.clone() };
        let error = self.first.error.take().unwrap_or_else(lost);
        self.first.settle(Err(error));
    }
}

impl Then {
    pub(super) fn after(command: &Command, events: Option<mpsc::Sender<QueueEvent>>) -> Then {
        match (command, events) {
            (Command::Subscribe { queue, .. }, Some(events)) => {
                Then::Listen(Arc::from(queue.as_str()), Sink::new(events))
            }
            (Command::Unsubscribe { queue }, _) => Then::Leave(Arc::from(queue.as_str())),
            (
                Command::Subscribe { .. }
                | Command::SendMessage { .. }
                | Command::SendState { .. }
                | Command::GetState { .. }
                | Command::GetHistory { .. }
                | Command::ListMembers { .. }
                | Command::Close,
                _,
            ) => Then::Nothing,
        }
    }
}

impl First {
    fn settle(&mut self, result: Result<(), ConnectError>) {
        if let Some(waits) = self.waits.take() {
            // Whoever connects may have stopped waiting; then no handle is left, which ends the
            // task.
            drop(waits.send(result));
        }
    }
}
