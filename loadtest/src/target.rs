//! What a plan is run against: a cluster of its own, or one that runs.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Error, Result};
use serde::Serialize;

use crate::interrupt::Interrupt;
use crate::processes::pin;
use crate::servers::cluster::{Cluster, Shape};

/// The cluster that a plan measures.
#[derive(Clone, Debug)]
pub enum Target {
    /// Boss, queue node and gateway of this program, started on core 0 and ended with the plan,
    /// while the generator has core 1: the documented way.
    Own {
        /// imq's program, a release build.
        binary: PathBuf,
    },
    /// Processes of this machine that run already.
    Running(Nodes),
}

/// Where a running cluster is and which of its processes are looked at.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// The gateway's address: for TCP that of its clients, for WebSocket that of its clients' HTTP,
    /// for creating queues that of its RPC.
    pub address: SocketAddr,
    /// The key for the RPC, where it is used.
    pub rpc_key: String,
    /// The gateway's process.
    pub gateway: u32,
    /// The queue node's process.
    pub queue_node: u32,
}

/// How clients of a load speak to a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Protobuf over TCP.
    Tcp,
    /// The same frames over WebSocket.
    WebSocket,
    /// JSON by server-sent events.
    Events,
}

impl std::str::FromStr for Transport {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "tcp" => Ok(Self::Tcp),
            "websocket" => Ok(Self::WebSocket),
            "events" => Ok(Self::Events),
            other => Err(format!("no transport {other:?}: tcp, websocket or events")),
        }
    }
}

/// The door of a gateway that a plan uses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Door {
    Clients(Transport),
    Rpc,
}

/// A target with its nodes, for as long as the plan runs.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) nodes: Nodes,
    cluster: Option<Cluster>,
}

impl Target {
    /// Starts the cluster, if it is to be started.
    pub(crate) fn take(&self, door: Door, interrupt: &Interrupt) -> Result<Taken> {
        self.take_with(door, Shape::SMALLEST, interrupt)
    }

    /// As `take`; an own cluster has this shape.
    pub(crate) fn take_with(
        &self,
        door: Door,
        shape: Shape<'_>,
        interrupt: &Interrupt,
    ) -> Result<Taken> {
        let binary = match self {
            Self::Running(nodes) => return Ok(Taken { nodes: nodes.clone(), cluster: None }),
            Self::Own { binary } => binary,
        };
        pin::generator()?;
        let cluster = Cluster::start(binary, shape, interrupt)?;
        let gateway = cluster.door();
        let address = match door {
            Door::Clients(Transport::Tcp) => gateway.client,
            Door::Clients(Transport::WebSocket | Transport::Events) => gateway.client_http,
            Door::Rpc => gateway.rpc,
        };
        let nodes = Nodes { address, ..cluster.nodes() };
        Ok(Taken { nodes, cluster: Some(cluster) })
    }
}

impl Taken {
    /// Adds what the own processes said to an error.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match &self.cluster {
            Some(cluster) => error.context(cluster.tail()),
            None => error,
        }
    }
}
