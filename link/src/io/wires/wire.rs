//! One socket with the machine of its link.

use std::io;
use std::net::SocketAddr;

use proto::time::Time;
use rand::RngExt;
use rand::rngs::StdRng;

use super::Socket;
use crate::machine::{Link, LinkError, LinkId, Outbox, Pace, Place, Settings};

#[derive(Debug)]
pub(super) struct Wire {
    pub(super) socket: Socket,
    pub(super) machine: Link,
    /// Under which name this end dialled it.
    pub(super) name: Option<String>,
    /// From where somebody else dialled it, over TCP.
    pub(super) from: Option<SocketAddr>,
    /// Its place among the unproven.
    pub(super) place: Option<Place>,
    pub(super) connected: bool,
    /// Whether anything has come.
    pub(super) heard: bool,
    /// Since when the peer is proven.
    pub(super) up_ms: Option<u64>,
    /// Frames that have been read while the link was paused, length-prefixed.
    pub(super) paused: Vec<u8>,
}

impl Wire {
    pub(super) fn accepted(socket: Socket, machine: Link, from: Option<SocketAddr>) -> Wire {
        Wire {
            socket,
            machine,
            name: None,
            from,
            place: None,
            connected: false,
            heard: false,
            up_ms: None,
            paused: Vec::new(),
        }
    }

    pub(super) fn dialled(socket: Socket, machine: Link, name: &str) -> Wire {
        Wire { name: Some(name.to_owned()), ..Wire::accepted(socket, machine, None) }
    }

    /// Says hello as soon as the connection stands; false while it doesn't.
    pub(super) fn connect(
        &mut self,
        now: Time,
        settings: &Settings,
        random: &mut StdRng,
    ) -> io::Result<bool> {
        if !self.socket.connected()? {
            return Ok(false);
        }
        self.connected = true;
        if self.name.is_some() {
            let mut hello = Vec::new();
            self.machine = Link::dial(now, settings.clone(), random.random(), &mut hello);
            if !self.answer(&hello) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
        Ok(true)
    }

    /// Writes what the link itself says. It is small, and comes before anything else on the socket.
    pub(super) fn answer(&mut self, bytes: &[u8]) -> bool {
        bytes.is_empty() || self.socket.write(bytes).is_ok_and(|length| length == bytes.len())
    }

    pub(super) fn wake(
        &mut self,
        now: Time,
        pace: &Pace,
        outbox: &mut Outbox,
        link: LinkId,
    ) -> Result<(), LinkError> {
        if now.ms < self.machine.wake_at(pace) {
            return Ok(());
        }
        let mut beat = Vec::new();
        self.machine.wake(now, pace, &mut beat)?;
        if !beat.is_empty() {
            outbox.routine(link).extend_from_slice(&beat);
        }
        Ok(())
    }
}
