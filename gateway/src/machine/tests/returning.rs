//! Who comes back where the application says who connects: the secret is enough.

use super::{Settings, check_with, dev, run};

/// A token is nothing but the application's.
fn opaque() -> Settings {
    Settings { dev_auth: false, ..dev() }
}

#[test]
fn who_resumes_is_recognised_and_the_application_is_not_asked() {
    check_with(
        opaque(),
        r#"
        0 ready
        0 config connect
        1 c0 open
        1 c0 connect ann resume 5 9 /room/1@5
        1 c0 send 8 /room/1 chat a
        2 n1 recognised 1 ann 9000
        3 n1 logged_in 0 0 resumed ann 5 11
        9002 wait
        ----
        1: n1 at reign 1
        1: n1 recognise 1 session 5 secret 9
        2: n1 introduce 0 ann 0
        2: n1 login 0 resume 5 secret 9 only
        3: c0 welcome for 8999 ms
        3: c0 {"ping":{"nonce":11}}
        3: n1 introduce 0 ann 11
        3: n1 resume of 0 sub 2: /room/1 epoch 5 marks {"chat": 3}
        3: n1 operation of 0 sub 0: send 8 /room/1
        9002: c0 {"closing":{"code":3010,"reason":"the token has expired: connect with a new one,
        .. and refresh that before it expires","may_retry":true}}
        9002: c0 closes when written
        9002: n1 lost 0
        "#,
    );
}

const COMES_BACK: &str = "
    0 ready
    0 config connect
    1 c0 open
    1 c0 connect ann resume 5 9 /room/1@5
";

#[test]
fn who_is_not_recognised_is_asked_about() {
    let log = |steps: &str| run(opaque(), &format!("{COMES_BACK}{steps}"));
    for unknown in ["recognised 1", "recognised 1 ann 9000"] {
        let log = log(&format!("1 clock 9000\n3 n1 {unknown}"));
        assert!(log.contains("3: app 1 asked connect"), "{log}");
    }
    let ended = log("3 n1 recognised 1 ann\n4 n1 logged_in 0 16 code 3002 0");
    assert!(ended.contains(r#"4: c0 {"closing":{"code":3002"#), "{ended}");
    assert!(!ended.contains("app 1"), "{ended}");
    let gone = log("2 c0 gone\n3 n1 recognised 1 ann");
    assert!(!gone.contains("login") && !gone.contains("app 1"), "{gone}");
    let lost = log("2 down\n20000 wait");
    assert!(lost.contains(r#"{"closing":{"code":3004"#), "{lost}");
    let again = log("2 down\n3 up");
    assert_eq!(again.matches("recognise 1 session 5 secret 9").count(), 2, "{again}");
    let unasked = log("2 config\n3 n1 recognised 1");
    assert!(unasked.contains(r#"3: c0 {"closing":{"code":3004"#), "{unasked}");
}
