//! Requests of the back end.

use proto::limits::UNANSWERED_BYTES_MAX;
use proto::share;

use super::{Bench, Settings, check, dev, run};

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
        11 web 17 list_queues {"limit":1000}
        12 n1 reply 5
        13 web 18 list_queues {"limit":1001}
        ----
        1: n1 at reign 1
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
        11: n1 request 5 remembered 0 key of 0 bytes
        12: web 17 status 0  next ""
        13: web 18 status 3  next ""
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

#[test]
fn what_waits_of_one_api_key_leaves_others_their_share_of_the_list() {
    let mut bench = Bench::new(dev());
    bench.step("0 ready");
    let payload = "x".repeat(60_000);
    let send = |bench: &mut Bench, number: usize, api_key: u32| {
        let before = bench.log.len();
        let body = format!(r#"{{"queue":"/room/1","mount":"chat","payload":"{payload}"}}"#);
        bench.step(&format!("1 web {number} as={api_key} send_message {body}"));
        bench.log[before..].to_owned()
    };
    let fits = (1..).find(|number| send(&mut bench, *number, 1).contains("status 8"));
    let fits = fits.expect("it is refused some day") - 1;
    let held = fits * payload.len();
    let share = share::most(UNANSWERED_BYTES_MAX);
    assert!((share - payload.len()..share + payload.len()).contains(&held), "{held}");
    // Another API key, and reads of the gateway's own, notice nothing.
    assert!(!send(&mut bench, 1_000, 2).contains("status"));
    bench.step(r#"2 web 1001 as=2 list_queues {}"#);
    assert!(!bench.log.contains("web 1001"));
    // Answered, it has its share anew.
    (1..=fits).for_each(|number| bench.step(&format!("3 n1 reply {number}")));
    assert!(!send(&mut bench, 1_002, 1).contains("status"));
    (fits + 1..=fits + 3).for_each(|number| bench.step(&format!("4 n1 reply {number}")));
    assert!(bench.lane.parts.web.is_idle(), "nothing is counted that isn't there");
}
