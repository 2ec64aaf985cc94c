//! Words to a home that can't be told are bounded.

use proto::bucket::BucketId;
use proto::codes::Status;
use proto::g2q::operation::Body as Op;
use proto::{c2g, g2c, limits, name, q2g, q2q};

use super::rig::{Rig, frames};
use crate::machine::Input;

/// A name beginning so that belongs to this half of all names.
fn named(start: &str, half: u32) -> String {
    let mut names = (0..).map(|number| format!("{start}{number}"));
    let is_there = |name: &String| BucketId::of(name::hash(name.as_bytes()), 1).prefix() == half;
    names.find(is_there).expect("half of all names are")
}

fn status(rig: &mut Rig, user: &str, room: &str, op_id: u32) -> u32 {
    let (link, handle) = (rig.link("g1"), u32::from(user.starts_with("far")));
    rig.out.links.take(link);
    let queue = room.to_owned();
    let op = c2g::Subscribe { op_id, queue, ..c2g::Subscribe::default() };
    rig.operation(link, handle, room, 5, Op::Subscribe(op));
    let said = frames(&rig.out.links.take(link));
    let (_, answer) = said.iter().find(|(number, _)| *number == q2g::ANSWER).expect("an answer");
    let answer = q2g::AnswerRef::of(answer).expect("an answer");
    g2c::ResultHead::of(answer.result).expect("a result").status
}

/// The words that wait for the second half are as many as there may be; who lives there can't join.
fn fill(rig: &mut Rig, far: &str, room: &str) -> u32 {
    let mut op_id = 0;
    while rig.node.counters().untold < limits::UNTOLD_PER_BUCKET_MAX as u64 {
        assert_eq!(status(rig, far, room, op_id + 1), 0);
        let queue = room.to_owned();
        let unsubscribe = Op::Unsubscribe(c2g::Unsubscribe { op_id: op_id + 2, queue });
        rig.operation(rig.link("g1"), 1, room, 0, unsubscribe);
        op_id += 2;
    }
    op_id
}

#[test]
fn who_cannot_be_noted_cannot_join() {
    let mut rig = Rig::new();
    rig.handle(Input::Table(super::rig::table(2, ["q1", "q2"], 0, 2)));
    let user = |start: &str, half| named(&format!("/user/{start}"), half)[6..].to_owned();
    let (near, far, room) = (user("near", 0), user("far", 1), named("/room/", 0));
    let other = named(&format!("{room}-"), 0);
    let link = rig.up("g1", false);
    rig.introduce_as(link, 0, &near, 1);
    rig.introduce_as(link, 1, &far, 1);
    rig.conf = 2;
    let op_id = fill(&mut rig, &far, &room);
    let unavailable = Status::Unavailable.number();
    assert_eq!(status(&mut rig, &far, &room, op_id + 1), unavailable);
    assert_eq!(status(&mut rig, &far, &other, op_id + 2), unavailable);
    assert_eq!(status(&mut rig, &near, &room, 1), Status::Ok.number());
    // A table without this node: its words go with its buckets.
    rig.handle(Input::Table(super::rig::table(3, ["q2", "q2"], 0, 3)));
    assert_eq!(rig.node.counters().untold, 0);
}

#[test]
fn who_cannot_tell_its_rooms_cannot_resume() {
    let mut rig = Rig::new();
    rig.handle(Input::Table(super::rig::table(2, ["q1", "q2"], 0, 2)));
    let user = |start: &str, half| named(&format!("/user/{start}"), half)[6..].to_owned();
    let (near, far) = (user("near", 0), user("far", 1));
    let (room, away) = (named("/room/", 0), named("/room/", 1));
    let link = rig.up("g1", false);
    rig.conf = 2;
    rig.run(&format!(
        "0 q2~ up
         0 g1 introduce 3 {near}
         0 g1 login 3 {near} secret=3
         1 q2~ note 7 {near} 3 {away} 77 5"
    ));
    let resume = |handle: u32| {
        format!(
            "2 g1 introduce {handle} {near}
             2 g1 login {handle} {near} secret=4 resume=3,3"
        )
    };
    rig.introduce_as(link, 1, &far, 1);
    fill(&mut rig, &far, &room);
    rig.out.links.take(link);
    assert_eq!(rig.run(&resume(4)), "2: g1 logged_in 4 8 0 code=3009 after=1000\n");
}

#[test]
fn words_that_find_no_home_are_sent_again_once_however_many_they_are() {
    let mut rig = Rig::new();
    rig.handle(Input::Table(super::rig::table(2, ["q1", "q2"], 0, 2)));
    let (far, room) = (named("/user/far", 1)[6..].to_owned(), named("/room/", 0));
    let other = named(&format!("{room}-"), 0);
    let (lane, node) = (rig.up("g1", false), rig.up("q2", true));
    rig.introduce_as(lane, 1, &far, 1);
    rig.conf = 2;
    assert_eq!(status(&mut rig, &far, &room, 1), Status::Ok.number());
    assert_eq!(status(&mut rig, &far, &other, 2), Status::Ok.number());
    rig.handle(Input::TurnEnd);
    let tells = |bytes: &[u8]| frames(bytes).iter().filter(|(number, _)| *number == 6).count();
    assert_eq!(tells(&rig.out.links.take(node)), 2);
    for _ in 0..2 {
        rig.frame(node, &q2q::Q2q { body: Some(q2q::q2q::Body::Moved(q2q::Moved::default())) });
    }
    rig.now.ms += 200;
    rig.handle(Input::Wake);
    rig.handle(Input::TurnEnd);
    assert_eq!(tells(&rig.out.links.take(node)), 2);
}
