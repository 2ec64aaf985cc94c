//! Beats of lanes to queue nodes and their echoes: by these a lane knows that it is not cut off.

use proto::limits;

use super::World;
use super::agenda::{Happening, Leg};
use super::process::Arrival;
use super::wires::Port;

impl World {
    /// The lane at the dialler's end of a new wire begins to beat.
    pub(crate) fn begin_beats(&mut self, wire: usize) {
        let ends = &self.wires[wire].ends;
        if let (Port::Lane(..), Port::Node(_)) = (ends[0].port, ends[1].port) {
            let us = self.chance.below(limits::BEAT_MS * 1000);
            self.agenda.after(us, Happening::Beat { wire, leg: Leg::Sent, sent_ms: 0 });
        }
    }

    pub(crate) fn beat(&mut self, wire: usize, leg: Leg, sent_ms: u64) {
        let one = &self.wires[wire];
        let (lane, node) = (one.ends[0].port, one.ends[1].port);
        if one.cut || one.ends[0].gone {
            return;
        }
        match leg {
            Leg::Sent => {
                let again = Happening::Beat { wire, leg, sent_ms: 0 };
                self.agenda.after(limits::BEAT_MS * 1000, again);
                if self.is_awake(lane.process()) {
                    let sent_ms = self.now().ms;
                    self.travel(wire, 1, Happening::Beat { wire, leg: Leg::There, sent_ms });
                }
            }
            Leg::There if self.is_awake(node.process()) => {
                self.travel(wire, 0, Happening::Beat { wire, leg: Leg::Back, sent_ms });
            }
            Leg::There => {}
            Leg::Back => {
                let link = one.ends[0].link;
                self.arrive(lane.process(), Arrival::Echoed { port: lane, link, sent_ms });
            }
        }
    }

    /// Something goes to an end of a wire, behind all that is on its way there.
    fn travel(&mut self, wire: usize, to: usize, happening: Happening) {
        let at_us = self.agenda.now_us() + self.link_us();
        let end = &mut self.wires[wire].ends[to];
        end.arrives_us = end.arrives_us.max(at_us);
        let arrives_us = end.arrives_us;
        self.agenda.at(arrives_us, happening);
    }
}
