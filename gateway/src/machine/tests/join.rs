//! `join_user` and what comes of it: who is put into a queue takes the seat by itself.

use proto::limits::SUBSCRIPTIONS_MAX;

use super::{Bench, Settings, check, dev, lines, run};

#[test]
fn a_user_is_looked_for_and_what_is_asked_of_the_queue_meanwhile_waits() {
    check(
        r#"
        0 ready
        1 web 11 join_user {"queue":"/room/1","user":"ann"}
        1 web 12 get_queue {"queue":"/room/1"}
        1 web 13 join_user {"queue":"/room/1","user":"bob"}
        1 web 14 get_queue {"queue":"/room/1"}
        1 web 15 get_queue {"queue":"/room/2"}
        2 n1 user 1 0 5 6
        3 n1 reply 2
        4 n1 reply 3
        5 n1 reply 4
        6 n1 user 5 0
        7 n1 reply 6
        8 n1 reply 7
        ----
        1: n1 at reign 1
        1: n1 request 1 remembered 0 key of 0 bytes who is ann
        1: n1 request 2 remembered 0 key of 0 bytes
        2: n1 request 3 remembered 15000 key of 16 bytes 5:15 6:16 join
        2: n1 request 4 remembered 0 key of 0 bytes
        2: n1 request 5 remembered 0 key of 0 bytes who is bob
        3: web 15 status 0  next ""
        4: web 11 status 0  next ""
        5: web 12 status 0  next ""
        6: n1 request 6 remembered 15000 key of 16 bytes join
        6: n1 request 7 remembered 0 key of 0 bytes
        7: web 13 status 0  next ""
        8: web 14 status 0  next ""
        "#,
    );
}

#[test]
fn what_one_api_key_asks_of_a_queue_holds_up_no_other() {
    check(
        r#"
        0 ready
        1 web 11 as=1 join_user {"queue":"/room/1","user":"ann"}
        1 web 12 as=1 get_queue {"queue":"/room/1"}
        1 web 13 as=2 get_queue {"queue":"/room/1"}
        2 n1 user 1 0 5
        ----
        1: n1 at reign 1
        1: n1 request 1 remembered 0 key of 0 bytes who is ann
        1: n1 request 2 remembered 0 key of 0 bytes
        2: n1 request 3 remembered 15000 key of 16 bytes 5:15 join
        2: n1 request 4 remembered 0 key of 0 bytes
        "#,
    );
}

#[test]
fn what_can_not_be_looked_for_is_refused_and_holds_up_nobody() {
    let joins = r#"
        1 web 11 join_user {"queue":"/room/1","user":"no/id"}
        1 web 12 join_user {"queue":"room","user":"ann"}
        1 web 13 join_user {"queue":"/room/1","user":"ann"}
        1 web 14 get_queue {"queue":"/room/1"}"#;
    let log = run(dev(), &format!("0 ready{joins}\n2 n1 user 1 {SUBSCRIPTIONS_MAX} 5"));
    assert!(log.contains("web 11 status 3") && log.contains("web 12 status 3"), "{log}");
    assert!(log.contains("2: web 13 status 8"), "{log}");
    assert!(log.contains("2: n1 request 2 remembered 0"), "{log}");
    let settings = Settings { give_up_ms: 5_000, ..dev() };
    let log = run(settings, &format!("0 table 1 0 n1{joins}\n6000 wait"));
    assert!(log.contains("web 13 status 14"), "{log}");
}

const LIVE: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    1 n1 logged_in 0 0
";

#[test]
fn who_is_invited_again_asks_for_its_seat_behind_the_answer() {
    let log = run(
        dev(),
        &format!(
            "{LIVE}
            2 n1 invited 0 7 /web/1
            3 n1 invited 0 7 /web/1
            4 n1 answer 0 0 0
            5 n1 subscribed 0 1 3
            6 n1 answer 0 0 0
            7 n1 invited 0 8 /web/2
            8 n1 invited 9 7 /web/3"
        ),
    );
    assert_eq!(log.matches("resume of 0").count(), 2, "{log}");
    assert!(log.contains("2: n1 resume of 0 sub 1: /web/1 epoch 0 marks {}"), "{log}");
    assert!(log.contains("4: n1 resume of 0 sub 1: /web/1 epoch 0 marks {}"), "{log}");
    assert!(log.contains(r#"5: c0 {"subscribed":{"sub":1,"queue":"q","epoch":5}}"#), "{log}");
}

/// The invitation is sent by the user's home, the end of a seat by the room: nobody orders them.
#[test]
fn an_invitation_may_overtake_the_end_of_the_seat_before() {
    let seated = "
        2 c0 subscribe 1 /room/1
        3 n1 answer 0 1 0
        3 n1 subscribed 0 1 3";
    let by_itself = "
        4 c0 unsubscribe 2 /room/1
        5 n1 invited 0 7 /room/1
        6 n1 answer 0 2 0
        7 n1 answer 0 0 0
        7 n1 subscribed 0 1 3
        8 n1 message 1 9 again";
    let by_the_back_end = "
        5 n1 invited 0 7 /room/1
        6 n1 unsubscribed 1 0 kicked
        7 n1 answer 0 0 0
        7 n1 subscribed 0 1 3
        8 n1 message 1 9 again";
    for end in [by_itself, by_the_back_end] {
        let log = run(dev(), &format!("{LIVE}{seated}{end}"));
        assert!(log.contains("5: n1 resume of 0 sub 1: /room/1 epoch 0"), "{log}");
        assert_eq!(log.matches(r#"c0 {"subscribed""#).count(), 2, "{log}");
        assert!(log.contains(r#"8: c0 {"message""#), "{log}");
    }
}

#[test]
fn a_guest_that_is_none_any_more_hears_nothing() {
    let log = run(dev(), &format!("{LIVE}2 n1 invited 0 7 /web/1\n3 n1 answer 0 0 5 no member"));
    assert!(log.contains("2: n1 resume of 0 sub 1: /web/1"), "{log}");
    assert!(!log.contains("unsubscribed"), "{log}");
    // Its number for the queue is free again.
    let log = run(
        dev(),
        &format!(
            "{LIVE}
            2 n1 invited 0 7 /web/1
            3 n1 answer 0 0 5 no member
            4 c0 subscribe 1 /room/2"
        ),
    );
    assert!(log.contains("operation of 0 sub 1: subscribe 1 /room/2"), "{log}");
}

#[test]
fn an_invitation_waits_until_the_home_of_the_user_is_heard() {
    let settings = Settings { dead_ms: 500, ..dev() };
    let log = run(
        settings,
        &format!(
            "{LIVE}
            900 n1 invited 0 7 /web/1
            901 heard 900 n1"
        ),
    );
    assert!(log.contains("901: n1 resume of 0 sub 1: /web/1"), "{log}");
    assert!(!log.contains("900: n1 resume"), "{log}");
}

#[test]
fn who_is_in_as_many_queues_as_may_be_takes_no_seat_until_one_is_free() {
    let mut bench = Bench::new(dev());
    let mut step = |line: &str| {
        let before = bench.log.len();
        lines(line).for_each(|line| bench.step(line));
        bench.log[before..].to_owned()
    };
    step(LIVE);
    for at in 1..SUBSCRIPTIONS_MAX {
        let sub = step(&format!("2 c0 subscribe {at} /a/{at}"));
        assert!(sub.contains("operation of 0"), "{sub}");
        step(&format!("2 n1 answer 0 {at} 0"));
    }
    // The last seat goes to a guest, and the client finds none for itself.
    let log = step("3 n1 invited 0 7 /web/1");
    assert!(log.contains("n1 resume of 0"), "{log}");
    let log = step("3 c0 subscribe 300 /a/300");
    assert!(log.contains(r#""op_id":300,"status":8,"error_message":"a session has at most 256"#));
    let log = step("4 n1 answer 0 0 5 no member\n5 c0 subscribe 301 /a/301\n5 n1 answer 0 301 0");
    assert!(log.contains("operation of 0") && log.contains("subscribe 301"), "{log}");
    // There is none for a guest any more; nobody is told, and the client's go on.
    let log = step("6 n1 invited 0 7 /web/1");
    assert_eq!(log, "");
    let log = step("7 c0 send 302 /a/1 chat x");
    assert!(log.contains("send 302 /a/1"), "{log}");
    step("7 n1 answer 0 302 0");
    let log = step("8 c0 unsubscribe 303 /a/1\n8 n1 answer 0 303 0\n9 n1 invited 0 7 /web/1");
    assert!(log.contains("9: n1 resume of 0") && log.contains(": /web/1 epoch 0"), "{log}");
}
