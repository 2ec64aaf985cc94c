//! A client's connection: its frames, its pings, and what it may send when.

use proto::c2g::{self, Kind, field::pong};
use proto::codes::Close;
use proto::g2c::{self, BodyKind};
use proto::ids::Handle;
use proto::limits;
use proto::wire::{self, Fields};
use rand::Rng as _;

use crate::machine::delivery::{ConnId, Ending, Format};
use crate::machine::door::{Came, Farewell, Look, Phase};
use crate::machine::lane::{Lane, Outbox};

const TOO_MUCH: &str = "too many operations or bytes a second: keep to `welcome.limits`";

impl Lane {
    pub(in crate::machine) fn opened(&mut self, conn: ConnId, format: Format, out: &mut Outbox) {
        out.clients.opened(conn, format);
        self.desk.door.opened(conn, self.desk.now.ms);
        self.desk.counters.connections += 1;
        if self.draining {
            self.desk.close(conn, Close::Draining, "connect to another gateway");
        }
    }

    pub(in crate::machine) fn frame(&mut self, conn: ConnId, frame: &[u8], out: &mut Outbox) {
        let (phase, session) = match self.desk.door.came(conn, self.desk.now.ms, frame.len()) {
            Some(Came::From(phase, session)) => (phase, session),
            Some(Came::TooMuch) => return self.desk.close(conn, Close::Rate, TOO_MUCH),
            None => return,
        };
        let Ok((number, body)) = wire::envelope(frame) else {
            let reason = "the frame is not a C2g envelope: see the protocol's section on framing";
            return self.desk.close(conn, Close::BadFrame, reason);
        };
        let Some(kind) = Kind::from_number(number) else {
            let reason = format!("C2g has no body with the number {number}");
            return self.desk.close(conn, Close::BadFrame, reason);
        };
        match (phase, session) {
            (Phase::Live | Phase::Pinged, Some(handle)) => self.live(conn, handle, kind, body, out),
            (Phase::LoggingIn, Some(handle)) => self.wait(conn, handle, kind, frame),
            (Phase::Fresh, _) => self.fresh(conn, kind, body, out),
            (Phase::Asking, _) => self.application.wait_for_word(conn, kind, frame, &mut self.desk),
            // It has a session while it is in these phases.
            (Phase::Live | Phase::Pinged | Phase::LoggingIn, None) => {}
            (Phase::Free | Phase::Closing, _) => {}
        }
    }

    /// What comes besides envelopes counts as they do.
    pub(in crate::machine) fn overhead(&mut self, conn: ConnId, bytes: u32, frames: u32) {
        if !self.desk.door.allows_overhead(conn, self.desk.now.ms, (bytes, frames)) {
            self.desk.close(conn, Close::Rate, TOO_MUCH);
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
                self.desk.close(conn, Close::NotConnected, reason);
            }
        }
    }

    /// What comes between `connect` and `welcome` waits, but not without bound.
    fn wait(&mut self, conn: ConnId, handle: Handle, kind: Kind, frame: &[u8]) {
        if kind == Kind::Connect {
            return self.desk.door.dismiss(conn, Farewell::early(true));
        }
        // A `pong` answers no ping of this connection's: none was sent.
        if kind != Kind::Pong && !self.sessions.keep_early(handle, frame) {
            self.desk.door.dismiss(conn, Farewell::early(false));
        }
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
                if !self.sessions.is_heard(handle, &self.desk) =>
            {
                self.sessions.wait_unheard(conn, handle, (kind, body), &mut self.desk);
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
                self.desk.send_message(conn, BodyKind::Pong, &pong, out);
            }
            Kind::Pong => self.sessions.ponged(handle, nonce(body), &mut self.desk, out),
            Kind::Open => self.open(conn, handle, out),
            Kind::Bye => self.desk.door.dismiss(conn, Farewell::bye()),
            Kind::Call => self.call(conn, handle, body, out),
            Kind::Refresh => self.refresh(conn, handle, body, out),
            Kind::Connect => self.desk.door.dismiss(conn, Farewell::early(true)),
        }
    }

    /// The wheel has come to a connection.
    pub(in crate::machine) fn look_at(&mut self, conn: ConnId, tick: u32, out: &mut Outbox) {
        let ping_ms = self.ping_every_ms(conn);
        match self.desk.door.look_at((conn, tick), ping_ms, self.desk.now.ms) {
            None | Some(Look::Again) => {}
            Some(Look::Unconnected) => {
                let reason = "no `connect` within 5 seconds: send it as the first frame";
                self.desk.close(conn, Close::ConnectTimeout, reason);
            }
            Some(Look::Ping) => {
                let nonce = self.desk.random.next_u64() >> 16;
                self.desk.send_message(conn, BodyKind::Ping, &g2c::Ping { nonce }, out);
                self.desk.door.await_pong(conn, self.desk.now.ms);
            }
            Some(Look::Unanswered) => {
                let reason = "no answer to a ping within 10 seconds";
                self.desk.close(conn, Close::PingTimeout, reason);
            }
            Some(Look::End) => out.clients.end(conn, Ending::AtOnce),
        }
    }

    /// Jittered by the connection's number, so that those who came together aren't pinged together.
    fn ping_every_ms(&self, conn: ConnId) -> u64 {
        let every = self.desk.settings.ping_every_ms;
        every - u64::from(conn.number() % 64) * (every / 10) / 64
    }

    /// Takes up what has waited.
    pub(in crate::machine) fn resume_waiting(
        &mut self,
        conn: ConnId,
        handle: Handle,
        out: &mut Outbox,
    ) {
        let waiting = self.sessions.take_waiting(handle);
        let mut rest = waiting.as_slice();
        while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::CLIENT_FRAME_BYTES_MAX)
        {
            rest = &rest[end..];
            let alive = self.sessions.goes_on(handle, &self.desk);
            // Both were read when the frame came.
            if let (true, Ok((number, body))) = (alive, wire::envelope(frame))
                && let Some(kind) = c2g::Kind::from_number(number)
            {
                self.live(conn, handle, kind, body, out);
            }
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
