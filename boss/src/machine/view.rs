//! What operators and programs read about the cluster: the documents of `/api/v1`.

use serde::Serialize;

use super::events::Event;
use super::roster::{NodeRole, State};
use super::totals::Totals;
use super::trend::Moment;

/// `/api/v1/nodes`.
#[derive(Debug, Clone, Serialize)]
pub struct Nodes {
    /// The newest step.
    pub version: u64,
    /// All nodes, by id.
    pub nodes: Vec<Node>,
}

/// A node as operators see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "named as in the roster")]
pub struct Node {
    pub id: String,
    pub role: NodeRole,
    pub host: String,
    pub address: String,
    pub state: State,
    /// How it is, in a sentence.
    pub message: String,
    pub incarnation: u64,
    /// Of a gateway: how many clients it has and may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_max: Option<u64>,
}

/// `/api/v1/table`.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// Of the boss that made it.
    pub term: u64,
    /// The step that changed it last.
    pub version: u64,
    /// How many bits of a name's hash choose the row.
    pub bits: u32,
    /// All rows, in the order of their prefixes.
    pub rows: Vec<Row>,
    /// Where nodes can be dialled.
    pub places: Vec<Place>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "named as in the table's schema")]
pub struct Row {
    pub prefix: u32,
    pub loss: u64,
    pub reign: u64,
    pub conf: u64,
    pub primary: Option<Owner>,
    pub in_sync: Vec<Owner>,
    pub learners: Vec<Owner>,
    /// It has fewer copies than are wanted of which the boss knows that they can take over.
    pub degraded: bool,
    /// It changes nothing until there is another copy.
    pub holding: bool,
}

/// A node in one of its lives.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "named as in the table's schema")]
pub struct Owner {
    pub id: String,
    pub incarnation: u64,
}

/// Where a node can be dialled.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "named as in the table's schema")]
pub struct Place {
    pub id: String,
    pub incarnation: u64,
    pub host: String,
    pub address: String,
}

/// `/api/v1/where`: where a queue lives, whether or not it is there.
#[derive(Debug, Clone, Serialize)]
pub struct Where {
    /// Its name.
    pub queue: String,
    /// The name's hash, in hexadecimal digits.
    pub hash: String,
    /// Its bucket, as `prefix/bits`.
    pub bucket: String,
    /// Rises when the bucket's data may be lost.
    pub loss: u64,
    /// Rises with each new primary, and with each loss.
    pub reign: u64,
    /// Rises with every change of the bucket's row.
    pub conf: u64,
    /// The nodes that have all of it and may be promoted, the primary among them.
    pub in_sync: Vec<Owner>,
    /// Who serves it; nobody while no queue node is there.
    pub node: Option<Place>,
    /// When this was so, in milliseconds since 1970.
    pub asked_at_ms: u64,
}

/// `/api/v1/events`.
#[derive(Debug, Clone, Serialize)]
pub struct Events {
    /// Oldest first.
    pub events: Vec<Event>,
}

/// `/api/v1/history`: the figures of the last five minutes.
#[derive(Debug, Clone, Serialize)]
pub struct Past {
    /// One a second, oldest first.
    pub moments: Vec<Moment>,
}

/// `/api/v1/config`.
#[derive(Debug, Clone, Serialize)]
pub struct Config {
    /// Rises with each replacement.
    pub version: u64,
    /// Since when it counts, in milliseconds since 1970, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// The text, without secrets.
    pub toml: String,
}

/// `/api/v1/config/history`.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigHistory {
    /// The one that counts, then those before it that are kept, the newest first.
    pub versions: Vec<ConfigVersion>,
}

/// One of the cluster configurations that are kept.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigVersion {
    /// Rises with each replacement.
    pub version: u64,
    /// Since when it counted, in milliseconds since 1970, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// The length of its text.
    pub bytes: usize,
}

/// `/api/v1/status`: what the page shows beside nodes and events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Of this boss.
    pub term: u64,
    /// The newest step.
    pub version: u64,
    /// Whether there is a table and the store works.
    pub ready: bool,
    /// While no row changes, since the store has lost steps: why, and who is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
    /// How the boss is, in a sentence.
    pub message: String,
    /// Buckets in all.
    pub buckets: usize,
    /// Buckets that no node serves.
    pub unowned: usize,
    /// How safe the buckets are.
    pub safety: Safety,
    /// What each queue node has of the buckets.
    pub buckets_of: Vec<Share>,
    /// The cluster's figures.
    pub totals: Totals,
}

/// Of a boss whose store has lost steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Frozen {
    /// How it knows.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// The ids of those who haven't told yet what they know.
    pub waits_for: Vec<String>,
}

/// How many hosts may die, and what is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Safety {
    /// Copies of each bucket that the configuration wants, as far as there are queue nodes.
    pub copies: usize,
    /// Whichever hosts these are, nothing is lost.
    pub hosts_may_die: usize,
    /// The same of queue nodes alone.
    pub nodes_may_die: usize,
    /// How many hosts could die with all copies that are wanted; 0 if all nodes are on loopback.
    pub hosts_wanted: usize,
    /// What is wrong, in sentences.
    pub reasons: Vec<String>,
    /// Buckets that have fewer copies than are wanted.
    pub degraded: usize,
    /// The first of them.
    pub degraded_buckets: Vec<Degraded>,
    /// Buckets that change nothing, since one copy is left and the configuration wants it so.
    pub holding: usize,
    /// Buckets that have gone to a copy since the boss started.
    pub promoted: u64,
    /// Buckets that began anew, empty, since then.
    pub lost: u64,
    /// Copies that came in sync since then.
    pub added: u64,
    /// Copies that left since then.
    pub dropped: u64,
}

/// A bucket with too few copies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Degraded {
    /// As `prefix/bits`.
    pub bucket: String,
    /// The id of who serves it.
    pub primary: Option<String>,
    /// The ids of those who have all of it, as its row says.
    pub in_sync: Vec<String>,
    /// Those of them who are away, or can't go on.
    pub missing: Vec<String>,
    /// The ids of those who are being filled.
    pub learners: Vec<String>,
    /// It changes nothing until there is another copy.
    pub holding: bool,
}

/// How much of the table is a node's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// Which node.
    pub id: String,
    /// Buckets that it serves.
    pub buckets: usize,
    /// Buckets of others of which it has all.
    pub copies: usize,
    /// Buckets of which it is being filled.
    pub learners: usize,
    /// By how many records the copy of its buckets is behind that is furthest behind, by its last
    /// report.
    pub lag_records: Option<f64>,
    /// The same in bytes.
    pub lag_bytes: Option<f64>,
}
