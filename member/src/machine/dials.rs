//! Whom a thread dials: the nodes of the table, and nobody else.

use std::collections::BTreeSet;

use link::machine::Peer;
use proto::table::{BucketTable, Place};

use super::{Dial, Target};

/// The nodes that a thread dials.
#[derive(Debug, Clone, Default)]
pub(super) struct Dials {
    nodes: BTreeSet<Target>,
    /// Those of them whose address has led to a process without an incarnation.
    nameless: BTreeSet<Target>,
}

/// Who is at the other end of a link that this thread dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// The node that was dialled.
    Itself,
    /// Somebody else: who was dialled is gone. Its address is another's, or its own in another
    /// life.
    Another,
    /// A process that may be the node, and hear of it any moment.
    Nameless,
}

impl Dials {
    /// Dials the nodes of a table, but not `me`, and ends what else was dialled.
    pub(super) fn follow(&mut self, table: &BucketTable, me: &str, out: &mut Vec<Dial>) {
        let others = || table.places().iter().filter(|place| place.id != me);
        let wanted: BTreeSet<Target> = others().map(Target::at).collect();
        out.extend(self.nodes.difference(&wanted).cloned().map(Dial::End));
        self.nodes.retain(|node| wanted.contains(node));
        self.nameless.retain(|node| wanted.contains(node));
        for place in others() {
            self.add(place, out);
        }
    }

    /// Dials one node, until a table lacks it.
    pub(super) fn add(&mut self, place: &Place, out: &mut Vec<Dial>) {
        let target = Target::at(place);
        if self.nodes.insert(target.clone()) {
            out.push(Dial::Begin { target, address: place.address.clone() });
        }
    }

    /// Who it is that a dial of this node has led to. A process without an incarnation may have
    /// been registered since it said hello; if there is one the next time, too, it waits for an
    /// incarnation of its own.
    pub(super) fn meet(&mut self, dialled: &Target, peer: &Peer) -> Met {
        let Target::Node { id, incarnation } = dialled else { return Met::Another };
        if (id, *incarnation) == (&peer.id, peer.incarnation) {
            return Met::Itself;
        }
        match peer.incarnation == 0 && self.nameless.insert(dialled.clone()) {
            true => Met::Nameless,
            false => Met::Another,
        }
    }
}

#[cfg(test)]
mod tests;
