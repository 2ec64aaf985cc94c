//! How long messages took before, during and after the storm.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use crate::traffic::checker::Faults;
use crate::traffic::latency::Percentiles;

/// What `connect-storm` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConnectStormReport {
    /// Connections that were there before.
    pub connections: usize,
    /// Connections that came at once.
    pub storm: usize,
    /// Of those, how many were logged in.
    pub welcomed: usize,
    /// And how many were refused, or closed after it.
    pub refused: usize,
    /// From the first `connect` to the last `welcome`.
    pub took_ms: f64,
    /// Logins in a second.
    pub logins_per_s: f64,
    /// Latencies between those who were there, from the intended time to arrival, before the storm.
    pub before: Percentiles,
    /// The same while the others connected and were reset.
    pub during: Percentiles,
    /// The same after that.
    pub after: Percentiles,
    /// What was wrong with these messages.
    #[serde(flatten)]
    pub faults: Faults,
    /// How much of one core gateway and queue node used while the others connected.
    pub server_busy: f64,
    /// How much of its core the generator used meanwhile.
    pub generator_busy: f64,
}

impl ConnectStormReport {
    /// Whether everybody was let in and no message was lost.
    pub fn sound(&self) -> bool {
        self.welcomed == self.storm && self.refused == 0 && self.faults.none()
    }

    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }

    /// So many in so many seconds; 0 when there were none.
    pub(super) fn rate(count: usize, seconds: f64) -> f64 {
        if count == 0 || seconds <= 0.0 { 0.0 } else { count as f64 / seconds }
    }
}

impl fmt::Display for ConnectStormReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, storm, welcomed, refused, took_ms, .. } = self;
        writeln!(formatter, "load          {connections} connections, and {storm} at once")?;
        writeln!(
            formatter,
            "storm         {welcomed} welcomed, {refused} refused, in {took_ms:.0} ms \
             ({:.0} logins/s)",
            self.logins_per_s
        )?;
        let phases = [("before", self.before), ("during", self.during), ("after", self.after)];
        for (name, Percentiles { p50_ms, p99_ms, p999_ms, max_ms, .. }) in phases {
            writeln!(
                formatter,
                "{name:<13} p50 {p50_ms:.3}  p99 {p99_ms:.3}  p99.9 {p999_ms:.3}  \
                 max {max_ms:.3} ms"
            )?;
        }
        writeln!(formatter, "faults        {}", self.faults)?;
        writeln!(
            formatter,
            "busy          servers {:.0} %, generator {:.0} % of a core each",
            self.server_busy * 100.0,
            self.generator_busy * 100.0
        )
    }
}
