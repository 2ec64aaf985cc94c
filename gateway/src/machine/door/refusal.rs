//! Operations that go no further than the lane: why, and when the client hears of it.

use proto::c2g::Head;
use proto::codes::{Close, Status};
use proto::ids::Handle;
use proto::limits;
use proto::name::{self, NameError};

use super::closing;
use crate::machine::delivery::ConnId;
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;
use crate::machine::upstream::{BucketIndex, Pending};

/// Why the lane itself refuses an operation. The text says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::machine) enum Refusal {
    #[error("op_id begins with 1 and rises with each operation of the session")]
    NoOpId,
    #[error("{0}")]
    Name(#[from] NameError),
    #[error("this gateway has no bucket table yet: try again in a moment")]
    NoTable,
    #[error("{} operations are unanswered: wait for results", limits::UNANSWERED_PER_SESSION_MAX)]
    Unanswered,
    #[error(
        "{} operations on this queue are unanswered: wait for results",
        limits::UNANSWERED_PER_QUEUE_MAX
    )]
    UnansweredOfQueue,
    #[error("a session has at most {} subscriptions: unsubscribe first", limits::SUBSCRIPTIONS_MAX)]
    Subscriptions,
    #[error("the session is subscribed to another queue whose name has the same hash: rename one")]
    SameHash,
    #[error("too many operations wait for this part of the cluster: try again later")]
    ListFull,
    #[error(
        "this session's operations fill their share of the {} bytes that may wait for this part of \
         the cluster: wait for results",
        limits::UNANSWERED_BYTES_MAX
    )]
    ListShare,
    #[error("the home of this user's sessions isn't responding: try again later")]
    Unheard,
    #[error(
        "{} bytes of operations wait for the web application: wait for results",
        limits::CLIENT_FRAME_BYTES_MAX
    )]
    Line,
    #[error("neither the web application nor the queue's home has answered: try again later")]
    GivenUp,
    #[error("the web application was called and hasn't answered: check whether it was done")]
    CallGivenUp,
    #[error(
        "the queue's home requested an ask that can't be put to the web application: try again \
         later"
    )]
    Unaskable,
}

/// An operation has a number. Whether it rises, or is of something that is sent again, the queue
/// knows, which remembers what came: on one connection as over several.
#[inline]
pub(in crate::machine) fn check_op_id(op_id: u32) -> Result<(), Refusal> {
    if op_id == 0 { Err(Refusal::NoOpId) } else { Ok(()) }
}

impl Refusal {
    pub(in crate::machine) fn status(self) -> Status {
        match self {
            Refusal::NoOpId | Refusal::Name(_) => Status::Invalid,
            Refusal::NoTable
            | Refusal::ListFull
            | Refusal::Unheard
            | Refusal::GivenUp
            | Refusal::Unaskable => Status::Unavailable,
            Refusal::Unanswered
            | Refusal::UnansweredOfQueue
            | Refusal::Subscriptions
            | Refusal::ListShare
            | Refusal::Line => Status::Limit,
            Refusal::SameHash => Status::Conflict,
            Refusal::CallGivenUp => Status::OutcomeUnknown,
        }
    }
}

impl Refusal {
    /// The same may be accepted a moment later, with nothing changed but what waits.
    pub(in crate::machine) fn may_retry(self) -> bool {
        match self {
            Refusal::Unanswered
            | Refusal::UnansweredOfQueue
            | Refusal::ListShare
            | Refusal::Line => true,
            Refusal::NoOpId
            | Refusal::Name(_)
            | Refusal::NoTable
            | Refusal::Subscriptions
            | Refusal::SameHash
            | Refusal::ListFull
            | Refusal::Unheard
            | Refusal::GivenUp
            | Refusal::CallGivenUp
            | Refusal::Unaskable => false,
        }
    }
}

/// Refuses an operation in its turn: after the answers to what came before it on its queue.
pub(in crate::machine) fn in_turn(
    parts: &mut LaneParts,
    conn: ConnId,
    handle: Handle,
    head: Head<'_>,
    refusal: Refusal,
    out: &mut Outbox,
) {
    let hash = name::hash(head.queue);
    let session = &parts.sessions[handle];
    let (is_few, waits) = (session.may_be_refused(), session.waits_for(hash));
    let bucket = parts.desk.upstream.bucket_of(hash).filter(|_| waits);
    let Some(bucket) = bucket else {
        parts.sessions.tidy(handle);
        return parts.desk.refuse_as(conn, head.op_id, refusal, out);
    };
    let LaneParts { desk, sessions, application, .. } = parts;
    let (key, op_id) = ((handle, hash), head.op_id);
    let has_lines = is_few && application.is_on();
    if has_lines && application.refuse_in_line(key, op_id, refusal, sessions) {
        return;
    }
    if !is_few || !sessions.keep_refused(bucket, key, (op_id, refusal), desk) {
        let reason = "the client sends more operations without waiting for results: wait for \
                      them";
        desk.close(conn, Close::Rate, reason);
    }
}

/// Lets out the refusals that have nothing before them any more.
#[inline]
pub(in crate::machine) fn release(parts: &mut LaneParts, bucket: BucketIndex, out: &mut Outbox) {
    while let Some(pending) = parts.desk.upstream.take_refused(bucket) {
        released(parts, pending, out);
    }
}

#[cold]
fn released(parts: &mut LaneParts, pending: Pending, out: &mut Outbox) {
    if let Pending::Refused { session, op_id, hash, refusal } = pending {
        refused(parts, session, op_id, hash, refusal, out);
    }
}

/// A refusal's turn has come.
pub(in crate::machine) fn refused(
    parts: &mut LaneParts,
    handle: Handle,
    op_id: u32,
    hash: u64,
    refusal: Refusal,
    out: &mut Outbox,
) {
    if let Some(conn) = parts.sessions.conn_of(handle) {
        parts.desk.refuse_as(conn, op_id, refusal, out);
        closing::dismissed(parts, out);
    }
    let LaneParts { desk, sessions, application, .. } = parts;
    sessions.count_answer(handle, hash);
    application.settled(handle, hash, sessions, desk, out);
}
