//! What a copy does with what its primary says (section 3), and what any node does with a row.

use super::link::{Down, Up};
use super::log::{Log, OPENED, Record};
use super::plants::{Plant, Rules};
use super::row::{PLACES, Place, Row};
use super::state::{Broken, Role, State};

impl State {
    /// It has nothing any more.
    pub(crate) fn drop_copy(&mut self, place: Place) {
        let node = self.node_mut(place);
        node.role = Role::Absent;
        node.state = Log::default();
        node.tail = Log::default();
        node.floor = 0;
    }

    /// A row is heard, from anybody. Rows that aren't higher are ignored (F2a).
    pub(crate) fn hear(&mut self, place: Place, row: Row, rules: Rules) {
        let me = self.owner(place);
        let node = self.node_mut(place);
        if row.conf <= node.conf() {
            return;
        }
        let (old_loss, old_reign) = node.exact();
        let skipped = row.conf != node.conf() + 1;
        let known = node.row.is_some();
        node.row = Some(row);
        if known && row.loss > old_loss {
            self.depose(place);
            self.drop_copy(place);
            if row.primary == me {
                self.open(place, rules);
            }
            return;
        }
        let same_reign = row.reign == old_reign;
        match (self.node(place).role, row.primary == me) {
            (Role::Primary, true) if same_reign => self.hear_of_same_reign(place, skipped, rules),
            (Role::Primary, named) => {
                self.depose(place);
                if named {
                    self.open(place, rules);
                }
            }
            (Role::Level, true) => self.open(place, rules),
            // Nobody who isn't level is promoted, but with a loss: that is I10.
            (Role::Absent | Role::Filling, true) => {
                if row.loss > 0 && !known {
                    self.open(place, rules);
                }
            }
            (Role::Filling, false) if !row.names(me) => self.drop_copy(place),
            (Role::Absent | Role::Filling | Role::Level, false) => {}
        }
        let rebuilds = rules.lacks(Plant::RebuiltWhilePromotable) && row.in_sync.has(me);
        if rebuilds && !same_reign && self.node(place).role == Role::Level {
            self.drop_copy(place);
        }
    }

    /// Whoever is level takes over (section 6).
    fn open(&mut self, place: Place, rules: Rules) {
        let node = self.node_mut(place);
        node.leader = None;
        if !rules.lacks(Plant::TailDropped) {
            node.state = node.log();
        }
        node.tail = Log::default();
        node.role = Role::Primary;
        let reign = node.exact().1;
        if rules.lacks(Plant::DecidesBeforeOpening) {
            node.state.push(Record::new(reign - 1, 2));
        }
        if !rules.lacks(Plant::NoOpening) {
            node.state.push(Record::new(reign, OPENED));
        }
    }

    /// P9: held outputs, proposals and what was known of fellows go. Its state is applied to the
    /// newest.
    fn depose(&mut self, place: Place) {
        let node = self.node_mut(place);
        if node.role != Role::Primary {
            return;
        }
        node.role = Role::Level;
        node.held.clear();
        node.awaited = None;
        node.proposal = None;
        node.fellows = Default::default();
        // What comes back on its links counts nowhere any more (S16): as if they ended.
        for fellow in (0..PLACES).filter(|&fellow| fellow != place) {
            self.dialler_notices(place, fellow);
        }
    }

    /// The next of what `dialler` said comes to `place`.
    pub(crate) fn read_down(&mut self, dialler: Place, place: Place, rules: Rules) {
        let said = self.link_mut(dialler, place).down.remove(0);
        match said {
            Down::Lead(row) => self.read_lead(dialler, place, row, rules),
            Down::Batch { exact, after, from, units, committed } => {
                if self.takes(dialler, place, exact, rules) {
                    self.keep(dialler, place, after, from, &units, rules);
                    self.apply(place, committed, rules);
                }
                self.link_mut(dialler, place).answer(Up::Ack);
            }
            Down::First { exact, state } => {
                if self.takes(dialler, place, exact, rules) {
                    self.read_first(dialler, place, state);
                }
                self.link_mut(dialler, place).answer(Up::Ack);
            }
            Down::Last { exact } => {
                if self.takes(dialler, place, exact, rules) {
                    let node = self.node_mut(place);
                    if node.role == Role::Filling {
                        node.role = Role::Level;
                    }
                }
                self.link_mut(dialler, place).answer(Up::Ack);
            }
        }
    }

    fn read_lead(&mut self, dialler: Place, place: Place, row: Row, rules: Rules) {
        if row.conf < self.node(place).conf() {
            if let Some(known) = self.node(place).row {
                self.link_mut(dialler, place).answer(Up::Row(known));
            }
            return;
        }
        let holds = self.node(place).holds && !rules.lacks(Plant::ActsBehindItsAnswer);
        if holds && row.conf > self.node(place).conf() {
            self.acceptor_notices(dialler, place);
            return;
        }
        self.hear(place, row, rules);
        if matches!(self.node(place).role, Role::Absent | Role::Filling) {
            self.drop_copy(place);
        }
        let node = self.node_mut(place);
        node.leader = Some((dialler, row.exact()));
        let log = (node.role == Role::Level).then(|| node.log());
        let state_n = node.state.n();
        let have = Up::Have { conf: row.conf, state_n, log };
        self.link_mut(dialler, place).answer(have);
    }

    /// Whether a part is to be kept. Before a part of a lower reign is acknowledged, the row goes
    /// out (S6).
    fn takes(&mut self, dialler: Place, place: Place, exact: (u8, u8), rules: Rules) -> bool {
        let node = self.node(place);
        let Some(row) = node.row else { return false };
        if exact < row.exact() {
            if rules.lacks(Plant::LowerReignKept) {
                return exact.0 == row.loss && node.role == Role::Level;
            }
            if !rules.lacks(Plant::AckCoversRefused) {
                self.link_mut(dialler, place).answer(Up::Row(row));
            }
            return false;
        }
        let led = node.leader == Some((dialler, exact));
        if exact > row.exact() || !led {
            self.refuse(dialler, place, "a part of a higher reign, or without a lead");
            return false;
        }
        true
    }

    /// What nobody should say, but behind steps of the boss that were lost: the link ends.
    fn refuse(&mut self, dialler: Place, place: Place, why: &'static str) {
        if self.boss.memory.reports.is_none() {
            self.break_by(Broken::CantBe(why));
        }
        self.acceptor_notices(dialler, place);
    }

    fn keep(
        &mut self,
        dialler: Place,
        place: Place,
        after: Option<u8>,
        from: u8,
        units: &Log,
        rules: Rules,
    ) {
        let node = self.node_mut(place);
        match node.role {
            Role::Level => {}
            // Units wait behind the first slice.
            Role::Filling => {
                if node.log().n() == from {
                    node.tail.extend(units);
                }
                return;
            }
            Role::Absent | Role::Primary => return,
        }
        if let Some(c) = after {
            if rules.lacks(Plant::CutBelowState) && c < node.state.n() {
                // The state keeps what it should have lost.
                node.tail = *units;
                return;
            }
            if c < node.state.n() || c > node.log().n() {
                self.refuse(dialler, place, "a cut below the state, or beyond the end");
                return;
            }
            if !rules.lacks(Plant::TailKept) {
                node.tail = node.log().up_to(c).behind(node.state.n());
            }
        }
        let node = self.node_mut(place);
        let fits = node.log().n() == from || rules.lacks(Plant::TailKept);
        if fits {
            node.tail.extend(units);
        } else if !rules.lacks(Plant::LowerReignKept) && !rules.lacks(Plant::PrefixByNumber) {
            self.refuse(dialler, place, "units that don't fit");
        }
    }

    /// S9: what is committed is applied, and nothing else.
    fn apply(&mut self, place: Place, committed: u8, rules: Rules) {
        let node = self.node_mut(place);
        if node.role != Role::Level {
            return;
        }
        let log = node.log();
        let to = if rules.lacks(Plant::AppliedEarly) { log.n() } else { committed.min(log.n()) };
        let to = to.max(node.state.n());
        node.state = log.up_to(to);
        node.floor = to;
        node.tail = log.behind(to);
    }

    fn read_first(&mut self, dialler: Place, place: Place, state: Log) {
        let me = self.owner(place);
        let node = self.node_mut(place);
        if node.row.is_some_and(|row| row.in_sync.has(me)) {
            self.refuse(dialler, place, "a member is filled");
            return;
        }
        node.role = Role::Filling;
        node.floor = state.n();
        node.state = state;
        node.tail = Log::default();
    }
}
