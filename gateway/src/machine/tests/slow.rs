//! Receivers that don't keep up.

use super::{Bench, Settings, check_with, dev, lines, run};
use crate::machine::settings::Faults;

fn small() -> Settings {
    Settings { slow_bytes: 10, output_bytes_max: 700, ..dev() }
}

/// One client in one room, which takes nothing more from the millisecond 1 on.
const STUCK: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 0
    1 stuck c0
";

fn after_stuck(settings: Settings, steps: &str) -> String {
    let log = run(settings, &format!("{STUCK}{steps}"));
    let lines = log.lines().filter(|line| !line.starts_with("0:"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Enough to make the receiver slow.
const FILL: &str = "
    1 n1 message 1 1 1";

fn unsent_by_all(bench: &Bench) -> usize {
    bench.lane.parts.sessions.unsent_by_all(&bench.lane.parts.desk, &bench.out)
}

#[test]
fn state_conflates_and_members_are_a_net_change() {
    let steps = format!(
        "{FILL}
        2 n1 state 1 2 a 1
        3 n1 joined 1 3 bob
        4 n1 state 1 4 b 1
        5 n1 joined 1 5 cat
        6 n1 left 1 6 bob
        7 n1 state 1 7 a 2
        8 n1 left 1 8 dan
        9 n1 message 1 9 9
        10 unstuck c0"
    );
    let expected = [
        r#"10: c0 {"message":{"sub":1,"mount":"chat","seq":1,"payload":1}}"#,
        r#"10: c0 {"joined":{"sub":1,"seq":6,"users":["cat"]}}"#,
        r#"10: c0 {"left":{"sub":1,"seq":8,"users":["dan"]}}"#,
        concat!(
            r#"10: c0 {"state":{"sub":1,"mount":"scores","seq":7,"changes":["#,
            r#"{"key":"a","value":2,"version":7},{"key":"b","value":1,"version":4}]"#,
            r#","conflated":true}}"#
        ),
        r#"10: c0 {"message":{"sub":1,"mount":"chat","seq":9,"payload":9}}"#,
    ];
    assert_eq!(after_stuck(small(), &steps), expected.join("\n"));
    let faults = Faults { conflation_keeps_oldest: true, ..Faults::default() };
    let sick = after_stuck(Settings { faults, ..small() }, &steps);
    assert!(sick.contains(r#"{"key":"a","value":1,"version":2}"#), "{sick}");
}

#[test]
fn dropped_messages_leave_a_gap_in_their_place() {
    let mut steps = FILL.to_owned();
    for seq in 2..20 {
        steps += &format!("\n2 n1 message 1 {seq} {seq}");
    }
    steps += "\n3 unstuck c0";
    let log = after_stuck(small(), &steps);
    let lines: Vec<&str> = log.lines().collect();
    assert!(
        lines[1].starts_with(r#"3: c0 {"gap":{"sub":1,"mount":"chat","after_seq":1,"before_seq":"#),
        "{log}"
    );
    let before: u64 = lines[1].rsplit(':').next().unwrap().trim_end_matches('}').parse().unwrap();
    let rest: Vec<String> = (before..20)
        .map(|seq| {
            format!(r#"3: c0 {{"message":{{"sub":1,"mount":"chat","seq":{seq},"payload":{seq}}}}}"#)
        })
        .collect();
    assert_eq!(lines[2..], rest);
    let faults = Faults { gap_unannounced: true, ..Faults::default() };
    assert!(!after_stuck(Settings { faults, ..small() }, &steps).contains("gap"));
}

#[test]
fn a_mount_may_close_its_slow_receivers_instead() {
    let script = STUCK.replace("n1 subscribed 0 1 0", "n1 subscribed 0 1 0 close");
    let mut steps = format!("{script}{FILL}");
    for seq in 2..20 {
        steps += &format!("\n2 n1 message 1 {seq} {seq}");
    }
    steps += "\n3 unstuck c0";
    let log = run(small(), &steps);
    assert!(
        log.contains("2: c0 closes when written\n2: n1 lost 0\n2: n1 detach 0 /room/1"),
        "{log}"
    );
    assert!(log.contains(r#"3: c0 {"closing":{"code":3008"#), "{log}");
}

#[test]
fn results_go_on_until_too_much_is_unsent() {
    let mut steps = FILL.to_owned();
    for op in 2..200 {
        steps += &format!("\n2 c0 ping {op}00000000");
    }
    steps += "\n3 unstuck c0";
    let log = after_stuck(small(), &steps);
    assert!(log.contains("2: c0 closes when written"), "{log}");
    assert!(log.ends_with(r#"may_retry":true}}"#), "{log}");
}

#[test]
fn subscribing_again_makes_what_waited_needless() {
    check_with(
        small(),
        &format!(
            r#"{STUCK}{FILL}
            2 n1 message 1 2 2
            3 c0 subscribe 2 /room/1
            4 n1 answer 0 2 0
            5 n1 subscribed 0 1 2
            6 n1 message 1 3 3
            7 unstuck c0
            ----
            0: n1 introduce 0 ann 0
            0: n1 at reign 1
            0: n1 login 0
            0: c0 welcome
            0: n1 introduce 0 ann 7
            0: n1 operation of 0 sub 1: subscribe 1 /room/1
            0: c0 {{"result":{{"op_id":1,"status":0,"seq":0}}}}
            0: c0 {{"subscribed":{{"sub":1,"queue":"q","epoch":5}}}}
            3: n1 operation of 0 sub 1: subscribe 2 /room/1
            7: c0 {{"message":{{"sub":1,"mount":"chat","seq":1,"payload":1}}}}
            7: c0 {{"result":{{"op_id":2,"status":0,"seq":0}}}}
            7: c0 {{"subscribed":{{"sub":1,"queue":"q","epoch":5}}}}
            7: c0 {{"message":{{"sub":1,"mount":"chat","seq":3,"payload":3}}}}
            "#
        ),
    );
}

#[test]
fn who_has_the_most_unsent_of_a_lane_is_cut_off() {
    let settings = Settings { slow_bytes: 100, lane_output_bytes_max: 2_000, ..dev() };
    let mut steps = STUCK.to_owned();
    steps += "
        1 c1 open
        1 c1 connect bob
        1 n1 logged_in 1 0
        1 stuck c1";
    for seq in 1..40 {
        steps += &format!("\n2 n1 message 1 {seq} {seq}");
    }
    for nonce in 1..20 {
        steps += &format!("\n3 c1 ping {nonce}");
    }
    steps += "\n100 wait\n101 c0 gone\n102 unstuck c1\n103 c1 ping 99";
    let log = run(settings, &steps);
    let end = "closes at once\n12: n1 lost 0\n12: n1 detach 0 /room/1";
    assert!(log.contains(&format!("12: c0 {end}")), "{log}");
    assert!(log.trim_end().ends_with(r#"103: c1 {"pong":{"nonce":99}}"#), "{log}");
}

#[test]
fn what_is_not_replayed_to_a_slow_receiver_is_in_its_gap() {
    let steps = format!(
        "{FILL}
        2 n1 message 1 2 2
        3 n1 message 1 3 3
        4 down
        5 up
        6 n1 at 1
        6 n1 attached 1 12 whole
        7 unstuck c0"
    );
    let log = after_stuck(small(), &steps);
    // The lane had everything up to 3, the client up to 1: the home's own gap is 3 to 9.
    let gap = r#"7: c0 {"gap":{"sub":1,"mount":"chat","after_seq":1,"before_seq":9}}"#;
    assert!(log.contains(gap), "{log}");
}

#[test]
fn what_hold_keeps_back_counts_as_unsent() {
    let settings = Settings { output_bytes_max: 2_000, ..dev() };
    let mut steps = "
        0 ready
        0 c0 open
        0 c0 connect ann hold
        0 n1 logged_in 0 0
        0 c0 subscribe 1 /room/1
        0 n1 answer 0 1 0
        0 n1 subscribed 0 1 90 - 90"
        .to_owned();
    for seq in 1..90 {
        steps += &format!("\n1 n1 replay 0 1 {seq}");
    }
    let log = run(settings, &steps);
    assert!(log.contains(r#"1: c0 {"closing":{"code":3008"#), "{log}");
}

/// Ann takes nothing more; a message is on its way to her, and five wait.
fn five_wait(settings: Settings) -> Bench {
    let mut bench = Bench::new(settings);
    lines(&format!("{STUCK}{FILL}")).for_each(|line| bench.step(line));
    (2..7).for_each(|seq| bench.step(&format!("2 n1 message 1 {seq} {seq}")));
    bench
}

#[test]
fn a_receiver_may_have_exactly_its_bound_unsent() {
    let bench = five_wait(Settings { slow_bytes: 10, ..dev() });
    let unsent = unsent_by_all(&bench);
    for (output_bytes_max, dropped) in [(unsent, 0), (unsent - 1, 1)] {
        let bench = five_wait(Settings { output_bytes_max, ..small() });
        assert_eq!(bench.lane.counters().deliveries_dropped, dropped);
    }
    for (lane_output_bytes_max, is_cut) in [(unsent, false), (unsent - 1, true)] {
        let mut bench = five_wait(Settings { slow_bytes: 10, lane_output_bytes_max, ..dev() });
        bench.step("100 wait");
        assert_eq!(bench.log.contains("12: c0 closes at once"), is_cut);
    }
}

#[test]
fn unsent_is_what_is_on_its_way_and_what_waits() {
    // Nothing waits for bob, but he has more unsent than ann with all that waits for her.
    for (pings, cut) in [(120, "c1"), (3, "c0")] {
        let mut bench = five_wait(Settings { slow_bytes: 10, ..dev() });
        let begin = ["2 stuck c1", "2 c1 open", "2 c1 connect bob", "2 n1 logged_in 1 0"];
        begin.into_iter().for_each(|line| bench.step(line));
        for nonce in 0..pings {
            bench.step(&format!("2 c1 ping {}", 1_u64 << 40 | nonce));
        }
        bench.lane.parts.desk.settings.lane_output_bytes_max = unsent_by_all(&bench) - 1;
        bench.step("3 wait");
        bench.step("100 wait");
        let cuts: Vec<&str> = bench.log.lines().filter(|line| line.ends_with("at once")).collect();
        assert_eq!(cuts, [format!("13: {cut} closes at once")]);
    }
}

#[test]
fn however_many_have_too_much_unsent_they_are_cut_off_without_a_pause() {
    let settings = Settings { lane_output_bytes_max: 0, ..dev() };
    let mut bench = Bench::new(settings);
    for at in 0..70 {
        // It is to say `connect` first, and hasn't taken what tells it so.
        for step in [format!("stuck c{at}"), format!("c{at} open"), format!("c{at} ping 1")] {
            bench.step(&format!("0 {step}"));
        }
    }
    bench.step("100 wait");
    let cuts = bench.log.lines().filter(|line| line.ends_with("closes at once"));
    assert_eq!(cuts.filter(|line| line.starts_with("10: ")).count(), 70, "{}", bench.log);
}
