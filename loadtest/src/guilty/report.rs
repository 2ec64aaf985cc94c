//! What the others noticed of each offence, and what came of it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::offence::KERNEL_BYTES_EACH_MAX;
use crate::neighbours::Influence;
use crate::traffic::checker::Faults;

/// What `guilty` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GuiltyReport {
    /// People in ordinary rooms.
    pub connections: usize,
    /// Offence by offence.
    pub offences: Vec<OffenceReport>,
    /// What was wrong with the messages in the rooms, over the whole run.
    #[serde(flatten)]
    pub faults: Faults,
    /// How much of its core the generator used.
    pub generator_busy: f64,
}

/// One offence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OffenceReport {
    /// Its name.
    pub name: &'static str,
    /// What the guilty did.
    pub what: &'static str,
    /// What was to come of it.
    pub expected: String,
    /// Whether it came.
    pub met: bool,
    /// How often the guilty were told each close code.
    pub closed: BTreeMap<u64, u64>,
    /// How often they were refused, by status.
    pub refused: BTreeMap<u64, u64>,
    /// What the kernel held for each of the guilty at most, where they read nothing: in its send
    /// buffers, since their own ends take next to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_bytes_each: Option<u64>,
    /// By how much the gateway's counters rose.
    pub counted: BTreeMap<String, u64>,
    /// By how much processes had grown at the end of a round, by name; the most of all rounds.
    pub grown_bytes: BTreeMap<String, u64>,
    /// What the messages of the others were like without it, with it and again without.
    #[serde(flatten)]
    pub influence: Influence,
}

impl GuiltyReport {
    /// Whether no message was lost, all that was to come of the offences came, and the kernel held
    /// no more than it may.
    pub fn sound(&self) -> bool {
        let good = |offence: &OffenceReport| offence.met && offence.is_bounded();
        self.faults.none() && self.offences.iter().all(good)
    }

    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

impl OffenceReport {
    fn is_bounded(&self) -> bool {
        self.kernel_bytes_each.is_none_or(|bytes| bytes <= KERNEL_BYTES_EACH_MAX)
    }
}

impl fmt::Display for OffenceReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {}", self.name, self.what)?;
        write!(formatter, "{}", self.influence)?;
        let met = if self.met { "came" } else { "DID NOT COME" };
        if !self.expected.is_empty() {
            writeln!(formatter, "expected      {}: {met}", self.expected)?;
        }
        if let Some(bytes) = self.kernel_bytes_each {
            let verdict = if self.is_bounded() { "at most" } else { "WERE TO BE THE MOST" };
            writeln!(
                formatter,
                "kernel        {bytes} bytes each; {KERNEL_BYTES_EACH_MAX} {verdict}"
            )?;
        }
        for (word, counts) in [("closed", &self.closed), ("refused", &self.refused)] {
            for (number, times) in counts {
                writeln!(formatter, "{word:<13} {times} times with {number}")?;
            }
        }
        for (name, times) in &self.counted {
            writeln!(formatter, "counted       {times} {name}")?;
        }
        for (process, bytes) in &self.grown_bytes {
            writeln!(formatter, "grown         {:.1} MB {process}", *bytes as f64 / 1e6)?;
        }
        Ok(())
    }
}

impl fmt::Display for GuiltyReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "load          {} connections in ordinary rooms", self.connections)?;
        writeln!(formatter, "rounds        without | with | again without\n")?;
        for offence in &self.offences {
            writeln!(formatter, "{offence}")?;
        }
        writeln!(formatter, "faults        {}", self.faults)?;
        writeln!(formatter, "generator     {:.0} % of a core", self.generator_busy * 100.0)
    }
}
