//! The bounds of design §8, for any order of coming and going.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proto::limits::{BUCKET_BITS_MAX, BUCKETS_PER_NODE_MIN};

use super::*;

/// Nodes come and go; after each step everything that is promised holds.
struct Cluster {
    placement: Placement<u32>,
    nodes: BTreeSet<u32>,
    next: u32,
}

impl Cluster {
    fn new() -> Cluster {
        Cluster { placement: Placement::empty(), nodes: BTreeSet::new(), next: 0 }
    }

    fn add(&mut self) {
        let newcomer = self.next;
        self.next += 1;
        self.nodes.insert(newcomer);
        let buckets = self.placement.owners().len();
        let before = self.placement.clone();
        let moves = self.placement.add(&newcomer, &self.nodes);
        let splits = self.placement.owners().len() / buckets;
        let (owners, share) = (self.placement.owners(), self.placement.owners().len());
        for (at, owner) in owners.iter().enumerate() {
            let old = before.owners()[at / splits];
            assert!(*owner == old || *owner == Some(newcomer), "bucket {at} moved between others");
        }
        assert!(moves.iter().all(|step| step.to == newcomer), "others got something");
        assert_eq!(moves.len(), share / self.nodes.len(), "it gets one of N parts, rounded down");
        if splits > 1 {
            assert!(buckets < self.nodes.len() * BUCKETS_PER_NODE_MIN, "split without need");
        }
        self.check();
    }

    fn remove(&mut self, at: usize) {
        let leaver = *self.nodes.iter().nth(at % self.nodes.len()).unwrap();
        self.nodes.remove(&leaver);
        let before = self.placement.clone();
        let moves = self.placement.remove(&leaver, &self.nodes);
        assert_eq!(before.bits(), self.placement.bits(), "buckets are never merged");
        let mut moved = 0;
        for (old, new) in before.owners().iter().zip(self.placement.owners()) {
            if *old == Some(leaver) {
                moved += 1;
                assert_ne!(*new, Some(leaver));
            } else {
                assert_eq!(old, new, "a bucket moved that didn't have to");
            }
        }
        assert!(moves.len() == moved || self.nodes.is_empty());
        self.check();
    }

    fn check(&self) {
        assert!(self.placement.bits() <= BUCKET_BITS_MAX);
        assert_eq!(self.placement.owners().len(), 1 << self.placement.bits());
        let counts = self.placement.counts(&self.nodes);
        let (Some(most), Some(fewest)) = (counts.values().max(), counts.values().min()) else {
            assert!(self.placement.owners().iter().all(Option::is_none), "owned by nobody known");
            return;
        };
        assert_eq!(counts.values().sum::<usize>(), self.placement.owners().len());
        assert!(*fewest >= BUCKETS_PER_NODE_MIN);
        assert!(most * 8 <= fewest * 9, "{most} : {fewest}");
        if *fewest >= 15 {
            assert!(most * 15 <= fewest * 16, "{most} : {fewest}");
        }
    }
}

proptest! {
    #[test]
    fn the_load_stays_even_and_only_what_must_move_moves(
        steps in prop::collection::vec((any::<bool>(), any::<usize>()), 1..60),
    ) {
        let mut cluster = Cluster::new();
        for (come, which) in steps {
            if come || cluster.nodes.is_empty() {
                cluster.add();
            } else {
                cluster.remove(which);
            }
        }
    }
}

#[test]
fn two_hundred_nodes_come_and_all_but_one_go() {
    let mut cluster = Cluster::new();
    (0..200).for_each(|_| cluster.add());
    (0..199).for_each(|at| cluster.remove(at * 7));
}

#[test]
fn a_table_of_the_most_bits_is_not_split() {
    let full = Placement::of(vec![Some(1u32); 1 << BUCKET_BITS_MAX]).unwrap();
    let mut placement = full.clone();
    assert!(!placement.split());
    let crowd: BTreeSet<u32> = (1..10_000).collect();
    let moves = placement.add(&9_999, &crowd);
    assert_eq!(placement.bits(), BUCKET_BITS_MAX);
    assert_eq!(moves.len(), (1 << BUCKET_BITS_MAX) / crowd.len());
}

#[test]
fn owners_that_are_no_power_of_two_are_no_placement() {
    assert_eq!(Placement::<u32>::of(vec![]), None);
    assert_eq!(Placement::of(vec![Some(1u32); 3]), None);
    assert_eq!(Placement::of(vec![Some(1u32); 1 << 17]), None);
}

#[test]
fn what_nobody_owns_goes_to_the_newcomer_first() {
    let mut placement = Placement::of([None, Some(1u32)].repeat(8)).unwrap();
    let moves = placement.add(&2, &BTreeSet::from([1]));
    assert_eq!(moves.len(), 8);
    assert!(moves.iter().all(|step| step.to == 2 && step.prefix % 2 == 0));
}
