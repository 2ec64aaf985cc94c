//! What a lane counts.

use proto::codes::{CLOSES, Close};

/// A value for operators.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The metric's name.
    pub name: &'static str,
    /// Its meaning.
    pub help: &'static str,
    /// A label with its value, of a closed set.
    pub label: Option<(&'static str, &'static str)>,
    /// The value.
    pub value: f64,
}

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
    pub round_trip_us: u64,
}

impl Counters {
    /// A connection is closed with this code.
    pub(super) fn count_closed(&mut self, close: Close) {
        if let Some(at) = CLOSES.iter().position(|row| row.close == close) {
            self.closed[at] += 1;
        }
    }

    /// Each value with its metric's name and meaning.
    pub fn list(&self) -> Vec<Figure> {
        let plain = self.plain().into_iter();
        let plain = plain.map(|(name, help, value)| Figure { name, help, label: None, value });
        let closed = CLOSES.iter().zip(self.closed).map(|(row, count)| Figure {
            name: "imq_closed_total",
            help: "Connections closed by the gateway, by the code's name.",
            label: Some(("code", row.name)),
            value: count as f64,
        });
        plain.chain(closed).collect()
    }

    fn plain(&self) -> Vec<(&'static str, &'static str, f64)> {
        let whole = [
            ("imq_connections", "Client connections open now.", self.connections),
            ("imq_sessions", "Sessions logged in now.", self.sessions),
            ("imq_lane_queues", "Queues that this gateway's clients are in.", self.queues),
            ("imq_subscriptions", "Subscriptions live now.", self.subscriptions),
            ("imq_operations_total", "Operations of clients.", self.operations),
            ("imq_events_total", "Events from queue nodes.", self.events),
            ("imq_deliveries_total", "Events handed to clients.", self.deliveries),
            (
                "imq_deliveries_conflated_total",
                "State events merged for slow receivers.",
                self.deliveries_conflated,
            ),
            (
                "imq_deliveries_dropped_total",
                "Messages dropped for slow receivers, each announced.",
                self.deliveries_dropped,
            ),
            ("imq_slow_total", "Times that a receiver became slow.", self.slow),
            ("imq_refused_total", "Operations refused by the gateway.", self.refused),
            ("imq_requests_total", "Requests of the back end.", self.requests),
            (
                "imq_outcomes_unknown_total",
                "Operations whose outcome nobody can tell.",
                self.outcomes_unknown,
            ),
            ("imq_attaches_total", "Queues attached anew.", self.attaches),
            ("imq_resumes_total", "Sessions that went on on another connection.", self.resumes),
            (
                "imq_unheard_total",
                "Times that a session waited for its user's home to be heard.",
                self.unheard,
            ),
            ("imq_kicks_total", "Connections closed by the word of a user's home.", self.kicks),
            ("imq_broken_peers_total", "Links ended for what their peer said.", self.broken_peers),
        ];
        let round_trip = (
            "imq_round_trip_milliseconds",
            "The newest round trip to a queue node and back.",
            self.round_trip_us as f64 / 1000.0,
        );
        let whole = whole.into_iter().map(|(name, help, value)| (name, help, value as f64));
        whole.chain([round_trip]).collect()
    }
}
