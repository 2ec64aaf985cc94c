//! What the web application is told, by whom, and how often.

use std::collections::BTreeSet;

use proto::bucket::BucketId;
use proto::class::ClusterConfig;
use proto::seeded::Seed;

use super::check;
use super::rig::{Rig, config};
use crate::machine::application::{Cause, Couriers, Happened};
use crate::machine::{Counters, Faults};

#[test]
fn who_comes_and_goes_in_a_queue() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /told/1 sub=5
        1 g1 2 1 subscribe /told/1 sub=5
        2 g1 1 2 send /told/1 chat hi
        3 g1 1 3 unsubscribe /told/1
        4 g1 request 1 remove /told/1 bob
        1500 g1 1 4 members /told/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 tell 1 app queue_created /told/1 e1 #0
        1: g1 tell 2 app joined /told/1 e1 #1 ann gen=4
        1: g1 tell 3 app joined /told/1 e1 #1 bob gen=8
        1: g1 tell 4 app queue_first_join /told/1 e1 #1
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:hi
        3: g1 answer 1 op=3 status=0 seq=2
        3: g1 event 5 #3 left ann
        3: g1 tell 5 app left /told/1 e1 #3 ann gen=4
        4: g1 reply 1 op=0 status=0 seq=3
        4: g1 unsubscribed 5 [2] 'removed by the application'
        4: g1 tell 6 app left /told/1 e1 #4 bob gen=8 (removed by the application)
        4: g1 tell 7 app queue_last_leave /told/1 e1 #4
        1500: g1 tell 8 app queue_destroyed /told/1 e1 #4 (idle)
        1500: g1 answer 1 op=4 status=5
        ",
    );
}

#[test]
fn a_queue_without_announcements_numbers_what_it_tells() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /secret/1 sub=5
        2 g1 1 2 unsubscribe /secret/1
        3 g1 1 3 subscribe /flash/1 sub=5
        4 g1 1 4 unsubscribe /flash/1
        5 g1 1 5 subscribe /told/1 sub=5
        6 g1 request 1 delete /told/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #0 [chat=0,members=0,scores=0]
        1: g1 tell 1 app queue_created /secret/1 e1 #7
        1: g1 tell 2 app joined /secret/1 e1 #13 ann gen=4
        1: g1 tell 3 app queue_first_join /secret/1 e1 #14
        2: g1 answer 1 op=2 status=0
        2: g1 tell 4 app left /secret/1 e1 #18 ann gen=4
        2: g1 tell 5 app queue_last_leave /secret/1 e1 #19
        2: g1 tell 6 app queue_destroyed /secret/1 e1 #21 (idle)
        3: g1 answer 1 op=3 status=0
        3: g1 subscribed 1 5 e2 #1 [chat=1,members=1,scores=1] ann
        3: g1 tell 7 app queue_created /flash/1 e2 #0
        3: g1 tell 8 app joined /flash/1 e2 #1 ann gen=4
        3: g1 tell 9 app queue_first_join /flash/1 e2 #1
        4: g1 answer 1 op=4 status=0 seq=1
        4: g1 tell 10 app left /flash/1 e2 #2 ann gen=4
        4: g1 tell 11 app queue_last_leave /flash/1 e2 #2
        4: g1 tell 12 app queue_destroyed /flash/1 e2 #2 (idle)
        5: g1 answer 1 op=5 status=0
        5: g1 subscribed 1 5 e3 #1 [chat=1,members=1,scores=1] ann
        5: g1 tell 13 app queue_created /told/1 e3 #0
        5: g1 tell 14 app joined /told/1 e3 #1 ann gen=4
        5: g1 tell 15 app queue_first_join /told/1 e3 #1
        6: g1 reply 1 op=0 status=0 seq=1
        6: g1 unsubscribed 5 [] 'the queue was deleted'
        6: g1 tell 16 app left /told/1 e3 #2 ann gen=4 (the queue was deleted)
        6: g1 tell 17 app queue_last_leave /told/1 e3 #2
        6: g1 tell 18 app queue_destroyed /told/1 e3 #2 (the queue was deleted)
        ",
    );
}

#[test]
fn users_come_and_go() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 tim
        0 g1 login 1 tim
        1 g1 introduce 2 tim
        1 g1 login 2 tim
        2 g1 lost 2 tim code=3008
        3 g1 introduce 3 tim
        1100 g1 introduce 3 tim
        1100 g1 login 3 tim
        1200 g1 lost 3 tim bye
        ----
        0: g1 logged_in 1 0 5
        0: g1 tell 1 app queue_created /user/tim e1 #3
        0: g1 tell 2 app user_online /user/tim e1 #7 tim gen=5
        0: g1 tell 3 app joined /user/tim e1 #8 tim gen=5
        0: g1 tell 4 app queue_first_join /user/tim e1 #9
        1: g1 kick 1 3500 gen=5
        1: g1 logged_in 2 0 11
        1: g1 tell 5 app closed /user/tim e1 #14 tim gen=5 (3500)
        2: g1 lost_noted 2
        1100: g1 tell 6 app closed /user/tim e1 #18 tim gen=11 (3008)
        1100: g1 tell 7 app user_offline /user/tim e1 #19 tim gen=11 (lost)
        1100: g1 tell 8 app left /user/tim e1 #21 tim gen=11 (lost)
        1100: g1 tell 9 app queue_last_leave /user/tim e1 #22
        1100: g1 logged_in 3 0 24
        1100: g1 tell 10 app user_online /user/tim e1 #26 tim gen=24
        1100: g1 tell 11 app joined /user/tim e1 #27 tim gen=24
        1100: g1 tell 12 app queue_first_join /user/tim e1 #28
        1200: g1 lost_noted 3
        1200: g1 tell 13 app closed /user/tim e1 #31 tim gen=24 (3000)
        1200: g1 tell 14 app user_offline /user/tim e1 #32 tim gen=24 (bye)
        1200: g1 tell 15 app left /user/tim e1 #34 tim gen=24 (bye)
        1200: g1 tell 16 app queue_last_leave /user/tim e1 #35
        ",
    );
}

#[test]
fn tells_go_to_one_lane_until_they_are_acknowledged() {
    check(
        "
        0 g1+ up
        0 g2 up
        0 g3 up
        0 g1+ introduce 1 ann
        0 g1+ login 1 ann
        1 g1+ 1 1 subscribe /told/1 sub=5
        2 g2 acknowledge 1 3
        3 g2 down
        4 g1+ 1 2 unsubscribe /told/1
        5 g3 acknowledge 2 4
        29000 g4+ up
        30500 g3 acknowledge 5
        31000 g5+ up
        60000 g6+ up
        ----
        0: g1+ logged_in 1 0 4
        1: g1+ answer 1 op=1 status=0
        1: g1+ subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        1: g2 tell 1 app queue_created /told/1 e1 #0
        1: g2 tell 2 app joined /told/1 e1 #1 ann gen=4
        1: g2 tell 3 app queue_first_join /told/1 e1 #1
        3: g3 tell 2 app joined /told/1 e1 #1 ann gen=4
        4: g1+ answer 1 op=2 status=0 seq=1
        4: g3 tell 4 app left /told/1 e1 #2 ann gen=4
        4: g3 tell 5 app queue_last_leave /told/1 e1 #2
        29000: g3 tell 6 app queue_destroyed /told/1 e1 #2 (idle)
        30500: g3 tell 5 app queue_last_leave /told/1 e1 #2
        30500: g3 tell 6 app queue_destroyed /told/1 e1 #2 (idle)
        ",
    );
}

#[test]
fn tells_wait_for_their_record_and_go_with_their_target() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 request 1 create /told/1
        2 config untold - -
        3 g1 request 2 delete /told/1
        4 config max_members /told/* 5
        5 g1 request 3 create /told/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 reply 1 op=0 status=0
        1: g1 tell 1 app queue_created /told/1 e1 #0
        3: g1 reply 2 op=0 status=0
        5: g1 reply 3 op=0 status=0
        5: g1 tell 2 app queue_created /told/1 e2 #0
        ",
    );
}

#[test]
fn a_tell_waits_for_its_record() {
    let mut rig = Rig::with(1, Faults::default());
    assert_eq!(rig.run("0 g1 up\n1 g1 request 1 create /told/1\n"), "");
    rig.acknowledge(usize::MAX);
    let said = rig.run("2 g2 up\n");
    let wanted = "2: g1 reply 1 op=0 status=0\n2: g1 tell 1 app queue_created /told/1 e1 #0\n";
    assert_eq!(said, wanted);
}

#[test]
fn no_more_than_so_many_are_on_the_way() {
    let mut rig = Rig::new();
    let line = |n| format!("0 g1 request {n} create /told/{n}\n");
    let lines: String = (1..=300).map(line).collect();
    let count = |said: &str| said.matches(" tell ").count();
    assert_eq!(count(&rig.run(&format!("0 g1 up\n{lines}"))), 256);
    let said = rig.run("1 g1 acknowledge 3 7 300 999\n");
    assert_eq!(count(&said), 2, "so many of those that were acknowledged were on the way");
    assert!(said.contains("tell 257 ") && said.contains("tell 258 "), "{said}");
    assert_eq!(rig.node.counters().callout_tells_kept, 297);
    assert_eq!(rig.node.tells_kept(), 297, "and so do their buckets keep them");
}

/// All couriers, who have brought nothing yet, and what they count.
fn couriers() -> (Couriers, Counters) {
    let (mut couriers, mut counters) = (Couriers::new(Seed::new(1)), Counters::default());
    couriers.configure(&mut counters, &config());
    (couriers, counters)
}

fn keep(couriers: &mut Couriers, counters: &mut Counters, target: &str, user: &str) {
    let cause = if user.is_empty() { Cause::default() } else { couriers.cause(user) };
    let (bucket, n, target) = (BucketId::of(0, 1), counters.callout_tells + 1, target.into());
    couriers.keep(counters, Happened { bucket, n, cause, target });
}

#[test]
fn the_oldest_is_dropped_when_too_many_are_kept() {
    let (mut couriers, mut counters) = couriers();
    (0..65_600).for_each(|_| keep(&mut couriers, &mut counters, "app", ""));
    assert_eq!((couriers.len(), counters.tells_dropped), (65_536, 64));
    keep(&mut couriers, &mut counters, "nobody", "");
    assert_eq!(counters.tells_dropped, 65, "nobody of that name is told");
    // Their bucket needn't keep them any more, nor the one that nobody is told.
    let mut given_up: Vec<u64> = (1..=64).collect();
    given_up.push(65_601);
    assert_eq!(couriers.taken(), [(BucketId::of(0, 1), given_up)]);
    couriers.acknowledged(1, &[70, 65]);
    assert_eq!(couriers.taken(), [(BucketId::of(0, 1), vec![70, 65])]);
}

#[test]
fn who_makes_too_many_tells_loses_its_own() {
    let (mut couriers, mut counters) = couriers();
    let others = ["", "bob", "eve", "kim"];
    others.iter().for_each(|user| keep(&mut couriers, &mut counters, "app", user));
    (0..70_000).for_each(|_| keep(&mut couriers, &mut counters, "app", "ann"));
    others.iter().for_each(|user| keep(&mut couriers, &mut counters, "app", user));
    assert_eq!(couriers.len(), 65_536);
    // The first numbers and the last are theirs, and still there.
    couriers.acknowledged(1, &[1, 2, 3, 4, 70_005, 70_006, 70_007, 70_008]);
    assert_eq!(couriers.len(), 65_528);
    couriers.acknowledged(1, &[5, 6, 7, 8]);
    assert_eq!(couriers.len(), 65_528, "those were of the one who made too many");
}

#[test]
fn users_are_told_apart_from_each_other_and_from_back_ends() {
    let (couriers, _) = couriers();
    let causes: Vec<Cause> = (0..10_000).map(|n| couriers.cause(&format!("u{n}"))).collect();
    assert!(causes.iter().all(|cause| *cause != Cause::default()));
    assert_eq!(causes.iter().collect::<BTreeSet<_>>().len(), 1023);
    assert_eq!(couriers.cause("u7"), causes[7]);
}

#[test]
fn what_goes_with_its_bucket_or_its_target_was_dropped() {
    let (mut couriers, mut counters) = couriers();
    for (n, at) in (1..).zip([0, 0, 1]) {
        let (bucket, cause) = (BucketId::of(at << 63, 1), Cause::default());
        couriers.keep(&mut counters, Happened { bucket, n, cause, target: "app".into() });
    }
    couriers.forget(&mut counters, BucketId::of(0, 1));
    assert_eq!((couriers.len(), counters.tells_dropped, counters.callout_tells), (1, 2, 3));
    couriers.acknowledged(1, &[1, 2]);
    assert_eq!(couriers.len(), 1, "they are gone");
    couriers.configure(&mut counters, &ClusterConfig { callout: Vec::new(), ..config() });
    assert_eq!((couriers.len(), counters.tells_dropped), (0, 3));
    assert_eq!(couriers.taken(), [(BucketId::of(1 << 63, 1), vec![3])], "the other bucket is gone");
}

#[test]
fn tells_wait_for_a_lane_that_brings_them() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /told/1 sub=5
        2 g1 down
        3 q2 up
        4 q2 down
        500 g2 up
        501 g3+ up
        502 g2 acknowledge 1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        1: g1 tell 1 app queue_created /told/1 e1 #0
        1: g1 tell 2 app joined /told/1 e1 #1 ann gen=4
        1: g1 tell 3 app queue_first_join /told/1 e1 #1
        500: g2 tell 1 app queue_created /told/1 e1 #0
        500: g2 tell 2 app joined /told/1 e1 #1 ann gen=4
        500: g2 tell 3 app queue_first_join /told/1 e1 #1
        ",
    );
}

#[test]
fn what_is_unheard_for_half_a_minute_is_given_again() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /told/1 sub=5
        20000 g1 acknowledge 3
        20001 g2 up
        49999 g1 acknowledge 9
        50010 g1 acknowledge 9
        50011 g1 acknowledge 1 2
        90000 g1 acknowledge 9
        90001 g1 1 2 unsubscribe /told/1
        119999 g1 acknowledge 9
        120010 g1 acknowledge 9
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        1: g1 tell 1 app queue_created /told/1 e1 #0
        1: g1 tell 2 app joined /told/1 e1 #1 ann gen=4
        1: g1 tell 3 app queue_first_join /told/1 e1 #1
        50010: g1 tell 1 app queue_created /told/1 e1 #0
        50010: g1 tell 2 app joined /told/1 e1 #1 ann gen=4
        90001: g1 answer 1 op=2 status=0 seq=1
        90001: g1 tell 4 app left /told/1 e1 #2 ann gen=4
        90001: g1 tell 5 app queue_last_leave /told/1 e1 #2
        119999: g1 tell 6 app queue_destroyed /told/1 e1 #2 (idle)
        120010: g1 tell 4 app left /told/1 e1 #2 ann gen=4
        120010: g1 tell 5 app queue_last_leave /told/1 e1 #2
        120010: g1 tell 6 app queue_destroyed /told/1 e1 #2 (idle)
        ",
    );
}
