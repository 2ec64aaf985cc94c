//! A client's connection: its frames, its pings, and what it may send when.

use proto::c2g::{self, Kind, field::pong};
use proto::codes::Close;
use proto::g2c::{self, BodyKind};
use proto::ids::{ConnectionName, Handle};
use proto::limits;
use proto::wire::{self, Fields};
use rand::Rng as _;

use super::{Came, Farewell, Look, Phase, credentials, operation};
use crate::machine::delivery::{ConnId, Ending, Format};
use crate::machine::desk::Desk;
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;

pub(super) const TOO_MUCH: &str = "too many operations or bytes a second: keep to `welcome.limits`";

/// A connection is there.
pub(in crate::machine) fn opened(
    parts: &mut LaneParts,
    conn: ConnId,
    (format, name): (Format, Option<ConnectionName>),
    out: &mut Outbox,
) {
    out.clients.opened(conn, format);
    parts.desk.door.opened(conn, parts.desk.now.ms);
    parts.desk.counters.connections += 1;
    if let Some(name) = name {
        parts.desk.door.streams(conn, name, parts.desk.now.ms);
        let mut event = Vec::new();
        let text = format!(r#"{{"connection":"{}"}}"#, name.reveal());
        format.transport.put_text(&mut event, text.as_bytes());
        out.clients.append(conn, &event);
    }
    if parts.desk.door.is_draining() {
        parts.desk.close(conn, Close::Draining, "connect to another gateway");
    }
}

/// A client has sent an envelope.
pub(in crate::machine) fn frame(
    parts: &mut LaneParts,
    conn: ConnId,
    frame: &[u8],
    out: &mut Outbox,
) {
    let (phase, session) = match parts.desk.door.came(conn, parts.desk.now.ms, frame.len()) {
        Some(Came::From(phase, session)) => (phase, session),
        Some(Came::TooMuch) => return parts.desk.close(conn, Close::Rate, TOO_MUCH),
        None => return,
    };
    let Ok((number, body)) = wire::envelope(frame) else {
        let reason = "the frame is not a C2g envelope: see the protocol's section on framing";
        return parts.desk.close(conn, Close::BadFrame, reason);
    };
    let Some(kind) = Kind::from_number(number) else {
        let reason = format!("C2g has no body with the number {number}");
        return parts.desk.close(conn, Close::BadFrame, reason);
    };
    match (phase, session) {
        (Phase::Live | Phase::Pinged, Some(handle)) => live(parts, conn, handle, kind, body, out),
        (Phase::LoggingIn, Some(handle)) => wait(parts, conn, handle, kind, frame),
        (Phase::Fresh, _) => fresh(parts, conn, kind, body, out),
        (Phase::Asking, _) => parts.application.wait_for_word(conn, kind, frame, &mut parts.desk),
        // It has a session while it is in these phases.
        (Phase::Live | Phase::Pinged | Phase::LoggingIn, None) => {}
        (Phase::Free | Phase::Closing, _) => {}
    }
}

/// What comes besides envelopes counts as they do.
pub(in crate::machine) fn overhead(parts: &mut LaneParts, conn: ConnId, bytes: u32, frames: u32) {
    if !parts.desk.door.allows_overhead(conn, parts.desk.now.ms, (bytes, frames)) {
        parts.desk.close(conn, Close::Rate, TOO_MUCH);
    }
}

/// The first envelope of a client.
fn fresh(parts: &mut LaneParts, conn: ConnId, kind: Kind, body: &[u8], out: &mut Outbox) {
    match kind {
        Kind::Connect => credentials::connect(parts, conn, body, out),
        Kind::Open
        | Kind::Subscribe
        | Kind::Unsubscribe
        | Kind::SendMessage
        | Kind::SendState
        | Kind::GetState
        | Kind::GetHistory
        | Kind::ListMembers
        | Kind::Call
        | Kind::Refresh
        | Kind::Ping
        | Kind::Pong
        | Kind::Bye => {
            let reason = "the first frame must be `connect`, with credentials";
            parts.desk.close(conn, Close::NotConnected, reason);
        }
    }
}

/// What comes between `connect` and `welcome` waits, but not without bound.
fn wait(parts: &mut LaneParts, conn: ConnId, handle: Handle, kind: Kind, frame: &[u8]) {
    if kind == Kind::Connect {
        return parts.desk.door.dismiss(conn, Farewell::early(true));
    }
    // A `pong` answers no ping of this connection's: none was sent.
    if kind != Kind::Pong && !parts.sessions.keep_early(handle, frame) {
        parts.desk.door.dismiss(conn, Farewell::early(false));
    }
}

/// An envelope of a client whose session goes on.
pub(in crate::machine) fn live(
    parts: &mut LaneParts,
    conn: ConnId,
    handle: Handle,
    kind: Kind,
    body: &[u8],
    out: &mut Outbox,
) {
    match kind {
        Kind::Subscribe
        | Kind::Unsubscribe
        | Kind::SendMessage
        | Kind::SendState
        | Kind::GetState
        | Kind::GetHistory
        | Kind::ListMembers
        | Kind::Call
        | Kind::Refresh
            if !parts.sessions.is_heard(handle, &mut parts.desk) =>
        {
            parts.sessions.wait_unheard(conn, handle, (kind, body), &mut parts.desk);
        }
        Kind::Subscribe
        | Kind::Unsubscribe
        | Kind::SendMessage
        | Kind::SendState
        | Kind::GetState
        | Kind::GetHistory
        | Kind::ListMembers => operation::operation(parts, conn, handle, kind, body, out),
        Kind::Ping => {
            let pong = g2c::Pong { nonce: nonce(body) };
            parts.desk.send_message(conn, BodyKind::Pong, &pong, out);
        }
        Kind::Pong => parts.sessions.ponged(handle, nonce(body), &mut parts.desk, out),
        Kind::Open => parts.sessions.open(conn, handle, &mut parts.desk, out),
        Kind::Bye => parts.desk.door.dismiss(conn, Farewell::bye()),
        Kind::Call => operation::call(parts, conn, handle, body, out),
        Kind::Refresh => credentials::refresh(parts, conn, handle, body, out),
        Kind::Connect => parts.desk.door.dismiss(conn, Farewell::early(true)),
    }
}

/// The wheel has come to a connection.
pub(in crate::machine) fn look_at(desk: &mut Desk, conn: ConnId, tick: u32, out: &mut Outbox) {
    let ping_ms = ping_every_ms(desk, conn);
    match desk.door.look_at((conn, tick), ping_ms, desk.now.ms) {
        None | Some(Look::Again) => {}
        Some(Look::Unconnected) => {
            let reason = "no `connect` within 5 seconds: send it as the first frame";
            desk.close(conn, Close::ConnectTimeout, reason);
        }
        Some(Look::Ping) => {
            let nonce = desk.random.next_u64() >> 16;
            desk.send_message(conn, BodyKind::Ping, &g2c::Ping { nonce }, out);
            desk.door.await_pong(conn, desk.now.ms);
        }
        Some(Look::Unanswered) => {
            let reason = "no answer to a ping within 10 seconds";
            desk.close(conn, Close::PingTimeout, reason);
        }
        Some(Look::End) => out.clients.end(conn, Ending::AtOnce),
    }
}

/// Jittered by the connection's number, so that those who came together aren't pinged together.
fn ping_every_ms(desk: &Desk, conn: ConnId) -> u64 {
    let every = desk.settings.ping_every_ms;
    every - u64::from(conn.number() % 64) * (every / 10) / 64
}

/// Takes up what has waited.
pub(in crate::machine) fn take_up(
    parts: &mut LaneParts,
    conn: ConnId,
    handle: Handle,
    out: &mut Outbox,
) {
    let waiting = parts.sessions.take_waiting(handle);
    let mut rest = waiting.as_slice();
    while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::CLIENT_FRAME_BYTES_MAX) {
        rest = &rest[end..];
        let alive = parts.sessions.goes_on(handle, &parts.desk);
        // Both were read when the frame came.
        if let (true, Ok((number, body))) = (alive, wire::envelope(frame))
            && let Some(kind) = c2g::Kind::from_number(number)
        {
            live(parts, conn, handle, kind, body, out);
        }
    }
}

/// The nonce of a ping or pong; 0 if it can't be read.
fn nonce(message: &[u8]) -> u64 {
    let mut nonce = 0;
    let mut fields = Fields::of(message);
    while let Ok(Some((number, value))) = fields.field() {
        if number == pong::NONCE {
            nonce = value.uint().unwrap_or(0);
        }
    }
    nonce
}
