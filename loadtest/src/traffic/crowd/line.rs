//! What a slot speaks over: a socket as it is, or TLS on it.

use std::io::{self, Read, Write};

use mio::net::TcpStream;
use rustls::{ClientConnection, StreamOwned};

use crate::secure::Client;

#[derive(Debug)]
pub(super) enum Line {
    Plain(TcpStream),
    Secure(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Line {
    /// A line on this socket; with a client's side of TLS, if there is one.
    pub(super) fn new(socket: TcpStream, client: Option<&Client>) -> io::Result<Self> {
        let Some(client) = client else {
            return Ok(Self::Plain(socket));
        };
        let connection = client.connection().map_err(io::Error::other)?;
        Ok(Self::Secure(Box::new(StreamOwned::new(connection, socket))))
    }

    /// The socket beneath.
    pub(super) fn socket(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Secure(stream) => &mut stream.sock,
        }
    }

    /// Whether a read of less than was asked for has taken all that there is.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }
}

impl Read for Line {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Line {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}
