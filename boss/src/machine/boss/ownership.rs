//! Who holds what: the first table, what nobody has, and what reports know better.

use std::collections::BTreeSet;

use proto::time::Time;

use super::super::events::Kind;
use super::super::registration::Registration;
use super::super::roster::{Node, NodeRole, Owner, State};
use super::super::table::Rows;
use super::Boss;

impl Boss {
    /// Gives out buckets that nobody has, when those that start together have had time to come.
    pub(super) fn settle(&mut self, now: Time) {
        let opening = self.kept.rows.is_empty();
        let heirs = self.heirs();
        if heirs.is_empty() || (!opening && !self.kept.rows.any_unowned()) {
            self.settle_at = None;
            return;
        }
        let at = *self.settle_at.get_or_insert(now.ms + self.settings.settle_ms);
        let complete = self.settings.expected_queue_nodes.is_some_and(|n| heirs.len() >= n);
        if now.ms < at && !complete {
            return;
        }
        self.settle_at = None;
        if opening {
            self.open(now, &heirs);
        } else {
            let given = self.kept.rows.spread(&heirs);
            let text = format!("{given} buckets without an owner went to {} nodes", heirs.len());
            self.moved(now, given, text);
        }
        self.publication.change();
        self.learners.review();
    }

    fn open(&mut self, now: Time, heirs: &BTreeSet<Owner>) {
        self.kept.rows = Rows::first(heirs);
        let joining = self.kept.roster.iter().filter(|node| node.state == State::Joining);
        let joining: Vec<_> = joining.map(|node| node.id.clone()).collect();
        for id in joining {
            self.kept.roster.set_state(&id, State::Up);
        }
        let buckets = self.kept.rows.iter().count();
        let text = format!("the first table: {buckets} buckets on {} nodes", heirs.len());
        self.tell(now, Kind::Split, None, text);
    }

    /// Takes what a node holds that the store doesn't know of.
    pub(super) fn adopt(&mut self, now: Time, process: &Registration) {
        let holds = process.role == NodeRole::QueueNode;
        let Some(incarnation) = process.incarnation.filter(|_| holds) else { return };
        let owner = Owner { id: process.id.clone(), incarnation };
        let mut adopted = 0;
        let its = process.buckets.iter().filter(|(_, row)| row.primary() == Some(&owner));
        for (bucket, row) in its {
            adopted += usize::from(self.kept.rows.adopt(*bucket, row));
        }
        if adopted > 0 {
            self.publication.change();
            let text = format!("{adopted} rows were taken from the report of {}", process.id);
            self.moved(now, adopted, text);
        }
    }

    pub(super) fn moved(&mut self, now: Time, buckets: usize, text: String) {
        if buckets > 0 {
            self.counters.moved += buckets as u64;
            self.tell(now, Kind::Moved, None, text);
        }
    }

    /// Queue nodes that can be given something: in the roster, and heard.
    pub(super) fn heirs(&self) -> BTreeSet<Owner> {
        let heard =
            |node: &&Node| self.lives.get(&node.id).is_some_and(|life| life.link().is_some());
        let nodes = self.kept.roster.iter().filter(|node| node.holds_queues());
        nodes.filter(heard).map(Node::owner).collect()
    }
}
