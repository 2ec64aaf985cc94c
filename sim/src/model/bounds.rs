//! How much may happen in one search, and where it begins.

use super::boss::Boss;
use super::fall::Memory;
use super::link::Link;
use super::row::{Row, Set};
use super::state::{Budget, Fellow, Lane, Node, Role, Stage, State};

/// The bounds of a search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) start: Start,
    pub(crate) writes: u8,
    /// How often the boss changes the row.
    pub(crate) steps: u8,
    /// How often it raises the reign.
    pub(crate) reigns: u8,
    /// How often it raises the loss of a bucket that it has given up.
    pub(crate) losses: u8,
    pub(crate) budget: Budget,
}

/// The row that there is at first: a is primary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    Two,
    Learner,
    TwoAndLearner,
    Three,
}

impl Bounds {
    /// One write, and so many changes of the row, one of them a promotion; nothing fails.
    pub(crate) fn of(start: Start, reigns: u8, steps: u8) -> Bounds {
        let budget = Budget::default();
        Bounds { start, writes: 1, steps, reigns, losses: 0, budget }
    }

    pub(crate) fn reads(mut self, reads: u8) -> Bounds {
        self.budget.reads = reads;
        self
    }

    pub(crate) fn cuts(mut self, cuts: u8) -> Bounds {
        self.budget.cuts = cuts;
        self
    }

    pub(crate) fn crashes(mut self, crashes: u8, restarts: u8) -> Bounds {
        (self.budget.crashes, self.budget.restarts) = (crashes, restarts);
        self
    }

    pub(crate) fn falls(mut self, falls: u8) -> Bounds {
        self.budget.falls = falls;
        self
    }

    pub(crate) fn writes(mut self, writes: u8) -> Bounds {
        self.writes = writes;
        self
    }

    pub(crate) fn losses(mut self, losses: u8) -> Bounds {
        self.losses = losses;
        self
    }

    pub(crate) fn first(&self) -> State {
        let (in_sync, learners): (&[u8], &[u8]) = match self.start {
            Start::Two => (&[0, 1], &[]),
            Start::Learner => (&[0], &[1]),
            Start::TwoAndLearner => (&[0, 1], &[2]),
            Start::Three => (&[0, 1, 2], &[]),
        };
        let (in_sync, learners) = (Set::of(in_sync), Set::of(learners));
        let row = Row { conf: 1, reign: 1, loss: 0, primary: 0, in_sync, learners };
        let mut nodes: [Node; 3] = Default::default();
        let mut links: [[Link; 3]; 3] = Default::default();
        for member in in_sync.iter() {
            let place = usize::from(member);
            let node = &mut nodes[place];
            node.role = if member == 0 { Role::Primary } else { Role::Level };
            if member > 0 {
                node.leader = Some((0, row.exact()));
                nodes[0].fellows[place] = Fellow { stage: Stage::Streaming, ..Default::default() };
                links[0][place] = Link { dialler: true, acceptor: true, ..Default::default() };
            }
        }
        for node in &mut nodes {
            node.row = Some(row);
        }
        let jump = if self.budget.falls > 0 { 8 } else { 0 };
        let memory = Memory { conf_jump: jump, reign_jump: jump, ..Default::default() };
        State {
            nodes,
            links,
            boss: Boss {
                row,
                pushed: Vec::new(),
                proposed: Vec::new(),
                steps: 0,
                reigns: 0,
                memory,
            },
            lane: Lane { row: Some(row), table: None },
            shown: Default::default(),
            left: self.budget,
            broken: None,
            contradicted: 0,
        }
    }
}

/// Bounds with a name.
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    pub(crate) bounds: Bounds,
}

/// What the gate goes through, or what is gone through by hand.
pub(crate) fn scopes(full: bool) -> Vec<Scope> {
    use Start::{Learner, Three, Two, TwoAndLearner};
    let of = Bounds::of;
    let small = [
        ("three, two promotions", of(Three, 2, 2)),
        ("a learner is added and promoted", of(Learner, 1, 2)),
        ("two, a process dies and starts anew", of(Two, 1, 2).crashes(1, 1)),
        ("two, a process dies, the bucket may be given up", of(Two, 1, 2).crashes(1, 0).losses(1)),
        ("two, a member is dropped and added again, a cut", of(Two, 0, 3).writes(0).cuts(1)),
        ("two, a read, a cut", of(Two, 1, 1).reads(1).cuts(1)),
        ("two, the store falls back", of(Two, 0, 1).writes(0).falls(1)),
    ];
    let large = [
        ("two, three steps", of(Two, 1, 3)),
        ("a learner, three steps", of(Learner, 1, 3)),
        ("two and a learner, two steps", of(TwoAndLearner, 1, 2)),
        ("a learner, a cut", of(Learner, 1, 2).cuts(1)),
        ("two, two steps, a read", of(Two, 1, 2).reads(1)),
        ("two, two steps, a cut", of(Two, 1, 2).cuts(1)),
        ("three, two writes", of(Three, 2, 2).writes(2)),
        ("two, a write, the store falls back", of(Two, 0, 1).falls(1)),
        ("two, a promotion, the store falls back", of(Two, 1, 1).writes(0).falls(1)),
    ];
    let scopes: &[(&str, Bounds)] = if full { &large } else { &small };
    scopes.iter().map(|&(name, bounds)| Scope { name, bounds }).collect()
}
