//! A state as bytes, the same for two states that differ only in who is b and who is c.

use super::fall::{LANE, Memory};
use super::link::{Down, Link, Sent, Up};
use super::log::Log;
use super::row::{Owner, PLACES, Place, Row, Set, mirror, mirror_owner};
use super::state::{Fellow, Held, Node, Output, Proposal, Role, Stage, State};

/// Writes states down; keeps its buffers.
#[derive(Default)]
pub(crate) struct Encoder {
    plain: Vec<u8>,
    mirrored: Vec<u8>,
}

impl Encoder {
    /// The lesser of the state's bytes and its mirror image's.
    pub(crate) fn encode(&mut self, state: &State) -> &[u8] {
        for (bytes, turned) in [(&mut self.plain, false), (&mut self.mirrored, true)] {
            bytes.clear();
            Writer { bytes, turned }.state(state);
        }
        self.plain.as_slice().min(&self.mirrored)
    }
}

/// Each value is written so that its end can be told: no two states have the same bytes.
struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    turned: bool,
}

impl Writer<'_> {
    fn put(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn count(&mut self, count: usize) {
        self.bytes.push(u8::try_from(count).unwrap_or(u8::MAX));
    }

    /// The places in the order in which they are written.
    fn places(&self) -> [Place; PLACES as usize] {
        if self.turned { [0, 2, 1] } else { [0, 1, 2] }
    }

    fn place(&mut self, place: Place) {
        self.put(if self.turned { mirror(place) } else { place });
    }

    fn owner(&mut self, owner: Owner) {
        self.put(if self.turned { mirror_owner(owner) } else { owner });
    }

    fn set(&mut self, set: Set) {
        self.put(if self.turned { set.mirrored() } else { set }.bits());
    }

    fn exact(&mut self, (loss, reign): (u8, u8)) {
        self.put(loss);
        self.put(reign);
    }

    fn log(&mut self, log: &Log) {
        self.put(log.n());
        for record in log.records() {
            self.put(record.byte());
        }
    }

    fn row(&mut self, row: &Row) {
        self.put(row.conf);
        self.exact(row.exact());
        self.owner(row.primary);
        self.set(row.in_sync);
        self.set(row.learners);
    }

    fn maybe_row(&mut self, row: Option<&Row>) {
        match row {
            Some(row) => self.row(row),
            None => self.put(0),
        }
    }

    fn rows(&mut self, rows: &[Row]) {
        self.count(rows.len());
        for row in rows {
            self.row(row);
        }
    }

    fn memory(&mut self, memory: &Memory) {
        self.rows(&memory.store);
        self.rows(&memory.lost);
        self.rows(&memory.on_their_way);
        self.put(memory.older);
        self.put(memory.adoptions);
        self.put(memory.jumps);
        self.put(memory.conf_jump);
        self.put(memory.reign_jump);
        let flags = [memory.frozen, memory.blind, memory.changed, memory.reports.is_some()];
        self.put(flags.iter().fold(0, |bits, &flag| bits << 1 | u8::from(flag)));
        let Some(reports) = &memory.reports else { return };
        for place in self.places().into_iter().chain([LANE]) {
            let Some(report) = &reports[usize::from(place)] else {
                self.put(u8::MAX);
                continue;
            };
            self.put(report.owner / PLACES);
            self.row(&report.row);
            self.maybe_row(report.table.as_ref());
            self.put(u8::from(report.acted));
            match report.proposed {
                Some(owner) => self.owner(owner),
                None => self.put(u8::MAX),
            }
        }
    }

    fn proposal(&mut self, proposal: &Proposal) {
        self.put(proposal.conf);
        self.owner(proposal.by);
        self.put(proposal.what as u8);
        self.owner(proposal.owner);
    }

    fn state(&mut self, state: &State) {
        for place in self.places() {
            self.node(state.node(place));
            for other in self.places() {
                if other != place {
                    self.link(state.link(place, other));
                }
            }
        }
        self.boss(&state.boss);
        for log in &state.shown {
            self.log(log);
        }
        let left = state.left;
        for spent in [left.reads, left.crashes, left.restarts, left.cuts, left.falls] {
            self.put(spent);
        }
        self.put(u8::from(state.broken.is_some()) | state.contradicted << 1);
        self.maybe_row(state.lane.row.as_ref());
        self.maybe_row(state.lane.table.as_ref());
        self.memory(&state.boss.memory);
    }

    fn boss(&mut self, boss: &super::boss::Boss) {
        self.row(&boss.row);
        self.put(boss.steps);
        self.put(boss.reigns);
        self.rows(&boss.pushed);
        self.count(boss.proposed.len());
        if self.turned {
            let mut turned: Vec<_> = boss.proposed.iter().map(Proposal::mirrored).collect();
            turned.sort_unstable();
            // Turned once more by what writes it.
            turned.iter().for_each(|proposal| self.proposal(&proposal.mirrored()));
        } else {
            boss.proposed.iter().for_each(|proposal| self.proposal(proposal));
        }
    }

    fn node(&mut self, node: &Node) {
        self.put(node.life << 2 | u8::from(node.holds) << 1 | u8::from(node.dead));
        self.maybe_row(node.row.as_ref());
        self.maybe_row(node.table.as_ref());
        self.put(node.role as u8);
        self.put(node.floor);
        self.log(&node.state);
        self.log(&node.tail);
        match node.leader {
            Some((place, exact)) => {
                self.place(place);
                self.exact(exact);
            }
            None => self.put(u8::MAX),
        }
        self.count(node.held.len());
        for held in &node.held {
            self.held(held);
        }
        if node.role != Role::Primary {
            return;
        }
        for place in self.places() {
            self.fellow(&node.fellows[usize::from(place)]);
        }
        match node.awaited {
            Some((owner, n)) => {
                self.owner(owner);
                self.put(n);
            }
            None => self.put(u8::MAX),
        }
        match &node.proposal {
            Some(proposal) => self.proposal(proposal),
            None => self.put(0),
        }
    }

    fn fellow(&mut self, fellow: &Fellow) {
        self.put(match fellow.stage {
            Stage::Away => 0,
            Stage::Asked(conf) => 0x10 + conf,
            Stage::Filling(false) => 2,
            Stage::Filling(true) => 3,
            Stage::Streaming => 4,
            Stage::Lacking => 5,
        });
        self.put(fellow.acked);
        self.count(fellow.sent.len());
        for &Sent { counts, n, covers, last } in &fellow.sent {
            self.put(u8::from(counts) | u8::from(last) << 1 | n << 2);
            self.put(covers);
        }
    }

    fn held(&mut self, held: &Held) {
        match held.what {
            Output::Written(write) => self.put(write),
            Output::Read(seen) => self.put(0x10 + seen),
        }
        self.put(held.loss);
        self.put(held.n);
        self.set(held.waits);
    }

    fn link(&mut self, link: &Link) {
        self.put(u8::from(link.dialler) | u8::from(link.acceptor) << 1);
        self.count(link.down.len());
        for said in &link.down {
            match said {
                Down::Lead(row) => {
                    self.put(0);
                    self.row(row);
                }
                Down::Batch { exact, after, from, units, committed } => {
                    self.put(1);
                    self.exact(*exact);
                    self.put(after.unwrap_or(u8::MAX));
                    self.put(*from);
                    self.log(units);
                    self.put(*committed);
                }
                Down::First { exact, state } => {
                    self.put(2);
                    self.exact(*exact);
                    self.log(state);
                }
                Down::Last { exact } => {
                    self.put(3);
                    self.exact(*exact);
                }
            }
        }
        self.count(link.up.len());
        for answer in &link.up {
            match answer {
                Up::Have { conf, state_n, log } => {
                    self.put(if log.is_some() { 0 } else { 1 });
                    self.put(*conf);
                    self.put(*state_n);
                    if let Some(log) = log {
                        self.log(log);
                    }
                }
                Up::Ack => self.put(2),
                Up::Row(row) => {
                    self.put(3);
                    self.row(row);
                }
            }
        }
    }
}
