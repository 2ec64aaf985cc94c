//! Frames of a net change: wherever the connection is cut, nothing is lost.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// `+ann` joined, `-ann` left, numbered from 1. At `|` a frame is taken.
fn told(events: &str) -> (MembersBehind, Vec<String>) {
    let (mut members, mut frames, mut seq) = (MembersBehind::new(Sub::at(0)), Vec::new(), 0);
    for event in events.split(' ') {
        let (change, user) = event.split_at(1);
        if change == "|" {
            frames.push(frame(&mut members));
            continue;
        }
        seq += 1;
        let change = if change == "+" { Change::Joined } else { Change::Left };
        members.add(change, seq, &[user.to_owned()]);
    }
    (members, frames)
}

/// The next frame, as `seq:+users`. Its number was known before.
fn frame(members: &mut MembersBehind) -> String {
    let place = members.place();
    let Leaving { kind, body, .. } = members.take();
    let left = g2c::Left::decode(body.as_slice()).unwrap();
    assert_eq!(left.seq, place);
    let sign = if kind == BodyKind::Joined as u32 { '+' } else { '-' };
    format!("{}:{sign}{}", left.seq, left.users.join(","))
}

/// What leaves of these events in the end.
fn frames(events: &str) -> String {
    let (mut members, mut frames) = told(events);
    while !members.is_empty() {
        frames.push(frame(&mut members));
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
    // d is there from 5 to 7: neither frame ends between.
    assert_eq!(frames("-x +c -c +a +d +b -d -y"), "3:-x 7:+a,b 8:-y");
}

#[test]
fn where_every_end_is_half_cancelled_both_halves_are_told() {
    assert_eq!(frames("-x +c -y +a -c"), "1:-x 2:+c 3:-y 4:+a 5:-c");
    assert_eq!(frames("+c -x -c +c +a -y -c"), "3:-x 5:+a,c 7:-y,c");
    // All that c does behind the end is told as one.
    assert_eq!(frames("-x +c -y +a -c +c"), "1:-x 2:+c 3:-y 6:+a");
}

#[test]
fn sixteen_who_cancelled_themselves_are_known_by_name() {
    let after = |more: usize| frames(&format!("-x +c -y +a -c{}", " +d -d".repeat(more)));
    assert_eq!(after(15), "1:-x 2:+c 3:-y 4:+a 35:-c");
    assert_eq!(after(16), "1:-x 3:-y 37:+a");
    assert_eq!(after(17), "1:-x 3:-y 39:+a");
}

#[test]
fn an_event_is_before_a_number_that_is_higher() {
    // The number up to which nothing is before.
    for (events, oldest) in [("+a", 1), ("-a", 1), ("+a -a -b", 3), ("-a +a +b -c", 3)] {
        let (members, _) = told(events);
        let before = |seq: u64| members.begins_before(seq);
        assert_eq!((1..=6).map(before).position(|is| is), Some(oldest), "{events}");
        assert!(before(oldest as u64 + 1) && before(u64::MAX), "{events}");
    }
    assert!(!told("+a -a").0.begins_before(u64::MAX));
}

#[test]
fn who_waits_counts_by_the_name_and_once() {
    let bytes = |events: &str| told(events).0.bytes();
    let one = bytes("+a");
    assert!(one > size_of::<String>());
    for (events, expected) in [
        ("-a", one),
        ("+a +b", 2 * one),
        ("+a -b", 2 * one),
        ("+a +a", one),
        ("+abcdefghij", one + 9),
        ("+a -a", 0),
        ("+a +b -a", 2 * one),
        ("+a -x +b |", 2 * one),
    ] {
        assert_eq!(bytes(events), expected, "{events}");
    }
}

#[test]
fn a_cut_anywhere_ends_with_the_right_roster() {
    // Many stories of four users, told by a small generator of numbers.
    for story in 0..40_000_u64 {
        let mut number = story.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let begin: BTreeSet<&str> = ["a", "b"].into();
        let mut there = begin.clone();
        let (mut members, mut events) = (MembersBehind::new(Sub::at(0)), BTreeMap::new());
        for seq in 1..=6 + story % 12 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
            let user = ["a", "b", "c", "d"][(number >> 60) as usize % 4];
            let change = if there.remove(user) { Change::Left } else { Change::Joined };
            if change == Change::Joined {
                there.insert(user);
            }
            members.add(change, seq, &[user.to_owned()]);
            events.insert(seq, (change, user));
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
            for (change, user) in events.range(mark + 1..).map(|(_, event)| event) {
                let changed = match change {
                    Change::Joined => back.insert((*user).to_owned()),
                    Change::Left => back.remove(*user),
                };
                assert!(changed, "story {story} cut at {mark}: {change:?} {user}");
            }
            assert!(back.iter().eq(&there), "story {story} cut at {mark}");
        }
        assert!(held.iter().eq(&there), "story {story}");
    }
}
