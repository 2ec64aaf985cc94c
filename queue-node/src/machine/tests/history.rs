//! Histories that are bounded by bytes and by age.

use super::check;
use super::rig::Rig;

const IN: &str = "
    0 g1 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann
    1 g1 1 1 subscribe /room/1 sub=5 mounts=members
";

/// The numbers of the messages that a history has.
fn history(rig: &mut Rig, at_ms: u64, op_id: u32) -> Vec<u64> {
    let said = rig.run(&format!("{at_ms} g1 1 {op_id} history /room/1"));
    let numbers = said.split('#').skip(1).map(|one| one.split_once(':').expect("a message").0);
    numbers.map(|number| number.parse().expect("a number")).collect()
}

#[test]
fn messages_go_when_they_are_too_old() {
    check(
        "
        0 config history_ms /room/* 500
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5 mounts=members
        100 g1 1 2 send /room/1 chat one
        300 g1 1 3 send /room/1 chat two
        599 g1 1 4 history /room/1
        600 g1 1 5 history /room/1
        650 g1 1 6 subscribe /room/1 sub=5 history=9 mounts=chat
        800 g1 1 7 history /room/1
        801 g1 1 8 subscribe /room/1 sub=5 history=9 mounts=chat
        5000 g1 1 9 send /room/1 chat three
        5001 g1 1 10 history /room/1
        ----
        0: g1 logged_in 1 0 5
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [members=1] ann
        100: g1 answer 1 op=2 status=0 seq=2
        100: g1 event 5 #2 chat ann:one
        300: g1 answer 1 op=3 status=0 seq=3
        300: g1 event 5 #3 chat ann:two
        599: g1 answer 1 op=4 status=0 seq=3 #2:one #3:two
        600: g1 answer 1 op=5 status=0 seq=3 #3:two
        650: g1 answer 1 op=6 status=0 seq=3
        650: g1 subscribed 1 5 e1 #3 [chat=3] +1
        650: g1 history 1 5 #3 chat ann:two
        800: g1 answer 1 op=7 status=0 seq=3
        801: g1 answer 1 op=8 status=0 seq=3
        801: g1 subscribed 1 5 e1 #3 [chat=3]
        5000: g1 answer 1 op=9 status=0 seq=4
        5000: g1 event 5 #4 chat ann:three
        5001: g1 answer 1 op=10 status=0 seq=4 #4:three
        ",
    );
}

#[test]
fn messages_outlive_the_replay_log() {
    check(
        "
        0 config history_ms /room/* 10000
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5 mounts=members
        100 g1 1 2 send /room/1 chat one
        5000 g1 1 3 send /room/1 chat two
        10099 g1 1 4 history /room/1
        10100 g1 1 5 history /room/1
        14999 g1 1 6 subscribe /room/1 sub=5 history=9
        15000 g1 1 7 subscribe /room/1 sub=5 history=9
        ----
        0: g1 logged_in 1 0 5
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [members=1] ann
        100: g1 answer 1 op=2 status=0 seq=2
        100: g1 event 5 #2 chat ann:one
        5000: g1 answer 1 op=3 status=0 seq=3
        5000: g1 event 5 #3 chat ann:two
        10099: g1 answer 1 op=4 status=0 seq=3 #2:one #3:two
        10100: g1 answer 1 op=5 status=0 seq=3 #3:two
        14999: g1 answer 1 op=6 status=0 seq=3
        14999: g1 subscribed 1 5 e1 #3 [chat=3,members=3,scores=3] ann +1
        14999: g1 history 1 5 #3 chat ann:two
        15000: g1 answer 1 op=7 status=0 seq=3
        15000: g1 subscribed 1 5 e1 #3 [chat=3,members=3,scores=3] ann
        ",
    );
}

#[test]
fn the_oldest_go_when_there_are_too_many_bytes() {
    let mut rig = Rig::new();
    rig.run("0 config history_bytes /room/* 5000");
    rig.run(IN);
    let send = |rig: &mut Rig, op_id: u32, bytes: usize| {
        let text = "x".repeat(bytes);
        let said = rig.run(&format!("{op_id} g1 1 {op_id} send /room/1 chat {text}"));
        assert!(said.contains("status=0"), "{said}");
    };
    for op_id in 2..10 {
        send(&mut rig, op_id, 1000);
    }
    assert_eq!(history(&mut rig, 10, 10), [6, 7, 8, 9]);
    send(&mut rig, 11, 3000);
    assert_eq!(history(&mut rig, 12, 12), [9, 10]);
    // One that is too long by itself is delivered, and leaves nothing behind.
    send(&mut rig, 13, 6000);
    assert_eq!(history(&mut rig, 14, 14), [0; 0]);
    send(&mut rig, 15, 10);
    assert_eq!(history(&mut rig, 16, 16), [12]);
    rig.run("17 config history_bytes /room/* 250");
    send(&mut rig, 18, 10);
    send(&mut rig, 19, 100);
    send(&mut rig, 20, 10);
    let kept = history(&mut rig, 21, 21);
    assert_eq!(kept, [14, 15]);
    rig.run("10000 config history_bytes /room/* 5000");
    assert_eq!(history(&mut rig, 10_001, 22), kept, "they have outlived the replay log");
}
