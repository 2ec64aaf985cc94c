//! What a login costs.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

/// What `logins` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoginsReport {
    /// Whether they left by `bye`.
    pub bye: bool,
    /// Logins of the window.
    pub logins: u64,
    /// Logins in a second, with all servers on one core.
    pub logins_per_s: f64,
    /// Connections that were closed before `welcome`, over the whole run.
    pub refused: u64,
    /// CPU of gateway and queue node together in a login, in microseconds: from the socket's
    /// opening to its end.
    pub cpu_us_per_login: f64,
    /// The gateway's part.
    pub gateway_us_per_login: f64,
    /// The queue node's part.
    pub queue_node_us_per_login: f64,
    /// Logins in a second of CPU.
    pub logins_per_s_per_core: f64,
    /// How much of their core the servers used.
    pub server_busy: f64,
    /// How much of its core the generator used; near 1 it was the limit.
    pub generator_busy: f64,
}

impl LoginsReport {
    /// Whether everybody was let in.
    pub fn sound(&self) -> bool {
        self.logins > 0 && self.refused == 0
    }

    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for LoginsReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.bye { "bye" } else { "a reset" };
        let Self { logins, refused, .. } = self;
        writeln!(formatter, "logins        {logins} ({:.0}/s)", self.logins_per_s)?;
        writeln!(formatter, "ended         by {end}; {refused} refused")?;
        writeln!(
            formatter,
            "CPU           {:.1} us per login: gateway {:.1}, queue node {:.1}",
            self.cpu_us_per_login, self.gateway_us_per_login, self.queue_node_us_per_login
        )?;
        writeln!(formatter, "per core      {:.0} logins/s", self.logins_per_s_per_core)?;
        writeln!(
            formatter,
            "busy          servers {:.0} %, generator {:.0} % of a core each",
            self.server_busy * 100.0,
            self.generator_busy * 100.0
        )
    }
}
