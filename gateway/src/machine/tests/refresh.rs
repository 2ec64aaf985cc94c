//! Credentials that expire, and new ones in time.

use super::{dev, run};

const IN: &str = "
    0 ready
    0 authority
    0 c0 open
    0 c0 connect ann@20000 token
    0 n1 logged_in 0 0
";

fn after(steps: &str) -> String {
    run(dev(), &format!("{IN}{steps}"))
}

#[test]
fn credentials_hold_until_they_expire() {
    let log = after("19999 c0 pong 1\n20000 wait\n30000 wait");
    let expired = "20000: c0 {\"closing\":{\"code\":3010,\"reason\":\"the token has expired: ";
    assert_eq!(log.matches("closing").count(), 1, "{log}");
    assert!(log.contains(expired) && log.contains("20000: n1 lost 0"), "{log}");
    let log = after("10 c0 gone\n11 c0 open\n20000 wait");
    assert!(!log.contains("expired"), "{log}");
}

/// In durations: nobody compares clocks.
#[test]
fn a_client_is_told_how_long_its_credentials_are_good() {
    let log = run(
        dev(),
        "0 loud\n5000 ready\n5000 authority\n5000 c0 open\n5000 c0 connect ann@20000 token
        6000 n1 logged_in 0 0\n7000 c0 refresh 3 ann@37000\n8000 c0 refresh 4 ann",
    );
    assert!(log.contains("6000: c0 welcome for 19000 ms"), "{log}");
    assert!(log.contains(r#""op_id":3,"status":0,"seq":0,"expires_in_ms":37000"#), "{log}");
    assert!(log.contains("\"op_id\":4,\"status\":0,\"seq\":0}"), "it has no end: {log}");
}

#[test]
fn new_credentials_are_the_same_users() {
    let log = after("10 c0 refresh 3 ann@23000\n22000 c0 pong 1\n23010 wait");
    assert!(log.contains(r#"10: c0 {"result":{"op_id":3,"status":0"#), "{log}");
    assert!(log.contains(r#"23010: c0 {"closing":{"code":3010"#), "{log}");
    let log = after("10 c0 refresh 3 ann\n20500 c0 pong 1");
    assert!(!log.contains("expired"), "{log}");
    let log = after("10 c0 refresh 3 bob");
    assert!(
        log.contains(r#""op_id":3,"status":16,"error_message":"the token belongs to another user"#),
        "{log}"
    );
    let log = after("10 c0 refresh 3 ann\n11 c0 refresh 3 ann");
    assert_eq!(log.matches(r#""op_id":3,"status":0"#).count(), 2, "it is good once more: {log}");
}

#[test]
fn the_users_home_hears_how_long_new_credentials_are_good() {
    let introduced = |steps: &str| after(steps).contains("10: n1 introduce 0 ann 7");
    assert!(introduced("10 c0 refresh 3 ann@23000") && !introduced("10 c0 refresh 3 bob"));
}
