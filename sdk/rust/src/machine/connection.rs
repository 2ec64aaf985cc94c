//! The life of one connection, and whether the other end is still there.

use proto::limits as protocol;
use proto::time::Time;

use crate::limits;

/// Where the client is.
pub(super) enum Connection {
    /// No transport; the owner dials when told.
    Down,
    /// `connect` is sent.
    Greeting(Awaited),
    /// `welcome` came.
    Up(Up),
    /// Closed for good.
    Over,
}

pub(super) struct Up {
    since_ms: u64,
    heard_ms: u64,
    ping_after_ms: u64,
    /// A ping was sent, with nothing heard since.
    awaited: Option<Awaited>,
}

/// Something has to come by then: `welcome`, or anything after a ping.
pub(super) struct Awaited {
    by_ms: u64,
    /// How often in a row the process has stood still meanwhile.
    doubts: u32,
}

impl Awaited {
    fn from(now: Time) -> Awaited {
        Awaited { by_ms: now.after(limits::PONG_MS_MAX).ms, doubts: 0 }
    }

    /// The process has stood still. True: from now on there is only a short time.
    fn doubt(&mut self, now: Time) -> bool {
        let is_asked = self.doubts > 0 && now.ms < self.by_ms;
        if is_asked || self.doubts == limits::DOUBTS_MAX {
            return false;
        }
        self.doubts += 1;
        self.by_ms = now.after(limits::DOUBT_MS_MAX).ms;
        true
    }
}

/// What silence asks for.
pub(super) enum Due {
    Nothing,
    Ping,
    GiveUp(&'static str),
}

impl Connection {
    /// `connect` is sent.
    pub(super) fn greeting(now: Time) -> Connection {
        Connection::Greeting(Awaited::from(now))
    }

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
            awaited: None,
        })
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self, Connection::Up(_))
    }

    /// How long it has been up.
    pub(super) fn lasted_ms(&self, now: Time) -> u64 {
        match self {
            Connection::Up(up) => now.ms.saturating_sub(up.since_ms),
            Connection::Down | Connection::Greeting(_) | Connection::Over => 0,
        }
    }

    /// Anything that comes is a sign of life.
    pub(super) fn heard(&mut self, now: Time) {
        if let Connection::Up(up) = self {
            up.heard_ms = now.ms;
            up.awaited = None;
        }
    }

    /// The process has stood still: the silence meanwhile proves nothing, but the connection may be
    /// gone. It gets a short time to show itself. True: ping it.
    pub(super) fn doubt(&mut self, now: Time) -> bool {
        match self {
            Connection::Down | Connection::Over => false,
            Connection::Greeting(awaited) => {
                awaited.doubt(now);
                false
            }
            Connection::Up(up) => up.awaited.get_or_insert_with(|| Awaited::from(now)).doubt(now),
        }
    }

    pub(super) fn wake_at(&self) -> Option<u64> {
        match self {
            Connection::Down | Connection::Over => None,
            Connection::Greeting(awaited) => Some(awaited.by_ms),
            Connection::Up(up) => Some(match &up.awaited {
                Some(awaited) => awaited.by_ms,
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
            Connection::Greeting(_) => Due::GiveUp("no `welcome` in time"),
            Connection::Up(up) if up.awaited.is_some() => Due::GiveUp("no answer to a ping"),
            Connection::Up(up) => {
                up.awaited = Some(Awaited::from(now));
                Due::Ping
            }
        }
    }
}
