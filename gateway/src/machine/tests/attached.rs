//! Links that come again: what is said over them, and who is told of what was missed.

use super::recover::{ONE, after_one};
use super::{Settings, dev, run};

/// Ann, whose home is `n2`, in a room at `n1`, and the node after whose loss she comes back.
const HALVES: &str = "
    0 halves 1 n1 n2
    0 up n1
    0 up n2
    0 n1 at 1 0 1 0
    0 n2 at 1 0 1 1
    0 c0 open
    0 c0 connect ann
    0 n2 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 3
";

#[test]
fn what_a_lost_link_knew_is_said_again_on_no_other() {
    for (node, again) in [
        ("n1", &["3: n1 introduce 0 ann 7", "3: n1 at bucket 0 reign 1", "3: n1 attach"][..]),
        ("n2", &[]),
    ] {
        let steps = format!("1 down {node}\n2 up {node}\n4 c0 send 2 /room/1 chat a\n5 c0 pong 7");
        let log = run(dev(), &format!("{HALVES}{steps}"));
        let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with("0:")).collect();
        let (begin, end) = lines.split_at(again.len());
        assert!(begin.iter().zip(again).all(|(line, again)| line.starts_with(again)), "{log}");
        assert_eq!(end[0], "4: n1 operation of 0 sub 0: send 2 /room/1", "{log}");
        assert!(end[1..].iter().all(|line| line.starts_with("5: n2")), "{log}");
        // She has nothing to say to her home until then.
        assert_eq!(log.contains("5: n2 introduce 0 ann 7"), node == "n2", "{log}");
    }
}

#[test]
fn who_has_a_seat_elsewhere_by_now_is_not_told() {
    let steps = "
        1 c1 open
        1 c1 connect bob
        1 n1 logged_in 1 0
        1 c1 subscribe 1 /room/1
        1 n1 answer 1 1 0
        1 n1 subscribed 1 1 3
        2 down
        3 up
        4 n1 at 1
        4 n1 attached 1 3 recovered elsewhere 0
        5 n1 message 1 4 4
        6 c0 subscribe 2 /room/1";
    let lines = after_one(dev(), steps);
    assert_eq!(lines.last().unwrap(), "6: n1 operation of 0 sub 1: subscribe 2 /room/1");
    let told = lines.iter().filter(|line| line.contains(": c") && !line.starts_with("1:"));
    let message = r#"5: c1 {"message":{"sub":1,"mount":"chat","seq":4,"payload":4}}"#;
    assert_eq!(told.collect::<Vec<_>>(), [message]);
}

#[test]
fn another_epoch_has_gaps_of_its_own() {
    // What is kept for a slow receiver has numbers of the past epoch.
    let settings = Settings { slow_bytes: 10, ..dev() };
    let steps = "
        1 stuck c0
        1 n1 message 1 4 4
        2 n1 message 1 5 5
        3 down
        4 up
        5 n1 at 1
        5 n1 attached 1 12 whole
        6 unstuck c0";
    let gap = |settings: Settings, steps: &str| {
        let lines = after_one(settings, steps);
        lines.into_iter().find(|line| line.contains("gap\":{")).unwrap()
    };
    let of = |after: u64| {
        format!(r#"6: c0 {{"gap":{{"sub":1,"mount":"chat","after_seq":{after},"before_seq":9}}}}"#)
    };
    assert_eq!(gap(settings.clone(), steps), of(3));
    let steps = steps.replace("1 4 4", "1 2 4").replace("1 5 5", "1 3 5");
    let low = ONE.replace("subscribed 0 1 3", "subscribed 0 1 1");
    let log = |script: &str| run(settings.clone(), script);
    let same = log(&format!("{low}{steps}"));
    assert!(same.contains(&of(2)), "{same}");
    let other = log(&format!("{low}{}", steps.replace("12 whole", "12 anew")));
    assert!(other.contains(&of(3)), "{other}");
}

/// The log has all messages since, and what comes whole hides what was kept for a slow receiver.
#[test]
fn what_was_kept_is_a_gap_where_the_queue_has_none() {
    let settings = Settings { slow_bytes: 10, ..dev() };
    let steps = "
        1 stuck c0
        1 n1 message 1 4 4
        2 n1 message 1 5 5
        3 down
        4 up
        5 n1 at 1
        5 n1 attached 1 12 gapless
        6 n1 message 1 9 9
        7 unstuck c0";
    let lines = after_one(settings, steps);
    let told = lines.iter().filter(|line| line.contains(": c0"));
    let told: Vec<&str> =
        told.map(|line| line.split_once(": c0 ").expect("what it is told").1).collect();
    let last = [
        r#"{"gap":{"sub":1,"mount":"chat","after_seq":4,"before_seq":6}}"#,
        r#"{"message":{"sub":1,"mount":"chat","seq":9,"payload":9}}"#,
    ];
    assert_eq!(told[told.len() - 2..], last, "{told:#?}");
}

#[test]
fn a_silent_home_loses_its_link_when_an_operation_is_older_than_grace() {
    // At 15500, when lists are looked through, it is exactly as old as grace.
    let ended = "ended: the node leaves operations without an answer";
    let lines = after_one(dev(), "500 c0 send 2 /room/1 chat a\n10000 c0 pong 1\n16100 wait");
    let at: Vec<&String> = lines.iter().filter(|line| line.contains(ended)).collect();
    assert_eq!(at, [&format!("16000: n1 {ended}")], "{lines:?}");
}
