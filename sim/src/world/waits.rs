//! Whom primaries wait for: everybody that the stored row names (I2), and in the end nothing is
//! still to be decided.

use queue_node::machine::{Node, Waits};

use super::World;
use crate::chance::Chance;

const RULE: &str = "a primary waits for everybody in the stored set";
const OPEN: &str = "after healing nothing waits to be decided";

/// Makes the draws of this rule others than those of the run.
const WAITS: u64 = 0x7761_6974;
/// Of a hundred turns of a node, so many are looked at.
const LOOKED_PERCENT: u64 = 5;
/// A proposal is decided, and heard of, within this time.
const DECIDED_US: u64 = 2_000_000;

/// Which turns are looked at.
#[derive(Debug)]
pub(crate) struct Looks(Chance);

impl Looks {
    pub(crate) fn new(seed: u64) -> Looks {
        Looks(Chance::new(seed ^ WAITS))
    }
}

impl World {
    /// A node's turn has ended.
    pub(crate) fn look_at_waits_now_and_then(&mut self, at: usize) {
        if self.plan.copies > 1 && self.looks.0.percent(LOOKED_PERCENT) {
            self.look_at_waits(at);
        }
    }

    /// Whom of its stored rows a node doesn't wait for.
    pub(crate) fn look_at_waits(&mut self, at: usize) {
        let host = &self.nodes[at];
        let (id, incarnation) = (&*host.id, host.member.incarnation());
        let waits = host.node.as_ref().map(Node::waits).unwrap_or_default();
        let mut wrong = Vec::new();
        for Waits { bucket, epochs, owners, .. } in waits {
            if !self.logs.waits((id, incarnation), (bucket, epochs)) {
                continue;
            }
            let Some(row) = self.logs.row(bucket) else { continue };
            let others = row.in_sync.iter().filter(|owner| owner.id != id);
            let unawaited = others.filter(|owner| !owners.contains(owner));
            wrong.extend(unawaited.map(|owner| format!("{id} not for {owner:?}, by {row:?}")));
        }
        for what in wrong {
            self.violated(RULE, what);
        }
    }

    /// Everything had time to be decided.
    pub(crate) fn look_at_proposals(&mut self) {
        let mut open = Vec::new();
        for host in &self.nodes {
            let waits = host.node.as_ref().map(Node::waits).unwrap_or_default();
            for Waits { bucket, .. } in waits.into_iter().filter(|waits| waits.proposes) {
                let since_us = self.logs.row_since_us(bucket);
                if since_us + DECIDED_US < self.agenda.now_us() {
                    let row = self.logs.row(bucket);
                    open.push(format!("{} proposes something over {row:?}", host.id));
                }
            }
        }
        for what in open {
            self.violated(OPEN, what);
        }
    }
}
