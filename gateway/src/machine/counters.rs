//! What a lane counts.

use member::machine::{Histogram, Sample, Value};
use proto::codes::{CLOSES, Close};

/// Plain integers, gathered by io when somebody asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "`list` says what each counts")]
pub struct Counters {
    pub connections: u64,
    pub sessions: u64,
    pub queues: u64,
    pub subscriptions: u64,
    pub operations: u64,
    pub events: u64,
    pub deliveries: u64,
    pub deliveries_conflated: u64,
    pub deliveries_dropped: u64,
    pub slow: u64,
    /// In the order of [`CLOSES`].
    pub closed: [u64; CLOSES.len()],
    pub refused: u64,
    pub requests: u64,
    pub outcomes_unknown: u64,
    pub attaches: u64,
    pub resumes: u64,
    pub unheard: u64,
    pub kicks: u64,
    pub broken_peers: u64,
    pub posts: u64,
    pub posts_carried: u64,
    pub round_trip_us: u64,
    pub round_trips: Histogram,
}

impl Counters {
    /// A connection is closed with this code.
    pub(super) fn count_closed(&mut self, close: Close) {
        if let Some(at) = CLOSES.iter().position(|row| row.close == close) {
            self.closed[at] += 1;
        }
    }

    /// The way to a queue node and back took so long.
    pub(super) fn count_round_trip(&mut self, us: u64) {
        self.round_trip_us = us;
        self.round_trips.count(us);
    }

    /// Each value with its metric's name and meaning.
    pub fn list(&self) -> Vec<Sample> {
        let closed = CLOSES.iter().zip(self.closed).map(|(row, count)| {
            let help = "Connections closed by the gateway, by the code's name.";
            Sample::counter("imq_gateway_closed_total", help, count).with("code", row.name)
        });
        let sizes = self.sizes().map(|(name, help, size)| Sample::gauge(name, help, size));
        let totals = self.totals().map(|(name, help, count)| Sample::counter(name, help, count));
        sizes.into_iter().chain(totals).chain(closed).chain(self.round_trip()).collect()
    }

    fn sizes(&self) -> [(&'static str, &'static str, u64); 4] {
        [
            ("imq_gateway_connections", "Client connections open now.", self.connections),
            (
                "imq_gateway_sessions",
                "Sessions whose clients are connected here now.",
                self.sessions,
            ),
            ("imq_gateway_queues", "Queues that this gateway's clients are in.", self.queues),
            (
                "imq_gateway_subscriptions",
                "Subscriptions of this gateway's clients.",
                self.subscriptions,
            ),
        ]
    }

    fn totals(&self) -> [(&'static str, &'static str, u64); 16] {
        [
            ("imq_gateway_operations_total", "Operations that clients sent.", self.operations),
            ("imq_gateway_events_total", "Events that came from queue nodes.", self.events),
            ("imq_gateway_deliveries_total", "Events handed to clients.", self.deliveries),
            (
                "imq_gateway_deliveries_conflated_total",
                "State events merged for slow receivers.",
                self.deliveries_conflated,
            ),
            (
                "imq_gateway_deliveries_dropped_total",
                "Messages dropped for slow receivers, each announced.",
                self.deliveries_dropped,
            ),
            ("imq_gateway_slow_total", "Times that a receiver became slow.", self.slow),
            ("imq_gateway_refused_total", "Operations refused by the gateway.", self.refused),
            ("imq_gateway_requests_total", "Requests that back ends sent.", self.requests),
            (
                "imq_gateway_outcomes_unknown_total",
                "Operations whose outcome is unknown.",
                self.outcomes_unknown,
            ),
            ("imq_gateway_attaches_total", "Queues that the gateway attached to.", self.attaches),
            (
                "imq_gateway_resumes_total",
                "Sessions that were resumed at this gateway, on another connection.",
                self.resumes,
            ),
            (
                "imq_gateway_unheard_total",
                "Times that a session was held up because its user's home was not heard from.",
                self.unheard,
            ),
            (
                "imq_gateway_kicks_total",
                "Connections closed because the user's home asked for it.",
                self.kicks,
            ),
            (
                "imq_gateway_broken_peers_total",
                "Links that the gateway closed because the peer sent something invalid.",
                self.broken_peers,
            ),
            (
                "imq_gateway_posts_total",
                "Requests of the fallback over HTTP that came for connections of this gateway.",
                self.posts,
            ),
            (
                "imq_gateway_posts_carried_total",
                "Requests of the fallback that this gateway had brought to another lane.",
                self.posts_carried,
            ),
        ]
    }

    fn round_trip(&self) -> [Sample; 2] {
        let newest = Value::Largest(self.round_trip_us as f64 / 1e6);
        [
            Sample::new(
                "imq_gateway_newest_round_trip_seconds",
                "The newest round trip to a queue node and back, of the slowest lane.",
                newest,
            ),
            Sample::new(
                "imq_gateway_round_trip_seconds",
                "Round trips of probes to queue nodes and back, ten a second for each link while \
                 sessions speak.",
                Value::Histogram(self.round_trips),
            ),
        ]
    }
}
