//! A boss that stood still doesn't take the time for the silence of others (F10).

use proto::time::Time;

use super::super::roster::State;
use super::Boss;
use super::returns::RETURN_MS;

/// A timer that is late by more says that the process stood still.
const LATE_MS: u64 = 200;
/// While a clock runs that others' silence is measured by, there is a timer so often.
const TICK_MS: u64 = 100;

impl Boss {
    /// Begins all clocks anew if the process stood still.
    pub(super) fn look_at_the_clock(&mut self, now: Time) {
        let has_slept = self.due_at.is_some_and(|at| now.ms > at + LATE_MS);
        if !has_slept || self.faults().counts_sleep {
            return;
        }
        self.counters.slept += 1;
        self.lives.values_mut().for_each(|life| life.begin_anew(now.ms));
        self.newcomers.values_mut().for_each(|newcomer| newcomer.begin_anew(now.ms));
        self.proposals.begin_anew(now.ms);
        if now.ms >= self.returns.by_ms && self.due_at.is_some_and(|at| at < self.returns.by_ms) {
            self.returns.by_ms = now.ms + RETURN_MS;
        }
    }

    /// When the next timer is due, for the next look.
    pub(super) fn wind_the_clock(&mut self, now: Time) {
        self.ticks_at = self.is_measuring(now).then_some(now.ms + TICK_MS);
        self.due_at = self.wake_at(now).map(|at| at.max(now.ms));
    }

    /// Whether a time runs at whose end somebody is judged.
    fn is_measuring(&self, now: Time) -> bool {
        let mut nodes = self.kept.roster.iter();
        let is_away = nodes.any(|node| {
            let life = self.lives.get(&node.id).filter(|life| life.link().is_none());
            life.is_some() && node.state != State::Gone
        });
        is_away
            || !self.newcomers.is_empty()
            || self.proposals.wake_at().is_some()
            || !self.returns.is_over(now.ms)
            || (self.frozen.is_some() && now.ms < self.returns.by_ms)
    }
}
