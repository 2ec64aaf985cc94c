//! Every bound of the library, each with its reason. The protocol's own are in `proto::limits`.

use proto::limits;

/// Operations held at once over all queues, waiting or unanswered: a burst, not a database.
pub const OPERATIONS_MAX: usize = 4096;
/// Bytes of the operations held at once: each is kept until it is answered, to be resent.
pub const OPERATION_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Marks of one queue: one per mount and one for `members`.
pub const MARKS_MAX: usize = limits::MOUNTS_MAX + 1;
/// Bytes of `seen` in a resume: with the token it stays below what a gateway reads from a stranger.
pub const SEEN_BYTES_MAX: usize =
    limits::UNAUTHENTICATED_BYTES_MAX - limits::TOKEN_BYTES_MAX - 1024;
/// One frame from the gateway: `subscribed` carries all state mounts of a queue.
pub const FRAME_BYTES_MAX: usize = limits::LINK_FRAME_BYTES_MAX;

/// The servers' grace: what waits or is unanswered for this long is answered by the library itself.
pub const GRACE_MS: u64 = limits::GRACE_MS;
/// A connection that was silent for this long after a ping, or has brought no `welcome`, is given
/// up.
pub const PONG_MS_MAX: u64 = limits::PONG_MS_MAX;
/// The same for a connection that is doubted because the process has stood still.
pub const DOUBT_MS_MAX: u64 = 1_500;
/// How often in a row a connection is doubted: a process that sleeps on and on must end it too.
pub const DOUBTS_MAX: u32 = 2;
/// A timer that comes later than this has slept.
pub const LATE_MS_MAX: u64 = 2_000;
/// A timer rings at least this often: timers may stand still while the machine sleeps.
pub const TICK_MS: u64 = 10_000;
/// A gateway that asks for pings more often than this is not believed.
pub const PING_EVERY_MS_MIN: u64 = 1_000;
/// Nor one that asks for them more seldom: a dead socket must be noticed the same day.
pub const PING_EVERY_MS_MAX: u64 = 600_000;
/// The second attempt to come back waits about this long; each further one twice as long…
pub const RETRY_MS_FIRST: u64 = 100;
/// …up to this. A connection that lasted this long makes the next attempt a first one again.
pub const RETRY_MS_MAX: u64 = 10_000;
/// A gateway can't send its clients away for longer than this.
pub const RETRY_AFTER_MS_MAX: u64 = 300_000;
/// A client follows so many addresses that gateways name before one takes it in.
pub const FOLLOWED_MAX: u32 = 2;
/// From here on a session's operation ids are nearly used up, and a new session begins.
pub const OP_ID_WORN: u32 = u32::MAX - (1 << 20);

const _: () = assert!(OPERATION_BYTES_MAX > limits::CLIENT_FRAME_BYTES_MAX);
const _: () = assert!((u32::MAX - OP_ID_WORN) as usize > OPERATIONS_MAX * 2);
