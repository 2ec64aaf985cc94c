//! What a lane is told when it starts.

use proto::limits;

use super::ClientUrl;

/// How a lane behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The gateway's id, as `welcome` shows it.
    pub gateway: String,
    /// Where its clients dial it; none: nobody is sent here, and nobody is sent elsewhere.
    pub advertise: Vec<ClientUrl>,
    /// How many lanes with clients the gateway has: they share what call-outs may do at a time.
    pub lanes: usize,
    /// Call-outs of the whole gateway that may be under way; each application has an equal part.
    pub callouts_max: usize,
    /// Whether addresses tell clients apart, where nothing else does yet.
    pub by_address: bool,
    /// Whether `connect.user` is believed without a token. For development only.
    pub dev_auth: bool,
    /// A client that was silent for this long is pinged; jittered by a tenth.
    pub ping_every_ms: u64,
    /// Operations of one connection per second, in the long run.
    pub operations_per_s: u32,
    /// Operations of one connection at once, after a pause.
    pub operations_burst: u32,
    /// Bytes of one connection per second, in the long run.
    pub bytes_per_s: u32,
    /// Bytes of one connection at once, after a pause.
    pub bytes_burst: u32,
    /// How long an operation waits for its answer before the lane gives up on it.
    pub give_up_ms: u64,
    /// A session's operations go on only while its user's home was heard less than this ago: by its
    /// answers to probes.
    pub dead_ms: u64,
    /// So many sessions without a word to say are told to a new home in a turn.
    pub told_per_turn: usize,
    /// From so many bytes on all receivers of an event share them; fewer are copied for each, which
    /// is quicker.
    pub large_bytes: usize,
    /// From so many unwritten bytes on a receiver is slow.
    pub slow_bytes: usize,
    /// What a receiver may have unsent before it is closed or messages are dropped.
    pub output_bytes_max: usize,
    /// What all receivers of the lane together may have unsent before one is cut off.
    pub lane_output_bytes_max: usize,
    /// Microseconds of a clock, to measure round trips with; nothing is decided by it. Without one
    /// they are measured in whole milliseconds.
    pub micros: Option<fn() -> u64>,
    /// Planted bugs, which the tests must find.
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            gateway: "gateway".to_owned(),
            advertise: Vec::new(),
            lanes: 1,
            callouts_max: limits::CALLOUTS_MAX,
            by_address: true,
            dev_auth: false,
            ping_every_ms: limits::PING_EVERY_MS,
            operations_per_s: 5_000,
            operations_burst: 10_000,
            bytes_per_s: 4 * 1024 * 1024,
            bytes_burst: 8 * 1024 * 1024,
            give_up_ms: limits::GRACE_MS,
            dead_ms: limits::DEAD_MS,
            told_per_turn: 32,
            large_bytes: 4 * 1024,
            slow_bytes: limits::SLOW_BYTES,
            output_bytes_max: limits::OUTPUT_BYTES_MAX,
            lane_output_bytes_max: limits::LANE_OUTPUT_BYTES_MAX,
            micros: None,
            faults: Faults::default(),
        }
    }
}

impl Settings {
    /// The planted bugs: there are none in a build without debug assertions, which has no code for
    /// them.
    #[inline]
    pub(in crate::machine) fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }
}

/// Planted bugs, all off. Each proves that the tests would see its like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// The output of a connection is forgotten now and then.
    pub flush_lost: bool,
    /// What is sent again after a lost link is sent twice.
    pub resend_doubled: bool,
    /// Queues are not attached after a lost link.
    pub attach_skipped: bool,
    /// A subscriber misses the first event after its replay.
    pub subscriber_late: bool,
    /// Some of those who join and leave are announced to nobody here.
    pub members_missed: bool,
    /// Filters are not applied to live events.
    pub filter_skipped: bool,
    /// Messages dropped for a slow receiver are not announced.
    pub gap_unannounced: bool,
    /// A conflated state has the oldest value of each key, not the newest.
    pub conflation_keeps_oldest: bool,
    /// What was held back until `open` is forgotten then.
    pub held_lost: bool,
    /// Senders get the messages that exclude them.
    pub exclude_self_ignored: bool,
    /// A connection counts as confirmed as soon as its `welcome` is on its way.
    pub confirmed_early: bool,
    /// A connection that is over goes on: its operations are still forwarded.
    pub resend_after_kick: bool,
    /// Operations go on although the user's home isn't heard.
    pub hearing_ignored: bool,
    /// A session counts as heard though the home of its user hasn't been told of it.
    pub untold_is_heard: bool,
    /// A session that is resumed gets none of the queues that its client has seen.
    pub resume_seen_ignored: bool,
    /// A connection is ended with the one that had its number before it, if that has ended in the
    /// same turn.
    pub ending_inherited: bool,
    /// Fewer operations on a queue may be unanswered than `welcome` says.
    pub limit_too_low: bool,
    /// What waits for its home is given up long before its time.
    pub given_up_early: bool,
    /// Rows are taken that aren't higher than those that are known.
    pub lower_row_taken: bool,
    /// Homes aren't told by which row they are.
    pub row_not_told: bool,
    /// What a home says under a reign of the past counts, too.
    pub shows_old_reign: bool,
    /// What a lost home may have received is sent to the next one.
    pub resends_after_loss: bool,
    /// Operations don't wait for the attach of their queue.
    pub operation_before_attach: bool,
    /// What wasn't sent yet goes in front of what is sent again.
    pub resends_behind_new: bool,
    /// A bucket's home counts as heard by what it answered before it was that.
    pub heard_by_predecessor: bool,
    /// A tell counts as heard before the web application has taken it.
    pub tell_acknowledged_early: bool,
}
