//! The end of the user's token. Where the application gives new ones, the client asks for one
//! before the one that it has ends, and brings it by `refresh`; the one for each new connection is
//! asked for by the owner, before it dials.

use proto::codes::Status;
use proto::time::Time;
use proto::{c2g, g2c, wire};

use super::{Client, Outbox};

/// A new token is asked for when this much of the time is over, in tenths, and with as much left
/// that a first failure can be made good; somewhere between, so that users who came together don't
/// all ask together.
const TENTHS: (u64, u64) = (7, 9);
/// After a failure the next attempt waits 5 to 10 seconds: a refresh is dear to the gateway.
const AFTER_FAILURE: u32 = u32::MAX;

/// How the renewal of the token stands, on this connection.
#[derive(Debug, Default)]
pub(super) enum Renewal {
    /// The token doesn't end, or the application has no other.
    #[default]
    None,
    /// The application is asked then.
    Due { at_ms: u64 },
    /// It was asked.
    Asked,
    /// The `refresh` of this id was sent.
    Sent { op_id: u32 },
}

impl Renewal {
    pub(super) fn wake_at(&self) -> Option<u64> {
        match self {
            Renewal::Due { at_ms } => Some(*at_ms),
            Renewal::None | Renewal::Asked | Renewal::Sent { .. } => None,
        }
    }
}

impl Client {
    /// The token ends after so long; 0: never.
    pub(super) fn token_ends(&mut self, now: Time, in_ms: u64) {
        if in_ms == 0 || !self.settings.renews {
            self.renewal = Renewal::None;
            return;
        }
        let (from, to) = (in_ms / 10 * TENTHS.0, in_ms / 10 * TENTHS.1);
        self.renewal = Renewal::Due { at_ms: now.after(self.retry.between(from, to)).ms };
    }

    /// Asks the application for a new token if it is time.
    pub(super) fn renew_if_due(&mut self, now: Time, out: &mut Outbox) {
        if self.renewal.wake_at().is_some_and(|at_ms| at_ms <= now.ms) {
            self.renewal = Renewal::Asked;
            out.wants_token = true;
        }
    }

    /// The application's token for the next connection, and for this one if it was asked for; or it
    /// could give none.
    pub(super) fn token(&mut self, now: Time, token: Option<String>, out: &mut Outbox) {
        let is_given = token.is_some();
        if let Some(token) = token {
            self.settings.token = token;
        }
        if !self.connection.is_up() || !matches!(self.renewal, Renewal::Asked) {
            return;
        }
        if !is_given {
            return self.renew_later(now);
        }
        let (op_id, token) = (self.next_op_id, self.settings.token.clone());
        self.next_op_id += 1;
        let body = Some(c2g::c2g::Body::Refresh(c2g::Refresh { op_id, token }));
        wire::put_message(&mut out.frames, &c2g::C2g { body });
        self.renewal = Renewal::Sent { op_id };
    }

    /// Takes the answer to a `refresh`, if it is one.
    pub(super) fn refreshed(&mut self, now: Time, result: &g2c::Result) -> bool {
        let is_its = matches!(self.renewal, Renewal::Sent { op_id } if op_id == result.op_id);
        match is_its {
            true if result.status == Status::Ok.number() => {
                self.token_ends(now, result.expires_in_ms);
            }
            true => self.renew_later(now),
            false => {}
        }
        is_its
    }

    /// It wasn't to be had, or wasn't believed: another one, before the end if there is time. Else
    /// the gateway closes, and the next connection has a new one.
    fn renew_later(&mut self, now: Time) {
        let at_ms = now.after(self.retry.jittered_ms(AFTER_FAILURE)).ms;
        self.renewal = Renewal::Due { at_ms };
    }
}
