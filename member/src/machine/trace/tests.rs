use super::*;

const ROOM: &str = "/room/1";

fn at(ms: u64) -> Time {
    Time { ms, unix_ms: ms + 1_000_000 }
}

fn room() -> Subject {
    Subject::Queue(ROOM.to_owned())
}

fn note(traces: &mut Traces, ms: u64, (queue, user): (&str, &str), seq: u64) {
    let about = About { queue: Some(name::hash(queue.as_bytes())), user: Some(user) };
    traces.note(at(ms), about, Hop { step: "event", seq: Some(seq), ..Hop::default() });
}

fn seqs(told: &Told) -> Vec<u64> {
    told.hops.iter().filter_map(|hop| hop.seq).collect()
}

#[test]
fn each_trace_gets_what_it_is_about_and_nothing_else() {
    let mut traces = Traces::default();
    note(&mut traces, 1, (ROOM, "ann"), 1);
    assert!(!traces.is_on());
    let first = traces.ask(at(2), room(), 0).expect("there is space");
    assert_eq!(first, Told::default());
    let ann = Subject::User("ann".to_owned());
    assert_eq!(traces.ask(at(2), ann.clone(), 0), Some(Told::default()));
    assert_eq!(traces.users().collect::<Vec<_>>(), ["ann"]);
    note(&mut traces, 3, (ROOM, "bob"), 2);
    note(&mut traces, 4, ("/room/2", "ann"), 3);
    note(&mut traces, 5, ("/room/2", "bob"), 4);
    let told = traces.ask(at(6), room(), 0).expect("it is there");
    assert_eq!((seqs(&told), told.hops[0].at_ms), (vec![2], 1_000_003));
    let told_of_ann = traces.ask(at(6), ann, 0).expect("it is there");
    assert_eq!(seqs(&told_of_ann), [3]);
    note(&mut traces, 7, (ROOM, "ann"), 5);
    // Behind its cursor, and again if the answer was lost.
    let next = traces.ask(at(8), room(), told.cursor).expect("it is there");
    assert_eq!(seqs(&next), [5]);
    assert_eq!(traces.ask(at(9), room(), told.cursor).map(|told| seqs(&told)), Some(vec![5]));
}

#[test]
fn it_ends_by_itself_when_nobody_asks() {
    let mut traces = Traces::default();
    let told = traces.ask(at(0), room(), 0);
    assert!(told.is_some());
    let last = limits::TRACE_UNASKED_MS;
    assert_eq!(traces.count(at(last)), 1);
    note(&mut traces, last + 1, (ROOM, "ann"), 1);
    assert!(!traces.is_on());
    // One that begins again has nothing of what was before.
    assert_eq!(traces.ask(at(last + 2), room(), 0).map(|told| seqs(&told)), Some(vec![]));
}

#[test]
fn hops_and_traces_are_bounded() {
    let mut traces = Traces::default();
    traces.ask(at(0), room(), 0);
    let most = limits::TRACE_HOPS_MAX as u64;
    (0..most + 3).for_each(|seq| note(&mut traces, 1, (ROOM, "ann"), seq));
    let told = traces.ask(at(2), room(), 0).expect("it is there");
    assert_eq!((told.hops.len() as u64, told.hops[0].seq, told.forgotten), (most, Some(3), 3));
    for number in 1..limits::TRACES_MAX {
        assert!(traces.ask(at(3), Subject::User(number.to_string()), 0).is_some());
    }
    assert_eq!(traces.ask(at(3), Subject::User("more".to_owned()), 0), None);
    // Who is followed already may be asked about.
    assert!(traces.ask(at(3), room(), 0).is_some());
}
