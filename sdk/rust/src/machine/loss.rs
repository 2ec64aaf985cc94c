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

/// The next attempt to connect, as the owner was told of it.
#[derive(Default)]
pub(super) struct Redial {
    at_ms: u64,
    /// The gateway doesn't want it sooner.
    not_before_ms: u64,
    address: Option<String>,
}

impl Redial {
    fn transport(&self) -> Transport {
        Transport::Redial { at_ms: self.at_ms, address: self.address.clone() }
    }
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
        let not_before_ms = now.after(loss.retry_after_ms).ms;
        let at_ms = now.after(self.retry.delay_ms(lasted_ms)).ms.max(not_before_ms);
        let address = loss.address.filter(|_| self.retry.follows());
        self.redial = Redial { at_ms, not_before_ms, address };
        out.transport = Some(self.redial.transport());
    }

    /// Whoever waits for the application has waited long enough: no back-off, and short deadlines.
    pub(super) fn awake(&mut self, now: Time, out: &mut Outbox) {
        self.retry.reset();
        if self.connection.doubt(now) {
            self.ping(out);
        }
        if matches!(self.connection, Connection::Down) && now.ms < self.redial.at_ms {
            self.redial.at_ms = now.ms.max(self.redial.not_before_ms);
            out.transport = Some(self.redial.transport());
        }
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
