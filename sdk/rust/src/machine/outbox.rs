//! What the machine wants done.

use crate::{Answer, Event, Failure, Ticket};

/// What the machine wants done: send the frames, hand on the events, see to the transport.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Whole frames with their lengths, to be sent in order. Emptied by the machine when the
    /// connection they were meant for is gone.
    pub frames: Vec<u8>,
    /// For the application, in order.
    pub events: Vec<Event>,
    /// What to do with the transport, if something is to be done.
    pub transport: Option<Transport>,
    /// The user's token ends soon: get a new one from the application, and hand it in with
    /// [`Input::Token`](super::Input::Token).
    pub wants_token: bool,
}

/// What to do with the transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Close it, and dial at this time.
    Redial {
        /// In the milliseconds of `Time::ms`.
        at_ms: u64,
        /// The gateway to try first, if the last one named one.
        address: Option<String>,
    },
    /// Send what is left, close it, and do not dial again.
    Stop,
}

impl Outbox {
    pub(super) fn answer(&mut self, ticket: Ticket, result: Result<Answer, Failure>) {
        self.events.push(Event::Answer { ticket, result });
    }
}
