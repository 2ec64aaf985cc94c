//! How many words may wait, and for whom.

use std::iter;
use std::rc::Rc;

use proto::ids::SessionId;

use super::*;
use crate::machine::state::State;
use crate::machine::state::record::{Record, Stamp};
use crate::machine::state::words::Noted;

/// A message about a user's coming or going.
fn note(user: &str) -> Word {
    let (session, room) = (SessionId([7; 16]), "/room/1".into());
    Word::Note(Noted { user: user.into(), session, room, epoch: 1, join: 1, guest: false })
}

/// Messages about these users to two homes, so many to each, each numbered by where it stands.
fn waiting(counts: [usize; 2], user: impl Fn(usize) -> String) -> (Posted, UnansweredWords) {
    let (mut posted, mut unanswered) = (Posted::default(), UnansweredWords::new(Seed::new(5)));
    let homes = iter::zip(homes(), counts).flat_map(|(home, count)| iter::repeat_n(home, count));
    for (number, home) in homes.enumerate() {
        posted.kept(&mut unanswered, number as u64, home, &note(&user(number)));
    }
    (posted, unanswered)
}

fn homes() -> [BucketId; 2] {
    [BucketId::of(0, 1), BucketId::of(1 << 63, 1)]
}

const HALF: usize = limits::WORDS_PER_BUCKET_MAX / 2;

#[test]
fn a_user_has_a_share_of_what_waits_for_each_home() {
    let has_space = |unanswered: &UnansweredWords, user: &str| {
        homes().map(|home| unanswered.has_space(user, || Some(home)))
    };
    let (mut posted, mut unanswered) = waiting([HALF, 1], |_| "ann".to_owned());
    assert_eq!(unanswered.total(), HALF + 1);
    assert_eq!(has_space(&unanswered, "ann"), [false, true]);
    assert_eq!(has_space(&unanswered, "bob"), [true, true]);
    assert!(unanswered.has_space("ann", || None), "nothing waits for a home that isn't known");
    // What is answered counts no more: first the one to the other home, then enough of all.
    posted.answered(&mut unanswered, HALF as u64, &note("ann"));
    assert_eq!(unanswered.total(), HALF);
    assert_eq!(has_space(&unanswered, "ann"), [false, true]);
    posted.answered(&mut unanswered, HALF as u64, &note("ann"));
    assert_eq!(unanswered.total(), HALF, "it was answered before");
    posted.answered(&mut unanswered, 0, &note("ann"));
    assert_eq!(has_space(&unanswered, "ann"), [true, true]);
}

#[test]
fn so_much_of_all_even_one_alone_may_hold() {
    let (_posted, unanswered) = waiting([HALF - 1, 0], |_| "ann".to_owned());
    assert!(unanswered.has_space("ann", || panic!("nobody needs to look up the home")));
}

/// A state with so many words, each of a user of its own.
fn state(count: u64) -> State {
    let mut state = State::new(Rc::default(), 5, 1000);
    for n in 1..=count {
        let record = Record::Say { word: Box::new(note(&format!("u{n}"))) };
        state.apply(Stamp { n, at_ms: 0 }, record, &[], None);
    }
    state
}

#[test]
fn what_a_bucket_that_goes_leaves_behind_is_counted_no_more() {
    let (state, mut unanswered) = (state(HALF as u64), UnansweredWords::new(Seed::new(5)));
    let (mut posted, others) = (Posted::default(), homes()[0]);
    for number in state.words().numbers() {
        let word = state.words().get(number).expect("it is there");
        posted.kept(&mut unanswered, number, homes()[0], word);
    }
    unanswered.add(others, "bob");
    assert_eq!(unanswered.total(), HALF + 1);
    posted.drop_all(&mut unanswered, state.words());
    assert_eq!(unanswered.total(), 1);
    unanswered.remove(others, "bob");
    assert_eq!((unanswered.total(), unanswered.by_home.len()), (0, 0));
}

#[test]
fn a_word_may_be_sent_once_its_record_is_on_every_copy() {
    let (mut state, mut posted) = (state(3), Posted::default());
    assert_eq!(posted.released(state.words()), [0; 0]);
    posted.release(2);
    assert_eq!(posted.released(state.words()), [1, 2]);
    posted.release(1);
    assert_eq!(posted.released(state.words()), [1, 2], "what was released stays so");
    state.apply(Stamp { n: 4, at_ms: 0 }, Record::Answered { number: 1 }, &[], None);
    assert_eq!(posted.released(state.words()), [2]);
    let words: Rc<[u64]> = state.words().numbers().into();
    assert_eq!(*words, [2, 3]);
}
