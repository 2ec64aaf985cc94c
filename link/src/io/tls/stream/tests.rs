//! A peer whose TLS never ends.

use std::collections::VecDeque;

use proto::time::Time;

use super::*;
use crate::io::tls::tests::tls;

const NOW: Time = Time { ms: 10_000, unix_ms: 0 };

/// A socket at whose other end somebody always has something to say.
struct Endless {
    peer: Connection,
    to_peer: Vec<u8>,
    from_peer: VecDeque<u8>,
    /// How often it was read.
    reads: usize,
    /// The peer says a byte of its own after so many new keys.
    keys: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        let mut came = Vec::new();
        while self.from_peer.len() < buffer.len() {
            if self.peer.is_handshaking() {
                while self.peer.wants_write() {
                    self.peer.write_tls(&mut came)?;
                }
            } else {
                for _ in 0..self.keys {
                    self.peer.refresh_traffic_keys().map_err(io::Error::other)?;
                }
                self.peer.writer().write_all(b"x")?;
                while self.peer.wants_write() {
                    self.peer.write_tls(&mut came)?;
                }
            }
            if came.is_empty() {
                break;
            }
            self.from_peer.extend(came.drain(..));
        }
        match self.from_peer.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            length => Ok(length),
        }
    }
}

impl Write for Endless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to_peer.extend_from_slice(bytes);
        let mut rest = self.to_peer.as_slice();
        while !rest.is_empty() {
            self.peer.read_tls(&mut rest)?;
            self.peer.process_new_packets().map_err(io::Error::other)?;
        }
        self.to_peer.clear();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An end whose peer is endless.
fn end(keys: usize) -> Stream<Endless> {
    let tls = tls("node");
    let dialled = tls.dial(NOW, io::empty(), "localhost:7600").expect("an authority and a name");
    let (to_peer, from_peer) = (Vec::new(), VecDeque::new());
    let socket = Endless { peer: dialled.tls, to_peer, from_peer, reads: 0, keys };
    tls.accept(NOW, socket).expect("a certificate")
}

#[test]
fn a_read_ends_though_records_never_do() {
    let mut buffer = vec![0; 64 * 1024];
    // With one byte in some 32 records, and so small that a read of the socket has none.
    for keys in [31, 0] {
        let mut end = end(keys);
        let mut came = 0;
        for _ in 0..50 {
            let before = end.socket.reads;
            match end.read(&mut buffer) {
                Ok(length) => {
                    came += length;
                    assert!(length < buffer.len() && end.has_more(), "there is always more");
                }
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::Interrupted, "{error}"),
            }
            assert!(end.socket.reads - before <= PIECES_MAX);
        }
        assert!(came > 50, "{came}");
    }
}
