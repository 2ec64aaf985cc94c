//! Handing out pages: as much as the socket takes, and on when it takes more.

use proto::limits;
use proto::time::Time;

use super::stream::Stream;
use super::{Clients, Reader};
use crate::machine::{ConnId, Lane, Outbox};

/// A page on its way.
#[derive(Debug)]
pub(super) struct Handing {
    head: String,
    body: &'static [u8],
    /// Of head and body.
    written: usize,
    /// Then the client is to have taken it.
    until_ms: u64,
}

impl Handing {
    pub(super) fn new(now: Time, head: String, body: &'static [u8]) -> Handing {
        Handing { head, body, written: 0, until_ms: now.ms + limits::PAGE_MS_MAX }
    }

    /// Until when its client has time.
    pub(super) fn until_ms(&self) -> u64 {
        self.until_ms
    }

    fn unwritten(&self) -> &[u8] {
        match self.head.as_bytes().get(self.written..) {
            Some(head) if !head.is_empty() => head,
            Some(_) | None => &self.body[self.written - self.head.len()..],
        }
    }

    /// Writes what the socket takes. Whether it has taken all.
    fn write(&mut self, stream: &mut Stream) -> std::io::Result<bool> {
        loop {
            let unwritten = self.unwritten();
            if unwritten.is_empty() {
                return stream.flush();
            }
            match stream.write(unwritten) {
                Ok(length) => self.written += length,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Clients {
    /// Writes on at a page. Its socket stays until the client has closed it, as after a refusal.
    pub(super) fn hand_out(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        let Reader::Page(page) = &mut client.reader else { return };
        let written = match page.write(&mut client.stream) {
            Ok(false) => return,
            Ok(true) => client.stream.finish(),
            Err(error) => Err(error),
        };
        client.reader = Reader::Refused;
        if written.is_err() {
            self.gone(now, conn, lane, out);
        }
    }
}
