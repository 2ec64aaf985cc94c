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
}
