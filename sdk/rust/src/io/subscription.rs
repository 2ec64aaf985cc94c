//! The application's end of a subscription.

use tokio::sync::mpsc;

use super::Request;
use crate::QueueEvent;

/// A subscription. Dropping it leaves the queue.
#[derive(Debug)]
pub struct Subscription {
    queue: String,
    events: mpsc::Receiver<QueueEvent>,
    requests: mpsc::Sender<Request>,
}

impl Subscription {
    pub(super) fn new(
        queue: String,
        events: mpsc::Receiver<QueueEvent>,
        requests: mpsc::Sender<Request>,
    ) -> Subscription {
        Subscription { queue, events, requests }
    }

    /// The queue's name.
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// The next event; the first is [`QueueEvent::Subscribed`]. None: the subscription is over. May
    /// be dropped and called anew without losing any.
    pub async fn recv(&mut self) -> Option<QueueEvent> {
        self.events.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.events.close();
        // If there is no space for the word, the task notices with the queue's next event.
        drop(self.requests.try_send(Request::Forget { queue: std::mem::take(&mut self.queue) }));
    }
}

/// Where subscriptions go that nobody has asked for.
pub(super) struct Given {
    to: mpsc::Sender<Subscription>,
    events_max: usize,
    /// The application's handles keep the task alive, not this.
    requests: mpsc::WeakSender<Request>,
}

impl Given {
    pub(super) fn new(
        to: mpsc::Sender<Subscription>,
        events_max: usize,
        requests: mpsc::WeakSender<Request>,
    ) -> Given {
        Given { to, events_max, requests }
    }

    /// Gives the application one more; none: it doesn't take it.
    pub(super) fn hand_over(&self, queue: &str) -> Option<Sink> {
        // One more for the word that the subscription is over.
        let (events, received) = mpsc::channel(self.events_max + 1);
        let subscription = Subscription::new(queue.to_owned(), received, self.requests.upgrade()?);
        self.to.try_send(subscription).ok()?;
        Some(Sink::new(events))
    }
}

/// The task's end of a subscription.
pub(super) struct Sink(mpsc::Sender<QueueEvent>);

/// What became of an event.
pub(super) enum Offered {
    /// The application has it, or will.
    Taken,
    /// The application has too many; it is told that the subscription is over.
    Full,
    /// Nobody listens.
    Gone,
}

impl Sink {
    pub(super) fn new(events: mpsc::Sender<QueueEvent>) -> Sink {
        Sink(events)
    }

    pub(super) fn is_gone(&self) -> bool {
        self.0.is_closed()
    }

    pub(super) fn offer(&self, event: QueueEvent) -> Offered {
        let last = matches!(event, QueueEvent::Unsubscribed { retrying: false, .. });
        // The last place is kept for the last word.
        let (event, full) = if last || self.0.capacity() > 1 {
            (event, false)
        } else {
            let reason = "the application took its events too slowly".to_owned();
            (QueueEvent::Unsubscribed { reason, retrying: false }, true)
        };
        match self.0.try_send(event) {
            Ok(()) if full => Offered::Full,
            Ok(()) => Offered::Taken,
            Err(mpsc::error::TrySendError::Full(_)) => Offered::Full,
            Err(mpsc::error::TrySendError::Closed(_)) => Offered::Gone,
        }
    }
}
