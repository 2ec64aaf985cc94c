//! The circuit breaker.

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::{check, run};
use crate::machine::application::callout::breaker::{Breaker, Change};
use crate::machine::application::callout::retry;

#[test]
fn opens_probes_and_closes() {
    check(
        r#"
        0 config app:concurrency_max=7
        1 ask 1 app subscribe /a
        1 ask 2 app subscribe /a
        1 ask 3 app subscribe /a
        1 ask 4 app subscribe /a
        1 ask 5 app subscribe /a
        1 ask 6 app subscribe /a
        2 dead r1
        2 dead r2
        2 503 r3
        2 late r4
        3 dead r5
        4 ask 7 app subscribe /a
        5 200 r6 {"allow":true}
        60000 ask 8 app subscribe /a
        60000 ask 9 app subscribe /a
        60001 200 r7 {"allow":true}
        60002 ask 10 app subscribe /a
        ----
        1: r1 asks "subscribe" "s/1" in 3000
        1: r2 asks "subscribe" "s/2" in 3000
        1: r3 asks "subscribe" "s/3" in 3000
        1: r4 asks "subscribe" "s/4" in 3000
        1: r5 asks "subscribe" "s/5" in 3000
        1: r6 asks "subscribe" "s/6" in 3000
        2: verdict 1 refuse unavailable the web application can't be reached: try again lat…
        2: call-out "app" fails on subscribe, at http://app.example/imq: it can't be reache…
        2: verdict 2 refuse unavailable the web application can't be reached: try again lat…
        2: verdict 3 refuse unavailable the web application gave no valid answer: try again…
        2: verdict 4 refuse unavailable the web application didn't answer in time: try agai…
        3: verdict 5 refuse unavailable the web application can't be reached: try again lat…
        3: call-out "app" is down (it can't be reached: refused): for _ ms it isn't asked, …
        4: verdict 7 refuse unavailable the web application is down or too busy and isn't a…
        5: verdict 6 allow
        60000: r7 asks "subscribe" "s/8" in 3000
        60000: verdict 9 refuse unavailable the web application is down or too busy and isn't a…
        60001: verdict 8 allow
        60001: call-out "app" answers again
        60002: r8 asks "subscribe" "s/10" in 3000
        "#,
    );
}

#[test]
fn what_waits_when_it_opens_gets_no_answer() {
    let mut script = "0 config app:concurrency_max=1\n".to_owned();
    for number in 1..=4 {
        script += &format!("0 ask {number} app subscribe /a\n1 dead r{number}\n");
    }
    script +=
        "2 ask 5 app subscribe /a\n2 ask 6 app subscribe /b\n2 ask 7 app subscribe /c\n3 dead r5";
    let log = run(&script);
    for number in [5, 6, 7] {
        assert!(log.contains(&format!("3: verdict {number} refuse unavailable")), "{log}");
    }
    assert!(!log.contains("r6"), "{log}");
}

/// Four in a millisecond: others are not to wait for the rest.
#[test]
fn what_waits_is_let_go_a_few_at_a_time() {
    let mut script = "0 config app:concurrency_max=3\n".to_owned();
    for number in 1..=4 {
        script += &format!("0 ask {number} app subscribe /a\n1 dead r{number}\n");
    }
    for number in 5..=16 {
        script += &format!("2 ask {number} app subscribe /of/{number}\n");
    }
    script += "3 dead r5\n4 dead r6\n9 ask 17 app subscribe /a";
    let log = run(&script);
    for (at_ms, numbers) in [(3, 8..=11), (4, 12..=15), (5, 16..=16)] {
        for number in numbers {
            let verdict = format!("{at_ms}: verdict {number} refuse unavailable");
            assert!(log.contains(&verdict), "{verdict}: {log}");
        }
    }
    assert!(!log.contains("r8 asks"), "no place is filled while it is open: {log}");
    assert!(log.contains("9: verdict 17 refuse"), "{log}");
}

#[test]
fn who_still_waits_is_asked_when_the_url_changes() {
    let mut script = "0 config app:concurrency_max=2\n".to_owned();
    for number in 1..=4 {
        script += &format!("0 ask {number} app subscribe /a\n1 dead r{number}\n");
    }
    for number in 5..=13 {
        script += &format!("2 ask {number} app subscribe /of/{number}\n");
    }
    script += "3 dead r5\n3 dead r6\n3 config app:concurrency_max=2,url='http://new.example/'\n";
    script += "5 200 r12 {\"allow\":true}";
    let log = run(&script);
    assert!(log.contains("3: verdict 10 refuse") && !log.contains("verdict 11 refuse"), "{log}");
    assert!(log.contains("4: r11 asks") && log.contains("4: r12 asks"), "{log}");
    assert!(log.contains("5: verdict 12 allow") && log.contains("5: r13 asks"), "{log}");
}

/// A user's message may make the application fail: others must still be asked.
#[test]
fn answers_that_cannot_be_read_do_not_open_it() {
    let mut script = "0 config app\n".to_owned();
    for number in 1..=40 {
        let answer = ["500", "200", "404", "huge", "302"][number % 5];
        script += &format!("1 ask {number} app subscribe /a\n1 {answer} r{number} oops\n");
    }
    let log = run(&script);
    assert!(log.contains("r40 asks") && !log.contains("isn't asked"), "{log}");
}

#[test]
fn opens_when_half_of_the_last_failed() {
    let mut random = StdRng::seed_from_u64(1);
    let mut breaker = Breaker::default();
    for at in 0..19 {
        assert_eq!(breaker.over(at, false, at % 2 == 1, &mut random), Change::None, "at {at}");
    }
    assert!(matches!(breaker.over(19, false, true, &mut random), Change::Opened { .. }));
    assert!(!breaker.is_closed());
}

#[test]
fn a_probe_that_fails_doubles_the_back_off() {
    let mut random = StdRng::seed_from_u64(1);
    let mut breaker = Breaker::default();
    let mut now_ms = 0;
    for _ in 0..4 {
        assert_eq!(breaker.over(now_ms, false, true, &mut random), Change::None);
    }
    let mut change = breaker.over(now_ms, false, true, &mut random);
    for longest_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
        let Change::Opened { for_ms } = change else { panic!("{change:?}") };
        assert!((longest_ms / 2..=longest_ms).contains(&for_ms), "{for_ms} of {longest_ms}");
        assert!(!breaker.probe(now_ms + for_ms - 1), "too early");
        now_ms += for_ms;
        assert!(breaker.probe(now_ms) && !breaker.probe(now_ms), "one probe");
        // What was asked before it opened is of no interest.
        assert_eq!(breaker.over(now_ms, false, false, &mut random), Change::None);
        change = breaker.over(now_ms, true, true, &mut random);
    }
}

#[test]
fn another_url_is_asked_at_once() {
    let mut script = "0 config app\n".to_owned();
    for number in 1..=5 {
        script += &format!("1 ask {number} app subscribe /a\n1 dead r{number}\n");
    }
    script += "2 ask 6 app subscribe /a\n3 config app:url='http://new.example/'\n";
    script += "3 ask 7 app subscribe /a";
    let log = run(&script);
    assert!(log.contains("2: verdict 6 refuse") && log.contains("3: r6 asks"), "{log}");
}

#[test]
fn back_off_stays_within_its_bounds() {
    let mut random = StdRng::seed_from_u64(2);
    for failures in 1..100 {
        let after_ms = retry::after_ms(failures, &mut random);
        assert!((500..=30_000).contains(&after_ms), "{after_ms} after {failures}");
    }
}
