//! What a boss's stream says, as far as it is shown.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::ctl::cluster::Safety;
use crate::ctl::report::{Busy, Connections};

/// The cluster at one moment.
#[derive(Debug, Default, Deserialize)]
pub(super) struct View {
    pub(super) at_ms: u64,
    pub(super) status: Option<Status>,
    #[serde(default)]
    pub(super) nodes: Vec<Node>,
    #[serde(default)]
    pub(super) events: Vec<Value>,
    pub(super) connections: Option<Connections>,
    pub(super) busy: Option<Busy>,
    #[serde(default)]
    pub(super) processes: BTreeMap<String, Process>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Status {
    pub(super) message: String,
    pub(super) safety: Safety,
    pub(super) buckets_of: Vec<Share>,
    pub(super) totals: Totals,
}

/// The cluster's figures.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Totals {
    pub(super) connections: f64,
    pub(super) sessions: f64,
    pub(super) queues: f64,
    pub(super) messages_per_s: f64,
    pub(super) deliveries_per_s: f64,
    pub(super) operations_per_s: f64,
    pub(super) errors_per_s: f64,
    pub(super) dropped_per_s: f64,
    pub(super) slow_per_s: f64,
    pub(super) round_trip_p50_ms: Option<f64>,
    pub(super) round_trip_p99_ms: Option<f64>,
}

/// How much of the table is a node's.
#[derive(Debug, Deserialize)]
pub(super) struct Share {
    pub(super) id: String,
    pub(super) buckets: u64,
    pub(super) copies: u64,
    pub(super) lag_records: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) role: String,
    pub(super) host: String,
    pub(super) state: String,
    pub(super) message: String,
}

/// What a process takes of its machine.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Process {
    pub(super) memory_bytes: Option<f64>,
    pub(super) open_files: Option<f64>,
    pub(super) open_files_max: Option<f64>,
    pub(super) cpu: Option<f64>,
    pub(super) version: Option<String>,
}

impl View {
    /// What is known of a node's process.
    pub(super) fn process(&self, id: &str) -> Process {
        self.processes.get(id).cloned().unwrap_or_default()
    }

    /// What a node has of the table.
    pub(super) fn share(&self, id: &str) -> Option<&Share> {
        self.status.as_ref()?.buckets_of.iter().find(|share| share.id == id)
    }
}
