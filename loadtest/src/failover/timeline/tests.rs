//! Gaps of a stream with a message each ten.

use super::Timeline;

const ALL: [u64; 6] = [100, 110, 120, 130, 140, 150];

#[test]
fn each_message_took_from_when_it_was_to_be_sent() {
    let mut timeline = Timeline::default();
    for (now, intended) in [(101, 100), (115, 110), (122, 120)] {
        timeline.arrived(now, intended, &ALL);
    }
    assert_eq!(timeline.longest(100, 121, 200, &ALL), Some(5));
    assert_eq!(timeline.longest(100, 110, 200, &ALL), Some(1));
    assert_eq!(timeline.longest(111, 121, 200, &ALL), Some(2));
    assert_eq!(timeline.longest(111, 120, 200, &ALL), None);
}

#[test]
fn what_never_came_took_until_something_newer_came() {
    let mut timeline = Timeline::default();
    timeline.arrived(101, 100, &ALL);
    timeline.arrived(145, 140, &ALL);
    assert_eq!(timeline.longest(110, 141, 200, &ALL), Some(35));
    assert_eq!(timeline.longest(130, 141, 200, &ALL), Some(15));
    // It comes after all, and took longer than that.
    timeline.arrived(190, 130, &ALL);
    assert_eq!(timeline.longest(130, 141, 200, &ALL), Some(60));
}

#[test]
fn a_stream_that_never_goes_on_takes_until_now() {
    let mut timeline = Timeline::default();
    timeline.arrived(101, 100, &ALL);
    assert_eq!(timeline.longest(100, 200, 500, &ALL), Some(390));
    assert_eq!(Timeline::default().longest(100, 101, 500, &ALL), Some(400));
}

#[test]
fn a_message_that_was_never_to_be_sent_counts_nothing() {
    let mut timeline = Timeline::default();
    timeline.arrived(200, 115, &ALL);
    assert_eq!(timeline.longest(100, 101, 100, &ALL), Some(0));
}
