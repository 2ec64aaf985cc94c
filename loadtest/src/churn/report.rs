//! What churn costs, and whether memory stays level.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use crate::statistics::slope;

/// Twice the grace of the default configuration: from here on memory is to be level.
const LEVEL_FROM_S: f64 = 30.0;

/// One second of churn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChurnPoint {
    /// Seconds since the churn began.
    pub second: f64,
    /// Cycles since then.
    pub cycles: u64,
    /// Resident bytes of the queue node.
    pub queue_node_bytes: u64,
    /// Resident bytes of the gateway.
    pub gateway_bytes: u64,
}

/// What `churn` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChurnReport {
    /// Queues that were created, joined, left and destroyed.
    pub cycles: u64,
    /// Cycles in a second.
    pub cycles_per_s: f64,
    /// CPU of gateway and queue node together in a cycle, in microseconds.
    pub cpu_us_per_cycle: f64,
    /// Growth of the queue node's memory from second 30 on, in bytes a second; null when shorter.
    pub queue_node_bytes_per_s: Option<f64>,
    /// Growth of the gateway's memory from second 30 on, in bytes a second; null when shorter.
    pub gateway_bytes_per_s: Option<f64>,
    /// How much of its core the generator used.
    pub generator_busy: f64,
    /// Second by second.
    pub series: Vec<ChurnPoint>,
}

impl ChurnReport {
    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

/// Bytes a second from where memory is to be level; `None` when the churn ended before.
pub(super) fn growth(series: &[ChurnPoint], bytes: fn(&ChurnPoint) -> u64) -> Option<f64> {
    let late: Vec<_> = series
        .iter()
        .filter(|point| point.second >= LEVEL_FROM_S)
        .map(|point| (point.second, bytes(point) as f64))
        .collect();
    (late.len() > 1).then(|| slope(&late))
}

impl fmt::Display for ChurnPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (gateway, node) = (self.gateway_bytes / 1024, self.queue_node_bytes / 1024);
        write!(
            formatter,
            "{:>6.1} s: {} cycles, gateway {gateway} KiB, queue node {node} KiB",
            self.second, self.cycles
        )
    }
}

impl fmt::Display for ChurnReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every tenth second shows the course.
        for point in self.series.iter().step_by(10) {
            writeln!(formatter, "{point}")?;
        }
        writeln!(formatter, "cycles        {} ({:.0}/s)", self.cycles, self.cycles_per_s)?;
        writeln!(formatter, "CPU           {:.2} us per cycle", self.cpu_us_per_cycle)?;
        if let (Some(node), Some(gateway)) = (self.queue_node_bytes_per_s, self.gateway_bytes_per_s)
        {
            writeln!(
                formatter,
                "from {LEVEL_FROM_S} s on   queue node {node:+.0} bytes/s, \
                      gateway {gateway:+.0} bytes/s"
            )?;
        }
        writeln!(formatter, "generator     {:.0} % of a core", self.generator_busy * 100.0)
    }
}
