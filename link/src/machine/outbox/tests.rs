//! Buffers, backlog and links that are gone.

use super::*;

#[test]
fn a_turn_gathers_and_a_write_takes() {
    let mut outbox = Outbox::default();
    let link = LinkId(2);
    outbox.up(link);
    outbox.buffer(link).extend_from_slice(b"one");
    outbox.buffer(link).extend_from_slice(b"two");
    assert_eq!(outbox.dirty(), [link]);
    assert!(outbox.wrote(link, 2));
    assert_eq!((outbox.unwritten(link), outbox.unsent(link)), (&b"etwo"[..], 4));
    outbox.buffer(link).push(b'!');
    assert_eq!(outbox.dirty(), [link]);
    assert_eq!(outbox.take(link), b"etwo!");
    assert_eq!(outbox.unsent(link), 0);
}

#[test]
fn what_somebody_waits_for_is_written_first() {
    let mut outbox = Outbox::default();
    let links = [LinkId(0), LinkId(1), LinkId(2)];
    for link in links {
        outbox.up(link);
        outbox.buffer(link).push(1);
    }
    outbox.first(links[2]);
    outbox.first(LinkId(9));
    assert_eq!(outbox.dirty(), [links[2], links[0], links[1]]);
}

#[test]
fn a_link_that_is_down_swallows() {
    let mut outbox = Outbox::default();
    let link = LinkId(0);
    outbox.buffer(link).push(1);
    outbox.up(link);
    assert_eq!(outbox.unsent(link), 0);
    outbox.buffer(link).push(1);
    outbox.end(link, "over");
    outbox.down(link);
    outbox.buffer(link).push(1);
    assert_eq!((outbox.dirty(), outbox.ended(), outbox.unsent(link)), (vec![], vec![], 0));
}

#[test]
fn the_backlog_is_bounded() {
    let mut outbox = Outbox::default();
    let link = LinkId(0);
    outbox.up(link);
    outbox.buffer(link).resize(limits::LINK_BACKLOG_BYTES_MAX + 1, 0);
    assert!(!outbox.wrote(link, 0));
    assert!(outbox.wrote(link, 1));
}

#[test]
fn what_was_appended_is_cut_back_and_no_more() {
    let mut outbox = Outbox::default();
    let link = LinkId(0);
    outbox.up(link);
    outbox.buffer(link).extend_from_slice(b"one");
    assert!(outbox.wrote(link, 2));
    let length = outbox.length(link);
    outbox.buffer(link).extend_from_slice(b"half a fra");
    outbox.cut(link, length);
    assert_eq!(outbox.unwritten(link), b"e");
    outbox.down(link);
    assert_eq!(outbox.length(link), 0);
    outbox.cut(link, length);
}

#[test]
fn what_was_held_is_swapped_in_or_appended() {
    let mut outbox = Outbox::default();
    let link = LinkId(1);
    outbox.up(link);
    let (mut first, mut second) = (b"one".to_vec(), b"two".to_vec());
    let place = first.as_ptr();
    outbox.swap_in(link, &mut first);
    outbox.swap_in(link, &mut second);
    assert_eq!(outbox.dirty(), [link]);
    assert_eq!(outbox.unwritten(link), b"onetwo");
    assert!(first.is_empty() && second.is_empty());
    let taken = outbox.take(link);
    assert_eq!(taken.as_ptr(), place);
    outbox.down(link);
    outbox.swap_in(link, &mut b"three".to_vec());
    assert_eq!((outbox.unsent(link), outbox.dirty()), (0, vec![]));
}

#[test]
fn what_is_held_is_unsent() {
    let mut outbox = Outbox::default();
    let link = LinkId(0);
    outbox.hold(link, 7);
    outbox.up(link);
    assert_eq!(outbox.unsent(link), 0);
    outbox.hold(link, 7);
    outbox.buffer(link).push(1);
    assert_eq!(outbox.unsent(link), 8);
    outbox.let_go(link, 5);
    assert_eq!(outbox.unsent(link), 3);
    outbox.hold(link, limits::LINK_BACKLOG_BYTES_MAX - 3);
    assert!(outbox.wrote(link, 0) && outbox.ended().is_empty());
    outbox.hold(link, 1);
    assert_eq!(outbox.ended().len(), 1);
    assert!(!outbox.wrote(link, 0) && outbox.wrote(link, 1));
    outbox.down(link);
    assert_eq!(outbox.unsent(link), 0);
}
