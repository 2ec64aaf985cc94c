//! What the nodes count, added up for the page.

use std::collections::BTreeMap;

use proto::n2b::Report;
use proto::name::NodeId;
use proto::text::Foreign;
use serde::Serialize;

use super::roster::{Node, NodeRole};

/// Counters taken from one report; a node has some dozens.
const COUNTERS_MAX: usize = 256;
/// A metric's name.
const NAME_BYTES_MAX: usize = 128;
/// A rate is of this time at least: reports come every second, and at once when something changed.
const RATE_MS_MIN: u64 = 500;

/// The names under which nodes report what the page shows.
const CONNECTIONS: Figure = (NodeRole::Gateway, "imq_gateway_connections");
const SESSIONS: Figure = (NodeRole::Gateway, "imq_gateway_sessions");
const QUEUES: Figure = (NodeRole::QueueNode, "imq_queue_node_queues");
const EVENTS: Figure = (NodeRole::QueueNode, "imq_queue_node_events_total");
const DELIVERIES: Figure = (NodeRole::Gateway, "imq_gateway_deliveries_total");
const LAG_RECORDS: Figure = (NodeRole::QueueNode, "imq_queue_node_copy_lag_records");
const LAG_BYTES: Figure = (NodeRole::QueueNode, "imq_queue_node_copy_lag_bytes");
const ROUND_TRIP: Figure = (NodeRole::Gateway, "imq_gateway_newest_round_trip_seconds");

/// Who reports it, and its name in their metrics.
type Figure = (NodeRole, &'static str);

/// The cluster's figures, live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Client sockets at all gateways.
    pub connections: f64,
    /// Logins at all gateways.
    pub sessions: f64,
    /// Queues at all queue nodes.
    pub queues: f64,
    /// Messages, changes of state and of members that queue nodes ordered, per second.
    pub messages_per_s: f64,
    /// What gateways handed to clients, per second.
    pub deliveries_per_s: f64,
    /// The slowest gateway's time to a queue and back, in milliseconds; none if nobody measured.
    pub round_trip_ms: Option<f64>,
}

/// The newest report of each node and the one before.
#[derive(Debug, Clone, Default)]
pub struct Reports(BTreeMap<NodeId, Reported>);

/// What a node said last.
#[derive(Debug, Clone)]
pub struct Reported {
    role: NodeRole,
    /// Whether it serves.
    pub ready: bool,
    /// Whether it is about to end.
    pub draining: bool,
    /// For the page.
    pub message: String,
    newest: Sample,
    before: Option<Sample>,
}

#[derive(Debug, Clone, Default)]
struct Sample {
    at_ms: u64,
    counters: BTreeMap<String, f64>,
}

impl Reports {
    /// Takes a node's report.
    pub fn take(&mut self, node: &Node, report: Report, now_ms: u64) {
        let fits = |name: &str, value: f64| name.len() <= NAME_BYTES_MAX && value.is_finite();
        let counters = report.counters.into_iter().take(COUNTERS_MAX);
        let counters = counters.filter(|counter| fits(&counter.name, counter.value));
        let counters = counters.map(|counter| (counter.name, counter.value)).collect();
        let reported = self.0.entry(node.id.clone()).or_insert_with(|| Reported::by(node));
        let before = std::mem::replace(&mut reported.newest, Sample { at_ms: now_ms, counters });
        let is_apart = |sample: &Sample| sample.at_ms + RATE_MS_MIN <= now_ms;
        if is_apart(&before) && !before.counters.is_empty() {
            reported.before = Some(before);
        }
        (reported.ready, reported.draining) = (report.ready, report.draining);
        Foreign::new(&report.message).as_str().clone_into(&mut reported.message);
    }

    /// A node that is away has no figures.
    pub fn forget(&mut self, node: &NodeId) {
        self.0.remove(node);
    }

    /// What this node said last.
    pub fn of(&self, node: &NodeId) -> Option<&Reported> {
        self.0.get(node)
    }

    /// All nodes together.
    pub fn totals(&self) -> Totals {
        let sum = |figure| self.values(figure).map(|(_, value)| value).sum();
        let rate = |figure| self.values(figure).filter_map(|(node, _)| node.rate(figure)).sum();
        let round_trips = self.values(ROUND_TRIP).map(|(_, value)| value);
        Totals {
            connections: sum(CONNECTIONS),
            sessions: sum(SESSIONS),
            queues: sum(QUEUES),
            messages_per_s: rate(EVENTS),
            deliveries_per_s: rate(DELIVERIES),
            round_trip_ms: round_trips.reduce(f64::max).map(|seconds| seconds * 1000.0),
        }
    }

    fn values(&self, (role, name): Figure) -> impl Iterator<Item = (&Reported, f64)> {
        let theirs = self.0.values().filter(move |node| node.role == role);
        theirs.filter_map(move |node| Some((node, node.newest.value(name)?)))
    }
}

impl Reported {
    fn by(node: &Node) -> Reported {
        let (message, newest) = (String::new(), Sample::default());
        let (ready, draining) = (false, false);
        Reported { role: node.role, ready, draining, message, newest, before: None }
    }

    /// By how many records and bytes the copy of its buckets is behind that is furthest behind;
    /// none if it doesn't say.
    pub fn lag(&self) -> Option<(f64, f64)> {
        let value = |(_, name): Figure| self.newest.value(name);
        Some((value(LAG_RECORDS)?, value(LAG_BYTES)?))
    }

    fn rate(&self, (_, name): Figure) -> Option<f64> {
        let before = self.before.as_ref()?;
        let ms = self.newest.at_ms.checked_sub(before.at_ms).filter(|ms| *ms > 0)?;
        let more = self.newest.value(name)? - before.value(name)?;
        Some(more.max(0.0) * 1000.0 / ms as f64)
    }
}

impl Sample {
    fn value(&self, name: &str) -> Option<f64> {
        self.counters.get(name).copied()
    }
}

#[cfg(test)]
mod tests;
