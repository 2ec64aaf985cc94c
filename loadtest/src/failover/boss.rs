//! What the boss says of its cluster: who is there, where queues live, which buckets are served.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::processes::http::Http;

/// Requests that are under way at a time.
const PIPELINED: usize = 64;

/// A node in one of its lives: id and incarnation.
pub(super) type Life = (String, u64);

/// The boss's HTTP port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boss {
    pub(super) address: SocketAddr,
}

/// Where a queue lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Place {
    pub(super) bucket: String,
    /// Rises when the bucket begins anew.
    pub(super) loss: u64,
    node: Option<Owner>,
}

impl Place {
    /// The id of who serves it.
    pub(super) fn home(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.id.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Owner {
    id: String,
    incarnation: u64,
}

impl Owner {
    fn life(&self) -> Life {
        (self.id.clone(), self.incarnation)
    }
}

/// The cluster at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Picture {
    /// Queue nodes that are up.
    pub(super) up: BTreeSet<Life>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Row {
    prefix: u32,
    loss: u64,
    primary: Option<Owner>,
    /// The primary among them; a boss that has no copies doesn't say.
    #[serde(default)]
    in_sync: Vec<Owner>,
    #[serde(default)]
    learners: Vec<Owner>,
}

#[derive(Deserialize)]
struct Table {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Status {
    safety: Safety,
}

#[derive(Deserialize)]
struct Safety {
    hosts_may_die: u32,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    role: String,
    state: String,
    incarnation: u64,
}

impl Boss {
    /// Where these queues live or would live.
    pub(super) fn places(self, queues: &[String]) -> Result<Vec<Place>> {
        let mut http = Http::connect(self.address)?;
        let mut places = Vec::with_capacity(queues.len());
        for queues in queues.chunks(PIPELINED) {
            let mut requests = String::new();
            for queue in queues {
                let host = self.address;
                write!(
                    requests,
                    "GET /api/v1/where?queue={queue} HTTP/1.1\r\nHost: {host}\r\n\r\n"
                )?;
            }
            http.send(requests.as_bytes())?;
            for queue in queues {
                let answer = http.answer()?;
                if answer.status != 200 {
                    bail!("the boss answers {} when it is asked for {queue}", answer.status);
                }
                places.push(read(&answer.body)?);
            }
        }
        Ok(places)
    }

    /// How many hosts may die now without losing anything: what its page is headed by.
    pub(super) fn hosts_may_die(self) -> Result<u32> {
        let status = Http::connect(self.address)?.get(self.address, "/api/v1/status")?;
        let Status { safety } = read(status.as_bytes())?;
        Ok(safety.hosts_may_die)
    }

    /// The cluster now.
    pub(super) fn picture(self) -> Result<Picture> {
        let mut http = Http::connect(self.address)?;
        // The table first: whoever is in it and dies meanwhile isn't among those who are up.
        let table = http.get(self.address, "/api/v1/table")?;
        let nodes = http.get(self.address, "/api/v1/nodes")?;
        Picture::read(&table, &nodes)
    }
}

impl Picture {
    fn read(table: &str, nodes: &str) -> Result<Self> {
        let Table { rows } = read(table.as_bytes())?;
        let Nodes { nodes } = read(nodes.as_bytes())?;
        let up = nodes.into_iter().filter(|node| node.role == "queue_node" && node.state == "up");
        Ok(Self { up: up.map(|node| (node.id, node.incarnation)).collect(), rows })
    }

    /// Whether each bucket has a primary that is up and none of `dead`.
    pub(super) fn served(&self, dead: &BTreeSet<Life>) -> bool {
        self.rows.iter().all(|row| {
            let life = row.primary.as_ref().map(Owner::life);
            life.is_some_and(|life| self.up.contains(&life) && !dead.contains(&life))
        })
    }

    /// Whether each bucket has so many copies in sync, or one on each node that is up and none of
    /// `dead` if there are fewer.
    pub(super) fn in_sync(&self, copies: usize, dead: &BTreeSet<Life>) -> bool {
        let living: BTreeSet<_> = self.up.difference(dead).collect();
        let wanted = copies.min(living.len());
        self.rows.iter().all(|row| {
            let members = row.in_sync.iter().chain(&row.primary).map(Owner::life);
            let members: BTreeSet<_> = members.collect();
            members.iter().filter(|life| living.contains(life)).count() >= wanted
        })
    }

    /// The life of the node with this id, if it is up.
    pub(super) fn life(&self, id: &str) -> Option<Life> {
        self.up.iter().find(|life| life.0 == id).cloned()
    }

    /// How many buckets each node that is up serves.
    pub(super) fn buckets(&self) -> BTreeMap<&str, usize> {
        let mut buckets: BTreeMap<&str, usize> =
            self.up.iter().map(|life| (life.0.as_str(), 0)).collect();
        for owner in self.rows.iter().filter_map(|row| row.primary.as_ref()) {
            *buckets.entry(&owner.id).or_default() += 1;
        }
        buckets
    }

    /// How many buckets a life is being given.
    pub(super) fn filling(&self, life: &Life) -> usize {
        let is_filled = |row: &&Row| row.learners.iter().any(|owner| owner.life() == *life);
        self.rows.iter().filter(is_filled).count()
    }

    /// How many buckets each node has a copy of that it doesn't serve.
    pub(super) fn copies(&self) -> BTreeMap<&str, usize> {
        let mut copies = BTreeMap::new();
        for row in &self.rows {
            let others = row.in_sync.iter().filter(|owner| row.primary.as_ref() != Some(*owner));
            for owner in others {
                *copies.entry(owner.id.as_str()).or_default() += 1;
            }
        }
        copies
    }

    /// Whether a life has a copy of anything.
    pub(super) fn holds(&self, life: &Life) -> bool {
        self.rows.iter().any(|row| row.in_sync.iter().any(|owner| owner.life() == *life))
    }

    /// By the other nodes: how many buckets they have copies of together with this one.
    pub(super) fn fellows(&self, id: &str) -> BTreeMap<&str, usize> {
        let mut fellows = BTreeMap::new();
        for row in &self.rows {
            let members: BTreeSet<&str> =
                row.in_sync.iter().chain(&row.primary).map(|owner| owner.id.as_str()).collect();
            if members.contains(id) {
                for other in members.into_iter().filter(|other| *other != id) {
                    *fellows.entry(other).or_default() += 1;
                }
            }
        }
        fellows
    }

    /// How many buckets have begun anew since an earlier picture.
    pub(super) fn lost_since(&self, before: &Picture) -> u64 {
        let losses: BTreeMap<u32, u64> =
            before.rows.iter().map(|row| (row.prefix, row.loss)).collect();
        let lost = self
            .rows
            .iter()
            .filter(|row| losses.get(&row.prefix).is_some_and(|loss| row.loss > *loss));
        lost.count() as u64
    }
}

fn read<D: DeserializeOwned>(document: &[u8]) -> Result<D> {
    serde_json::from_slice(document).context("reading what the boss says")
}
