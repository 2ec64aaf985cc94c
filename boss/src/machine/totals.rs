//! What the nodes count, added up for the page.

use std::collections::BTreeMap;

use proto::limits;
use proto::n2b::{Door, Report};
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
const SUBSCRIPTIONS: Figure = (NodeRole::Gateway, "imq_gateway_subscriptions");
const OPERATIONS: Figure = (NodeRole::Gateway, "imq_gateway_operations_total");
const SLOW: Figure = (NodeRole::Gateway, "imq_gateway_slow_total");
const DROPPED: Figure = (NodeRole::Gateway, "imq_gateway_deliveries_dropped_total");
/// What was refused, and what nobody knows the outcome of.
const ERRORS: [Figure; 4] = [
    (NodeRole::Gateway, "imq_gateway_refused_total"),
    (NodeRole::Gateway, "imq_gateway_outcomes_unknown_total"),
    (NodeRole::QueueNode, "imq_queue_node_refused_total"),
    (NodeRole::QueueNode, "imq_queue_node_panics_total"),
];
/// In front of a code's name, which is in quotation marks and a bracket.
const CLOSED: &str = "imq_gateway_closed_total{code=\"";
/// In front of a bound.
const ROUND_TRIPS: &str = "imq_gateway_round_trip_seconds_bucket{le=\"";

/// Who reports it, and its name in their metrics.
type Figure = (NodeRole, &'static str);

/// The cluster's figures, live.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
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
    /// Half of the last second's round trips took no longer; none if there were none.
    pub round_trip_p50_ms: Option<f64>,
    /// 99 of 100 took no longer.
    pub round_trip_p99_ms: Option<f64>,
    /// Subscriptions of clients at all gateways.
    pub subscriptions: f64,
    /// What clients asked for, per second.
    pub operations_per_s: f64,
    /// Operations that were refused, or of which nobody knows what came of them, per second.
    pub errors_per_s: f64,
    /// Messages that were dropped for slow receivers, per second.
    pub dropped_per_s: f64,
    /// How many receivers became slow, per second.
    pub slow_per_s: f64,
    /// Connections that gateways closed, per second.
    pub disconnects_per_s: f64,
    /// The same by the code's name, but for those that there were none of.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub disconnects: BTreeMap<String, f64>,
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
    /// Of a gateway: where its clients come in.
    pub door: Option<Door>,
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
        reported.door = report.door.map(bounded);
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
        let sum = |figure| rounded(self.values(figure).map(|(_, value)| value).sum());
        let rate =
            |figure| rounded(self.values(figure).filter_map(|(node, _)| node.rate(figure)).sum());
        let round_trips = self.values(ROUND_TRIP).map(|(_, value)| value);
        let trips = self.round_trips();
        let quantile = |of| quantile(&trips, of).map(|seconds| rounded(seconds * 1000.0));
        let disconnects = self.disconnects();
        Totals {
            connections: sum(CONNECTIONS),
            sessions: sum(SESSIONS),
            queues: sum(QUEUES),
            messages_per_s: rate(EVENTS),
            deliveries_per_s: rate(DELIVERIES),
            round_trip_ms: round_trips.reduce(f64::max).map(|seconds| rounded(seconds * 1000.0)),
            round_trip_p50_ms: quantile(0.5),
            round_trip_p99_ms: quantile(0.99),
            subscriptions: sum(SUBSCRIPTIONS),
            operations_per_s: rate(OPERATIONS),
            errors_per_s: rounded(ERRORS.into_iter().map(rate).sum()),
            dropped_per_s: rate(DROPPED),
            slow_per_s: rate(SLOW),
            disconnects_per_s: rounded(disconnects.values().sum()),
            disconnects,
        }
    }

    /// Connections closed by gateways, per second, by the code's name.
    fn disconnects(&self) -> BTreeMap<String, f64> {
        let mut codes: BTreeMap<String, f64> = BTreeMap::new();
        for (name, rate) in self.rates(CLOSED).filter(|(_, rate)| *rate > 0.0) {
            *codes.entry(name.to_owned()).or_default() += rounded(rate);
        }
        codes
    }

    /// How many round trips of the last second lay at or below each bound, in seconds, in order.
    fn round_trips(&self) -> Vec<(f64, f64)> {
        let mut bounds: BTreeMap<&str, f64> = BTreeMap::new();
        for (le, rate) in self.rates(ROUND_TRIPS) {
            *bounds.entry(le).or_default() += rate;
        }
        let bounds = bounds.into_iter().filter_map(|(le, rate)| match le {
            "+Inf" => Some((f64::INFINITY, rate)),
            le => Some((le.parse().ok()?, rate)),
        });
        let mut bounds: Vec<(f64, f64)> = bounds.collect();
        bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
        bounds
    }

    /// Per second, what gateways count under each label behind this beginning of a name.
    fn rates(&self, prefix: &'static str) -> impl Iterator<Item = (&str, f64)> {
        let gateways = self.0.values().filter(|node| node.role == NodeRole::Gateway);
        gateways.flat_map(move |node| {
            let named = node.newest.counters.range(prefix.to_owned()..);
            let named = named.map_while(move |(name, _)| {
                let label = name.strip_prefix(prefix)?.strip_suffix("\"}")?;
                Some((name.as_str(), label))
            });
            named.filter_map(|(name, label)| Some((label, node.rate_of(name)?)))
        })
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
        Reported { role: node.role, ready, draining, door: None, message, newest, before: None }
    }

    /// By how many records and bytes the copy of its buckets is behind that is furthest behind;
    /// none if it doesn't say.
    pub fn lag(&self) -> Option<(f64, f64)> {
        let value = |(_, name): Figure| self.newest.value(name);
        Some((value(LAG_RECORDS)?, value(LAG_BYTES)?))
    }

    fn rate(&self, (_, name): Figure) -> Option<f64> {
        self.before.as_ref()?.value(name)?;
        self.rate_of(name)
    }

    /// Of a counter that isn't reported while it is 0.
    fn rate_of(&self, name: &str) -> Option<f64> {
        let before = self.before.as_ref()?;
        let ms = self.newest.at_ms.checked_sub(before.at_ms).filter(|ms| *ms > 0)?;
        let more = self.newest.value(name)? - before.value(name).unwrap_or_default();
        Some(more.max(0.0) * 1000.0 / ms as f64)
    }
}

/// A door with as much as one may say of it.
fn bounded(mut door: Door) -> Door {
    door.addresses.truncate(limits::DOOR_ADDRESSES_MAX);
    door.addresses.retain(|address| address.len() <= limits::DOOR_ADDRESS_BYTES_MAX);
    door
}

/// The value below which this part of what lies at or below these bounds is, as if it were spread
/// evenly between two bounds. What is beyond the last bound is said to be there.
fn quantile(bounds: &[(f64, f64)], part: f64) -> Option<f64> {
    let all = bounds.last().map(|(_, below)| *below).filter(|all| *all > 0.0)?;
    let (mut from, mut before) = (0.0, 0.0);
    for (bound, below) in bounds {
        if *below >= all * part {
            let share = (all * part - before) / (below - before).max(f64::MIN_POSITIVE);
            let to = if bound.is_finite() { *bound } else { from };
            return Some(from + (to - from) * share.clamp(0.0, 1.0));
        }
        (from, before) = (*bound, *below);
    }
    None
}

/// Thousandths are enough for people, and short. The sum of nothing is a negative zero; no more.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0 + 0.0
}

impl Sample {
    fn value(&self, name: &str) -> Option<f64> {
        self.counters.get(name).copied()
    }
}

#[cfg(test)]
mod tests;
