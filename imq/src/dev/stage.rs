//! The gateways and queue nodes of `imq dev`. Each may be killed as by a crash, and started again
//! at the same ports.

use anyhow::{Context as _, Result};

use super::Cluster;

/// One that may be killed, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Gateway(usize),
    QueueNode(usize),
}

impl Node {
    pub(super) const ALL: [Node; 4] =
        [Node::Gateway(0), Node::Gateway(1), Node::QueueNode(0), Node::QueueNode(1)];

    pub(super) fn id(self) -> &'static str {
        match self {
            Node::Gateway(0) => "g1",
            Node::Gateway(_) => "g2",
            Node::QueueNode(0) => "q1",
            Node::QueueNode(_) => "q2",
        }
    }

    pub(super) fn named(id: &str) -> Option<Node> {
        Node::ALL.into_iter().find(|node| node.id() == id)
    }
}

/// The nodes; nothing is where one was killed.
pub(super) struct Stage {
    cluster: Cluster,
    gateways: [Option<gateway::Running>; 2],
    queue_nodes: [Option<queue_node::Running>; 2],
}

impl Stage {
    /// Starts all.
    ///
    /// # Errors
    /// If one can't be started.
    pub(super) fn open(cluster: Cluster) -> Result<Stage> {
        let queue_nodes = [Some(cluster.queue_node(0)?), Some(cluster.queue_node(1)?)];
        let gateways = [Some(cluster.gateway(0)?), Some(cluster.gateway(1)?)];
        Ok(Stage { cluster, gateways, queue_nodes })
    }

    /// Those that run.
    pub(super) fn gateways(&self) -> impl Iterator<Item = &gateway::Running> {
        self.gateways.iter().flatten()
    }

    /// Where clients find the gateways, also one that is killed.
    pub(super) fn addresses(&self) -> Vec<String> {
        [7400, 7401].map(|port| self.cluster.at(port).to_string()).to_vec()
    }

    /// A question to the boss.
    pub(super) fn boss_url(&self, question: &str) -> String {
        format!("http://{}/api/v1/{question}", self.cluster.at(7500))
    }

    /// Whether it says of itself that it serves.
    pub(super) fn is_ready(&self, node: Node) -> bool {
        let board = match node {
            Node::Gateway(at) => self.gateways[at].as_ref().map(|one| &one.board),
            Node::QueueNode(at) => self.queue_nodes[at].as_ref().map(|one| &one.board),
        };
        board.is_some_and(|board| board.unready().is_empty())
    }

    /// Ends it without a word to anybody.
    ///
    /// # Errors
    /// If it had died of a bug before.
    pub(super) fn kill(&mut self, node: Node) -> Result<()> {
        match node {
            Node::Gateway(at) => self.gateways[at].take().map_or(Ok(()), |one| {
                one.kill();
                Ok(())
            }),
            // It has nobody to say goodbye to.
            Node::QueueNode(at) => self.queue_nodes[at].take().map_or(Ok(()), stopped),
        }
    }

    /// Starts one anew that was killed.
    ///
    /// # Errors
    /// If it can't be started: a port may be somebody else's by now.
    pub(super) fn start(&mut self, node: Node) -> Result<()> {
        match node {
            Node::Gateway(at) => self.gateways[at] = Some(self.cluster.gateway(at as u16)?),
            Node::QueueNode(at) => self.queue_nodes[at] = Some(self.cluster.queue_node(at as u16)?),
        }
        Ok(())
    }

    /// Stops all: clients are told.
    ///
    /// # Errors
    /// If a queue node had died of a bug.
    pub(super) fn close(self) -> Result<()> {
        for gateway in self.gateways.into_iter().flatten() {
            gateway.drain();
            gateway.stop();
        }
        self.queue_nodes.into_iter().flatten().try_for_each(stopped)
    }
}

fn stopped(node: queue_node::Running) -> Result<()> {
    node.stop().context("a queue node has crashed because of a bug")
}
