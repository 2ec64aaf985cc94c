//! What a message of the back end costs.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use crate::traffic::latency::Percentiles;

/// One run, with so many messages in a request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RpcPoint {
    /// Messages in a request; 1: `send_message`.
    pub batch: usize,
    /// Requests that were answered in the window.
    pub requests: u64,
    /// Messages that were sent with them.
    pub messages: u64,
    /// Messages in a second, with all servers on one core.
    pub messages_per_s: f64,
    /// CPU of gateway and queue node together in a message, in microseconds.
    pub cpu_us_per_message: f64,
    /// Messages in a second of CPU.
    pub messages_per_s_per_core: f64,
    /// From a request to its answer.
    #[serde(flatten)]
    pub latency: Percentiles,
    /// How much of their core the servers used.
    pub server_busy: f64,
    /// How much of its core the generator used; near 1 it was the limit.
    pub generator_busy: f64,
}

/// What `rpc` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RpcReport {
    /// Connections, each with one request under way.
    pub connections: usize,
    /// The runs.
    pub points: Vec<RpcPoint>,
}

impl RpcReport {
    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for RpcPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:>5} a request: {:.0} messages/s, {:.2} us CPU each ({:.0}/s per core), \
             p50 {:.3} ms, p99 {:.3} ms, busy {:.2} (generator {:.2})",
            self.batch,
            self.messages_per_s,
            self.cpu_us_per_message,
            self.messages_per_s_per_core,
            self.latency.p50_ms,
            self.latency.p99_ms,
            self.server_busy,
            self.generator_busy
        )
    }
}

impl fmt::Display for RpcReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "load          {} connections, kept alive", self.connections)?;
        for point in &self.points {
            writeln!(formatter, "{point}")?;
        }
        Ok(())
    }
}
