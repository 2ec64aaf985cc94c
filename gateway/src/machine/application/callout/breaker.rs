//! A circuit breaker: who doesn't answer isn't asked for a while, so that nobody waits in vain.
//!
//! Closed, everybody is asked. It opens when 5 in a row failed, or 10 of the last 20. Open, nobody
//! is asked. After a back-off one ask goes through as a probe: answered, it closes; failed, it
//! opens for twice as long.

use rand::rngs::StdRng;

use super::retry;

const IN_A_ROW: u32 = 5;
const WINDOW: u32 = 20;
const OF_WINDOW: u32 = 10;

/// The breaker of one target.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: State,
    in_a_row: u32,
    /// Whether the last ones failed, the newest in the lowest bit.
    failed: u32,
    counted: u32,
    /// How often it opened since it was last closed.
    opened: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Open {
        until_ms: u64,
    },
    Probing,
}

/// What an answer, or none, has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Opened { for_ms: u64 },
    Closed,
}

impl Breaker {
    /// Whether everybody may be asked.
    pub(super) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether this one may be asked as a probe. If so, nobody else till it is over.
    pub(super) fn probe(&mut self, now_ms: u64) -> bool {
        let State::Open { until_ms } = self.state else { return false };
        let due = now_ms >= until_ms;
        if due {
            self.state = State::Probing;
        }
        due
    }

    /// An ask is over. What was asked before it opened tells nothing any more.
    pub(super) fn over(
        &mut self,
        now_ms: u64,
        probe: bool,
        failed: bool,
        random: &mut StdRng,
    ) -> Change {
        match (&self.state, failed) {
            (State::Closed, _) => {
                self.note(failed);
                if self.trips() { self.open(now_ms, random) } else { Change::None }
            }
            (State::Probing, true) if probe => self.open(now_ms, random),
            (State::Probing, false) if probe => {
                *self = Breaker::default();
                Change::Closed
            }
            (State::Probing | State::Open { .. }, _) => Change::None,
        }
    }

    fn note(&mut self, failed: bool) {
        self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
        self.failed = (self.failed << 1 | u32::from(failed)) & ((1 << WINDOW) - 1);
        self.counted = WINDOW.min(self.counted + 1);
    }

    fn trips(&self) -> bool {
        let window = self.counted == WINDOW && self.failed.count_ones() >= OF_WINDOW;
        self.in_a_row >= IN_A_ROW || window
    }

    fn open(&mut self, now_ms: u64, random: &mut StdRng) -> Change {
        self.opened += 1;
        let for_ms = retry::after_ms(self.opened, random);
        self.state = State::Open { until_ms: now_ms + for_ms };
        Change::Opened { for_ms }
    }
}
