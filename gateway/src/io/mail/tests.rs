//! A box of letters.

use mio::{Events, Poll, Token};

use super::*;

fn called(letterbox: &Letterbox) -> Result<(), Full> {
    letterbox.put(Letter::Called(1, Outcome::TimedOut))
}

fn registered(incarnation: u64) -> Letter {
    Letter::Registered { incarnation, cluster_id: 1 }
}

#[test]
fn a_full_box_still_takes_how_things_are_and_keeps_the_newest() {
    let mut poll = Poll::new().unwrap();
    let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
    let letterbox = Letterbox::new(waker);
    for _ in 0..LETTERS_MAX {
        called(&letterbox).unwrap();
    }
    assert!(called(&letterbox).is_err(), "one too many");
    for incarnation in 1..4 {
        letterbox.put(registered(incarnation)).unwrap();
    }
    letterbox.put(Letter::Stop).unwrap();
    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, None).unwrap();
    let letters = letterbox.take();
    let of_lane = letters.iter().skip(LETTERS_MAX);
    let say = |letter: &Letter| match letter {
        Letter::Registered { incarnation, .. } => *incarnation,
        Letter::Stop => 100,
        other => panic!("{other:?}"),
    };
    let kinds: Vec<u64> = of_lane.map(say).collect();
    assert_eq!(kinds, [3, 100], "of three the newest, and it was asked to stop");
    assert!(letterbox.take().is_empty());
    called(&letterbox).unwrap();
}
