//! Coming back: a link that is up again, and what waited too long. See "Coming back" in
//! `docs/road.md`.

use std::collections::BTreeSet;

use link::machine::{LinkId, Peer};
use proto::c2g::Kind;
use proto::codes::Status;
use proto::link::Role;
use proto::table::Owner;

use super::{BucketIndex, Pending, SWEEP_MS, attaching, introducing, unheard};
use crate::machine::door::{closing, operation, refusal};
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;
use crate::machine::sessions::is_of_over;

/// A link is up: what waits for its node goes there, for the first time or once more.
pub(in crate::machine) fn link_up(
    parts: &mut LaneParts,
    link: LinkId,
    peer: &Peer,
    out: &mut Outbox,
) {
    if peer.role != Role::QueueNode {
        return;
    }
    let owner = Owner { id: peer.id.clone(), incarnation: peer.incarnation };
    let node = parts.desk.upstream.node(&owner);
    if let Some(before) = parts.desk.upstream.link_of(node).filter(|one| *one != link) {
        // The node takes it likewise, and knows nobody on the new one.
        link_down(parts, before, out);
        out.links.end(before, "the lane has come back on another link");
    }
    parts.desk.upstream.link_up(link, node);
    parts.desk.upstream.all_come_back(node);
}

/// A link is gone, and what was on its way with it.
pub(in crate::machine) fn link_down(parts: &mut LaneParts, link: LinkId, out: &mut Outbox) {
    parts.application.link_down(link);
    let Some(node) = parts.desk.upstream.link_down(link) else { return };
    parts.sessions.forget_node(node);
    let buckets = parts.desk.upstream.buckets_of(node);
    cut_off(parts, &buckets, out);
}

/// Nothing that was on its way to or from the buckets' homes counts any more.
fn cut_off(parts: &mut LaneParts, buckets: &[BucketIndex], out: &mut Outbox) {
    for &bucket in buckets {
        parts.desk.upstream.cut_off(bucket);
    }
    let among = parts.desk.upstream.among(buckets);
    parts.sessions.forget_in_flight(&among, &mut parts.desk, out);
}

/// Introduces those who have something to say, and probes, and has the whole list of each of these
/// buckets sent again, each operation behind the attach of its queue. The other sessions and queues
/// follow in the next turns.
pub(in crate::machine) fn recover(
    parts: &mut LaneParts,
    buckets: &BTreeSet<BucketIndex>,
    out: &mut Outbox,
) {
    let (among, mut fewer) = (parts.desk.upstream.among(buckets), false);
    introducing::begin(parts, buckets, &among, out);
    for &bucket in buckets {
        parts.desk.upstream.rewind(bucket);
        fewer |= drop_over(parts, bucket, out);
        fewer |= unheard::set_aside(parts, bucket);
        let sessions = parts.desk.upstream.sessions_on_list(bucket);
        parts.sessions.introduce_all(bucket, &sessions, &mut parts.desk, out);
        parts.desk.upstream.send_again(bucket);
    }
    // The handshake may be old news, if this process has slept since. What counts is an answer
    // to what is sent now.
    introducing::those_who_wait(parts, buckets, out);
    attaching::begin(&mut parts.desk, buckets);
    parts.sessions.detach_again(&among, &mut parts.desk, out);
    for bucket in buckets.iter().filter(|_| fewer) {
        refusal::release(parts, *bucket, out);
    }
}

/// Answers what can't be brought to its home any more.
pub(in crate::machine) fn give_up(
    parts: &mut LaneParts,
    drained: Vec<(Pending, bool)>,
    out: &mut Outbox,
) {
    for (pending, was_sent) in drained {
        closing::dismissed(parts, out);
        let LaneParts { desk, sessions, application, web } = parts;
        sessions.off_list(pending);
        let (status, sentence) = if was_sent {
            desk.counters.outcomes_unknown += 1;
            (Status::OutcomeUnknown, "the queue's home was lost before it answered")
        } else {
            (Status::Unavailable, "the queue's home can't be reached: try again later")
        };
        match pending {
            Pending::Operation { session, op_id, kind, hash, .. } => {
                if let Some(conn) = sessions.conn_of(session) {
                    desk.refuse(conn, op_id, status, sentence, out);
                    closing::dismissed(parts, out);
                }
                operation::settle(parts, (session, hash), kind, false, out);
            }
            Pending::Refused { session, op_id, hash, refusal } => {
                refusal::refused(parts, session, op_id, hash, refusal, out);
            }
            Pending::Resume { session, hash, invited } => {
                sessions.not_resumed((session, hash, invited), sentence, desk, out);
                operation::settle(parts, (session, hash), Kind::Subscribe, false, out);
            }
            Pending::Login { session } => sessions.login_given_up(session, was_sent, desk, out),
            Pending::Recognise { number, conn, .. } => application.unrecognised(conn, number, desk),
            Pending::Lost { session } => sessions.lost_noted(session, desk, out),
            Pending::Request { number, .. } => web.failed(number, status, sentence, desk, out),
        }
    }
    closing::dismissed(parts, out);
}

/// Looks through what waits, and gives up what has waited too long.
pub(in crate::machine) fn sweep(parts: &mut LaneParts, out: &mut Outbox) {
    let give_up_ms = parts.desk.settings.give_up_ms;
    let give_up_ms = if parts.desk.settings.faults().given_up_early { 1 } else { give_up_ms };
    let before_ms = parts.desk.now.ms.saturating_sub(give_up_ms);
    parts.application.give_up_lines(before_ms, &mut parts.sessions, &mut parts.desk, out);
    unheard::give_up(parts, before_ms, out);
    closing::dismissed(parts, out);
    if parts.desk.upstream.waits_for_homes() {
        parts.desk.upstream.speaks(parts.desk.now.ms);
    }
    let waits = parts.desk.upstream.waits_for_homes() || parts.application.has_lines();
    let mut next_ms = waits.then(|| parts.desk.now.ms + SWEEP_MS);
    for at in parts.desk.upstream.buckets() {
        if parts.desk.upstream.oldest_ms(at).is_some_and(|since| since < before_ms) {
            expire(parts, at, before_ms, out);
        }
        if parts.desk.upstream.has_unanswered(at) {
            let then = parts.desk.now.ms + SWEEP_MS;
            next_ms = Some(next_ms.map_or(then, |next| next.min(then)));
        }
    }
    parts.desk.upstream.set_sweep(next_ms);
}

/// What is on its way can't be given up: a home that beats but doesn't answer loses its link
/// first.
fn expire(parts: &mut LaneParts, bucket: BucketIndex, before_ms: u64, out: &mut Outbox) {
    if let Some((_, link)) = parts.desk.upstream.home(bucket) {
        link_down(parts, link, out);
        out.links.end(link, "the node leaves operations without an answer");
    }
    let expired = parts.desk.upstream.expire(bucket, before_ms);
    give_up(parts, expired, out);
    refusal::release(parts, bucket, out);
}

/// Takes off a list that is to be sent again what is of sessions whose sockets are gone. A
/// login sent again would throw out the session with which its client has come back meanwhile;
/// if it was decided, its link's end has detached what came of it. An operation is sent again
/// by its client, if that comes back; if it was thrown out, nothing of it may go on. Whether
/// there was any.
pub(in crate::machine) fn drop_over(
    parts: &mut LaneParts,
    bucket: BucketIndex,
    out: &mut Outbox,
) -> bool {
    let sessions = &parts.sessions;
    let dropped = parts.desk.upstream.take_off(bucket, |pending| is_of_over(sessions, *pending));
    let some = !dropped.is_empty();
    end_dropped(parts, dropped, out);
    some
}

/// Nothing more comes of these.
pub(in crate::machine) fn end_dropped(
    parts: &mut LaneParts,
    dropped: Vec<Pending>,
    out: &mut Outbox,
) {
    let mut operations = Vec::new();
    for pending in dropped {
        match pending {
            Pending::Login { session } | Pending::Lost { session } => {
                parts.sessions.off_own_list(session, &mut parts.desk, out);
            }
            Pending::Operation { .. }
            | Pending::Resume { .. }
            | Pending::Refused { .. }
            | Pending::Recognise { .. }
            | Pending::Request { .. } => operations.push((pending, false)),
        }
    }
    give_up(parts, operations, out);
}
