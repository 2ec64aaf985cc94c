//! What has to be there again soon after all faults have healed, and runs in which one fault is
//! healed before the next.

use proto::table::{Owner, Row};

use super::agenda::Happening;
use super::wires::Port;
use super::{Process, World};

/// So long after the last fault everything is as it should be: whoever is down comes back within
/// 300 ms of it.
pub(crate) const HEALED_US: u64 = 5_300_000;

const RULE: &str = "after healing each bucket serves and has its copies";

impl World {
    /// Everything had time to recover.
    pub(crate) fn look_at_healed(&mut self) {
        let wrong: Vec<String> = self.logs.rows().filter_map(|row| self.lacks(row)).collect();
        for what in wrong {
            self.violated(RULE, what);
        }
        self.look_at_proposals();
        self.look_at_unanswered();
    }

    /// What isn't as it should be with the bucket of a row.
    fn lacks(&self, row: &Row) -> Option<String> {
        let Some(primary) = &row.primary else { return Some(format!("no primary: {row:?}")) };
        let Some(at) = self.is_there(primary) else { return Some(format!("not there: {row:?}")) };
        let serves = self.nodes[at].node.as_ref().is_some_and(|node| {
            let held = node.buckets();
            held.iter().any(|(id, its)| id.prefix() == row.prefix && *its == row.epochs())
        });
        if !serves {
            return Some(format!("q{} doesn't serve: {row:?}", at + 1));
        }
        (!self.has_copies(row)).then(|| format!("too few copies: {row:?}"))
    }

    /// Whether there are as many copies as are wanted.
    fn has_copies(&self, row: &Row) -> bool {
        let named = row.in_sync.iter();
        named.filter(|owner| self.is_there(owner).is_some()).count() >= self.plan.copies as usize
    }

    /// A node that is up in the life that a row names.
    pub(crate) fn is_there(&self, owner: &Owner) -> Option<usize> {
        self.nodes.iter().position(|host| {
            host.node.is_some()
                && host.id == owner.id
                && host.member.incarnation() == owner.incarnation
        })
    }

    /// One fault, if the one before is healed.
    pub(crate) fn one_fault(&mut self) {
        if !self.is_whole() {
            return;
        }
        let (node, other) = self.two_nodes();
        match self.chance.below(6) {
            0 | 1 => self.crash_for_a_while(Process::Node(node)),
            2 => self.stand_still(Process::Node(node)),
            3 => self.cut_off(Port::Node(node), Port::Node(other)),
            4 => self.cut_off(Port::Node(node), Port::Boss),
            _ => self.crash_for_a_while(Process::Boss),
        }
    }

    /// Whether nothing is wrong with any process, pair or bucket.
    fn is_whole(&self) -> bool {
        let now_us = self.agenda.now_us();
        let are_up = self.vitals.keys().all(|process| {
            self.is_awake(*process) && self.troubled.get(process).is_none_or(|us| *us < now_us)
        });
        let mut rows = self.logs.rows().peekable();
        are_up && rows.peek().is_some() && rows.all(|row| self.lacks(row).is_none())
    }

    /// A process stands still, and what comes meanwhile is read at once when it goes on. Peers that
    /// hear nothing for long enough close their links.
    pub(crate) fn stand_still(&mut self, process: Process) {
        let us = self.chance.between(300_000, 2_000_000);
        self.hang(process, us);
        self.go_unheard(process, us);
    }

    /// Peers of a process that stands still close their links when it is silent for a dead time.
    pub(crate) fn go_unheard(&mut self, process: Process, us: u64) {
        if us <= proto::limits::DEAD_MS * 1000 {
            return;
        }
        let its = |port: Port| port.process() == process;
        while let Some(wire) = self.any_wire(|one, other| its(one) || its(other)) {
            let end = self.wires[wire].ends.iter().position(|end| !its(end.port));
            self.deafen(wire, end.unwrap_or(0));
        }
    }

    /// Something is wrong with a process until then.
    pub(crate) fn troubles(&mut self, process: Process, until_us: u64) {
        let troubled = self.troubled.entry(process).or_default();
        *troubled = until_us.max(*troubled);
    }

    /// Whoever stands still goes on.
    pub(crate) fn wake_all(&mut self) {
        let now_us = self.agenda.now_us();
        let mut woken = Vec::new();
        for (process, vitals) in &mut self.vitals {
            if vitals.goes_on(now_us) {
                woken.push((*process, vitals.life));
            }
        }
        for (process, life) in woken {
            self.agenda.after(0, Happening::Turn { process, life });
        }
    }
}
