//! A client's connection: its frames, its pings, and what it may send when.

use link::machine::LinkId;
use proto::c2g::{Kind, field::pong};
use proto::codes::Close;
use proto::g2c::{self, BodyKind};
use proto::ids::{Generation, Handle};
use proto::limits;
use proto::wire::{self, Fields};
use rand::Rng as _;

use crate::machine::delivery::{ConnId, Ending, Format};
use crate::machine::door::{Came, Look, Phase};
use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::Session;
use crate::machine::upstream::{NodeIndex, Upstream};

const TOO_MUCH: &str = "too many operations or bytes a second: keep to `welcome.limits`";

impl Lane {
    pub(in crate::machine) fn opened(&mut self, conn: ConnId, format: Format, out: &mut Outbox) {
        out.clients.opened(conn, format);
        self.door.opened(conn, self.now.ms);
        self.counters.connections += 1;
        if self.draining {
            self.close(conn, Close::Draining, "connect to another gateway", out);
        }
    }

    pub(in crate::machine) fn frame(&mut self, conn: ConnId, frame: &[u8], out: &mut Outbox) {
        let (phase, session) = match self.door.came(conn, self.now.ms, frame.len()) {
            Some(Came::From(phase, session)) => (phase, session),
            Some(Came::TooMuch) => return self.close(conn, Close::Rate, TOO_MUCH, out),
            None => return,
        };
        let Ok((number, body)) = wire::envelope(frame) else {
            let reason = "the frame is not a C2g envelope: see the protocol's section on framing";
            return self.close(conn, Close::BadFrame, reason, out);
        };
        let Some(kind) = Kind::from_number(number) else {
            let reason = format!("C2g has no body with the number {number}");
            return self.close(conn, Close::BadFrame, &reason, out);
        };
        match (phase, session) {
            (Phase::Live | Phase::Pinged, Some(handle)) => self.live(conn, handle, kind, body, out),
            (Phase::LoggingIn, Some(handle)) => self.wait(conn, handle, kind, frame, out),
            (Phase::Fresh, _) => self.fresh(conn, kind, body, out),
            (Phase::Asking, _) => self.wait_for_word(conn, kind, frame, out),
            // It has a session while it is in these phases.
            (Phase::Live | Phase::Pinged | Phase::LoggingIn, None) => {}
            (Phase::Free | Phase::Closing, _) => {}
        }
    }

    /// What comes besides envelopes counts as they do.
    pub(in crate::machine) fn overhead(
        &mut self,
        conn: ConnId,
        bytes: u32,
        frames: u32,
        out: &mut Outbox,
    ) {
        if !self.door.allows_overhead(conn, self.now.ms, (bytes, frames)) {
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
    pub(in crate::machine) fn refuse_early(
        &mut self,
        conn: ConnId,
        is_second: bool,
        out: &mut Outbox,
    ) {
        let (close, reason) = if is_second {
            let reason = "a second `connect` on one connection: open another connection";
            (Close::AlreadyConnected, reason)
        } else {
            (Close::Rate, "too many operations before `welcome`: wait for it")
        };
        self.close(conn, close, reason, out);
    }

    pub(in crate::machine) fn live(
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
    pub(in crate::machine) fn look_at(&mut self, conn: ConnId, tick: u32, out: &mut Outbox) {
        let ping_ms = self.ping_every_ms(conn);
        match self.door.look_at((conn, tick), ping_ms, self.now.ms) {
            None | Some(Look::Again) => {}
            Some(Look::Unconnected) => {
                let reason = "no `connect` within 5 seconds: send it as the first frame";
                self.close(conn, Close::ConnectTimeout, reason, out);
            }
            Some(Look::Ping) => {
                let nonce = self.random.next_u64() >> 16;
                self.send_message(conn, BodyKind::Ping, &g2c::Ping { nonce }, out);
                self.door.await_pong(conn, self.now.ms);
            }
            Some(Look::Unanswered) => {
                let reason = "no answer to a ping within 10 seconds";
                self.close(conn, Close::PingTimeout, reason, out);
            }
            Some(Look::End) => out.clients.end(conn, Ending::AtOnce),
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
pub(in crate::machine) fn introduce(
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
    pub(in crate::machine) fn nonce(&self) -> u64 {
        Generation::number_or_none(self.generation) & 0xffff_ffff_ffff
    }
}
