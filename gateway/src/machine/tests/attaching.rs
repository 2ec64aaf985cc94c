//! In which order queues are attached, and what goes before and behind them.

use proto::bucket::BucketId;

use super::{Bench, Settings, dev, lines, run};
use crate::machine::settings::Faults;

/// One client in three rooms.
const THREE: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 3
    0 c0 subscribe 2 /room/2
    0 n1 answer 0 2 0
    0 n1 subscribed 0 2 3
    0 c0 subscribe 3 /room/3
    0 n1 answer 0 3 0
    0 n1 subscribed 0 3 3
";

fn after_three(faults: Faults, steps: &str) -> Vec<String> {
    let log = run(Settings { faults, ..dev() }, &format!("{THREE}{steps}"));
    log.lines().filter(|line| !line.starts_with("0:")).map(str::to_owned).collect()
}

fn attach(at_ms: u64, room: u32) -> String {
    format!("{at_ms}: n1 attach /room/{room} sub {room} epoch 5 after 3 sessions [0]")
}

#[test]
fn what_waits_goes_first_with_its_queues() {
    let steps = "
        1 c0 send 4 /room/2 chat a
        2 down
        3 c0 send 5 /room/3 chat b
        4 up
        4 n1 at 1
        5 wait";
    let expected = [
        "1: n1 operation of 0 sub 0: send 4 /room/2".to_owned(),
        "4: n1 introduce 0 ann 7".to_owned(),
        "4: n1 at reign 1".to_owned(),
        attach(4, 2),
        attach(4, 3),
        "4: n1 operation of 0 sub 0: send 4 /room/2".to_owned(),
        "4: n1 operation of 0 sub 0: send 5 /room/3".to_owned(),
        attach(5, 1),
    ];
    assert_eq!(after_three(Faults::default(), steps), expected);
    let faults = Faults { resends_behind_new: true, ..Faults::default() };
    let lines = after_three(faults, steps);
    let at = |of: &str| lines.iter().position(|line| line.starts_with("4:") && line.contains(of));
    assert!(at("send 5") < at("send 4"), "{lines:#?}");
}

#[test]
fn a_new_operation_goes_behind_the_attach_of_its_queue() {
    let steps = "
        2 down
        4 up
        4 c0 send 4 /room/2 chat a
        4 c0 send 5 /room/2 chat b
        5 c0 send 6 /room/3 chat c";
    let expected = [
        "4: n1 introduce 0 ann 7".to_owned(),
        "4: n1 at reign 1".to_owned(),
        attach(4, 2),
        "4: n1 operation of 0 sub 0: send 4 /room/2".to_owned(),
        "4: n1 operation of 0 sub 0: send 5 /room/2".to_owned(),
        attach(5, 1),
        attach(5, 3),
        "5: n1 operation of 0 sub 0: send 6 /room/3".to_owned(),
    ];
    assert_eq!(after_three(Faults::default(), steps), expected);
    let faults = Faults { operation_before_attach: true, ..Faults::default() };
    let lines = after_three(faults, steps);
    let behind = |line: &String| line.starts_with("4:") || line.starts_with("5:");
    let at = |of: &str| lines.iter().position(|line| behind(line) && line.contains(of));
    assert!(at("send 4") < at("attach /room/2"), "{lines:#?}");
}

/// The client hears nothing of it, by whomever the lane learns who is home, and in which order.
#[test]
fn a_reign_that_rises_is_a_pause() {
    let told = ["3 table 2 0 n2", "3 n2 moved 2 n2", "3 n2 moved 2 n2\n3 table 2 0 n2"];
    let late = "3 n2 at 2\n3 n2 message 1 4 lost\n3 table 2 0 n2\n3 n2 moved 2 n2";
    for told in told.into_iter().chain([late]) {
        let steps = format!(
            "1 c0 send 4 /room/1 chat a
            2 up n2
            {told}
            4 n1 at 1
            4 n1 message 1 4 old
            4 n2 probed 3000
            5 n2 at 2
            5 n2 attached 1 3 recovered
            5 n2 message 1 4 4
            6 n2 answer 0 4 0"
        );
        let lines = after_three(Faults::default(), &steps);
        let client: Vec<&str> =
            lines.iter().filter(|line| line.contains(": c0")).map(String::as_str).collect();
        let expected = [
            r#"5: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":4}}"#,
            r#"6: c0 {"result":{"op_id":4,"status":0,"seq":0}}"#,
        ];
        assert_eq!(client, expected, "{lines:#?}");
        let resent = "4: n2 operation of 0 sub 0: send 4 /room/1";
        assert_eq!(lines.iter().filter(|line| *line == resent).count(), 1, "{lines:#?}");
    }
    let faults = Faults { shows_old_reign: true, ..Faults::default() };
    let steps = "2 up n2\n3 table 2 0 n2\n4 n1 at 1\n4 n1 message 1 4 old";
    assert!(!after_three(Faults::default(), steps).join("").contains("message"));
    assert!(after_three(faults, steps).join("").contains("message"));
}

/// The same node opens the bucket anew: what it was about to say is lost as with a link.
#[test]
fn a_home_that_begins_anew_has_let_go_of_what_was_on_its_way() {
    let steps = "
        1 c0 subscribe 4 /room/4
        2 n1 answer 0 4 0
        3 table 2 0 n1
        4 n1 at 1
        4 n1 subscribed 0 4 3
        4 n1 probed 3000";
    let lines = after_three(Faults::default(), steps);
    let told = r#"3: c0 {"unsubscribed":{"sub":4,"queue":"/room/4","reason":"node lost""#;
    assert!(lines.iter().any(|line| line.starts_with(told)), "{lines:#?}");
    assert!(!lines.join("").contains("\"subscribed\""), "{lines:#?}");
}

/// What is on its way of a queue that has stayed where it is would cross its attach: a session that
/// has left and joined anew meanwhile would be told that it isn't there.
#[test]
fn a_queue_that_came_later_is_attached_only_when_its_own_bucket_comes_back() {
    let bucket = |name: &str| BucketId::of(proto::name::hash(name.as_bytes()), 1).prefix();
    let mut steps = "
        0 halves 1 n1 n1
        0 awakes n1
        0 n1 probed 0
        0 n1 at 1 0 1 1
        0 c0 open
        0 c0 connect ann
        0 n1 logged_in 0 0
        2 wait
    "
    .to_owned();
    let rooms: Vec<String> = (1..=8).map(|at| format!("/room/{at}")).collect();
    for (at, room) in rooms.iter().enumerate() {
        let (at, prefix) = (at + 1, bucket(room));
        steps += &format!("3 c0 subscribe {at} {room}\n3 n1 at 1 0 1 {prefix}\n");
        steps += &format!("3 n1 answer 0 {at} 0\n3 n1 subscribed 0 {at} 3\n");
    }
    steps += "5 n1 moved 2 n1 1 1\n7 wait";
    let log = run(dev(), &steps);
    let attached = |room: &String| log.contains(&format!("n1 attach {room} "));
    let is_anew = |room: &String| bucket(room) == 1;
    let (anew, stayed): (Vec<_>, Vec<_>) = rooms.iter().partition(|room| is_anew(room));
    assert!(!anew.is_empty() && !stayed.is_empty());
    assert!(anew.into_iter().all(attached), "{log}");
    assert!(!stayed.into_iter().any(attached), "{log}");
}

/// A lane with three clients in many rooms each, whose link was lost and is back.
fn many(rooms: u32) -> Bench {
    let mut bench = Bench::new(dev());
    bench.step("0 ready");
    for client in 0..3 {
        let begin =
            format!("0 c{client} open\n0 c{client} connect u{client}\n0 n1 logged_in {client} 0");
        lines(&begin).for_each(|line| bench.step(line));
        for at in 1..=rooms {
            let sub = client * rooms + at;
            bench.step(&format!("0 c{client} subscribe {at} /many/{sub}"));
            bench.step(&format!("0 n1 answer {client} {at} 0"));
            bench.step(&format!("0 n1 subscribed {client} {sub} 3"));
        }
    }
    bench
}

fn attached(bench: &mut Bench, at_ms: u64) -> Vec<u32> {
    bench.step(&format!("{at_ms} wait"));
    let begin = format!("{at_ms}: n1 attach /many/");
    let log = std::mem::take(&mut bench.log);
    let names = log.lines().filter_map(|line| line.strip_prefix(&begin));
    names.map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn no_more_queues_are_attached_than_the_home_answers() {
    let mut bench = many(200);
    // The newest event of the others is old by then.
    bench.step("9000 n1 at 1");
    for sub in 301..=600 {
        bench.step(&format!("9000 n1 message {sub} 4 4"));
    }
    bench.step("9500 down");
    bench.step("10000 up");
    assert_eq!(attached(&mut bench, 10_000), [0; 0], "first what waits leaves");
    let first: Vec<u32> = (301..=556).collect();
    assert_eq!(attached(&mut bench, 10_001), first);
    assert_eq!(attached(&mut bench, 10_002), [0; 0]);
    // An operation doesn't wait behind them.
    bench.step("10003 c2 send 201 /many/600 chat a");
    let (attach, send) = (bench.log.find("attach /many/600"), bench.log.find("send 201"));
    assert!(attach.is_some() && attach < send, "{}", bench.log);
    bench.step("10004 n1 at 1");
    for sub in [301, 302, 303] {
        bench.step(&format!("10004 n1 attached {sub} 4 recovered"));
    }
    assert_eq!(attached(&mut bench, 10_004), [557, 558], "one place is the operation's queue's");
    let mut rest = Vec::new();
    for sub in 304..=600 {
        bench.step(&format!("10005 n1 attached {sub} 4 recovered"));
        let (before, more) = (rest.len(), attached(&mut bench, 10_005));
        rest.extend(more);
        let unanswered = 256 + before - (sub - 303);
        let quiet = rest.iter().filter(|sub| **sub <= 300).count();
        assert!(quiet == 0 || unanswered <= 16, "{quiet} quiet ones with {unanswered} others");
    }
    for sub in 1..=300 {
        bench.step(&format!("10006 n1 attached {sub} 4 recovered"));
        rest.extend(attached(&mut bench, 10_006));
    }
    // 600 is the operation's.
    let expected: Vec<u32> = (559..600).chain(1..=300).collect();
    assert_eq!(rest, expected);
    assert!(bench.lane.wake_at().is_none_or(|at_ms| at_ms > 10_006));
}

#[test]
fn quiet_queues_are_attached_a_few_at_a_time() {
    let mut bench = many(200);
    bench.step("9500 down");
    bench.step("10000 up");
    assert_eq!(attached(&mut bench, 10_001), (1..=16).collect::<Vec<u32>>());
    assert_eq!(attached(&mut bench, 10_002), [0; 0]);
    bench.step("10003 n1 at 1");
    bench.step("10003 n1 attached 1 4 recovered");
    assert_eq!(attached(&mut bench, 10_003), [17]);
}
