//! When the demo may kill which node, and when that one comes back.

use super::stage::Node;

/// So long a killed node is away.
const AWAY_MS: u64 = 3_000;
/// So long nothing is killed after it has come back.
const PAUSE_MS: u64 = 2_000;

/// At most one node is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    Quiet { from_ms: u64 },
    Away { node: Node, until_ms: u64 },
    Returning { node: Node },
}

/// What is done next to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// Start it.
    Start(Node),
    /// Look whether it serves again, and say so by [`Play::back`].
    Watch(Node),
}

/// The play so far.
#[derive(Debug)]
pub(super) struct Play {
    scene: Scene,
}

impl Play {
    pub(super) fn new() -> Play {
        Play { scene: Scene::Quiet { from_ms: 0 } }
    }

    /// Whether this node may be killed now: otherwise why not. Of queue nodes so many may die
    /// without a loss; nothing if that isn't known.
    pub(super) fn may_kill(
        &self,
        now_ms: u64,
        node: Node,
        may_die: Option<u64>,
    ) -> Result<(), String> {
        let id = node.id();
        match self.scene {
            Scene::Away { node, .. } => {
                return Err(format!("{} is away: one at a time", node.id()));
            }
            Scene::Returning { node } => {
                return Err(format!("{} is coming back: one at a time", node.id()));
            }
            Scene::Quiet { from_ms } if now_ms < from_ms => {
                return Err("a moment: the last one is hardly back".to_owned());
            }
            Scene::Quiet { .. } => {}
        }
        match (node, may_die) {
            (Node::Gateway(_), _) | (Node::QueueNode(_), Some(1..)) => Ok(()),
            (Node::QueueNode(_), Some(0)) => {
                Err(format!("{id} may be the only one that has some rooms: they would be lost"))
            }
            (Node::QueueNode(_), None) => {
                Err("the boss can't be asked whether it is safe".to_owned())
            }
        }
    }

    /// It is killed.
    pub(super) fn killed(&mut self, now_ms: u64, node: Node) {
        self.scene = Scene::Away { node, until_ms: now_ms + AWAY_MS };
    }

    /// What is to be done now.
    pub(super) fn cue(&self, now_ms: u64) -> Option<Cue> {
        match self.scene {
            Scene::Away { node, until_ms } if until_ms <= now_ms => Some(Cue::Start(node)),
            Scene::Returning { node } => Some(Cue::Watch(node)),
            Scene::Away { .. } | Scene::Quiet { .. } => None,
        }
    }

    /// Its process runs again, or couldn't be started and is tried again.
    pub(super) fn started(&mut self, now_ms: u64, node: Node, runs: bool) {
        self.scene = match runs {
            true => Scene::Returning { node },
            false => Scene::Away { node, until_ms: now_ms + AWAY_MS },
        };
    }

    /// It serves again, and copies are in sync.
    pub(super) fn back(&mut self, now_ms: u64) {
        self.scene = Scene::Quiet { from_ms: now_ms + PAUSE_MS };
    }

    /// Whether a node isn't as always.
    pub(super) fn is_eventful(&self) -> bool {
        !matches!(self.scene, Scene::Quiet { .. })
    }

    /// How a node stands, for the page.
    pub(super) fn standing(&self, of: Node) -> &'static str {
        match self.scene {
            Scene::Away { node, .. } if node == of => "down",
            Scene::Returning { node } if node == of => "returning",
            Scene::Away { .. } | Scene::Returning { .. } | Scene::Quiet { .. } => "up",
        }
    }
}

#[cfg(test)]
mod tests;
