//! Lanes that can't reach one node while they reach the others, in both directions or in one.
//!
//! Whoever is cut off from its user's home isn't told that it has lost, and goes on where it still
//! can: fences, floors and the hearing of homes are made for just that.

use std::collections::BTreeMap;

use proto::limits;

use super::World;
use super::agenda::Happening;
use super::wires::Port;
use crate::plan::{GATEWAYS, NODES};

/// A home that hasn't heard a lane for a grace ends its sessions, rightly. So the lane is back by
/// then, its longest back-off and a process that stands still included.
const CUT_US_MAX: u64 = 1_000_000;
/// How long a lane may take to come back when it can.
const REDIAL_US: u64 = 1_200_000;

/// Until when which lane can't reach which node.
#[derive(Debug, Default)]
pub(crate) struct Cuts(BTreeMap<(Port, usize), u64>);

impl Cuts {
    /// Whether nothing new comes to be between these two.
    pub(crate) fn keep_apart(&self, one: Port, other: Port, now_us: u64) -> bool {
        let Port::Node(node) = other else { return false };
        self.0.get(&(one, node)).is_some_and(|until_us| now_us < *until_us)
    }

    /// Everybody reaches everybody again.
    pub(crate) fn heal(&mut self) {
        self.0.clear();
    }
}

impl World {
    /// A lane is cut off from a node for a while.
    pub(crate) fn cut_off_any(&mut self) {
        let gateway = self.chance.index(GATEWAYS);
        let lane = self.chance.index(self.plan.lanes[gateway]);
        let node = self.chance.index(NODES);
        self.cut_off(Port::Lane(gateway, lane), node);
    }

    /// The lane of a client is cut off from one node, and those of the other gateway from another:
    /// if the client goes there, its old and its new connection lack one of its two homes each.
    pub(crate) fn cross(&mut self, socket: usize) {
        let node = self.chance.index(NODES);
        let other = (node + 1 + self.chance.index(NODES - 1)) % NODES;
        self.cut_off(self.lane_of(socket), node);
        let gateway = (self.sockets[socket].gateway + 1) % GATEWAYS;
        for lane in 0..self.plan.lanes[gateway] {
            self.cut_off(Port::Lane(gateway, lane), other);
        }
    }

    /// A lane can't reach a node for a while.
    pub(crate) fn cut_off(&mut self, lane: Port, node: usize) {
        let us = self.chance.between(200_000, CUT_US_MAX);
        let now_us = self.agenda.now_us();
        let until_us = self.cuts.0.entry((lane, node)).or_default();
        if now_us < *until_us + REDIAL_US && *until_us > 0 {
            return;
        }
        *until_us = now_us + us;
        let ways = ["in both directions", "towards the lane", "towards the node"];
        let way = *self.chance.pick(&[0, 0, 1, 2]);
        self.trace(|| format!("{lane:?} and q{} are cut {} for {us} us", node + 1, ways[way]));
        let theirs = |one: Port, other: Port| one == lane && other == Port::Node(node);
        while let Some(wire) = self.any_wire(theirs) {
            match way {
                0 => self.cut(wire, true),
                _ => self.deafen(wire, way - 1),
            }
        }
    }

    /// Nothing more comes to this end of a link. It closes the link when it has heard no beat for
    /// long enough; till then the other end goes on speaking or listening.
    fn deafen(&mut self, wire: usize, end: usize) {
        self.wires[wire].ends[end].is_deaf = true;
        self.wires[wire].is_ailing = true;
        let dead_us = limits::DEAD_MS * 1000;
        let us = self.chance.between(dead_us - 100_000, dead_us);
        self.agenda.after(us, Happening::Notice { wire, end });
    }
}
