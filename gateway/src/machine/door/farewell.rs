//! How a connection is closed: always with a code and a sentence that says what to do.

use std::borrow::Cow;
use std::num::NonZeroU32;

use proto::codes::Close;

/// How a connection is closed.
#[derive(Debug, Clone)]
pub(in crate::machine) struct Farewell {
    pub(in crate::machine) close: Close,
    /// A sentence that says what to do.
    pub(in crate::machine) reason: Cow<'static, str>,
    /// The client isn't to come back earlier, if there is anything to wait for.
    pub(in crate::machine) retry_after_ms: Option<NonZeroU32>,
    /// The client wanted it: its session ends, too.
    pub(in crate::machine) bye: bool,
    /// It is told which other gateway has room.
    pub(in crate::machine) elsewhere: bool,
}

impl Farewell {
    /// With nothing to wait for.
    pub(in crate::machine) fn new(close: Close, reason: impl Into<Cow<'static, str>>) -> Farewell {
        let (reason, elsewhere) = (reason.into(), close == Close::Draining);
        Farewell { close, reason, retry_after_ms: None, bye: false, elsewhere }
    }

    /// The client reads more slowly than events arrive.
    pub(in crate::machine) fn slow() -> Farewell {
        let reason =
            "the client reads more slowly than events arrive: read faster, or subscribe to less";
        Farewell::new(Close::Slow, reason)
    }

    /// There are as many connections as there may be. Where nobody else has room, this one comes
    /// back at a time of its own.
    pub(in crate::machine) fn full() -> Farewell {
        let reason = "this gateway is full: try another, or later";
        Farewell { elsewhere: true, ..Farewell::new(Close::Overloaded, reason) }
    }

    /// The client said that it goes.
    pub(in crate::machine) fn bye() -> Farewell {
        Farewell { bye: true, ..Farewell::new(Close::Bye, "bye") }
    }

    /// It has sent before `welcome` what it must not: `connect` once more, or too much.
    pub(in crate::machine) fn early(is_second: bool) -> Farewell {
        if is_second {
            let reason = "a second `connect` on one connection: open another connection";
            return Farewell::new(Close::AlreadyConnected, reason);
        }
        Farewell::new(Close::Rate, "too many operations before `welcome`: wait for it")
    }

    /// It isn't to come back before so long, if that is said.
    pub(in crate::machine) fn retry_after(self, retry_after_ms: Option<NonZeroU32>) -> Farewell {
        Farewell { retry_after_ms, ..self }
    }
}
