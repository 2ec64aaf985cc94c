//! Who holds what: the first table, and what nobody has.

use std::collections::BTreeSet;

use proto::time::Time;

use super::super::events::Kind;
use super::super::roster::{Node, Owner, State};
use super::super::table::Rows;
use super::Boss;

impl Boss {
    /// Gives out buckets that nobody has, when those that start together have had time to come.
    pub(super) fn settle(&mut self, now: Time) {
        let opening = self.kept.rows.is_empty();
        let heirs = self.heirs();
        let may_change = {
            let mut unowned = self.kept.rows.iter().filter(|row| row.primary().is_none());
            unowned.all(|row| self.may_change(now, row))
        };
        let is_needed = opening || self.kept.rows.any_unowned();
        if heirs.is_empty() || !is_needed || self.frozen.is_some() || !may_change {
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

    pub(super) fn moved(&mut self, now: Time, buckets: usize, text: String) {
        if buckets > 0 {
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
