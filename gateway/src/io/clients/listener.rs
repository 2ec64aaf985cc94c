//! Where clients knock: one listening socket per lane and port, all with the same address.

use std::io;
use std::net::SocketAddr;

use mio::net::TcpListener;
use proto::limits;
use socket2::{Domain, Protocol, Socket, Type};

use super::door::Door;

/// Connections that the kernel keeps until they are accepted: a storm of reconnects comes at once.
const BACKLOG: i32 = 4096;

/// The listening sockets of one lane.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(super) tcp: TcpListener,
    pub(super) http: TcpListener,
    pub(super) connections_max: usize,
    /// So many more may be there to be told where else to go.
    pub(super) handed_on_max: usize,
    pub(super) door: Door,
}

impl Listeners {
    pub(crate) fn new(
        tcp: TcpListener,
        http: TcpListener,
        (connections_max, handed_on_max): (usize, usize),
        door: Door,
    ) -> Listeners {
        Listeners { tcp, http, connections_max, handed_on_max, door }
    }
}

/// Binds the address once per lane; says which it is, for port 0.
pub(crate) fn bind(
    address: SocketAddr,
    lanes: usize,
) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    // Sharing a port would hide that another process has it: the first socket asks for it alone.
    let alone = socket(address, false)?;
    let address = match alone.local_addr()?.as_socket() {
        Some(bound) => bound,
        None => address,
    };
    if lanes == 1 {
        return Ok((address, vec![listening(alone)?]));
    }
    drop(alone);
    let sockets = (0..lanes).map(|_| socket(address, true).and_then(listening));
    Ok((address, sockets.collect::<io::Result<_>>()?))
}

fn socket(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    bound_buffers(&socket)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Bounds what the kernel keeps for each client. Sockets inherit it from the one that accepts them,
/// so that it costs no call for each.
fn bound_buffers(socket: &Socket) -> io::Result<()> {
    socket.set_send_buffer_size(limits::CLIENT_SEND_BUFFER_BYTES)?;
    socket.set_recv_buffer_size(limits::CLIENT_RECEIVE_BUFFER_BYTES)?;
    // Elsewhere the bounds above must do.
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(limits::CLIENT_UNSENT_BYTES_MAX as u32)?;
    Ok(())
}

fn listening(socket: Socket) -> io::Result<TcpListener> {
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

#[cfg(test)]
mod tests;
