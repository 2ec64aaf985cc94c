//! A link's socket: TCP between processes, a pair of Unix sockets within one.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};

use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

/// Either kind of socket, with the same code above it.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Pipe(UnixStream),
}

impl Socket {
    /// Begins to connect; whether it succeeds shows when the socket is writable.
    pub(super) fn connect(address: &str) -> io::Result<Socket> {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "the address has no host");
        let address: SocketAddr = address.to_socket_addrs()?.next().ok_or_else(unknown)?;
        TcpStream::connect(address).map(Socket::Tcp)
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        match self {
            Socket::Tcp(stream) => registry.register(stream, token, interest),
            Socket::Pipe(stream) => registry.register(stream, token, interest),
        }
    }

    /// Whether the connection stands: an error if it failed, false while it is under way.
    pub(super) fn connected(&self) -> io::Result<bool> {
        match self {
            Socket::Tcp(stream) => {
                if let Some(error) = stream.take_error()? {
                    return Err(error);
                }
                match stream.peer_addr() {
                    Ok(_) => stream.set_nodelay(true).map(|()| true),
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
                    Err(error) => Err(error),
                }
            }
            Socket::Pipe(_) => Ok(true),
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(buffer),
            Socket::Pipe(stream) => stream.read(buffer),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Pipe(stream) => stream.write(bytes),
        }
    }
}
