//! What the membership of processes wants of the world: links, and to be believed.

use member::machine::{Dial, Input, Notice, Target as Known};

use super::wires::Port;
use super::{Target, World};

impl World {
    /// Whom a process knows a target as.
    pub(crate) fn known(&self, target: Target) -> Known {
        match target {
            Target::Boss => Known::Boss(0),
            Target::Node(node, incarnation) => {
                Known::Node { id: self.nodes[node].id.clone(), incarnation }
            }
        }
    }

    fn target(&self, known: Known) -> Option<Target> {
        match known {
            Known::Boss(_) => Some(Target::Boss),
            Known::Node { id, incarnation } => {
                let node = self.nodes.iter().position(|host| host.id == id);
                node.map(|node| Target::Node(node, incarnation))
            }
        }
    }

    /// Does with the links of a port what its membership wants.
    pub(crate) fn follow(&mut self, port: Port, dials: Vec<Dial>) {
        for dial in dials {
            match dial {
                Dial::Begin { target, address: _ } => {
                    if let Some(target) = self.target(target) {
                        self.want(port, target);
                    }
                }
                Dial::End(target) => {
                    if let Some(target) = self.target(target) {
                        self.unwant(port, target);
                    }
                }
                // The world knows who everybody is.
                Dial::IntroduceAs { .. } => {}
            }
        }
    }

    /// A process hears why the boss doesn't take it.
    pub(crate) fn noticed(&mut self, who: &str, notice: Notice) {
        match notice {
            Notice::Refused { reason, for_good: true }
            | Notice::NoBoss { reason, for_good: true } => {
                self.violated("who is alone keeps its id", format!("not {who}: {reason}"));
            }
            Notice::Refused { reason, for_good: false } => {
                self.trace(|| format!("{who} is refused: {reason}"));
            }
            Notice::Waits(_) | Notice::NoBoss { for_good: false, .. } => {}
        }
    }

    /// Nobody listens where a port dials a node.
    pub(crate) fn is_refused(&mut self, port: Port, target: Target) {
        let target = self.known(target);
        let unreachable = Input::Unreachable { target: &target, refused: true, hopeless: None };
        match port {
            Port::Boss => {}
            Port::Node(at) => self.node_gets(at, unreachable),
            Port::Lane(at, lane) => self.lane_gets(at, lane, unreachable),
        }
        self.flush_links(port);
    }
}
