//! What a connection is at, and what is due.

use super::*;

fn bounds() -> Bounds {
    Bounds { head_ms: 5, doze_ms: 7, stall_ms: 100, ..Bounds::of_files(8) }
}

#[test]
fn a_trickle_is_a_stall() {
    let talk = Talk::new(0);
    talk.asked();
    talk.answers();
    assert_eq!(talk.due(&bounds()), None);
    talk.blocked(|| 10);
    talk.took(limits::WEB_STALL_BYTES / 2, false);
    talk.blocked(|| 60);
    talk.took(1, false);
    assert_eq!(talk.due(&bounds()), Some((110, Due::Stalled)));
    talk.took(limits::WEB_STALL_BYTES / 2, false);
    assert_eq!(talk.due(&bounds()), None);
    talk.blocked(|| 120);
    talk.took(1, true);
    assert_eq!(talk.due(&bounds()), None);
}

#[test]
fn the_turn_is_the_peers_again_when_all_is_written() {
    let talk = Talk::new(0);
    assert_eq!(talk.due(&bounds()), Some((5, Due::Silent)));
    talk.heard(3);
    talk.heard(4);
    assert_eq!(talk.due(&bounds()), Some((8, Due::Late)));
    talk.asked();
    talk.heard(9);
    talk.answers();
    talk.flushed(|| 10);
    assert_eq!(talk.waits_since_ms(), None);
    talk.given();
    talk.flushed(|| 20);
    talk.flushed(|| 30);
    assert_eq!((talk.due(&bounds()), talk.waits_since_ms()), (Some((27, Due::Doze)), Some(20)));
}

#[test]
fn only_between_requests_hyper_speaks_for_itself() {
    let talk = Talk::new(0);
    talk.asked();
    assert!(!talk.refuses(Some(100)));
    talk.answers();
    talk.given();
    assert!(!talk.refuses(Some(200)));
    talk.flushed(|| 1);
    assert!(talk.refuses(Some(431)) && talk.refuses(None));
    assert_eq!(talk.refused(), Some(431));
}
