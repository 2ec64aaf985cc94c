//! One socket of the crowd with its protocol and what it has yet to say.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use mio::net::TcpStream;
use socket2::{Domain, SockRef, Socket, Type};

use super::Heard;
use super::line::Line;
use crate::clock::Clock;
use crate::peers::{Codec, Violation};

/// What a connection may have unwritten before its server counts as stuck.
const UNWRITTEN_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A connection.
#[derive(Debug)]
pub(super) struct Slot<C> {
    /// None while it is free.
    stream: Option<Line>,
    pub(super) codec: C,
    /// What is to be written; `written` bytes of it are.
    out: Vec<u8>,
    written: usize,
    /// The front of a frame whose rest hasn't come.
    partial: Vec<u8>,
    /// The kernel takes no more until the socket is writable.
    blocked: bool,
    listed: bool,
}

impl<C: Codec> Slot<C> {
    /// An empty slot.
    pub(super) fn new(codec: C) -> Self {
        let (out, partial) = (Vec::new(), Vec::new());
        Self { stream: None, codec, out, written: 0, partial, blocked: false, listed: false }
    }

    /// Takes a new connection, which says hello with the next write.
    pub(super) fn take(&mut self, stream: Line) {
        self.stream = Some(stream);
        self.out.clear();
        self.partial.clear();
        self.written = 0;
        self.blocked = false;
        self.codec.hello(&mut self.out);
    }

    /// Ends the connection, if there is one, by a reset: its port is free at once.
    pub(super) fn leave(&mut self) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        // A socket that is gone already takes no option, and needs none.
        SockRef::from(&*stream.socket()).set_linger(Some(Duration::ZERO)).ok();
        self.out.clear();
        self.written = 0;
    }

    /// Whether the slot is to be put on the list of talkers, on which it then counts as being.
    #[inline]
    pub(super) fn listed(&mut self) -> bool {
        let lists = !self.listed && !self.blocked && !self.out.is_empty();
        self.listed |= lists;
        lists
    }

    /// Says something with the next write.
    pub(super) fn say(&mut self, say: impl FnOnce(&mut C, &mut Vec<u8>)) -> Result<(), Violation> {
        say(&mut self.codec, &mut self.out);
        if self.out.len() - self.written > UNWRITTEN_BYTES_MAX {
            return Err(Violation("the server doesn't read".into()));
        }
        Ok(())
    }

    /// The socket takes bytes again.
    #[inline]
    pub(super) fn unblock(&mut self) {
        self.blocked = false;
    }

    /// Reads until the kernel has no more and hears each event. If the other end has said its last,
    /// no more edge comes: then it reads on to the end. The inner error is the connection's, the
    /// outer one the run's.
    #[inline]
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        ended: bool,
        clock: &Clock,
        who: usize,
        hear: &mut impl FnMut(Heard<'_, C>) -> Result<()>,
    ) -> Result<Result<(), Violation>> {
        let Some(stream) = &mut self.stream else {
            return Ok(Ok(()));
        };
        loop {
            let kept = self.partial.len();
            buffer[..kept].copy_from_slice(&self.partial);
            self.partial.clear();
            // A short read has emptied a plain socket; what comes later is a new edge.
            let (read, is_empty) = match stream.read(&mut buffer[kept..]) {
                Ok(0) => return Ok(Err(Violation("closed by the server".into()))),
                Ok(read) => (read, !ended && kept + read < buffer.len() && stream.is_plain()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => (0, true),
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    self.partial.extend_from_slice(&buffer[..kept]);
                    continue;
                }
                Err(error) => return Ok(Err(Violation(error.to_string()))),
            };
            let filled = kept + read;
            let now = clock.now();
            let mut used = 0;
            loop {
                let (event, taken) = match self.codec.next(&buffer[used..filled], &mut self.out) {
                    Ok(Some(next)) => next,
                    Ok(None) => break,
                    Err(violation) => return Ok(Err(violation)),
                };
                used += taken;
                let (codec, out) = (&mut self.codec, &mut self.out);
                hear(Heard { who, now, event, codec, out })?;
            }
            self.partial.extend_from_slice(&buffer[used..filled]);
            if self.partial.len() == buffer.len() {
                return Ok(Err(Violation("a frame longer than the read buffer".into())));
            }
            if is_empty {
                return Ok(Ok(()));
            }
        }
    }

    /// Writes as much as the kernel takes.
    pub(super) fn write(&mut self) -> Result<(), Violation> {
        self.listed = false;
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        while self.written < self.out.len() {
            match stream.write(&self.out[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return Ok(());
                }
                Err(error) => return Err(Violation(error.to_string())),
            }
        }
        self.out.clear();
        self.written = 0;
        Ok(())
    }
}

/// Whether connecting waits until the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connecting {
    /// On the loopback that is at once, and no queue of a server overflows.
    Waits,
    /// What goes wrong is heard later, as with any connection.
    Goes,
}

/// Connects, from `source` if there is one.
pub(super) fn connect(
    server: SocketAddr,
    source: Option<Ipv4Addr>,
    connecting: Connecting,
) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    if let Some(source) = source {
        socket.bind(&SocketAddr::new(IpAddr::V4(source), 0).into())?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(connecting == Connecting::Goes)?;
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() == Some(IN_PROGRESS) => {}
        connected => connected?,
    }
    socket.set_nonblocking(true)?;
    Ok(TcpStream::from_std(socket.into()))
}

/// `EINPROGRESS` of Linux: the connection isn't made yet.
const IN_PROGRESS: i32 = 115;
