//! The application is asked about operations, one of a session and queue at a time, and about who
//! connects; it is told what nodes have for it.

use super::{Settings, check, dev, run};

pub(super) const CONFIG: &str = r#"
    [[callout]]
    name = "app"
    url = "http://app.example/imq"
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    [[class]]
    pattern = "/ask/*"
    callout = "app"
    create = "callout"
    join = "callout"

    [[class.mount]]
    name = "chat"
    kind = "message"
    send = "callout"

    [[class]]
    pattern = "/user/*"
    callout = "app"

    [[class]]
    pattern = "/room/*"
    create = "auto"
    join = "open"
"#;

/// Ann is there, and the application may be asked.
const IN: &str = "
    0 ready
    0 config
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
";

/// What comes of steps behind [`IN`].
#[track_caller]
fn comes(script: &str) {
    let (steps, expected) = script.split_once("----").expect("a script has outcomes");
    let log = run(dev(), &format!("{IN}{steps}"));
    let came: Vec<&str> = log.lines().filter(|line| !line.starts_with("0:")).collect();
    let expected: Vec<&str> = super::lines(expected).collect();
    // A time by chance stands as `again`.
    let fits = |(came, expected): (&&str, &&str)| match expected.strip_prefix("again") {
        Some(rest) => came.split_once(':').is_some_and(|(_, came)| came.starts_with(&rest[1..])),
        None => came.starts_with(expected),
    };
    let same = came.len() == expected.len() && came.iter().zip(&expected).all(fits);
    assert!(same, "expected:\n{}\n\ncame:\n{}\n", expected.join("\n"), came.join("\n"));
}

#[test]
fn operations_of_a_session_on_a_queue_that_asks_go_one_by_one() {
    comes(
        r#"
        1 c0 subscribe 1 /ask/1
        2 c0 send 2 /ask/1 chat "a"
        2 c0 send 0 /ask/1 chat "without a number"
        2 c0 send 3 /ask/2 chat "b"
        2 c0 send 4 /room/1 chat c
        2 c0 send 5 /room/1 chat d
        3 n1 ask 0 subscribe
        4 c0 unsubscribe 6 /ask/1
        5 n1 answer 0 3 0
        5 n1 answer 0 4 0
        5 n1 answer 0 5 0
        6 called 1 200 {"allow":true}
        7 n1 answer 0 1 0
        7 n1 subscribed 0 1 3
        8 n1 answer 0 2 0
        9 n1 answer 0 6 0
        ----
        1: n1 operation of 0 sub 1: subscribe 1 /ask/1 askable
        2: n1 operation of 0 sub 0: send 3 /ask/2 askable
        2: n1 operation of 0 sub 0: send 4 /room/1
        2: n1 operation of 0 sub 0: send 5 /room/1
        3: app 1 asked subscribe 1 by ann on /ask/1 of /ask/*: nullnullnull
        5: c0 {"result":{"op_id":3,"status":0
        5: c0 {"result":{"op_id":4,"status":0
        5: c0 {"result":{"op_id":5,"status":0
        6: n1 operation of 0 sub 1: subscribe 1 /ask/1 askable subscribe:
        7: c0 {"result":{"op_id":1,"status":0
        7: n1 operation of 0 sub 0: send 2 /ask/1 askable
        7: c0 {"subscribed":{"sub":1
        8: c0 {"result":{"op_id":2,"status":0
        8: c0 {"result":{"status":3,"error_message":"op_id begins with 1
        8: n1 operation of 0 sub 1: unsubscribe 6 /ask/1 askable
        9: c0 {"result":{"op_id":6,"status":0
        "#,
    );
}

#[test]
fn two_kinds_are_asked_about_one_operation_and_both_verdicts_go() {
    comes(
        r#"
        1 c0 subscribe 1 /ask/1
        2 n1 ask 0 create_queue
        3 called 1 200 {"allow":true}
        4 n1 ask 0 subscribe
        5 called 2 200 {"allow":false,"status":5,"message":"no such room"}
        6 n1 answer 0 1 5 no such room
        ----
        1: n1 operation of 0 sub 1: subscribe 1 /ask/1 askable
        2: app 1 asked create_queue 1 by ann on /ask/1
        3: n1 operation of 0 sub 1: subscribe 1 /ask/1 askable create_queue:
        4: app 2 asked subscribe 1 by ann on /ask/1
        5: n1 operation of 0 sub 1: subscribe 1 /ask/1 askable create_queue: subscribe:5no such room
        6: c0 {"result":{"op_id":1,"status":5,"error_message":"no such room"
        "#,
    );
    // The same is not asked twice: whoever does that can't be followed.
    comes(
        r#"
        1 c0 subscribe 1 /ask/1
        1 c0 send 2 /ask/1 chat x
        2 n1 ask 0 subscribe
        3 called 1 200 {"allow":true}
        4 n1 ask 0 subscribe
        5 n1 ask 0 connect
        6 c0 send 3 /ask/1 chat x
        7 n1 ask 0 nonsense
        ----
        1: n1 operation of 0 sub 1: subscribe 1 /ask/1 askable
        2: app 1 asked subscribe
        3: n1 operation of 0 sub 1: subscribe 1 /ask/1 askable subscribe:
        4: c0 {"result":{"op_id":1,"status":14,"error_message":"the queue's home requested
        4: n1 operation of 0 sub 0: send 2 /ask/1 askable
        5: c0 {"result":{"op_id":2,"status":14
        6: n1 operation of 0 sub 0: send 3 /ask/1 askable
        7: c0 {"result":{"op_id":3,"status":14
        "#,
    );
}

#[test]
fn a_payload_is_amended_and_a_call_is_answered() {
    comes(
        r#"
        1 c0 send 1 /ask/1 chat "darn"
        2 n1 ask 0 send_message
        3 called 1 200 {"allow":true,"payload":"d*"}
        4 n1 answer 0 1 0
        5 c0 call 2 buy
        5 c0 call 3 sell
        6 n1 ask 0 call
        7 called 2 200 {"payload":{"left":97}}
        8 n1 answer 0 2 0
        ----
        1: n1 operation of 0 sub 0: send 1 /ask/1 askable
        2: app 1 asked send_message 1 by ann on /ask/1 of /ask/*: "darn"
        3: n1 operation of 0 sub 0: send 1 /ask/1 askable send_message:"d*"
        4: c0 {"result":{"op_id":1,"status":0
        5: n1 operation of 0 sub 0: call 2 buy askable
        6: app 2 asked call 2 by ann on - of -: 1"buy"null
        7: n1 operation of 0 sub 0: call 2 buy askable call:{"left":97}
        8: c0 {"result":{"op_id":2,"status":0
        8: n1 operation of 0 sub 0: call 3 sell askable
        "#,
    );
}

#[test]
fn without_a_configuration_calls_are_unavailable_and_nothing_waits() {
    let steps = "
        0 ready
        0 c0 open
        0 c0 connect ann
        0 n1 logged_in 0 0
        1 c0 send 1 /ask/1 chat x
        1 c0 send 2 /ask/1 chat y
        2 c0 call 3 buy
        3 n1 answer 0 1 0
        3 n1 answer 0 2 0
        4 n1 ask 0 call";
    let log = run(dev(), steps);
    assert!(log.contains("1: n1 operation of 0 sub 0: send 2 /ask/1\n"), "{log}");
    let last = log.lines().last().unwrap();
    assert!(last.contains("call 3 buy askable call:14this gateway doesn't know"), "{log}");
}

#[test]
fn the_verdict_on_a_session_that_is_gone_is_forgotten() {
    comes(
        r#"
        1 c0 subscribe 1 /ask/1
        1 c0 send 2 /ask/1 chat x
        1 c0 send 3 /ask/2 chat x
        2 n1 ask 0 subscribe
        3 c0 gone
        4 n1 ask 0 send_message
        4 n1 lost_noted 0
        5 called 1 200 {"allow":true}
        6 c0 open
        6 c0 connect bob
        ----
        1: n1 operation of 0 sub 1: subscribe 1 /ask/1 askable
        1: n1 operation of 0 sub 0: send 3 /ask/2 askable
        2: app 1 asked subscribe 1
        3: n1 lost 0
        4: n1 forget 0
        6: n1 introduce 0 bob 0
        6: n1 login 0
        "#,
    );
}

#[test]
fn a_link_that_is_lost_while_asking_changes_nothing() {
    comes(
        r#"
        1 c0 send 1 /ask/1 chat x
        1 c0 send 2 /ask/1 chat y
        2 n1 ask 0 send_message
        3 down
        4 called 1 200 {"allow":false}
        5 up
        5 n1 at 1
        6 down
        7 up
        7 n1 at 1
        8 n1 answer 0 1 7 the web application doesn't allow it
        ----
        1: n1 operation of 0 sub 0: send 1 /ask/1 askable
        2: app 1 asked send_message 1
        5: n1 introduce 0 ann 7
        5: n1 at reign 1
        5: n1 operation of 0 sub 0: send 1 /ask/1 askable send_message:7the web
        7: n1 introduce 0 ann 7
        7: n1 at reign 1
        7: n1 operation of 0 sub 0: send 1 /ask/1 askable send_message:7the web
        8: c0 {"result":{"op_id":1,"status":7
        8: n1 operation of 0 sub 0: send 2 /ask/1 askable
        "#,
    );
}

#[test]
fn what_waits_too_long_in_line_is_unavailable() {
    // The application's deadline is 3 s; what is behind waits for its home instead.
    let steps = format!(
        "{IN}
        1 c0 send 1 /ask/1 chat x
        1 c0 send 2 /ask/1 chat y
        2 n1 ask 0 send_message
        2 down
        9000 c0 pong 1
        14000 c0 pong 1
        16400 c0 pong 1
        18600 c0 pong 1"
    );
    let log = run(dev(), &steps);
    let results: Vec<&str> = log.lines().filter(|line| line.contains("result")).collect();
    assert_eq!(results.len(), 2, "{log}");
    assert!(results[0].contains(r#""op_id":1,"status":14"#), "{log}");
    assert!(results[1].contains(r#""op_id":2,"status":14"#), "{log}");
}

#[test]
fn what_waits_in_lines_is_bounded() {
    let mut steps = format!("{IN}1 c0 send 1 /ask/1 chat x\n");
    let text = "x".repeat(60_000);
    for at in 2..=6 {
        steps += &format!("{} c0 send {at} /ask/1 chat {text}\n", at * 1000);
    }
    steps += "7000 n1 answer 0 1 0\n7001 n1 answer 0 2 0\n7002 n1 answer 0 3 0\n";
    steps += "7003 n1 answer 0 4 0\n7004 n1 answer 0 5 0";
    let log = run(dev(), &steps);
    assert!(log.contains("7004: n1 ") || log.contains("7003: n1 "), "{log}");
    assert!(log.contains(r#"7004: c0 {"result":{"op_id":6,"status":8"#), "{log}");
}

#[test]
fn a_line_waits_until_the_users_home_is_heard() {
    let steps = "
        0 halves 1 n1 n2
        0 up n1
        0 up n2
        0 n1 at 1 0 1 0
        0 n2 at 1 0 1 1
        0 config
        0 c0 open
        0 c0 connect ann
        0 n2 logged_in 0 0
        100 c0 send 1 QUEUE chat x
        200 n1 ask 0 send_message
        600 called 1 200 {\"allow\":true}
        601 c0 send 2 QUEUE chat y
        700 heard 690 n2
        701 n1 answer 0 1 0
        702 n1 answer 0 2 0";
    let at_n1 = |at: &u32| proto::name::hash(format!("/ask/{at}").as_bytes()) >> 63 == 0;
    let queue = format!("/ask/{}", (1..).find(at_n1).unwrap());
    let log = run(Settings { dead_ms: 500, ..dev() }, &steps.replace("QUEUE", &queue));
    let log = log.replace(&queue, "QUEUE");
    let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with("0:")).collect();
    let expected = [
        "100: n1 operation of 0 sub 0: send 1 QUEUE askable",
        "200: app 1 asked send_message",
        "700: n1 operation of 0 sub 0: send 1 QUEUE askable send_message:",
        r#"701: c0 {"result":{"op_id":1,"status":0"#,
        "701: n1 operation of 0 sub 0: send 2 QUEUE askable",
        r#"702: c0 {"result":{"op_id":2,"status":0"#,
    ];
    let lines: Vec<&&str> = lines.iter().filter(|line| !line.contains("introduce")).collect();
    let lines: Vec<&&&str> = lines.iter().filter(|line| !line.contains(" at ")).collect();
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}: {log}");
    }
}

#[test]
fn classes_that_begin_or_cease_to_ask_keep_the_order() {
    comes(
        r#"
        1 config none
        2 c0 send 1 /ask/1 chat a
        2 c0 send 2 /ask/1 chat b
        3 config
        4 c0 send 3 /ask/1 chat c
        5 n1 answer 0 1 0
        6 n1 answer 0 2 0
        7 c0 send 4 /ask/1 chat d
        8 config none
        9 c0 send 5 /ask/1 chat e
        10 n1 answer 0 3 0
        11 n1 answer 0 4 0
        12 n1 answer 0 5 0
        13 c0 send 6 /ask/1 chat f
        14 c0 send 7 /ask/1 chat g
        ----
        2: n1 operation of 0 sub 0: send 1 /ask/1
        2: n1 operation of 0 sub 0: send 2 /ask/1
        5: c0 {"result":{"op_id":1,"status":0
        6: c0 {"result":{"op_id":2,"status":0
        6: n1 operation of 0 sub 0: send 3 /ask/1 askable
        10: c0 {"result":{"op_id":3,"status":0
        10: n1 operation of 0 sub 0: send 4 /ask/1 askable
        11: c0 {"result":{"op_id":4,"status":0
        11: n1 operation of 0 sub 0: send 5 /ask/1 askable
        12: c0 {"result":{"op_id":5,"status":0
        13: n1 operation of 0 sub 0: send 6 /ask/1
        14: n1 operation of 0 sub 0: send 7 /ask/1
        "#,
    );
}

#[test]
fn the_application_says_who_connects() {
    check(
        r#"
        0 ready
        0 config connect
        0 c0 open
        1 c0 connect opaque token
        1 c0 subscribe 1 /room/1
        4000 called 1 200 {"allow":true,"user":"ann"}
        ----
        1: app 1 asked connect - by - on - of -: nullnull"opaque"
        3001: c0 {"closing":{"code":3004,"reason":"the web application didn't answer in time: try
        .. again later","may_retry":true,"retry_after_ms":2000}}
        3001: c0 closes when written
        "#,
    );
    check(
        r#"
        0 ready
        0 config connect
        0 c0 open
        4999 c0 connect opaque token
        5000 c0 subscribe 1 /room/1
        6000 called 1 200 {"allow":true,"user":"ann","expires_in_s":10}
        6001 n1 logged_in 0 0
        16000 wait
        ----
        4999: app 1 asked connect - by - on - of -: nullnull"opaque"
        6000: n1 introduce 0 ann 0
        6000: n1 at reign 1
        6000: n1 login 0
        6001: c0 welcome for 9999 ms
        6001: n1 introduce 0 ann 7
        6001: n1 operation of 0 sub 2: subscribe 1 /room/1
        16000: c0 {"closing":{"code":3010,"reason":"the token has expired: connect with a new one,
        .. and refresh that before it expires","may_retry":true}}
        16000: c0 closes when written
        16000: n1 lost 0
        "#,
    );
}

#[test]
fn a_newcomer_who_is_refused_or_gone() {
    let log = |steps: &str| run(dev(), &format!("0 ready\n0 config connect\n0 c0 open\n{steps}"));
    let refused = log("1 c0 connect x token\n2 called 1 200 {\"allow\":false,\"status\":16}");
    assert!(refused.contains(r#"2: c0 {"closing":{"code":3501"#), "{refused}");
    let refused = log("1 c0 connect x token\n2 called 1 200 {\"allow\":false}");
    assert!(refused.contains(r#"2: c0 {"closing":{"code":3503"#), "{refused}");
    let gone = "1 c0 connect x token\n2 c0 gone\n3 called 1 200 {\"allow\":true,\"user\":\"ann\"}";
    assert!(!log(gone).contains("login"));
    let twice = log("1 c0 connect x token\n2 c0 connect x token");
    assert!(twice.contains(r#"2: c0 {"closing":{"code":3506"#), "{twice}");
    let long = log(&format!("1 c0 connect {} token", "x".repeat(100_000)));
    assert!(long.contains(r#""code":3501,"reason":"the token has 100000 bytes"#), "{long}");
    let early = format!("2 c0 send 1 /room/1 chat {}", "x".repeat(40_000));
    let early = log(&format!("1 c0 connect x token\n{early}"));
    assert!(early.contains(r#"2: c0 {"closing":{"code":3009"#), "{early}");
    // Development authentication is no matter of the application's.
    let dev = log("1 c0 connect ann");
    assert!(dev.contains("1: n1 login 0") && !dev.contains("app"), "{dev}");
    // A token is verified first, if there are keys; the application has the last word.
    let steps = "1 authority\n2 c0 connect a/b token\n3 c1 open\n3 c1 connect ann@9000 token
        4 called 1 200 {\"allow\":true,\"user\":\"bob\",\"expires_in_s\":60}\n9003 wait";
    let both = log(steps);
    assert!(both.contains(r#"2: c0 {"closing":{"code":3501"#), "{both}");
    assert!(both.contains("4: n1 introduce 0 bob 0"), "{both}");
    assert!(both.contains(r#"9003: c1 {"closing":{"code":3010"#), "{both}");
}

#[test]
fn new_credentials_are_asked_about_too() {
    let steps = |answer: &str| {
        format!(
            "0 ready
            0 config connect
            0 c0 open
            0 c0 connect opaque token
            1 called 1 200 {{\"allow\":true,\"user\":\"ann\",\"expires_in_s\":10}}
            1 n1 logged_in 0 0
            2 c0 refresh 4 newer
            3 called 2 200 {answer}
            10001 wait"
        )
    };
    let log = run(dev(), &steps(r#"{"allow":true,"user":"ann","expires_in_s":60}"#));
    assert!(log.contains("2: app 2 asked connect 4 by ann on - of -: nullnull\"newer\""), "{log}");
    assert!(log.contains(r#"3: c0 {"result":{"op_id":4,"status":0"#), "{log}");
    assert!(!log.contains("closing"), "{log}");
    let log = run(dev(), &steps(r#"{"allow":true,"user":"bob"}"#));
    assert!(log.contains(r#"3: c0 {"result":{"op_id":4,"status":16"#), "{log}");
    assert!(log.contains(r#"10001: c0 {"closing":{"code":3010"#), "{log}");
}

#[test]
fn tells_are_acknowledged_where_they_came_from() {
    comes(
        r#"
        1 n1 tell 1 joined /ask/1 7
        2 n1 tell 2 left /ask/1 8
        2 n1 tell 3 joined /ask/1 9
        3 called 1 204
        4 called 2 500
        9000 called 3 200
        9000 n1 tell 4 left /ask/1 10
        9001 down
        9002 called 4 200
        ----
        1: app 1 told /ask/1:5:7:joined:
        3: n1 acknowledge [1]
        3: app 2 told /ask/1:5:8:left: /ask/1:5:9:joined:
        again: app 3 told /ask/1:5:8:left: /ask/1:5:9:joined:
        9000: n1 acknowledge [2, 3]
        9000: app 4 told /ask/1:5:10:left:
        "#,
    );
}
