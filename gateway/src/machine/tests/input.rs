//! Bad input, time-outs, limits: every answer says what to do.

use prost::Message as _;
use proto::c2g::c2g::Body;
use proto::c2g::{C2g, Connect};

use super::{Bench, Settings, dev, run};
use crate::machine::Input;
use crate::machine::delivery::ConnId;

#[track_caller]
fn says(steps: &str, expected: &str) {
    let settings = dev();
    let log = run(settings, &format!("0 ready\n{steps}"));
    assert!(log.contains(expected), "{expected} is not in\n{log}");
}

const IN: &str = "0 c0 open\n0 c0 connect ann\n0 n1 logged_in 0 0\n";

#[test]
fn what_comes_before_connect() {
    says("0 c0 open\n1 c0 subscribe 1 /room/1", r#"1: c0 {"closing":{"code":3508"#);
    says("0 c0 open\n1 c0 raw 255", r#""code":3502"#);
    says("0 c0 open\n1 c0 raw 250 1 0", r#"C2g has no body with the number 31"#);
    says("0 c0 open\n6000 wait", r#""closing":{"code":3504"#);
    says("0 c0 open\n1 c0 version", r#""code":3505"#);
    says("0 c0 open\n1 c0 connect ann token", "send `user` (the user's id, as it is) in `connect`");
    says("0 c0 open\n1 c0 connect a\u{200b}b", "U+200B has no width");
    says("0 c0 open\n1 c0 connect a/b", "a user id has no '/'");
    says("0 c0 open\n1 c0 ping 5", r#""closing":{"code":3508"#);
    says("0 c0 open\n1 c0 bye", r#""closing":{"code":3508"#);
    let log = run(Settings::default(), "0 ready\n0 c0 open\n1 c0 connect ann");
    assert!(log.contains(r#""code":3501"#) && log.contains("development authentication"), "{log}");
}

#[test]
fn a_login_that_fails_closes_with_the_reason() {
    let steps = "0 c0 open\n0 c0 connect ann\n1 n1 logged_in 0 7 you are banned";
    says(steps, r#"1: c0 {"closing":{"code":3503,"reason":"you are banned""#);
    says("0 c0 open\n0 c0 connect ann\n1 c0 connect ann", r#""code":3506"#);
}

#[test]
fn bad_operations_get_a_result() {
    let op = |step: &str, expected: &str| says(&format!("{IN}1 c0 {step}"), expected);
    op(
        "subscribe 1 room",
        r#""op_id":1,"status":3,"error_message":"a queue name begins with '/'""#,
    );
    op("subscribe 0 /room/1", r#""status":3,"error_message":"op_id begins with 1 and rises"#);
    op("refresh 3", r#""op_id":3,"status":16"#);
    op("connect ann", r#""code":3506"#);
    op("ping 5", r#"{"pong":{"nonce":5}}"#);
    op("bye", r#""closing":{"code":3000"#);
    op("raw 34 1 255", r#""code":3502"#);
    let mut many = IN.to_owned();
    for at in 1..=33 {
        many += &format!("1 c0 send {at} /a chat x\n");
    }
    for at in 1..=32 {
        many += &format!("2 n1 answer 0 {at} 0\n");
    }
    says(&many, r#"2: c0 {"result":{"op_id":33,"status":8"#);
    let mut queues = IN.to_owned();
    for at in 1..=257 {
        queues += &format!("1 c0 subscribe {at} /a/{at}\n");
    }
    says(&queues, r#"{"result":{"op_id":257,"status":8"#);
}

#[test]
fn who_sends_too_much_is_closed() {
    let settings = Settings { operations_burst: 5, ..dev() };
    let mut steps = format!("0 ready\n{IN}");
    for at in 1..=5 {
        steps += &format!("1 c0 ping {at}\n");
    }
    let log = run(settings, &steps);
    assert!(log.contains(r#"{"nonce":4}"#) && log.contains(r#""code":3009"#), "{log}");
}

#[test]
fn who_sends_too_many_bytes_is_closed() {
    let settings = Settings { bytes_burst: 2_000, bytes_per_s: 1_000, ..dev() };
    let long = "x".repeat(800);
    let send = |at_ms: u64, op_id: u32| format!("{at_ms} c0 send {op_id} /a chat {long}\n");
    let rate = r#""code":3009,"reason":"too many operations or bytes a second: keep to"#;
    let begin = format!("0 ready\n{IN}");
    let log = run(settings.clone(), &(begin.clone() + &send(1, 1) + &send(2, 2)));
    assert!(log.contains("send 2 /a") && !log.contains("closing"), "{log}");
    let log = run(settings.clone(), &(begin.clone() + &send(1, 1) + &send(2, 2) + &send(3, 3)));
    assert!(log.contains(rate) && !log.contains("send 3 /a"), "{log}");
    // Who keeps to the rate goes on and on, and a pause gives no more than the burst.
    let kept: String = (1..16).map(|at| send(u64::from(at) * 900, at)).collect();
    let log = run(settings.clone(), &(begin.clone() + &kept));
    assert!(log.contains("send 15 /a") && !log.contains("closing"), "{log}");
    let late: String = (1..4).map(|at| send(20_000, at)).collect();
    let log = run(settings.clone(), &(begin + &late));
    assert!(log.contains("20000: n1 operation of 0 sub 0: send 2") && log.contains(rate), "{log}");
    // Another client has its own.
    let others = "0 c1 open\n0 c1 connect bob\n0 n1 logged_in 1 0\n";
    let both = send(1, 1) + &send(2, 2) + &send(3, 3).replace("c0 send 3", "c1 send 1");
    let log = run(settings, &format!("0 ready\n{IN}{others}{both}"));
    assert!(log.contains("operation of 1 sub 0: send 1") && !log.contains("closing"), "{log}");
}

#[test]
fn those_who_came_together_are_not_pinged_together() {
    let mut steps = "0 ready\n".to_owned();
    for at in 0..66 {
        let numbered = format!("0 c{at} open\n0 c{at} connect u{at}\n0 n1 logged_in {at} 0\n");
        steps += &numbered;
    }
    let log = run(dev(), &format!("{steps}40000 wait"));
    let moments = |of: &str| {
        let mut moments = std::collections::BTreeMap::new();
        for line in log.lines().filter(|line| line.contains(of)) {
            let mut words = line.split([' ', ':']).filter(|word| !word.is_empty());
            let at_ms: u64 = words.next().and_then(|word| word.parse().ok()).expect("a moment");
            let conn = words.next().expect("a client").to_owned();
            assert_eq!(moments.insert(conn, at_ms), None, "once each: {line}");
        }
        moments
    };
    let (pings, closings) = (moments("\"ping\""), moments("\"code\":3003"));
    assert_eq!((pings.len(), closings.len()), (66, 66));
    for (conn, at_ms) in &pings {
        let number: u64 = conn[1..].parse().expect("a number");
        let wanted = 25_000 - number % 64 * 2_500 / 64;
        assert!(*at_ms >= wanted && *at_ms <= wanted + 400, "{conn} at {at_ms}");
        assert!(closings[conn] >= at_ms + 10_000 && closings[conn] <= at_ms + 10_400, "{conn}");
    }
    for at_ms in pings.values() {
        let together = pings.values().filter(|other| *other == at_ms).count();
        assert!(together <= 8, "{together} at {at_ms}");
    }
}

#[test]
fn silence_is_pinged_and_then_closed() {
    let steps = format!("{IN}24000 c0 pong 1\n40000 wait\n50000 c0 pong 1\n90000 wait");
    let settings = dev();
    let log = run(settings, &format!("0 ready\n{steps}"));
    let pings: Vec<&str> = log.lines().filter(|line| line.contains("\"ping\"")).collect();
    assert_eq!(pings.len(), 2, "{log}");
    assert!(pings[0].starts_with("49"), "{log}");
    assert!(pings[1].starts_with("75"), "{log}");
    assert!(log.contains(r#"85050: c0 {"closing":{"code":3003"#), "{log}");
    assert!(log.contains("c0 closes at once") || log.contains("c0 closes when written"), "{log}");
}

#[test]
fn silence_may_be_longer_than_a_turn_of_the_wheel() {
    let settings = Settings { ping_every_ms: 300_000, ..dev() };
    let log = run(settings, &format!("0 ready\n{IN}305000 wait\n305000 c0 pong 1\n315000 wait"));
    let pings: Vec<&str> = log.lines().filter(|line| line.contains("\"ping\"")).collect();
    assert!(pings.len() == 1 && pings[0].starts_with("300"), "{log}");
    assert!(!log.contains("closing"), "{log}");
}

#[test]
fn a_client_that_does_not_hang_up_is_cut() {
    says("0 c0 open\n1 c0 bye\n9000 wait", "c0 closes at once");
}

#[test]
fn without_a_table_nobody_waits() {
    let settings = dev();
    let log = run(settings, "0 c0 open\n1 c0 connect ann");
    assert!(log.contains(r#""code":3004"#), "{log}");
}

#[test]
fn refusals_wait_for_the_results_before_them() {
    let steps = format!(
        "{IN}
        1 c0 send 1 /a chat x
        1 c0 send 0 /a chat y
        1 c0 send 2 /b chat x
        1 c0 send 0 /b chat y
        1 c0 send 0 /c chat y
        2 n1 answer 0 1 0
        3 n1 answer 0 2 0"
    );
    let settings = dev();
    let log = run(settings, &format!("0 ready\n{steps}"));
    let results: Vec<&str> = log.lines().filter(|line| line.contains("result")).collect();
    let refused = r#"c0 {"result":{"status":3,"error_message":"op_id begins with 1"#;
    let expected = [
        format!("1: {refused}"),
        r#"2: c0 {"result":{"op_id":1,"status":0,"seq":0}}"#.to_owned(),
        format!("2: {refused}"),
        r#"3: c0 {"result":{"op_id":2,"status":0,"seq":0}}"#.to_owned(),
        format!("3: {refused}"),
    ];
    assert_eq!(results.len(), expected.len(), "{log}");
    for (result, expected) in results.iter().zip(&expected) {
        assert!(result.starts_with(expected), "{expected} is not the beginning of {result}");
    }
}

/// What is sent again on one connection goes to its queue, which knows whether it ran: behind the
/// first sending, be that answered or not, so that each is answered in its turn.
#[test]
fn what_is_sent_again_on_one_connection_goes_on() {
    let steps = format!(
        "{IN}
        1 c0 send 5 /a chat x
        1 c0 send 5 /a chat x
        2 n1 answer 0 5 0
        2 n1 answer 0 5 0
        3 c0 send 5 /a chat x
        4 n1 answer 0 5 0"
    );
    let log = run(dev(), &format!("0 ready\n{steps}"));
    let sent =
        |at_ms: u64| log.matches(&format!("{at_ms}: n1 operation of 0 sub 0: send 5 /a")).count();
    assert_eq!((sent(1), sent(3)), (2, 1), "{log}");
    let result = r#"c0 {"result":{"op_id":5,"status":0"#;
    assert_eq!(log.matches(result).count(), 3, "{log}");
    assert!(!log.contains("closing"), "{log}");
}

/// What comes of ann's `connect` with these fields.
fn connects(connect: Connect) -> String {
    let mut bench = Bench::new(dev());
    bench.step("0 ready");
    bench.step("0 c0 open");
    let connect = Connect { protocol: 1, user: "ann".to_owned(), ..connect };
    let frame = C2g { body: Some(Body::Connect(connect)) }.encode_to_vec();
    bench.handle(Input::Frame { conn: ConnId::at(0), frame: &frame });
    bench.step("1 wait");
    bench.log
}

#[test]
fn what_a_client_calls_itself_may_be_shown() {
    let says = |name: &str, version: &str| {
        let (client_name, client_version) = (name.to_owned(), version.to_owned());
        connects(Connect { client_name, client_version, ..Connect::default() })
    };
    assert!(says("My Game (für Ann)", "1.0 β").contains("n1 login 0"));
    for bad in ["a\nb", "\u{1b}[2J", "a\u{202e}b", "a\u{200b}b", "\u{feff}a"] {
        for (log, field) in [(says(bad, ""), "client_name"), (says("", bad), "client_version")] {
            let closing = r#"c0 {"closing":{"code":3502,"reason":"connect."#;
            assert!(log.contains(&format!("{closing}{field}: it has no ")), "{bad:?} {log}");
            assert!(!log.contains("login"), "{log}");
        }
    }
}

#[test]
fn the_home_hears_which_attempt_of_which_client_it_is() {
    let says = |id: &str, attempt: u32| {
        connects(Connect { client_id: id.to_owned(), attempt, ..Connect::default() })
    };
    assert!(says("", 0).contains("n1 login 0\n"));
    assert!(says("a ~9", 0).contains("n1 login 0 of a ~9 attempt 0\n"));
    let longest = "x".repeat(32);
    let wanted = format!("n1 login 0 of {longest} attempt {}\n", u32::MAX);
    assert!(says(&longest, u32::MAX).contains(&wanted));
    let refused = |log: &str, reason: &str| {
        let closing = format!(r#"c0 {{"closing":{{"code":3502,"reason":"connect.{reason}"#);
        assert!(log.contains(&closing) && !log.contains("login"), "{log}");
    };
    for bad in [&*"x".repeat(33), "é", "a\tb", "a\u{7f}b", "a\0"] {
        refused(&says(bad, 1), "client_id: a client's id is at most 32 printable ASCII characters");
    }
    refused(&says("", 1), "attempt: it counts for a `client_id`");
}

#[test]
fn refusals_that_wait_are_bounded() {
    let mut steps = format!("0 ready\n{IN}");
    for at in 1..=3000 {
        steps += &format!("{} c0 send {at} /a chat x\n", at * 2);
    }
    let settings = dev();
    let log = run(settings, &steps);
    assert!(log.contains("without waiting for results") && log.contains(r#""code":3009"#), "{log}");
}
