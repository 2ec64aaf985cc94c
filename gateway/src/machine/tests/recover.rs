//! Lost links, moved buckets, lost homes, broken peers.

use super::{Bench, Settings, check, dev, lines, run};
use crate::machine::settings::Faults;

/// One client in one room.
pub(super) const ONE: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 3
";

pub(super) fn after_one(settings: Settings, steps: &str) -> Vec<String> {
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
        "4: n1 at reign 1",
        "4: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "4: n1 operation of 0 sub 0: send 2 /room/1",
        "4: n1 operation of 0 sub 0: send 3 /room/1",
        r#"6: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":1}}"#,
        r#"7: c0 {"result":{"op_id":2,"status":0,"seq":0}}"#,
        r#"8: c0 {"result":{"op_id":3,"status":0,"seq":0}}"#,
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
fn a_second_link_to_a_node_takes_the_place_of_the_first() {
    let lines = after_one(dev(), "1 c0 send 2 /room/1 chat a\n2 again");
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "2: n1 ended: the lane has come back on another link",
        "2: n3 introduce 0 ann 7",
        "2: n3 at reign 1",
        "2: n3 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "2: n3 operation of 0 sub 0: send 2 /room/1",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn what_could_not_be_replayed_comes_whole_with_its_gaps() {
    let steps = "
        1 down
        2 up
        3 n1 at 1
        3 n1 attached 1 12 whole
        4 n1 state 1 12 a 1
        5 n1 message 1 13 1";
    let expected = [
        "2: n1 introduce 0 ann 7",
        "3: n1 at reign 1",
        "3: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        r#"3: c0 {"subscribed":{"sub":1,"queue":"q","gap":true}}"#,
        r#"3: c0 {"gap":{"sub":1,"mount":"chat","after_seq":3,"before_seq":9}}"#,
        r#"5: c0 {"message":{"sub":1,"mount":"chat","seq":13,"payload":1}}"#,
    ];
    assert_eq!(after_one(dev(), steps), expected);
}

/// State and members came whole; of them nothing comes again, not even after another loss.
#[test]
fn messages_behind_a_gap_are_replayed() {
    let steps = "
        1 down
        2 up
        3 n1 at 1
        3 n1 attached 1 12 whole
        4 n1 message 1 9 1
        5 down
        6 up
        7 n1 at 1
        7 n1 attached 1 12 recovered
        8 n1 state 1 10 a 1
        9 n1 message 1 11 1
        10 n1 message 1 11 1
        11 n1 joined 1 12 bob
        12 n1 state 1 13 a 1";
    let lines = after_one(dev(), steps);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let expected = [
        r#"4: c0 {"message":{"sub":1,"mount":"chat","seq":9,"payload":1}}"#,
        "6: n1 introduce 0 ann 7",
        "7: n1 at reign 1",
        "7: n1 attach /room/1 sub 1 epoch 5 after 9 sessions [0]",
        r#"9: c0 {"message":{"sub":1,"mount":"chat","seq":11,"payload":1}}"#,
    ];
    assert_eq!(lines[5..10], expected, "{lines:#?}");
    assert!(lines[10].starts_with("12: c0") && lines.len() == 11, "{lines:#?}");
}

#[test]
fn who_is_gone_is_told() {
    let steps = "
        1 down
        2 up
        3 n1 at 1
        3 n1 attached 1 12 recovered 0";
    let told = r#"3: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"no member","may_"#;
    let lines = after_one(dev(), steps);
    assert!(lines.last().unwrap().starts_with(told), "{lines:?}");
}

#[test]
fn a_lost_home_is_announced() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 down
        3 table 2 1 n2";
    let lines = after_one(dev(), steps).join("\n");
    assert!(lines.contains(r#"3: c0 {"result":{"op_id":2,"status":2"#), "{lines}");
    let told = r#"3: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"node lost""#;
    assert!(lines.contains(told), "{lines}");
    assert!(lines.contains(r#"3: c0 {"closing":{"code":3002"#), "{lines}");
}

#[test]
fn what_a_lost_home_may_have_received_goes_to_no_other() {
    // The room's home is lost, not the user's. What wasn't sent goes to the next one.
    let steps = "
        1 n1 at 1 0 1 0
        1 c0 send 2 /room/1 chat a
        2 down
        3 c0 send 3 /room/1 chat b
        4 split 2 0
        5 up
        6 n1 at 2 1 1 0";
    let log = lost_room(steps);
    let unknown = r#"4: c0 {"result":{"op_id":2,"status":2"#;
    let told = r#"4: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"node lost""#;
    assert!(log.contains(unknown) && log.contains(told), "{log}");
    assert!(log.contains("5: n1 operation of 0 sub 0: send 3"), "{log}");
    assert!(!log.contains("5: n1 operation of 0 sub 0: send 2"), "{log}");
    assert!(!log.contains("closing"), "{log}");
    let faults = Faults { resends_after_loss: true, ..Faults::default() };
    let log = lost_room_with(Settings { faults, ..dev() }, steps);
    assert!(log.contains("5: n1 operation of 0 sub 0: send 2"), "{log}");
}

#[test]
fn a_home_that_is_lost_before_another_is_found_is_announced() {
    let steps = "
        1 down
        2 table 2 0 nobody
        3 table 3 1 n2";
    let lines = after_one(dev(), steps).join("\n");
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
        6 n1 probed 5000
        7 n1 at 3
        7 n1 message 1 4 1";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "5: n1 introduce 0 ann 7",
        "6: n1 at reign 3",
        "6: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "6: n1 operation of 0 sub 0: send 2 /room/1",
        r#"7: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":1}}"#,
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
    assert!(
        lines[1].contains("ended: the node leaves operations without an answer")
            || lines[2].contains("ended: the node leaves operations without an answer"),
        "{lines:?}"
    );
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
        0: n1 at reign 1
        0: n1 login 0
        0: c0 welcome
        0: n1 introduce 0 ann 7
        0: n1 operation of 0 sub 1: subscribe 1 /room/1
        0: c0 {"result":{"op_id":1,"status":0,"seq":0}}
        1: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"node lost","may_retry":true}}
        2: n1 introduce 0 ann 7
        3: n1 at reign 1
        3: n1 operation of 0 sub 1: subscribe 2 /room/1
        "#,
    );
}

#[test]
fn a_subscribe_on_its_way_answers_for_a_subscription_that_is_lost() {
    // The subscription's `subscribed` is lost with the link, and the client has asked once more.
    let steps = "
        1 c0 subscribe 2 /room/1
        2 n1 answer 0 2 0
        2 c0 subscribe 3 /room/1
        3 down
        4 up
        5 n1 at 1
        5 n1 answer 0 3 0
        5 n1 subscribed 0 1 9";
    let lines = after_one(dev(), steps).join("\n");
    assert!(!lines.contains("node lost"), "{lines}");
    assert!(lines.ends_with(r#"5: c0 {"subscribed":{"sub":1,"queue":"q","epoch":5}}"#), "{lines}");
    // The queue is lost while the subscribe waits for a link: its new home gets it.
    let lost = "
        1 down
        2 c0 subscribe 2 /room/1
        3 split 2 0
        4 up
        5 n1 at 2 1 1 0
        5 n1 answer 0 2 0
        5 n1 subscribed 0 1 9";
    let log = lost_room(lost);
    assert!(!log.contains("node lost") && !log.contains("attach"), "{log}");
    assert!(log.contains("4: n1 operation of 0 sub 1: subscribe 2 /room/1"), "{log}");
    assert!(log.ends_with(r#"5: c0 {"subscribed":{"sub":1,"queue":"q","epoch":5}}"#), "{log}");
    // Nothing comes of it: the client hears of the loss after all.
    let refused = lost.replace("answer 0 2 0", "answer 0 2 5");
    let log = lost_room(&refused);
    let result = r#"5: c0 {"result":{"op_id":2,"status":5,"seq":0}}"#;
    let told = r#"5: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"node lost""#;
    assert!(log.contains(&format!("{result}\n{told}")), "{log}");
}

/// What these steps give a user in a room; they have buckets of their own.
fn lost_room(steps: &str) -> String {
    lost_room_with(dev(), steps)
}

fn lost_room_with(settings: Settings, steps: &str) -> String {
    let begin = "
        0 split 1
        0 up
        0 n1 at 1 0 1 1
        0 c0 open
        0 c0 connect ann
        0 n1 logged_in 0 0
        0 n1 at 1 0 1 0
        0 c0 subscribe 1 /room/1
        0 n1 answer 0 1 0
        0 n1 subscribed 0 1 3";
    run(settings, &format!("{begin}{steps}")).trim_end().to_owned()
}

#[test]
fn a_filter_outlasts_a_new_attachment() {
    let script = ONE.replace("subscribed 0 1 3", "subscribed 0 1 3 scores");
    let steps = "
        1 down
        2 up
        3 n1 at 1
        3 n1 attached 1 9 whole
        4 n1 message 1 10 no
        5 n1 state 1 11 a 7";
    let log = run(dev(), &format!("{script}{steps}"));
    let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with("0:")).collect();
    let expected = [
        "2: n1 introduce 0 ann 7",
        "3: n1 at reign 1",
        "3: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        r#"3: c0 {"subscribed":{"sub":1,"queue":"q","gap":true}}"#,
        concat!(
            r#"5: c0 {"state":{"sub":1,"mount":"scores","seq":11,"#,
            r#""changes":[{"key":"a","value":7,"version":11}]}}"#
        ),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_split_bucket_hands_its_list_to_its_children_in_order() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        1 c0 send 3 /room/2 chat b
        1 c0 send 4 /room/4 chat c
        1 c0 send 5 /room/1 chat d
        1 c0 send 0 /room/1 chat unnumbered
        2 split 2
        3 n1 answer 0 2 0
        4 up
        5 n1 at 2 0 1 0
        5 n1 answer 0 2 0
        6 n1 answer 0 3 0
        7 n1 answer 0 5 0
        8 n1 at 2 0 1 1
        8 n1 answer 0 4 0";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "1: n1 operation of 0 sub 0: send 3 /room/2",
        "1: n1 operation of 0 sub 0: send 4 /room/4",
        "1: n1 operation of 0 sub 0: send 5 /room/1",
        "2: n1 ended: the cluster has other buckets now",
        "4: n1 introduce 0 ann 7",
        "4: n1 at bucket 0 reign 2",
        "4: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "4: n1 operation of 0 sub 0: send 2 /room/1",
        "4: n1 operation of 0 sub 0: send 3 /room/2",
        "4: n1 operation of 0 sub 0: send 5 /room/1",
        "4: n1 at bucket 1 reign 2",
        "4: n1 operation of 0 sub 0: send 4 /room/4",
        r#"5: c0 {"result":{"op_id":2,"status":0,"seq":0}}"#,
        r#"6: c0 {"result":{"op_id":3,"status":0,"seq":0}}"#,
        r#"7: c0 {"result":{"op_id":5,"status":0,"seq":0}}"#,
        concat!(
            r#"7: c0 {"result":{"status":3,"error_message":"#,
            r#""op_id begins with 1 and rises with each operation of the session","seq":0}}"#
        ),
        r#"8: c0 {"result":{"op_id":4,"status":0,"seq":0}}"#,
    ];
    assert_eq!(after_one(dev(), steps), expected);
}

#[test]
fn a_replay_that_is_cut_short_is_no_subscription() {
    let steps = "
        1 c0 subscribe 2 /room/1
        2 n1 answer 0 2 0
        2 n1 subscribed 0 1 5 all 2
        2 n1 replay 0 1 4
        3 down";
    let lines = after_one(dev(), steps);
    let told = r#"3: c0 {"unsubscribed":{"sub":1,"queue":"/room/1","reason":"node lost""#;
    assert!(lines.last().is_some_and(|line| line.starts_with(told)), "{lines:?}");
    let whole = steps.replace("3 down", "2 n1 replay 0 1 5\n3 down");
    assert!(!after_one(dev(), &whole).join("").contains("node lost"));
}

#[test]
fn a_users_session_is_introduced_to_its_home_although_nothing_waits() {
    let steps = "
        0 ready
        0 c0 open
        0 c0 connect ann
        0 n1 logged_in 0 0
        1 down
        2 up";
    let log = run(dev(), steps);
    assert!(log.trim_end().ends_with("2: n1 introduce 0 ann 7"), "{log}");
}

#[test]
fn an_answer_to_another_operation_ends_the_link() {
    let lines = after_one(dev(), "1 c0 send 2 /room/1 chat a\n2 n1 answer 0 3 0");
    assert!(lines.contains(&"2: n1 ended: the node answered out of turn".to_owned()), "{lines:?}");
}

#[test]
fn a_link_that_its_node_ends_again_and_again_loses_nothing() {
    let steps = "
        1 n1 message 1 4 4
        1 c0 send 2 /room/1 chat a
        2 down
        3 c0 send 3 /room/1 chat b
        3 c1 open
        3 c1 connect bob
        4 up
        5 n1 at 1
        5 n1 attached 1 6 recovered
        5 n1 message 1 5 5
        6 down
        7 up
        8 n1 at 1
        8 n1 attached 1 6 recovered
        8 n1 message 1 6 6
        8 n1 answer 0 2 0
        9 down
        10 up
        11 n1 at 1
        11 n1 attached 1 9 whole
        12 n1 answer 0 3 0
        12 n1 logged_in 1 0";
    let expected = [
        r#"1: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":4}}"#,
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "4: n1 introduce 0 ann 7",
        "4: n1 introduce 1 bob 0",
        "4: n1 at reign 1",
        "4: n1 attach /room/1 sub 1 epoch 5 after 4 sessions [0]",
        "4: n1 operation of 0 sub 0: send 2 /room/1",
        "4: n1 operation of 0 sub 0: send 3 /room/1",
        "4: n1 login 1",
        r#"5: c0 {"message":{"sub":1,"mount":"chat","seq":5,"payload":5}}"#,
        "7: n1 introduce 0 ann 7",
        "7: n1 introduce 1 bob 0",
        "7: n1 at reign 1",
        "7: n1 attach /room/1 sub 1 epoch 5 after 5 sessions [0]",
        "7: n1 operation of 0 sub 0: send 2 /room/1",
        "7: n1 operation of 0 sub 0: send 3 /room/1",
        "7: n1 login 1",
        r#"8: c0 {"message":{"sub":1,"mount":"chat","seq":6,"payload":6}}"#,
        r#"8: c0 {"result":{"op_id":2,"status":0,"seq":0}}"#,
        "10: n1 introduce 0 ann 7",
        "10: n1 introduce 1 bob 0",
        "10: n1 at reign 1",
        "10: n1 attach /room/1 sub 1 epoch 5 after 6 sessions [0]",
        "10: n1 operation of 0 sub 0: send 3 /room/1",
        "10: n1 login 1",
        r#"11: c0 {"subscribed":{"sub":1,"queue":"q","gap":true}}"#,
        r#"11: c0 {"gap":{"sub":1,"mount":"chat","after_seq":3,"before_seq":9}}"#,
        r#"12: c0 {"result":{"op_id":3,"status":0,"seq":0}}"#,
        "12: c1 welcome",
        "12: n1 introduce 1 bob 7",
    ];
    assert_eq!(after_one(dev(), steps), expected);
}

#[test]
fn a_link_that_is_up_is_probed_at_once_and_ten_times_a_second() {
    let mut bench = Bench::new(dev());
    lines("1000 ready\n1390 wait").for_each(|line| bench.step(line));
    let (node, _) = bench.lane.parts.desk.upstream.linked().next().unwrap();
    let sent = bench.lane.parts.desk.upstream.probes_sent(node);
    assert_eq!(sent, [1_000, 1_100, 1_200, 1_300]);
}
