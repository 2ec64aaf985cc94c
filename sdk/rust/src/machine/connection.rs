//! The life of one connection, and whether the other end is still there.

use proto::limits as protocol;
use proto::time::Time;

use crate::limits;

/// Where the client is.
pub(super) enum Connection {
    /// No transport; the owner dials when told.
    Down,
    /// `connect` is sent.
    Greeting { since_ms: u64 },
    /// `welcome` came.
    Up(Up),
    /// Closed for good.
    Over,
}

pub(super) struct Up {
    since_ms: u64,
    heard_ms: u64,
    ping_after_ms: u64,
    /// When a ping was sent, with nothing heard since.
    pinged_ms: Option<u64>,
}

/// What silence asks for.
pub(super) enum Due {
    Nothing,
    Ping,
    GiveUp(&'static str),
}

impl Connection {
    /// A gateway said `welcome`; it pings what was silent for `ping_every_ms`.
    pub(super) fn up(now: Time, ping_every_ms: u32) -> Connection {
        let every_ms = match u64::from(ping_every_ms) {
            0 => protocol::PING_EVERY_MS,
            ms => ms.clamp(limits::PING_EVERY_MS_MIN, limits::PING_EVERY_MS_MAX),
        };
        Connection::Up(Up {
            since_ms: now.ms,
            heard_ms: now.ms,
            ping_after_ms: every_ms + every_ms / 2,
            pinged_ms: None,
        })
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self, Connection::Up(_))
    }

    /// How long it has been up.
    pub(super) fn lasted_ms(&self, now: Time) -> u64 {
        match self {
            Connection::Up(up) => now.ms.saturating_sub(up.since_ms),
            Connection::Down | Connection::Greeting { .. } | Connection::Over => 0,
        }
    }

    /// Anything that comes is a sign of life.
    pub(super) fn heard(&mut self, now: Time) {
        if let Connection::Up(up) = self {
            up.heard_ms = now.ms;
            up.pinged_ms = None;
        }
    }

    pub(super) fn wake_at(&self) -> Option<u64> {
        match self {
            Connection::Down | Connection::Over => None,
            Connection::Greeting { since_ms } => Some(since_ms + limits::PONG_MS_MAX),
            Connection::Up(up) => Some(match up.pinged_ms {
                Some(pinged_ms) => pinged_ms + limits::PONG_MS_MAX,
                None => up.heard_ms + up.ping_after_ms,
            }),
        }
    }

    pub(super) fn due(&mut self, now: Time) -> Due {
        if self.wake_at().is_none_or(|at_ms| now.ms < at_ms) {
            return Due::Nothing;
        }
        match self {
            Connection::Down | Connection::Over => Due::Nothing,
            Connection::Greeting { .. } => Due::GiveUp("no `welcome` in time"),
            Connection::Up(up) if up.pinged_ms.is_some() => Due::GiveUp("no answer to a ping"),
            Connection::Up(up) => {
                up.pinged_ms = Some(now.ms);
                Due::Ping
            }
        }
    }
}
