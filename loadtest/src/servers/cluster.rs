//! imq as it runs in earnest: a boss, queue nodes and gateways, each a process, over TCP links.

mod hosts;
mod network;
mod node;
mod wires;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::interrupt::Interrupt;
use crate::processes::child::Server;
use crate::processes::http::{self, Http};
use crate::processes::{memory, scratch::Scratch};
use crate::secure::Secured;
use crate::target::Nodes;
use network::Medium;
use node::Starter;

pub use hosts::alone;
pub(crate) use network::Network;

/// The boss, among those whose links can be cut.
pub(crate) const BOSS: &str = "boss";

/// How many nodes a cluster has, and whom its gateways believe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'a> {
    pub(crate) gateways: usize,
    pub(crate) queue_nodes: usize,
    /// What tokens are verified with; without it clients are believed as in development.
    pub(crate) keys: Option<&'a str>,
    /// The cluster configuration; without it the one that a boss has by default.
    pub(crate) configuration: Option<&'a str>,
    /// The address of a proxy, whose connections begin with the PROXY protocol.
    pub(crate) proxy: Option<&'a str>,
    /// What speaks TLS.
    pub(crate) secured: Secured,
    /// All of it shares the servers' core: that is how CPU is compared. Else it has all cores.
    pub(crate) is_pinned: bool,
    /// What is between the processes.
    pub(crate) network: Network,
}

impl Shape<'_> {
    /// One gateway that believes everybody, and one queue node.
    pub(crate) const SMALLEST: Self = Self {
        gateways: 1,
        queue_nodes: 1,
        keys: None,
        configuration: None,
        proxy: None,
        secured: Secured::Nothing,
        is_pinned: true,
        network: Network::Loopback,
    };
}

/// Whether each bucket has as many copies in sync as are wanted. Programs of before there were
/// copies don't say it.
fn has_all_copies(boss: SocketAddr) -> bool {
    let status = Http::connect(boss).and_then(|mut http| http.get(boss, "/api/v1/status"));
    let status: Option<Value> = status.ok().and_then(|text| serde_json::from_str(&text).ok());
    status.is_some_and(|status| status["safety"].is_null() || status["safety"]["degraded"] == 0)
}

/// A cluster of its own.
#[derive(Debug)]
pub(crate) struct Cluster {
    gateways: Vec<Gateway>,
    queue_nodes: Vec<QueueNode>,
    boss: Server,
    /// The boss's cluster configuration, if it has a file.
    configuration: Option<String>,
    /// Where the boss shows itself.
    pub(crate) boss_http: SocketAddr,
    /// The key for back ends.
    pub(crate) rpc_key: String,
    /// Dropped after the processes, which write to its scratch directory.
    starter: Starter,
}

/// A gateway and its doors.
#[derive(Debug)]
pub(crate) struct Gateway {
    server: Server,
    /// TCP for clients.
    pub(crate) client: SocketAddr,
    /// HTTP for clients, which has the WebSocket.
    pub(crate) client_http: SocketAddr,
    /// HTTP for back ends and operators.
    pub(crate) rpc: SocketAddr,
}

#[derive(Debug)]
struct QueueNode {
    server: Server,
    link: SocketAddr,
    /// Where others dial it.
    door: SocketAddr,
    http: SocketAddr,
}

impl Cluster {
    /// Starts all processes and waits until they serve.
    pub(crate) fn start(program: &Path, shape: Shape<'_>, interrupt: &Interrupt) -> Result<Self> {
        if shape.gateways == 0 || shape.queue_nodes == 0 {
            bail!("a cluster has at least one gateway and one queue node");
        }
        // The processes run in a directory of their own.
        let program = program
            .canonicalize()
            .with_context(|| format!("looking for imq at {}", program.display()))?;
        let scratch = Scratch::new()?;
        let ids = ids("q", shape.queue_nodes).chain(ids("g", shape.gateways));
        let ids: Vec<String> = ids.chain([BOSS.to_owned()]).collect();
        let medium = Medium::make(shape.network, &ids)?;
        let [link, http] = medium.addresses(BOSS)?;
        let rpc_key = key();
        write_options(&scratch, shape)?;
        let configuration = match shape.configuration {
            Some(text) => Some(write_configuration(&scratch, text)?),
            None => None,
        };
        let boss_door = medium.door(BOSS, link)?;
        let (secret, boss) = (key(), link);
        let rpc = rpc_key.clone();
        let starter = Starter {
            program,
            is_pinned: shape.is_pinned,
            gateway_options: gateway_options(shape, &medium),
            scratch,
            boss,
            boss_door,
            secret,
            rpc_key: rpc,
            medium,
        };
        let boss = starter.boss(http, shape.queue_nodes, configuration.as_deref())?;
        let numbers = 1..=shape.queue_nodes;
        let queue_nodes =
            numbers.map(|number| starter.queue_node(number)).collect::<Result<_>>()?;
        let numbers = 1..=shape.gateways;
        let gateways = numbers.map(|number| starter.gateway(number)).collect::<Result<_>>()?;
        let boss_http = http;
        let mut cluster =
            Self { gateways, queue_nodes, boss, configuration, boss_http, rpc_key, starter };
        let ready = cluster.await_ready(interrupt);
        ready.map_err(|error| error.context(cluster.tail()))?;
        Ok(cluster)
    }

    fn await_ready(&mut self, interrupt: &Interrupt) -> Result<()> {
        for node in &mut self.queue_nodes {
            node.server.await_ready(interrupt, || http::ready(node.http))?;
        }
        for gateway in &mut self.gateways {
            gateway.server.await_ready(interrupt, || http::ready(gateway.rpc))?;
        }
        let boss = self.boss_http;
        self.boss.await_ready(interrupt, || has_all_copies(boss))
    }

    /// The first gateway, which every cluster has.
    pub(crate) fn door(&self) -> &Gateway {
        &self.gateways[0]
    }

    /// All gateways.
    pub(crate) fn gateways(&self) -> &[Gateway] {
        &self.gateways
    }

    /// A gateway's process; the first has number 0.
    pub(crate) fn gateway_server(&mut self, at: usize) -> &mut Server {
        &mut self.gateways[at].server
    }

    /// Starts a gateway that was killed again, at the same addresses, and waits until it serves.
    pub(crate) fn restart_gateway(&mut self, at: usize, interrupt: &Interrupt) -> Result<()> {
        let gateway = &mut self.gateways[at];
        let doors = [gateway.client, gateway.client_http, gateway.rpc];
        gateway.server = self.starter.gateway_at(at + 1, doors)?;
        gateway.server.await_ready(interrupt, || http::ready(gateway.rpc))
    }

    /// The boss's process.
    pub(crate) fn boss_server(&mut self) -> &mut Server {
        &mut self.boss
    }

    /// Starts the boss again, at the same addresses and with what it had stored.
    pub(crate) fn restart_boss(&mut self) -> Result<()> {
        let configuration = self.configuration.as_deref();
        self.boss = self.starter.boss(self.boss_http, self.queue_nodes.len(), configuration)?;
        Ok(())
    }

    /// Lets nothing pass any more from one process to another, by their ids, and tells nobody.
    pub(crate) fn cut(&self, from: &str, to: &str) -> Result<()> {
        self.starter.medium.cut(from, to)
    }

    /// Lets what one process says to another come later by so much.
    pub(crate) fn delay(&self, from: &str, to: &str, by: Duration) -> Result<()> {
        self.starter.medium.delay(from, to, by)
    }

    /// Lets all that was held pass, and all that comes.
    pub(crate) fn mend(&self) -> Result<()> {
        self.starter.medium.mend()
    }

    /// The ids of all gateways.
    pub(crate) fn gateway_ids(&self) -> impl Iterator<Item = String> + use<> {
        ids("g", self.gateways.len())
    }

    /// The ids of all queue nodes.
    pub(crate) fn queue_node_ids(&self) -> impl Iterator<Item = String> + use<> {
        ids("q", self.queue_nodes.len())
    }

    /// A queue node's process; the first has number 0.
    pub(crate) fn queue_node_server(&mut self, at: usize) -> &mut Server {
        &mut self.queue_nodes[at].server
    }

    /// Starts a queue node that has ended again, at the same addresses, and waits until it serves.
    pub(crate) fn restart_queue_node(&mut self, at: usize, interrupt: &Interrupt) -> Result<()> {
        self.start_queue_node(at)?;
        let node = &mut self.queue_nodes[at];
        node.server.await_ready(interrupt, || http::ready(node.http))
    }

    /// The same without the wait.
    pub(crate) fn start_queue_node(&mut self, at: usize) -> Result<()> {
        let node = &mut self.queue_nodes[at];
        node.server = self.starter.queue_node_at(at + 1, node.link, node.door, node.http)?;
        Ok(())
    }

    /// The first gateway's address for clients over TCP, its process and the first queue node's.
    pub(crate) fn nodes(&self) -> Nodes {
        Nodes {
            address: self.door().client,
            rpc_key: self.rpc_key.clone(),
            gateway: self.gateway(),
            queue_node: self.queue_node(),
        }
    }

    /// The first gateway's counters: each sample of this name, by its label's value.
    pub(crate) fn samples(&self, name: &str) -> Result<BTreeMap<String, u64>> {
        let address = self.door().rpc;
        Ok(http::samples(&Http::connect(address)?.get(address, "/metrics")?, name))
    }

    /// The first gateway's process.
    pub(crate) fn gateway(&self) -> u32 {
        self.gateways[0].server.process()
    }

    /// The first queue node's process.
    pub(crate) fn queue_node(&self) -> u32 {
        self.queue_nodes[0].server.process()
    }

    /// Where the first queue node shows itself.
    pub(crate) fn queue_node_http(&self) -> SocketAddr {
        self.queue_nodes[0].http
    }

    /// Resident bytes of the processes, by name.
    pub(crate) fn resident_bytes(&self) -> Result<BTreeMap<String, u64>> {
        let named = self.servers().map(|server| {
            Ok((server.name().to_owned(), memory::resident_bytes(server.process())?))
        });
        named.collect()
    }

    /// All processes.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.servers().map(Server::process).collect()
    }

    /// The ends of the logs.
    pub(crate) fn tail(&self) -> String {
        self.servers().map(Server::tail).collect::<Vec<_>>().join("\n")
    }

    fn servers(&self) -> impl Iterator<Item = &Server> {
        let nodes = self.queue_nodes.iter().map(|node| &node.server);
        let gateways = self.gateways.iter().map(|gateway| &gateway.server);
        std::iter::once(&self.boss).chain(nodes).chain(gateways)
    }
}

/// The ids of so many nodes of a kind.
fn ids(kind: &str, nodes: usize) -> impl Iterator<Item = String> + use<> {
    let kind = kind.to_owned();
    (1..=nodes).map(move |number| format!("{kind}{number}"))
}

/// What all gateways are told.
fn gateway_options(shape: Shape<'_>, medium: &Medium) -> Vec<String> {
    let mut options = Vec::new();
    if shape.keys.is_none() {
        options.push("--dev-auth".to_owned());
    }
    if medium.is_open() {
        // All clients come from one address, which isn't the loopback's.
        let unlimited = ["--address-connections-max", "0", "--address-attempts-per-s", "0"];
        options.extend(unlimited.map(str::to_owned));
    }
    options.extend(shape.proxy.iter().flat_map(|proxy| ["--proxies", proxy]).map(str::to_owned));
    options
}

/// Writes the nodes' configuration file, and the files that it names.
fn write_options(scratch: &Scratch, shape: Shape<'_>) -> Result<()> {
    let mut text = shape.secured.configuration(scratch)?;
    if let Some(keys) = shape.keys {
        let path = scratch.path().join("keys");
        fs::write(&path, keys).context("writing the keys of the tokens")?;
        text.push_str(&format!("[auth]\nkeys_file = {:?}\n", path.display().to_string()));
    }
    fs::write(node::configuration(scratch), text).context("writing the nodes' configuration")
}

/// Writes the cluster configuration.
fn write_configuration(scratch: &Scratch, text: &str) -> Result<String> {
    let path = scratch.path().join("cluster.toml");
    fs::write(&path, text).context("writing the cluster configuration")?;
    Ok(path.display().to_string())
}

/// A random key that nobody else on the machine can guess.
fn key() -> String {
    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
}
