//! Logging in with a session to go on with, its queues, its inbox, and what confirms it.

use super::{Settings, check, dev, run};
use crate::machine::settings::Faults;

#[test]
fn a_session_that_goes_on_gets_its_queues_and_its_inbox_then_what_waited() {
    check(
        r#"
        0 ready
        0 loud
        0 c0 open
        0 c0 connect ann resume 5 9 /room/1@5 room /room/2@6 /room/1@5
        0 c0 send 8 /room/1 chat a
        1 n1 logged_in 0 0 resumed ann 5 11
        2 n1 answer 0 0 0
        3 n1 subscribed 0 1 3
        4 n1 answer 0 0 0
        4 n1 subscribed 0 2 9 all 1
        4 n1 replay 0 2 8
        5 n1 answer 0 0 5 no member of it
        6 n1 answer 0 8 0
        7 c0 pong 11
        8 c0 pong 11
        ----
        0: n1 introduce 0 ann 0
        0: n1 at reign 1
        0: n1 login 0 resume 5 secret 9
        1: c0 welcome
        1: c0 {"ping":{"nonce":11}}
        1: c0 {"unsubscribed":{"queue":"room","reason":"a queue name begins with '/'",
        .."may_retry":true}}
        1: n1 introduce 0 ann 11
        1: n1 resume of 0 sub 1: /user/ann epoch 0 marks {}
        1: n1 resume of 0 sub 2: /room/1 epoch 5 marks {"chat": 3}
        1: n1 resume of 0 sub 3: /room/2 epoch 6 marks {"chat": 3}
        1: n1 operation of 0 sub 0: send 8 /room/1
        3: c0 {"subscribed":{"sub":1,"queue":"q","epoch":5}}
        4: c0 {"subscribed":{"sub":2,"queue":"q","epoch":5}}
        4: c0 {"message":{"sub":2,"mount":"chat","seq":8,"payload_base64":"b2xk","history":true}}
        5: c0 {"unsubscribed":{"queue":"/room/2","reason":"no member of it","may_retry":true}}
        6: c0 {"result":{"op_id":8,"status":0,"seq":0}}
        7: n1 confirmed 0
        "#,
    );
}

#[test]
fn what_a_session_that_goes_on_sends_again_has_old_numbers() {
    let again = "
        2 c0 send 8 /room/2 chat b
        3 c0 send 7 /room/1 chat a
        4 c0 send 0 /room/1 chat a";
    let log = run(dev(), &format!("{ASKING}1 n1 logged_in 0 0 resumed ann 5 11{again}"));
    assert!(log.contains("2: n1 operation of 0 sub 0: send 8 /room/2"), "{log}");
    assert!(log.contains("3: n1 operation of 0 sub 0: send 7 /room/1"), "{log}");
    assert!(!log.contains("send 0"), "{log}");
    let log = run(dev(), &format!("{ASKING}1 n1 logged_in 0 0{again}"));
    assert!(log.contains("3: n1 operation of 0 sub 0: send 7 /room/1"), "{log}");
    assert!(!log.contains("send 0"), "{log}");
}

const ASKING: &str = "
    0 ready
    0 loud
    0 c0 open
    0 c0 connect ann resume 5 9 /room/1@5 /user/ann@7
";

#[test]
fn a_session_that_is_new_has_seen_nothing() {
    let log = run(dev(), &format!("{ASKING}1 n1 logged_in 0 0"));
    assert!(log.contains("resume of 0 sub 1: /user/ann epoch 0 marks {}"), "{log}");
    assert!(!log.contains("/room/1"), "{log}");
    let goes_on = format!("{ASKING}1 n1 logged_in 0 0 resumed ann 5 11");
    let log = run(dev(), &goes_on);
    assert_eq!(log.matches("/user/ann").count(), 1, "{log}");
    assert!(log.contains("/user/ann epoch 7 marks {\"chat\": 3}"), "{log}");
    let faults = Faults { resume_seen_ignored: true, ..Faults::default() };
    let log = run(Settings { faults, ..dev() }, &goes_on);
    assert!(!log.contains("/room/1") && log.contains("/user/ann epoch 0"), "{log}");
}

#[test]
fn what_confirms_is_the_pong_on_this_connection() {
    let steps =
        |step: &str| format!("{ASKING}0 c0 pong 11\n1 n1 logged_in 0 0 resumed ann 5 11\n{step}");
    let log = run(dev(), &steps("2 c0 pong 12"));
    assert!(!log.contains("confirmed"), "{log}");
    // It outlives the link: the home hears it with the introduction.
    let log = run(dev(), &steps("2 down\n3 c0 pong 11\n4 up"));
    assert!(log.contains("4: n1 introduce 0 ann 11 confirmed"), "{log}");
    let log = run(dev(), &steps("2 c0 pong 11\n3 down\n4 up"));
    assert!(log.contains("2: n1 confirmed 0\n4: n1 introduce 0 ann 11 confirmed"), "{log}");
    let faults = Faults { confirmed_early: true, ..Faults::default() };
    assert!(run(Settings { faults, ..dev() }, &steps("2 wait")).contains("1: n1 confirmed 0"));
}

#[test]
fn a_resume_on_its_way_is_sent_again_or_given_up() {
    let begin = format!("{ASKING}1 n1 logged_in 0 0 resumed ann 5 11");
    let log = run(dev(), &format!("{begin}\n2 down\n3 up\n4 n1 at 1\n4 n1 answer 0 0 0"));
    let again =
        "3: n1 resume of 0 sub 1: /room/1 epoch 5 marks {\"chat\": 3}\n3: n1 resume of 0 sub 2";
    assert!(log.contains(again), "{log}");
    // Admitted, but the link is lost before `subscribed`.
    let log = run(dev(), &format!("{begin}\n2 n1 answer 0 0 0\n3 down"));
    let told = r#"3: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"node lost","#;
    assert!(log.contains(told), "{log}");
    // The data is lost before the answer: nobody can tell, so the client subscribes anew.
    let log = run(dev(), &format!("{begin}\n2 table 2 1 n1"));
    assert!(
        log.contains(r#"{"unsubscribed":{"queue":"/room/1","reason":"the queue's home was lost"#),
        "{log}"
    );
    assert!(log.contains(r#""code":3002"#), "{log}");
}

#[test]
fn a_subscribe_behind_a_resume_answers_for_it() {
    let begin = format!(
        "{ASKING}1 n1 logged_in 0 0 resumed ann 5 11
        2 c0 subscribe 9 /room/1
        3 n1 answer 0 0 5 no member
        3 n1 answer 0 0 0"
    );
    let log = run(dev(), &format!("{begin}\n4 n1 answer 0 9 0\n5 n1 subscribed 0 1 3"));
    assert!(!log.contains(r#"unsubscribed":{"queue":"/room/1""#), "{log}");
    assert!(
        log.trim_end().ends_with(r#"5: c0 {"subscribed":{"sub":1,"queue":"q","epoch":5}}"#),
        "{log}"
    );
    let log = run(dev(), &format!("{begin}\n4 n1 answer 0 9 7"));
    assert!(
        log.trim_end().ends_with(r#""queue":"/room/1","reason":"node lost","may_retry":true}}"#),
        "{log}"
    );
}

#[test]
fn what_cannot_be_this_users_session_is_not_asked_for() {
    let connect = "0 ready\n0 c0 open\n0 c0 connect ";
    let log = run(dev(), &format!("{connect}ann"));
    assert!(log.contains("0: n1 login 0\n"), "{log}");
    let log = run(dev(), &format!("{ASKING}1 n1 logged_in 0 0 resumed bob 5 11"));
    assert!(log.contains("ended: the node sent a frame that can't be read"), "{log}");
}

#[test]
fn a_login_that_was_never_sent_leaves_with_its_socket() {
    let steps = "
        0 ready
        1 down
        2 c0 open
        2 c0 connect ann
        3 c0 gone
        4 c0 open
        4 c0 connect bob
        5 up";
    let log = run(dev(), steps);
    assert_eq!(log.trim_end(), "5: n1 introduce 0 bob 0\n5: n1 at reign 1\n5: n1 login 0");
    // One that was sent is not sent again: the client may be back on another connection.
    let steps = "
        0 ready
        1 c0 open
        1 c0 connect ann
        2 c0 gone
        3 down
        4 up
        5 c0 open
        5 c0 connect bob";
    let log = run(dev(), steps);
    let expected = "1: n1 login 0\n2: n1 lost 0\n5: n1 introduce 0 bob 0\n";
    assert!(log.contains(expected), "{log}");
    // If its answer comes, the session is spoken of as leaving.
    let steps = "
        0 ready
        1 c0 open
        1 c0 connect ann
        2 c0 gone
        3 n1 logged_in 0 0 resumed ann 5 11
        4 n1 lost_noted 0";
    let log = run(dev(), steps);
    let expected = "2: n1 lost 0\n3: n1 introduce 0 ann 11 leaving\n4: n1 forget 0";
    assert!(log.trim_end().ends_with(expected), "{log}");
}

#[test]
fn a_refused_login_closes_with_its_code_and_nobody_is_told_of_a_loss() {
    let log = run(dev(), "0 ready\n0 c0 open\n0 c0 connect ann\n1 n1 logged_in 0 8 code 3009 700");
    assert!(log.contains(r#""closing":{"code":3009,"#), "{log}");
    assert!(log.contains(r#""retry_after_ms":700"#), "{log}");
    assert!(!log.contains("lost") && log.contains("forget 0"), "{log}");
    let log = run(dev(), "0 ready\n0 c0 open\n0 c0 connect ann\n1 n1 logged_in 0 10");
    assert!(log.contains(r#""closing":{"code":3506}"#), "{log}");
}
