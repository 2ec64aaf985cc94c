//! The end of a session from elsewhere: kicks, seats that are taken away, and leaving.

use super::{Settings, dev, run};
use crate::machine::settings::Faults;

/// One client in one room.
const ONE: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 3
";

fn after_one(settings: Settings, steps: &str) -> String {
    let log = run(settings, &format!("{ONE}{steps}"));
    let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with("0:")).collect();
    lines.join("\n")
}

#[test]
fn a_kick_is_about_one_connection() {
    let kicked = after_one(dev(), "1 n1 kick 0 3509 7 resumed elsewhere");
    assert!(
        kicked.contains(r#"{"closing":{"code":3509,"reason":"resumed elsewhere"}}"#),
        "{kicked}"
    );
    assert!(kicked.contains("lost 0") && kicked.contains("detach 0 /room/1"), "{kicked}");
    for other in ["6", "8", "0"] {
        assert_eq!(after_one(dev(), &format!("1 n1 kick 0 3500 {other} x")), "");
    }
    assert_eq!(after_one(dev(), "1 n1 kick 5 3500 7 x"), "");
    let log = run(dev(), "0 ready\n0 c0 open\n0 c0 connect ann\n1 n1 kick 0 3500 0 x");
    assert!(!log.contains("closing"), "{log}");
    let faults = Faults { resend_after_kick: true, ..Faults::default() };
    let steps = "1 n1 kick 0 3500 7 x\n2 c0 send 2 /room/1 chat a";
    let log = after_one(Settings { faults, ..dev() }, steps);
    assert_eq!(log, "2: n1 operation of 0 sub 0: send 2 /room/1");
}

#[test]
fn a_seat_that_is_elsewhere_goes_without_a_word() {
    let steps = "
        1 n1 unsubscribed 1 0
        2 n1 message 1 4 1
        3 c0 gone
        4 n1 lost_noted 0";
    assert_eq!(after_one(dev(), steps), "3: n1 lost 0\n4: n1 forget 0");
    // A subscribe on its way answers for itself.
    let steps = "
        1 c0 subscribe 2 /room/1
        2 n1 unsubscribed 1 0
        3 n1 answer 0 2 0
        4 n1 subscribed 0 1 5";
    let log = after_one(dev(), steps);
    assert!(!log.contains("unsubscribed"), "{log}");
    assert!(log.ends_with(r#"4: c0 {"subscribed":{"sub":1,"queue":"q","epoch":5}}"#), "{log}");
}

#[test]
fn leaving_ends_only_by_the_answer_to_its_own_detach() {
    let steps = "
        1 c0 gone
        2 n1 unsubscribed 1 0
        2 n1 unsubscribed 1 all the queue is deleted
        3 n1 lost_noted 0
        4 n1 detached 1 0";
    let expected = "1: n1 lost 0\n1: n1 detach 0 /room/1\n4: n1 forget 0";
    assert_eq!(after_one(dev(), steps), expected);
    // An answer that nobody waits for says nothing of a session that is there.
    assert_eq!(after_one(dev(), "1 n1 detached 1 0\n2 n1 message 1 4 1").lines().count(), 1);
}

#[test]
fn who_has_no_socket_is_introduced_as_leaving() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 c0 gone
        3 down
        4 up";
    let log = after_one(dev(), steps);
    assert!(log.contains("4: n1 introduce 0 ann 7 leaving"), "{log}");
}
