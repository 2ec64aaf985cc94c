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
