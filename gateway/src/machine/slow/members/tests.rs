//! Frames of a net change: wherever the connection is cut, nothing is lost.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// `+ann` joined, `-ann` left, numbered from 1; what leaves, as `seq:+users`.
fn frames(events: &str) -> String {
    let mut members = MembersBehind::new(1);
    for (seq, event) in (1..).zip(events.split(' ')) {
        let (word, user) = event.split_at(1);
        let word = if word == "+" { Word::Joined } else { Word::Left };
        members.add(word, seq, &[user.to_owned()]);
    }
    let mut frames = Vec::new();
    while !members.is_empty() {
        let Leaving { kind, body, .. } = members.take();
        let left = g2c::Left::decode(body.as_slice()).unwrap();
        let sign = if kind == BodyKind::Joined as u32 { '+' } else { '-' };
        frames.push(format!("{}:{sign}{}", left.seq, left.users.join(",")));
    }
    assert_eq!(members.bytes(), 0);
    frames.join(" ")
}

#[test]
fn one_side_is_one_frame_up_to_the_newest_event() {
    assert_eq!(frames("+a +b +c -c"), "4:+a,b");
    assert_eq!(frames("-a +b -b"), "3:-a");
    assert_eq!(frames("+a -a"), "");
}

#[test]
fn a_frame_ends_below_the_first_event_of_the_other_side() {
    assert_eq!(frames("+a -x +b"), "1:+a 2:-x 3:+b");
    assert_eq!(frames("-x -y +a +b"), "2:-x,y 4:+a,b");
}

#[test]
fn a_frame_ends_where_nothing_is_half_cancelled() {
    // c is there for a while: a mark between would have it leave without having come.
    assert_eq!(frames("-x +c -y -c +a"), "4:-x,y 5:+a");
    assert_eq!(frames("-x +c -y +a -c"), "1:-x 3:-y 5:+a");
}

#[test]
fn a_cut_anywhere_ends_with_the_right_roster() {
    // Some thousand stories of four users, told by a small generator of numbers.
    for story in 0..4_000_u64 {
        let mut number = story.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let begin: BTreeSet<&str> = ["a", "b"].into();
        let mut there = begin.clone();
        let (mut members, mut events) = (MembersBehind::new(1), BTreeMap::new());
        for seq in 1..=10 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
            let user = ["a", "b", "c", "d"][(number >> 60) as usize % 4];
            let word = if there.remove(user) { Word::Left } else { Word::Joined };
            if word == Word::Joined {
                there.insert(user);
            }
            members.add(word, seq, &[user.to_owned()]);
            events.insert(seq, (word, user));
        }
        let mut held: BTreeSet<String> = begin.iter().map(|user| (*user).to_owned()).collect();
        let mut mark = 0;
        while !members.is_empty() {
            let Leaving { kind, body, .. } = members.take();
            let frame = g2c::Left::decode(body.as_slice()).unwrap();
            assert!(frame.seq > mark, "story {story}");
            mark = frame.seq;
            for user in frame.users {
                let joined = kind == BodyKind::Joined as u32;
                let changed = if joined { held.insert(user) } else { held.remove(&user) };
                assert!(changed, "story {story}");
            }
            let mut back = held.clone();
            for (word, user) in events.range(mark + 1..).map(|(_, event)| event) {
                match word {
                    Word::Joined => back.insert((*user).to_owned()),
                    Word::Left => back.remove(*user),
                };
            }
            assert!(back.iter().eq(&there), "story {story} cut at {mark}");
        }
        assert!(held.iter().eq(&there), "story {story}");
    }
}
