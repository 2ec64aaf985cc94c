//! The tables "A fellow" in docs/replication.md §3 and of what it gets in §6, line by line.

use link::machine::LinkId;
use proto::n2b::propose::Why;
use proto::q2q;
use proto::table::Owner;

use super::{Fellow, Gets, Log, Rank, Stage};
use crate::machine::Faults;
use crate::machine::copies::tail::Tail;
use crate::machine::held;
use crate::machine::state::openings::Opening;

const LINK: LinkId = LinkId(4);
const CONF: u64 = 7;

/// Reign 1 has written 1 to 9, reign 4 all from 10 on; what is behind 12 is in the tail.
const OPENINGS: [Opening; 2] = [Opening { reign: 1, n: 1 }, Opening { reign: 4, n: 10 }];

fn tail() -> Tail {
    let mut tail = Tail::behind(12);
    tail.push(b"a", 15);
    tail.push(b"b", 20);
    tail
}

fn asked(is_member: bool) -> Fellow {
    let owner = Owner { id: "b".into(), incarnation: 2 };
    let rank = if is_member { Rank::Member } else { Rank::Learner };
    let mut fellow = Fellow::new(owner, held::Fellow(0), rank);
    assert_eq!((fellow.stage(), fellow.link()), (Stage::Away, None));
    fellow.ask(LINK, CONF, 1);
    assert_eq!((fellow.stage(), fellow.link()), (Stage::Asked { conf: CONF }, Some(LINK)));
    fellow
}

/// What is had up to `n`, applied up to `state_n`.
fn have(openings: &[(u64, u64)], n: u64, state_n: u64) -> q2q::Have {
    let openings = openings.iter().map(|&(reign, n)| Opening { reign, n }.into()).collect();
    q2q::Have { conf: CONF, n, state_n, openings, ..q2q::Have::default() }
}

fn gets(fellow: &mut Fellow, have: &q2q::Have, faults: Faults) -> Option<Gets> {
    fellow.has(have, Log { openings: &OPENINGS, tail: &tail() }, 3, faults)
}

/// What a learner and a member get, and how far their primary is with them then.
fn check(have: &q2q::Have, learner: Gets, member: Gets) {
    for (is_member, wanted) in [(false, learner), (true, member)] {
        let mut fellow = asked(is_member);
        assert_eq!(gets(&mut fellow, have, Faults::default()), Some(wanted), "{have:?}");
        let (stage, reads_on) = match wanted {
            Gets::Tail { .. } => (Stage::Streaming, Some(LINK)),
            Gets::Slices => (Stage::Empty, None),
            Gets::Nothing => (Stage::Lacking, None),
        };
        assert_eq!((fellow.stage(), fellow.reads_on()), (stage, reads_on), "{have:?}");
    }
}

#[test]
fn who_has_what_the_tail_goes_on_from_gets_the_tail() {
    for (n, after) in [(20, 20), (15, 15), (12, 12), (25, 20)] {
        let tail = Gets::Tail { after };
        check(&have(&[(1, 1), (4, 10)], n, 12), tail, tail);
    }
}

#[test]
fn who_has_less_than_the_tail_goes_on_from_gets_slices_or_nothing() {
    check(&have(&[(1, 1), (4, 10)], 11, 11), Gets::Slices, Gets::Nothing);
    // No entry ends there.
    check(&have(&[(1, 1), (4, 10)], 13, 11), Gets::Slices, Gets::Nothing);
    check(&have(&[(1, 1)], 15, 8), Gets::Slices, Gets::Nothing);
}

/// P6.
#[test]
fn who_has_applied_what_its_primary_lacks_gets_slices_or_nothing() {
    let beyond = have(&[(1, 1), (4, 10)], 23, 22);
    check(&beyond, Gets::Slices, Gets::Nothing);
    let faults = Faults { cut_below_state: true, ..Faults::default() };
    assert_eq!(gets(&mut asked(true), &beyond, faults), Some(Gets::Tail { after: 20 }));
}

/// P4.
#[test]
fn a_number_says_nothing_without_its_reign() {
    let other = have(&[(1, 1), (3, 10)], 15, 8);
    check(&other, Gets::Slices, Gets::Nothing);
    let faults = Faults { prefix_by_number: true, ..Faults::default() };
    assert_eq!(gets(&mut asked(true), &other, faults), Some(Gets::Tail { after: 15 }));
}

#[test]
fn who_has_nothing_in_common_gets_slices_or_nothing() {
    check(&have(&[], 0, 0), Gets::Slices, Gets::Nothing);
    check(&have(&[(9, 1)], 15, 3), Gets::Slices, Gets::Nothing);
}

#[test]
fn who_is_full_gets_nothing() {
    let full = q2q::Have { full: true, ..have(&[(1, 1), (4, 10)], 20, 20) };
    check(&full, Gets::Nothing, Gets::Nothing);
}

/// Only the answer to the newest `Lead` counts.
#[test]
fn what_it_had_before_it_was_asked_anew_is_ignored() {
    let old = q2q::Have { conf: CONF - 1, ..have(&[(1, 1), (4, 10)], 20, 20) };
    let mut fellow = asked(false);
    assert_eq!(gets(&mut fellow, &old, Faults::default()), None);
    assert_eq!(fellow.stage(), Stage::Asked { conf: CONF });
    let faults = Faults { old_have_taken: true, ..Faults::default() };
    assert_eq!(gets(&mut fellow, &old, faults), Some(Gets::Tail { after: 20 }));
    // And an answer that comes twice.
    assert_eq!(gets(&mut fellow, &old, Faults::default()), None);
}

/// S16.
#[test]
fn nothing_counts_as_acknowledged_that_was_sent_before_it_was_asked() {
    let mut fellow = asked(false);
    fellow.acknowledge(2, 20, Faults::default());
    gets(&mut fellow, &have(&[(1, 1), (4, 10)], 15, 15), Faults::default());
    assert_eq!(fellow.acknowledged(), Some(0));
    fellow.acknowledge(2, 20, Faults::default());
    assert_eq!(fellow.acknowledged(), Some(0));
    fellow.acknowledge(3, 20, Faults::default());
    assert_eq!(fellow.acknowledged(), Some(20));
    let faults = Faults { have_acknowledges: true, ..Faults::default() };
    let mut fellow = asked(false);
    gets(&mut fellow, &have(&[(1, 1), (4, 10)], 15, 15), faults);
    assert_eq!(fellow.acknowledged(), Some(15));
}

#[test]
fn it_is_filled_when_it_has_acknowledged_the_last_slice() {
    let mut fellow = asked(false);
    gets(&mut fellow, &have(&[], 0, 0), Faults::default());
    // Nothing that is recorded before the snapshot is for it.
    assert_eq!((fellow.stage(), fellow.reads_on()), (Stage::Empty, None));
    fellow.begin();
    assert_eq!(fellow.reads_on(), Some(LINK));
    fellow.acknowledge(3, 20, Faults::default());
    assert_eq!((fellow.stage(), fellow.acknowledged()), (Stage::Filling { last: None }, None));
    fellow.filled(5);
    fellow.acknowledge(4, 21, Faults::default());
    assert_eq!((fellow.stage(), fellow.acknowledged()), (Stage::Filling { last: Some(5) }, None));
    fellow.acknowledge(5, 22, Faults::default());
    assert_eq!((fellow.stage(), fellow.acknowledged()), (Stage::Streaming, Some(22)));
    let faults = Faults { level_without_last_slice: true, ..Faults::default() };
    let mut fellow = asked(false);
    gets(&mut fellow, &have(&[], 0, 0), faults);
    fellow.begin();
    fellow.acknowledge(3, 20, faults);
    assert_eq!(fellow.acknowledged(), Some(20));
}

#[test]
fn who_cannot_go_on_is_filled_anew_or_left() {
    for (is_member, wanted) in [(false, Gets::Slices), (true, Gets::Nothing)] {
        let mut fellow = asked(is_member);
        gets(&mut fellow, &have(&[(1, 1), (4, 10)], 15, 15), Faults::default());
        assert_eq!(fellow.again(9, Why::Unfit, Faults::default()), wanted);
        // S6: what it acknowledges of that is nothing.
        fellow.acknowledge(8, 20, Faults::default());
        assert_eq!(fellow.acknowledged(), None);
        fellow.acknowledge(9, 20, Faults::default());
        assert_eq!(fellow.acknowledged(), None);
    }
}

#[test]
fn who_is_away_is_asked_anew() {
    let mut fellow = asked(false);
    gets(&mut fellow, &have(&[(1, 1), (4, 10)], 15, 15), Faults::default());
    fellow.link_down();
    assert_eq!((fellow.stage(), fellow.reads_on(), fellow.link()), (Stage::Away, None, None));
    assert_eq!(gets(&mut fellow, &have(&[], 0, 0), Faults::default()), None);
    assert_eq!(fellow.again(1, Why::Unfit, Faults::default()), Gets::Nothing);
    fellow.ask(LINK, CONF + 1, 1);
    assert_eq!(fellow.stage(), Stage::Asked { conf: CONF + 1 });
}
