//! Planted bugs: switches that break one promise each, so that tests can show that they would
//! notice.

/// Which promises to break. None by default, and none in a running cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Outputs don't wait for their record.
    pub output_before_commit: bool,
    /// The result of a write isn't remembered.
    pub result_forgotten: bool,
    /// The first missed event isn't replayed.
    pub replay_drops_first: bool,
    /// What was missed is replayed without the subscription's filter.
    pub replay_unfiltered: bool,
    /// An operation that comes again runs again.
    pub resend_runs_again: bool,
    /// Who joins is announced twice.
    pub joined_twice: bool,
    /// The history keeps one message less than it should, and gives them newest first.
    pub history_disordered: bool,
    /// A room doesn't tell the user queue that a session joined.
    pub note_lost: bool,
    /// A queue is destroyed after its idle time though it has members.
    pub idle_destroys_members: bool,
    /// A message that its sender excluded itself from is replayed to the sender.
    pub excluded_replayed: bool,
    /// Rooms don't hear of a resume.
    pub fence_skipped: bool,
    /// The end of a connection counts for its session, whoever has it now.
    pub late_lost_ends_new_session: bool,
    /// A resume leaves the secret before good for nothing, before the client has the new one.
    pub secret_rotated_early: bool,
    /// A resume in a queue makes a member of who isn't one.
    pub resume_makes_member: bool,
    /// The grace of a session that came back goes on.
    pub grace_decided_twice: bool,
    /// Rooms don't hear of a session's end.
    pub ended_forgotten: bool,
    /// A floor that is heard isn't kept.
    pub floor_ignored: bool,
    /// No lane is told that its session is over.
    pub kick_lost: bool,
    /// The sweep after a resume takes out what was resumed.
    pub sweep_removes_resumed: bool,
    /// A request of a web back end isn't known by its key.
    pub key_forgotten: bool,
    /// What the web application refuses is done.
    pub verdict_ignored: bool,
}
