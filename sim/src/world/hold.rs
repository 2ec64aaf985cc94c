//! Clients that hold back old events until they open. The client library doesn't do that: it is
//! done to what it says.

use prost::Message as _;
use proto::c2g::{C2g, Open, c2g::Body};
use proto::frame;
use proto::{limits, wire};

use super::World;
use super::agenda::Happening;

impl World {
    /// What a client that holds says first: the same, and `hold`.
    pub(crate) fn with_hold(frames: &[u8]) -> Vec<u8> {
        let mut held = Vec::new();
        let mut rest = frames;
        if let Ok(Some((first, end))) = frame::split(frames, limits::CLIENT_FRAME_BYTES_MAX)
            && let Ok(C2g { body: Some(Body::Connect(mut connect)) }) = C2g::decode(first)
        {
            connect.hold = true;
            wire::put_message(&mut held, &C2g { body: Some(Body::Connect(connect)) });
            rest = &frames[end..];
        }
        held.extend_from_slice(rest);
        held
    }

    /// The client has its `welcome`: if it holds, it will open before long.
    pub(crate) fn opens_soon(&mut self, at: usize) {
        let Some(socket) = self.clients[at].socket().filter(|_| self.clients[at].holds) else {
            return;
        };
        let (us, now_us) = (self.chance.below(500_000), self.agenda.now_us());
        self.clients[at].journal.holds.push((now_us, now_us + us));
        self.agenda.after(us, Happening::ClientOpens { socket });
    }

    pub(crate) fn client_opens(&mut self, socket: usize) {
        let at = self.sockets[socket].client;
        if self.clients[at].socket() == Some(socket) {
            self.trace(|| format!("c{at} opens"));
            let mut open = Vec::new();
            wire::put_message(&mut open, &C2g { body: Some(Body::Open(Open {})) });
            self.write_to_gateway(socket, &open);
        }
    }
}
