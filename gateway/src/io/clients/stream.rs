//! The seam between a client's bytes and its socket: plain today, TLS beside it later.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

/// A client's socket.
#[derive(Debug)]
pub(super) enum Stream {
    /// Bytes as they are.
    Plain(TcpStream),
}

impl Stream {
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => {
                stream.set_nodelay(true)?;
                registry.register(stream, token, Interest::READABLE | Interest::WRITABLE)
            }
        }
    }

    #[inline]
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
        }
    }

    #[inline]
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(bytes),
        }
    }

    /// Nothing more will be written; what was written still arrives.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.shutdown(Shutdown::Write),
        }
    }
}
