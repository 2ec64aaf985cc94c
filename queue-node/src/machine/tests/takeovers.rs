//! Many takings over, one after the other, while links come and go: in the end all have the same.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::rig::Several;
use crate::machine::Faults;

/// Nodes and what the boss knows of them.
struct Story {
    several: Several,
    random: StdRng,
    /// The primary first.
    members: Vec<usize>,
    learners: Vec<usize>,
    /// Whose links are cut.
    cut: Vec<(usize, usize)>,
    /// The last row isn't known to this one.
    late: Option<usize>,
    writes: u32,
}

impl Story {
    fn new(seed: u64) -> Story {
        let (mut several, random) =
            (Several::new(3, Faults::default()), StdRng::seed_from_u64(seed));
        (0..3).for_each(|at| drop(several.says(at, "g1 up")));
        let (members, learners, cut) = (vec![0, 1, 2], Vec::new(), Vec::new());
        Story { several, random, members, learners, cut, late: None, writes: 0 }
    }

    fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..50 => self.write(),
            50..65 => self.cut(),
            65..80 => {
                if let Some((one, other)) = self.cut.pop() {
                    self.several.heal(one, other);
                }
            }
            80..85 => self.late_row(),
            85..93 => self.promote(),
            93..96 => self.promote_again(),
            _ => self.grow(),
        }
        match self.random.random_range(0..3) {
            0 => {}
            1 => drop(self.several.turn()),
            _ => self.several.settle(),
        }
    }

    fn write(&mut self) {
        self.writes += 1;
        let (number, room) = (self.writes, self.random.random_range(0..6));
        let line = match self.random.random_range(0..4) {
            0 => format!("g1 request {number} create /room/{room}"),
            1 => format!("g1 request {number} delete /room/{room}"),
            _ => format!("g1 request {number} send /room/{room} chat text{number}"),
        };
        self.several.begins(self.members[0], &line);
    }

    fn cut(&mut self) {
        let pairs: Vec<(usize, usize)> = vec![(0, 1), (0, 2), (1, 2)];
        if let Some(pair) = pairs.choose(&mut self.random)
            && !self.cut.contains(pair)
        {
            self.cut.push(*pair);
            self.several.cut(pair.0, pair.1);
        }
    }

    fn late_row(&mut self) {
        if let Some(at) = self.late.take() {
            self.several.hears(at, (&self.members, &self.learners));
        }
    }

    /// Another member takes over, and the one before hears of it at once or later.
    fn promote(&mut self) {
        self.late_row();
        let Some(heir) = self.members[1..].choose(&mut self.random).copied() else { return };
        let deposed = self.members[0];
        self.members.retain(|at| ![heir, deposed].contains(at));
        self.members.insert(0, heir);
        // What nobody else has it has applied.
        self.learners.push(deposed);
        let mut hearers: Vec<usize> = (0..3).collect();
        if self.random.random_bool(0.5) {
            self.late = Some(deposed);
            hearers.retain(|at| *at != deposed);
        }
        self.several.promote_before(&hearers, (&self.members, &self.learners));
    }

    fn promote_again(&mut self) {
        self.late_row();
        self.several.promote((&self.members, &self.learners));
    }

    /// All links are there, and whoever is level is a member.
    fn grow(&mut self) {
        self.late_row();
        while let Some((one, other)) = self.cut.pop() {
            self.several.heal(one, other);
        }
        self.several.settle();
        let primary = self.members[0];
        assert!(self.several.are_alike(primary, &self.learners), "{:?}", self.learners);
        self.members.append(&mut self.learners);
        self.several.row((&self.members, &self.learners));
    }

    fn end(&mut self) {
        self.grow();
        self.several.settle();
        let others = self.members[1..].to_vec();
        assert!(self.several.are_alike(self.members[0], &others), "{others:?}");
        assert_eq!(self.several.ended, [""; 0]);
        for rig in &self.several.nodes {
            assert_eq!(rig.node.counters().copies_broken, 0);
        }
    }
}

#[test]
fn all_have_the_same_in_the_end() {
    for seed in 0..60 {
        let mut story = Story::new(seed);
        (0..80).for_each(|_| story.step());
        story.end();
    }
}
