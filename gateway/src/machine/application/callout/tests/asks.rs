//! Asks: the road there and back, deadlines, bounds, and what no answer comes to.

use super::{check, run};

#[test]
fn an_ask_is_posted_and_its_answer_is_the_verdict() {
    check(
        r#"
        0 config app
        1 ask 7 app subscribe /room/1
        5 200 r1 {"allow":true}
        6 ask 8 app send_message /room/1 chat "hi"
        7 200 r2 {"allow":false,"status":8,"message":"slowly"}
        8 ask 9 app subscribe /room/2
        9 200 r3 {"allow":false}
        ----
        1: r1 asks "subscribe" "s/7" in 3000
        5: verdict 7 allow
        6: r2 asks "send_message" "s/8" in 3000
        7: verdict 8 refuse limit slowly
        8: r3 asks "subscribe" "s/9" in 3000
        9: verdict 9 refuse forbidden the web application doesn't allow it
        "#,
    );
}

#[test]
fn a_deadline_ends_what_is_late_and_a_later_answer_is_ignored() {
    check(
        r#"
        0 config app:deadline_ms=100
        1 ask 7 app subscribe /room/1
        200 200 r1 {"allow":true}
        200 200 r99 {"allow":true}
        300 wake
        ----
        1: r1 asks "subscribe" "s/7" in 100
        101: verdict 7 refuse unavailable the web application didn't answer in time: try agai…
        101: call-out "app" fails on subscribe, at http://app.example/imq: no answer in time
        "#,
    );
}

#[test]
fn what_waits_goes_in_order_within_its_own_deadline() {
    check(
        r#"
        0 config app:deadline_ms=100,concurrency_max=1
        0 ask 1 app subscribe /a
        10 ask 2 app subscribe /b
        20 ask 3 app subscribe /c
        30 ask 4 app subscribe /d
        40 ask 5 app subscribe /e
        40 ask 6 app subscribe /f
        60 200 r1 {"allow":true}
        115 200 r2 {"allow":true}
        116 200 r3 {"allow":true}
        300 wake
        ----
        0: r1 asks "subscribe" "s/1" in 100
        40: verdict 6 refuse unavailable too many asks wait for the web application: try aga…
        60: r2 asks "subscribe" "s/2" in 50
        60: verdict 1 allow
        110: r3 asks "subscribe" "s/3" in 10
        110: verdict 2 refuse unavailable the web application didn't answer in time: try agai…
        110: call-out "app" fails on subscribe, at http://app.example/imq: no answer in time
        116: r4 asks "subscribe" "s/4" in 14
        116: verdict 3 allow
        130: r5 asks "subscribe" "s/5" in 10
        130: verdict 4 refuse unavailable the web application didn't answer in time: try agai…
        140: verdict 5 refuse unavailable the web application didn't answer in time: try agai…
        "#,
    );
}

#[test]
fn no_answer_is_what_the_configuration_says() {
    let every_silence = r#"
        1 ask 1 app subscribe /a
        1 late r1
        2 ask 2 app send_message /a chat 1
        2 dead r2
        3 ask 3 app send_state /a scores
        3 500 r3 <h1>Oops</h1>
        4 ask 4 app create_queue /a
        4 302 r4
        5 ask 5 app subscribe /a
        5 huge r5
        6 ask 6 app subscribe /a
        6 200 r6 <b>Warning</b>: {"allow":true}
        7 ask 7 app call score
        7 500 r7
        8 ask 8 app connect token
        8 500 r8
        9 ask 9 app subscribe /a
        9 200 r9 {"allow":false,"because":"unknown field"}
        10 ask 10 app subscribe /a
        10 inner r10
        11 ask 11 app subscribe /a
        11 503 r11
        12 ask 12 app call score
        12 302 r12
        "#;
    let log = run(&format!("0 config app:no_answer='allow'\n{every_silence}"));
    // The application is down, or isn't there.
    for number in [1, 2, 11] {
        assert!(log.contains(&format!("verdict {number} allow\n")), "{number} in\n{log}");
    }
    // It is up, and what it can't answer may be the asking user's doing; or nobody was asked, since
    // its address is one that we don't go to.
    for number in [3, 4, 5, 6, 8, 10, 12] {
        let refused = format!("verdict {number} refuse unavailable");
        assert!(log.contains(&refused), "{number} in\n{log}");
    }
    // Whether a call was done nobody knows.
    assert!(log.contains("verdict 7 refuse outcome_unknown"), "{log}");
    // What says no is no, however badly it is said.
    assert!(log.contains("verdict 9 refuse forbidden"), "{log}");
    let log = run(&format!("0 config app\n{every_silence}"));
    assert_eq!(log.matches("refuse unavailable").count(), 10, "{log}");
    assert_eq!(log.matches("refuse outcome_unknown").count(), 1, "{log}");
}

/// Nor does it open the circuit, behind which all is let through.
#[test]
fn an_address_that_we_do_not_go_to_lets_nothing_through() {
    let mut steps = "0 config app:no_answer='allow'".to_owned();
    for number in 1..=30 {
        steps += &format!("\n{number} ask {number} app subscribe /a\n{number} inner r{number}");
    }
    let log = run(&steps);
    assert_eq!(log.matches("refuse unavailable").count(), 30, "{log}");
    assert!(!log.contains("allow\n"), "{log}");
}

#[test]
fn strangers_take_no_place_of_users_and_open_no_circuit_for_them() {
    let mut steps = "0 config app".to_owned();
    for number in 1..=400 {
        steps += &format!("\n1 ask {number} app connect token");
    }
    let flooded = run(&format!("{steps}\n2 ask 900 app subscribe /a"));
    assert!(flooded.contains("verdict 400 refuse unavailable too many"), "{flooded}");
    assert!(flooded.contains("2: r") && flooded.contains(r#"asks "subscribe""#), "{flooded}");
    let mut steps = "0 config app".to_owned();
    for number in 1..=5 {
        steps += &format!("\n{number} ask {number} app connect token\n{number} 503 r{number}");
    }
    let log = run(&format!("{steps}\n6 ask 6 app connect token\n7 ask 7 app subscribe /a"));
    assert!(log.contains("6: verdict 6 refuse unavailable the web application"), "{log}");
    assert!(log.contains(r#"7: r6 asks "subscribe""#), "{log}");
}

#[test]
fn a_flood_opens_no_door() {
    let mut script = "0 config app:concurrency_max=1,no_answer='allow'\n".to_owned();
    for number in 1..=7 {
        script += &format!("0 ask {number} app subscribe /a\n");
    }
    let log = run(&script);
    assert_eq!(log.matches("refuse unavailable too many").count(), 2, "{log}");
    assert!(!log.contains("allow"), "{log}");
}

#[test]
fn bytes_of_asks_are_bounded() {
    let mut script = "0 config app:concurrency_max=10000\n".to_owned();
    let payload = "x".repeat(60_000);
    for number in 1..=900 {
        script += &format!("0 ask {number} app send_message /of/{number} chat {payload}\n");
    }
    let log = run(&script);
    assert!(log.contains("verdict 900 refuse unavailable too many"), "all were asked");
    assert!(!log.contains("verdict 500 "), "{}", log.len());
}

#[test]
fn one_user_leaves_space_for_others() {
    let mut script = "0 config app:concurrency_max=16\n".to_owned();
    for number in 1..=21 {
        script += &format!("0 ask {number} app subscribe /of/greedy\n");
    }
    script += "0 ask 30 app subscribe /of/other\n1 200 r1 {\"allow\":true}\n";
    script += "2 ask 31 app subscribe /of/greedy\n2 ask 32 app subscribe /of/greedy\n";
    script += "3 200 r2 {\"allow\":true}\n4 200 r3 {\"allow\":true}\n";
    script += "5 200 r4 {\"allow\":true}\n6 200 r5 {\"allow\":true}\n";
    let log = run(&script);
    let refused: Vec<&str> = log.lines().filter(|line| line.contains("too many")).collect();
    assert!(refused[0].contains("verdict 21 ") && refused[1].contains("verdict 32 "), "{log}");
    assert_eq!(refused.len(), 2, "{log}");
    assert!(log.contains(r#"6: r21 asks "subscribe" "s/30""#), "{log}");
}

#[test]
fn strangers_from_one_address_leave_space_for_those_from_others() {
    let mut script = "0 config app:concurrency_max=16\n".to_owned();
    for number in 1..=21 {
        script += &format!("0 ask {number} app connect t 192.0.2.1\n");
    }
    script += "0 ask 30 app connect t 192.0.2.2\n0 ask 31 app connect t\n";
    let log = run(&script);
    let refused: Vec<&str> = log.lines().filter(|line| line.contains("too many")).collect();
    assert!(refused[0].contains("verdict 21 "), "{log}");
    assert_eq!(refused.len(), 1, "{log}");
}

/// The answer to one is taken before the others' deadline is: they are not asked in vain.
#[test]
fn what_is_late_when_its_turn_comes_is_not_posted() {
    check(
        r#"
        0 config app:deadline_ms=100,concurrency_max=1
        0 ask 1 app subscribe /a
        0 ask 2 app subscribe /b
        100 200 r1 {"allow":true}
        101 wake
        ----
        0: r1 asks "subscribe" "s/1" in 100
        100: verdict 1 allow
        100: verdict 2 refuse unavailable the web application didn't answer in time: try agai…
        "#,
    );
}

#[test]
fn targets_come_change_and_go() {
    check(
        r#"
        0 ask 1 app subscribe /a
        1 config app other
        2 ask 2 app subscribe /a
        2 ask 3 other subscribe /a
        3 config other:deadline_ms=50
        4 ask 4 app subscribe /a
        4 ask 5 other subscribe /a
        5 200 r1 {"allow":true}
        5 200 r2 {"allow":true}
        60 wake
        ----
        0: verdict 1 refuse unavailable this gateway doesn't know the call-out yet: try aga…
        2: r1 asks "subscribe" "s/2" in 3000
        2: r2 asks "subscribe" "s/3" in 3000
        3: verdict 2 refuse unavailable this gateway doesn't know the call-out yet: try aga…
        4: verdict 4 refuse unavailable this gateway doesn't know the call-out yet: try aga…
        4: r3 asks "subscribe" "s/5" in 50
        5: verdict 3 allow
        54: verdict 5 refuse unavailable the web application didn't answer in time: try agai…
        54: call-out "other" fails on subscribe, at http://other.example/imq: no answer in t…
        "#,
    );
}

#[test]
fn one_target_that_never_answers_holds_up_no_other() {
    check(
        r#"
        0 config slow:concurrency_max=1 app
        1 ask 1 slow subscribe /a
        1 ask 2 slow subscribe /a
        1 ask 3 app subscribe /b
        2 200 r3 {"allow":true}
        ----
        1: r1 asks "subscribe" "s/1" in 3000
        1: r3 asks "subscribe" "s/3" in 3000
        2: verdict 3 allow
        "#,
    );
}

#[test]
fn no_application_takes_the_places_of_another() {
    check(
        r#"
        0 places 8
        0 config slow:concurrency_max=100 app:concurrency_max=100
        1 ask 1 slow subscribe /a
        1 ask 2 slow subscribe /a
        1 ask 3 slow subscribe /a
        1 ask 4 app subscribe /b
        2 200 r1 {"allow":true}
        ----
        1: r1 asks "subscribe" "s/1" in 3000
        1: r2 asks "subscribe" "s/2" in 3000
        1: r4 asks "subscribe" "s/4" in 3000
        2: r3 asks "subscribe" "s/3" in 2999
        2: verdict 1 allow
        "#,
    );
}
