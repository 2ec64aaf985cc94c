//! A socket with TLS on it, for a loop that is told once when a socket becomes ready.

use std::io::{self, Read, Write};

use rustls::Connection;

use super::reason;

/// One read takes so many pieces of the socket, of 4 KiB each: twice what fills a buffer of 64 KiB.
/// A peer may go on for ever with records that have next to nothing in them.
const PIECES_MAX: usize = 32;

/// Read and written like the plain socket below it, which blocks nobody.
///
/// What is written may wait here, encrypted, for the socket: when that can be written again,
/// [`Stream::flush`] is called, whether or not there is more to write.
#[derive(Debug)]
pub struct Stream<S> {
    socket: S,
    tls: Connection,
    has_more: bool,
}

impl<S: Read + Write> Stream<S> {
    pub(super) fn new(socket: S, tls: Connection) -> Stream<S> {
        Stream { socket, tls, has_more: false }
    }

    /// The socket below.
    pub fn socket(&self) -> &S {
        &self.socket
    }

    /// The socket below, to be registered with a poll.
    pub fn socket_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Reads until the buffer is full or the socket has no more, so that a short read means the
    /// same as it does for a plain socket, unless [`Stream::has_more`] says otherwise. 0: the peer
    /// has closed it.
    ///
    /// # Errors
    /// Of the socket; `WouldBlock` if nothing is there; `Interrupted` if much came with nothing in
    /// it, and the rest is for the caller's next turn; `InvalidData`, with a sentence for the
    /// operator, if the peer isn't believed or says what isn't TLS.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (mut filled, mut pieces) = (0, 0);
        self.has_more = false;
        while filled < buffer.len() {
            let more = match self.tls.reader().read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(length) => {
                    filled += length;
                    continue;
                }
                // Frames say themselves whether they are whole, so a connection that just ends is
                // no worse than one that says so.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    pieces += 1;
                    if pieces > PIECES_MAX {
                        Err(io::ErrorKind::Interrupted.into())
                    } else {
                        self.receive()
                    }
                }
                Err(error) => Err(error),
            };
            match more {
                Ok(()) => {}
                Err(error) if filled > 0 => {
                    // Any other is met again by the next read.
                    self.has_more = error.kind() != io::ErrorKind::WouldBlock;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Whether the last read ended early: the socket, which says only once that it is ready, may
    /// have more.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Takes as much of it as may wait for the socket.
    ///
    /// # Errors
    /// Of the socket; `WouldBlock` if nothing more may wait.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        loop {
            taken += self.tls.writer().write(&bytes[taken..])?;
            let emptied = self.flush()?;
            // Before the handshake is done what is taken waits, though the socket takes all.
            if taken == bytes.len() || !emptied || self.tls.is_handshaking() {
                break;
            }
        }
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(taken)
    }

    /// Sends what waits; false if the socket doesn't take all of it.
    ///
    /// # Errors
    /// Of the socket.
    pub fn flush(&mut self) -> io::Result<bool> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Tells the peer that nothing more comes, if the socket takes it.
    pub fn end(&mut self) {
        self.tls.send_close_notify();
        // The socket is closed next, and that says the same.
        self.flush().ok();
    }

    /// Takes what the socket has, and answers what TLS itself asks.
    fn receive(&mut self) -> io::Result<()> {
        self.tls.read_tls(&mut self.socket)?;
        let handshaking = self.tls.is_handshaking();
        if let Err(error) = self.tls.process_new_packets() {
            // An alert tells the peer why; if it can't be sent, the end of the connection must do.
            self.flush().ok();
            let reason = reason::of(&error, handshaking);
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        self.flush().map(|_| ())
    }
}

#[cfg(test)]
mod tests;
