//! Processes that can't reach one another while they reach the others, in both directions or in
//! one: a lane and a node, two nodes, or one of them and the boss.
//!
//! A lane that is cut off from its user's home isn't told that it has lost, and goes on where it
//! still can: fences, floors and the hearing of homes are made for just that. Nodes that are cut
//! off from each other keep their words, and who is cut off from the boss isn't dead.

use std::collections::BTreeMap;

use proto::limits;

use super::World;
use super::agenda::Happening;
use super::wires::Port;
use crate::plan::GATEWAYS;

/// A home that hasn't heard a lane for a grace ends its sessions, rightly. So the lane is back by
/// then, its longest back-off and a process that stands still included.
const CUT_US_MAX: u64 = 1_000_000;
/// How long a lane may take to come back when it can.
const REDIAL_US: u64 = 1_200_000;

/// Until when which two can't reach each other, whoever dials.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    apart: BTreeMap<(Port, Port), u64>,
    /// Until when all that two say comes so much later.
    slow: BTreeMap<(Port, Port), (u64, u64)>,
}

/// Of a hundred pairs that are to be cut off, so many get slow.
const SLOW_PERCENT: u64 = 20;

impl Cuts {
    /// Whether nothing new comes to be between these two.
    pub(crate) fn keep_apart(&self, one: Port, other: Port, now_us: u64) -> bool {
        self.apart.get(&pair(one, other)).is_some_and(|until_us| now_us < *until_us)
    }

    /// How much later comes what these two say.
    pub(crate) fn delay_us(&self, one: Port, other: Port, now_us: u64) -> u64 {
        let slow = self.slow.get(&pair(one, other));
        slow.filter(|(until_us, _)| now_us < *until_us).map_or(0, |(_, delay_us)| *delay_us)
    }

    /// Everybody reaches everybody again.
    pub(crate) fn heal(&mut self) {
        *self = Cuts::default();
    }
}

/// Two ports, in whatever order they are named.
fn pair(one: Port, other: Port) -> (Port, Port) {
    (one.min(other), one.max(other))
}

impl World {
    /// Two that speak with each other are cut off for a while: mostly a lane from a node.
    pub(crate) fn cut_off_any(&mut self) {
        let gateway = self.chance.index(GATEWAYS);
        let lane = self.chance.index(self.plan.lanes[gateway]);
        let (node, other) = self.two_nodes();
        let (one, other) = match self.chance.below(10) {
            0..7 => (Port::Lane(gateway, lane), Port::Node(node)),
            7 | 8 => (Port::Node(node), Port::Node(other)),
            _ if self.chance.percent(70) => (Port::Node(node), Port::Boss),
            // The first lane of a gateway speaks with the boss.
            _ => (Port::Lane(gateway, 0), Port::Boss),
        };
        match self.chance.percent(SLOW_PERCENT) {
            true => self.slow_down(one, other),
            false => self.cut_off(one, other),
        }
    }

    /// The lane of a client is cut off from one node, and those of the other gateway from another:
    /// if the client goes there, its old and its new connection lack one of its two homes each.
    pub(crate) fn cross(&mut self, socket: usize) {
        let (node, other) = self.two_nodes();
        self.cut_off(self.lane_of(socket), Port::Node(node));
        let gateway = (self.sockets[socket].gateway + 1) % GATEWAYS;
        for lane in 0..self.plan.lanes[gateway] {
            self.cut_off(Port::Lane(gateway, lane), Port::Node(other));
        }
    }

    /// Two nodes that aren't the same.
    pub(crate) fn two_nodes(&mut self) -> (usize, usize) {
        let nodes = self.plan.nodes;
        let node = self.chance.index(nodes);
        (node, (node + 1 + self.chance.index(nodes - 1)) % nodes)
    }

    /// What these two say comes late for a while.
    fn slow_down(&mut self, one: Port, other: Port) {
        let us = self.chance.between(200_000, CUT_US_MAX);
        let delay_us = self.chance.between(10_000, 200_000);
        self.trace(|| format!("{one:?} and {other:?} hear each other {delay_us} us late"));
        let until_us = self.agenda.now_us() + us;
        for port in [one, other] {
            self.troubles(port.process(), until_us + delay_us);
        }
        self.cuts.slow.insert(pair(one, other), (until_us, delay_us));
    }

    /// These two can't reach each other for a while.
    pub(crate) fn cut_off(&mut self, one: Port, other: Port) {
        let us = self.chance.between(200_000, CUT_US_MAX);
        let now_us = self.agenda.now_us();
        let until_us = self.cuts.apart.entry(pair(one, other)).or_default();
        if now_us < *until_us + REDIAL_US && *until_us > 0 {
            return;
        }
        *until_us = now_us + us;
        for port in [one, other] {
            self.troubles(port.process(), now_us + us + REDIAL_US);
        }
        // Nothing comes to the one that is given here; nothing: to neither.
        let deaf = *self.chance.pick(&[None, None, Some(one), Some(other)]);
        self.trace(|| {
            let way =
                deaf.map_or("in both directions".to_owned(), |deaf| format!("towards {deaf:?}"));
            format!("{one:?} and {other:?} are cut {way} for {us} us")
        });
        for port in [one, other] {
            if let (Port::Node(node), Port::Node(_)) = (port, one.max(other)) {
                self.fences.cannot_speak(node);
            }
        }
        let theirs = |dialler: Port, acceptor: Port| pair(dialler, acceptor) == pair(one, other);
        while let Some(wire) = self.any_wire(theirs) {
            match self.wires[wire].ends.iter().position(|end| Some(end.port) == deaf) {
                None => self.cut(wire, true),
                Some(end) => self.deafen(wire, end),
            }
        }
    }

    /// Nothing more comes to this end of a link. It closes the link when it has heard no beat for
    /// long enough; till then the other end goes on speaking or listening.
    pub(crate) fn deafen(&mut self, wire: usize, end: usize) {
        self.wires[wire].ends[end].is_deaf = true;
        self.wires[wire].ends[end].silent_us = Some(self.agenda.now_us());
        self.wires[wire].is_ailing = true;
        let dead_us = limits::DEAD_MS * 1000;
        let us = self.chance.between(dead_us - 100_000, dead_us);
        self.agenda.after(us, Happening::Notice { wire, end });
    }
}
