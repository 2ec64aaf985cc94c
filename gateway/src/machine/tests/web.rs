//! Requests of the back end.

use super::{Settings, check, run};

#[test]
fn a_request_goes_to_its_home_and_back() {
    check(
        r#"
        0 ready
        1 web 11 send_message {"queue":"/room/1","mount":"chat","payload":1}
        2 n1 reply 1
        3 web 12 get_queue {"queue":"/room/1"}
        4 web 13 get_queue {"queue":"room"}
        5 web 14 list_queues {"prefix":"/r","limit":2}
        6 n1 reply 2
        7 n1 reply 3 /r/1 /r/2
        8 web 15 list_queues {"after":"0.0./r/2"}
        9 n1 reply 4 /r/3
        10 web 16 list_queues {"after":"nonsense"}
        ----
        1: n1 at conf 1
        1: n1 request 1 remembered 15000 key of 16 bytes
        2: web 11 status 0  next ""
        3: n1 request 2 remembered 0 key of 0 bytes
        4: web 13 status 3  next ""
        5: n1 request 3 remembered 0 key of 0 bytes
        6: web 12 status 0  next ""
        7: web 14 status 0 /r/1 /r/2 next "0.0./r/2"
        8: n1 request 4 remembered 0 key of 0 bytes
        9: web 15 status 0 /r/3 next ""
        10: web 16 status 3  next ""
        "#,
    );
}

#[test]
fn a_request_that_finds_no_home_is_answered() {
    let settings = Settings { give_up_ms: 5_000, ..Settings::default() };
    let steps = r#"
        0 table 1 0 n1
        1 web 11 get_queue {"queue":"/room/1"}
        6000 wait"#;
    let log = run(settings, steps);
    assert!(log.contains("web 11 status 14"), "{log}");
}
