//! What those who don't ask notice of those who do.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::neighbours::Influence;
use crate::traffic::checker::Faults;

/// What `callout-silent` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalloutSilentReport {
    /// When the application answered; null: never.
    pub answers_after_ms: Option<f64>,
    /// People in ordinary rooms.
    pub connections: usize,
    /// Others, whose operations were asked about.
    pub askers: usize,
    /// What the messages of the rooms were like without asks, with them and again without.
    #[serde(flatten)]
    pub influence: Influence,
    /// What was wrong with these messages.
    #[serde(flatten)]
    pub faults: Faults,
    /// Operations that were asked about.
    pub asked: u64,
    /// Of those, how many were carried out.
    pub done: u64,
    /// And how many were refused, by status.
    pub refused: BTreeMap<u64, u64>,
    /// Asks that had no answer, by reason, as the gateway counts them.
    pub unanswered: BTreeMap<String, u64>,
    /// Asks that had one, by verdict.
    pub answered: BTreeMap<String, u64>,
    /// How much of its core the generator used.
    pub generator_busy: f64,
}

impl CalloutSilentReport {
    /// Whether no message was lost, and each operation that was asked about had its answer.
    pub fn sound(&self) -> bool {
        let answers = self.done + self.refused.values().sum::<u64>();
        self.faults.none() && self.asked > 0 && answers == self.asked
    }

    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for CalloutSilentReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, askers, asked, done, .. } = self;
        writeln!(formatter, "load          {connections} connections, {askers} others who ask")?;
        let answers = self.answers_after_ms.map_or("never".into(), |ms| format!("after {ms} ms"));
        writeln!(formatter, "application   answers {answers}")?;
        writeln!(formatter, "rounds        without | with | again without")?;
        write!(formatter, "{}", self.influence)?;
        writeln!(formatter, "asked         {asked} operations, {done} carried out")?;
        for (status, times) in &self.refused {
            writeln!(formatter, "refused       {times} with status {status}")?;
        }
        let by_name = |(name, times): (&String, &u64)| {
            (*times > 0).then(|| format!("              {times} {name}\n"))
        };
        let named = |counts: &BTreeMap<_, _>| counts.iter().filter_map(by_name).collect::<String>();
        write!(formatter, "no answer\n{}", named(&self.unanswered))?;
        write!(formatter, "answers\n{}", named(&self.answered))?;
        writeln!(formatter, "faults        {}", self.faults)?;
        writeln!(formatter, "generator     {:.0} % of a core", self.generator_busy * 100.0)
    }
}
