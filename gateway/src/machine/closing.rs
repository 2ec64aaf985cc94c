//! The end of a connection: always with a code and a sentence that says what to do.

use proto::codes::Close;
use proto::g2c::{self, BodyKind};

use super::clients::{Codec, ConnId, Ending};
use super::fanout::{self, Frame};
use super::lane::{Lane, Outbox};
use super::session::{Handle, NONE, Phase};

/// A client has this long to take what it is owed before the socket is cut.
const LINGER_MS: u64 = 5_000;
/// Clients of a gateway that shuts down are asked to come back spread over this long.
const SPREAD_MS: u32 = 5_000;

impl Lane {
    /// Says why, then closes when that is written. The session ends here and now.
    pub(super) fn close(&mut self, conn: ConnId, close: Close, reason: &str, out: &mut Outbox) {
        self.close_as(conn, close, reason, false, out);
    }

    fn close_as(&mut self, conn: ConnId, close: Close, reason: &str, bye: bool, out: &mut Outbox) {
        let Some(connection) = self.connections.get(conn) else { return };
        if connection.phase == Phase::Closing {
            return;
        }
        connection.phase = Phase::Closing;
        let session = std::mem::replace(&mut connection.session, NONE);
        connection.due = self.wheel.arm(self.now.ms, LINGER_MS, conn);
        let retry_after_ms = match close {
            Close::Draining => conn.0.wrapping_mul(97) % SPREAD_MS,
            Close::Bye
            | Close::HomeLost
            | Close::PingTimeout
            | Close::Overloaded
            | Close::Slow
            | Close::Rate
            | Close::Replaced
            | Close::BadToken
            | Close::BadFrame
            | Close::Forbidden
            | Close::ConnectTimeout
            | Close::Version
            | Close::AlreadyConnected
            | Close::FrameTooLarge
            | Close::NotConnected
            | Close::Resumed => 0,
        };
        let message = g2c::Closing {
            code: u32::from(close.number()),
            reason: reason.to_owned(),
            may_retry: close.may_retry(),
            retry_after_ms,
            address: String::new(),
        };
        let codec = out.clients.codec(conn);
        let body = prost::Message::encode_to_vec(&message);
        let frame = Frame::of(BodyKind::Closing, &body);
        out.clients.append(conn, self.encodings.one(codec, &frame));
        match codec {
            Codec::ProtoTcp => {}
            Codec::ProtoWs | Codec::JsonWs => {
                let mut last = Vec::new();
                fanout::put_websocket_close(&mut last, close.number(), reason);
                out.clients.append(conn, &last);
            }
        }
        out.clients.end(conn, Ending::Written);
        self.counters.count_closed(close);
        self.end_session(session, bye, out);
    }

    /// The client reads slower than it is sent to.
    pub(super) fn close_slow(&mut self, conn: ConnId, out: &mut Outbox) {
        let reason =
            "the client reads slower than it is sent to: read faster, or subscribe to less";
        self.close(conn, Close::Slow, reason, out);
    }

    /// The client said that it goes.
    pub(super) fn bye(&mut self, conn: ConnId, _handle: Handle, out: &mut Outbox) {
        self.close_as(conn, Close::Bye, "bye", true, out);
    }

    /// The client closes in its own way; its output is still written.
    pub(super) fn hung_up(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(connection) = self.connections.get(conn) else { return };
        if connection.phase == Phase::Closing {
            return;
        }
        connection.phase = Phase::Closing;
        let session = std::mem::replace(&mut connection.session, NONE);
        connection.due = self.wheel.arm(self.now.ms, LINGER_MS, conn);
        out.clients.end(conn, Ending::Written);
        self.end_session(session, false, out);
    }

    /// The socket is gone.
    pub(super) fn closed(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(connection) = self.connections.get(conn) else { return };
        let session = connection.session;
        self.connections.free(conn);
        out.clients.closed(conn);
        self.counters.connections -= 1;
        self.end_session(session, false, out);
    }

    /// The gateway shuts down.
    pub(super) fn drain(&mut self, out: &mut Outbox) {
        self.draining = true;
        for conn in self.connections.open_ones() {
            let reason = "this gateway shuts down: connect to another";
            self.close(conn, Close::Draining, reason, out);
        }
    }
}
