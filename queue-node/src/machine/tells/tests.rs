//! What another node may say.

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
