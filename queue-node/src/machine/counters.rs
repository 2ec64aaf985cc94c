//! What a queue node counts.

use member::machine::Sample;

/// Totals since the start and present sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Operations of clients that were decided.
    pub operations: u64,
    /// Requests of web back ends that were decided.
    pub requests: u64,
    /// Operations that were refused.
    pub refused: u64,
    /// Operations, requests and logins that were refused since deciding them panicked.
    pub panics: u64,
    /// Queues that got another epoch, since a lane had seen more of them than there was.
    pub epochs_renewed: u64,
    /// Operations that were repeated and got the remembered result.
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
    pub words: u64,
    /// Messages from one queue to another that wait for an answer.
    pub unanswered: u64,
    /// Operations that the web application is asked about first.
    pub asks: u64,
    /// Tells for the web application.
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
    /// How many bytes the node may keep.
    pub kept_bytes_max: u64,
    /// Bytes of what is remembered of operations and requests, as it was counted last.
    pub remembered_bytes: u64,
    /// Queues that exist.
    pub queues: u64,
    /// Subscriptions that exist.
    pub subscriptions: u64,
    /// Sessions that the buckets of this node know of, each of its own.
    pub sessions: u64,
    /// Buckets that this node is home of.
    pub buckets: u64,
    /// Copies of another node's buckets.
    pub copies: u64,
    /// Bytes of these copies, by the node's count.
    pub copy_bytes: u64,
    /// Records that the copy elsewhere hasn't acknowledged that is furthest behind.
    pub copy_lag_records: u64,
    /// The same in bytes.
    pub copy_lag_bytes: u64,
    /// Bytes of snapshots for copies elsewhere.
    pub copy_bytes_sent: u64,
    /// Units that copies here have applied.
    pub copy_units_applied: u64,
    /// Copies that couldn't go on with what they were sent, and began anew.
    pub copies_broken: u64,
    /// How often a copy was compared with its primary.
    pub copies_compared: u64,
    /// That part of it where they differed.
    pub copies_differing: u64,
}

impl Counters {
    /// Each value with its metric's name and meaning.
    pub fn list(&self) -> Vec<Sample> {
        let sizes = self.sizes().map(|(name, help, size)| Sample::gauge(name, help, size));
        let totals = self.totals().into_iter().chain(self.words()).chain(self.of_copies());
        let totals = totals.map(|(name, help, count)| Sample::counter(name, help, count));
        sizes.into_iter().chain(totals).collect()
    }

    fn sizes(&self) -> [(&'static str, &'static str, u64); 14] {
        [
            ("imq_queue_node_queues", "Queues that exist.", self.queues),
            ("imq_queue_node_subscriptions", "Subscriptions that exist.", self.subscriptions),
            (
                "imq_queue_node_sessions",
                "Sessions that buckets here know, counted once for each bucket.",
                self.sessions,
            ),
            ("imq_queue_node_buckets", "Buckets that the node is home of.", self.buckets),
            ("imq_queue_node_copies", "Copies of another node's buckets.", self.copies),
            (
                "imq_queue_node_copies_bytes",
                "Bytes of copies of other nodes' buckets.",
                self.copy_bytes,
            ),
            (
                "imq_queue_node_copy_lag_records",
                "Records of a bucket that its copy elsewhere lacks that is furthest behind.",
                self.copy_lag_records,
            ),
            (
                "imq_queue_node_copy_lag_bytes",
                "Bytes of the records of a bucket that its copy lacks that is furthest behind.",
                self.copy_lag_bytes,
            ),
            (
                "imq_queue_node_untold",
                "Messages from one queue to another that wait for an answer.",
                self.unanswered,
            ),
            (
                "imq_queue_node_callout_tells_kept",
                "Tells that the web application hasn't acknowledged yet.",
                self.callout_tells_kept,
            ),
            ("imq_queue_node_replay_log_bytes", "Bytes of all replay logs.", self.replay_bytes),
            (
                "imq_queue_node_kept_bytes",
                "Bytes of queues, members, mounts and sessions.",
                self.kept_bytes,
            ),
            (
                "imq_queue_node_kept_bytes_max",
                "Bytes that the node may keep of all that, and of copies.",
                self.kept_bytes_max,
            ),
            (
                "imq_queue_node_remembered_bytes",
                "Bytes of remembered results and idempotency keys.",
                self.remembered_bytes,
            ),
        ]
    }

    fn totals(&self) -> [(&'static str, &'static str, u64); 14] {
        [
            (
                "imq_queue_node_operations_total",
                "Operations of clients that were decided.",
                self.operations,
            ),
            (
                "imq_queue_node_requests_total",
                "Requests of back ends that were decided.",
                self.requests,
            ),
            (
                "imq_queue_node_refused_total",
                "Operations and requests that were refused.",
                self.refused,
            ),
            (
                "imq_queue_node_panics_total",
                "Operations, requests and logins that were refused because of a bug: a panic.",
                self.panics,
            ),
            (
                "imq_queue_node_epochs_renewed_total",
                "Queues that got another epoch, since a gateway had seen lost events of them.",
                self.epochs_renewed,
            ),
            (
                "imq_queue_node_repeated_total",
                "Operations that were repeated and got the remembered result.",
                self.repeated,
            ),
            ("imq_queue_node_events_total", "Events of all queues.", self.events),
            (
                "imq_queue_node_fanned_out_total",
                "Event frames to lanes of gateways.",
                self.fanned_out,
            ),
            ("imq_queue_node_records_total", "Records of all buckets.", self.records),
            ("imq_queue_node_queues_created_total", "Queues created.", self.queues_created),
            ("imq_queue_node_queues_destroyed_total", "Queues destroyed.", self.queues_destroyed),
            ("imq_queue_node_logins_total", "Logins accepted.", self.logins),
            (
                "imq_queue_node_resumes_total",
                "Sessions of users at home here that were resumed on another connection.",
                self.resumes,
            ),
            (
                "imq_queue_node_kicks_total",
                "Connections that gateways were told to close.",
                self.kicks,
            ),
        ]
    }

    fn of_copies(&self) -> [(&'static str, &'static str, u64); 5] {
        [
            (
                "imq_queue_node_copy_sent_bytes_total",
                "Bytes of snapshots for copies on other nodes.",
                self.copy_bytes_sent,
            ),
            (
                "imq_queue_node_copy_units_applied_total",
                "Units of records, one per bucket and turn, that copies here have applied.",
                self.copy_units_applied,
            ),
            (
                "imq_queue_node_copies_broken_total",
                "Copies here that couldn't apply what they were sent and started anew.",
                self.copies_broken,
            ),
            (
                "imq_queue_node_copies_compared_total",
                "Comparisons of a copy here with its primary.",
                self.copies_compared,
            ),
            (
                "imq_queue_node_copies_differing_total",
                "Comparisons in which the copy differed.",
                self.copies_differing,
            ),
        ]
    }

    /// What was said to other queues, to web applications, and to those who came back.
    fn words(&self) -> [(&'static str, &'static str, u64); 8] {
        [
            ("imq_queue_node_tells_total", "Messages from one queue to another.", self.words),
            (
                "imq_queue_node_callout_asks_total",
                "Operations that the web application has to be asked about first.",
                self.asks,
            ),
            (
                "imq_queue_node_callout_tells_total",
                "Tells for the web application.",
                self.callout_tells,
            ),
            (
                "imq_queue_node_callout_tells_dropped_total",
                "Tells that were dropped, so that the web application never gets them.",
                self.tells_dropped,
            ),
            (
                "imq_queue_node_recovered_total",
                "Subscribers that came back and got everything they had missed.",
                self.recovered,
            ),
            (
                "imq_queue_node_not_recovered_total",
                "Subscribers that came back too late for the replay log.",
                self.not_recovered,
            ),
            (
                "imq_queue_node_moved_total",
                "Frames about buckets that are not this node's.",
                self.moved,
            ),
            (
                "imq_queue_node_broken_peers_total",
                "Links that the node closed because the peer sent something invalid.",
                self.broken_peers,
            ),
        ]
    }
}
