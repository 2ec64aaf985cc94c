//! imq as it runs in earnest: a boss, a queue node and a gateway, three processes over TCP links.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

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
        let scratch = Scratch::new()?;
        let [boss_link, boss_http, node_link, node_http, client, client_http, rpc] = ports::free()?;
        let secret = key();
        let rpc_key = key();
        let process = |name: &str, arguments: &[(&str, &str)], flags: &[&str]| {
            let mut command: Command = pin::server(program);
            command.arg(name).env("IMQ_SECRET", &secret).env("IMQ_RPC_KEY", &rpc_key);
            for (option, value) in arguments {
                command.args([option, value]);
            }
            command.args(flags);
            Server::start(name, command, &scratch)
        };
        let text = |address: SocketAddr| address.to_string();
        let boss_text = text(boss_link);
        let data = scratch.path().join("boss").display().to_string();
        let boss = process(
            "boss",
            &[
                ("--listen-link", &boss_text),
                ("--listen-http", &text(boss_http)),
                ("--data-dir", &data),
            ],
            &[],
        )?;
        let mut queue_node = process(
            "queue-node",
            &[
                ("--id", "q1"),
                ("--boss", &boss_text),
                ("--listen-link", &text(node_link)),
                ("--listen-http", &text(node_http)),
            ],
            &[],
        )?;
        let mut gateway = process(
            "gateway",
            &[
                ("--id", "g1"),
                ("--boss", &boss_text),
                ("--listen-client", &text(client)),
                ("--listen-http", &text(client_http)),
                ("--listen-rpc", &text(rpc)),
            ],
            &["--dev-auth"],
        )?;
        queue_node.await_ready(interrupt, || http::ready(node_http))?;
        gateway.await_ready(interrupt, || http::ready(rpc))?;
        let cluster =
            Self { gateway, queue_node, boss, _scratch: scratch, client, client_http, rpc, rpc_key };
        Ok(cluster)
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
        let named = [("boss", &self.boss), ("queue node", &self.queue_node), ("gateway", &self.gateway)];
        named.map(|(name, server)| format!("{name}:\n{}", server.tail())).join("\n")
    }
}

/// A random key that nobody else on the machine can guess.
fn key() -> String {
    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
}
