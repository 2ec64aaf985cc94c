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
    for _ in 0..limits::LETTERS_MAX {
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
    let of_lane: Vec<&Letter> = letters.iter().skip(limits::LETTERS_MAX).collect();
    let newest = matches!(of_lane[..], [Letter::Registered { incarnation: 3, .. }, Letter::Stop]);
    assert!(newest, "{of_lane:?}");
    assert!(letterbox.take().is_empty());
    called(&letterbox).unwrap();
}
