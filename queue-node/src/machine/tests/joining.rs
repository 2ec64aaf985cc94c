//! Who joins, who leaves, and who hears of it.

use super::check;

#[test]
fn a_room_comes_to_be_and_goes() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /short/1 sub=5
        2 g1 1 2 send /short/1 chat hi
        3 g1 1 3 unsubscribe /short/1
        4 g1 request 1 get /short/1
        5 g1 1 4 send /short/1 chat lost
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:hi
        3: g1 answer 1 op=3 status=0 seq=2
        4: g1 reply 1 op=0 status=5
        5: g1 answer 1 op=4 status=5
        ",
    );
}

#[test]
fn joined_and_left_are_gathered_in_a_turn() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        0 g2 introduce 1 cid
        0 g2 login 1 cid
        0 g2 introduce 2 dan
        0 g2 login 2 dan
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 2 1 subscribe /room/1 sub=5
        2 g2 1 1 subscribe /room/1 sub=9
        2 g1 1 2 unsubscribe /room/1
        3 g2 1 2 send /room/1 chat hi
        3 g2 2 1 subscribe /room/1 sub=9
        3 g2 1 3 send /room/1 chat again
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        0: g2 logged_in 1 0 12
        0: g2 logged_in 2 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 2 op=1 status=0 seq=1
        2: g1 answer 1 op=2 status=0 seq=1
        2: g1 subscribed 2 5 e1 #3 [chat=3,members=3,scores=3] cid,bob
        2: g2 answer 1 op=1 status=0 seq=1
        2: g2 subscribed 1 9 e1 #3 [chat=3,members=3,scores=3] cid,bob
        3: g2 answer 1 op=2 status=0 seq=4
        3: g2 event 9 #4 chat cid:hi
        3: g2 answer 2 op=1 status=0 seq=4
        3: g2 event 9 #5 joined dan
        3: g2 subscribed 2 9 e1 #5 [chat=5,members=5,scores=5] cid,bob,dan
        3: g2 answer 1 op=3 status=0 seq=6
        3: g2 event 9 #6 chat cid:again
        3: g1 event 5 #4 chat cid:hi
        3: g1 event 5 #5 joined dan
        3: g1 event 5 #6 chat cid:again
        ",
    );
}

#[test]
fn nobody_hears_twice_of_who_joins_and_leaves_in_one_turn() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 2 1 subscribe /room/1 sub=5
        2 g1 2 2 unsubscribe /room/1
        2 g1 2 3 subscribe /room/1 sub=5
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 2 op=1 status=0 seq=1
        2: g1 event 5 #2 joined bob
        2: g1 subscribed 2 5 e1 #2 [chat=2,members=2,scores=2] ann,bob
        2: g1 answer 2 op=2 status=0 seq=2
        2: g1 event 5 #3 left bob
        2: g1 answer 2 op=3 status=0 seq=3
        2: g1 event 5 #4 joined bob
        2: g1 subscribed 2 5 e1 #4 [chat=4,members=4,scores=4] ann,bob
        ",
    );
}

#[test]
fn a_second_session_of_a_user_is_not_announced() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 ann
        0 g1 login 2 ann
        0 g1 introduce 3 bob
        0 g1 login 3 bob
        1 g1 3 1 subscribe /room/1 sub=5
        2 g1 1 1 subscribe /room/1 sub=5
        3 g1 2 1 subscribe /room/1 sub=5
        4 g1 1 2 unsubscribe /room/1
        5 g1 2 2 unsubscribe /room/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 7 floor=4
        0: g1 logged_in 3 0 11
        1: g1 answer 3 op=1 status=0
        1: g1 subscribed 3 5 e1 #1 [chat=1,members=1,scores=1] bob
        2: g1 answer 1 op=1 status=0 seq=1
        2: g1 event 5 #2 joined ann
        2: g1 subscribed 1 5 e1 #2 [chat=2,members=2,scores=2] bob,ann
        3: g1 answer 2 op=1 status=0 seq=2
        3: g1 subscribed 2 5 e1 #2 [chat=2,members=2,scores=2] bob,ann
        4: g1 answer 1 op=2 status=0 seq=2
        5: g1 answer 2 op=2 status=0 seq=2
        5: g1 event 5 #3 left ann
        ",
    );
}

#[test]
fn subscribing_again_replaces_the_filter() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 subscribe /room/1 sub=5 mounts=scores prefix=a
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=1
        2: g1 subscribed 1 5 e1 #1 [scores=1]
        ",
    );
}

#[test]
fn refusals_say_what_to_do() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /small/1 sub=5
        2 g1 2 1 subscribe /small/1 sub=5
        3 g1 2 2 subscribe /nowhere/1 sub=6
        4 g1 2 3 subscribe /web/1 sub=6
        5 g1 2 4 subscribe /user/ann sub=6
        6 g1 2 5 send /small/1 chat hi
        7 g1 2 6 unsubscribe /small/1
        8 g1 2 1 subscribe /small/1 sub=5
        9 g1 1 0 send /small/1 chat hi
        10 g1 1 2 send /small/1 nothing hi
        11 g1 1 3 send /small/1 scores hi
        12 g1 raw /small/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 2 op=1 status=8
        3: g1 answer 2 op=2 status=5
        4: g1 answer 2 op=3 status=5
        5: g1 answer 2 op=4 status=7
        6: g1 answer 2 op=5 status=7
        7: g1 answer 2 op=6 status=5
        8: g1 answer 2 op=1 status=8
        9: g1 answer 1 op=0 status=3
        10: g1 answer 1 op=2 status=5
        11: g1 answer 1 op=3 status=3
        12: g1 answer 1 op=0 status=3
        ",
    );
}

#[test]
fn an_idle_queue_goes_after_its_time_and_not_before() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        9000 g1 1 2 unsubscribe /room/1
        13990 g1 request 1 get /room/1
        14020 g1 request 2 get /room/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        9000: g1 answer 1 op=2 status=0 seq=1
        13990: g1 reply 1 op=0 status=0 seq=2 /room/1 seq=2 members=0
        14020: g1 reply 2 op=0 status=5
        ",
    );
}

#[test]
fn a_strange_lane_is_ended() {
    check(
        "
        0 g1 up
        1 g1 7 1 subscribe /room/1 sub=5
        ----
        1: g1 END a session was never introduced
        ",
    );
}

#[test]
fn without_a_mark_the_whole_present_comes() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 1 2 send /room/1 chat one
        1 g1 1 3 set /room/1 a=1
        2 g1 1 4 subscribe /room/1 sub=5 since=e1:chat=1
        3 g1 1 5 subscribe /room/1 sub=5 since=e1:members=3,scores=3
        4 g1 1 6 subscribe /room/1 sub=5 since=e1:chat=1 mounts=chat
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        1: g1 answer 1 op=2 status=0 seq=2
        1: g1 event 5 #2 chat ann:one
        1: g1 answer 1 op=3 status=0 seq=3
        1: g1 event 5 #3 scores ann:a=1
        2: g1 answer 1 op=4 status=0 seq=3
        2: g1 subscribed 1 5 e1 #3 [chat=1,members=3,scores=3] a=1v3 ann +1
        2: g1 missed 1 5 #2 chat ann:one
        3: g1 answer 1 op=5 status=0 seq=3
        3: g1 subscribed 1 5 e1 #3 [chat=3,members=3,scores=3] a=1v3 ann
        4: g1 answer 1 op=6 status=0 seq=3
        4: g1 subscribed 1 5 e1 #3 [chat=1] recovered +1
        4: g1 missed 1 5 #2 chat ann:one
        ",
    );
}

#[test]
fn large_queues_are_told_about_one_by_one() {
    use proto::c2g::{self, Change, change::Act};
    use proto::g2q::operation::Body as Op;
    use proto::limits;

    let mut rig = super::rig::Rig::new();
    rig.run("0 g1 up\n0 g1 introduce 1 ann\n0 g1 login 1 ann");
    let link = rig.link("g1");
    let room = |number: usize| format!("/room/{number}");
    let subscribe = |rig: &mut super::rig::Rig, op_id, number| {
        let queue = room(number);
        let op = c2g::Subscribe { op_id, queue, ..c2g::Subscribe::default() };
        rig.operation(link, 1, &room(number), number as u32, Op::Subscribe(op));
    };
    let value = vec![b'x'; limits::PAYLOAD_BYTES_MAX];
    let (rooms, keys) = (30, 30);
    for number in 1..=rooms {
        subscribe(&mut rig, 1, number);
        for key in 0..keys {
            let act = Some(Act::Set(value.clone()));
            let change = Change { key: key.to_string(), act, ..Change::default() };
            let (queue, mount) = (room(number), "scores".to_owned());
            let op = c2g::SendState { op_id: 2 + key, queue, mount, changes: vec![change] };
            rig.operation(link, 1, &room(number), 0, Op::SendState(op));
        }
    }
    rig.handle(crate::machine::Input::TurnEnd);
    rig.out.links.take(link);
    (1..=rooms).for_each(|number| subscribe(&mut rig, 100, number));
    let all = rooms * keys as usize * value.len();
    let waits = all.saturating_sub(rig.out.links.unsent(link));
    assert!(waits <= limits::SNAPSHOTS_PER_TURN_BYTES, "{waits} of {all} bytes aren't known yet");
}
