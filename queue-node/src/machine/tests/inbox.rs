//! The inbox of a user, and what the back end asks of user queues.

use super::check;
use super::rig::Rig;

#[test]
fn a_session_is_a_member_of_its_inbox_and_nobody_else_is() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 request 1 send /user/ann inbox first
        2 g1 resume 1 /user/ann 5
        3 g1 request 2 send /user/ann inbox second
        4 g1 1 1 subscribe /user/ann sub=5 history=9
        5 g1 1 2 unsubscribe /user/ann
        6 g1 2 1 subscribe /user/ann sub=6
        7 g1 2 2 subscribe /user/nobody sub=6
        8 g1 2 3 send /user/ann inbox hi
        9 g1 request 3 send /user/nobody inbox hi
        10 g1 request 4 delete /user/ann
        11 g1 request 5 remove /user/ann ann
        12 g1 lost 1 ann
        13 g1 request 6 send /user/ann inbox third
        14 g1 introduce 3 ann
        14 g1 login 3 ann secret=3 resume=1,1
        14 g1 resume 3 /user/ann 5 e1:inbox=2,members=2
        15 g1 lost 3 ann bye
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 reply 1 op=0 status=0 seq=1
        2: g1 answer 1 op=0 status=0 seq=1
        2: g1 subscribed 1 5 e1 #1 [inbox=1,members=1]
        3: g1 reply 2 op=0 status=0 seq=2
        3: g1 event 5 #2 inbox :second
        4: g1 answer 1 op=1 status=0 seq=2
        4: g1 subscribed 1 5 e1 #2 [inbox=2,members=2] +2
        4: g1 history 1 5 #1 inbox :first
        4: g1 history 1 5 #2 inbox :second
        5: g1 answer 1 op=2 status=7
        6: g1 answer 2 op=1 status=7
        7: g1 answer 2 op=2 status=7
        8: g1 answer 2 op=3 status=7
        9: g1 reply 3 op=0 status=5
        10: g1 reply 4 op=0 status=7
        11: g1 reply 5 op=0 status=7
        12: g1 lost_noted 1
        13: g1 reply 6 op=0 status=0 seq=3
        13: g1 event 5 #3 inbox :third
        14: g1 unsubscribed 5 [1] ''
        14: g1 logged_in 3 0 18 resumed
        14: g1 answer 3 op=0 status=0 seq=3
        14: g1 subscribed 3 5 e1 #3 [inbox=2,members=2] recovered +1
        14: g1 missed 3 5 #3 inbox :third
        15: g1 unsubscribed 5 [3] 'bye'
        15: g1 lost_noted 3
        ",
    );
}

/// Whether another user is there isn't said to whom it doesn't concern: ann is, nobody isn't.
#[test]
fn strangers_are_answered_the_same_of_all_users() {
    let mut rig = Rig::new();
    rig.run(
        "0 g1 up\n0 g1 introduce 1 ann\n0 g1 login 1 ann\n0 g1 introduce 2 bob\n0 g1 login 2 bob",
    );
    let (mut op_id, at_ms) = (0, std::cell::Cell::new(5));
    let mut both = |rig: &mut Rig, operation: &str| {
        let [there, away] = ["/user/ann", "/user/nobody"].map(|queue| {
            op_id += 1;
            let said = rig.run(&format!(
                "{} g1 2 {op_id} {}",
                at_ms.get(),
                operation.replace("WHOM", queue)
            ));
            said.replace(&format!("op={op_id} "), "op=… ")
        });
        assert_eq!(there, away, "{operation}");
        assert!(there.contains("answer 2 "), "{operation}: {there}");
        there
    };
    for operation in [
        "send WHOM inbox hi",
        "send WHOM nothing hi",
        "send WHOM inbox absent",
        "set WHOM a=1",
        "get WHOM",
        "history WHOM",
        "members WHOM",
        "subscribe WHOM sub=6",
        "unsubscribe WHOM",
    ] {
        both(&mut rig, operation);
    }
    // Where the application says who may, it says so of both.
    at_ms.set(6);
    rig.run("6 config send /user/* callout");
    assert!(both(&mut rig, "send WHOM inbox hi ask").contains("ask send_message"));
    both(&mut rig, "send WHOM inbox hi ask no=send_message,7");
    both(&mut rig, "send WHOM inbox absent ask no=send_message,7");
}

#[test]
fn a_user_is_known_for_a_while() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        5 g1 introduce 2 ann
        5 g1 login 2 ann
        6 g1 1 1 subscribe /room/1 sub=5
        6 g1 2 1 subscribe /room/2 sub=6
        6 g1 2 2 subscribe /room/1 sub=5
        7 g1 lost 2 ann
        8 g1 request 1 user /user/ann
        9 g1 request 2 disconnect /user/ann misbehaving
        10 g1 request 3 user /user/ann
        11 g1 request 4 user /user/nobody
        12 g1 request 5 disconnect /user/nobody
        13 g1 request 6 list /
        14 g1 request 7 list /user/
        61000 g1 request 8 user /user/ann
        ----
        0: g1 logged_in 1 0 4
        5: g1 logged_in 2 0 7 floor=4
        6: g1 answer 1 op=1 status=0
        6: g1 answer 2 op=1 status=0
        6: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        6: g1 answer 2 op=2 status=0 seq=1
        6: g1 subscribed 2 6 e2 #1 [chat=1,members=1,scores=1] ann
        6: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann
        7: g1 lost_noted 2
        8: g1 reply 1 op=0 status=0 ann online +0 [g test +0] [g test +5 detached] /room/1,/room/2
        9: g1 reply 2 op=0 status=0
        9: g1 kick 1 3503 gen=4
        9: g1 unsubscribed 5 [1] 'misbehaving'
        9: g1 unsubscribed 6 [2] 'misbehaving'
        9: g1 unsubscribed 5 [2] 'misbehaving'
        10: g1 reply 3 op=0 status=0 ann offline +9
        11: g1 reply 4 op=0 status=5
        12: g1 reply 5 op=0 status=5
        13: g1 reply 6 op=0 status=0 /room/1,/room/2
        14: g1 reply 7 op=0 status=0 /user/ann
        61000: g1 reply 8 op=0 status=5
        ",
    );
}

#[test]
fn a_class_that_is_open_opens_no_inbox_to_others() {
    check(
        "
        0 config join /user/* open
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 members /user/ann
        2 g1 2 1 members /user/ann
        ----
        0: g1 logged_in 1 0 5
        0: g1 logged_in 2 0 9
        1: g1 answer 1 op=1 status=0 ann count=1
        2: g1 answer 2 op=1 status=7
        ",
    );
}

#[test]
fn an_inbox_that_is_open_takes_messages_of_everybody() {
    check(
        "
        0 config send /user/* open
        0 loud
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 resume 1 /user/ann 5
        2 g1 2 1 send /user/ann inbox hi
        3 g1 2 1 send /user/ann inbox hi
        4 g1 1 1 send /user/ann inbox self
        5 g1 2 2 send /user/cid inbox hi
        6 g1 2 3 send /user/ann chat hi
        7 g1 2 4 history /user/ann
        9 g1 2 6 set /user/ann a=1
        10 g1 lost 1 ann bye
        11 g1 2 7 send /user/ann inbox later
        ----
        0: g1 logged_in 1 0 5
        0: g1 logged_in 2 0 9
        1: g1 answer 1 op=0 status=0
        1: g1 subscribed 1 5 e1 #0 [inbox=0,members=0]
        2: g1 answer 2 op=1 status=0 seq=1
        2: g1 event 5 #1 inbox bob:hi
        3: g1 answer 2 op=1 status=0 seq=1
        4: g1 answer 1 op=1 status=0 seq=2
        4: g1 event 5 #2 inbox ann:self
        5: g1 answer 2 op=2 status=5 the user isn't online, and hasn't been recently
        6: g1 answer 2 op=3 status=5 no such mount; the queue has: inbox
        7: g1 answer 2 op=4 status=7 a user's own queue can be read only by that user
        9: g1 answer 2 op=6 status=5 no such mount; the queue has: inbox
        10: g1 unsubscribed 5 [1] 'bye'
        10: g1 lost_noted 1
        11: g1 answer 2 op=7 status=0 seq=3
        ",
    );
}
