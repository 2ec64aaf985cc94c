//! What counts as behind, by how far a primary is with its fellow.

use link::machine::LinkId;
use proto::q2q;
use proto::table::Owner;

use super::super::fellow::{Fellow, Log};
use super::super::tail::Tail;
use super::*;
use crate::machine::Faults;
use crate::machine::held;
use crate::machine::state::openings::Opening;

/// A tail of three bytes behind record 10, with entries that end at 12 and 20.
fn tail() -> Tail {
    let mut tail = Tail::behind(10);
    tail.push(b"a", 12);
    tail.push(b"bc", 20);
    tail
}

/// A fellow that has all up to this record, or is only asked.
fn fellow(rank: Rank, has: Option<u64>) -> Fellow {
    let owner = Owner { id: "b".into(), incarnation: 2 };
    let mut fellow = Fellow::new(owner, held::Fellow(0), rank);
    fellow.ask(LinkId(4), 7, 1);
    if let Some(n) = has {
        let opening = Opening { reign: 1, n: 1 };
        let openings = vec![opening.into()];
        let have = q2q::Have { conf: 7, n, state_n: n, openings, ..q2q::Have::default() };
        let log = Log { openings: &[opening], tail: &tail() };
        fellow.has(&have, log, 3, Faults::default());
    }
    fellow
}

fn lag(list: Vec<Fellow>) -> (u64, u64) {
    let mut fellows = Fellows::with_tail(tail());
    fellows.list = list;
    let Lag { records, bytes } = fellows.lag();
    (records, bytes)
}

#[test]
fn the_furthest_behind_counts_and_who_is_being_filled_does_not() {
    assert_eq!(lag(vec![]), (0, 0));
    assert_eq!(lag(vec![fellow(Rank::Learner, None)]), (0, 0));
    // Nothing is acknowledged yet.
    assert_eq!(lag(vec![fellow(Rank::Member, None)]), (10, 3));
    assert_eq!(lag(vec![fellow(Rank::Member, Some(12))]), (10, 3));
    assert_eq!(lag(vec![fellow(Rank::Learner, Some(12))]), (10, 3));
    let has = |n| {
        let mut fellow = fellow(Rank::Member, Some(12));
        fellow.acknowledge(3, n, Faults::default());
        fellow
    };
    assert_eq!(lag(vec![has(12)]), (8, 2));
    assert_eq!(lag(vec![has(20)]), (0, 0));
    assert_eq!(lag(vec![has(20), has(12)]), (8, 2));
}
