//! imq as it runs in earnest: a boss, a queue node and a gateway, three processes over TCP links.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};

use crate::interrupt::Interrupt;
use crate::processes::child::Server;
use crate::processes::{http, pin, ports, scratch::Scratch};

/// A cluster of its own, with the cluster configuration a boss has by default.
#[derive(Debug)]
pub(crate) struct Cluster {
    gateway: Server,
    queue_node: Server,
    boss: Server,
    /// Dropped after the processes that write to it.
    _scratch: Scratch,
    /// The gateway's TCP address for clients.
    pub(crate) client: SocketAddr,
    /// The gateway's HTTP address for clients, which has the WebSocket.
    pub(crate) client_http: SocketAddr,
    /// The gateway's HTTP address for back ends.
    pub(crate) rpc: SocketAddr,
    /// The key for back ends.
    pub(crate) rpc_key: String,
}

impl Cluster {
    /// Starts the three on the servers' core and waits until they serve.
    pub(crate) fn start(program: &Path, interrupt: &Interrupt) -> Result<Self> {
        // The processes run in a directory of their own.
        let program = &program
            .canonicalize()
            .with_context(|| format!("looking for imq at {}", program.display()))?;
        let scratch = Scratch::new()?;
        let [boss_link, boss_http, node_link, node_http, client, client_http, rpc] = ports::free()?;
        let starter = Starter { program, scratch: &scratch, secret: key(), rpc_key: key() };
        let text = |address: SocketAddr| address.to_string();
        let data = scratch.path().join("data").display().to_string();
        let boss = starter.start(
            "boss",
            &["--listen-link", &text(boss_link), "--listen-http", &text(boss_http)],
            &["--data-dir", &data],
        )?;
        let queue_node = starter.start(
            "queue-node",
            &["--listen-link", &text(node_link), "--listen-http", &text(node_http)],
            &["--id", "q1", "--boss", &text(boss_link)],
        )?;
        let gateway = starter.start(
            "gateway",
            &[
                "--listen-client",
                &text(client),
                "--listen-http",
                &text(client_http),
                "--listen-rpc",
                &text(rpc),
            ],
            &["--id", "g1", "--boss", &text(boss_link), "--dev-auth"],
        )?;
        let rpc_key = starter.rpc_key;
        let mut cluster = Self {
            gateway,
            queue_node,
            boss,
            _scratch: scratch,
            client,
            client_http,
            rpc,
            rpc_key,
        };
        let ready = cluster.await_ready(node_http, interrupt);
        ready.map_err(|error| error.context(cluster.tail()))?;
        Ok(cluster)
    }

    fn await_ready(&mut self, node_http: SocketAddr, interrupt: &Interrupt) -> Result<()> {
        self.queue_node.await_ready(interrupt, || http::ready(node_http))?;
        self.gateway.await_ready(interrupt, || http::ready(self.rpc))
    }

    /// The gateway's process.
    pub(crate) fn gateway(&self) -> u32 {
        self.gateway.process()
    }

    /// The queue node's process.
    pub(crate) fn queue_node(&self) -> u32 {
        self.queue_node.process()
    }

    /// All three processes.
    pub(crate) fn processes(&self) -> [u32; 3] {
        [self.gateway.process(), self.queue_node.process(), self.boss.process()]
    }

    /// The ends of the three logs.
    pub(crate) fn tail(&self) -> String {
        [&self.boss, &self.queue_node, &self.gateway].map(Server::tail).join("\n")
    }
}

/// What the three have in common.
struct Starter<'a> {
    program: &'a Path,
    scratch: &'a Scratch,
    secret: String,
    rpc_key: String,
}

impl Starter<'_> {
    fn start(&self, role: &str, listens: &[&str], more: &[&str]) -> Result<Server> {
        let mut command = pin::server(self.program);
        command.arg(role).args(listens).args(more);
        command.env("IMQ_SECRET", &self.secret).env("IMQ_RPC_KEY", &self.rpc_key);
        Server::start(role, command, self.scratch)
    }
}

/// A random key that nobody else on the machine can guess.
fn key() -> String {
    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
}
