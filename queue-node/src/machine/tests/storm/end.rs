//! How a storm ends: with nothing that is unanswered, and nothing that is left.

use std::collections::VecDeque;

use proto::ids::Generation;

use super::World;
use crate::machine::Input;

impl World {
    /// All that is to be said is said.
    fn come_to_rest(&mut self) {
        for _ in 0..100 {
            self.commit();
            self.rig.handle(Input::TurnEnd);
            self.hear();
            self.pass(1000);
        }
    }

    /// Everybody who is there still is so rightly, and goes.
    pub(super) fn end(&mut self) {
        for lane in 0..2 {
            if !self.lanes[lane].up {
                self.link(lane);
            }
        }
        self.come_to_rest();
        for lane in &self.lanes {
            for connection in lane.connections.values().filter(|connection| connection.open) {
                let (id, own) = connection.session.as_ref().expect("every login is answered");
                let newest = self.rig.node.generation_of(id.as_slice().try_into().expect("an id"));
                let newest = newest.map(Generation::number);
                assert_eq!(newest, Some(*own), "who is over was told so: {connection:?}");
            }
        }
        for lane in 0..2 {
            let open = self.lanes[lane].connections.iter().filter(|(_, c)| c.open);
            for handle in open.map(|(handle, _)| *handle).collect::<Vec<_>>() {
                self.close_one(lane, handle, false);
            }
        }
        self.come_to_rest();
        for lane in &self.lanes {
            assert!(lane.unanswered.iter().all(VecDeque::is_empty), "all is answered");
            self.rig.out.links.down(lane.link);
            self.rig.node.handle(
                self.rig.node_now(),
                Input::LinkDown { link: lane.link },
                &mut self.rig.out,
            );
        }
        for _ in 0..100 {
            self.commit();
            self.rig.handle(Input::TurnEnd);
            self.pass(1000);
        }
        let counters = self.rig.node.counters();
        let left =
            [counters.sessions, counters.subscriptions, counters.queues, counters.unanswered];
        assert_eq!(left, [0; 4], "sessions, subscriptions, queues, words");
    }
}
