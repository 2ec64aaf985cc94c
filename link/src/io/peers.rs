//! Who is at the other ends of a thread's links, for its log.

use std::collections::BTreeMap;

use proto::link::Role;
use proto::time::Time;

use crate::machine::{LinkId, Peer};

/// What goes on failing is said again after so long.
const AGAIN_MS: u64 = 30_000;

/// The names of peers, and which dials are known to fail.
#[derive(Debug, Default)]
pub struct Peers {
    names: BTreeMap<LinkId, String>,
    /// By the name that is dialled, when the log is told of it again.
    failing: BTreeMap<String, u64>,
}

impl Peers {
    /// A link is up; its peer's name for the log.
    pub fn up(&mut self, link: LinkId, peer: &Peer, dialled: Option<&str>) -> String {
        if let Some(name) = dialled {
            self.failing.remove(name);
        }
        let name = describe(peer);
        self.names.insert(link, name.clone());
        name
    }

    /// The log knows the peer by another name: an address, say.
    pub fn call(&mut self, link: LinkId, name: &str) {
        self.names.insert(link, name.to_owned());
    }

    /// A link is down; its peer's name.
    pub fn down(&mut self, link: LinkId) -> String {
        self.names.remove(&link).unwrap_or_else(|| "an unknown node".to_owned())
    }

    /// A dial has failed; whether the log is to be told.
    pub fn failed(&mut self, now: Time, dialled: &str) -> bool {
        // Who is dialled fails again within seconds; others aren't dialled any more.
        self.failing.retain(|_, again_ms| *again_ms + AGAIN_MS > now.ms);
        if self.failing.get(dialled).is_some_and(|again_ms| now.ms < *again_ms) {
            return false;
        }
        self.failing.insert(dialled.to_owned(), now.ms + AGAIN_MS);
        true
    }
}

fn describe(peer: &Peer) -> String {
    let Peer { id, incarnation, lane, .. } = peer;
    match peer.role {
        Role::Boss => format!("boss {id}"),
        Role::QueueNode => format!("queue-node {id} ({incarnation})"),
        Role::Gateway => format!("gateway {id} ({incarnation}), lane {lane}"),
        Role::None => format!("{id}, which has no role"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_failing_is_said_now_and_then() {
        let mut peers = Peers::default();
        let at = |ms| Time { ms, unix_ms: 0 };
        let told: Vec<u64> =
            (0..=90).map(|s| s * 1000).filter(|ms| peers.failed(at(*ms), "q1")).collect();
        assert_eq!(told, [0, 30_000, 60_000, 90_000]);
        let (role, id) = (Role::Gateway, "g1".to_owned());
        let peer = Peer { role, id, incarnation: 7, lane: 2, version: 1, cluster_id: 1 };
        assert_eq!(peers.up(LinkId(3), &peer, Some("q1")), "gateway g1 (7), lane 2");
        assert!(peers.failed(at(90_001), "q1"), "it was up");
        assert!(peers.failed(at(90_001), "q2"), "another one");
        assert_eq!(peers.down(LinkId(3)), "gateway g1 (7), lane 2");
    }
}
