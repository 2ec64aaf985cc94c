//! A session's operations go on only while its user's home is heard.

use proto::ids::Handle;

use super::{Bench, Settings, dev, lines, run};
use crate::machine::settings::Faults;

fn deaf() -> Settings {
    Settings { dead_ms: 500, ..dev() }
}

/// Ann, whose home is `n2`, in a room at `n1`.
const ONE: &str = "
    0 halves 1 n1 n2
    0 up n1
    0 up n2
    0 n1 at 1 0 1 0
    0 n2 at 1 0 1 1
    0 c0 open
    0 c0 connect ann
    0 n2 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 3
";

fn after_one(settings: Settings, steps: &str) -> Vec<String> {
    let log = run(settings, &format!("{ONE}{steps}"));
    log.lines().filter(|line| !line.starts_with("0:")).map(str::to_owned).collect()
}

#[test]
fn operations_wait_for_the_home_to_be_heard_and_go_on_in_order() {
    let steps = "
        499 c0 send 2 /room/1 chat a
        500 heard 500 n1
        500 c0 send 3 /room/1 chat b
        501 c0 send 4 /room/1 chat c
        502 c0 ping 5
        503 c0 pong 7
        504 n1 answer 0 2 0
        505 heard 4 n2
        600 heard 400 n2
        601 c0 send 5 /room/1 chat d";
    let expected = [
        "499: n1 operation of 0 sub 0: send 2 /room/1",
        r#"502: c0 {"pong":{"nonce":5}}"#,
        "503: n2 confirmed 0",
        r#"504: c0 {"result":{"op_id":2,"status":0,"seq":0}}"#,
        "600: n1 operation of 0 sub 0: send 3 /room/1",
        "600: n1 operation of 0 sub 0: send 4 /room/1",
        "601: n1 operation of 0 sub 0: send 5 /room/1",
    ];
    // At 505 the echo of what was sent at 4 allows nothing more.
    assert_eq!(after_one(deaf(), steps), expected);
    let faults = Faults { hearing_ignored: true, ..Faults::default() };
    let lines = after_one(Settings { faults, ..deaf() }, steps);
    assert!(
        lines.contains(&"500: n1 operation of 0 sub 0: send 3 /room/1".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn what_waits_too_long_is_unavailable() {
    let steps = "
        500 heard 500 n1
        600 c0 send 3 /room/1 chat a
        9000 c0 unsubscribe 4 /room/1
        16300 heard 16300 n1
        16300 heard 16300 n2
        16400 c0 send 5 /room/1 chat b";
    let lines = after_one(deaf(), steps);
    let refused = |op_id: u32| {
        let sentence = "the home of this user's sessions isn't responding: try again later";
        format!(r#"c0 {{"result":{{"op_id":{op_id},"status":14,"error_message":"{sentence}""#)
    };
    assert!(lines[0].contains(&refused(3)) && lines[0].starts_with("16"), "{lines:?}");
    assert!(lines[1].contains(&refused(4)), "{lines:?}");
    assert_eq!(lines[2..], ["16400: n1 operation of 0 sub 0: send 5 /room/1"]);
}

#[test]
fn what_waits_is_bounded() {
    let mut steps = "500 heard 500 n1\n".to_owned();
    let text = "x".repeat(9000);
    for at in 2..=40 {
        steps += &format!("{} c0 send {at} /room/1 chat {text}\n", 600 + at);
    }
    let log = after_one(deaf(), &steps).join("\n");
    assert!(log.contains(r#""code":3004"#) && !log.contains("send"), "{log}");
}

#[test]
fn a_list_is_not_sent_again_for_whom_the_home_is_not_heard() {
    // Bob's home is heard, ann's isn't; both have operations on their way to the room.
    let steps = "
        1 c1 open
        1 c1 connect HEARD
        1 n1 logged_in 1 0
        400 c0 send 2 /room/1 chat a
        400 c1 send 1 /room/1 chat b
        400 c0 send 3 /room/1 chat c
        400 c0 send 0 /room/1 chat unnumbered
        600 down n1
        601 up n1
        601 n1 at 1 0 1 0
        602 n1 answer 1 1 0
        603 c0 send 4 /room/1 chat d
        700 heard 690 n2
        701 n1 answer 0 2 0
        702 n1 answer 0 3 0
        703 n1 answer 0 4 0";
    let lines = after_one(deaf(), &steps.replace("HEARD", heard_user()));
    let expected = [
        "601: n1 operation of 1 sub 0: send 1 /room/1",
        "602: n1 introduce 0 ann 7",
        "602: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        r#"602: c1 {"result":{"op_id":1,"status":0,"seq":0}}"#,
        "700: n1 operation of 0 sub 0: send 2 /room/1",
        "700: n1 operation of 0 sub 0: send 3 /room/1",
        "700: n1 operation of 0 sub 0: send 4 /room/1",
        r#"701: c0 {"result":{"op_id":2,"status":0,"seq":0}}"#,
        r#"702: c0 {"result":{"op_id":3,"status":0,"seq":0}}"#,
    ];
    let from = lines.iter().position(|line| line.starts_with("601: n1 operation")).unwrap();
    assert_eq!(lines[from..from + 9], expected, "{lines:?}");
    assert!(lines[from + 9].contains("op_id begins with 1"), "{lines:?}");
    assert_eq!(lines[from + 10], r#"703: c0 {"result":{"op_id":4,"status":0,"seq":0}}"#);
}

/// A user whose home is `n1`.
fn heard_user() -> &'static str {
    let is_at_n1 = |user: &&str| proto::name::hash(format!("/user/{user}").as_bytes()) >> 63 == 0;
    ["bob", "cat", "dan", "eve", "fay"].into_iter().find(is_at_n1).unwrap()
}

#[test]
fn a_handshake_is_not_heard_but_what_answers_a_probe_is() {
    // The process has slept: that its link is up is old news.
    let steps = "
        600 down n2
        900 awakes n2
        901 c0 send 2 /room/1 chat a
        902 n2 probed 900000
        903 n2 probed 901000";
    let sent = |faults: Faults| {
        let lines = after_one(Settings { faults, ..deaf() }, steps);
        let sent = lines.iter().find(|line| line.contains("send 2")).cloned();
        (lines, sent.unwrap_or_default())
    };
    // When it was probed first it had not been told of her.
    let (lines, right) = sent(Faults::default());
    assert_eq!(right, "903: n1 operation of 0 sub 0: send 2 /room/1", "{lines:?}");
    let faults = Faults { untold_is_heard: true, ..Faults::default() };
    assert_eq!(sent(faults).1, "902: n1 operation of 0 sub 0: send 2 /room/1");
    let late = steps.replace("902 n2 probed 900000\n", "").replace("903 n2", "1402 n2");
    assert!(!after_one(deaf(), &late).join("").contains("send"), "{lines:?}");
}

#[test]
fn what_was_set_aside_is_given_up_in_time() {
    let steps = "
        400 c0 send 2 /room/1 chat a
        600 down n1
        601 up n1
        14000 c0 pong 1
        16000 heard 16000 n1
        16400 wait";
    let lines = after_one(deaf(), steps);
    assert!(lines.last().unwrap().contains(r#""op_id":2,"status":2"#), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("ended")), "{lines:?}");
}

#[test]
fn a_resumed_sessions_queues_wait_too() {
    let steps = "
        0 halves 1 n1 n2
        0 up n1
        0 up n2
        0 n2 at 1 0 1 1
        0 c0 open
        400 c0 connect ann resume 5 9 /room/1@5
        401 c0 send 7 /room/1 chat a
        600 n2 logged_in 0 0 resumed ann 5 11
        700 heard 690 n2";
    let log = run(deaf(), steps);
    let expected = "600: n2 introduce 0 ann 11
700: n1 introduce 0 ann 11
700: n1 at bucket 0 reign 1
700: n1 resume of 0 sub 2: /room/1 epoch 5 marks {\"chat\": 3}
700: n1 operation of 0 sub 0: send 7 /room/1";
    let quiet: Vec<&str> = log.lines().filter(|line| !line.contains("c0")).collect();
    assert!(quiet.join("\n").contains(expected), "{log}");
}

#[test]
fn what_was_decided_before_the_process_was_stopped_does_not_leave_when_it_goes_on() {
    let soon = after_one(deaf(), "400 stopped 499 c0 send 2 /room/1 chat a");
    assert!(soon.contains(&"499: n1 operation of 0 sub 0: send 2 /room/1".to_owned()), "{soon:?}");
    let stopped = after_one(
        deaf(),
        "400 stopped 700 c0 send 2 /room/1 chat a
        800 awakes n1
        800 awakes n2
        801 n1 at 1 0 1 0
        900 heard 850 n2",
    );
    let sent = |line: &&String| line.contains("operation of 0");
    let sent: Vec<&String> = stopped.iter().filter(sent).collect();
    assert_eq!(sent, ["900: n1 operation of 0 sub 0: send 2 /room/1"], "{stopped:?}");
}

#[test]
fn a_refusal_does_not_wait_for_what_was_set_aside() {
    // The refusal keeps its place behind ann's operation, and her home isn't heard.
    let steps = "
        1 c1 open
        1 c1 connect HEARD
        1 n1 logged_in 1 0
        400 c1 send 1 /room/1 chat a
        400 c0 send 2 /room/1 chat b
        400 c1 send 0 /room/1 chat unnumbered
        401 n1 answer 1 1 0
        450 heard 450 n1
        600 down n1
        601 up n1";
    let lines = after_one(deaf(), &steps.replace("HEARD", heard_user()));
    let refused = r#"601: c1 {"result":{"status":3,"error_message":"op_id begins with 1"#;
    assert!(lines.iter().any(|line| line.starts_with(refused)), "{lines:?}");
}

#[test]
fn one_home_that_is_not_heard_holds_up_nobody_else() {
    // The home of the room isn't heard; that of the user is.
    let steps = "
        501 heard 450 n2
        502 c0 send 2 /room/1 chat a";
    let lines = after_one(deaf(), steps);
    assert_eq!(lines, ["502: n1 operation of 0 sub 0: send 2 /room/1"]);
}

#[test]
fn what_waits_is_bounded_by_all_its_bytes() {
    let steps = |bytes: [usize; 2]| {
        let [one, two] = bytes.map(|bytes| "x".repeat(bytes));
        format!(
            "600 c0 send 2 /room/1 chat {one}\n601 c0 send 3 /room/1 chat {two}\n700 heard 700 n2"
        )
    };
    let sent = |lines: Vec<String>| lines.iter().filter(|line| line.contains("send")).count();
    assert_eq!(sent(after_one(deaf(), &steps([2_000, 3_000]))), 2);
    // The largest second one that fits behind the first is one byte shorter than one that doesn't.
    let max = proto::limits::CLIENT_FRAME_BYTES_MAX;
    let fits = |two: usize| sent(after_one(deaf(), &steps([max / 2, two]))) == 2;
    let all: Vec<usize> = (max / 2 - 120..max / 2).collect();
    let at = all.partition_point(|two| fits(*two));
    assert!((1..all.len()).contains(&at), "{at}");
}

#[test]
fn what_waits_is_looked_through_until_nothing_waits() {
    // Twice a second, from the moment when it began to wait.
    let waits = "600 c0 send 2 /room/1 chat a\n8000 heard 8000 n1";
    let lines = after_one(deaf(), &format!("{waits}\n20000 heard 20000 n2"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("16100: c0 ") && lines[0].contains(r#""op_id":2"#), "{lines:?}");
}

#[test]
fn a_lane_that_was_stopped_with_nothing_to_send_keeps_its_links() {
    let ends = |steps: &str| after_one(deaf(), steps).join("\n").contains("ended");
    assert!(!ends("400 stopped 700 c0 ping 5"));
    // To the last moment at which the homes count as heard, and to the next.
    assert!(!ends("400 stopped 499 c0 send 2 /room/1 chat a"));
    assert!(ends("400 stopped 500 c0 send 2 /room/1 chat a"));
}

#[test]
fn so_many_invitations_wait_and_none_twice() {
    let mut bench = Bench::new(deaf());
    lines(ONE).for_each(|line| bench.step(line));
    bench.step("600 heard 600 n1");
    let max = proto::limits::SUBSCRIPTIONS_MAX;
    for room in (0..max + 1).chain(0..3) {
        bench.step(&format!("601 n2 invited 0 7 /club/{room}"));
        // Another connection of the session is meant.
        bench.step(&format!("601 n2 invited 0 6 /past/{room}"));
    }
    let invited = bench.lane.parts.sessions[Handle::at(0)].invitations();
    let expected: Vec<String> = (0..max).map(|room| format!("/club/{room}")).collect();
    assert_eq!(invited, expected);
}

/// When the node of the first link was probed from then on, its probes answered at once.
fn probed(bench: &mut Bench, until_ms: u64) -> Vec<u64> {
    let mut times = Vec::new();
    loop {
        let at_ms = bench.lane.wake_at().filter(|at_ms| *at_ms <= until_ms);
        bench.step(&format!("{} wait", at_ms.unwrap_or(until_ms)));
        let upstream = &bench.lane.parts.desk.upstream;
        let (node, _) = upstream.linked().next().unwrap();
        for sent_ms in upstream.probes_sent(node) {
            times.push(sent_ms);
            bench.step(&format!("{sent_ms} n1 probed {}", sent_ms * 1_000));
        }
        if at_ms.is_none() {
            return times;
        }
    }
}

#[test]
fn nodes_are_probed_while_sessions_speak() {
    let mut bench = Bench::new(deaf());
    lines("0 table 1 0 n1\n0 awakes n1").for_each(|line| bench.step(line));
    // Behind the introductions on a new link, and no more while nobody speaks.
    assert_eq!(probed(&mut bench, 20_000), [0]);
    assert!(bench.lane.unready().is_none(), "nobody was asked, so nobody is silent");
    lines("20000 c0 open\n20000 c0 connect ann\n20000 n1 at 1\n20000 n1 logged_in 0 0")
        .for_each(|line| bench.step(line));
    // Its inbox is resumed, which is an operation: with it, and for a second.
    let beats = |from_ms: u64, spoken_ms: u64| -> Vec<u64> {
        (from_ms..spoken_ms + 1_000).step_by(100).collect()
    };
    assert_eq!(probed(&mut bench, 30_000), beats(20_000, 20_000));
    bench.step("30000 c0 ping 5");
    assert_eq!(probed(&mut bench, 40_000), [0; 0], "a ping isn't the home's matter");
    bench.step("40000 c0 send 1 /room/1 chat a");
    assert!(!bench.log.contains("send"), "it waits for the answer: {}", bench.log);
    bench.step("40500 c0 send 2 /room/1 chat b");
    assert!(!bench.log.contains("send"), "{}", bench.log);
    bench.step("40501 n1 probed 40500000");
    let sent = ["40501: n1 operation of 0 sub 0: send 1", "40501: n1 operation of 0 sub 0: send 2"];
    assert!(sent.iter().all(|line| bench.log.contains(line)), "{}", bench.log);
    lines("40600 n1 probed 40600000\n40600 n1 answer 0 1 0\n40600 n1 answer 0 2 0")
        .for_each(|line| bench.step(line));
    assert_eq!(probed(&mut bench, 60_000).last(), Some(&41_500));
}

#[test]
fn a_bucket_that_lags_is_not_heard_and_holds_up_nobody_else() {
    // Ann and eve are of two buckets of one home.
    let one = heard_user();
    let steps = |except: &str| {
        format!(
            "0 halves 1 n1 n1
            0 awakes n1
            0 n1 probed 0
            0 n1 at 1 0 1 0
            0 c0 open
            0 c0 connect {one}
            0 n1 logged_in 0 0
            0 n1 at 1 0 1 1
            0 c1 open
            0 c1 connect ann
            0 n1 logged_in 1 0
            400 n1 probed 400000{except}
            600 c0 send 1 /room/1 chat a
            600 c1 send 1 /room/1 chat b
            700 n1 probed 600000"
        )
    };
    let sent = |except: &str| -> Vec<String> {
        let log = run(deaf(), &steps(except));
        let sent = log.lines().filter(|line| line.contains("send 1"));
        sent.map(|line| line.split(" sub").next().unwrap().to_owned()).collect()
    };
    let all = ["600: n1 operation of 0", "600: n1 operation of 1"];
    assert_eq!(sent(""), all);
    assert_eq!(sent(" 1"), ["600: n1 operation of 0", "700: n1 operation of 1"]);
    assert_eq!(sent(" 0"), ["600: n1 operation of 1", "700: n1 operation of 0"]);
    assert_eq!(sent(" 7"), all, "no bucket of the table");
}

/// Its copies take longer than a probe follows the other.
#[test]
fn a_bucket_is_heard_by_the_rest_of_an_answer_behind_newer_ones() {
    let log = run(
        deaf(),
        &format!(
            "0 halves 1 n1 n1
            0 awakes n1
            0 n1 probed 0
            0 n1 at 1 0 1 0
            0 c0 open
            0 c0 connect {}
            0 n1 logged_in 0 0
            0 n1 at 1 0 1 1
            0 c1 open
            0 c1 connect ann
            0 n1 logged_in 1 0
            400 n1 probed 400000
            600 c0 send 1 /room/1 chat a
            610 n1 probed 600000 1
            700 wait
            710 n1 probed 700000 1
            850 n1 probed 600000
            950 c1 send 1 /room/1 chat b",
            heard_user()
        ),
    );
    assert!(log.contains("950: n1 operation of 1"), "{log}");
}

#[test]
fn a_home_is_heard_by_what_it_answers_as_the_home() {
    // Her home moves from `n2` to `n1`, which has just answered.
    let steps = "
        99 n1 moved 2 n1 1 1
        150 n1 probed 0
        151 c0 send 2 /room/1 chat a
        152 n1 probed 99000
        153 n1 probed 151000";
    let moves = |faults: Faults| {
        let lines = after_one(Settings { faults, ..deaf() }, steps);
        lines.into_iter().filter(|line| line.contains("send 2")).collect::<Vec<_>>()
    };
    let sent = |at_ms: u64| [format!("{at_ms}: n1 operation of 0 sub 0: send 2 /room/1")];
    assert_eq!(moves(Faults::default()), sent(153));
    let faults = Faults { heard_by_predecessor: true, ..Faults::default() };
    assert_eq!(moves(faults), sent(151));
}

#[test]
fn a_stop_is_noticed_although_another_home_is_silent() {
    // Dan's home is heard until 500, ann's isn't.
    let steps = "
        1 c1 open
        1 c1 connect HEARD
        1 n1 logged_in 1 0
        300 heard 200 n1
        STEP";
    let ends = |step: &str| {
        let steps = steps.replace("HEARD", heard_user()).replace("STEP", step);
        after_one(deaf(), &steps).join("\n").contains("the lane was stopped within a turn")
    };
    assert!(ends("600 stopped 700 c1 send 1 /room/1 chat a"));
    assert!(!ends("600 stopped 699 c1 send 1 /room/1 chat a"));
    assert!(!ends("600 stopped 700 c0 send 2 /room/1 chat a"), "what waits doesn't leave");
    // A turn that takes a moment is no stop.
    assert!(!ends("690 stopped 710 c1 send 1 /room/1 chat a"));
}
