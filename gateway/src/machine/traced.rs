//! What a lane keeps of messages for those who follow a queue or a user: what clients said, what
//! they were answered, and what events became. It is kept while somebody asks, and changes nothing.

use member::machine::trace::{About, Hop};
use proto::c2g::{Head, Kind};
use proto::g2c::{EventKind, ResultHead};
use proto::ids::{Handle, Sub};
use proto::q2g::EventRef;

use super::desk::Desk;
use super::sessions::Sessions;

/// A client's operation: it goes to its queue's home, or the lane itself has refused it.
#[cold]
pub(super) fn operation(
    (desk, sessions): (&mut Desk, &Sessions),
    handle: Handle,
    (kind, head, bytes): (Kind, Head<'_>, usize),
    is_refused: bool,
) {
    let queue = proto::name::hash(head.queue);
    let hop = Hop {
        step: if is_refused { "refused" } else { "received" },
        kind: kind_name(kind),
        queue: Some(String::from_utf8_lossy(head.queue).into_owned()),
        op_id: Some(head.op_id),
        bytes: Some(bytes),
        ..of_session(sessions, handle)
    };
    note(desk, Some(queue), hop);
}

/// A home's answer, on its way to the client.
#[cold]
pub(super) fn answer(
    (desk, sessions): (&mut Desk, &Sessions),
    (handle, kind, queue): (Handle, Kind, u64),
    result: &[u8],
) {
    let head = ResultHead::of(result).ok();
    let hop = Hop {
        step: "answered",
        kind: kind_name(kind),
        op_id: head.as_ref().map(|head| head.op_id),
        status: head.as_ref().map(|head| head.status),
        seq: head.as_ref().map(|head| head.seq).filter(|seq| *seq > 0),
        bytes: Some(result.len()),
        ..of_session(sessions, handle)
    };
    note(desk, Some(queue), hop);
}

/// An event, written for so many clients of this lane.
#[cold]
pub(super) fn event(
    (desk, sessions): (&mut Desk, &Sessions),
    sub: Sub,
    event: &EventRef<'_>,
    receivers: u64,
) {
    let Some(queue) = desk.delivery.interest().get(sub) else { return };
    let hash = desk.delivery.interest().hash_of(sub);
    let hop = Hop {
        step: "delivered",
        kind: EventKind::from_number(event.kind).map_or("", event_name),
        queue: Some(queue.name().to_owned()),
        seq: Some(event.seq),
        bytes: Some(event.body.len()),
        receivers: Some(receivers),
        ..Hop::default()
    };
    // Who gets it is looked through for followed users alone. Those with a filter aren't told of:
    // what it lets through is known only as it is applied.
    let is_followed = |user: &str| desk.traces.users().any(|followed| followed == user);
    let mine = queue.all().iter().filter(|subscriber| {
        desk.traces.users().next().is_some()
            && subscriber.conn.is_some()
            && Some(subscriber.session) != event.exclude
            && is_followed(sessions[subscriber.session].user())
    });
    let mine: Vec<Hop> = mine
        .map(|subscriber| Hop {
            step: "sent",
            receivers: None,
            ..join(hop.clone(), of_session(sessions, subscriber.session))
        })
        .collect();
    note(desk, hash, hop);
    for hop in mine {
        note(desk, None, hop);
    }
}

/// A session begins, goes on, or has lost its connection.
#[cold]
pub(super) fn session(
    (desk, sessions): (&mut Desk, &Sessions),
    handle: Handle,
    step: &'static str,
) {
    let hop = Hop { step, ..of_session(sessions, handle) };
    note(desk, None, hop);
}

fn note(desk: &mut Desk, queue: Option<u64>, hop: Hop) {
    let user = hop.user.clone();
    desk.traces.note(desk.now, About { queue, user: user.as_deref() }, hop);
}

fn of_session(sessions: &Sessions, handle: Handle) -> Hop {
    let Some(session) = sessions.get(handle) else { return Hop::default() };
    let (user, session) = (session.user().to_owned(), session.id().to_string());
    Hop { user: Some(user), session: Some(session), ..Hop::default() }
}

fn join(hop: Hop, Hop { user, session, .. }: Hop) -> Hop {
    Hop { user, session, ..hop }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Subscribe => "subscribe",
        Kind::Unsubscribe => "unsubscribe",
        Kind::SendMessage => "send_message",
        Kind::SendState => "send_state",
        Kind::GetState => "get_state",
        Kind::GetHistory => "get_history",
        Kind::ListMembers => "list_members",
        Kind::Call => "call",
        Kind::Connect | Kind::Open | Kind::Refresh | Kind::Ping | Kind::Pong | Kind::Bye => "",
    }
}

fn event_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Message => "message",
        EventKind::State => "state",
        EventKind::Joined => "joined",
        EventKind::Left => "left",
        EventKind::MountCreated => "mount_created",
        EventKind::MountDeleted => "mount_deleted",
    }
}
