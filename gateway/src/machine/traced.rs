//! What a lane keeps of messages for those who follow a queue or a user: what clients and back ends
//! said, what they were answered, and what events became. It is kept while somebody asks, and
//! changes nothing.

use member::machine::trace::{About, Hop};
use proto::c2g::{Head, Kind};
use proto::codes::Status;
use proto::g2c::{self, EventKind, ResultHead};
use proto::ids::{Handle, Sub};
use proto::name;
use proto::q2g::EventRef;

use super::desk::Desk;
use super::sessions::Sessions;

/// A client's operation: it goes to its queue's home, or the lane itself has refused it.
#[cold]
pub(super) fn operation(
    (desk, sessions): (&mut Desk, &Sessions),
    handle: Handle,
    (kind, head, bytes): (Kind, Head<'_>, usize),
    refused: Option<Status>,
) {
    let queue = name::hash(head.queue);
    if !desk.traces.wants(About { queue: Some(queue), user: user_of(sessions, handle) }) {
        return;
    }
    let hop = Hop {
        kind: if refused.is_some() { "refused" } else { "received" },
        what: kind.name(),
        queue: Some(String::from_utf8_lossy(head.queue).into_owned()),
        op_id: Some(u64::from(head.op_id)),
        status: refused.map(Status::number),
        bytes: Some(bytes),
        ..of_session(sessions, handle)
    };
    keep(desk, Some(queue), hop);
}

/// A home's answer, on its way to the client.
#[cold]
pub(super) fn answer(
    (desk, sessions): (&mut Desk, &Sessions),
    (handle, kind, queue): (Handle, Kind, u64),
    result: &[u8],
) {
    if !desk.traces.wants(About { queue: Some(queue), user: user_of(sessions, handle) }) {
        return;
    }
    let head = ResultHead::of(result).ok();
    let hop = Hop {
        kind: "answered",
        what: kind.name(),
        op_id: head.as_ref().map(|head| u64::from(head.op_id)),
        status: head.as_ref().map(|head| head.status),
        bytes: Some(result.len()),
        ..of_session(sessions, handle)
    };
    keep(desk, Some(queue), hop);
}

/// A request of a back end, on its way to its queue's home. It is given back for its answer.
#[cold]
pub(super) fn request(
    desk: &mut Desk,
    (queue, hash): (&str, u64),
    (what, number, bytes): (&'static str, u64, usize),
) -> Option<Box<Hop>> {
    if !desk.traces.wants(About { queue: Some(hash), user: None }) {
        return None;
    }
    let hop = Hop {
        kind: "received",
        what,
        queue: Some(queue.to_owned()),
        session: Some(format!("rpc {}", desk.settings.gateway)),
        op_id: Some(number),
        bytes: Some(bytes),
        ..Hop::default()
    };
    keep(desk, Some(hash), hop.clone());
    Some(Box::new(hop))
}

/// The answer to such a request, for the back end.
#[cold]
pub(super) fn reply(desk: &mut Desk, request: Hop, result: &g2c::Result) {
    let hash = request.queue.as_deref().map(|queue| name::hash(queue.as_bytes()));
    let status = Some(result.status);
    keep(desk, hash, Hop { kind: "answered", status, bytes: None, ..request });
}

/// An event, written for so many clients of this lane.
#[cold]
pub(super) fn event(
    (desk, sessions): (&mut Desk, &Sessions),
    sub: Sub,
    event: &EventRef<'_>,
    receivers: u64,
) {
    let interest = desk.delivery.interest();
    let (Some(queue), hash) = (interest.get(sub), interest.hash_of(sub)) else { return };
    let about_queue = About { queue: hash, user: None };
    let (of_queue, of_users) = (desk.traces.wants(about_queue), desk.traces.follows_user(None));
    if !of_queue && !of_users {
        return;
    }
    let hop = Hop {
        kind: "delivered",
        what: EventKind::from_number(event.kind).map_or("", EventKind::name),
        queue: Some(queue.name().to_owned()),
        seq: Some(event.seq),
        bytes: Some(event.body.len()),
        count: Some(receivers),
        ..Hop::default()
    };
    // Who gets it is looked through for followed users alone. Those with a filter aren't told of:
    // what it lets through is known only as it is applied.
    let subscribers = if of_users { queue.all() } else { &[] };
    let mine = subscribers.iter().filter(|subscriber| {
        subscriber.conn.is_some()
            && Some(subscriber.session) != event.exclude
            && desk.traces.follows_user(user_of(sessions, subscriber.session))
    });
    let mine: Vec<Hop> = mine
        .map(|subscriber| {
            let Hop { user, session, .. } = of_session(sessions, subscriber.session);
            Hop { user, session, count: Some(1), ..hop.clone() }
        })
        .collect();
    keep(desk, hash, hop);
    for hop in mine {
        keep(desk, None, hop);
    }
}

/// A session begins, goes on, or has lost its connection.
#[cold]
pub(super) fn session(
    (desk, sessions): (&mut Desk, &Sessions),
    handle: Handle,
    kind: &'static str,
) {
    let hop = Hop { kind, ..of_session(sessions, handle) };
    keep(desk, None, hop);
}

fn keep(desk: &mut Desk, queue: Option<u64>, hop: Hop) {
    let user = hop.user.clone();
    desk.traces.hop(desk.now, About { queue, user: user.as_deref() }, hop);
}

fn user_of(sessions: &Sessions, handle: Handle) -> Option<&str> {
    sessions.get(handle).map(|session| session.user())
}

fn of_session(sessions: &Sessions, handle: Handle) -> Hop {
    let Some(session) = sessions.get(handle) else { return Hop::default() };
    let (user, session) = (session.user().to_owned(), session.id().to_string());
    Hop { user: Some(user), session: Some(session), ..Hop::default() }
}
