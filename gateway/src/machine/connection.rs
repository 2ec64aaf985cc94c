//! A client's connection: its frames, its pings, and what it may send when.

use link::machine::LinkId;
use proto::c2g::{Kind, field::pong};
use proto::codes::Close;
use proto::g2c::{self, BodyKind};
use proto::ids::{Generation, Handle};
use proto::limits;
use proto::wire::{self, Fields};
use rand::Rng as _;

use super::delivery::{ConnId, Ending, Format};
use super::door::Allowance;
use super::lane::{Lane, Outbox};
use super::session::{Connection, Phase, Session};
use super::upstream::{NodeIndex, Upstream};

const TOO_MUCH: &str = "too many operations or bytes a second: keep to `welcome.limits`";

impl Lane {
    pub(super) fn opened(&mut self, conn: ConnId, format: Format, out: &mut Outbox) {
        out.clients.opened(conn, format);
        let due = self.wheel.arm(self.now.ms, limits::CONNECT_MS_MAX, conn);
        let connection = Connection {
            session: None,
            heard_ms: self.now.ms as u32,
            due,
            allowance: Allowance::full(self.rate, self.now.ms),
            phase: Phase::Fresh,
        };
        self.connections.open(conn, connection);
        self.counters.connections += 1;
        if self.draining {
            self.close(conn, Close::Draining, "connect to another gateway", out);
        }
    }

    pub(super) fn frame(&mut self, conn: ConnId, frame: &[u8], out: &mut Outbox) {
        let Some(connection) = self.connections.get(conn) else { return };
        let (phase, session) = (connection.phase, connection.session);
        if phase == Phase::Closing {
            return;
        }
        connection.heard_ms = self.now.ms as u32;
        if !connection.allowance.take(self.rate, self.now.ms, 1, frame.len()) {
            return self.close(conn, Close::Rate, TOO_MUCH, out);
        }
        let Ok((number, body)) = wire::envelope(frame) else {
            let reason = "the frame is not a C2g envelope: see the protocol's section on framing";
            return self.close(conn, Close::BadFrame, reason, out);
        };
        let Some(kind) = Kind::from_number(number) else {
            let reason = format!("C2g has no body with the number {number}");
            return self.close(conn, Close::BadFrame, &reason, out);
        };
        match (phase, session) {
            (Phase::Live, Some(handle)) => self.live(conn, handle, kind, body, out),
            (Phase::Pinged, Some(handle)) => {
                connection.phase = Phase::Live;
                self.live(conn, handle, kind, body, out);
            }
            (Phase::LoggingIn, Some(handle)) => self.wait(conn, handle, kind, frame, out),
            (Phase::Fresh, _) => self.fresh(conn, kind, body, out),
            (Phase::Asking, _) => self.wait_for_word(conn, kind, frame, out),
            // It has a session while it is in these phases.
            (Phase::Live | Phase::Pinged | Phase::LoggingIn, None) => {}
            (Phase::Free | Phase::Closing, _) => {}
        }
    }

    /// What comes besides envelopes counts as they do. Before `connect` nobody needs so much of it
    /// that it is told.
    pub(super) fn overhead(&mut self, conn: ConnId, bytes: u32, frames: u32, out: &mut Outbox) {
        let Some(connection) = self.connections.get(conn) else { return };
        let allowed = connection.allowance.take(self.rate, self.now.ms, frames, bytes as usize);
        if connection.phase == Phase::Fresh || !allowed {
            self.close(conn, Close::Rate, TOO_MUCH, out);
        }
    }

    fn fresh(&mut self, conn: ConnId, kind: Kind, body: &[u8], out: &mut Outbox) {
        match kind {
            Kind::Connect => self.connect(conn, body, out),
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
                self.close(conn, Close::NotConnected, reason, out);
            }
        }
    }

    /// What comes between `connect` and `welcome` waits, but not without bound.
    fn wait(&mut self, conn: ConnId, handle: Handle, kind: Kind, frame: &[u8], out: &mut Outbox) {
        if kind == Kind::Connect {
            return self.refuse_early(conn, true, out);
        }
        if kind == Kind::Pong {
            // It answers no ping of this connection's: none was sent.
            return;
        }
        let fits = self.sessions.with_rare(handle, |rare| {
            let fits = rare.waiting.len() + frame.len() <= limits::CLIENT_FRAME_BYTES_MAX;
            if fits {
                wire::put_varint(&mut rare.waiting, frame.len() as u64);
                rare.waiting.extend_from_slice(frame);
            }
            fits
        });
        if fits == Some(false) {
            self.refuse_early(conn, false, out);
        }
    }

    /// A client sends before `welcome` what it must not: `connect` once more, or too much.
    pub(super) fn refuse_early(&mut self, conn: ConnId, is_second: bool, out: &mut Outbox) {
        let (close, reason) = if is_second {
            let reason = "a second `connect` on one connection: open another connection";
            (Close::AlreadyConnected, reason)
        } else {
            (Close::Rate, "too many operations before `welcome`: wait for it")
        };
        self.close(conn, close, reason, out);
    }

    pub(super) fn live(
        &mut self,
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
                if !self.is_heard(handle) =>
            {
                self.wait_unheard(conn, handle, (kind, body), out);
            }
            Kind::Subscribe
            | Kind::Unsubscribe
            | Kind::SendMessage
            | Kind::SendState
            | Kind::GetState
            | Kind::GetHistory
            | Kind::ListMembers => self.operation(conn, handle, kind, body, out),
            Kind::Ping => {
                let pong = g2c::Pong { nonce: nonce(body) };
                self.send_message(conn, BodyKind::Pong, &pong, out);
            }
            Kind::Pong => self.ponged(handle, nonce(body), out),
            Kind::Open => self.open(conn, handle, out),
            Kind::Bye => self.bye(conn, out),
            Kind::Call => self.call(conn, handle, body, out),
            Kind::Refresh => self.refresh(conn, handle, body, out),
            Kind::Connect => self.refuse_early(conn, true, out),
        }
    }

    /// The wheel has come to a connection.
    pub(super) fn look_at(&mut self, conn: ConnId, tick: u32, out: &mut Outbox) {
        let ping_ms = self.ping_every_ms(conn);
        let now_ms = self.now.ms;
        let Some(connection) = self.connections.get(conn) else { return };
        if connection.due != tick {
            return;
        }
        let silent_ms = u64::from((now_ms as u32).wrapping_sub(connection.heard_ms));
        let next_ms = match connection.phase {
            Phase::Free => return,
            Phase::Fresh => {
                let reason = "no `connect` within 5 seconds: send it as the first frame";
                return self.close(conn, Close::ConnectTimeout, reason, out);
            }
            // Each has an end of its own.
            Phase::Asking | Phase::LoggingIn => limits::CONNECT_MS_MAX,
            Phase::Live if silent_ms < ping_ms => ping_ms - silent_ms,
            Phase::Live => {
                connection.phase = Phase::Pinged;
                let nonce = self.random.next_u64() >> 16;
                self.send_message(conn, BodyKind::Ping, &g2c::Ping { nonce }, out);
                limits::PONG_MS_MAX
            }
            Phase::Pinged => {
                let reason = "no answer to a ping within 10 seconds";
                return self.close(conn, Close::PingTimeout, reason, out);
            }
            Phase::Closing => return out.clients.end(conn, Ending::AtOnce),
        };
        let due = self.wheel.arm(now_ms, next_ms, conn);
        if let Some(connection) = self.connections.get(conn) {
            connection.due = due;
        }
    }

    /// Jittered by the connection's number, so that those who came together aren't pinged together.
    fn ping_every_ms(&self, conn: ConnId) -> u64 {
        let every = self.settings.ping_every_ms;
        every - u64::from(conn.number() % 64) * (every / 10) / 64
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

/// Tells a node a session's handle, if it doesn't know it yet.
#[inline]
pub(super) fn introduce(
    node: NodeIndex,
    link: LinkId,
    handle: Handle,
    session: &mut Session,
    out: &mut Outbox,
) {
    Upstream::introduce(node, link, handle, session, &mut out.links);
}

impl Session {
    /// The nonce of the ping behind `welcome`: as nonces are, of 48 bits.
    pub(super) fn nonce(&self) -> u64 {
        Generation::number_or_none(self.generation) & 0xffff_ffff_ffff
    }
}
