//! What queue nodes say: events for many, answers for one. Each word goes to the part whose matter
//! it is.

use std::collections::BTreeSet;

use link::machine::LinkId;
use prost::Message as _;
use proto::c2g::Kind;
use proto::g2c::ResultHead;
use proto::g2q::{self, G2q};
use proto::ids::Handle;
use proto::link::At;
use proto::q2g::{self, AnswerRef, EventRef, field::q2g as said};
use proto::table::Moved;
use proto::wire::{self, WireError};

use super::{BucketIndex, NodeIndex, Pending, carrying, moves, recovery, unheard};
use crate::machine::desk::Desk;
use crate::machine::door::{connection, operation, refusal};
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;

/// A peer said what it must not: its link is ended and comes back by attaching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::machine) enum Broken {
    #[error("a frame that can't be read")]
    Unreadable,
    #[error("an answer that belongs to no operation, or not to the oldest one")]
    OutOfTurn,
}

impl From<WireError> for Broken {
    fn from(WireError: WireError) -> Broken {
        Broken::Unreadable
    }
}

impl From<prost::DecodeError> for Broken {
    fn from(_: prost::DecodeError) -> Broken {
        Broken::Unreadable
    }
}

/// A queue node has sent an envelope. One that it must not send ends its link.
#[inline]
pub(in crate::machine) fn frame(
    parts: &mut LaneParts,
    link: LinkId,
    frame: &[u8],
    out: &mut Outbox,
) {
    let Some(node) = parts.desk.upstream.node_of(link) else { return };
    if let Err(broken) = read(parts, (link, node), frame, out) {
        parts.desk.counters.broken_peers += 1;
        let reason = match broken {
            Broken::Unreadable => "the node sent a frame that can't be read",
            Broken::OutOfTurn => "the node answered out of turn",
        };
        recovery::link_down(parts, link, out);
        out.links.end(link, reason);
    }
}

#[inline]
fn read(
    parts: &mut LaneParts,
    (link, node): (LinkId, NodeIndex),
    frame: &[u8],
    out: &mut Outbox,
) -> Result<(), Broken> {
    let (field, body) = wire::envelope(frame)?;
    let LaneParts { desk, sessions, application, .. } = parts;
    let bucket = desk.upstream.subject(node);
    match (field, bucket) {
        (said::EVENT, Some(bucket)) => {
            sessions.event((bucket, &EventRef::of(body)?), desk, out);
        }
        (said::ANSWER, Some(bucket)) => {
            let answer = AnswerRef::of(body)?;
            take_answer(parts, bucket, answer, out)?;
        }
        (said::AT, _) => desk.upstream.set_subject(node, At::decode(body)?),
        (said::PROBED, _) => answered_probe(parts, node, &q2g::Probed::decode(body)?, out),
        (said::MOVED, _) => moves::moved(parts, Moved::decode(body)?, out),
        (said::TELL, _) => application.tell(link, q2g::Tell::decode(body)?, sessions, desk, out),
        (_, Some(bucket)) => read_rest(parts, bucket, field, body, out)?,
        // The bucket moved away since: what its old home says of it is of the past.
        (_, None) => {}
    }
    Ok(())
}

/// What comes less often.
fn read_rest(
    parts: &mut LaneParts,
    bucket: BucketIndex,
    field: u32,
    body: &[u8],
    out: &mut Outbox,
) -> Result<(), Broken> {
    let LaneParts { desk, sessions, .. } = parts;
    match field {
        said::SUBSCRIBED => {
            let subscribed = q2g::Subscribed::decode(body)?;
            if desk.is_in(bucket, subscribed.sub) {
                sessions.subscribed(&subscribed, desk, out);
            }
        }
        said::REPLAY => {
            sessions.replayed((bucket, &q2g::Replay::decode(body)?), desk, out);
        }
        said::ATTACHED => {
            desk.upstream.attach_answered(bucket, desk.now.ms);
            let attached = q2g::Attached::decode(body)?;
            if desk.is_in(bucket, attached.sub) {
                sessions.attached(attached, desk, out);
            }
        }
        said::UNSUBSCRIBED => {
            let unsubscribed = q2g::Unsubscribed::decode(body)?;
            if desk.is_in(bucket, unsubscribed.sub) {
                sessions.unsubscribed(&unsubscribed, desk, out);
            }
        }
        said::LOGGED_IN => {
            let answer = q2g::LoggedIn::decode(body)?;
            let session = Handle::named(answer.session);
            take_front(parts, bucket, |front| front == Pending::Login { session })?;
            if let Some(conn) = parts.sessions.logged_in(session, &answer, &mut parts.desk, out)? {
                connection::take_up(parts, conn, session, out);
            }
            refusal::release(parts, bucket, out);
        }
        said::RECOGNISED => {
            let recognised = q2g::Recognised::decode(body)?;
            let number = recognised.number;
            let its =
                |front| matches!(front, Pending::Recognise { number: of, .. } if of == number);
            if let Pending::Recognise { conn, .. } = take_front(parts, bucket, its)? {
                let LaneParts { desk, sessions, application, .. } = parts;
                application.recognised(conn, &recognised, sessions, desk, out);
            }
            refusal::release(parts, bucket, out);
        }
        said::LOST_NOTED => {
            let session = Handle::named(q2g::LostNoted::decode(body)?.session);
            take_front(parts, bucket, |front| front == Pending::Lost { session })?;
            parts.sessions.lost_noted(session, &mut parts.desk, out);
            refusal::release(parts, bucket, out);
        }
        said::REPLY => {
            let reply = q2g::Reply::decode(body)?;
            let number = reply.number;
            let its = |front| matches!(front, Pending::Request { number: of, .. } if of == number);
            take_front(parts, bucket, its)?;
            parts.web.replied(reply, &mut parts.desk, out);
            refusal::release(parts, bucket, out);
        }
        said::CARRIED => carrying::carried(parts, bucket, &q2g::Carried::decode(body)?, out)?,
        said::CARRY_TAKEN => carrying::taken(desk, q2g::CarryTaken::decode(body)?, out),
        said::KICK => sessions.kicked(&q2g::Kick::decode(body)?, desk),
        said::INVITED => sessions.invited(q2g::Invited::decode(body)?, desk, out),
        // A newer node's word that this version doesn't know.
        _ => {}
    }
    Ok(())
}

/// An answer always belongs to the front of its bucket's list.
#[inline]
fn take_front(
    parts: &mut LaneParts,
    bucket: BucketIndex,
    is_its: impl FnOnce(Pending) -> bool,
) -> Result<Pending, Broken> {
    let pending = parts.desk.upstream.take_front(bucket, is_its).ok_or(Broken::OutOfTurn)?;
    parts.sessions.off_list(pending);
    Ok(pending)
}

#[inline]
fn take_answer(
    parts: &mut LaneParts,
    bucket: BucketIndex,
    answer: AnswerRef<'_>,
    out: &mut Outbox,
) -> Result<(), Broken> {
    let is_its = |front| match front {
        Pending::Operation { session, op_id, .. } => {
            let is_of =
                |op_id: u32| ResultHead::of(answer.result).is_ok_and(|head| head.op_id == op_id);
            session == answer.session && (!answer.ask.is_empty() || is_of(op_id))
        }
        Pending::Resume { session, .. } => session == answer.session,
        Pending::Refused { .. }
        | Pending::Login { .. }
        | Pending::Recognise { .. }
        | Pending::Lost { .. }
        | Pending::Request { .. } => false,
    };
    let front = take_front(parts, bucket, is_its)?;
    if let Pending::Operation { session, op_id, kind, hash, .. } = front {
        if answer.ask.is_empty() {
            operation::answered(parts, session, kind, hash, answer.result, out);
        } else {
            let LaneParts { desk, sessions, application, .. } = parts;
            application.asked((session, hash), (op_id, kind), answer.ask, sessions, desk, out);
        }
    } else if let Pending::Resume { session, hash, invited } = front {
        let LaneParts { desk, sessions, .. } = parts;
        let ok = sessions.resumed((session, hash, invited), answer.result, desk, out);
        operation::settle(parts, (session, hash), Kind::Subscribe, ok, out);
    }
    refusal::release(parts, bucket, out);
    Ok(())
}

/// The time to measure round trips with.
fn micros(desk: &Desk) -> u64 {
    desk.settings.micros.map_or(desk.now.ms * 1000, |micros| micros())
}

/// Asks every node whether it is heard, as long as sessions speak.
pub(in crate::machine) fn probe(desk: &mut Desk, out: &mut Outbox) {
    let goes_on = desk.upstream.probes_go_on(desk.now.ms);
    if goes_on {
        for link in desk.upstream.links() {
            probe_node(desk, link, out);
        }
    }
    desk.upstream.probe_next(desk.now.ms, goes_on);
}

/// Asks these homes, which have just been told of sessions.
pub(super) fn probe_anew(desk: &mut Desk, homes: &BTreeSet<LinkId>, out: &mut Outbox) {
    for &link in homes {
        probe_node(desk, link, out);
    }
    if !homes.is_empty() {
        desk.upstream.probe_by_beat(desk.now.ms);
    }
}

fn probe_node(desk: &mut Desk, link: LinkId, out: &mut Outbox) {
    let Some(node) = desk.upstream.node_of(link) else { return };
    let nonce = micros(desk);
    desk.upstream.probed(node, nonce, desk.now.ms);
    let body = Some(g2q::g2q::Body::Probe(g2q::Probe { nonce }));
    wire::put_message(out.links.buffer(link), &G2q { body });
}

fn answered_probe(parts: &mut LaneParts, node: NodeIndex, answer: &q2g::Probed, out: &mut Outbox) {
    let (now_ms, is_part) = (parts.desk.now.ms, !answer.except.is_empty());
    let probe = parts.desk.upstream.probe_answered(node, (answer.nonce, is_part), now_ms);
    if probe.is_none_or(|probe| !probe.is_answered) {
        parts.desk.counters.count_round_trip(micros(&parts.desk).saturating_sub(answer.nonce));
    }
    if let Some(probe) = probe {
        unheard::heard(parts, (node, probe), &answer.except, out);
    }
}
