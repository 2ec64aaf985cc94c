//! What a run came to, per delivery and per second.

use super::checker::Faults;
use super::latency::Percentiles;
use crate::clock::{Nanoseconds, seconds};

/// What a run came to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// The window's true length.
    pub(crate) window: Nanoseconds,
    /// Messages that were sent in the window.
    pub(crate) publishes: u64,
    /// Messages that arrived in the window.
    pub(crate) deliveries: u64,
    /// From the intended time to arrival, of the deliveries of the window.
    pub(crate) latency: Percentiles,
    /// What was wrong, over the whole run.
    pub(crate) faults: Faults,
    /// CPU of the server processes in the window.
    pub(crate) server_cpu: Nanoseconds,
    /// CPU of the generator in the window.
    pub(crate) generator_cpu: Nanoseconds,
}

impl Outcome {
    /// CPU of the servers in a delivery, in microseconds.
    pub(crate) fn cpu_us_per_delivery(&self) -> f64 {
        self.server_cpu as f64 / 1e3 / self.deliveries as f64
    }

    /// Deliveries in a second.
    pub(crate) fn deliveries_per_s(&self) -> f64 {
        self.deliveries as f64 / seconds(self.window)
    }

    /// How much of one core the servers used.
    pub(crate) fn server_busy(&self) -> f64 {
        self.server_cpu as f64 / self.window as f64
    }

    /// How much of one core the generator used.
    pub(crate) fn generator_busy(&self) -> f64 {
        self.generator_cpu as f64 / self.window as f64
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rate, cpu) = (self.deliveries_per_s(), self.cpu_us_per_delivery());
        let Percentiles { p50_ms, p99_ms, .. } = self.latency;
        write!(
            formatter,
            "{rate:.0} deliveries/s, {cpu:.3} us CPU each, p50 {p50_ms:.3} ms, p99 {p99_ms:.3} ms, \
             busy {:.2} (generator {:.2}), {}",
            self.server_busy(),
            self.generator_busy(),
            self.faults
        )
    }
}
