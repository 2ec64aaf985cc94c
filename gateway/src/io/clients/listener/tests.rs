//! Tests of binding.

use std::io::Write as _;
use std::net::TcpStream;

use super::*;

#[test]
fn lanes_share_a_port_and_strangers_do_not() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let (address, lanes) = bind(any, 2).unwrap();
    assert_eq!(lanes.len(), 2);
    assert_eq!(bind(address, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    assert_eq!(bind(address, 2).unwrap_err().kind(), io::ErrorKind::AddrInUse);
}

/// What the socket may keep in the kernel: to be sent, not even sent, received.
fn buffers(socket: &Socket) -> [usize; 3] {
    let unsent = socket.tcp_notsent_lowat().unwrap() as usize;
    [socket.send_buffer_size().unwrap(), unsent, socket.recv_buffer_size().unwrap()]
}

/// The accepted end of a connection whose client reads nothing and has no space for much.
fn accepted(lanes: usize) -> (TcpStream, TcpStream) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let (address, sockets) = bind(any, lanes).unwrap();
    let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    client.set_recv_buffer_size(4 * 1024).unwrap();
    client.connect(&address.into()).unwrap();
    loop {
        match sockets.iter().find_map(|socket| socket.accept().ok()) {
            Some((server, _)) => return (client.into(), server.into()),
            None => std::thread::yield_now(),
        }
    }
}

#[test]
fn clients_inherit_bounded_buffers() {
    let doubled = |bytes: usize| 2 * bytes;
    for lanes in [1, 2] {
        let (_client, server) = accepted(lanes);
        let wanted = [
            doubled(limits::CLIENT_SEND_BUFFER_BYTES),
            limits::CLIENT_UNSENT_BYTES_MAX,
            doubled(limits::CLIENT_RECEIVE_BUFFER_BYTES),
        ];
        assert_eq!(buffers(&server.into()), wanted, "{lanes} lanes");
    }
}

#[test]
fn the_kernel_takes_little_for_who_never_reads() {
    let (_client, mut server) = accepted(1);
    let mut taken = 0;
    loop {
        match server.write(&[0; 30_000]) {
            Ok(length) => taken += length,
            Err(error) => break assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
        assert!(taken < 10_000_000, "it takes all");
    }
    let segment = 64 * 1024;
    let most = 4 * 1024 + limits::CLIENT_UNSENT_BYTES_MAX + segment;
    assert!(taken <= most, "{taken} of {most} bytes");
}
