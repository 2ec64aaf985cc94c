//! What another node may say.

use proto::limits::NUMBER_MAX;
use proto::q2q::word::Body;

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
    Word::of(q2q::Word { number: 1, body: Some(Body::Fence(fence)), ..q2q::Word::default() })
        .is_some()
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

#[test]
fn every_message_comes_as_it_went() {
    let Word::Note(noted) = note("ann") else { unreachable!("it is one") };
    let noted = Noted { epoch: 3, join: 4, ..noted };
    let end = End { reason: "lost".into(), below: Generation::or_none(5), floor: None };
    let fence = Fence { generation: Generation::FIRST.next(), floor: Generation::or_none(8) };
    let words = [
        Word::Note(Noted { guest: true, ..noted.clone() }),
        Word::Note(noted.clone()),
        Word::Unnote(noted.clone()),
        Word::Question(noted.clone()),
        Word::Ended(noted.clone(), end),
        // It is about no joining.
        Word::Fence(Noted { join: 0, ..noted }, fence),
    ];
    let (bucket, epochs) = (BucketId::of(5 << 61, 3), Epochs { loss: Loss(5), reign: Reign(7) });
    for (number, word) in (1..).zip(words) {
        let word_id = WordId { bucket, epochs, number };
        let Some(q2q::q2q::Body::Word(message)) = word.message(word_id).body else {
            panic!("{word:?} is no word")
        };
        assert_eq!(WordId::of_word(&message), Some(word_id));
        assert_eq!(Word::of(message), Some(word));
    }
    let [floor, generation, below] = [1, 2, 3].map(Generation::or_none);
    let answer = Answer { ended: true, floor, generation, below };
    let word_id = WordId { bucket, epochs, number: 9 };
    let Some(q2q::q2q::Body::Answer(message)) = answer.message(word_id).body else {
        panic!("no answer")
    };
    assert_eq!(WordId::of_answer(&message), Some(word_id));
    assert_eq!(Answer::of(&message), answer);
}
