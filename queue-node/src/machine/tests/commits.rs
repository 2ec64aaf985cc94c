//! Nothing escapes before its record is on every copy.

use proto::g2q::operation::Body as Op;
use proto::{c2g, limits};

use super::rig::{Rig, check_with, frames};
use crate::machine::{Faults, Input};

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
    rig.out.links.unsent(link)
}

#[test]
fn nothing_is_let_out_before_its_record_is_committed() {
    let mut rig = Rig::with(true, Faults::default());
    assert_eq!(everything(&mut rig), 0);
    let link = rig.link("g1");
    let mut last = Vec::new();
    // Whatever is committed one by one comes in the same order as everything at once.
    for n in 1..100 {
        for (bucket, newest) in rig.node.newest_records() {
            rig.handle(Input::Committed { bucket, n: n.min(newest) });
        }
        rig.handle(Input::TurnEnd);
        let bytes = rig.out.links.unwritten(link).to_vec();
        assert!(bytes.starts_with(&last));
        last = bytes;
    }
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

#[test]
fn the_planted_leak_leaks() {
    let faults = Faults { output_before_commit: true, ..Faults::default() };
    assert!(everything(&mut Rig::with(true, faults)) > 0);
}

#[test]
fn what_waits_for_a_lane_that_went_away_is_for_nobody() {
    let mut rig = Rig::with(true, Faults::default());
    everything(&mut rig);
    let link = rig.link("g1");
    rig.out.links.down(link);
    rig.handle(Input::LinkDown { link });
    check_with(rig, "1 g2 up\n2 g2 introduce 1 bob\n----\n");
}
