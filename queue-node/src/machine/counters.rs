//! What a queue node counts.

/// Totals since the start and present sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Operations of clients that were decided.
    pub operations: u64,
    /// Requests of web back ends that were decided.
    pub requests: u64,
    /// Operations that were refused.
    pub refused: u64,
    /// Operations that came again and got what was remembered.
    pub repeated: u64,
    /// Events of all queues.
    pub events: u64,
    /// Event frames to lanes.
    pub fanned_out: u64,
    /// Steps of all buckets' logs.
    pub records: u64,
    /// Queues that came to be.
    pub queues_created: u64,
    /// Queues that are no more.
    pub queues_destroyed: u64,
    /// New sessions.
    pub logins: u64,
    /// Sessions that went on on another connection.
    pub resumes: u64,
    /// Connections whose lane was told that they are over.
    pub kicks: u64,
    /// Words to other queues.
    pub tells: u64,
    /// Words to other queues that wait for an answer.
    pub untold: u64,
    /// Operations that the web application is asked about first.
    pub asks: u64,
    /// What the web application was to be told.
    pub callout_tells: u64,
    /// That part of it which the web application hasn't acknowledged.
    pub callout_tells_kept: u64,
    /// That part of it which it will never hear.
    pub tells_dropped: u64,
    /// Subscribers that came back and missed nothing that isn't in the replay log.
    pub recovered: u64,
    /// Subscribers that came back too late for the replay log.
    pub not_recovered: u64,
    /// Frames about buckets that are not this node's.
    pub moved: u64,
    /// Links ended because their peer said what it may not.
    pub broken_peers: u64,
    /// Bytes of all replay logs.
    pub replay_bytes: u64,
    /// Bytes of queues, members, mounts and sessions, by the node's count.
    pub kept_bytes: u64,
    /// Bytes of what is remembered of operations and requests, as it was counted last.
    pub remembered_bytes: u64,
    /// Queues that exist.
    pub queues: u64,
    /// Subscriptions that exist.
    pub subscriptions: u64,
    /// Sessions that this node knows of.
    pub sessions: u64,
    /// Buckets that this node is home of.
    pub buckets: u64,
}

impl Counters {
    /// Each as it is exported: name, help, value.
    pub fn samples(&self) -> Vec<(&'static str, &'static str, u64)> {
        vec![
            ("imq_operations_total", "Operations of clients decided.", self.operations),
            ("imq_requests_total", "Requests of web back ends decided.", self.requests),
            ("imq_refused_total", "Operations refused.", self.refused),
            ("imq_repeated_total", "Operations that came again.", self.repeated),
            ("imq_events_total", "Events of all queues.", self.events),
            ("imq_fanned_out_total", "Event frames to lanes.", self.fanned_out),
            ("imq_records_total", "Records of all buckets.", self.records),
            ("imq_queues_created_total", "Queues created.", self.queues_created),
            ("imq_queues_destroyed_total", "Queues destroyed.", self.queues_destroyed),
            ("imq_logins_total", "Logins accepted.", self.logins),
            ("imq_resumes_total", "Sessions resumed.", self.resumes),
            ("imq_kicks_total", "Connections told that they are over.", self.kicks),
            ("imq_tells_total", "Words from one queue to another.", self.tells),
            ("imq_untold", "Words to other queues that wait for an answer.", self.untold),
            ("imq_callout_asks_total", "Operations asked about first.", self.asks),
            ("imq_callout_tells_total", "Tells of web applications.", self.callout_tells),
            ("imq_callout_tells_kept", "Tells not acknowledged yet.", self.callout_tells_kept),
            ("imq_callout_tells_dropped_total", "Tells never heard.", self.tells_dropped),
            ("imq_recovered_total", "Subscribers that missed nothing.", self.recovered),
            ("imq_not_recovered_total", "Subscribers that came too late.", self.not_recovered),
            ("imq_moved_total", "Frames about buckets of others.", self.moved),
            ("imq_broken_peers_total", "Links ended for what was said.", self.broken_peers),
            ("imq_replay_log_bytes", "Bytes of all replay logs.", self.replay_bytes),
            ("imq_kept_bytes", "Bytes of queues, members and sessions.", self.kept_bytes),
            ("imq_remembered_bytes", "Bytes of results and keys.", self.remembered_bytes),
            ("imq_queues", "Queues that exist.", self.queues),
            ("imq_subscriptions", "Subscriptions that exist.", self.subscriptions),
            ("imq_sessions", "Sessions known here.", self.sessions),
            ("imq_buckets", "Buckets this node is home of.", self.buckets),
        ]
    }
}
