//! The lines of the table "A copy" in docs/replication.md §3 that are about one copy.

use std::rc::Rc;

use link::machine::LinkId;
use proto::bucket::{BucketId, Reign};
use proto::limits::COPY_WAITING_BYTES_MAX;

use super::{Copy, Has, Part, Slice, Standing, Why};
use crate::machine::Faults;
use crate::machine::copies::entry;
use crate::machine::copies::learner::Learner;
use crate::machine::copies::shown::Shown;
use crate::machine::copies::tail::Tail;
use crate::machine::lane::Broken;
use crate::machine::state::State;
use crate::machine::state::class::Classes;
use crate::machine::state::codec;
use crate::machine::state::openings::Opening;
use crate::machine::state::record::{Record, Stamp};
use crate::machine::state::snapshot::Snapshot;

const GRACE_MS: u64 = 1_000;
const LINK: LinkId = LinkId(1);
const OTHER: LinkId = LinkId(2);

/// A primary's state, and the entries that have made it.
struct Log {
    state: State,
    entries: Vec<(u64, Vec<u8>)>,
}

impl Log {
    fn new() -> Log {
        let state = State::new(Rc::new(Classes::of(&[], 0)), 7, GRACE_MS);
        Log { state, entries: Vec::new() }
    }

    /// One more entry.
    fn turn(&mut self, records: Vec<Record<'static>>) -> &mut Log {
        let first = Stamp { n: self.state.newest().n + 1, at_ms: 5 };
        let (mut unit, mut whole) = (Vec::new(), Vec::new());
        codec::put_unit(&mut unit, first);
        for record in records {
            let mut header = Vec::new();
            codec::put(&mut header, &record, None);
            codec::put_in_unit(&mut unit, &header, &[]);
            let n = self.state.newest().n + 1;
            self.state.apply(Stamp { n, at_ms: 5 }, record, &[], None);
        }
        entry::put_unit(&mut whole, &unit);
        self.entries.push((self.state.newest().n, whole));
        self
    }

    fn open(&mut self, reign: u64) -> &mut Log {
        self.turn(vec![Record::Opened { reign, loss: 0 }])
    }

    fn write(&mut self, records: usize) -> &mut Log {
        self.turn((0..records).map(|_| Record::Noop).collect())
    }

    fn n(&self) -> u64 {
        self.state.newest().n
    }

    /// The entry that ends there.
    fn entry(&self, last: u64) -> &[u8] {
        &self.entries.iter().find(|(end, _)| *end == last).expect("an entry ends there").1
    }

    fn snapshot(&self) -> Vec<u8> {
        let (mut bytes, mut snapshot) = (Vec::new(), Snapshot::new(&self.state, 5));
        snapshot.slice(&self.state, usize::MAX, &mut bytes);
        bytes
    }

    fn shown(&self) -> Shown {
        let bucket = BucketId::new(1, 0).expect("a bucket");
        let digest = self.state.part_digest(9, 0);
        Shown { bucket, loss: 0, n: self.n(), at_ms: 9, part: 0, digest }
    }
}

/// Reign 1 writes records 1, 2 to 4 and 5; reign 3 writes 6 and 7.
fn log() -> Log {
    let mut log = Log::new();
    log.open(1).write(3).write(1).open(3).write(1);
    log
}

fn learner() -> Learner {
    Learner::new(3, GRACE_MS, Faults::default())
}

fn fill(copy: &mut Copy, log: &Log) {
    let slice = Slice { is_first: true, is_last: true, items: &log.snapshot() };
    assert_eq!(copy.slice(Standing::Learner, slice, learner), Ok(None));
}

/// A copy that reign 1 has led, of its first record.
fn level(faults: Faults) -> Copy {
    let mut copy = Copy::absent(faults);
    copy.lead(LINK, Reign(1));
    fill(&mut copy, Log::new().open(1));
    copy
}

fn take(copy: &mut Copy, units: &[u8], committed: u64) -> Option<Why> {
    copy.take(Part { committed, after: None, units })
}

fn cut(copy: &mut Copy, after: u64, units: &[u8]) -> Option<Why> {
    copy.take(Part { committed: 0, after: Some(after), units })
}

/// Its newest record and the newest that it has applied.
fn ends(copy: &Copy) -> (u64, u64) {
    let Has { n, state_n, .. } = copy.has();
    (n, state_n)
}

fn stuck(copy: &Copy) -> Option<Why> {
    copy.has().stuck
}

fn slice(copy: &mut Copy, standing: Standing, is_first: bool) -> Result<Option<Why>, Broken> {
    let items = Log::new().open(1).snapshot();
    copy.slice(standing, Slice { is_first, is_last: false, items: &items }, learner)
}

#[test]
fn who_has_nothing_says_so() {
    let mut copy = Copy::absent(Faults::default());
    let nothing = Has { n: 0, state_n: 0, openings: Vec::new(), stuck: None };
    assert_eq!(copy.lead(LINK, Reign(1)), nothing);
    assert!(copy.is_led_by(LINK, Reign(1)));
    assert!(!copy.is_led_by(OTHER, Reign(1)) && !copy.is_led_by(LINK, Reign(2)));
    // Without the first slice, nothing that comes is of use.
    assert_eq!(take(&mut copy, log().entry(1), 1), None);
    assert_eq!(slice(&mut copy, Standing::Learner, false), Ok(None));
    assert!(copy.is_absent());
}

#[test]
fn what_comes_is_kept_and_applied_when_it_is_committed() {
    let (mut copy, log) = (level(Faults::default()), log());
    assert_eq!(take(&mut copy, log.entry(4), 1), None);
    assert_eq!(take(&mut copy, log.entry(5), 3), None);
    assert_eq!(ends(&copy), (5, 1));
    assert_eq!(take(&mut copy, &[], 4), None);
    assert_eq!(ends(&copy), (5, 4));
    // Less than it has applied is no news.
    assert_eq!(take(&mut copy, log.entry(6), 2), None);
    assert_eq!(take(&mut copy, log.entry(7), 6), None);
    assert_eq!(ends(&copy), (7, 6));
    assert_eq!(copy.lead(OTHER, Reign(4)).n, 7);
    assert!(copy.is_led_by(OTHER, Reign(4)) && !copy.is_led_by(LINK, Reign(1)));
}

#[test]
fn a_copy_applies_early_by_a_planted_bug() {
    let mut copy = level(Faults { applied_early: true, ..Faults::default() });
    take(&mut copy, log().entry(4), 1);
    assert_eq!(ends(&copy), (4, 4));
}

/// They are of what is applied and what isn't, and go with what is cut.
#[test]
fn openings_are_of_state_and_tail() {
    let (mut copy, log) = (level(Faults::default()), log());
    let opening = |reign, n| Opening { reign, n };
    for last in [4, 5, 6, 7] {
        take(&mut copy, log.entry(last), 1);
    }
    assert_eq!(copy.has().openings, [opening(1, 1), opening(3, 6)]);
    assert_eq!(cut(&mut copy, 5, &[]), None);
    assert_eq!(copy.has().openings, [opening(1, 1)]);
    for last in [6, 7] {
        take(&mut copy, log.entry(last), 7);
    }
    assert_eq!(copy.has().openings, [opening(1, 1), opening(3, 6)]);
}

#[test]
fn what_its_primary_lacks_is_cut_before_it_goes_on() {
    let (mut copy, log) = (level(Faults::default()), log());
    let mut other = Log::new();
    other.open(1).write(3).open(4).write(2);
    for last in [4, 5, 6] {
        take(&mut copy, log.entry(last), 1);
    }
    assert_eq!(cut(&mut copy, 4, other.entry(5)), None);
    assert_eq!(take(&mut copy, other.entry(7), 7), None);
    assert_eq!(ends(&copy), (7, 7));
    assert_eq!(copy.show(other.shown()), None);
}

#[test]
fn a_tail_is_kept_by_a_planted_bug() {
    let (mut copy, log) = (level(Faults { tail_kept: true, ..Faults::default() }), log());
    take(&mut copy, log.entry(4), 1);
    cut(&mut copy, 1, &[]);
    assert_eq!(ends(&copy), (4, 1));
}

#[test]
fn nothing_that_is_applied_is_cut_nor_gone_on_from_where_it_has_nothing() {
    for after in [3, 8] {
        let (mut copy, log) = (level(Faults::default()), log());
        take(&mut copy, log.entry(4), 4);
        take(&mut copy, log.entry(5), 4);
        assert_eq!(cut(&mut copy, after, log.entry(6)), Some(Why::Lacks));
        // It keeps what it has, and says both on each link anew.
        assert_eq!((ends(&copy), stuck(&copy)), ((5, 4), Some(Why::Lacks)));
        assert_eq!(copy.lead(OTHER, Reign(2)).stuck, Some(Why::Lacks));
        assert_eq!(take(&mut copy, log.entry(6), 6), None);
        assert_eq!(ends(&copy), (5, 4));
    }
}

#[test]
fn what_is_not_the_next_or_unreadable_is_unfit() {
    let log = log();
    let mut readable_in_part = log.entry(4).to_vec();
    readable_in_part.pop();
    for units in [log.entry(5), log.entry(1), &readable_in_part, &[0xff]] {
        let mut copy = level(Faults::default());
        assert_eq!(take(&mut copy, units, 9), Some(Why::Unfit));
        assert_eq!((ends(&copy), stuck(&copy)), ((1, 1), Some(Why::Unfit)));
    }
}

#[test]
fn a_state_with_a_part_of_an_entry_is_none() {
    let (mut copy, mut log) = (level(Faults::default()), log());
    let index = log.state.queues().next();
    let mut header = Vec::new();
    codec::put(&mut header, &Record::Destroy { queue: index }, None);
    let (mut unit, mut whole) = (Vec::new(), Vec::new());
    codec::put_unit(&mut unit, Stamp { n: 2, at_ms: 5 });
    codec::put_in_unit(&mut unit, &header, &[]);
    entry::put_unit(&mut whole, &unit);
    log.entries.push((2, whole));
    // It is in the log as anything is, until it is applied.
    assert_eq!(take(&mut copy, log.entry(2), 1), None);
    assert_eq!(ends(&copy), (2, 1));
    assert_eq!(take(&mut copy, &[], 2), Some(Why::Unfit));
    let nothing = Has { n: 0, state_n: 0, openings: Vec::new(), stuck: Some(Why::Unfit) };
    assert_eq!(copy.has(), nothing);
    let copy = copy.take_over().expect_err("it can't");
    assert_eq!(copy.has(), nothing);
}

#[test]
fn units_wait_for_the_last_slice() {
    let (mut copy, log) = (Copy::absent(Faults::default()), log());
    copy.lead(LINK, Reign(1));
    let items = Log::new().open(1).write(3).snapshot();
    let (front, back) = items.split_at(items.len());
    let first = Slice { is_first: true, is_last: false, items: front };
    assert_eq!(copy.slice(Standing::Learner, first, learner), Ok(None));
    assert_eq!(take(&mut copy, log.entry(5), 5), None);
    // Until then it says that it has nothing, since it may not get it.
    assert_eq!(ends(&copy), (0, 0));
    let last = Slice { is_first: false, is_last: true, items: back };
    assert_eq!(copy.slice(Standing::Learner, last, learner), Ok(None));
    assert_eq!(ends(&copy), (5, 4));
    assert_eq!(take(&mut copy, log.entry(6), 6), None);
    assert_eq!(ends(&copy), (6, 6));
}

#[test]
fn slices_are_dropped_with_their_stream() {
    let filling = || {
        let mut copy = Copy::absent(Faults::default());
        copy.lead(LINK, Reign(1));
        assert_eq!(slice(&mut copy, Standing::Learner, true), Ok(None));
        copy
    };
    let mut copy = filling();
    copy.lead(LINK, Reign(1));
    assert!(!copy.is_absent());
    copy.link_down(OTHER);
    assert!(!copy.is_absent());
    copy.link_down(LINK);
    assert!(copy.is_absent() && !copy.is_led_by(LINK, Reign(1)));
    for (link, reign) in [(LINK, 2), (OTHER, 1)] {
        let mut copy = filling();
        copy.lead(link, Reign(reign));
        assert!(copy.is_absent());
    }
    let mut copy = filling();
    assert!(!copy.stands(Standing::Learner) && !copy.is_absent());
    assert!(!copy.stands(Standing::Nobody) && copy.is_absent());
}

#[test]
fn what_does_not_fit_slices_makes_it_begin_anew() {
    let (log, mut copy) = (log(), level(Faults::default()));
    for unfit in [log.entry(5), &[0xff]] {
        assert_eq!(slice(&mut copy, Standing::Learner, true), Ok(None));
        assert_eq!(take(&mut copy, unfit, 5), Some(Why::Unfit));
        assert!(copy.is_absent());
    }
    let spoilt = Slice { is_first: true, is_last: true, items: &[0xff] };
    assert_eq!(copy.slice(Standing::Learner, spoilt, learner), Ok(Some(Why::Unfit)));
    assert!(copy.is_absent());
}

#[test]
fn no_more_waits_for_slices_than_there_is_room_for() {
    let mut copy = Copy::absent(Faults::default());
    assert_eq!(slice(&mut copy, Standing::Learner, true), Ok(None));
    let (mut log, size) = (Log::new(), 1 << 20);
    log.open(1);
    let turn_of = |log: &mut Log| {
        log.write(size);
        log.entries.pop().expect("a turn").1
    };
    let mut kept = 0;
    loop {
        let entry = turn_of(&mut log);
        kept += entry.len();
        let why = take(&mut copy, &entry, 0);
        assert_eq!(why.is_some(), kept > COPY_WAITING_BYTES_MAX);
        if why.is_some() {
            assert_eq!((why, copy.is_absent()), (Some(Why::Unfit), true));
            return;
        }
    }
}

/// P7.
#[test]
fn who_is_in_the_set_is_never_filled() {
    for is_first in [true, false] {
        let mut copy = level(Faults::default());
        assert!(slice(&mut copy, Standing::Member, is_first).is_err());
        assert_eq!(ends(&copy), (1, 1));
        take(&mut copy, &[0xff], 1);
        assert!(slice(&mut copy, Standing::Member, is_first).is_err());
        assert_eq!((ends(&copy), stuck(&copy)), ((1, 1), Some(Why::Unfit)));
    }
    let mut copy = level(Faults { rebuilt_while_promotable: true, ..Faults::default() });
    assert!(slice(&mut copy, Standing::Member, true).is_ok());
    assert_eq!(ends(&copy), (0, 0));
}

#[test]
fn a_learner_is_filled_anew_from_the_first_slice_on() {
    let mut copy = level(Faults::default());
    assert!(slice(&mut copy, Standing::Learner, false).is_err());
    assert_eq!(ends(&copy), (1, 1));
    // Whom the newest row doesn't name isn't filled; its leader doesn't know yet.
    assert_eq!(slice(&mut copy, Standing::Nobody, true), Ok(None));
    assert_eq!(slice(&mut copy, Standing::Nobody, false), Ok(None));
    assert_eq!(ends(&copy), (1, 1));
    assert_eq!(slice(&mut copy, Standing::Learner, true), Ok(None));
    assert_eq!(ends(&copy), (0, 0));
}

#[test]
fn it_is_compared_when_it_has_applied_just_as_much() {
    let (mut copy, mut log) = (level(Faults::default()), Log::new());
    log.open(1).write(2);
    take(&mut copy, log.entry(3), 1);
    assert_eq!(copy.show(log.shown()), None);
    assert_eq!(copy.compared(), (None, 0));
    log.write(1);
    // It stops there, whatever else it applies.
    assert_eq!(take(&mut copy, log.entry(4), 4), None);
    let (compared, count) = copy.compared();
    assert_eq!((compared.map(|(shown, copy)| (shown.n, shown.digest == copy)), count), {
        (Some((3, true)), 1)
    });
    let differs = Shown { digest: 1, ..log.shown() };
    assert_eq!(copy.show(differs), Some(Why::Differs));
    assert_eq!((ends(&copy), stuck(&copy)), ((4, 4), Some(Why::Differs)));
}

/// A deposed primary has let go of what was too old by its own clock, and so has who was filled by
/// it. The next primary's clock comes to that later.
#[test]
fn it_is_compared_when_the_clock_has_come_to_what_it_let_go_of() {
    let mut log = Log::new();
    log.open(1);
    let mut filled = learner();
    filled.slice(&log.snapshot(), true).expect("a snapshot");
    let mut copy = Copy::of_deposed(filled, Tail::behind(log.n()), 20, Faults::default());
    let differs = |at_ms| Shown { digest: 1, at_ms, ..log.shown() };
    assert_eq!((copy.show(differs(19)), copy.compared().1), (None, 0));
    copy.passed(30);
    copy.passed(25);
    assert_eq!((copy.show(differs(29)), copy.compared().1), (None, 0));
    assert_eq!((copy.show(differs(30)), copy.compared().1), (Some(Why::Differs), 1));
}

#[test]
fn who_is_stuck_keeps_what_it_has_while_it_is_in_the_set() {
    let stuck = || {
        let mut copy = level(Faults::default());
        take(&mut copy, &[0xff], 1);
        copy
    };
    let mut copy = stuck();
    assert!(!copy.stands(Standing::Member));
    assert_eq!(ends(&copy), (1, 1));
    for standing in [Standing::Learner, Standing::Nobody] {
        let mut copy = stuck();
        assert!(copy.stands(standing));
        assert!(copy.is_absent());
    }
    // Who can go on keeps it in any case.
    for standing in [Standing::Member, Standing::Learner, Standing::Nobody] {
        let mut copy = level(Faults::default());
        assert!(!copy.stands(standing));
        assert_eq!(ends(&copy), (1, 1));
    }
}

#[test]
fn a_primary_goes_on_from_all_of_it() {
    let (mut copy, mut log) = (level(Faults::default()), Log::new());
    log.open(1).write(3);
    take(&mut copy, log.entry(4), 1);
    let (learner, tail) = copy.take_over().expect("it is level");
    assert_eq!((learner.n(), learner.digest(9)), (4, log.state.digest(9)));
    assert_eq!((tail.before(), tail.end()), (1, 4));
    let mut copy = level(Faults { tail_dropped: true, ..Faults::default() });
    take(&mut copy, log.entry(4), 1);
    assert_eq!(copy.take_over().map(|(learner, _)| learner.n()).ok(), Some(1));
}

#[test]
fn who_is_not_level_does_not_take_over() {
    let mut stuck = level(Faults::default());
    take(&mut stuck, &[0xff], 1);
    let stuck = stuck.take_over().expect_err("it can't go on");
    assert_eq!((ends(&stuck), stuck.leader()), ((1, 1), None), "it keeps what it has");
    let absent = Copy::absent(Faults::default()).take_over().expect_err("it has nothing");
    let mut filling = Copy::absent(Faults::default());
    filling.lead(LINK, Reign(1));
    slice(&mut filling, Standing::Learner, true).expect("a learner is filled");
    let filling = filling.take_over().expect_err("it lacks slices");
    for copy in [absent, filling] {
        assert_eq!((ends(&copy), copy.has().stuck), ((0, 0), Some(Why::Lacks)));
        assert!(!copy.is_over());
    }
}

/// P17: what a deposed primary kept for others it keeps until they have it.
#[test]
fn a_deposed_primary_keeps_its_tail() {
    let (mut copy, mut log) = (level(Faults::default()), Log::new());
    log.open(1).write(3).write(1);
    for n in [4, 5] {
        take(&mut copy, log.entry(n), 1);
    }
    let (learner, tail) = copy.take_over().expect("it is level");
    let copy = Copy::of_deposed(learner, tail, 0, Faults::default());
    assert_eq!(ends(&copy), (5, 5));
    // It is promoted again at once.
    let (learner, tail) = copy.take_over().expect("it is level");
    assert_eq!((tail.before(), tail.end()), (1, 5));
    // Or another writes it, which has all of that, and of whose members one lacks a part.
    let mut copy = Copy::of_deposed(learner, tail, 0, Faults::default());
    log.open(2);
    assert_eq!(take(&mut copy, log.entry(6), 4), None);
    assert_eq!(ends(&copy), (6, 5));
    let (learner, tail) = copy.take_over().expect("it is level");
    assert_eq!((tail.before(), tail.end(), learner.n()), (4, 6, 6));
    assert_eq!(learner.digest(9), log.state.digest(9));
}

/// P6: what it has applied it can't cut.
#[test]
fn a_deposed_primary_is_not_cut_below_its_state() {
    let deposed = |faults| {
        let (mut copy, mut log) = (level(Faults::default()), Log::new());
        log.open(1).write(1).write(1);
        for n in [2, 3] {
            take(&mut copy, log.entry(n), 1);
        }
        let (learner, tail) = copy.take_over().expect("it is level");
        Copy::of_deposed(learner, tail, 0, faults)
    };
    let mut copy = deposed(Faults::default());
    assert_eq!(cut(&mut copy, 2, &[]), Some(Why::Lacks));
    assert_eq!((ends(&copy), stuck(&copy)), ((3, 3), Some(Why::Lacks)));
    let mut copy = deposed(Faults { cut_below_state: true, ..Faults::default() });
    assert_eq!((cut(&mut copy, 2, &[]), ends(&copy)), (None, (2, 3)));
}
