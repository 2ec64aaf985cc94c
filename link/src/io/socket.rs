//! A link's socket: TCP between processes, plain or with TLS, a pair of Unix sockets within one.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};
use proto::time::Time;

use super::tls::{Stream, Tls, is_tls};

/// Each kind of socket, with the same code above it.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Tls(Box<Stream<TcpStream>>),
    Pipe(UnixStream),
}

impl Socket {
    /// Begins to connect to this address, which was found for a host and port; whether it succeeds
    /// shows when the socket is writable.
    pub(super) fn connect(
        now: Time,
        found: SocketAddr,
        address: &str,
        tls: Option<&Tls>,
    ) -> io::Result<Socket> {
        let stream = TcpStream::connect(found)?;
        match tls {
            Some(tls) => Ok(Socket::Tls(Box::new(tls.dial(now, stream, address)?))),
            None => Ok(Socket::Tcp(stream)),
        }
    }

    /// Takes a connection that somebody else dialled.
    pub(super) fn accepted(now: Time, stream: TcpStream, tls: Option<&Tls>) -> io::Result<Socket> {
        match tls {
            Some(tls) => Ok(Socket::Tls(Box::new(tls.accept(now, stream)?))),
            None => Ok(Socket::Tcp(stream)),
        }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        match self {
            Socket::Tcp(stream) => registry.register(stream, token, interest),
            Socket::Tls(stream) => registry.register(stream.socket_mut(), token, interest),
            Socket::Pipe(stream) => registry.register(stream, token, interest),
        }
    }

    /// Whether the connection stands: an error if it failed, false while it is under way.
    pub(super) fn connected(&self) -> io::Result<bool> {
        match self {
            Socket::Tcp(stream) => connected(stream),
            Socket::Tls(stream) => connected(stream.socket()),
            Socket::Pipe(_) => Ok(true),
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(buffer),
            Socket::Tls(stream) => stream.read(buffer),
            Socket::Pipe(stream) => stream.read(buffer),
        }
    }

    /// Whether the last read, though a short one, left something.
    pub(super) fn has_more(&self) -> bool {
        match self {
            Socket::Tls(stream) => stream.has_more(),
            Socket::Tcp(_) | Socket::Pipe(_) => false,
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Tls(stream) => stream.write(bytes),
            Socket::Pipe(stream) => stream.write(bytes),
        }
    }

    /// Sends what was taken and waits within: TLS has such, plain sockets don't.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Socket::Tls(stream) => stream.flush().map(|_| ()),
            Socket::Tcp(_) | Socket::Pipe(_) => Ok(()),
        }
    }

    /// Says, where there is a way to, that this end is about to close.
    pub(super) fn end(&mut self) {
        match self {
            Socket::Tls(stream) => stream.end(),
            Socket::Tcp(_) | Socket::Pipe(_) => {}
        }
    }

    /// Whether these first bytes of a peer are TLS where none is spoken.
    pub(super) fn is_foreign(&self, bytes: &[u8]) -> bool {
        match self {
            Socket::Tcp(_) => is_tls(bytes),
            Socket::Tls(_) | Socket::Pipe(_) => false,
        }
    }
}

fn connected(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => stream.set_nodelay(true).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}
