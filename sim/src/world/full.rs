//! Nodes that keep all that they may: for a while they let nobody in.

use super::agenda::Happening;
use super::{Process, World};
use crate::journal::Full;

impl World {
    /// A node may keep nothing more for a while.
    pub(crate) fn fill_any(&mut self) {
        let at = self.chance.index(self.plan.nodes);
        let us = self.chance.between(100_000, 800_000);
        let from_us = self.agenda.now_us();
        if self.full_since(at).is_some() {
            return;
        }
        let Some(node) = &mut self.nodes[at].node else { return };
        node.set_bytes_max(0);
        self.trace(|| format!("q{} is full for {} ms", at + 1, us / 1000));
        self.fulls.push(Full { node: at, from_us, to_us: u64::MAX });
        let life = self.life(Process::Node(at));
        self.agenda.after(us, Happening::HasSpace { node: at, life });
    }

    /// A node has space again.
    pub(crate) fn has_space(&mut self, at: usize, life: u64) {
        if self.is_alive(Process::Node(at), life) {
            self.makes_space(at);
        }
    }

    /// All nodes have space again.
    pub(crate) fn make_space(&mut self) {
        (0..self.plan.nodes).for_each(|at| self.makes_space(at));
    }

    /// A node has space again, or it is no more: whoever comes after it has.
    pub(crate) fn makes_space(&mut self, at: usize) {
        let Some(full) = self.full_since(at) else { return };
        self.fulls[full].to_us = self.agenda.now_us();
        if let Some(node) = &mut self.nodes[at].node {
            node.set_bytes_max(u64::MAX);
        }
    }

    fn full_since(&self, at: usize) -> Option<usize> {
        self.fulls.iter().position(|full| full.node == at && full.to_us == u64::MAX)
    }
}
