//! The process of a gateway: its lanes, and the sockets of its clients.

use std::net::{IpAddr, Ipv4Addr};

use gateway::machine::{ConnId, Ending, Format, Input, Lane, Outbox, Settings};
use link::machine::LinkId;
use member::machine::{self, Member, News};
use proto::frame::FrameReader;
use proto::limits;
use proto::link::Role;

use super::process::Arrival;
use super::tokens::authority;
use super::wires::Port;
use super::{Process, Target, World};
use crate::plan::GRACE_MS;

/// A gateway.
#[derive(Debug)]
pub(crate) struct GatewayHost {
    pub(crate) id: String,
    pub(crate) lanes: Vec<LaneHost>,
}

/// A lane and the sockets it has.
#[derive(Debug)]
pub(crate) struct LaneHost {
    pub(crate) lane: Lane,
    /// The first lane speaks with the boss, the others hear of it.
    member: Member,
    /// What comes of its membership.
    member_out: machine::Outbox,
    pub(crate) out: Outbox,
    /// By connection, the smallest free number first.
    conns: Vec<Option<Conn>>,
}

#[derive(Debug)]
struct Conn {
    socket: usize,
    reader: FrameReader,
    ending: bool,
}

impl GatewayHost {
    pub(crate) fn new(at: usize) -> GatewayHost {
        GatewayHost { id: format!("g{}", at + 1), lanes: Vec::new() }
    }

    /// The link on which a lane has registered.
    pub(crate) fn boss_link(&self, lane: usize) -> Option<LinkId> {
        self.lanes.get(lane)?.member.boss_link()
    }

    /// The life that the boss has given it, 0 before.
    pub(crate) fn incarnation(&self) -> u64 {
        self.lanes.first().map_or(0, |host| host.member.incarnation())
    }
}

impl World {
    pub(crate) fn gateway_starts(&mut self, at: usize) {
        let (process, mut host) = (Process::Gateway(at), GatewayHost::new(at));
        for place in 0..self.plan.lanes[at] {
            let settings = Settings {
                gateway: host.id.clone(),
                dev_auth: true,
                ping_every_ms: 4_000,
                give_up_ms: GRACE_MS,
                told_per_turn: self.plan.told_per_turn,
                // Few are large enough otherwise.
                large_bytes: self.plan.slow_bytes / 8,
                slow_bytes: self.plan.slow_bytes,
                output_bytes_max: self.plan.output_bytes_max,
                faults: self.plan.faults.lane,
                ..Settings::default()
            };
            let mut out = Outbox::new(&settings);
            let mut lane = Lane::new(settings, self.chance.seed());
            lane.handle(self.now(), Input::Authority(authority()), &mut out);
            let (id, on, life) = (&host.id, format!("host-{}", at + 1), self.life(process));
            let mut member = match place {
                0 => Member::new(id, Role::Gateway, &on, id, life + 1),
                _ => Member::beside(id),
            };
            member.plant(self.plan.faults.member);
            let member_out = machine::Outbox::default();
            host.lanes.push(LaneHost { lane, member, member_out, out, conns: Vec::new() });
        }
        self.gateways[at] = host;
        self.want(Port::Lane(at, 0), Target::Boss);
    }

    pub(crate) fn gateway_dies(&mut self, at: usize) {
        self.gateways[at].lanes.clear();
        self.lower.gateway_dies(at);
        // The process has begun its next life by now.
        self.back_end_loses(at, self.life(Process::Gateway(at)) - 1);
        self.drop_sockets(at);
    }

    /// One turn of all lanes.
    pub(crate) fn gateway_turn(&mut self, at: usize, inbox: Vec<Arrival>) -> Option<u64> {
        let now = self.now();
        let mut down = Vec::new();
        for arrival in inbox {
            if let Arrival::Down { port, link, .. } = arrival {
                down.push((port, link));
            }
            self.gateway_takes(at, arrival);
        }
        let lanes = self.gateways[at].lanes.len();
        for lane in 0..lanes {
            let host = &mut self.gateways[at].lanes[lane];
            if host.lane.wake_at().is_some_and(|at_ms| at_ms <= now.ms) {
                host.lane.handle(now, Input::Wake, &mut host.out);
            }
            host.lane.handle(now, Input::TurnEnd, &mut host.out);
            let replies = std::mem::take(&mut host.out.replies);
            self.back_end_answered(at, replies);
            self.calls_out(at, lane);
            self.flush_clients(at, lane);
            self.flush_links(Port::Lane(at, lane));
            for place in std::mem::take(&mut self.gateways[at].lanes[lane].out.places) {
                self.lane_gets(at, lane, machine::Input::Home(&place));
            }
        }
        for (port, link) in down {
            self.link_is_down(port, link);
        }
        self.gateways[at].lanes.iter().filter_map(|host| host.lane.wake_at()).min()
    }

    fn gateway_takes(&mut self, at: usize, arrival: Arrival) {
        let now = self.now();
        match arrival {
            Arrival::Up { port: Port::Lane(_, lane), link, peer, dialled } => {
                self.gateways[at].lanes[lane].out.links.up(link);
                self.lower.link_changes(Port::Lane(at, lane), link);
                let dialled = dialled.map(|target| self.known(target));
                let dialled = dialled.as_ref();
                let up = machine::Input::LinkUp { link, peer, dialled, holds: &[] };
                self.lane_gets(at, lane, up);
            }
            Arrival::Down { port: Port::Lane(_, lane), link, .. } => {
                self.gateways[at].lanes[lane].out.links.down(link);
                self.lane_gets(at, lane, machine::Input::LinkDown { link });
            }
            Arrival::Frame { port: Port::Lane(_, lane), link, frame } => {
                let host = &mut self.gateways[at].lanes[lane];
                if host.member.is_boss(link) {
                    let frame = machine::Input::Frame { link, frame: &frame };
                    return self.lane_gets(at, lane, frame);
                }
                let port = Port::Lane(at, lane);
                self.referee_hears_node(port, link, &frame);
                let before = self.before_shown(port, link, &frame);
                let host = &mut self.gateways[at].lanes[lane];
                host.lane.handle(now, Input::LinkFrame { link, frame: &frame }, &mut host.out);
                if let Some(before) = before {
                    self.behind_shown(port, before);
                }
            }
            Arrival::Opened { socket } => self.opened(at, socket),
            Arrival::Received { socket, bytes } => self.received(at, socket, &bytes),
            Arrival::Gone { socket } => self.gone(at, socket),
            Arrival::Writable { socket } => self.writable(at, socket),
            Arrival::Drained { socket } => self.drained(at, socket),
            Arrival::Answered { lane, request, outcome } => {
                let host = &mut self.gateways[at].lanes[lane];
                host.lane.handle(now, Input::Called { request, outcome }, &mut host.out);
            }
            Arrival::Asked { lane, request } => {
                let host = &mut self.gateways[at].lanes[lane];
                host.lane.handle(now, Input::Web(*request), &mut host.out);
            }
            Arrival::Up { .. }
            | Arrival::Down { .. }
            | Arrival::Frame { .. }
            | Arrival::Stored
            | Arrival::StoreFailed => {}
        }
    }

    /// Something happens to the membership of a lane, and what comes of it.
    pub(crate) fn lane_gets(&mut self, at: usize, lane: usize, input: machine::Input<'_>) {
        let host = &mut self.gateways[at].lanes[lane];
        host.member.handle(input, &mut host.out.links, &mut host.member_out);
        // The boss of the simulation has no operators.
        let machine::Outbox { news, dials, notices, calls: _ } =
            std::mem::take(&mut host.member_out);
        for one in news {
            self.lane_hears(at, lane, one);
        }
        self.follow(Port::Lane(at, lane), dials);
        for notice in notices {
            self.noticed(&format!("g{}", at + 1), notice);
        }
    }

    fn lane_hears(&mut self, at: usize, lane: usize, news: News) {
        match news {
            News::Table(table) => {
                for other in 0..self.gateways[at].lanes.len() {
                    self.lane_decides(at, other, Input::Table(table.clone()));
                    self.heard_table(Port::Lane(at, other), &table);
                    if other != lane {
                        self.lane_gets(at, other, machine::Input::Table(&table));
                    }
                }
            }
            News::Config(config) => {
                for lane in 0..self.gateways[at].lanes.len() {
                    self.lane_decides(at, lane, Input::Config(config.clone()));
                }
            }
            News::LinkUp { link, peer, .. } => {
                self.lane_decides(at, lane, Input::LinkUp { link, peer });
            }
            News::LinkDown { link } => self.lane_decides(at, lane, Input::LinkDown { link }),
            News::TellAll => self.lane_gets(at, lane, machine::Input::TellAll(&[])),
            News::Doors(doors) => {
                for lane in 0..self.gateways[at].lanes.len() {
                    self.lane_decides(at, lane, Input::Doors(doors.clone()));
                }
            }
            News::Registered { .. } | News::Inspect { .. } | News::NotNow(_) => {}
        }
    }

    fn lane_decides(&mut self, at: usize, lane: usize, input: Input<'_>) {
        let now = self.now();
        let host = &mut self.gateways[at].lanes[lane];
        host.lane.handle(now, input, &mut host.out);
    }

    fn opened(&mut self, at: usize, socket: usize) {
        let now = self.now();
        let lane = self.sockets[socket].lane;
        let host = &mut self.gateways[at].lanes[lane];
        let free = host.conns.iter().position(Option::is_none).unwrap_or(host.conns.len());
        if free == host.conns.len() {
            host.conns.push(None);
        }
        let reader = FrameReader::default();
        host.conns[free] = Some(Conn { socket, reader, ending: false });
        let conn = ConnId::at(free);
        self.sockets[socket].conn = Some(conn);
        let (format, address) = (Format::default(), IpAddr::V4(Ipv4Addr::LOCALHOST));
        host.lane.handle(now, Input::Opened { conn, format, address, name: None }, &mut host.out);
    }

    fn received(&mut self, at: usize, socket: usize, bytes: &[u8]) {
        let now = self.now();
        let Some((lane, conn)) = self.open_conn(socket) else { return };
        let host = &mut self.gateways[at].lanes[lane];
        let Some(Some(one)) = host.conns.get_mut(conn.place()) else { return };
        let mut frames = Vec::new();
        let read = one.reader.feed(bytes, limits::CLIENT_FRAME_BYTES_MAX, |frame| {
            frames.push(frame.to_vec());
            Ok::<(), proto::frame::FrameError>(())
        });
        for frame in frames {
            if !host.out.clients.is_ended(conn) {
                host.lane.handle(now, Input::Frame { conn, frame: &frame }, &mut host.out);
            }
        }
        if let Err(error) = read {
            let what = format!("client {} sent none: {error}", self.sockets[socket].client);
            self.violated("clients send frames", what);
        }
    }

    /// The socket is gone: its number is free.
    fn gone(&mut self, at: usize, socket: usize) {
        let now = self.now();
        let Some((lane, conn)) = self.open_conn(socket) else { return };
        let host = &mut self.gateways[at].lanes[lane];
        host.conns[conn.place()] = None;
        self.sockets[socket].conn = None;
        host.lane.handle(now, Input::Closed { conn }, &mut host.out);
    }

    fn drained(&mut self, at: usize, socket: usize) {
        let now = self.now();
        let Some((lane, conn)) = self.open_conn(socket) else { return };
        let host = &mut self.gateways[at].lanes[lane];
        if host.out.clients.wants_drained(conn) && host.out.clients.unsent(conn) == 0 {
            host.lane.handle(now, Input::Drained { conn }, &mut host.out);
        }
    }

    fn writable(&mut self, at: usize, socket: usize) {
        if let Some((lane, conn)) = self.open_conn(socket) {
            self.write(at, lane, conn);
        }
    }

    fn open_conn(&self, socket: usize) -> Option<(usize, ConnId)> {
        let socket = &self.sockets[socket];
        Some((socket.lane, socket.conn?))
    }

    /// Writes each connection that has output once, then ends those that are to end.
    fn flush_clients(&mut self, at: usize, lane: usize) {
        let (mut dirty, mut ended) = (Vec::new(), Vec::new());
        let clients = &mut self.gateways[at].lanes[lane].out.clients;
        clients.take_dirty(&mut dirty);
        clients.take_ended(&mut ended);
        for conn in dirty {
            self.write(at, lane, conn);
        }
        for (conn, ending) in ended {
            let Some(Some(one)) = self.gateways[at].lanes[lane].conns.get_mut(conn.place()) else {
                continue;
            };
            one.ending = true;
            let socket = one.socket;
            let unsent = self.gateways[at].lanes[lane].out.clients.unsent(conn);
            if ending == Ending::AtOnce {
                self.gateway_closes(socket);
            } else if unsent == 0 {
                self.gateway_has_said(socket);
            }
        }
    }

    /// Hands the socket as much as it takes.
    fn write(&mut self, at: usize, lane: usize, conn: ConnId) {
        let host = &mut self.gateways[at].lanes[lane];
        let Some(Some(one)) = host.conns.get(conn.place()) else { return };
        let (socket, ending) = (one.socket, one.ending);
        let unwritten = host.out.clients.unwritten(conn);
        let (free, offered) = (self.sockets[socket].free.min(unwritten.len()), unwritten.len());
        let bytes = unwritten[..free].to_vec();
        let slow = host.out.clients.wants_drained(conn);
        let all = host.out.clients.wrote(conn, free);
        self.write_to_client(socket, &bytes);
        if !all && free == offered {
            return self.write(at, lane, conn);
        }
        if all && slow {
            self.arrive(Port::Lane(at, lane).process(), Arrival::Drained { socket });
        }
        if all && ending {
            self.gateway_has_said(socket);
        }
    }
}
