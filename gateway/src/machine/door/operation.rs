//! Operations for queues: which of a client's frames go on to a queue's home, and how.

use proto::c2g::{Head, Kind};
use proto::codes::{Close, Status};
use proto::g2c::{BodyKind, ResultHead};
use proto::g2q::OperationRef;
use proto::ids::{Handle, Sub};
use proto::limits;
use proto::name::{self, QueueName, UserId};

use super::{Refusal, check_op_id, closing, refusal};
use crate::machine::delivery::{ConnId, Frame};
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;
use crate::machine::traced;

/// Brings an operation on its way to the queue's home, or answers why not.
#[inline]
pub(in crate::machine) fn operation(
    parts: &mut LaneParts,
    conn: ConnId,
    handle: Handle,
    kind: Kind,
    body: &[u8],
    out: &mut Outbox,
) {
    let Ok(head) = Head::of(body) else {
        let reason = "the operation's bytes are not a message of this protocol";
        return parts.desk.close(conn, Close::BadFrame, reason);
    };
    parts.desk.counters.operations += 1;
    let sent = send_operation(parts, handle, kind, head, body, out);
    if parts.desk.traces.is_on() {
        let (of, operation) = ((&mut parts.desk, &parts.sessions), (kind, head, body.len()));
        traced::operation(of, handle, operation, sent.err().map(Refusal::status));
    }
    if let Err(refusal) = sent {
        refusal::in_turn(parts, conn, handle, head, refusal, out);
    }
}

/// A call is an operation on the user's queue.
pub(in crate::machine) fn call(
    parts: &mut LaneParts,
    conn: ConnId,
    handle: Handle,
    body: &[u8],
    out: &mut Outbox,
) {
    let (Ok(head), Ok(user)) = (Head::of(body), UserId::try_from(parts.sessions[handle].user()))
    else {
        let reason = "the operation's bytes are not a message of this protocol";
        return parts.desk.close(conn, Close::BadFrame, reason);
    };
    parts.desk.counters.operations += 1;
    // The queue that it names says by its class who is asked, no more.
    let named = match head.queue {
        [] => Ok(()),
        named => QueueName::try_from(named).map(|_| ()).map_err(Refusal::from),
    };
    let queue = name::user_queue(user);
    let head = Head { queue: queue.as_bytes(), ..head };
    let sent = named.and_then(|()| send_operation(parts, handle, Kind::Call, head, body, out));
    if parts.desk.traces.is_on() {
        let (of, operation) = ((&mut parts.desk, &parts.sessions), (Kind::Call, head, body.len()));
        traced::operation(of, handle, operation, sent.err().map(Refusal::status));
    }
    if let Err(refusal) = sent {
        refusal::in_turn(parts, conn, handle, head, refusal, out);
    }
}

#[inline]
fn send_operation(
    parts: &mut LaneParts,
    handle: Handle,
    kind: Kind,
    head: Head<'_>,
    body: &[u8],
    out: &mut Outbox,
) -> Result<(), Refusal> {
    check_op_id(head.op_id)?;
    let LaneParts { desk, sessions, application, .. } = parts;
    let session = &mut sessions[handle];
    session.may_send()?;
    let queue = QueueName::try_from(head.queue)?;
    let hash = queue.hash();
    let bucket = desk.upstream.bucket_of(hash).ok_or(Refusal::NoTable)?;
    let most = limits::UNANSWERED_PER_QUEUE_MAX;
    let most = if desk.settings.faults().limit_too_low { most / 8 } else { most };
    if session.unanswered_of(hash) >= most {
        return Err(Refusal::UnansweredOfQueue);
    }
    let may_line_up = application.is_on() || kind == Kind::Call;
    if may_line_up && application.goes_by_line(handle, kind, queue, hash, sessions) {
        let operation = (kind, head.op_id, body);
        return application.line_up(handle, hash, operation, sessions, desk, out);
    }
    let sub = match kind {
        Kind::Subscribe | Kind::Unsubscribe => {
            let given = sessions.part_in(handle, kind, queue, hash, desk);
            given.inspect_err(|_| sessions.tidy(handle))?
        }
        Kind::SendMessage
        | Kind::SendState
        | Kind::GetState
        | Kind::GetHistory
        | Kind::ListMembers
        | Kind::Connect
        | Kind::Open
        | Kind::Call
        | Kind::Refresh
        | Kind::Ping
        | Kind::Pong
        | Kind::Bye => None,
    };
    let (session, sub) = (handle, Sub::number_or_none(sub));
    let operation = OperationRef { session, sub, kind, body, askable: false, verdicts: &[] };
    sessions.send_on(bucket, (hash, head.op_id), operation, true, desk, out)
}

/// A queue's answer to an operation: the client gets it as it came.
#[inline]
pub(in crate::machine) fn answered(
    parts: &mut LaneParts,
    handle: Handle,
    kind: Kind,
    hash: u64,
    result: &[u8],
    out: &mut Outbox,
) {
    if parts.desk.traces.is_on() {
        let of = (&mut parts.desk, &parts.sessions);
        traced::answer(of, (handle, kind, hash), result);
    }
    if let Some(conn) = parts.sessions.conn_of(handle) {
        parts.desk.send(conn, &Frame::of(BodyKind::Result, result), out);
        closing::dismissed(parts, out);
    }
    let ok = matches!(kind, Kind::Subscribe | Kind::Unsubscribe)
        && ResultHead::of(result).is_ok_and(|head| head.status == Status::Ok.number());
    settle(parts, (handle, hash), kind, ok, out);
}

/// Settles an operation that was answered: the session's part in the queue, and what waited.
#[inline]
pub(in crate::machine) fn settle(
    parts: &mut LaneParts,
    key: (Handle, u64),
    kind: Kind,
    ok: bool,
    out: &mut Outbox,
) {
    let LaneParts { desk, sessions, application, .. } = parts;
    application.settle(key, kind, ok, sessions, desk, out);
}
