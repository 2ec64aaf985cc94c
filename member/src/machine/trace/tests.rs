//! When hops are kept, whose, and how many.

use super::*;

const ROOM: &str = "/room/1";

fn at(ms: u64) -> Time {
    Time { ms, unix_ms: ms + 1_000_000 }
}

fn room() -> Subject {
    Subject::Queue(ROOM.to_owned())
}

fn user(id: &str) -> Subject {
    Subject::User(id.to_owned())
}

fn hop(traces: &mut Traces, ms: u64, (queue, user): (&str, &str), seq: u64) {
    let about = About { queue: Some(name::hash(queue.as_bytes())), user: Some(user) };
    traces.hop(at(ms), about, Hop { kind: "recorded", seq: Some(seq), ..Hop::default() });
}

/// The cursor behind so many hops of a trace that was begun at this millisecond.
fn cursor(begun_ms: u64, hops: u64) -> u64 {
    at(begun_ms).unix_ms * 1_000 + hops
}

/// Asks, and which events are told, how many are missed, and the next cursor.
fn ask(traces: &mut Traces, ms: u64, subject: Subject, after: u64) -> (Vec<u64>, u64, u64) {
    let told = traces.ask(at(ms), subject, after, usize::MAX).expect("there is space");
    (told.hops.iter().filter_map(|hop| hop.seq).collect(), told.missed, told.next)
}

#[test]
fn each_trace_gets_what_it_is_about_and_nothing_else() {
    let mut traces = Traces::default();
    hop(&mut traces, 1, (ROOM, "ann"), 1);
    assert!(!traces.is_on());
    assert_eq!(ask(&mut traces, 2, room(), 0), (vec![], 0, cursor(2, 0)));
    assert_eq!(ask(&mut traces, 2, user("ann"), 0), (vec![], 0, cursor(2, 0)));
    assert!(traces.is_on());
    assert!(traces.follows_user(None) && traces.follows_user(Some("ann")));
    assert!(!traces.follows_user(Some("bob")));
    hop(&mut traces, 3, (ROOM, "bob"), 2);
    hop(&mut traces, 4, ("/room/2", "ann"), 3);
    hop(&mut traces, 5, ("/room/2", "bob"), 4);
    hop(&mut traces, 6, (ROOM, "ann"), 5);
    assert_eq!(ask(&mut traces, 7, room(), 0), (vec![2, 5], 0, cursor(2, 2)));
    assert_eq!(ask(&mut traces, 7, user("ann"), 0), (vec![3, 5], 0, cursor(2, 2)));
    // Behind the cursor, and again if the answer was lost.
    hop(&mut traces, 8, (ROOM, "ann"), 6);
    assert_eq!(ask(&mut traces, 9, room(), cursor(2, 2)), (vec![6], 0, cursor(2, 3)));
    assert_eq!(ask(&mut traces, 9, room(), cursor(2, 2)), (vec![6], 0, cursor(2, 3)));
    assert_eq!(ask(&mut traces, 9, room(), cursor(2, 3)), (vec![], 0, cursor(2, 3)));
}

#[test]
fn all_hops_of_a_turn_have_its_time() {
    let mut traces = Traces::default();
    ask(&mut traces, 1, room(), 0);
    hop(&mut traces, 1, (ROOM, "ann"), 1);
    traces.begin_turn(1_000_002_345);
    hop(&mut traces, 2, (ROOM, "ann"), 2);
    hop(&mut traces, 3, (ROOM, "ann"), 3);
    let told = traces.ask(at(4), room(), 0, 9).expect("it is there");
    let times: Vec<u64> = told.hops.iter().map(|hop| hop.at_us).collect();
    assert_eq!(times, [1_000_001_000, 1_000_002_345, 1_000_002_345]);
}

#[test]
fn it_ends_by_itself_when_nobody_asks() {
    let mut traces = Traces::default();
    ask(&mut traces, 0, room(), 0);
    let last = limits::TRACE_UNASKED_MS;
    hop(&mut traces, last, (ROOM, "ann"), 1);
    assert_eq!(traces.count(at(last)), 1);
    hop(&mut traces, last + 1, (ROOM, "ann"), 2);
    assert!(!traces.is_on());
    // One that begins again has nothing of what was before, and old cursors are no harm.
    assert_eq!(ask(&mut traces, last + 2, room(), 0), (vec![], 0, cursor(last + 2, 0)));
    hop(&mut traces, last + 3, (ROOM, "ann"), 3);
    for after in [0, cursor(0, 1), cursor(0, 2), cursor(last + 2, 99)] {
        let told = (vec![3], 0, cursor(last + 2, 1));
        assert_eq!(ask(&mut traces, last + 4, room(), after), told);
    }
    assert_eq!(traces.count(at(2 * last + 5)), 0);
}

#[test]
fn each_question_keeps_its_trace_alone_alive() {
    let mut traces = Traces::default();
    ask(&mut traces, 0, room(), 0);
    ask(&mut traces, 0, user("ann"), 0);
    ask(&mut traces, 3_000, room(), 0);
    assert_eq!(traces.count(at(limits::TRACE_UNASKED_MS + 1)), 1);
    assert!(!traces.follows_user(None));
}

#[test]
fn hops_are_bounded_and_those_that_went_are_counted() {
    let mut traces = Traces::default();
    ask(&mut traces, 0, room(), 0);
    let most = limits::TRACE_HOPS_MAX as u64;
    (0..most + 3).for_each(|seq| hop(&mut traces, 1, (ROOM, "ann"), seq));
    let (seqs, missed, next) = ask(&mut traces, 2, room(), 0);
    assert_eq!((seqs.len() as u64, seqs[0], missed, next), (most, 3, 3, cursor(0, most + 3)));
    // An answer takes a part of them; what is behind it isn't missed.
    let part = traces.ask(at(2), room(), 0, 10).expect("it is there");
    assert_eq!((part.hops.len(), part.missed, part.next), (10, 3, cursor(0, 13)));
    let (seqs, missed, _) = ask(&mut traces, 2, room(), part.next);
    assert_eq!((seqs.len() as u64, seqs[0], missed), (most - 10, 13, 0));
    // What was told before isn't missed.
    hop(&mut traces, 3, (ROOM, "ann"), most + 3);
    assert_eq!(ask(&mut traces, 4, room(), next), (vec![most + 3], 0, cursor(0, most + 4)));
}

#[test]
fn a_fifth_subject_is_refused() {
    let mut traces = Traces::default();
    for number in 0..limits::TRACES_MAX {
        ask(&mut traces, 3, user(&number.to_string()), 0);
    }
    assert_eq!(traces.ask(at(3), room(), 0, 9), None);
    // Who is followed already may be asked about.
    ask(&mut traces, 3, user("0"), 0);
    // There is space when the others end.
    let later = 3 + limits::TRACE_UNASKED_MS + 1;
    ask(&mut traces, later, room(), 0);
    assert_eq!(traces.count(at(later)), 1);
}
