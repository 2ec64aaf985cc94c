//! The fallback over HTTP: streams of events, what is posted for them here, and what is carried to
//! other lanes.

use super::{Settings, check, check_with, dev, run};

/// A stream whose name is its number, 3.
const IN: &str = "
    0 ready
    0 c3 open-events
    0 c3 connect ann
    0 n1 logged_in 0 0
";

/// What comes of these steps after the login.
fn after(settings: Settings, steps: &str) -> Vec<String> {
    let log = run(settings, &format!("{IN}{steps}"));
    log.lines().filter(|line| !line.starts_with("0:")).map(str::to_owned).collect()
}

#[test]
fn a_stream_begins_with_its_name_and_has_an_event_for_each_frame() {
    check(
        r#"
        0 ready
        0 c3 open-events
        1 c3 connect ann
        2 n1 logged_in 0 0
        3 post 9 3 ann 1 7 8
        4 post 10 3 ann 2 bye 9
        ----
        0: c3 event {"connection":"03030303030303030303030303030303"}
        1: n1 introduce 0 ann 0
        1: n1 at reign 1
        1: n1 login 0
        2: c3 event welcome
        2: n1 introduce 0 ann 7
        3: c3 event {"pong":{"nonce":7}}
        3: c3 event {"pong":{"nonce":8}}
        3: post 9: 204
        4: c3 event {"closing":{"code":3000,"reason":"bye","may_retry":true}}
        4: c3 closes when written
        4: n1 lost 0 bye
        4: post 10: 204
        "#,
    );
}

#[test]
fn a_number_is_taken_once_and_in_order() {
    let steps = "
        1 post 1 3 ann 2 7
        2 post 2 3 ann 1 8
        3 post 3 3 ann 1 8
        4 post 4 3 ann 3 9
        5 post 5 3 ann 2 9";
    let pong = |at_ms, nonce| format!(r#"{at_ms}: c3 event {{"pong":{{"nonce":{nonce}}}}}"#);
    let posted = |at_ms, status| format!("{at_ms}: post {at_ms}: {status}");
    let expected = [
        posted(1, 409),
        pong(2, 8),
        posted(2, 204),
        posted(3, 204),
        posted(4, 409),
        pong(5, 9),
        posted(5, 204),
    ];
    assert_eq!(after(dev(), steps), expected);
}

#[test]
fn what_is_of_another_lane_goes_by_the_home_and_its_word_comes_back() {
    let steps = "
        1 post 1 9 ben 1 7
        2 post 2 9 ben 2 7
        3 n1 carry_taken 1 409
        4 n1 carry_taken 0 204
        5 n1 carry_taken 0 204
        6 n1 carry_taken 7 204
        7 post 3 9 ben 3 7
        8 n1 carry_taken 2 410
        9 post 4 9 ben 4 7
        10 n1 carry_taken 3 777";
    let carried = |at_ms, count| format!("{at_ms}: n1 carry {count} for 9 session 5: 5 bytes");
    let expected = [
        carried(1, 1),
        carried(2, 2),
        "3: post 2: 409".to_owned(),
        "4: post 1: 204".to_owned(),
        carried(7, 3),
        "8: post 3: 410".to_owned(),
        carried(9, 4),
        "10: post 4: 503".to_owned(),
    ];
    assert_eq!(after(dev(), steps), expected);
}

/// The other lane's side: the 204 is lost, and the client posts again through another gateway.
#[test]
fn what_comes_from_another_lane_is_taken_as_if_it_had_come_here() {
    let steps = "
        1 n1 carried 70 4 3 1 7
        2 n1 carried 71 5 3 1 7
        3 post 1 3 ann 1 7
        4 n1 carried 72 5 3 3 7
        5 n1 carried 73 4 3 2 8
        6 n1 carried 74 4 9 1 8
        7 c3 gone
        8 n1 carried 75 4 3 3 9";
    let pong = |at_ms, nonce| format!(r#"{at_ms}: c3 event {{"pong":{{"nonce":{nonce}}}}}"#);
    let taken = |at_ms, number, asker, status| {
        format!("{at_ms}: n1 carried_taken {number} by {asker}: {status}")
    };
    let expected = [
        pong(1, 7),
        taken(1, 70, 4, 204),
        taken(2, 71, 5, 204),
        "3: post 1: 204".to_owned(),
        taken(4, 72, 5, 409),
        pong(5, 8),
        taken(5, 73, 4, 204),
        taken(6, 74, 4, 410),
        "7: n1 lost 0".to_owned(),
        taken(8, 75, 4, 410),
    ];
    assert_eq!(after(dev(), steps), expected);
}

#[test]
fn without_an_answer_in_time_it_is_to_be_posted_again() {
    let steps = "
        1 post 1 9 ben 1 7
        2 down
        3 post 2 9 ben 1 7
        4 up
        4 n1 at 1 0
        5 post 3 9 ben 1 7
        5002 wait
        6000 n1 carry_taken 1 204
        7000 n1 carry_taken 0 204";
    let log = after(dev(), steps);
    let posts: Vec<&str> =
        log.iter().filter(|line| line.contains("post")).map(String::as_str).collect();
    // The second finds no link; of the third the answer comes too late.
    assert_eq!(posts, ["3: post 2: 503", "5001: post 1: 503", "5005: post 3: 503"], "{log:?}");
    let none = run(dev(), "0 wait\n1 post 1 9 ben 1 7");
    assert_eq!(none, "1: post 1: 503\n", "without a table");
}

/// Its home is another node by then: the new one is asked when the client posts again.
#[test]
fn the_home_may_change_in_between() {
    let steps = "
        1 post 1 9 ben 1 7
        2 up n2
        3 table 2 0 n2
        4 n2 at 2 0
        5 n1 carry_taken 0 204
        5001 wait
        5002 post 2 9 ben 1 7
        5003 n2 carry_taken 1 204";
    let log = after(dev(), steps);
    let about: Vec<&str> = log
        .iter()
        .filter(|line| line.contains("carry") || line.contains("post"))
        .map(String::as_str)
        .collect();
    let expected = [
        "1: n1 carry 1 for 9 session 5: 5 bytes",
        "5001: post 1: 503",
        "5002: n2 carry 1 for 9 session 5: 5 bytes",
        "5003: post 2: 204",
    ];
    assert_eq!(about, expected, "{log:?}");
}

#[test]
fn a_lane_has_so_much_carried() {
    let mut steps = String::new();
    // A ping of seven bytes is ten with all around it; each request counts for some more.
    let many = " 72057594037927935".repeat(3_000);
    for at in 1..60 {
        steps += &format!("{at} post {at} 9 ben {at}{many}\n");
    }
    steps += "100 n1 carry_taken 0 204\n101 post 100 9 ben 100 1\n102 post 101 9 ben 101 1";
    let log = after(dev(), &steps);
    let refused = log.iter().filter(|line| line.ends_with("503")).count();
    let carried = log.iter().filter(|line| line.contains("carry")).count();
    assert!((20..40).contains(&refused) && refused + carried == 61, "{refused} {carried}");
    assert!(log.iter().any(|line| line.starts_with("101: n1 carry 100")), "there is space again");
}

#[test]
fn each_post_counts_as_an_operation() {
    let settings = Settings { operations_burst: 5, ..dev() };
    // `connect`, then two with a ping each.
    let steps = "1 post 1 3 ann 1 7\n1 post 2 3 ann 2 8\n1 post 3 3 ann 3 9\n2 post 4 3 ann 3 9";
    let log = after(settings, steps);
    let closed = r#"1: c3 event {"closing":{"code":3009"#;
    assert!(log.iter().any(|line| line.starts_with(closed)), "{log:?}");
    assert!(log.iter().any(|line| line == "1: post 3: 410"), "{log:?}");
    assert_eq!(log.last().map(String::as_str), Some("2: n1 carry 3 for 3 session 5: 5 bytes"));
}

#[test]
fn a_silent_stream_has_comments_and_pings_which_posts_answer() {
    let steps = "
        24000 post 1 3 ann 1
        48000 wait
        50000 post 2 3 ann 2
        88000 wait";
    let log = after(dev(), steps);
    let comments: Vec<&str> =
        log.iter().filter(|line| line.ends_with(" :")).map(String::as_str).collect();
    let expected = ["15000: c3 :", "30000: c3 :", "45000: c3 :", "60000: c3 :", "75000: c3 :"];
    assert_eq!(comments, expected, "{log:?}");
    let pings = log.iter().filter(|line| line.contains(r#"{"ping""#)).count();
    assert_eq!(pings, 2, "{log:?}");
    let end = log.iter().position(|line| line.contains(r#"{"code":3003"#)).expect("an end");
    assert!(!log[end..].iter().any(|line| line.ends_with(" :")), "{log:?}");
}

#[test]
fn a_gateway_that_shuts_down_says_so_on_a_stream() {
    let log = run(dev(), "0 ready\n0 drain\n1 c3 open-events\n2 post 1 3 ann 1 7");
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0].starts_with(r#"1: c3 event {"connection":"03"#), "{log}");
    assert!(lines[1].starts_with(r#"1: c3 event {"closing":{"code":3001"#), "{log}");
    assert!(log.contains("2: n1 carry 1 for 3"), "it is of no lane, as far as this one knows");
}

#[test]
fn what_is_unsent_to_a_slow_stream_is_bounded_as_elsewhere() {
    let settings = Settings { slow_bytes: 100, ..dev() };
    check_with(
        settings,
        r#"
        0 ready
        0 c3 open-events
        0 c3 connect ann
        0 n1 logged_in 0 0
        0 c3 subscribe 1 /room/1
        0 n1 answer 0 1 0
        0 n1 subscribed 0 1 3
        1 stuck c3
        2 n1 state 1 4 a 11111111111111111111111111111111111111111111111111111111111111111111
        3 n1 state 1 5 b 2
        4 n1 state 1 6 b 3
        5 unstuck c3
        ----
        0: c3 event {"connection":"03030303030303030303030303030303"}
        0: n1 introduce 0 ann 0
        0: n1 at reign 1
        0: n1 login 0
        0: c3 event welcome
        0: n1 introduce 0 ann 7
        0: n1 operation of 0 sub 1: subscribe 1 /room/1
        0: c3 event {"result":{"op_id":1,"status":0,"seq":0}}
        0: c3 event {"subscribed":{"sub":1,"queue":"q","epoch":5}}
        5: c3 event {"state":{"sub":1,"mount":"scores","seq":4,"changes":[{"key":"a",
        .."value":11111111111111111111111111111111111111111111111111111111111111111111,
        .."version":4}]}}
        5: c3 event {"state":{"sub":1,"mount":"scores","seq":6,"changes":[{"key":"b","value":3,
        .."version":6}],"conflated":true}}
        "#,
    );
}
