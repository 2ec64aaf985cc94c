//! The end of a socket: when all is written, or here and now.

use proto::time::Time;

use super::{Clients, Reader};
use crate::machine::{ConnId, Input, Lane, Outbox};

impl Clients {
    /// Ends a connection once its output is written. The socket stays until the client has closed
    /// its end, or the lane's patience is over: closed with unread bytes, it would lose the last
    /// frame.
    pub(super) fn finish(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        client.reader = Reader::Deaf;
        client.pong = None;
        let written = match client.stream.flush() {
            Ok(flushed) if !flushed || out.clients.unsent(conn) > 0 => {
                client.ending = true;
                return;
            }
            Ok(_) => {
                client.ending = false;
                client.stream.finish()
            }
            Err(error) => Err(error),
        };
        if written.is_err() {
            self.gone(now, conn, lane, out);
        }
    }

    /// The socket is closed.
    pub(super) fn gone(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        if let Some(client) = self.sockets.try_remove(conn.place()) {
            client.counted.inspect(|prefix| self.listeners.door.left(*prefix));
            self.turned_away -= usize::from(client.turned_away);
            self.handed_on -= usize::from(client.handed_on);
            if let Reader::Waiting(waiting) = &client.reader {
                self.reserved -= waiting.reserved();
            }
            drop(client);
            lane.handle(now, Input::Closed { conn }, out);
        }
    }
}
