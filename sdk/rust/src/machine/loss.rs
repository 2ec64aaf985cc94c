//! The end of a connection, and of the client.

use proto::codes::Close;
use proto::g2c;
use proto::time::Time;

use super::renewal::Renewal;
use super::{Client, Connection, Outbox, Transport};
use crate::event::unless_empty;
use crate::{Event, Failure, limits};

/// From this close code on, the client must not come back.
const CLOSE_FOR_GOOD: u32 = 3500;

/// How a connection ended.
pub(super) struct Loss {
    pub(super) code: Option<u32>,
    pub(super) reason: String,
    pub(super) retry_after_ms: u64,
    pub(super) address: Option<String>,
}

impl Loss {
    /// One that the gateway did not announce.
    pub(super) fn silent(reason: &str) -> Loss {
        Loss { code: None, reason: reason.to_owned(), retry_after_ms: 0, address: None }
    }
}

impl From<g2c::Closing> for Loss {
    fn from(closing: g2c::Closing) -> Loss {
        Loss {
            code: Some(closing.code),
            reason: closing.reason,
            retry_after_ms: u64::from(closing.retry_after_ms).min(limits::RETRY_AFTER_MS_MAX),
            address: unless_empty(closing.address),
        }
    }
}

impl Client {
    /// The connection is over: come back later, unless the gateway said not to.
    pub(super) fn lose(&mut self, now: Time, loss: Loss, out: &mut Outbox) {
        if matches!(self.connection, Connection::Over) {
            return;
        }
        let was_up = self.connection.is_up();
        let lasted_ms = self.connection.lasted_ms(now);
        self.connection = Connection::Down;
        self.subs.clear();
        out.frames.clear();
        self.renewal = Renewal::None;
        // With the same token it would end the same way.
        let is_spent =
            loss.code == Some(u32::from(Close::TokenExpired.number())) && !self.settings.renews;
        let may_retry = !is_spent && loss.code.is_none_or(|code| code < CLOSE_FOR_GOOD);
        if !may_retry {
            self.end(out);
        }
        if was_up || loss.code.is_some() {
            let reason = loss.reason;
            out.events.push(Event::Closed { code: loss.code, reason, may_retry });
        }
        if !may_retry {
            return;
        }
        if loss.code == Some(u32::from(Close::HomeLost.number())) {
            self.session = None;
        }
        let delay_ms = self.retry.delay_ms(lasted_ms).max(loss.retry_after_ms);
        let at_ms = now.after(delay_ms).ms;
        let address = loss.address.filter(|_| self.retry.follows());
        out.transport = Some(Transport::Redial { at_ms, address });
    }

    /// Nothing comes after this: every operation gets its answer now.
    pub(super) fn end(&mut self, out: &mut Outbox) {
        self.connection = Connection::Over;
        self.renewal = Renewal::None;
        self.session = None;
        self.look_ms = None;
        self.subs.clear();
        for operation in std::mem::take(&mut self.unanswered).into_values() {
            self.held.settle(operation, Err(Failure::OutcomeUnknown), out);
        }
        for queue in std::mem::take(&mut self.queues).into_values() {
            for operation in queue.waiting {
                self.held.settle(operation, Err(Failure::Closed), out);
            }
        }
        out.transport = Some(Transport::Stop);
    }
}
