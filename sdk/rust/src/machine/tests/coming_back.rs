//! What outlives a connection, and what does not.

use prost::Message as _;
use proto::c2g::{C2g, c2g::Body};
use proto::limits as protocol;
use proto::time::Time;

use super::script::{check, client_with, step};
use crate::machine::{Client, Input, Outbox, Settings};

#[test]
fn a_new_session_subscribes_again_from_its_marks_and_resends_nothing() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /room/1 history=5
        0 result 1 ok
        0 subscribed 7 /room/1 @9 chat=4 members=4
        1 message 7 chat 5 hi
        2 send #2 /room/1 chat one
        3 disconnected
        4 send #3 /room/1 chat two
        5 connected
        6 welcome s2
        7 result 1 ok
        8 subscribed 3 /room/1 @9 chat=5 members=4 recovered
        9 message 3 chat 6 hello
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /room/1 history=5
        0 Answer #1 Subscribed
        0 /room/1 Subscribed @9 {chat=4 members=4}
        1 /room/1 Message chat 5 hi
        2 sends send_message 2 /room/1 chat one
        3 Closed - retrying
        3 redial at once
        5 sends connect alice resume=s1 seen=/room/1@9{chat=5 members=4}
        6 Connected alice
        6 Answer #2 OutcomeUnknown
        6 sends subscribe 1 /room/1 since=@9{chat=5 members=4}
        8 /room/1 Subscribed @9 {chat=5 members=4} recovered
        8 sends send_message 2 /room/1 chat two
        9 /room/1 Message chat 6 hello
        ",
    );
}

#[test]
fn a_resumed_session_resends_with_old_ids_once_the_queue_is_the_same() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /a
        0 result 1 ok
        0 subscribed 1 /a @9 chat=4
        0 subscribe #2 /b
        0 result 2 ok
        0 subscribed 2 /b @8 chat=1
        1 send #3 /a chat one
        1 send #4 /b chat two
        1 send #5 /c chat three
        1 subscribe #6 /d
        2 disconnected
        3 send #7 /a chat four
        4 connected
        5 welcome s1 resumed
        6 subscribed 1 /a @9 chat=4 recovered
        7 subscribed 2 /b @77 chat=1
        8 result 3 ok seq=5
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /a
        0 Answer #1 Subscribed
        0 /a Subscribed @9 {chat=4}
        0 sends subscribe 2 /b
        0 Answer #2 Subscribed
        0 /b Subscribed @8 {chat=1}
        1 sends send_message 3 /a chat one
        1 sends send_message 4 /b chat two
        1 sends send_message 5 /c chat three
        1 sends subscribe 6 /d
        2 Closed - retrying
        2 redial at once
        4 sends connect alice resume=s1 seen=/a@9{chat=4},/b@8{chat=1}
        5 Connected alice resumed
        5 sends send_message 5 /c chat three
        5 sends subscribe 6 /d
        6 /a Subscribed @9 {chat=4} recovered
        6 sends send_message 3 /a chat one
        6 sends send_message 7 /a chat four
        7 /b Subscribed @77 {chat=1}
        7 Answer #4 OutcomeUnknown
        8 Answer #3 Sent 5
        ",
    );
}

#[test]
fn what_is_gone_after_a_resume_is_not_resent() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /a
        0 result 1 ok
        0 subscribed 1 /a @9 chat=4
        1 send #2 /a chat one
        2 disconnected
        3 connected
        4 welcome s1 resumed
        5 unsubscribed 0 /a deleted
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /a
        0 Answer #1 Subscribed
        0 /a Subscribed @9 {chat=4}
        1 sends send_message 2 /a chat one
        2 Closed - retrying
        2 redial at once
        3 sends connect alice resume=s1 seen=/a@9{chat=4}
        4 Connected alice resumed
        5 /a Unsubscribed deleted
        5 Answer #2 OutcomeUnknown
        ",
    );
}

#[test]
fn what_is_older_than_grace_is_not_resent() {
    check(
        "
        0 connected
        0 welcome s1
        1 send #1 /a chat one
        9000 send #2 /b chat two
        14000 disconnected
        15000 connected
        15001 welcome s1 resumed
        ",
        "
        0 sends connect alice
        0 Connected alice
        1 sends send_message 1 /a chat one
        9000 sends send_message 2 /b chat two
        14000 Closed - retrying
        14000 redial at once
        15000 sends connect alice resume=s1
        15001 Answer #1 OutcomeUnknown
        15001 Connected alice resumed
        15001 sends send_message 2 /b chat two
        ",
    );
}

#[test]
fn wishes_outlive_sessions() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /a
        0 result 1 ok
        0 subscribed 1 /a @9 chat=4
        1 unsubscribe #2 /a
        1 subscribe #3 /b
        2 disconnected
        3 connected
        4 welcome s2
        5 result 1 ok
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /a
        0 Answer #1 Subscribed
        0 /a Subscribed @9 {chat=4}
        1 sends unsubscribe 2 /a
        1 sends subscribe 3 /b
        2 Closed - retrying
        2 redial at once
        3 sends connect alice resume=s1 seen=/a@9{chat=4}
        4 Connected alice
        4 Answer #2 Done
        4 sends subscribe 1 /b
        5 Answer #3 Subscribed
        ",
    );
}

#[test]
fn a_refusal_for_now_is_a_pause() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /a
        0 result 1 ok
        0 subscribed 1 /a @9 chat=4
        1 send #2 /a chat one
        1 unsubscribed 1 /a node-lost retry
        2 result 2 outcome_unknown
        3 send #3 /a chat two
        101 wake
        102 result 3 unavailable retry
        400 wake
        401 result 4 ok
        402 subscribed 4 /a @10 chat=0
        500 unsubscribed 4 /a kicked
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /a
        0 Answer #1 Subscribed
        0 /a Subscribed @9 {chat=4}
        1 sends send_message 2 /a chat one
        1 /a Unsubscribed node-lost retrying
        2 Answer #2 OutcomeUnknown
        101 sends subscribe 3 /a since=@9{chat=4}
        102 /a Unsubscribed unavailable:-refused retrying
        400 sends subscribe 4 /a since=@9{chat=4}
        402 /a Subscribed @10 {chat=0}
        402 sends send_message 5 /a chat two
        500 /a Unsubscribed kicked
        ",
    );
}

#[test]
fn coming_back_takes_longer_each_time() {
    check(
        "
        0 disconnected
        1 disconnected
        2 disconnected
        3 disconnected
        4 connected
        10004 wake
        10005 connected
        10006 welcome s1
        10007 disconnected
        10008 connected
        10009 welcome s2
        20009 disconnected
        ",
        "
        0 redial at once
        1 redial in 50..100
        2 redial in 100..200
        3 redial in 200..400
        4 sends connect alice
        10004 redial in 400..800
        10005 sends connect alice
        10006 Connected alice
        10007 Closed - retrying
        10007 redial in 800..1600
        10008 sends connect alice resume=s1
        10009 Connected alice
        20009 Closed - retrying
        20009 redial at once
        ",
    );
}

#[test]
fn seen_fits_into_a_first_frame_and_the_rest_is_subscribed_anew() {
    let mut client = client_with(200, 100);
    let mut out = Outbox::default();
    client.handle(Time::default(), Input::Disconnected, &mut out);
    client.handle(Time::default(), Input::Connected, &mut out);
    assert!(out.frames.len() <= protocol::UNAUTHENTICATED_BYTES_MAX, "{}", out.frames.len());
    let named = client.queues.values().filter_map(|queue| queue.subscription.as_ref());
    let named = named.filter(|subscription| subscription.named).count();
    assert!((1..200).contains(&named), "{named}");
    let log = step(&mut client, "5 welcome s1 resumed");
    assert_eq!(log.iter().filter(|line| line.contains("sends subscribe")).count(), 200 - named);
}

#[test]
fn each_connect_of_a_client_has_its_id_and_a_higher_number() {
    let connects = |seed| {
        let mut client = Client::new(Settings::default(), seed);
        let mut connect = || {
            let mut out = Outbox::default();
            client.handle(Time::default(), Input::Connected, &mut out);
            let frames = std::mem::take(&mut out.frames);
            client.handle(Time::default(), Input::Disconnected, &mut out);
            let (frame, _) = proto::frame::split(&frames, usize::MAX).unwrap().unwrap();
            match C2g::decode(frame).unwrap().body {
                Some(Body::Connect(connect)) => (connect.client_id, connect.attempt),
                other => panic!("{other:?} before `connect`"),
            }
        };
        [connect(), connect(), connect()]
    };
    let [(one, first), (two, second), (three, third)] = connects(1);
    assert_eq!([first, second, third], [1, 2, 3]);
    assert!(!one.is_empty() && proto::name::client_id(&one).is_ok(), "{one:?}");
    assert_eq!([&one, &one], [&two, &three]);
    assert_ne!(one, connects(2)[0].0);
}

#[test]
fn a_session_whose_ids_are_used_up_begins_anew() {
    let mut client = client_with(1, 1);
    client.next_op_id = crate::limits::OP_ID_WORN + 1;
    let log = step(&mut client, "5 pong");
    assert_eq!(log, ["5 Closed - retrying", "5 redial at once"]);
    let log = step(&mut client, "6 connected");
    assert_eq!(log, ["6 sends connect alice"]);
}

#[test]
fn a_queue_that_is_given_is_one_that_was_asked_for() {
    let script = "
        0 connected
        0 welcome s1
        1 subscribed 7 /web/1 @9 chat=4 members=4
        2 message 7 chat 5 hi
        3 disconnected
        4 connected
        5 welcome s2
        6 result 1 forbidden
        ";
    let given = |given| {
        let mut client = crate::machine::Client::new(
            crate::machine::Settings { user: "alice".to_owned(), given, ..Default::default() },
            7,
        );
        let lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
        let log: Vec<String> = lines.flat_map(|line| step(&mut client, line)).collect();
        (log, client.counters().strays)
    };
    let (log, strays) = given(true);
    let wanted = [
        "0 sends connect alice",
        "0 Connected alice",
        "1 /web/1 Subscribed @9 {chat=4 members=4}",
        "2 /web/1 Message chat 5 hi",
        "3 Closed - retrying",
        "3 redial at once",
        "4 sends connect alice resume=s1 seen=/web/1@9{chat=5 members=4}",
        "5 Connected alice",
        "5 sends subscribe 1 /web/1 since=@9{chat=5 members=4}",
        "6 /web/1 Unsubscribed -",
    ];
    assert_eq!(log[..wanted.len() - 1], wanted[..wanted.len() - 1]);
    assert!(log[wanted.len() - 1].starts_with("6 /web/1 Unsubscribed"), "{log:?}");
    assert_eq!(strays, 0);
    let (log, strays) = given(false);
    assert!(!log.iter().any(|line| line.contains("/web/1")), "{log:?}");
    assert_eq!(strays, 3);
}

#[test]
fn who_does_not_wait_for_a_queue_to_come_back_leaves_it() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /a
        0 result 1 ok
        0 subscribed 1 /a @9 chat=4
        1 unsubscribed 1 /a node-lost retry
        2 unsubscribe #2 /a
        3 result 2 not_found
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /a
        0 Answer #1 Subscribed
        0 /a Subscribed @9 {chat=4}
        1 /a Unsubscribed node-lost retrying
        2 sends unsubscribe 2 /a
        3 Answer #2 Done
        ",
    );
}

#[test]
fn who_has_asked_to_leave_a_queue_that_is_lost_is_not_brought_back() {
    check(
        "
        0 connected
        0 welcome s1
        0 subscribe #1 /a
        0 result 1 ok
        0 subscribed 1 /a @9 chat=4
        1 unsubscribe #2 /a
        2 unsubscribed 1 /a node-lost retry
        102 wake
        103 result 2 not_found
        400 wake
        ",
        "
        0 sends connect alice
        0 Connected alice
        0 sends subscribe 1 /a
        0 Answer #1 Subscribed
        0 /a Subscribed @9 {chat=4}
        1 sends unsubscribe 2 /a
        2 /a Unsubscribed node-lost retrying
        103 Answer #2 Done
        ",
    );
}
