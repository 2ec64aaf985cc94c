//! Links between processes: bytes in order, late by chance, torn into pieces, cut at any moment.

use link::machine::{LinkId, Peer, Redial};
use proto::frame::FrameReader;
use proto::limits;
use proto::link::Role;

use super::agenda::Happening;
use super::logs::Between;
use super::process::{Arrival, SETTLES_US};
use super::{Process, Target, Trace, World};

/// Where links end: each port has an outbox and numbers its links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Port {
    Boss,
    Node(usize),
    /// A lane of a gateway; the first one speaks with the boss.
    Lane(usize, usize),
}

impl Port {
    pub(crate) fn process(self) -> Process {
        match self {
            Port::Boss => Process::Boss,
            Port::Node(node) => Process::Node(node),
            Port::Lane(gateway, _) => Process::Gateway(gateway),
        }
    }
}

impl Target {
    fn port(self) -> Port {
        match self {
            Target::Boss => Port::Boss,
            Target::Node(node, _) => Port::Node(node),
        }
    }
}

/// A link.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The dialler's end comes first.
    pub(crate) ends: [End; 2],
    target: Target,
    /// Since when it is up.
    up_us: u64,
    /// Who was dialled isn't who is there: the dialler will end it.
    is_mistaken: bool,
    /// Nothing put in from now on arrives.
    pub(crate) cut: bool,
    /// What is on its way is lost, too.
    loses: bool,
    /// It will be cut, for one end hears nothing any more.
    pub(crate) is_ailing: bool,
}

/// One end of a link.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) port: Port,
    pub(crate) link: LinkId,
    life: u64,
    reader: FrameReader,
    /// What is on its way to this end arrives no later.
    arrives_us: u64,
    /// The process knows that the link is gone.
    pub(crate) gone: bool,
    /// Nothing put in from now on arrives here.
    pub(crate) is_deaf: bool,
    /// Since then nothing comes, and that is how it will find that the link is gone.
    pub(crate) silent_us: Option<u64>,
}

/// Somebody whom a port wants a link with.
#[derive(Debug, Default)]
pub(crate) struct Dial {
    redial: Redial,
    wire: Option<usize>,
}

impl Wire {
    /// Whether both ends know that it is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.ends.iter().all(|end| end.gone)
    }
}

impl World {
    /// The port wants a link from now on.
    pub(crate) fn want(&mut self, port: Port, target: Target) {
        if self.dials.contains_key(&(port, target)) {
            return;
        }
        self.dials.insert((port, target), Dial::default());
        let life = self.life(port.process());
        self.agenda.after(0, Happening::Dial { port, life, target });
    }

    /// The port wants no link any more.
    pub(crate) fn unwant(&mut self, port: Port, target: Target) {
        let Some(dial) = self.dials.remove(&(port, target)) else { return };
        if let Some(wire) = dial.wire {
            self.close_end(wire, 0, "no longer wanted");
        }
    }

    pub(crate) fn dial(&mut self, port: Port, life: u64, target: Target) {
        let mine = port.process();
        if !self.is_alive(mine, life) || !self.dials.contains_key(&(port, target)) {
            return;
        }
        let theirs = target.port();
        let stands_still = self.is_up(theirs.process()) && !self.is_awake(theirs.process());
        if !self.is_awake(mine) || stands_still {
            // A handshake takes both.
            return self.agenda.after(20_000, Happening::Dial { port, life, target });
        }
        if self.cuts.keep_apart(port, theirs, self.agenda.now_us()) {
            return self.dial_later(port, target);
        }
        if !self.is_up(theirs.process()) {
            self.is_refused(port, target);
            return self.dial_later(port, target);
        }
        let (peer_here, peer_there) = (self.peer(port), self.peer(theirs));
        let is_mistaken =
            matches!(target, Target::Node(_, wanted) if wanted != peer_there.incarnation);
        let up_us = self.agenda.now_us();
        let near_us = up_us + self.link_us();
        let far_us = near_us + self.link_us();
        let ends = [(port, far_us), (theirs, near_us)].map(|(port, arrives_us)| End {
            port,
            link: self.free_link(port),
            life: self.life(port.process()),
            reader: FrameReader::default(),
            arrives_us,
            gone: false,
            is_deaf: false,
            silent_us: None,
        });
        let at = self.wires.len();
        let links = [(port, ends[0].link, peer_there), (theirs, ends[1].link, peer_here)];
        let (cut, loses, is_ailing) = (false, false, false);
        self.wires.push(Wire { ends, target, up_us, is_mistaken, cut, loses, is_ailing });
        for (end, (port, link, peer)) in links.into_iter().enumerate() {
            self.slots.entry(port).or_default()[link.0 as usize] = Some(at);
            let up = Arrival::Up { port, link, peer, dialled: (end == 0).then_some(target) };
            self.arrive(port.process(), up);
        }
        if let Some(dial) = self.dials.get_mut(&(port, target)) {
            dial.wire = Some(at);
        }
        if let (Port::Lane(gateway, lane), Port::Node(node), false) = (port, theirs, is_mistaken) {
            self.ways.joined(up_us, (gateway, lane), node);
        }
        self.trace(|| format!("{port:?} has a link to {theirs:?}"));
    }

    fn dial_later(&mut self, port: Port, target: Target) {
        let random = self.chance.seed();
        let life = self.life(port.process());
        if let Some(dial) = self.dials.get_mut(&(port, target)) {
            let pause_us = dial.redial.pause_ms(random) * 1000 + 200;
            dial.wire = None;
            self.agenda.after(pause_us, Happening::Dial { port, life, target });
        }
    }

    /// The smallest free number of the port, taken.
    fn free_link(&mut self, port: Port) -> LinkId {
        let slots = self.slots.entry(port).or_default();
        let free = slots.iter().position(Option::is_none).unwrap_or(slots.len());
        if free == slots.len() {
            slots.push(None);
        }
        // Both ends of a wire are numbered before the wire is there.
        slots[free] = Some(usize::MAX);
        LinkId(free as u32)
    }

    /// Who is at this end, as it says itself.
    fn peer(&self, port: Port) -> Peer {
        let (role, id, incarnation, lane) = match port {
            Port::Boss => (Role::Boss, "boss".to_owned(), 1, 0),
            Port::Node(node) => {
                let host = &self.nodes[node];
                (Role::QueueNode, host.id.clone(), host.member.incarnation(), 0)
            }
            Port::Lane(gateway, lane) => {
                let host = &self.gateways[gateway];
                (Role::Gateway, host.id.clone(), host.incarnation(), lane as u32)
            }
        };
        Peer { role, id, incarnation, lane, version: 1, cluster_id: 1 }
    }

    /// Sends everything that a port's machine has let out.
    pub(crate) fn flush_links(&mut self, port: Port) {
        let Some(out) = self.links_of(port) else { return };
        let dirty = out.dirty();
        let outputs: Vec<(LinkId, Vec<u8>)> =
            dirty.into_iter().map(|link| (link, out.take(link))).collect();
        let ended = out.ended();
        for (link, bytes) in outputs {
            self.carry(port, link, bytes);
        }
        for (link, reason) in ended {
            self.end_link(port, link, reason);
        }
    }

    /// The link that one port has with another, if there is one.
    pub(crate) fn link_between(&self, one: Port, other: Port) -> Option<LinkId> {
        let is_its =
            |wire: &&Wire| !wire.cut && !wire.is_mistaken && wire.ends.iter().all(|end| !end.gone);
        let ends = |wire: &Wire| {
            let end = wire.ends.iter().position(|end| end.port == one)?;
            (wire.ends[1 - end].port == other).then(|| wire.ends[end].link)
        };
        self.wires.iter().rev().filter(is_its).find_map(ends)
    }

    /// When all that was sent to this end of a link until now has arrived.
    pub(crate) fn arrived_us(&self, port: Port, link: LinkId) -> Option<u64> {
        let (at, end) = self.wire_of(port, link)?;
        Some(self.wires[at].ends[end].arrives_us)
    }

    fn wire_of(&self, port: Port, link: LinkId) -> Option<(usize, usize)> {
        let wire = (*self.slots.get(&port)?.get(link.0 as usize)?)?;
        let ends = &self.wires.get(wire)?.ends;
        let end = ends.iter().position(|end| end.port == port && end.link == link)?;
        Some((wire, end))
    }

    /// The lane at the other end of a node's link.
    pub(crate) fn lane_with(&self, node: usize, link: LinkId) -> Option<(usize, usize)> {
        let (at, end) = self.wire_of(Port::Node(node), link)?;
        match self.wires[at].ends[1 - end].port {
            Port::Lane(gateway, lane) => Some((gateway, lane)),
            Port::Boss | Port::Node(_) => None,
        }
    }

    fn carry(&mut self, port: Port, link: LinkId, bytes: Vec<u8>) {
        let Some((at, end)) = self.wire_of(port, link) else { return };
        let to = 1 - end;
        if let Port::Node(node) = port {
            self.fences_watch(node, link, self.wires[at].ends[to].port, &bytes);
        }
        let ends = [&self.wires[at].ends[end], &self.wires[at].ends[to]];
        if let (Port::Node(one), Port::Node(_)) = (ends[0].port, ends[1].port) {
            let from = (one, ends[0].life);
            self.logs_hear(Between { wire: at, end, from }, &bytes);
        }
        if bytes.is_empty() || self.wires[at].cut {
            return;
        }
        let to_port = self.wires[at].ends[to].port;
        if self.kills_at(port, to_port, &bytes) {
            return;
        }
        if let (Port::Node(node), Port::Boss) = (port, to_port) {
            self.repeats(node, &bytes);
        }
        let delay_us = self.cuts.delay_us(port, to_port, self.agenda.now_us());
        if self.trace == Trace::Frames {
            for line in super::tap::lines(port, self.wires[at].ends[to].port, &bytes) {
                self.trace(|| line);
            }
        }
        if let (Port::Lane(..), Port::Node(_)) = (port, self.wires[at].ends[to].port) {
            self.referee_hears_lane(port, link, &bytes);
        }
        if self.wires[at].ends[to].is_deaf {
            return;
        }
        // Sometimes a batch comes in two pieces, torn anywhere.
        let whole = bytes.len() as u64;
        let tear = if self.chance.percent(20) { self.chance.below(whole) as usize } else { 0 };
        let (first, second) = bytes.split_at(tear);
        for piece in [first, second] {
            if piece.is_empty() {
                continue;
            }
            let at_us = self.agenda.now_us() + self.link_us() + delay_us;
            let end = &mut self.wires[at].ends[to];
            end.arrives_us = end.arrives_us.max(at_us);
            let (arrives_us, bytes) = (end.arrives_us, piece.to_vec());
            self.agenda.at(arrives_us, Happening::Carried { wire: at, end: to, bytes });
        }
    }

    pub(crate) fn carried(&mut self, at: usize, to: usize, bytes: &[u8]) {
        let wire = &mut self.wires[at];
        let end = &mut wire.ends[to];
        if end.gone || wire.loses || !is_alive(&self.vitals, end.port.process(), end.life) {
            return;
        }
        let (port, link) = (end.port, end.link);
        let mut frames = Vec::new();
        let read = end.reader.feed(bytes, limits::LINK_FRAME_BYTES_MAX, |frame| {
            frames.push(frame.to_vec());
            Ok::<(), proto::frame::FrameError>(())
        });
        if let Err(error) = read {
            self.violated("links carry frames", format!("{port:?} got none: {error}"));
        }
        for frame in frames {
            self.arrive(port.process(), Arrival::Frame { port, link, frame });
        }
    }

    /// A link breaks: both ends notice, each in its own time.
    pub(crate) fn cut(&mut self, at: usize, loses: bool) {
        let wire = &mut self.wires[at];
        if wire.cut {
            return;
        }
        (wire.cut, wire.loses) = (true, loses);
        let is_mistaken = wire.is_mistaken;
        let until_us = self.agenda.now_us() + SETTLES_US;
        for process in self.wires[at].ends.each_ref().map(|end| end.port.process()) {
            self.troubles(process, until_us);
        }
        let wire = &self.wires[at];
        let ends = wire.ends.each_ref().map(|end| (end.arrives_us, end.port));
        self.trace(|| format!("the link from {:?} to {:?} breaks", ends[0].1, ends[1].1));
        if let (Port::Node(node), Port::Node(_), false) = (ends[0].1, ends[1].1, is_mistaken) {
            self.fences.cannot_speak(node);
        }
        for (end, (arrives_us, _)) in ends.into_iter().enumerate() {
            let is_quick = self.chance.percent(50);
            let after_us = if is_quick { 2_000 } else { limits::DEAD_MS * 1000 };
            let one = &mut self.wires[at].ends[end];
            if !is_quick && loses {
                one.silent_us = one.silent_us.or(Some(self.agenda.now_us()));
            }
            let notice_us = self.agenda.now_us() + self.chance.below(after_us);
            let notice_us = if loses { notice_us } else { notice_us.max(arrives_us) };
            self.agenda.at(notice_us, Happening::Notice { wire: at, end });
        }
    }

    pub(crate) fn notice(&mut self, at: usize, end: usize) {
        let since_us = self.wires[at].ends[end].silent_us;
        let us = since_us.map_or(0, |since_us| self.agenda.now_us() - since_us);
        self.close_silent_end(at, end, "lost", us / 1000);
    }

    /// One end knows that the link is gone.
    fn close_end(&mut self, at: usize, end: usize, why: &'static str) {
        self.close_silent_end(at, end, why, 0);
    }

    /// The same, after so long without a word; it dials again if it is the dialler.
    fn close_silent_end(&mut self, at: usize, end: usize, why: &'static str, silent_ms: u64) {
        let wire = &mut self.wires[at];
        let (target, up_us, is_mistaken) = (wire.target, wire.up_us, wire.is_mistaken);
        let one = &mut wire.ends[end];
        if std::mem::replace(&mut one.gone, true) {
            return;
        }
        let (port, link, life) = (one.port, one.link, one.life);
        let ends = self.wires[at].ends.each_ref().map(|end| end.port);
        if let ([Port::Lane(gateway, lane), Port::Node(node)], false) = (ends, is_mistaken) {
            let (now_us, way) = (self.agenda.now_us(), (gateway, lane));
            self.ways.ended(now_us, way, node);
            let holds = |wire: &Wire| {
                !wire.is_mistaken
                    && wire.ends.each_ref().map(|end| end.port) == ends
                    && wire.ends.iter().all(|end| !end.gone)
            };
            if !self.wires.iter().any(holds) {
                self.ways.parted(now_us, way, node);
            }
        }
        if let ([Port::Node(one), Port::Node(other)], 2..) = (ends, self.plan.copies) {
            self.ways.fellows_ended(self.agenda.now_us(), [one, other]);
        }
        if !is_alive(&self.vitals, port.process(), life) {
            return;
        }
        self.trace(|| format!("{port:?} finds its link {} ended: {why}", link.0));
        self.arrive(port.process(), Arrival::Down { port, link, silent_ms });
        if let Some(dial) = self.dials.get_mut(&(port, target))
            && end == 0
            && dial.wire == Some(at)
        {
            // As `Wires` of production does it.
            if self.agenda.now_us() >= up_us + limits::DEAD_MS * 1000 {
                dial.redial.succeeded();
            }
            self.dial_later(port, target);
        }
        self.cut(at, false);
    }

    /// A machine wants a link closed.
    fn end_link(&mut self, port: Port, link: LinkId, reason: &'static str) {
        let Some((at, end)) = self.wire_of(port, link) else { return };
        self.trace(|| format!("{port:?} ends its link {}: {reason}", link.0));
        if !ENDS_ALLOWED.contains(&reason) {
            let what = format!("{port:?} ended a link with {:?}: {reason}", {
                self.wires[at].ends[1 - end].port
            });
            self.violated("no process says what it must not", what);
        }
        self.close_end(at, end, reason);
    }

    /// The process has been told of the end of its link: the number is free.
    pub(crate) fn link_is_down(&mut self, port: Port, link: LinkId) {
        if let Some(slot) = self.slots.get_mut(&port).and_then(|s| s.get_mut(link.0 as usize)) {
            *slot = None;
        }
    }

    /// A process is gone, with all that it had to say; what left it before may still arrive.
    pub(crate) fn drop_ports(&mut self, process: Process) {
        for at in 0..self.wires.len() {
            for end in 0..2 {
                let one = &mut self.wires[at].ends[end];
                if one.port.process() == process && !one.gone {
                    one.gone = true;
                    let loses = self.chance.percent(50);
                    self.cut(at, loses);
                }
            }
        }
        self.slots.retain(|port, _| port.process() != process);
        self.dials.retain(|(port, _), _| port.process() != process);
    }

    /// A link that is up and fits, by chance.
    pub(crate) fn any_wire(&mut self, fits: impl Fn(Port, Port) -> bool) -> Option<usize> {
        let wires = self.wires.iter().enumerate();
        let up: Vec<usize> = wires
            .filter(|(_, wire)| {
                !wire.cut && !wire.is_ailing && fits(wire.ends[0].port, wire.ends[1].port)
            })
            .map(|(at, _)| at)
            .collect();
        (!up.is_empty()).then(|| *self.chance.pick(&up))
    }

    fn link_us(&mut self) -> u64 {
        let most = self.plan.link_us_max;
        if self.chance.percent(90) { self.chance.below(300) + 20 } else { self.chance.below(most) }
    }
}

/// Why a machine may end a link though nobody did wrong.
const ENDS_ALLOWED: [&str; 14] = [
    "this node is not registered yet",
    "it is not the node of the table",
    "the node has come back on another link",
    "the peer has come back on another link",
    "the lane has come back on another link",
    "the node leaves operations without an answer",
    "this node has no table with such a bucket yet",
    "a node leads a bucket of which nothing is known here",
    "the node has no space for copies",
    "the peer has heard a newer table than this node",
    "it told a row of which the boss, whose store has lost steps, must tell first",
    "it was refused",
    "it registered twice on one link",
    "no longer wanted",
];

fn is_alive(
    vitals: &std::collections::BTreeMap<Process, super::process::Vitals>,
    process: Process,
    life: u64,
) -> bool {
    vitals.get(&process).is_some_and(|vitals| vitals.is_up && vitals.life == life)
}
