//! Connections of clients: bytes in order, torn into pieces, not taken for a while, cut at any
//! moment.

use gateway::machine::ConnId;

use super::agenda::Happening;
use super::process::Arrival;
use super::wires::Port;
use super::{Process, World};
use crate::ways::Way;

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) client: usize,
    pub(crate) gateway: usize,
    /// Of the gateway's process.
    life: u64,
    pub(crate) lane: usize,
    /// The lane's number of it, while the lane has it.
    pub(crate) conn: Option<ConnId>,
    client_open: bool,
    gateway_open: bool,
    cut: bool,
    /// The gateway has closed its end, after what it had to say.
    dismissed: bool,
    /// The client gives it up by itself, whatever is on its way to it.
    given_up: bool,
    to_client_us: u64,
    to_gateway_us: u64,
    /// The client takes no bytes.
    stalled: bool,
    /// What the kernel takes while the client takes none.
    pub(crate) free: usize,
    /// What it has taken.
    kernel: Vec<u8>,
}

/// The network takes whatever comes.
const UNBOUNDED: usize = usize::MAX;

impl World {
    /// A client dials a gateway; nothing if none is there.
    pub(crate) fn open_socket(&mut self, client: usize, gateway: usize) -> Option<usize> {
        let process = Process::Gateway(gateway);
        let lanes = self.gateways[gateway].lanes.len();
        if !self.is_up(process) || lanes == 0 {
            return None;
        }
        let now_us = self.agenda.now_us();
        let socket = self.sockets.len();
        let lane = self.chance.index(lanes);
        self.sockets.push(Socket {
            client,
            gateway,
            life: self.life(process),
            lane,
            conn: None,
            client_open: true,
            gateway_open: true,
            cut: false,
            dismissed: false,
            given_up: false,
            to_client_us: now_us,
            to_gateway_us: now_us,
            stalled: false,
            free: UNBOUNDED,
            kernel: Vec::new(),
        });
        let way = Way { at_us: now_us, lane: (gateway, lane) };
        self.clients[client].journal.ways.push(way);
        self.arrive(process, Arrival::Opened { socket });
        Some(socket)
    }

    fn gateway_has(&self, socket: usize) -> bool {
        let one = &self.sockets[socket];
        one.gateway_open && self.is_alive(Process::Gateway(one.gateway), one.life)
    }

    pub(crate) fn client_has(&self, socket: usize) -> bool {
        self.sockets[socket].client_open
    }

    /// The lane that has a connection.
    pub(crate) fn lane_of(&self, socket: usize) -> Port {
        Port::Lane(self.sockets[socket].gateway, self.sockets[socket].lane)
    }

    /// Bytes that the gateway's kernel takes.
    pub(crate) fn write_to_client(&mut self, socket: usize, bytes: &[u8]) {
        let one = &mut self.sockets[socket];
        if one.cut || bytes.is_empty() {
            return;
        }
        if one.stalled {
            one.free -= bytes.len();
            one.kernel.extend_from_slice(bytes);
            return;
        }
        for piece in self.torn(bytes) {
            let at_us = self.agenda.now_us() + self.client_us();
            let one = &mut self.sockets[socket];
            one.to_client_us = one.to_client_us.max(at_us);
            let at_us = one.to_client_us;
            self.agenda.at(at_us, Happening::ToClient { socket, bytes: piece });
        }
    }

    /// Bytes that the client's kernel takes.
    pub(crate) fn write_to_gateway(&mut self, socket: usize, bytes: &[u8]) {
        if self.sockets[socket].cut || bytes.is_empty() {
            return;
        }
        for piece in self.torn(bytes) {
            let at_us = self.agenda.now_us() + self.client_us();
            let one = &mut self.sockets[socket];
            one.to_gateway_us = one.to_gateway_us.max(at_us);
            let at_us = one.to_gateway_us;
            self.agenda.at(at_us, Happening::ToGateway { socket, bytes: piece });
        }
    }

    fn torn(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        let mut rest = bytes;
        while rest.len() > 1 && self.chance.percent(25) {
            let (piece, after) = rest.split_at(1 + self.chance.index(rest.len() - 1));
            pieces.push(piece.to_vec());
            rest = after;
        }
        pieces.push(rest.to_vec());
        pieces
    }

    pub(crate) fn reaches_client(&mut self, socket: usize, bytes: Vec<u8>) {
        let one = &self.sockets[socket];
        if one.client_open && !one.cut {
            self.client_reads(socket, &bytes);
        }
    }

    pub(crate) fn reaches_gateway(&mut self, socket: usize, bytes: Vec<u8>) {
        if !self.sockets[socket].cut && self.gateway_has(socket) {
            let process = Process::Gateway(self.sockets[socket].gateway);
            self.arrive(process, Arrival::Received { socket, bytes });
        }
    }

    /// The network breaks between a client and its gateway: each finds out in its own time.
    pub(crate) fn cut_socket(&mut self, socket: usize) {
        let one = &mut self.sockets[socket];
        if std::mem::replace(&mut one.cut, true) {
            return;
        }
        let client = one.client;
        self.trace(|| format!("c{client} loses its connection"));
        let (soon_us, late_us) = (self.chance.below(5_000), self.chance.below(600_000));
        let both = [soon_us, late_us];
        let first = self.chance.index(2);
        self.agenda.after(both[first], Happening::ClientNotices { socket });
        self.agenda.after(both[1 - first], Happening::GatewayNotices { socket });
    }

    /// The client will take its connection for dead, and what it says until then comes so much
    /// later.
    pub(crate) fn give_up(&mut self, socket: usize, lag_us: u64) {
        let now_us = self.agenda.now_us();
        let one = &mut self.sockets[socket];
        one.to_gateway_us = one.to_gateway_us.max(now_us) + lag_us;
        one.given_up = true;
    }

    /// The client closes its end; what it has sent still arrives.
    pub(crate) fn client_closes(&mut self, socket: usize) {
        let one = &mut self.sockets[socket];
        one.client_open = false;
        let at_us = one.to_gateway_us.max(self.agenda.now_us() + 100);
        self.agenda.at(at_us, Happening::GatewayNotices { socket });
    }

    /// The gateway closes its end after its last frame, which says why.
    pub(crate) fn gateway_has_said(&mut self, socket: usize) {
        self.sockets[socket].dismissed = true;
        self.gateway_closes(socket);
    }

    /// The gateway closes its end; what it has written still arrives.
    pub(crate) fn gateway_closes(&mut self, socket: usize) {
        self.unstall(socket);
        let one = &mut self.sockets[socket];
        let at_us = one.to_client_us.max(self.agenda.now_us() + 100);
        self.agenda.at(at_us, Happening::ClientNotices { socket });
        self.agenda.after(0, Happening::GatewayNotices { socket });
    }

    pub(crate) fn gateway_notices(&mut self, socket: usize) {
        if self.gateway_has(socket) {
            self.sockets[socket].gateway_open = false;
            let process = Process::Gateway(self.sockets[socket].gateway);
            self.arrive(process, Arrival::Gone { socket });
            if !self.sockets[socket].cut && self.sockets[socket].client_open {
                let at_us = self.sockets[socket].to_client_us;
                self.agenda.at(at_us, Happening::ClientNotices { socket });
            }
        }
    }

    pub(crate) fn client_notices(&mut self, socket: usize) {
        if std::mem::replace(&mut self.sockets[socket].client_open, false) {
            let Socket { client, dismissed, given_up, cut, .. } = self.sockets[socket];
            // Who has read why has closed already.
            if dismissed && !given_up && !cut && self.clients[client].socket() == Some(socket) {
                self.violated("who is closed is told why", format!("c{client} wasn't"));
            }
            self.client_lost(socket);
            let at_us = self.sockets[socket].to_gateway_us;
            self.agenda.at(at_us, Happening::GatewayNotices { socket });
        }
    }

    /// A gateway is gone, with all its sockets.
    pub(crate) fn drop_sockets(&mut self, gateway: usize) {
        for socket in 0..self.sockets.len() {
            let one = &mut self.sockets[socket];
            if one.gateway == gateway && one.gateway_open {
                one.gateway_open = false;
                let at_us = one.to_client_us + self.chance.below(50_000);
                self.agenda.at(at_us, Happening::ClientNotices { socket });
            }
        }
    }

    /// The client takes no bytes for a while.
    pub(crate) fn stall(&mut self, socket: usize, us: u64) {
        let free = self.chance.below(1_500) as usize;
        let one = &mut self.sockets[socket];
        if one.stalled || !one.client_open {
            return;
        }
        (one.stalled, one.free) = (true, free);
        let client = one.client;
        self.clients[client].stalls();
        self.trace(|| format!("c{client} takes no bytes for {} ms", us / 1000));
        self.agenda.after(us, Happening::Unstall { socket });
    }

    pub(crate) fn unstall(&mut self, socket: usize) {
        let one = &mut self.sockets[socket];
        if !std::mem::replace(&mut one.stalled, false) {
            return;
        }
        one.free = UNBOUNDED;
        let bytes = std::mem::take(&mut one.kernel);
        self.write_to_client(socket, &bytes);
        if self.gateway_has(socket) {
            let process = Process::Gateway(self.sockets[socket].gateway);
            self.arrive(process, Arrival::Writable { socket });
        }
    }

    fn client_us(&mut self) -> u64 {
        let most = self.plan.client_us_max;
        if self.chance.percent(80) {
            self.chance.below(1_000) + 50
        } else {
            self.chance.below(most)
        }
    }
}
