//! What something did to the messages of others: phases without it, with it, and again without,
//! round by round.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use crate::statistics::{median, spread};
use crate::traffic::latency::Percentiles;

/// What it was like for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Phase {
    /// From a message's intended time to its arrival.
    #[serde(flatten)]
    pub latency: Percentiles,
    /// By how much the generator sent after the intended time: that much is its own doing.
    pub generator_late_p99_ms: f64,
}

/// A phase with something between two without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Round {
    /// Before it.
    pub without: Phase,
    /// While it goes on.
    pub with: Phase,
    /// After it.
    pub again: Phase,
}

/// What it did, as ratios of the phases of one round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Influence {
    /// The median of the rounds: p50 with it to the mean of both p50 without.
    pub p50_ratio: f64,
    /// The same of p99.
    pub p99_ratio: f64,
    /// How far the rounds' p99 ratios are apart: (max - min) / median.
    pub p99_spread: f64,
    /// What the ratio is when nothing is done: the median of the larger p99 without to the smaller.
    pub p99_noise: f64,
    /// The rounds.
    pub rounds: Vec<Round>,
}

impl Influence {
    /// What came of these rounds.
    pub(crate) fn new(rounds: Vec<Round>) -> Self {
        let ratios = |of: fn(&Percentiles) -> f64| -> Vec<f64> {
            rounds.iter().map(|round| round.ratio(of)).collect()
        };
        let p99 = ratios(|latency| latency.p99_ms);
        Self {
            p50_ratio: median(ratios(|latency| latency.p50_ms)),
            p99_ratio: median(p99.clone()),
            p99_spread: spread(p99),
            p99_noise: median(rounds.iter().map(Round::noise).collect()),
            rounds,
        }
    }
}

impl Round {
    fn ratio(&self, of: fn(&Percentiles) -> f64) -> f64 {
        let Self { without, with, again } = self;
        of(&with.latency) / f64::midpoint(of(&without.latency), of(&again.latency))
    }

    fn noise(&self) -> f64 {
        let (before, after) = (self.without.latency.p99_ms, self.again.latency.p99_ms);
        before.max(after) / before.min(after)
    }
}

impl fmt::Display for Round {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { without, with, again } = self;
        let (before, after) = (without.latency, again.latency);
        write!(
            formatter,
            "p50 {:.3} | {:.3} | {:.3}  p99 {:.3} | {:.3} | {:.3} ms (generator late {:.3} ms)",
            before.p50_ms,
            with.latency.p50_ms,
            after.p50_ms,
            before.p99_ms,
            with.latency.p99_ms,
            after.p99_ms,
            with.generator_late_p99_ms
        )
    }
}

impl fmt::Display for Influence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50_ratio, p99_ratio, p99_spread, p99_noise, rounds } = self;
        for round in rounds {
            writeln!(formatter, "              {round}")?;
        }
        writeln!(
            formatter,
            "ratio         p50 {p50_ratio:.2}, p99 {p99_ratio:.2} (spread {p99_spread:.2}, noise \
             {p99_noise:.2})"
        )
    }
}
