//! Words to a home that can't be reached are bounded.

use proto::bucket::BucketId;
use proto::codes::Status;
use proto::g2q::operation::Body as Op;
use proto::{c2g, g2c, limits, name, q2g};

use super::rig::{Rig, frames};
use crate::machine::Input;

/// A name beginning so that belongs to this half of all names.
fn named(start: &str, half: u32) -> String {
    let mut names = (0..).map(|number| format!("{start}{number}"));
    let is_there = |name: &String| BucketId::of(name::hash(name.as_bytes()), 1).prefix() == half;
    names.find(is_there).expect("half of all names are")
}

/// What this user, whose number on the link this is, is answered who joins a room.
fn joins(rig: &mut Rig, handle: u32, room: &str, op_id: u32) -> u32 {
    let link = rig.link("g1");
    rig.out.links.take(link);
    let queue = room.to_owned();
    let op = c2g::Subscribe { op_id, queue, ..c2g::Subscribe::default() };
    rig.operation(link, handle, room, 5, Op::Subscribe(op));
    let said = frames(&rig.out.links.take(link));
    let (_, answer) =
        said.iter().find(|(number, _)| *number == q2g::field::q2g::ANSWER).expect("an answer");
    let answer = q2g::AnswerRef::of(answer).expect("an answer");
    g2c::ResultHead::of(answer.result).expect("a result").status
}

/// It joins and leaves until it may no more: how often, and the id of its last operation.
fn floods(rig: &mut Rig, handle: u32, room: &str) -> (u32, u32) {
    for times in 0.. {
        let op_id = 2 * times + 1;
        match joins(rig, handle, room, op_id) {
            0 => {}
            refused => {
                assert_eq!(refused, Status::Unavailable.number());
                return (times, op_id);
            }
        }
        let queue = room.to_owned();
        let op = Op::Unsubscribe(c2g::Unsubscribe { op_id: op_id + 1, queue });
        rig.operation(rig.link("g1"), handle, room, 0, op);
    }
    unreachable!("it is refused some day")
}

/// A node whose peer, the home of the other half of all names, can't be reached now; users
/// who live there, from the handle 1 on; a room here.
fn alone(users: u32) -> (Rig, String) {
    let mut rig = Rig::new();
    rig.handle(Input::Table(super::rig::table(2, ["q1", "q2"], 0, 2)));
    let link = rig.up("g1", false);
    rig.reign = 2;
    for handle in 1..=users {
        let far = named(&format!("/user/far{handle}-"), 1)[6..].to_owned();
        rig.introduce_as(link, handle, &far, 1);
    }
    (rig, named("/room/", 0))
}

#[test]
fn who_comes_and_goes_without_end_holds_up_itself() {
    let (mut rig, room) = alone(3);
    let near = named("/user/near", 0)[6..].to_owned();
    rig.introduce_as(rig.link("g1"), 0, &near, 1);
    let (times, op_id) = floods(&mut rig, 1, &room);
    let words = rig.node.counters().unanswered;
    assert_eq!(words, limits::WORDS_PER_BUCKET_MAX as u64 / 2, "a half of all");
    assert_eq!(u64::from(times) * 2, words);
    let other = named(&format!("{room}-"), 0);
    assert_eq!(joins(&mut rig, 1, &other, op_id + 1), Status::Unavailable.number());
    // Others who live there notice nothing, nor does who lives here.
    assert!(floods(&mut rig, 2, &room).0 > 1_000);
    assert_eq!(joins(&mut rig, 3, &room, 1), Status::Ok.number());
    assert_eq!(joins(&mut rig, 0, &room, 1), Status::Ok.number());
    // A table without this node: its words go with its buckets.
    rig.handle(Input::Table(super::rig::table(3, ["q2", "q2"], 0, 3)));
    assert_eq!(rig.node.counters().unanswered, 0);
}

#[test]
fn who_cannot_tell_its_rooms_cannot_resume() {
    let (mut rig, room) = alone(200);
    let near = named("/user/near", 0)[6..].to_owned();
    let away = named("/room/", 1);
    rig.run(&format!(
        "0 q2~ up
         0 g1 introduce 1003 {near}
         0 g1 login 1003 {near} secret=3
         1 q2~ note 7 {near} 1003 {away} 77 5"
    ));
    let resume = |handle: u32| {
        format!(
            "2 g1 introduce {handle} {near}
             2 g1 login {handle} {near} secret=4 resume=1003,3"
        )
    };
    // However many flood together, there are no more words than may be.
    for handle in 1..=200 {
        floods(&mut rig, handle, &room);
    }
    let words = rig.node.counters().unanswered;
    let max = limits::WORDS_PER_BUCKET_MAX as u64;
    assert!((max..max + 200).contains(&words), "{words}");
    rig.out.links.take(rig.link("g1"));
    assert_eq!(rig.run(&resume(1004)), "2: g1 logged_in 1004 8 0 code=3009 after=1000\n");
}

#[test]
fn words_that_find_no_home_are_sent_again_once_however_often_that_is_said() {
    let mut rig = Rig::new();
    rig.handle(Input::Table(super::rig::table(2, ["q1", "q2"], 0, 2)));
    rig.reign = 2;
    let far = named("/user/far", 1)[6..].to_owned();
    let (one, two) = (named("/room/a", 0), named("/room/b", 0));
    let said = rig.run(&format!(
        "0 q2 up dialled
         0 g1 up
         0 g1 introduce 1 {far} gen=1
         1 g1 1 1 subscribe {one} sub=5
         1 g1 1 1 subscribe {two} sub=6"
    ));
    assert_eq!(said.matches("q2 word").count(), 2, "{said}");
    let moved = proto::table::Moved::default();
    let moved = proto::q2q::Q2q { body: Some(proto::q2q::q2q::Body::Moved(moved)) };
    let link = rig.link("q2");
    for round in 1..4 {
        (0..5).for_each(|_| rig.frame(link, &moved));
        rig.now.ms += 110;
        rig.handle(Input::Wake);
        let told: Vec<u32> =
            frames(&rig.out.links.take(link)).iter().map(|(number, _)| *number).collect();
        // Each time the bucket is named anew, or nobody would answer.
        assert_eq!(told, [5, 6, 6], "in round {round}");
    }
}
