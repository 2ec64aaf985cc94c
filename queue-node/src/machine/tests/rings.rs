//! Where events are kept: the ring against a plain list, the history when the log lets go.

use std::collections::VecDeque;

use proptest::prelude::*;
use proto::g2c::EventKind;
use proto::ids::SessionId;
use proto::limits;

use super::check;
use crate::machine::state::event_ring::{Event, EventRing};
use crate::machine::state::replay::ReplayLog;

/// What happens to a ring.
#[derive(Debug, Clone)]
enum Happening {
    Push(usize, bool),
    Pop,
    Tighten,
    Shrink,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0..200usize, any::<bool>()).prop_map(|(length, but)| Happening::Push(length, but)),
        1 => (200..3000usize).prop_map(|length| Happening::Push(length, false)),
        6 => Just(Happening::Pop),
        1 => Just(Happening::Tighten),
        1 => Just(Happening::Shrink),
    ]
}

proptest! {
    #[test]
    fn a_ring_keeps_what_was_put_in(happenings in prop::collection::vec(happening(), 1..300)) {
        let mut ring = EventRing::default();
        let mut plain = VecDeque::new();
        let mut seq = 0u64;
        for happening in happenings {
            match happening {
                Happening::Push(length, excludes) => {
                    seq += 1;
                    let body = vec![seq as u8; length];
                    let exclude = excludes.then_some(SessionId([seq as u8; 16]));
                    let kind = EventKind::Message;
                    ring.push(&Event { seq, at_ms: seq, body: &body, kind, mount: 3, exclude });
                    plain.push_back((seq, body, exclude));
                }
                Happening::Pop => {
                    ring.pop();
                    plain.pop_front();
                }
                Happening::Tighten => ring.tighten(),
                Happening::Shrink => ring.shrink(),
            }
            prop_assert_eq!(ring.len(), plain.len());
            prop_assert!(ring.cost() <= ring.bytes());
            for (at, (seq, body, exclude)) in plain.iter().enumerate() {
                let event = ring.get(at, *seq).expect("it was not popped");
                let got = (event.at_ms, event.body, event.exclude);
                prop_assert_eq!(got, (*seq, &**body, *exclude));
            }
        }
        while !ring.is_empty() {
            ring.pop();
        }
        ring.tighten();
        prop_assert_eq!((ring.cost(), ring.bytes()), (0, 0));
    }
}

#[test]
fn a_history_outlives_the_log() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 send /room/1 chat a
        3 g1 1 3 send /room/1 chat b exclude
        4 g1 1 4 set /room/1 k=1
        1500 g1 1 5 send /room/1 chat c
        2600 g1 1 6 history /room/1
        2601 g1 1 7 subscribe /room/1 sub=5 since=e1:chat=2,scores=2,members=2 history=2
        9000 g1 1 8 history /room/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:a
        3: g1 answer 1 op=3 status=0 seq=3
        3: g1 event 5 #3 chat ann:b but 1
        4: g1 answer 1 op=4 status=0 seq=4
        4: g1 event 5 #4 scores ann:k=1
        1500: g1 answer 1 op=5 status=0 seq=5
        1500: g1 event 5 #5 chat ann:c
        2600: g1 answer 1 op=6 status=0 seq=5 #2:a #3:b #5:c
        2601: g1 answer 1 op=7 status=0 seq=5
        2601: g1 subscribed 1 5 e1 #5 [chat=2,members=5,scores=5] gap k=1v4 ann +3
        2601: g1 history 1 5 #2 chat ann:a
        2601: g1 missed 1 5 #3 gap chat 2-4
        2601: g1 missed 1 5 #5 chat ann:c
        9000: g1 answer 1 op=8 status=0 seq=5 #2:a #3:b #5:c
        ",
    );
}

/// An event of this number and length.
fn event(seq: u64, body: &[u8]) -> Event<'_> {
    Event { seq, at_ms: seq, body, kind: EventKind::Message, mount: 3, exclude: None }
}

#[test]
fn a_log_goes_on_behind_an_event_that_it_can_not_keep() {
    let mut log = ReplayLog::default();
    (1..=3).for_each(|seq| log.push(&event(seq, b"small")));
    let large = vec![b'x'; limits::REPLAY_LOG_BYTES_MAX];
    assert!(!log.has_space(event(4, &large).cost()));
    (0..3).for_each(|_| log.pop());
    assert_eq!(log.floor(), 3);
    log.skip(&event(4, &large));
    log.push(&event(5, b"after"));
    assert_eq!(log.floor(), 4, "it reaches those who have seen the large one");
    assert!(log.get(4).is_none());
    let kept: Vec<_> = log.after(3).map(|event| (event.seq, event.body)).collect();
    assert_eq!(kept, [(5, &b"after"[..])]);
}

#[test]
fn a_log_gives_back_what_it_took_for_events_that_are_gone() {
    let mut log = ReplayLog::default();
    (1..=200).for_each(|seq| log.push(&event(seq, &[b'x'; 100])));
    let full = log.bytes();
    (0..190).for_each(|_| log.pop());
    assert_eq!(log.bytes(), full);
    log.tighten();
    assert!(log.bytes() < full / 2, "{} of {full} bytes", log.bytes());
    let kept = log.after(0).map(|event| event.seq);
    assert!(kept.eq(191..=200));
    (0..10).for_each(|_| log.pop());
    log.shrink();
    assert_eq!((log.bytes(), log.cost(), log.floor()), (0, 0, 200));
}
