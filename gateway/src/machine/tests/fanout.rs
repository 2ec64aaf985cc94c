//! From login to delivery.

use super::{Settings, check, check_with, dev, run};
use crate::machine::settings::Faults;

/// Two clients in one room.
const TWO: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 0
    0 c1 open-json
    0 c1 connect bob
    0 n1 logged_in 1 0
    0 c1 subscribe 1 /room/1
    0 n1 answer 1 1 0
    0 n1 subscribed 1 1 1
";

#[test]
fn a_session_begins_with_a_login_and_joins_with_a_subscribe() {
    check(
        r#"
        0 ready
        0 c0 open
        0 c0 connect ann
        1 c0 subscribe 3 /room/1
        2 n1 logged_in 0 0
        3 n1 answer 0 3 0
        4 n1 subscribed 0 2 17
        5 n1 replay 0 2 16
        6 n1 message 2 18 hi
        7 c0 send 4 /room/1 chat yes
        8 n1 answer 0 4 0
        9 c0 unsubscribe 5 /room/1
        10 n1 message 2 19 more
        11 n1 answer 0 5 0
        12 n1 message 2 20 late
        ----
        0: n1 introduce 0 ann 0
        0: n1 at reign 1
        0: n1 login 0
        2: c0 welcome
        2: n1 introduce 0 ann 7
        2: n1 operation of 0 sub 2: subscribe 3 /room/1
        3: c0 {"result":{"op_id":3,"status":0,"seq":0}}
        4: c0 {"subscribed":{"sub":2,"queue":"q","epoch":5}}
        5: c0 {"message":{"sub":2,"mount":"chat","seq":16,"payload_base64":"b2xk","history":true}}
        6: c0 {"message":{"sub":2,"mount":"chat","seq":18,"payload_base64":"aGk="}}
        7: n1 operation of 0 sub 0: send 4 /room/1
        8: c0 {"result":{"op_id":4,"status":0,"seq":0}}
        9: n1 operation of 0 sub 2: unsubscribe 5 /room/1
        10: c0 {"message":{"sub":2,"mount":"chat","seq":19,"payload_base64":"bW9yZQ=="}}
        11: c0 {"result":{"op_id":5,"status":0,"seq":0}}
        "#,
    );
}

/// What `TWO` and these steps give, from the millisecond 1 on.
fn after_two(settings: Settings, steps: &str) -> Vec<String> {
    let log = run(settings, &format!("{TWO}{steps}"));
    log.lines().filter(|line| !line.starts_with("0:")).map(str::to_owned).collect()
}

#[test]
fn one_event_reaches_every_codec_and_nobody_twice() {
    let steps = "
        1 n1 message 1 2 7
        2 n1 message 1 2 7
        3 n1 message 1 3 8 0";
    let expected = [
        r#"1: c0 {"message":{"sub":1,"mount":"chat","seq":2,"payload":7}}"#,
        r#"1: c1 text {"message":{"sub":1,"mount":"chat","seq":2,"payload":7}}"#,
        r#"3: c1 text {"message":{"sub":1,"mount":"chat","seq":3,"payload":8}}"#,
    ];
    assert_eq!(after_two(dev(), steps), expected);
    let faults = Faults { exclude_self_ignored: true, ..Faults::default() };
    assert_eq!(after_two(Settings { faults, ..dev() }, steps).len(), 4);
}

#[test]
fn a_late_subscriber_is_a_bug_that_shows() {
    let faults = Faults { subscriber_late: true, ..Faults::default() };
    let steps = "
        1 n1 message 1 2 7
        2 n1 message 1 3 8";
    let lines = after_two(Settings { faults, ..dev() }, steps);
    assert!(lines.iter().all(|line| line.starts_with("2:")) && lines.len() == 2, "{lines:?}");
}

#[test]
fn a_filter_narrows_and_skipping_it_shows() {
    let script = r#"
        0 ready
        0 c0 open-ws
        0 c0 connect ann
        0 n1 logged_in 0 0
        0 c0 subscribe 1 /room/1
        0 n1 answer 0 1 0
        0 n1 subscribed 0 1 0 scores
        1 n1 message 1 1 no
        2 n1 state 1 2 a 10
        3 n1 joined 1 3 bob
        4 c0 subscribe 2 /room/1
        4 n1 answer 0 2 0
        4 n1 subscribed 0 1 3
        5 n1 message 1 4 1
        ----
        0: n1 introduce 0 ann 0
        0: n1 at reign 1
        0: n1 login 0
        0: c0 ws welcome
        0: n1 introduce 0 ann 7
        0: n1 operation of 0 sub 1: subscribe 1 /room/1
        0: c0 ws {"result":{"op_id":1,"status":0,"seq":0}}
        0: c0 ws {"subscribed":{"sub":1,"queue":"q","epoch":5}}
        2: c0 ws {"state":{"sub":1,"mount":"scores","seq":2,
        .."changes":[{"key":"a","value":10,"version":2}]}}
        4: n1 operation of 0 sub 1: subscribe 2 /room/1
        4: c0 ws {"result":{"op_id":2,"status":0,"seq":0}}
        4: c0 ws {"subscribed":{"sub":1,"queue":"q","epoch":5}}
        5: c0 ws {"message":{"sub":1,"mount":"chat","seq":4,"payload":1}}
        "#;
    check(script);
    let faults = Faults { filter_skipped: true, ..Faults::default() };
    let steps = script.split("----").next().unwrap();
    assert!(run(Settings { faults, ..dev() }, steps).contains("1: c0 ws {\"message\""));
}

#[test]
fn a_lost_socket_leaves_every_queue_and_frees_its_handle() {
    check(
        r#"
        0 ready
        0 c0 open
        0 c0 connect ann
        0 n1 logged_in 0 0
        0 c0 subscribe 1 /room/1
        0 n1 answer 0 1 0
        0 n1 subscribed 0 1 0
        0 c0 subscribe 2 /room/2
        1 c0 gone
        2 n1 answer 0 2 0
        3 n1 detached 1 0
        4 n1 lost_noted 0
        5 n1 detached 2 0
        6 c0 open
        6 c0 connect bob
        ----
        0: n1 introduce 0 ann 0
        0: n1 at reign 1
        0: n1 login 0
        0: c0 welcome
        0: n1 introduce 0 ann 7
        0: n1 operation of 0 sub 1: subscribe 1 /room/1
        0: c0 {"result":{"op_id":1,"status":0,"seq":0}}
        0: c0 {"subscribed":{"sub":1,"queue":"q","epoch":5}}
        0: n1 operation of 0 sub 2: subscribe 2 /room/2
        1: n1 lost 0
        1: n1 detach 0 /room/1
        2: n1 detach 0 /room/2
        5: n1 forget 0
        6: n1 introduce 0 bob 0
        6: n1 login 0
        "#,
    );
}

#[test]
fn a_queue_that_goes_is_told_once() {
    let steps = "
        1 n1 unsubscribed 1 all deleted
        2 n1 message 1 9 late
        3 c0 subscribe 2 /room/9";
    let expected = [
        r#"1: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"deleted"}}"#,
        r#"1: c1 text {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"deleted"}}"#,
        "3: n1 operation of 0 sub 1: subscribe 2 /room/9",
    ];
    assert_eq!(after_two(dev(), steps), expected);
}

#[test]
fn a_kick_and_a_shutdown_close_with_their_codes() {
    let steps = "
        1 n1 kick 0 3500 7 logged in elsewhere
        2 drain";
    let lines = after_two(dev(), steps).join("\n");
    assert!(
        lines.contains(r#"1: c0 {"closing":{"code":3500,"reason":"logged in elsewhere""#),
        "{lines}"
    );
    assert!(
        lines.contains("1: c0 closes when written\n1: n1 lost 0\n1: n1 detach 0 /room/1"),
        "{lines}"
    );
    assert!(lines.contains(r#"2: c1 text {"closing":{"code":3001"#), "{lines}");
    assert!(lines.contains("2: c1 ws close 3001"), "{lines}");
}

#[test]
fn a_lost_flush_is_a_bug_that_shows() {
    let faults = Faults { flush_lost: true, ..Faults::default() };
    let steps: String = (2..40).map(|seq| format!("1 n1 message 1 {seq} 7\n")).collect();
    let (sane, sick) = (after_two(dev(), &steps), after_two(Settings { faults, ..dev() }, &steps));
    assert!(sick.len() < sane.len());
}

#[test]
fn held_events_wait_for_open() {
    check_with(
        dev(),
        r#"
        0 ready
        0 c0 open
        0 c0 connect ann hold
        0 n1 logged_in 0 0
        0 c0 subscribe 1 /room/1
        0 n1 answer 0 1 0
        0 n1 subscribed 0 1 0
        1 n1 message 1 1 1
        2 n1 state 1 2 a 1
        3 n1 state 1 3 a 2
        4 c0 floodgates
        5 n1 message 1 4 4
        ----
        0: n1 introduce 0 ann 0
        0: n1 at reign 1
        0: n1 login 0
        0: c0 welcome
        0: n1 introduce 0 ann 7
        0: n1 operation of 0 sub 1: subscribe 1 /room/1
        0: c0 {"result":{"op_id":1,"status":0,"seq":0}}
        0: c0 {"subscribed":{"sub":1,"queue":"q","epoch":5}}
        4: c0 {"message":{"sub":1,"mount":"chat","seq":1,"payload":1}}
        4: c0 {"state":{"sub":1,"mount":"scores","seq":3,
        .."changes":[{"key":"a","value":2,"version":3}],"conflated":true}}
        5: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":4}}
        "#,
    );
}
