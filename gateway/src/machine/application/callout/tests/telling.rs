//! Tells: batches, order, retries, bounds, links that end.

use super::bench::Bench;
use super::{check, run};

#[test]
fn gathers_what_came_and_acknowledges_what_was_heard() {
    check(
        r#"
        0 config app
        1 tell l1 1 app joined /a 1 ann
        1 tell l2 1 app queue_created /b 1 ann
        1 tell l1 2 app left /a 2 ann
        2 tell l1 3 app joined /a 3 bob
        3 tell l1 3 app joined /a 3 bob
        9 204 r1
        10 wake
        11 200 r2
        ----
        1: r1 tells /a:9:1:joined:ann /b:9:1:queue_created /a:9:2:left:ann
        9: l1 heard [1, 2]
        9: l2 heard [1]
        9: r2 tells /a:9:3:joined:bob
        11: l1 heard [3]
        "#,
    );
}

#[test]
fn a_batch_is_posted_again_until_it_is_heard_and_nothing_overtakes_it() {
    check(
        r#"
        0 config app
        1 tell l1 1 app joined /a 1 ann
        2 500 r1
        2 tell l1 2 app left /a 2 ann
        next wake
        next 302 r2
        next wake
        next 200 r3
        next wake
        ----
        1: r1 tells /a:9:1:joined:ann
        2: call-out "app" doesn't acknowledge tells, at http://app.example/imq: HTTP status…
        next: r2 tells /a:9:1:joined:ann
        next: r3 tells /a:9:1:joined:ann
        next: l1 heard [1]
        next: call-out "app" again acknowledges tells
        next: r4 tells /a:9:2:left:ann
        "#,
    );
}

#[test]
fn a_tell_that_an_application_fails_on_holds_up_its_own_queue_only() {
    let mut steps = "0 config app
        1 tell l1 1 app joined /a 1 ann
        1 tell l1 2 app joined /bad 1 ann
        1 tell l1 3 app left /bad 2 ann
        1 tell l1 4 app joined /c 1 ann
        next wake"
        .to_owned();
    // All together three times, then one by one: the first is good, the second is not.
    for request in 1..=3 {
        steps += &format!("\nnext 500 r{request}\nnext wake");
    }
    steps += "
        next 200 r4
        next wake
        next 500 r5
        next wake
        next 200 r6
        next wake
        next 500 r7
        next wake
        next 200 r8
        next wake
        next 200 r9";
    let log = run(&steps);
    let said = |line: &str| log.lines().filter(|one| one.contains(line)).count();
    assert_eq!(said("tells /a:9:1:joined:ann /bad:9:1:joined:ann"), 3, "{log}");
    let order: Vec<&str> = log
        .lines()
        .filter_map(|line| line.split_once(" tells ").map(|(_, ids)| ids))
        .skip(3)
        .collect();
    assert_eq!(
        order,
        [
            "/a:9:1:joined:ann",
            "/bad:9:1:joined:ann",
            "/c:9:1:joined:ann",
            "/bad:9:1:joined:ann",
            "/bad:9:1:joined:ann",
            "/bad:9:2:left:ann",
        ],
        "{log}"
    );
}

#[test]
fn an_application_that_is_down_gets_the_same_batch_again() {
    let mut steps = "0 config app
        1 tell l1 1 app joined /a 1 ann
        1 tell l1 2 app joined /b 1 ann
        next wake"
        .to_owned();
    for request in 1..=6 {
        steps += &format!("\nnext 503 r{request}\nnext wake");
    }
    let log = run(&steps);
    assert_eq!(log.matches("tells /a:9:1:joined:ann /b:9:1:joined:ann").count(), 7, "{log}");
}

/// The same id and bytes at each retry, a new time and signature.
#[test]
fn a_retry_is_the_same_message() {
    use super::bench::at;
    use crate::machine::application::callout::Out;
    let mut bench = Bench::new();
    bench.step("0 config app");
    bench.step("1 tell l1 1 app joined /a 1 ann");
    let mut out = Out::default();
    bench.callouts.wake(at(1), &mut out);
    bench.step("2 dead r1");
    let again_ms = bench.callouts.wake_at().unwrap();
    assert!((502..=1_002).contains(&again_ms), "{again_ms}");
    bench.callouts.wake(at(again_ms + 5_000), &mut out);
    let [first, second] = &out.requests[..] else { panic!("{:?}", out.requests) };
    assert_eq!(first.body, second.body);
    assert_eq!(first.headers[1], second.headers[1], "the id");
    assert_ne!(first.headers[2], second.headers[2], "the time");
    assert_ne!(first.headers[3], second.headers[3], "the signature");
}

#[test]
fn a_batch_is_bounded() {
    let mut script = "0 config app\n".to_owned();
    for number in 1..=250 {
        script += &format!("0 tell l1 {number} app joined /a {number} ann\n");
    }
    script += "5 200 r1\n6 200 r2\n7 200 r3\n8 wake";
    let log = run(&script);
    let sizes: Vec<usize> = log
        .lines()
        .filter(|line| line.contains("tells"))
        .map(|line| line.matches("/a:").count())
        .collect();
    assert_eq!(sizes, [100, 100, 50], "{log}");
}

#[test]
fn who_answers_no_tell_is_told_again() {
    check(
        r#"
        0 config app
        1 tell l1 1 app joined /a 1 ann
        10001 wake
        10002 200 r1
        next wake
        next 200 r2
        ----
        1: r1 tells /a:9:1:joined:ann
        10001: call-out "app" doesn't acknowledge tells, at http://app.example/imq: no answer i…
        next: r2 tells /a:9:1:joined:ann
        next: l1 heard [1]
        next: call-out "app" again acknowledges tells
        "#,
    );
}

#[test]
fn a_link_that_ends_takes_its_tells_with_it() {
    check(
        r#"
        0 config app
        1 tell l1 1 app joined /a 1 ann
        1 tell l2 1 app joined /b 1 bob
        2 tell l1 2 app left /a 2 ann
        2 tell l2 2 app left /b 2 bob
        3 down l1
        4 tell l1 1 app joined /a 1 ann
        5 500 r1
        next wake
        9000 200 r2
        ----
        1: r1 tells /a:9:1:joined:ann /b:9:1:joined:bob
        5: call-out "app" doesn't acknowledge tells, at http://app.example/imq: HTTP status…
        next: r2 tells /b:9:1:joined:bob /b:9:2:left:bob /a:9:1:joined:ann
        9000: l1 heard [1]
        9000: l2 heard [1, 2]
        9000: call-out "app" again acknowledges tells
        "#,
    );
}

#[test]
fn a_batch_that_waits_to_go_again_is_made_anew_without_a_link_that_ends() {
    check(
        r#"
        0 config app
        1 tell l1 1 app joined /a 1 ann
        1 tell l2 1 app joined /b 1 bob
        2 dead r1
        3 down l2
        next wake
        9000 200 r2
        ----
        1: r1 tells /a:9:1:joined:ann /b:9:1:joined:bob
        2: call-out "app" doesn't acknowledge tells, at http://app.example/imq: it can't be…
        next: r2 tells /a:9:1:joined:ann
        9000: l1 heard [1]
        9000: call-out "app" again acknowledges tells
        "#,
    );
}

/// Beyond the bound nothing is taken, and nothing behind it, until the node begins again.
#[test]
fn what_is_too_much_stays_with_the_node_and_keeps_its_order() {
    let mut bench = Bench::new();
    bench.step("0 config app");
    bench.step("0 tell l2 1 app joined /b 1 bob");
    bench.step("1 wake");
    let tell = |number: u64| format!("1 tell l1 {number} app joined /a {number} ann");
    for number in 1..=10_002 {
        bench.step(&tell(number));
    }
    assert_eq!(bench.callouts.counters().tells_declined, 2);
    bench.step("2 200 r1");
    bench.step("3 200 r2");
    // There is space, but what comes now would overtake what wasn't taken.
    bench.step("3 tell l1 10003 app joined /a 10003 ann");
    assert_eq!(bench.callouts.counters().tells_declined, 3);
    bench.step("3 tell l2 2 app joined /b 2 bob");
    for number in 10_001..=10_003 {
        bench.step(&tell(number).replacen('1', "3", 1));
    }
    assert_eq!(bench.callouts.counters().tells_declined, 3);
    assert_eq!(bench.callouts.counters().tells_taken, 1 + 10_000 + 1 + 3);
    for request in 3..=103 {
        bench.step(&format!("4 200 r{request}"));
        bench.step("4 wake");
    }
    let seqs: Vec<u64> = bench
        .log
        .split([' ', '\n'])
        .filter_map(|id| id.strip_prefix("/a:9:")?.strip_suffix(":joined:ann")?.parse().ok())
        .collect();
    assert_eq!(seqs, (1..=10_003).collect::<Vec<u64>>());
    assert_eq!(bench.callouts.counters().tells_waiting, 0);
}

#[test]
fn what_nobody_is_configured_for_stays_with_the_node() {
    check(
        r#"
        0 tell l1 1 app joined /a 1 ann
        1 config app
        2 tell l1 2 app left /a 2 ann
        3 tell l1 1 app joined /a 1 ann
        3 tell l1 2 app left /a 2 ann
        4 config
        5 200 r1
        6 config app
        7 tell l1 3 app joined /a 3 ann
        8 tell l1 1 app joined /a 1 ann
        8 tell l1 2 app left /a 2 ann
        9 200 r2
        ----
        3: r1 tells /a:9:1:joined:ann /a:9:2:left:ann
        8: r2 tells /a:9:1:joined:ann /a:9:2:left:ann
        9: l1 heard [1, 2]
        "#,
    );
}
