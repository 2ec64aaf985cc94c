//! Latencies as percentiles.

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::clock::Nanoseconds;

/// Longer latencies than a minute count as a minute.
const LATENCY_MAX: Nanoseconds = 60_000_000_000;

/// Three digits are precise to a thousandth.
const DIGITS: u8 = 3;

/// All latencies of a window.
#[derive(Debug)]
pub(crate) struct Latencies {
    histogram: Histogram<u64>,
}

/// Percentiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// The median.
    pub p50_ms: f64,
    /// Nine of ten are below.
    pub p90_ms: f64,
    /// 99 of a hundred are below.
    pub p99_ms: f64,
    /// 999 of a thousand are below.
    pub p999_ms: f64,
    /// The slowest of all.
    pub max_ms: f64,
}

impl Latencies {
    /// Starts without any.
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LATENCY_MAX, DIGITS)
            .expect("the bounds are constants that the histogram accepts");
        Self { histogram }
    }

    /// Counts one.
    #[inline]
    pub(crate) fn record(&mut self, latency: Nanoseconds) {
        self.histogram.saturating_record(latency);
    }

    /// What the window had.
    pub(crate) fn percentiles(&self) -> Percentiles {
        let at = |quantile| self.histogram.value_at_quantile(quantile) as f64 / 1e6;
        Percentiles {
            p50_ms: at(0.50),
            p90_ms: at(0.90),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: self.histogram.max() as f64 / 1e6,
        }
    }
}
