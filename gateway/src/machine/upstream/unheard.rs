//! Hearing: what is of a session goes on only while its user's home was heard less than a dead
//! time ago, else it waits. See "Hearing" in `docs/sessions.md`.
//!
//! A lane that is cut off from a user's home can't know that the user has logged in elsewhere; so
//! it stops before long to speak for the session to queues that it still reaches.

use proto::c2g::Head;
use proto::ids::Handle;
use proto::limits;
use proto::wire;

use super::{BucketIndex, NodeIndex, Pending, Probe, Upstream, recovery};
use crate::machine::desk::Desk;
use crate::machine::door::{Refusal, check_op_id, closing, connection, refusal};
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;
use crate::machine::sessions::is_of_over;

/// A turn that takes less was not stopped: it is over soon enough, whenever its homes were heard.
const STOPPED_MS: u64 = proto::limits::BEAT_MS;

/// A node has answered a probe for all its buckets but these.
pub(in crate::machine) fn heard(
    parts: &mut LaneParts,
    (node, probe): (NodeIndex, Probe),
    except: &[u32],
    out: &mut Outbox,
) {
    let until_ms = probe.sent_ms.saturating_add(parts.desk.settings.dead_ms);
    parts.desk.upstream.hear((node, probe.telling), except, until_ms);
    hear_again(parts, out);
}

/// The lane has been stopped between deciding and sending, and homes aren't heard any more that
/// were heard then: nothing of it leaves. The links end, and what is still due comes back by
/// the rules of lists that are sent again.
pub(in crate::machine) fn hold_if_stopped(
    parts: &mut LaneParts,
    decided_ms: u64,
    out: &mut Outbox,
) {
    let now_ms = parts.desk.now.ms;
    if now_ms < decided_ms + STOPPED_MS || !parts.desk.upstream.is_to_have_left(now_ms) {
        return;
    }
    if !out.links.is_dirty() && !parts.desk.upstream.is_dirty() {
        return;
    }
    for link in parts.desk.upstream.links() {
        drop(out.links.take(link));
        recovery::link_down(parts, link, out);
        out.links.end(link, "the lane was stopped within a turn");
    }
}

/// Takes what is of unheard sessions out of a list that is to be sent again. Whether there was
/// any.
pub(in crate::machine) fn set_aside(parts: &mut LaneParts, bucket: BucketIndex) -> bool {
    if parts.desk.upstream.all_are_heard(parts.desk.now.ms) {
        return false;
    }
    let LaneParts { desk: Desk { now, settings, upstream, .. }, sessions, .. } = parts;
    let some = upstream.set_aside(bucket, |upstream, handle| {
        sessions.hears_home(handle, upstream, (now.ms, settings))
    });
    if some {
        upstream.speaks(now.ms);
    }
    some
}

/// Homes may have been heard again: what waited for that goes on, in its order.
fn hear_again(parts: &mut LaneParts, out: &mut Outbox) {
    for bucket in parts.desk.upstream.asides() {
        take_back(parts, bucket, out);
        // There may be more that waits.
        parts.desk.upstream.speaks(parts.desk.now.ms);
    }
    parts.application.advance_mute(&mut parts.sessions, &mut parts.desk, out);
    for handle in parts.desk.upstream.unheard() {
        if parts.sessions.is_heard(handle, &mut parts.desk)
            && parts.desk.upstream.waits_no_longer(handle)
        {
            let conn = parts.sessions.conn_of(handle);
            parts.sessions.resume_seen(handle, &mut parts.desk, out);
            if let Some(conn) = conn {
                connection::take_up(parts, conn, handle, out);
            }
            closing::dismissed(parts, out);
        }
    }
}

/// Appends what was set aside, of sessions that are heard, to the bucket's list.
fn take_back(parts: &mut LaneParts, bucket: BucketIndex, out: &mut Outbox) {
    let LaneParts { desk: Desk { now, settings, upstream, .. }, sessions, .. } = parts;
    let is_heard = |upstream: &Upstream, handle: Handle| {
        sessions.hears_home(handle, upstream, (now.ms, settings))
    };
    let is_over = |pending: &Pending| is_of_over(sessions, *pending);
    let (sessions, dropped) = upstream.take_back(bucket, is_over, is_heard);
    recovery::end_dropped(parts, dropped, out);
    if !sessions.is_empty() {
        parts.sessions.introduce_all(bucket, &sessions, &mut parts.desk, out);
        parts.desk.upstream.list_dirty(bucket);
        refusal::release(parts, bucket, out);
    }
}

/// Answers what has waited too long for a home to be heard: first what was set aside, which is
/// older.
pub(in crate::machine) fn give_up(parts: &mut LaneParts, before_ms: u64, out: &mut Outbox) {
    for bucket in parts.desk.upstream.asides() {
        let expired = parts.desk.upstream.expire_aside(bucket, before_ms);
        recovery::give_up(parts, expired, out);
    }
    for handle in parts.desk.upstream.unheard() {
        if parts.sessions.unheard_ms(handle).is_none_or(|since_ms| since_ms < before_ms) {
            parts.desk.upstream.waits_no_longer(handle);
            refuse_waiting(parts, handle, out);
            closing::dismissed(parts, out);
        }
    }
}

/// Answers all that has waited of a session.
fn refuse_waiting(parts: &mut LaneParts, handle: Handle, out: &mut Outbox) {
    let conn = parts.sessions.conn_of(handle);
    let Some((seen, waiting)) = parts.sessions.take_unheard(handle) else { return };
    let reason = Refusal::Unheard.to_string();
    for one in seen {
        parts.sessions.tell_unresumed(handle, &one.queue, &reason, &mut parts.desk, out);
    }
    let Some(conn) = conn else { return };
    let mut rest = waiting.as_slice();
    while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::CLIENT_FRAME_BYTES_MAX) {
        rest = &rest[end..];
        if let (true, Ok((_, body))) =
            (parts.sessions.goes_on(handle, &parts.desk), wire::envelope(frame))
            && let Ok(head) = Head::of(body)
        {
            let refusal = check_op_id(head.op_id).err().unwrap_or(Refusal::Unheard);
            refusal::in_turn(parts, conn, handle, head, refusal, out);
        }
    }
}
