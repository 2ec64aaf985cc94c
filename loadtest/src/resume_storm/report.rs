//! When they were back, and what they noticed.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use crate::traffic::checker::Faults;
use crate::traffic::latency::Percentiles;
use crate::traffic::returns::Tally;

/// What `resume-storm` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResumeStormReport {
    /// Sessions on the gateway that died.
    pub sessions: usize,
    /// How many of them shared a room.
    pub room_size: usize,
    /// From the kill until a session had all that it had before; the last one's is the maximum.
    #[serde(flatten)]
    pub took: Percentiles,
    /// How the returns went.
    #[serde(flatten)]
    pub tally: Tally,
    /// `gap`s that clients were told: each is a loss that was announced.
    pub gaps: u64,
    /// Users that others saw come or go since the kill.
    pub movements: u64,
    /// Requests to the web application before the kill: it was asked and told of each session.
    pub call_outs_before: u64,
    /// Requests to the web application since the kill.
    pub call_outs: u64,
    /// Messages that were sent.
    pub sent: u64,
    /// Messages that arrived.
    pub delivered: u64,
    /// What was wrong with the deliveries, over the whole run.
    #[serde(flatten)]
    pub faults: Faults,
    /// How much of its core the generator used while they came back.
    pub generator_busy: f64,
}

impl ResumeStormReport {
    /// Whether all are back in their sessions and nobody noticed anything.
    pub fn sound(&self) -> bool {
        let Tally { resumed, anew, unsubscribed, .. } = self.tally;
        resumed == self.sessions as u64
            && self.faults.none()
            && [anew, unsubscribed, self.gaps, self.movements] == [0; 4]
            && self.call_outs_before >= 2 * self.sessions as u64
            && self.call_outs == 0
    }

    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for ResumeStormReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, room_size, gaps, movements, sent, delivered, .. } = self;
        let Tally {
            disconnected, back, out, resumed, retries, recovered, anew, unsubscribed, ..
        } = self.tally;
        let Percentiles { p50_ms, p99_ms, max_ms, .. } = self.took;
        writeln!(formatter, "load          {sessions} sessions in rooms of {room_size}")?;
        writeln!(
            formatter,
            "back          {back} of {disconnected}, {resumed} resumed, {out} told not to"
        )?;
        writeln!(
            formatter,
            "after         p50 {p50_ms:.0}  p99 {p99_ms:.0}  last {max_ms:.0} ms, \
             {retries} more tries"
        )?;
        writeln!(
            formatter,
            "queues        {recovered} recovered, {anew} anew, {unsubscribed} unsubscribed"
        )?;
        for (code, times) in &self.tally.closings {
            writeln!(formatter, "closed        {times} times with {code}")?;
        }
        writeln!(formatter, "messages      {sent} sent, {delivered} delivered")?;
        writeln!(formatter, "faults        {}, gaps {gaps}", self.faults)?;
        let Self { call_outs, call_outs_before, .. } = self;
        writeln!(
            formatter,
            "noticed       {movements} joined or left, call-outs {call_outs} \
             ({call_outs_before} before)"
        )?;
        writeln!(formatter, "generator     {:.0} % of a core", self.generator_busy * 100.0)
    }
}
