//! The seam between a client's bytes and its socket: plain, or with TLS on it.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use link::io::tls;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

/// So much goes into TLS at once: one record. What waits there, encrypted, isn't among what the
/// lane counts as unsent, so it is kept small.
const RECORD_BYTES: usize = 16 * 1024;

/// A client's socket.
#[derive(Debug)]
pub(super) enum Stream {
    /// Bytes as they are.
    Plain(TcpStream),
    /// In a box, since it is a hundred times as large.
    Tls(Box<tls::Stream<TcpStream>>),
}

impl Stream {
    fn socket(&mut self) -> &mut TcpStream {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream.socket_mut(),
        }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let socket = self.socket();
        socket.set_nodelay(true)?;
        registry.register(socket, token, Interest::READABLE | Interest::WRITABLE)
    }

    pub(super) fn is_tls(&self) -> bool {
        match self {
            Stream::Plain(_) => false,
            Stream::Tls(_) => true,
        }
    }

    /// Looks at what has come on the socket itself, below TLS, and leaves it there.
    pub(super) fn peek(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket().peek(buffer)
    }

    /// Takes what was looked at.
    pub(super) fn skip(&mut self, looked_at: &mut [u8]) -> io::Result<()> {
        self.socket().read_exact(looked_at)
    }

    /// A short read has drained the socket.
    #[inline]
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }

    /// Whether the last read, though a short one, left something.
    #[inline]
    pub(super) fn has_more(&self) -> bool {
        match self {
            Stream::Plain(_) => false,
            Stream::Tls(stream) => stream.has_more(),
        }
    }

    #[inline]
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(stream) => write_records(stream, bytes),
        }
    }

    /// Sends what waits below: to be called whenever the socket can be written. False if it doesn't
    /// take all of it.
    #[inline]
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Stream::Plain(_) => Ok(true),
            Stream::Tls(stream) => stream.flush(),
        }
    }

    /// Nothing more will be written; what was written and flushed still arrives.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(_) => {}
            Stream::Tls(stream) => stream.end(),
        }
        self.socket().shutdown(Shutdown::Write)
    }
}

/// Writes record by record, until the socket takes no more.
fn write_records(stream: &mut tls::Stream<TcpStream>, bytes: &[u8]) -> io::Result<usize> {
    let mut taken = 0;
    for record in bytes.chunks(RECORD_BYTES) {
        let written = match stream.flush() {
            Ok(true) => stream.write(record),
            Ok(false) => Err(io::ErrorKind::WouldBlock.into()),
            Err(error) => Err(error),
        };
        match written {
            Ok(length) => taken += length,
            Err(error) if taken == 0 => return Err(error),
            // It is met again by the next write.
            Err(_) => break,
        }
    }
    Ok(taken)
}
