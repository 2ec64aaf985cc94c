//! Nothing escapes before every copy has acknowledged the turn in which it was decided.

use proto::g2q::operation::Body as Op;
use proto::{c2g, limits};

use super::rig::{Rig, check_with, frames};
use crate::machine::{Faults, Fellow, Input, Played};

fn everything(rig: &mut Rig) -> usize {
    let link = rig.up("g1", false);
    rig.introduce(link, 1, "ann");
    rig.at(link, "/user/ann");
    let login = proto::g2q::Login { session: 1, ..proto::g2q::Login::default() };
    rig.lane(link, proto::g2q::g2q::Body::Login(login));
    let queue = "/room/1".to_owned();
    let subscribe = c2g::Subscribe { op_id: 1, queue, ..c2g::Subscribe::default() };
    rig.operation(link, 1, "/room/1", 5, Op::Subscribe(subscribe));
    for op_id in 2..20 {
        let (queue, mount) = ("/room/1".to_owned(), "chat".to_owned());
        let payload = Some(vec![b'x'; 10]);
        let send = c2g::SendMessage { op_id, queue, mount, payload, exclude_self: false };
        rig.operation(link, 1, "/room/1", 0, Op::SendMessage(send));
    }
    rig.handle(Input::TurnEnd);
    rig.out.links.unwritten(link).len()
}

#[test]
fn nothing_is_let_out_before_it_is_committed() {
    let mut rig = Rig::with(2, Faults::default());
    assert_eq!(everything(&mut rig), 0);
    let link = rig.link("g1");
    let held = rig.out.links.unsent(link);
    assert!(held > 1000, "what is held is unsent");
    // The first copy alone isn't enough.
    assert_eq!((rig.acknowledge(1), rig.out.links.unwritten(link).len()), (1, 0));
    let mut last = Vec::new();
    while rig.acknowledge(1) > 0 {
        rig.handle(Input::TurnEnd);
        let bytes = rig.out.links.unwritten(link).to_vec();
        assert!(bytes.starts_with(&last));
        last = bytes;
    }
    assert_eq!(rig.out.links.unsent(link), last.len());
    assert!(last.len() >= held);
    let mut direct = Rig::new();
    everything(&mut direct);
    let said = |bytes: &[u8]| -> Vec<_> {
        frames(bytes).into_iter().filter(|(number, _)| [6, 7, 8].contains(number)).collect()
    };
    let at_once = direct.out.links.unwritten(direct.link("g1")).to_vec();
    // The epochs of the two nodes' queues are the same: they have the same seed.
    assert_eq!(said(&last), said(&at_once));
    assert!(said(&last).len() > 2 * limits::UNANSWERED_PER_QUEUE_MAX / 2);
}

/// A node with two copies that have all so far, and a lane with somebody who is logged in.
fn quiet(faults: Faults) -> Rig {
    let mut rig = Rig::with(2, faults);
    everything(&mut rig);
    for _ in 0..4 {
        rig.acknowledge(usize::MAX);
        rig.handle(Input::TurnEnd);
    }
    let link = rig.link("g1");
    drop(rig.out.links.take(link));
    rig
}

/// How much a lane gets when it says so, before and after the copies have acknowledged it.
fn asked(faults: Faults, line: &str) -> [usize; 2] {
    let mut rig = quiet(faults);
    let link = rig.link("g1");
    match line {
        "probe" => rig.lane(link, proto::g2q::g2q::Body::Probe(proto::g2q::Probe { nonce: 7 })),
        _ => rig.says(line),
    }
    rig.handle(Input::TurnEnd);
    let before = rig.out.links.unwritten(link).len();
    rig.acknowledge(usize::MAX);
    [before, rig.out.links.unwritten(link).len()]
}

#[test]
fn what_leaves_no_record_waits_for_a_round() {
    let none = Faults::default();
    let planted = [
        ("g1 1 50 get /room/1", Faults { read_without_round: true, ..none }),
        ("g1 1 50 history /room/nowhere", Faults { refusal_without_round: true, ..none }),
        ("probe", Faults { probe_without_round: true, ..none }),
    ];
    for (line, faults) in planted {
        let [before, after] = asked(none, line);
        assert!(before == 0 && after > 0, "{line}");
        assert!(asked(faults, line)[0] > 0, "{line}");
    }
}

#[test]
fn a_bucket_of_the_same_node_hears_when_it_is_committed() {
    let records = |faults| {
        let mut rig = Rig::with(1, faults);
        everything(&mut rig);
        let before = rig.node.newest_records();
        rig.acknowledge(usize::MAX);
        (before, rig.node.newest_records())
    };
    let (before, after) = records(Faults::default());
    assert_ne!(before, after, "the user queue hears that its session is in the room");
    let (early, _) = records(Faults { neighbour_hears_early: true, ..Faults::default() });
    assert_ne!(before, early);
}

#[test]
fn nobody_is_waited_for_any_more() {
    let mut rig = Rig::with(2, Faults::default());
    everything(&mut rig);
    let (link, buckets) = (rig.link("g1"), rig.node.buckets());
    for (bucket, _) in &buckets {
        rig.handle(Input::Played(Played::WaitSet { bucket: *bucket, fellows: &[Fellow(1)] }));
    }
    assert!(rig.out.links.unwritten(link).is_empty());
    for (bucket, _) in &buckets {
        rig.handle(Input::Played(Played::WaitSet { bucket: *bucket, fellows: &[] }));
    }
    let mut direct = Rig::new();
    everything(&mut direct);
    let all = |rig: &Rig| {
        let mut all = frames(rig.out.links.unwritten(rig.link("g1")));
        all.sort_unstable();
        all.dedup();
        all
    };
    rig.handle(Input::TurnEnd);
    assert_eq!(all(&rig), all(&direct));
    assert!(asked(Faults::default(), "g1 1 50 get /room/1")[0] == 0);
}

#[test]
fn the_planted_leak_leaks() {
    let faults = Faults { shown_before_sent: true, ..Faults::default() };
    assert!(everything(&mut Rig::with(1, faults)) > 0);
}

#[test]
fn what_waits_for_a_lane_that_went_away_is_for_nobody() {
    let mut rig = Rig::with(1, Faults::default());
    everything(&mut rig);
    let link = rig.link("g1");
    rig.out.links.down(link);
    rig.handle(Input::LinkDown { link });
    rig.acknowledge(usize::MAX);
    check_with(rig, "1 g2 up\n2 g2 introduce 1 bob\n----\n");
}
