//! The nodes: each id once, with the incarnation of the process that has it now.

use std::collections::BTreeMap;

use proto::name::NodeId;
use proto::table;
use serde::{Deserialize, Serialize};

use super::history::{self, INCARNATION_COUNTER_BITS};
use super::registration::{Refusal, Registration};

/// Nodes that the roster holds, those given up included: twice what a full table serves.
pub const NODES_MAX: usize = 16_384;
/// Nodes given up that are still shown; the oldest are forgotten.
pub const GONE_MAX: usize = 64;

/// A node in one of its lives, as the owner of buckets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// Which node.
    #[serde(with = "node_id")]
    pub id: NodeId,
    /// Which of its lives.
    pub incarnation: u64,
}

impl Owner {
    /// The owner that somebody names; nothing if no boss gives such ids.
    pub fn reported(owner: &table::Owner) -> Option<Owner> {
        let id = NodeId::try_from(owner.id.as_str()).ok()?;
        Some(Owner { id, incarnation: owner.incarnation })
    }
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeRole {
    /// The clients' door.
    Gateway,
    /// Holds queues.
    QueueNode,
}

/// How far a node is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Registered; the first table isn't made yet.
    Joining,
    /// Part of the cluster.
    Up,
    /// Giving away what it holds.
    Draining,
    /// Given up: dead, or taken for dead.
    Gone,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// What its operator calls it.
    #[serde(with = "node_id")]
    pub id: NodeId,
    /// What it does.
    pub role: NodeRole,
    /// Where it runs.
    pub host: String,
    /// Where it can be reached.
    pub address: String,
    /// Its present life.
    pub incarnation: u64,
    /// What that life's process drew when it started; 0 if that isn't known.
    #[serde(default)]
    pub process: u64,
    /// How far it is.
    pub state: State,
}

impl Node {
    /// The node as an owner of buckets.
    pub fn owner(&self) -> Owner {
        Owner { id: self.id.clone(), incarnation: self.incarnation }
    }

    /// Where its operator finds it, for a sentence.
    pub fn whereabouts(&self) -> String {
        format!(" at {} on host {:?}", self.address, self.host)
    }

    /// Whether it is a queue node that the cluster counts on.
    pub fn holds_queues(&self) -> bool {
        self.role == NodeRole::QueueNode
            && match self.state {
                State::Joining | State::Up => true,
                State::Draining | State::Gone => false,
            }
    }
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The process is new and has been given an incarnation; the one it replaces had that.
    New {
        /// Of the process that had the id before.
        before: Option<u64>,
    },
    /// It was known and nothing changed.
    Known,
    /// It had been given up, and lives.
    Returned,
    /// It was given its incarnation in a step that the store has lost; the one before had that.
    Adopted {
        /// Of the process that had the id before.
        before: Option<u64>,
    },
}

/// All nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Entries", into = "Entries")]
pub struct Roster {
    nodes: BTreeMap<NodeId, Node>,
    /// The newest incarnation that was given, to whichever node.
    newest: u64,
}

impl Roster {
    /// Takes a process in, or back in. A new one gets an incarnation of this term.
    ///
    /// # Errors
    /// Why it can't be taken.
    pub fn register(&mut self, process: &Registration, term: u64) -> Result<Registered, Refusal> {
        let before = self.nodes.get(&process.id).map(|node| node.incarnation);
        match (before, process.incarnation) {
            (Some(before), Some(claimed)) if claimed == before => self.welcome_back(process),
            (Some(before), Some(claimed)) if claimed < before => Err(self.overtaken(process)),
            (before, Some(claimed)) => {
                self.make_space(before.is_some())?;
                self.newest = self.newest.max(claimed);
                self.put(process, claimed);
                Ok(Registered::Adopted { before })
            }
            (before, None) => {
                self.make_space(before.is_some())?;
                self.newest = self.next(term);
                self.put(process, self.newest);
                Ok(Registered::New { before })
            }
        }
    }

    /// The node with this id.
    pub fn get(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// All nodes, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// Sets how far a node is; true if that is a change.
    pub fn set_state(&mut self, id: &NodeId, state: State) -> bool {
        let Some(node) = self.nodes.get_mut(id).filter(|node| node.state != state) else {
            return false;
        };
        node.state = state;
        true
    }

    /// Forgets the oldest of the nodes given up, beyond those that are shown; gives their ids.
    pub fn forget(&mut self) -> Vec<NodeId> {
        let mut gone: Vec<_> = self.iter().filter(|node| node.state == State::Gone).collect();
        gone.sort_by_key(|node| node.incarnation);
        let many = gone.len().saturating_sub(GONE_MAX);
        let ids: Vec<_> = gone[..many].iter().map(|node| node.id.clone()).collect();
        for id in &ids {
            self.nodes.remove(id);
        }
        ids
    }

    /// The incarnation that a boss of this term gives next: none of a lost step is like it.
    fn next(&self, term: u64) -> u64 {
        (self.newest + 1).max((term << INCARNATION_COUNTER_BITS) + 1)
    }

    /// Whether the boss needs another term to give one: the counter of this one is used up.
    pub fn needs_term(&self, term: u64) -> bool {
        history::term_of(self.next(term)) > term
    }

    /// The newest incarnation that was given.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    fn welcome_back(&mut self, process: &Registration) -> Result<Registered, Refusal> {
        let overtaken = self.overtaken(process);
        let Some(node) = self.nodes.get_mut(&process.id) else { return Err(overtaken) };
        if node.role != process.role {
            let reason = format!("{:?} registered in another role", process.id.as_str());
            return Err(Refusal::for_good(reason));
        }
        if node.process == 0 {
            node.process = process.process;
        }
        if node.process != process.process {
            return Err(overtaken);
        }
        if node.state == State::Gone {
            node.state = State::Up;
            return Ok(Registered::Returned);
        }
        Ok(Registered::Known)
    }

    fn overtaken(&self, process: &Registration) -> Refusal {
        let id = process.id.as_str();
        let whose = self.nodes.get(&process.id).map(Node::whereabouts).unwrap_or_default();
        Refusal::for_good(format!(
            "another process{whose} has registered as {id:?} since: stop one of them"
        ))
    }

    fn make_space(&self, known: bool) -> Result<(), Refusal> {
        if known || self.nodes.len() < NODES_MAX {
            Ok(())
        } else {
            let full = format!("the cluster has {NODES_MAX} nodes, the most it can have");
            Err(Refusal::for_now(full))
        }
    }

    fn put(&mut self, process: &Registration, incarnation: u64) {
        let node = Node {
            id: process.id.clone(),
            role: process.role,
            host: process.host.clone(),
            address: process.address.clone(),
            incarnation,
            process: process.process,
            state: State::Joining,
        };
        self.nodes.insert(process.id.clone(), node);
    }
}

/// A roster as it is stored.
#[derive(Clone, Serialize, Deserialize)]
struct Entries {
    newest: u64,
    nodes: Vec<Node>,
}

impl TryFrom<Entries> for Roster {
    type Error = String;

    fn try_from(entries: Entries) -> Result<Roster, String> {
        if entries.nodes.iter().any(|node| node.incarnation > entries.newest) {
            return Err("a node has an incarnation above the newest".to_owned());
        }
        let nodes = entries.nodes.into_iter().map(|node| (node.id.clone(), node)).collect();
        Ok(Roster { nodes, newest: entries.newest })
    }
}

impl From<Roster> for Entries {
    fn from(roster: Roster) -> Entries {
        Entries { newest: roster.newest, nodes: roster.nodes.into_values().collect() }
    }
}

/// Node ids as text, checked again when they are read.
mod node_id {
    use proto::name::NodeId;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(id: &NodeId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(id.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NodeId, D::Error> {
        let text = String::deserialize(from)?;
        NodeId::try_from(text.as_str()).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
