//! The end of a connection: always with a code and a sentence that says what to do. Its session is
//! over on this lane; its user queue keeps it for a grace.

use std::num::NonZeroU32;

use proto::codes::Close;
use proto::g2c::{self, BodyKind};
use proto::ids::Handle;

use super::{Farewell, PER_TURN, refusal};
use crate::machine::delivery::{ConnId, Ending, Frame};
use crate::machine::desk::Desk;
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;
use crate::machine::traced;

/// Clients of a gateway that shuts down are asked to come back spread over this long.
const SPREAD_MS: u32 = 5_000;
/// Who finds a gateway full and has nowhere else to go comes back after so long at least.
const RETRY_MS_MIN: u32 = 1_000;

/// Closes those that are dismissed.
#[inline]
pub(in crate::machine) fn dismissed(parts: &mut LaneParts, out: &mut Outbox) {
    if parts.desk.door.has_dismissed() {
        dismiss_each(parts, out);
    }
}

#[cold]
fn dismiss_each(parts: &mut LaneParts, out: &mut Outbox) {
    while let Some((conn, farewell)) = parts.desk.door.take_dismissed() {
        close(parts, conn, &farewell, out);
    }
}

/// Says why, then closes when that is written. The session is over here and now.
pub(in crate::machine) fn close(
    parts: &mut LaneParts,
    conn: ConnId,
    farewell: &Farewell,
    out: &mut Outbox,
) {
    let &Farewell { close, ref reason, mut retry_after_ms, bye, elsewhere } = farewell;
    let now_ms = parts.desk.now.ms;
    let Some(session) = parts.desk.door.closes(conn, now_ms) else { return };
    let format = out.clients.format(conn);
    let address = elsewhere.then(|| parts.desk.door.take_elsewhere(now_ms, format.transport));
    let address = address.flatten();
    let spread_ms = conn.number().wrapping_mul(97) % SPREAD_MS;
    if close == Close::Draining {
        retry_after_ms = NonZeroU32::new(spread_ms);
    } else if elsewhere && address.is_none() {
        retry_after_ms = NonZeroU32::new(RETRY_MS_MIN + spread_ms);
    }
    parts.application.drop_newcomer(conn);
    let message = g2c::Closing {
        code: u32::from(close.number()),
        reason: reason.clone().into_owned(),
        may_retry: close.may_retry(),
        retry_after_ms: retry_after_ms.map_or(0, NonZeroU32::get),
        address: address.unwrap_or_default(),
    };
    let body = prost::Message::encode_to_vec(&message);
    let frame = Frame::of(BodyKind::Closing, &body);
    parts.desk.delivery.append(conn, &frame, &mut out.clients);
    let mut last = Vec::new();
    format.transport.put_close(&mut last, close.number(), reason);
    out.clients.append(conn, &last);
    out.clients.end(conn, Ending::Written);
    parts.desk.counters.count_closed(close);
    if let Some(handle) = session {
        end_session(parts, handle, bye, Some(close), out);
    }
}

/// The client closes in its own way; its output is still written.
pub(in crate::machine) fn hung_up(parts: &mut LaneParts, conn: ConnId, out: &mut Outbox) {
    let Some(session) = parts.desk.door.closes(conn, parts.desk.now.ms) else { return };
    parts.application.drop_newcomer(conn);
    out.clients.end(conn, Ending::Written);
    if let Some(handle) = session {
        end_session(parts, handle, false, None, out);
    }
}

/// The socket is gone.
pub(in crate::machine) fn closed(parts: &mut LaneParts, conn: ConnId, out: &mut Outbox) {
    let Some(session) = parts.desk.door.closed(conn) else { return };
    parts.application.drop_newcomer(conn);
    out.clients.closed(conn);
    parts.desk.counters.connections -= 1;
    if let Some(handle) = session {
        end_session(parts, handle, false, None, out);
    }
}

/// The gateway shuts down.
pub(in crate::machine) fn drain(desk: &mut Desk) {
    desk.door.set_draining();
    for conn in desk.door.open_ones() {
        let reason = "this gateway is shutting down: connect to another";
        desk.close(conn, Close::Draining, reason);
    }
}

/// The session's socket is gone, or will be: what it has under way ends with it.
fn end_session(
    parts: &mut LaneParts,
    handle: Handle,
    bye: bool,
    close: Option<Close>,
    out: &mut Outbox,
) {
    if !parts.sessions.loses_connection(handle) {
        return;
    }
    let LaneParts { desk, sessions, application, .. } = parts;
    if desk.traces.is_on() {
        traced::session((desk, sessions), handle, "closed");
    }
    application.drop_lines(handle, sessions, desk, out);
    if let Some(bucket) = sessions.end(handle, (bye, close), desk, out) {
        refusal::release(parts, bucket, out);
    }
    parts.sessions.let_go(handle, &mut parts.desk, out);
}

/// Keeps all connections within the lane's bound: the one with the most unsent goes first, and
/// with it what is unsent to it, so that there is space at once. If a turn's worth of them isn't
/// enough, the next turn goes on.
pub(in crate::machine) fn close_most_unsent(parts: &mut LaneParts, out: &mut Outbox) {
    if !parts.sessions.too_much_is_unsent(&parts.desk, out) {
        return;
    }
    let mut by_unsent: Vec<(usize, ConnId)> = Vec::new();
    for conn in parts.desk.door.open_ones() {
        let session = parts.desk.door.session_of(conn);
        let kept = session.map_or(0, |handle| parts.sessions.kept_bytes(handle));
        by_unsent.push((out.clients.unsent(conn) + kept, conn));
    }
    by_unsent.sort_unstable();
    let are_more = by_unsent.len() > PER_TURN;
    for (_, conn) in by_unsent.into_iter().rev().take(PER_TURN) {
        close(parts, conn, &Farewell::slow(), out);
        out.clients.cut(conn);
        if !parts.sessions.too_much_is_unsent(&parts.desk, out) {
            return;
        }
    }
    if are_more {
        parts.desk.delivery.cut_off_more(parts.desk.now.ms);
    }
}
