//! Lost links, moved buckets, lost homes, broken peers.

use super::{Settings, check, run};
use crate::machine::settings::Faults;

fn dev() -> Settings {
    Settings { dev_auth: true, ..Settings::default() }
}

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

fn after_one(settings: Settings, steps: &str) -> Vec<String> {
    let log = run(settings, &format!("{ONE}{steps}"));
    log.lines().filter(|line| !line.starts_with("0:")).map(str::to_owned).collect()
}

#[test]
fn a_new_link_introduces_attaches_and_resends_in_order() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 down
        3 c0 send 3 /room/1 chat b
        4 up
        5 n1 at 1
        5 n1 attached 1 3 recovered
        6 n1 message 1 4 1
        7 n1 answer 0 2 0
        8 n1 answer 0 3 0";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "4: n1 introduce 0 ann 7",
        "4: n1 at conf 1",
        "4: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "4: n1 operation of 0 sub 0: send 2 /room/1",
        "4: n1 operation of 0 sub 0: send 3 /room/1",
        r#"6: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":1}}"#,
        r#"7: c0 {"result":{"op_id":2,"status":0}}"#,
        r#"8: c0 {"result":{"op_id":3,"status":0}}"#,
    ];
    assert_eq!(after_one(dev(), steps), expected);
    let skipped = Faults { attach_skipped: true, ..Faults::default() };
    let lines = after_one(Settings { faults: skipped, ..dev() }, steps);
    assert!(!lines.iter().any(|line| line.contains("attach")), "{lines:?}");
    let doubled = Faults { resend_doubled: true, ..Faults::default() };
    let lines = after_one(Settings { faults: doubled, ..dev() }, steps);
    assert_eq!(lines.iter().filter(|line| line.starts_with("4: n1 operation")).count(), 4);
}

#[test]
fn what_could_not_be_replayed_comes_whole_with_its_gaps() {
    let steps = "
        1 down
        2 up
        3 n1 at 1
        3 n1 attached 1 12 whole
        4 n1 message 1 12 1
        5 n1 message 1 13 1";
    let expected = [
        "2: n1 introduce 0 ann 7",
        "2: n1 at conf 1",
        "2: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        r#"3: c0 {"subscribed":{"sub":1,"queue":"q","gap":true}}"#,
        r#"3: c0 {"gap":{"sub":1,"mount":"chat","after_seq":3,"before_seq":9}}"#,
        r#"5: c0 {"message":{"sub":1,"mount":"chat","seq":13,"payload":1}}"#,
    ];
    assert_eq!(after_one(dev(), steps), expected);
}

#[test]
fn who_is_gone_is_told() {
    let steps = "
        1 down
        2 up
        3 n1 at 1
        3 n1 attached 1 12 recovered 0";
    let told = r#"3: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"no member","may_retry":true}}"#;
    assert_eq!(after_one(dev(), steps).last().unwrap(), told);
}

#[test]
fn a_lost_home_is_announced() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 down
        3 table 2 1 n2";
    let lines = after_one(dev(), steps).join("\n");
    assert!(lines.contains(r#"3: c0 {"result":{"op_id":2,"status":2"#), "{lines}");
    assert!(lines.contains(r#"3: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"node lost","may_retry":true}}"#), "{lines}");
    assert!(lines.contains(r#"3: c0 {"closing":{"code":3002"#), "{lines}");
}

#[test]
fn a_moved_bucket_is_followed_and_its_old_home_not_heard() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 n1 moved 2 n2
        3 n1 at 1
        3 n1 message 1 4 1
        4 n1 moved 1 n2
        5 table 3 0 n1
        6 n1 at 3
        6 n1 message 1 4 1";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "5: n1 at conf 3",
        "5: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "5: n1 operation of 0 sub 0: send 2 /room/1",
        r#"6: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":1}}"#,
    ];
    assert_eq!(after_one(dev(), steps), expected);
}

#[test]
fn a_node_that_knows_less_is_asked_again() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 n1 moved 0 n9
        100 wait";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "52: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "52: n1 operation of 0 sub 0: send 2 /room/1",
    ];
    assert_eq!(after_one(dev(), steps), expected);
}

#[test]
fn broken_peers_lose_their_link() {
    let out_of_turn = "1 n1 answer 0 2 0";
    assert_eq!(after_one(dev(), out_of_turn), ["1: n1 ended: the node answered out of turn"]);
    let nonsense = "1 n1 nonsense";
    let ended = "1: n1 ended: the node sent a frame that can't be read";
    assert_eq!(after_one(dev(), nonsense), [ended]);
}

#[test]
fn waiting_ends_with_grace() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 down
        3 c0 send 3 /room/1 chat b
        14000 c0 pong 1
        16000 wait";
    let lines = after_one(dev(), steps);
    assert!(lines[1].contains(r#"{"result":{"op_id":2,"status":2"#), "{lines:?}");
    assert!(lines[2].contains(r#"{"result":{"op_id":3,"status":14"#), "{lines:?}");
    let silent = "1 c0 send 2 /room/1 chat a\n16000 wait";
    let lines = after_one(dev(), silent);
    assert!(lines[1].contains("ended: the node leaves operations without an answer")
        || lines[2].contains("ended: the node leaves operations without an answer"), "{lines:?}");
}

#[test]
fn a_subscribed_that_got_lost_is_asked_for_again_by_the_client() {
    check(
        r#"
        0 ready
        0 c0 open
        0 c0 connect ann
        0 n1 logged_in 0 0
        0 c0 subscribe 1 /room/1
        0 n1 answer 0 1 0
        1 down
        2 up
        3 c0 subscribe 2 /room/1
        ----
        0: n1 introduce 0 ann 0
        0: n1 at conf 1
        0: n1 login 0
        0: c0 welcome
        0: n1 introduce 0 ann 7
        0: n1 operation of 0 sub 1: subscribe 1 /room/1
        0: c0 {"result":{"op_id":1,"status":0}}
        1: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"node lost","may_retry":true}}
        3: n1 introduce 0 ann 7
        3: n1 at conf 1
        3: n1 operation of 0 sub 1: subscribe 2 /room/1
        "#,
    );
}
