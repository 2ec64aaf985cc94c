//! Where a connection's peer and we stand: whom it waits for, since when, and until when that is
//! borne.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use proto::limits;

use super::bounds::Bounds;

/// A conversation; the socket, the requests and the port's slots look at it and tell it.
#[derive(Debug)]
pub(super) struct Talk(Mutex<State>);

#[derive(Debug)]
struct State {
    phase: Phase,
    /// When this phase began.
    since_ms: u64,
    /// It has asked something.
    has_asked: bool,
    /// The peer doesn't take what it is sent: since when, and how much it has taken of it.
    blocked: Option<(u64, usize)>,
    /// With which status hyper has refused a head.
    refused: Option<u16>,
    /// What is left of the body of the request that is being served.
    rest: Option<Incoming>,
}

/// What is going on, and so whom it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The peer's, and it says nothing.
    Idle,
    /// The peer's, and it has said a part of a head.
    Head,
    /// A request is served.
    Request,
    /// Its answer is being written; once all of it has been given to hyper and that has emptied
    /// its buffer, the peer is next.
    Answer {
        /// All of it is given.
        given: bool,
    },
    /// The connection is at its end.
    Ending,
}

/// What is due when the peer is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// It has never said anything.
    Silent,
    /// It is silent between two requests: hyper's buffers can be given back.
    Doze,
    /// It doesn't end a head.
    Late,
    /// It doesn't take its answer.
    Stalled,
}

impl Talk {
    pub(super) fn new(now_ms: u64) -> Talk {
        Talk(Mutex::new(State {
            phase: Phase::Idle,
            since_ms: now_ms,
            has_asked: false,
            blocked: None,
            refused: None,
            rest: None,
        }))
    }

    pub(super) fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Until when the peer may say nothing.
    pub(super) fn idle_until_ms(&self, bounds: &Bounds) -> u64 {
        let state = self.lock();
        state.since_ms + if state.has_asked { bounds.idle_ms } else { bounds.head_ms }
    }

    /// Since when the peer keeps a place for which there is nothing to do.
    pub(super) fn waits_since_ms(&self) -> Option<u64> {
        let state = self.lock();
        match state.phase {
            Phase::Idle | Phase::Head | Phase::Ending => Some(state.since_ms),
            Phase::Request | Phase::Answer { .. } => None,
        }
    }

    /// Until when what is now is borne, and what is due then.
    pub(super) fn due(&self, bounds: &Bounds) -> Option<(u64, Due)> {
        let state = self.lock();
        if let Some((since_ms, _)) = state.blocked {
            return Some((since_ms + bounds.stall_ms, Due::Stalled));
        }
        match state.phase {
            Phase::Idle if state.has_asked => Some((state.since_ms + bounds.doze_ms, Due::Doze)),
            Phase::Idle => Some((state.since_ms + bounds.head_ms, Due::Silent)),
            Phase::Head => Some((state.since_ms + bounds.head_ms, Due::Late)),
            Phase::Request | Phase::Answer { .. } | Phase::Ending => None,
        }
    }

    /// Something of the peer's was read.
    pub(super) fn heard(&self, now_ms: u64) {
        let mut state = self.lock();
        if state.phase == Phase::Idle {
            (state.phase, state.since_ms) = (Phase::Head, now_ms);
        }
    }

    /// A request's head was whole.
    pub(super) fn asked(&self) {
        let mut state = self.lock();
        (state.phase, state.has_asked) = (Phase::Request, true);
    }

    /// The answer is known; hyper fetches it.
    pub(super) fn answers(&self) {
        self.lock().phase = Phase::Answer { given: false };
    }

    /// Hyper has all of the answer.
    pub(super) fn given(&self) {
        let mut state = self.lock();
        if let Phase::Answer { given } = &mut state.phase {
            *given = true;
        }
    }

    /// Hyper's buffer is empty.
    pub(super) fn flushed(&self, now_ms: impl FnOnce() -> u64) {
        let mut state = self.lock();
        if state.phase == (Phase::Answer { given: true }) {
            (state.phase, state.since_ms) = (Phase::Idle, now_ms());
        }
    }

    /// Whether it is hyper itself that speaks: it refuses a head, with this status. What it says
    /// isn't said; the end of the connection says it better.
    pub(super) fn refuses(&self, status: Option<u16>) -> bool {
        let mut state = self.lock();
        let refuses = match state.phase {
            Phase::Idle | Phase::Head => true,
            Phase::Request | Phase::Answer { .. } | Phase::Ending => false,
        };
        if refuses && state.refused.is_none() {
            state.refused = Some(status.unwrap_or(400));
        }
        refuses
    }

    /// With which status hyper has refused a head.
    pub(super) fn refused(&self) -> Option<u16> {
        self.lock().refused
    }

    /// The peer takes nothing now.
    pub(super) fn blocked(&self, now_ms: impl FnOnce() -> u64) {
        let mut state = self.lock();
        if state.blocked.is_none() {
            state.blocked = Some((now_ms(), 0));
        }
    }

    /// The peer has taken so many bytes; of the last ones all there are, or not.
    pub(super) fn took(&self, bytes: usize, all: bool) {
        let mut state = self.lock();
        if let Some((_, taken)) = &mut state.blocked {
            *taken += bytes;
            if all || *taken >= limits::WEB_STALL_BYTES {
                state.blocked = None;
            }
        }
    }

    /// The connection ends.
    pub(super) fn ends(&self, now_ms: u64) {
        let mut state = self.lock();
        (state.phase, state.since_ms, state.blocked) = (Phase::Ending, now_ms, None);
    }

    /// Puts away what nobody has read of a body.
    pub(super) fn leave(&self, rest: Incoming) {
        self.lock().rest = Some(rest);
    }

    /// What nobody has read of the body.
    pub(super) fn rest(&self) -> Option<Incoming> {
        self.lock().rest.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
