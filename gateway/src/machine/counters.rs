//! What a lane counts.

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
    pub closed: u64,
    pub closed_slow: u64,
    pub refused: u64,
    pub requests: u64,
    pub outcomes_unknown: u64,
    pub attaches: u64,
    pub broken_peers: u64,
    pub round_trip_ms: u64,
}

impl Counters {
    /// Each value with its metric's name and meaning.
    pub fn list(&self) -> [(&'static str, &'static str, u64); 18] {
        [
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
            ("imq_closed_total", "Connections closed by the gateway.", self.closed),
            ("imq_closed_slow_total", "Connections closed as too slow.", self.closed_slow),
            ("imq_refused_total", "Operations refused by the gateway.", self.refused),
            ("imq_requests_total", "Requests of the back end.", self.requests),
            (
                "imq_outcomes_unknown_total",
                "Operations whose outcome nobody can tell.",
                self.outcomes_unknown,
            ),
            ("imq_attaches_total", "Queues attached anew.", self.attaches),
            ("imq_broken_peers_total", "Links ended for what their peer said.", self.broken_peers),
            (
                "imq_round_trip_milliseconds",
                "The newest round trip to a queue node and back.",
                self.round_trip_ms,
            ),
        ]
    }
}
