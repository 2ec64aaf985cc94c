//! The client by scripts: what happens to it above the line, what it does below.

mod coming_back;
mod conformance;
mod renewal;
mod script;
mod storm;

use self::script::{check, run};

#[test]
fn subscribes_and_hears() {
    check(
        "
        0 connected
        1 welcome s1
        2 subscribe #1 /room/1 history=5
        3 result 1 ok
        3 subscribed 7 /room/1 @9 chat=4 members=4
        4 message 7 chat 3 old history
        5 message 7 chat 5 hi
        6 joined 7 6 bob
        7 left 7 7 bob
        8 unsubscribe #2 /room/1
        9 message 7 chat 8 late
        9 result 2 ok
        10 message 7 chat 9 later
        ",
        "
        0 sends connect alice
        1 Connected alice
        2 sends subscribe 1 /room/1 history=5
        3 Answer #1 Subscribed
        3 /room/1 Subscribed @9 {chat=4 members=4}
        4 /room/1 Message chat 3 old history
        5 /room/1 Message chat 5 hi
        6 /room/1 Joined 6 bob
        7 /room/1 Left 7 bob
        8 sends unsubscribe 2 /room/1
        9 /room/1 Message chat 8 late
        9 Answer #2 Done
        ",
    );
}

#[test]
fn a_state_that_was_there_already_is_dropped() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /a
        0 result 1 ok
        0 subscribed 1 /a @9 scores=4 chat=6
        1 state 1 scores 4 x=1
        1 state 1 scores 5 x=2
        1 state 1 scores 5 x=2
        2 gap 1 scores 5 9
        2 state 1 scores 8 x=3
        3 state 1 scores 9 x=4 conflated
        4 disconnected
        5 connected
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /a
        0 Answer #1 Subscribed
        0 /a Subscribed @9 {chat=6 scores=4}
        1 /a State scores 5 x=2
        2 /a Gap scores 5..9
        3 /a State scores 9 x=4 conflated
        4 Closed - retrying
        4 redial at once
        5 sends connect alice resume=s1 seen=/a@9{chat=6 scores=9}
        ",
    );
}

#[test]
fn mounts_come_and_go_under_the_mark_of_members() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /a
        0 result 1 ok
        0 subscribed 1 /a @9 chat=4 members=4
        1 mount_created 1 6 votes
        2 mount_deleted 1 8 chat
        3 disconnected
        4 connected
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /a
        0 Answer #1 Subscribed
        0 /a Subscribed @9 {chat=4 members=4}
        1 /a MountCreated 6 votes
        2 /a MountDeleted 8 chat
        3 Closed - retrying
        3 redial at once
        4 sends connect alice resume=s1 seen=/a@9{members=8 votes=6}
        ",
    );
}

#[test]
fn silence_is_pinged_and_then_given_up() {
    check(
        "
        0 connected
        0 welcome s1 ping=10000
        14999 wake
        15000 wake
        16000 pong
        31000 wake
        41000 wake
        41001 message 1 chat 5 late
        ",
        "
        0 sends connect alice
        0 Connected alice
        15000 sends ping
        31000 sends ping
        41000 Closed - retrying
        41000 redial at once
        ",
    );
}

#[test]
fn pings_are_answered() {
    check(
        "
        0 connected
        0 ping 5
        1 welcome s1
        1 ping 6
        ",
        "
        0 sends connect alice
        0 sends pong 5
        1 Connected alice
        1 sends pong 6
        ",
    );
}

#[test]
fn a_closing_says_whether_to_come_back() {
    check(
        "
        0 connected
        0 welcome s1
        1 closing 3001 after=700 address=g2:7400
        2 connected
        3 welcome s1 resumed
        4 closing 3002
        5 connected
        6 welcome s2
        7 subscribe #1 /a
        8 send #2 /b chat one
        9 closing 3500
        10 send #3 /b chat two
        11 connected
        ",
        "
        0 sends connect alice
        0 Connected alice
        1 Closed 3001 retrying
        1 redial +700 g2:7400
        2 sends connect alice resume=s1
        3 Connected alice resumed
        4 Closed 3002 retrying
        4 redial in 50..100
        5 sends connect alice
        6 Connected alice
        7 sends subscribe 1 /a
        8 sends send_message 2 /b chat one
        9 Answer #1 OutcomeUnknown
        9 Answer #2 OutcomeUnknown
        9 Closed 3500 over
        9 stop
        10 Answer #3 Closed
        11 stop
        ",
    );
}

#[test]
fn nothing_waits_for_ever() {
    check(
        "
        0 connected
        0 welcome s1
        1 send #1 /a chat one
        2 disconnected
        3 send #2 /a chat two
        3 subscribe #3 /a
        15001 wake
        15002 wake
        15003 wake
        ",
        "
        0 sends connect alice
        0 Connected alice
        1 sends send_message 1 /a chat one
        2 Closed - retrying
        2 redial at once
        15001 Answer #1 OutcomeUnknown
        15003 Answer #2 NotSent
        ",
    );
}

#[test]
fn goodbye_answers_everything_first() {
    check(
        "
        0 connected
        0 welcome s1
        1 send #1 /a chat one
        2 close #2
        ",
        "
        0 sends connect alice
        0 Connected alice
        1 sends send_message 1 /a chat one
        2 Answer #1 OutcomeUnknown
        2 Answer #2 Done
        2 Closed 3000 over
        2 sends bye
        2 stop
        ",
    );
}

#[test]
fn a_gateway_out_of_its_mind_is_left() {
    for word in ["welcome s1", "garbage", "subscribed 1 /a @9 marks*18"] {
        let (log, _) = run(&format!("0 connected\n0 welcome s1\n1 {word}"));
        assert_eq!(&log[2..], ["1 Closed - retrying", "1 redial at once"], "{word}");
    }
    let (log, _) = run("0 connected\n1 result 1 ok");
    assert_eq!(&log[1..], ["1 redial at once"]);
}

#[test]
fn strays_are_counted_and_ignored() {
    let (log, client) = run("
        0 connected
        0 welcome s1
        1 result 5 ok
        1 message 4 chat 1 x
        1 state 4 scores 1 x=1
        1 subscribed 4 /a @9 chat=1
        1 unsubscribed 4 /a gone
        1 gap 4 chat 1 3
        1 unknown
        ");
    assert_eq!(log.len(), 2, "{log:?}");
    assert_eq!(client.counters().strays, 6);
}

#[test]
fn names_and_sizes_are_checked_before_they_are_sent() {
    let (log, _) = run("0 connected\n0 welcome s1 frame=100\n1 send #1 room chat x");
    assert!(log[2].starts_with("1 Answer #1 Name("), "{log:?}");
    let long = "x".repeat(200);
    let (log, _) = run(&format!("0 connected\n0 welcome s1 frame=100\n1 send #1 /a chat {long}"));
    assert!(log[2].starts_with("1 Answer #1 TooLarge"), "{log:?}");
}

#[test]
fn thirty_two_are_unanswered_and_the_rest_waits_up_to_a_bound() {
    let mut script = "0 connected\n0 welcome s1\n".to_owned();
    for number in 0..limits_of_held() + 1 {
        script += &format!("1 send #{number} /a chat x\n");
    }
    script += "2 result 1 ok seq=1\n";
    let (log, _) = run(&script);
    let sent = log.iter().filter(|line| line.starts_with("1 sends")).count();
    assert_eq!(sent, 32);
    assert_eq!(log[34], format!("1 Answer #{} Full", limits_of_held()));
    assert_eq!(&log[35..], ["2 Answer #0 Sent 1", "2 sends send_message 33 /a chat x"]);
}

fn limits_of_held() -> usize {
    crate::limits::OPERATIONS_MAX
}
