//! What becomes of messages, while somebody follows them.

use member::machine::trace::{Hop, Subject};
use proto::time::Time;

use super::{Bench, dev, lines};

const TWO: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 0
    0 c1 open
    0 c1 connect bob
    0 n1 logged_in 1 0
    0 c1 subscribe 1 /room/1
    0 n1 answer 1 1 0
    0 n1 subscribed 1 1 0
    ";

const SENT: &str = r#"
    1 c0 send 2 /room/1 chat a
    2 n1 answer 0 2 0
    2 n1 message 1 7 1
    3 c1 send 2 room chat a
    4 c0 send 3 /room/2 chat a
    4 n1 answer 0 3 0
    5 web 1 send_message {"queue":"/room/1","mount":"chat","payload":"hi"}
    6 n1 reply 1
    7 c1 gone
    "#;

fn room() -> Subject {
    Subject::Queue("/room/1".to_owned())
}

fn user(id: &str) -> Subject {
    Subject::User(id.to_owned())
}

/// Arms, or reads, as the boss does.
fn ask(bench: &mut Bench, subject: Subject) -> Vec<Hop> {
    let now = Time { unix_ms: 5, ..bench.now };
    bench.lane.trace(now, subject, (0, 99)).expect("there is space").hops
}

fn text(hop: &Hop) -> String {
    let mut text = hop.kind.to_owned();
    let words = [Some(hop.what), hop.queue.as_deref(), hop.user.as_deref()];
    words
        .into_iter()
        .flatten()
        .filter(|it| !it.is_empty())
        .for_each(|it| text += &format!(" {it}"));
    let numbers = [
        ("op", hop.op_id),
        ("seq", hop.seq),
        ("status", hop.status.map(u64::from)),
        ("count", hop.count),
    ];
    let known = numbers.into_iter().filter_map(|(name, number)| Some((name, number?)));
    known.for_each(|(name, number)| text += &format!(" {name}={number}"));
    text
}

fn texts(hops: &[Hop]) -> Vec<String> {
    hops.iter().map(text).collect()
}

/// A lane where the subject is followed, or nobody, and what it said.
fn played(subject: Option<Subject>) -> Bench {
    let mut bench = Bench::new(dev());
    lines(TWO).for_each(|line| bench.step(line));
    if let Some(subject) = subject {
        assert_eq!(ask(&mut bench, subject), []);
        bench.lane.begin_traced_turn(9_000);
    }
    lines(SENT).for_each(|line| bench.step(line));
    bench
}

#[test]
fn of_a_queue_operations_answers_and_deliveries_are_told() {
    let mut bench = played(Some(room()));
    let hops = ask(&mut bench, room());
    let wanted = [
        "received send_message /room/1 ann op=2",
        "answered send_message ann op=2 status=0",
        "delivered message /room/1 seq=7 count=2",
        "received send_message /room/1 op=1",
        "answered send_message /room/1 op=1 status=0",
    ];
    assert_eq!(texts(&hops), wanted);
    assert!(hops.iter().all(|hop| hop.at_us == 9_000), "{hops:?}");
    assert_eq!(hops[3].session.as_deref(), Some("rpc gateway"));
    assert_eq!(hops[0].session, hops[1].session);
    assert!(hops[0].session.is_some());
}

#[test]
fn of_a_user_it_is_told_what_the_user_does_and_gets() {
    let mut bench = played(Some(user("bob")));
    let wanted = [
        "delivered message /room/1 bob seq=7 count=1",
        "refused send_message room bob op=2 status=3",
        "closed bob",
    ];
    assert_eq!(texts(&ask(&mut bench, user("bob"))), wanted);
    let mut bench = Bench::new(dev());
    ask(&mut bench, user("ann"));
    lines(TWO).for_each(|line| bench.step(line));
    let hops = ask(&mut bench, user("ann"));
    let wanted = [
        "connected ann",
        "received subscribe /room/1 ann op=1",
        "answered subscribe ann op=1 status=0",
    ];
    assert_eq!(texts(&hops), wanted);
}

#[test]
fn the_lane_says_the_same_whether_or_not_it_is_followed() {
    let followed = played(Some(room()));
    let alone = played(None);
    assert_eq!(followed.log, alone.log);
    assert!(followed.lane.is_traced() && !alone.lane.is_traced());
}
