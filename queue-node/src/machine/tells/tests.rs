//! What another node may say.

use std::iter;

use proto::limits::NUMBER_MAX;
use proto::q2q::tell::Body;

use super::*;

fn fence(generation: u64, floor: u64, room_epoch: u64) -> bool {
    let fence = q2q::Fence {
        user: "ann".to_owned(),
        session_id: vec![7; 16],
        room: "/room/1".to_owned(),
        room_epoch,
        generation,
        floor,
    };
    Word::of(q2q::Tell { number: 1, body: Some(Body::Fence(fence)) }).is_some()
}

#[test]
fn a_fence_that_no_login_could_pass_is_no_word_of_ours() {
    assert!(fence(NUMBER_MAX - 1, NUMBER_MAX - 1, NUMBER_MAX - 1));
    assert!(!fence(NUMBER_MAX, 1, 1));
    assert!(!fence(1, NUMBER_MAX, 1));
    assert!(!fence(1, 1, u64::MAX));
}

/// A message about a user's coming or going.
fn note(user: &str) -> Word {
    let (session, room) = (SessionId([7; 16]), "/room/1".into());
    Word::Note(Noted { user: user.into(), session, room, epoch: 1, join: 1, guest: false })
}

/// Messages about these users to two homes, so many to each, each numbered by where it stands.
fn waiting(counts: [usize; 2], user: impl Fn(usize) -> String) -> (Tells, Untold) {
    let (mut tells, mut untold) = (Tells::default(), Untold::new(Seed::new(5)));
    let homes = iter::zip(homes(), counts).flat_map(|(home, count)| iter::repeat_n(home, count));
    for (number, home) in homes.enumerate() {
        tells.keep(&mut untold, (number as u64, 0), home, note(&user(number)));
    }
    (tells, untold)
}

fn homes() -> [BucketId; 2] {
    [BucketId::of(0, 1), BucketId::of(1 << 63, 1)]
}

const HALF: usize = limits::UNTOLD_PER_BUCKET_MAX / 2;

#[test]
fn a_user_has_a_share_of_what_waits_for_each_home() {
    let has_room =
        |untold: &Untold, user: &str| homes().map(|home| untold.has_room(user, || Some(home)));
    let (mut tells, mut untold) = waiting([HALF, 1], |_| "ann".to_owned());
    assert_eq!(untold.total(), HALF + 1);
    assert_eq!(has_room(&untold, "ann"), [false, true]);
    assert_eq!(has_room(&untold, "bob"), [true, true]);
    assert!(untold.has_room("ann", || None), "nothing waits for a home that isn't known");
    // What is answered counts no more: first the one to the other home, then enough of all.
    let last = tells.told(&mut untold, HALF as u64).expect("it waits");
    assert_eq!((last.home, &last.word), (homes()[1], &note("ann")));
    assert!(tells.told(&mut untold, HALF as u64).is_none(), "it was answered");
    assert_eq!(untold.total(), HALF);
    assert_eq!(has_room(&untold, "ann"), [false, true]);
    tells.told(&mut untold, 0).expect("it waits");
    assert_eq!(has_room(&untold, "ann"), [true, true]);
}

#[test]
fn so_much_of_all_even_one_alone_may_hold() {
    let (_tells, untold) = waiting([HALF - 1, 0], |_| "ann".to_owned());
    assert!(untold.has_room("ann", || panic!("nobody needs to look up the home")));
}

#[test]
fn what_a_bucket_that_goes_leaves_behind_is_counted_no_more() {
    let (tells, mut untold) = waiting([HALF, 0], |_| "ann".to_owned());
    let (mut others, mut other) = (Tells::default(), note("bob"));
    if let Word::Note(noted) = &mut other {
        noted.guest = true;
    }
    others.keep(&mut untold, (9, 0), homes()[0], other);
    tells.drop_all(&mut untold);
    assert_eq!(untold.total(), 1);
    assert!(untold.has_room("ann", || Some(homes()[0])));
    others.drop_all(&mut untold);
    assert_eq!((untold.total(), untold.by_home.len()), (0, 0));
}

#[test]
fn a_message_may_be_sent_once_its_record_is_on_every_copy() {
    let (mut tells, mut untold) = waiting([3, 0], |number| format!("u{number}"));
    let released = |tells: &Tells| tells.released().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(released(&tells), [] as [u64; 0]);
    for number in [2, 0] {
        let tell = tells.release(number).expect("it waits");
        assert_eq!(tell.word, note(&format!("u{number}")));
    }
    assert!(tells.release(3).is_none(), "there is none");
    assert_eq!(released(&tells), [0, 2]);
    tells.told(&mut untold, 0).expect("it waits");
    assert_eq!(released(&tells), [2]);
}

#[test]
fn every_message_comes_as_it_went() {
    let Word::Note(noted) = note("ann") else { unreachable!("it is one") };
    let noted = Noted { epoch: 3, join: 4, ..noted };
    let end = End { reason: "lost".into(), below: 5, floor: 6 };
    let fence = Fence { generation: 7, floor: 8 };
    let words = [
        Word::Note(Noted { guest: true, ..noted.clone() }),
        Word::Note(noted.clone()),
        Word::Unnote(noted.clone()),
        Word::Ask(noted.clone()),
        Word::Ended(noted.clone(), end),
        // It is about no joining.
        Word::Fence(Noted { join: 0, ..noted }, fence),
    ];
    for (number, word) in (1..).zip(words) {
        let Some(q2q::q2q::Body::Tell(tell)) = word.message(number).body else {
            panic!("{word:?} is no tell")
        };
        assert_eq!(tell.number, number);
        assert_eq!(Word::of(tell), Some(word));
    }
    let told = Told { ended: true, floor: 1, generation: 2, below: 3 };
    let Some(q2q::q2q::Body::Told(message)) = told.message(9).body else { panic!("no answer") };
    assert_eq!((message.number, Told::of(&message)), (9, told));
}
