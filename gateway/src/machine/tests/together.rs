//! Connections that came together, and whose time comes together.

use proto::time::Time;

use super::*;
use crate::machine::door::{Door, PER_TURN};
use crate::machine::{ConnId, Format, Input, Lane, Outbox};

const COUNT: usize = 1_000;

#[test]
fn they_are_closed_so_many_a_turn() {
    let settings = dev();
    let mut out = Outbox::new(&settings);
    let mut lane = Lane::new(settings, 1);
    let mut now = Time::default();
    for number in 0..COUNT {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        let (conn, format) = (ConnId::at(number), Format::default());
        let opened = Input::Opened { conn, format, address, name: None };
        lane.handle(now, opened, &mut out);
    }
    let (mut ended, mut turns) = (Vec::new(), 0);
    while ended.len() < COUNT {
        now.ms = now.ms.max(lane.wake_at().expect("some are left"));
        lane.handle(now, Input::Wake, &mut out);
        let before = ended.len();
        out.clients.take_ended(&mut ended);
        assert!(ended.len() <= before + PER_TURN, "{} in a turn", ended.len() - before);
        turns += 1;
    }
    assert_eq!(turns, COUNT.div_ceil(PER_TURN));
    assert!((5_000..5_100).contains(&now.ms), "all at their time: {}", now.ms);
}

#[test]
fn their_tokens_end_so_many_a_turn() {
    let mut door = Door::new(&dev(), 1);
    for number in 0..COUNT {
        door.set_expiry(ConnId::at(number), Some(5_000));
    }
    assert!(door.expired(4_999).is_empty());
    let mut ended = Vec::new();
    while door.wake_at().is_some_and(|at_ms| at_ms <= 5_000) {
        let due = door.expired(5_000);
        assert!((1..=PER_TURN).contains(&due.len()));
        ended.extend(due);
    }
    assert_eq!(ended, (0..COUNT).map(ConnId::at).collect::<Vec<_>>());
}

#[test]
fn those_with_the_most_unsent_are_cut_off_so_many_a_turn() {
    let settings = Settings { lane_output_bytes_max: 10_000, ..dev() };
    let mut out = Outbox::new(&settings);
    let mut lane = Lane::new(settings, 1);
    let mut now = Time::default();
    for number in 0..200 {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        let (conn, format) = (ConnId::at(number), Format::default());
        let opened = Input::Opened { conn, format, address, name: None };
        lane.handle(now, opened, &mut out);
        out.clients.append(ConnId::at(number), &[0; 1_000]);
    }
    lane.handle(now, Input::TurnEnd, &mut out);
    let (mut ended, mut turns) = (Vec::new(), 0);
    while out.clients.unsent_by_all() > 10_000 {
        now.ms = now.ms.max(lane.wake_at().expect("more are to go"));
        lane.handle(now, Input::Wake, &mut out);
        let before = ended.len();
        out.clients.take_ended(&mut ended);
        assert!(ended.len() <= before + PER_TURN, "{} in a turn", ended.len() - before);
        turns += 1;
    }
    assert_eq!((ended.len(), turns), (190, 3));
    assert!(now.ms < 100, "one after the other: {}", now.ms);
}
