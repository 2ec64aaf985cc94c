//! What survives the process: all that the boss has promised to anybody.

use proto::table::Version;
use serde::{Deserialize, Serialize};

use super::configurations::Configurations;
use super::events::Events;
use super::history::History;
use super::roster::Roster;
use super::table::Rows;

/// The state of the cluster as the store has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Drawn once; nodes refuse a boss with another.
    pub cluster_id: u64,
    /// Of the boss that wrote this.
    pub term: u64,
    /// Rises with each step, over all terms.
    pub version: u64,
    /// The cluster configuration, and those before it.
    pub config: Configurations,
    /// The nodes.
    pub roster: Roster,
    /// The table.
    pub rows: Rows,
    /// What happened last.
    #[serde(default)]
    pub events: Events,
    /// Which steps the store has had.
    #[serde(default)]
    pub history: History,
}

/// What was stored can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the stored state can't be read: {0}")]
pub struct KeptError(#[from] serde_json::Error);

impl Kept {
    /// The state of a cluster that begins.
    pub fn new(cluster_id: u64, config: Configurations) -> Kept {
        Kept {
            // 0 is "not known yet" on the wire; JSON's readers are exact below 2^53 only.
            cluster_id: (cluster_id >> 11).max(1),
            term: 0,
            version: 0,
            config,
            roster: Roster::default(),
            rows: Rows::default(),
            events: Events::default(),
            history: History::default(),
        }
    }

    /// Which step this is.
    pub fn step(&self) -> Version {
        Version { term: self.term, version: self.version }
    }

    /// The bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("maps with text keys and numbers are always JSON")
    }

    /// Reads what was stored.
    ///
    /// # Errors
    /// If the bytes are not of this or an earlier version of imq.
    pub fn decode(bytes: &[u8]) -> Result<Kept, KeptError> {
        let mut kept: Kept = serde_json::from_slice(bytes)?;
        // Earlier versions kept none.
        kept.history.add(kept.step());
        Ok(kept)
    }
}

#[cfg(test)]
mod tests;
