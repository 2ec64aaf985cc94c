//! Sent, answered, lost, sent again.

use super::*;

fn list(names: &[&'static str]) -> Unanswered<&'static str> {
    let mut list = Unanswered::default();
    for (at, name) in (0u64..).zip(names) {
        let pushed = list.push(at, *name, |out| out.extend_from_slice(name.as_bytes()));
        assert_eq!(pushed, Ok(()));
    }
    list
}

#[test]
fn what_is_answered_is_not_sent_again() {
    let mut list = list(&["a", "b", "c"]);
    assert!(list.has_unsent());
    assert_eq!(list.unsent(), b"abc");
    assert!(!list.has_unsent() && !list.is_empty());
    assert_eq!(list.answered(), Some("a"));
    list.rewind();
    assert!(list.has_unsent());
    assert_eq!(list.push(9, "d", |out| out.push(b'd')), Ok(()));
    assert_eq!(list.unsent(), b"bcd");
    assert_eq!(
        (list.answered(), list.answered(), list.answered()),
        (Some("b"), Some("c"), Some("d"))
    );
    assert_eq!((list.answered(), list.is_empty()), (None, true));
}

#[test]
fn no_answer_belongs_to_what_was_not_sent() {
    let mut list = list(&["a"]);
    assert_eq!(list.answered(), None);
    assert_eq!(list.unsent(), b"a");
    list.rewind();
    assert_eq!(list.answered(), None);
}

#[test]
fn old_ones_expire_only_while_the_link_is_down() {
    let mut list = list(&["a", "b", "c"]);
    list.unsent();
    assert_eq!(list.expire(2), []);
    list.rewind();
    assert_eq!(list.push(3, "d", |out| out.push(b'd')), Ok(()));
    assert_eq!(list.expire(2), [("a", true), ("b", true)]);
    assert_eq!(list.unsent(), b"cd");
    list.rewind();
    assert_eq!(list.drain(), [("c", true), ("d", true)]);
}

#[test]
fn the_list_is_bounded_and_gives_space_back() {
    let mut list = Unanswered::default();
    let mut pushed = 0;
    while list.push(0, pushed, |out| out.resize(out.len() + 1_000_000, 0)).is_ok() {
        pushed += 1;
        assert!(pushed < 100);
    }
    assert!(pushed > 10);
    list.unsent();
    assert_eq!(list.answered(), Some(0));
    assert_eq!(list.push(0, pushed, |out| out.push(7)), Ok(()));
    assert_eq!(list.unsent(), [7]);
}

#[test]
fn what_waits_is_counted_and_its_front_is_known() {
    let mut list = list(&["a", "bb", "ccc"]);
    assert_eq!((list.len(), list.bytes(), list.front()), (3, 6, Some(&"a")));
    list.unsent();
    assert_eq!(list.answered(), Some("a"));
    assert_eq!((list.len(), list.bytes(), list.front()), (2, 5, Some(&"bb")));
    assert_eq!((list.answered(), list.answered()), (Some("bb"), Some("ccc")));
    assert_eq!((list.len(), list.bytes(), list.front()), (0, 0, None));
}

#[test]
fn a_list_that_is_exactly_full_takes_one_more_and_no_other() {
    let mut list = Unanswered::default();
    let full = limits::UNANSWERED_BYTES_MAX;
    assert_eq!(list.push(0, "all", |out| out.resize(full, 0)), Ok(()));
    assert_eq!(list.push(0, "more", |out| out.push(1)), Ok(()));
    assert_eq!(list.push(0, "refused", |out| out.push(2)), Err("refused"));
    assert_eq!((list.len(), list.bytes()), (2, full + 1));
}

#[test]
fn placeholders_are_bounded_wherever_they_came_from() {
    let mut list = Unanswered::default();
    for at in 0..limits::UNANSWERED_PLACEHOLDERS_MAX {
        assert_eq!(list.hold_place(0, at), Ok(()));
    }
    assert_eq!(list.hold_place(0, 9), Err(9));
    assert_eq!(
        (list.take_placeholder(), list.hold_place(0, 9), list.hold_place(0, 10)),
        (Some(0), Ok(()), Err(10))
    );
    let mut moved = Unanswered::default();
    list.move_out(|moving| moved.move_in(moving));
    assert_eq!((moved.hold_place(0, 10), list.hold_place(0, 10)), (Err(10), Ok(())));
}

/// A list of so many operations of a KiB, all sent, and so many of them answered.
fn answered_of(answered: u32, all: u32) -> Unanswered<u32> {
    let mut list = Unanswered::default();
    for at in 0..all {
        assert_eq!(list.push(0, at, |out| out.resize(out.len() + 1024, at as u8)), Ok(()));
    }
    list.unsent();
    (0..answered).for_each(|at| assert_eq!(list.answered(), Some(at)));
    list
}

#[test]
fn the_bytes_of_what_was_answered_go_when_they_are_many_and_more_than_the_others() {
    let cases = [
        // Not many.
        (51, 100, 100),
        (64, 100, 100),
        (65, 100, 35),
        // Not more than the others.
        (65, 200, 200),
        (100, 200, 200),
        (101, 200, 99),
        // All.
        (10, 10, 0),
    ];
    for (answered, all, kept) in cases {
        let mut list = answered_of(answered, all);
        let case = format!("{answered} of {all}");
        assert_eq!(list.bytes.len(), kept * 1024, "{case}");
        assert_eq!(list.bytes(), (all - answered) as usize * 1024, "{case}");
        assert_eq!(list.push(0, all, |out| out.push(7)), Ok(()));
        assert_eq!(list.unsent(), [7], "{case}");
        list.rewind();
        assert_eq!(list.unsent().len(), (all - answered) as usize * 1024 + 1, "{case}");
    }
    assert_eq!(answered_of(1_000, 1_000).bytes.capacity(), 64 * 1024);
}

#[test]
fn a_mark_waits_for_those_before_it_and_sends_nothing() {
    let mut list = list(&["a", "b"]);
    assert_eq!(list.hold_place(2, "refused"), Ok(()));
    assert_eq!(list.unsent(), b"ab");
    assert_eq!(list.hold_place(3, "late"), Ok(()));
    assert!(!list.has_unsent());
    assert_eq!((list.take_placeholder(), list.answered()), (None, Some("a")));
    list.rewind();
    assert_eq!(list.unsent(), b"b");
    assert_eq!((list.take_placeholder(), list.answered()), (None, Some("b")));
    assert_eq!(
        (list.take_placeholder(), list.take_placeholder(), list.take_placeholder()),
        (Some("refused"), Some("late"), None)
    );
    assert!(list.is_empty());
    assert_eq!(list.push(4, "c", |out| out.push(b'c')), Ok(()));
    assert_eq!((list.unsent().to_vec(), list.answered()), (b"c".to_vec(), Some("c")));
}

#[test]
fn a_list_moves_in_order_to_others() {
    let mut old = list(&["a", "bb"]);
    assert_eq!(old.unsent(), b"abb");
    assert_eq!(old.answered(), Some("a"));
    assert_eq!(old.hold_place(2, "refused"), Ok(()));
    assert_eq!(old.push(3, "c", |out| out.push(b'c')), Ok(()));
    let (mut sent, mut unsent) = (Unanswered::default(), Unanswered::default());
    old.move_out(
        |moving| if moving.was_sent { sent.move_in(moving) } else { unsent.move_in(moving) },
    );
    assert!(old.is_empty());
    assert_eq!((sent.unsent().to_vec(), sent.answered()), (b"bb".to_vec(), Some("bb")));
    assert_eq!((unsent.oldest_ms(), unsent.take_placeholder()), (Some(2), Some("refused")));
    assert_eq!((unsent.unsent().to_vec(), unsent.answered()), (b"c".to_vec(), Some("c")));
}

#[test]
fn some_are_put_aside_and_come_back_in_order() {
    let mut main = list(&["a1", "b1", "a2", "b2"]);
    assert_eq!(main.hold_place(4, "a refused"), Ok(()));
    assert_eq!(main.unsent(), b"a1b1a2b2");
    main.rewind();
    let mut aside = Unanswered::default();
    main.move_some(&mut aside, |name| name.starts_with('a'));
    assert_eq!((main.len(), aside.len()), (2, 3));
    assert_eq!((main.unsent().to_vec(), main.answered()), (b"b1b2".to_vec(), Some("b1")));
    // The list is on its way when the others come back to it.
    aside.move_some(&mut main, |_| true);
    assert!(aside.is_empty());
    assert_eq!(main.unsent(), b"a1a2");
    assert_eq!((main.answered(), main.answered()), (Some("b2"), Some("a1")));
    assert_eq!((main.take_placeholder(), main.answered()), (None, Some("a2")));
    assert_eq!((main.take_placeholder(), main.is_empty()), (Some("a refused"), true));
}

#[test]
fn only_what_was_never_sent_is_withdrawn() {
    let mut list = list(&["a", "b"]);
    assert_eq!(list.unsent(), b"ab");
    assert_eq!(list.push(2, "c", |out| out.push(b'c')), Ok(()));
    assert_eq!(list.push(3, "d", |out| out.push(b'd')), Ok(()));
    assert_eq!(list.withdraw(|name| *name == "c"), Some("c"));
    assert_eq!((list.withdraw(|name| *name == "b"), list.withdraw(|_| false)), (None, None));
    assert_eq!(list.unsent(), b"d");
    list.rewind();
    assert_eq!(
        (list.withdraw(|name| *name == "b"), list.unsent().to_vec()),
        (None, b"abd".to_vec())
    );
    assert_eq!(list.answered(), Some("a"));
}

#[test]
fn a_mark_is_not_withdrawn() {
    let mut list = list(&["a"]);
    assert_eq!(list.hold_place(1, "refused"), Ok(()));
    assert_eq!((list.withdraw(|name| *name == "refused"), list.len()), (None, 2));
    assert_eq!(list.withdraw(|name| *name == "a"), Some("a"));
    assert_eq!((list.take_placeholder(), list.is_empty()), (Some("refused"), true));
}
