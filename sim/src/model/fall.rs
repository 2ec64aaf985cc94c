//! The boss's store falls back: its newest steps are lost (section 8, B3 to B7).

use super::plants::{Plant, Rules};
use super::row::{Owner, PLACES, Place, Row, Set, place};
use super::state::{Role, State, What};

/// A lane, as one more that hears rows and reports.
pub(crate) const LANE: Place = PLACES;

/// The numbers of an adopted row: above all that was given out.
pub(crate) const ADOPTED: u8 = 40;

/// What the boss knows since it started, and what it has lost.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Memory {
    /// Rows stored before the newest, the oldest first, while they may still come back.
    pub(crate) store: Vec<Row>,
    /// Rows of lost steps.
    pub(crate) lost: Vec<Row>,
    /// How many of them are of an earlier fall.
    pub(crate) older: u8,
    pub(crate) adoptions: u8,
    /// What is added to a jump, so that none is given twice.
    pub(crate) jumps: u8,
    /// Rows said before the fall, on their way.
    pub(crate) on_their_way: Vec<Row>,
    /// By how much the first change raises `conf`, and the first raise `reign`; 0: it is over.
    pub(crate) conf_jump: u8,
    pub(crate) reign_jump: u8,
    /// None: nothing fell back, everybody has reported long ago.
    pub(crate) reports: Option<[Option<Report>; 4]>,
    pub(crate) frozen: bool,
    /// It fell back, and nobody has told it: what nobody reachable knows can't be kept.
    pub(crate) blind: bool,
    /// It has changed the row since.
    pub(crate) changed: bool,
}

/// What one process has told the boss.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Report {
    pub(crate) owner: Owner,
    pub(crate) row: Row,
    /// Its whole table is of a lost step, with this row.
    pub(crate) table: Option<Row>,
    /// It acted upon its row.
    pub(crate) acted: bool,
    /// Whom it has proposed to add.
    pub(crate) proposed: Option<Owner>,
}

impl State {
    fn reporter_row(&self, who: Place) -> Option<Row> {
        if who == LANE { self.lane.row } else { self.node(who).row }
    }

    pub(crate) fn report_of(&self, who: Place) -> Option<Report> {
        let row = self.reporter_row(who)?;
        if who == LANE {
            return Some(Report {
                owner: 6,
                row,
                table: self.lane.table,
                acted: false,
                proposed: None,
            });
        }
        let node = self.node(who);
        if node.dead {
            return None;
        }
        let me = self.owner(who);
        let acted = node.role == Role::Primary || !row.in_sync.has(me);
        let proposed = node.proposal.filter(|it| it.what == What::Add).map(|it| it.owner);
        Some(Report { owner: me, row, table: node.table, acted, proposed })
    }

    /// The newest `steps` are lost, and the boss starts anew.
    pub(crate) fn fall(&mut self, steps: usize, jump: u8) {
        self.left.falls -= 1;
        let memory = &mut self.boss.memory;
        let kept = memory.store.len() - steps;
        let mut gone = memory.store.split_off(kept + 1);
        gone.push(self.boss.row);
        self.boss.row = memory.store[kept];
        memory.store.clear();
        memory.older = u8::try_from(memory.lost.len()).unwrap_or_default();
        memory.lost.extend(gone);
        memory.on_their_way.append(&mut self.boss.pushed);
        let jump = jump + memory.jumps;
        memory.jumps += 2;
        (memory.conf_jump, memory.reign_jump) = (jump, jump);
        memory.changed &= kept > 0;
        memory.frozen = false;
        memory.reports = Some([None; 4]);
        memory.blind = true;
    }

    /// On its new link a process registers with what it knows.
    pub(crate) fn report(&mut self, who: Place, rules: Rules) {
        let Some(report) = self.report_of(who) else { return };
        let row = self.boss.row;
        let memory = &mut self.boss.memory;
        let Some(reports) = &mut memory.reports else { return };
        reports[usize::from(who)] = Some(report);
        let lost = memory.lost.contains(&report.row);
        let unknown = lost && !rules.lacks(Plant::LowerLostRowIsTold);
        let behind = report.table.is_some()
            || report.row.conf > row.conf
            || (report.row.conf == row.conf && report.row != row)
            || unknown;
        if behind && !memory.lost.is_empty() && !rules.lacks(Plant::ThawsAtOnce) {
            memory.frozen = true;
        }
        if (lost || report.table.is_some()) && !memory.frozen {
            memory.blind = false;
        }
        if memory.frozen && who != LANE {
            self.node_mut(who).holds = true;
        }
    }

    /// B7: somebody who must know has reported.
    pub(crate) fn may_change(&self) -> bool {
        let memory = &self.boss.memory;
        let Some(reports) = &memory.reports else { return true };
        let primary = self.boss.row.primary;
        let by_primary = reports[usize::from(place(primary))];
        let lane = reports[usize::from(LANE)].is_some();
        !memory.frozen && (lane || by_primary.is_some_and(|report| report.owner == primary))
    }

    /// Who has answered since the boss is frozen, and acts upon nothing else until it is adopted.
    fn answered(&self) -> Set {
        let places = (0..PLACES).filter(|&place| self.node(place).holds);
        Set::of(&places.map(|place| self.owner(place)).collect::<Vec<_>>())
    }

    /// B4: the highest row of a whole table, or that its reporter acted upon.
    fn highest_reported(&self, reports: &[Report]) -> Row {
        let acted = reports.iter().filter(|report| report.acted).map(|report| report.row);
        let tables = reports.iter().filter_map(|report| report.table);
        acted.chain(tables).max_by_key(|row| row.conf).map_or(self.boss.row, |row| {
            if row.conf > self.boss.row.conf { row } else { self.boss.row }
        })
    }

    /// B5: whether both this boss and lost steps have changed the row, or lost steps of two falls.
    fn forked(&self, reports: &[Report], rules: Rules) -> bool {
        let memory = &self.boss.memory;
        let (older, newer) = memory.lost.split_at(usize::from(memory.older));
        let tells_of = |lost: &[Row]| {
            let rows = |report: &Report| {
                lost.contains(&report.row) || report.table.is_some_and(|row| lost.contains(&row))
            };
            reports.iter().any(rows)
        };
        let lines = tells_of(older) && tells_of(newer);
        (memory.changed || lines) && !rules.lacks(Plant::ForkKept)
    }

    /// B4 to B6: one step out of what was reported. An operator may go on without the others.
    pub(crate) fn adopt(&mut self, heir: Owner, rules: Rules) {
        let reports = self.boss.memory.reports.iter().flatten().copied().flatten();
        let reports: Vec<Report> = reports.collect();
        let mut row = self.highest_reported(&reports);
        let says = reports.iter().find(|report| report.owner == row.primary);
        let proposed = says.and_then(|report| report.proposed);
        let needed = proposed.map_or(row.in_sync, |owner| row.in_sync.with(owner));
        let alone = rules.lacks(Plant::PrimaryConfirmsAlone) && says.is_some();
        let keeps = (needed.within(self.answered()) || alone) && !self.forked(&reports, rules);
        let jump = ADOPTED + 10 * self.boss.memory.adoptions;
        if !keeps {
            row.loss = 2 + self.boss.memory.adoptions;
            row.primary = if says.is_some() { row.primary } else { heir };
            row.in_sync = Set::of(&[row.primary]);
            row.learners = row.learners.without(row.primary);
        }
        if !keeps || reports.len() < 4 {
            row.reign = jump;
        }
        row.conf = jump;
        let memory = &mut self.boss.memory;
        let adoptions = memory.adoptions + 1;
        let (jumps, reports) = (memory.jumps, memory.reports);
        *memory = Memory { adoptions, jumps, reports, ..Default::default() };
        self.boss.row = row;
        self.boss.pushed.push(row);
        self.forget_what_is_decided(rules);
    }

    /// Who may be promoted in the adopting step if the primary is missing.
    pub(crate) fn heirs(&self) -> Vec<Owner> {
        let all = (0..PLACES).map(|place| self.owner(place));
        let reports = self.boss.memory.reports;
        all.filter(|&owner| {
            let report = reports.and_then(|reports| reports[usize::from(place(owner))]);
            self.lives(owner) && report.is_some_and(|report| report.owner == owner)
        })
        .collect()
    }
}
