//! The invariants of section 9 that are checked in every state.

use super::plants::Rules;
use super::row::{PLACES, Row, place};
use super::state::{Broken, Role, State};

/// What must hold always.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Rule {
    I1,
    I2,
    I3,
    I4,
    I5,
    I10,
    /// What the page says can't be isn't.
    CantBe,
}

impl Rule {
    /// In words.
    pub(crate) fn says(self) -> &'static str {
        match self {
            Rule::I1 => "what was shown is in the log of every member of the stored row",
            Rule::I2 => "the stored set is within the primary's wait set, and itself",
            Rule::I3 => "a reign has one writer, and is given out once",
            Rule::I4 => "what a copy has applied is in the log of every member",
            Rule::I5 => "a read has all that was shown before it",
            Rule::I10 => "whoever may be promoted is level",
            Rule::CantBe => "what the page says can't be isn't",
        }
    }

    pub(crate) const ALL: [Rule; 7] =
        [Rule::I1, Rule::I2, Rule::I3, Rule::I4, Rule::I5, Rule::I10, Rule::CantBe];

    pub(crate) fn holds(self, state: &State, rules: Rules) -> bool {
        // What nobody reachable knows can't be kept, until somebody tells the boss. But no number
        // is given out twice.
        if state.boss.memory.blind && self != Rule::I3 {
            return true;
        }
        match self {
            Rule::I1 => state.broken != Some(Broken::Shown) && shown_is_kept(state),
            Rule::I2 => everybody_is_waited_for(state, rules),
            Rule::I3 => reigns_have_one_writer(state) && numbers_are_given_once(state),
            Rule::I4 => applied_is_never_undone(state),
            Rule::I5 => state.broken != Some(Broken::Read),
            Rule::I10 => members_are_level(state),
            Rule::CantBe => !matches!(state.broken, Some(Broken::CantBe(_))),
        }
    }
}

/// I1: what was shown is in the log of every member of the stored row.
fn shown_is_kept(state: &State) -> bool {
    let row = state.boss.row;
    if state.contradicted & 1 << row.loss != 0 {
        return false;
    }
    let shown = &state.shown[usize::from(row.loss)];
    row.in_sync.iter().filter(|&owner| state.lives(owner)).all(|owner| {
        let node = state.node(place(owner));
        let log = node.log();
        if node.loss() == row.loss { log.begins_with(shown) } else { shown.n() == 0 }
    })
}

/// I2: the stored `in_sync` is within the primary's wait set, while its reign is the stored one.
fn everybody_is_waited_for(state: &State, rules: Rules) -> bool {
    let row = state.boss.row;
    let primary = state.node(place(row.primary));
    if !state.lives(row.primary) || primary.role != Role::Primary || primary.exact() != row.exact()
    {
        return true;
    }
    row.in_sync.within(state.wait_set(place(row.primary), rules).with(row.primary))
}

/// I3: two logs of a loss that have a record of one reign at one place are the same up to there.
fn reigns_have_one_writer(state: &State) -> bool {
    let pairs = (0..PLACES).flat_map(|one| (0..one).map(move |other| (one, other)));
    pairs.into_iter().all(|(one, other)| {
        let (one, other) = (state.node(one), state.node(other));
        let (log, its) = (one.log(), other.log());
        let has = |role| matches!(role, Role::Level | Role::Primary);
        if one.loss() != other.loss() || !has(one.role) || !has(other.role) {
            return true;
        }
        let mut both = log.records().iter().zip(its.records());
        let last = both.rposition(|(mine, theirs)| mine.reign() == theirs.reign());
        last.is_none_or(|at| log.records()[..=at] == its.records()[..=at])
    })
}

/// The other half of I3: rows of one reign name one primary.
fn numbers_are_given_once(state: &State) -> bool {
    let boss = &state.boss;
    let known = state.nodes.iter().map(|node| node.row).chain([state.lane.row, Some(boss.row)]);
    let lost = boss.memory.lost.iter().chain(&boss.pushed).copied().map(Some);
    let mut rows: Vec<Row> = known.chain(lost).flatten().collect();
    rows.sort_unstable_by_key(|row| (row.exact(), row.primary));
    let same =
        |pair: &[Row]| pair[0].exact() != pair[1].exact() || pair[0].primary == pair[1].primary;
    rows.windows(2).all(same)
}

/// I4: what a member has applied as a copy is in the log of every member.
fn applied_is_never_undone(state: &State) -> bool {
    let row = state.boss.row;
    let level = |&owner: &u8| {
        let node = state.node(place(owner));
        state.lives(owner) && node.loss() == row.loss && node.role != Role::Absent
    };
    let mut copies = row.in_sync.iter().filter(level);
    copies.all(|owner| {
        let copy = state.node(place(owner));
        copy.role != Role::Level
            || row.in_sync.iter().filter(level).all(|other| {
                state.node(place(other)).log().begins_with(&copy.state.up_to(copy.floor))
            })
    })
}

/// I10: whoever may be promoted is level.
fn members_are_level(state: &State) -> bool {
    let row = state.boss.row;
    row.in_sync.iter().filter(|&owner| state.lives(owner)).all(|owner| {
        let node = state.node(place(owner));
        matches!(node.role, Role::Level | Role::Primary) || node.loss() < row.loss
    })
}

/// What must happen sometimes, so that a search isn't vacuous.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    WriteShown,
    FellowIsPrimary,
    LearnerPromoted,
}

impl Event {
    /// In words.
    pub(crate) fn says(self) -> &'static str {
        match self {
            Event::WriteShown => "a write is shown",
            Event::FellowIsPrimary => "b is primary",
            Event::LearnerPromoted => "a learner was added, and is primary",
        }
    }

    pub(crate) const ALL: [Event; 3] =
        [Event::WriteShown, Event::FellowIsPrimary, Event::LearnerPromoted];

    /// `first`: the row that there was at first.
    pub(crate) fn happened(self, state: &State, first: Row) -> bool {
        let serves = |place: u8| state.node(place).role == Role::Primary;
        let learned = |place: u8| !first.in_sync.has(state.owner(place));
        match self {
            Event::WriteShown => state.shown.iter().any(|log| log.has_write(1)),
            Event::FellowIsPrimary => serves(1) || serves(2),
            Event::LearnerPromoted => {
                let served = (0..PLACES).any(|place| serves(place) && learned(place));
                served && state.boss.row.loss == 0
            }
        }
    }
}
