//! Starting the cluster's nodes, each with the options of its role.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::wires::Wires;
use super::{Gateway, QueueNode, Shape};
use crate::processes::child::Server;
use crate::processes::{pin, ports, scratch::Scratch};

/// What the nodes have in common.
#[derive(Debug)]
pub(super) struct Starter {
    pub(super) program: PathBuf,
    /// Everything runs on the servers' core.
    pub(super) is_pinned: bool,
    pub(super) scratch: Scratch,
    /// Where the boss listens for links.
    pub(super) boss: SocketAddr,
    /// Where it is dialled.
    pub(super) boss_door: SocketAddr,
    pub(super) secret: String,
    pub(super) rpc_key: String,
    /// What links go through, if anything.
    pub(super) wires: Option<Wires>,
}

/// The nodes' configuration file.
pub(super) fn configuration(scratch: &Scratch) -> PathBuf {
    scratch.path().join("imq.toml")
}

impl Starter {
    /// The boss, which waits for its queue nodes before it hands out buckets.
    pub(super) fn boss(
        &self,
        http: SocketAddr,
        queue_nodes: usize,
        configuration: Option<&str>,
    ) -> Result<Server> {
        let data = self.scratch.path().join("data").display().to_string();
        let mut options = vec![
            ("--listen-link", self.boss.to_string()),
            ("--listen-http", http.to_string()),
            ("--data-dir", data),
            ("--expected-queue-nodes", queue_nodes.to_string()),
        ];
        options.extend(configuration.map(|path| ("--cluster", path.to_owned())));
        self.start("boss", "boss", &options, &[])
    }

    pub(super) fn queue_node(&self, number: usize) -> Result<QueueNode> {
        let [link, http] = ports::free()?;
        let door = match &self.wires {
            Some(wires) => wires.lead_to(&format!("q{number}"), link)?,
            None => link,
        };
        Ok(QueueNode { server: self.queue_node_at(number, link, door, http)?, link, door, http })
    }

    /// Starts a queue node at these addresses. Others dial it at its door.
    pub(super) fn queue_node_at(
        &self,
        number: usize,
        link: SocketAddr,
        door: SocketAddr,
        http: SocketAddr,
    ) -> Result<Server> {
        let mut options = vec![
            ("--id", format!("q{number}")),
            ("--boss", self.boss_door.to_string()),
            ("--listen-link", link.to_string()),
            ("--listen-http", http.to_string()),
        ];
        if door != link {
            options.push(("--advertise", door.to_string()));
        }
        self.start(&format!("queue-node-{number}"), "queue-node", &options, &[])
    }

    pub(super) fn gateway(&self, number: usize, shape: Shape<'_>) -> Result<Gateway> {
        let doors @ [client, client_http, rpc] = ports::free()?;
        let more: Vec<_> =
            shape.proxy.map(|address| ("--proxies", address.to_owned())).into_iter().collect();
        let flags: &[&str] = if shape.keys.is_some() { &[] } else { &["--dev-auth"] };
        let server = self.gateway_at(number, doors, &more, flags)?;
        Ok(Gateway { server, client, client_http, rpc })
    }

    /// Starts a gateway at these addresses: for clients over TCP and HTTP, and for back ends.
    pub(super) fn gateway_at(
        &self,
        number: usize,
        [client, client_http, rpc]: [SocketAddr; 3],
        more: &[(&str, String)],
        flags: &[&str],
    ) -> Result<Server> {
        let options = [
            ("--id", format!("g{number}")),
            ("--boss", self.boss_door.to_string()),
            ("--listen-client", client.to_string()),
            ("--listen-http", client_http.to_string()),
            ("--listen-rpc", rpc.to_string()),
        ];
        let options = [&options, more].concat();
        self.start(&format!("gateway-{number}"), "gateway", &options, flags)
    }

    fn start(
        &self,
        name: &str,
        role: &str,
        options: &[(&str, String)],
        flags: &[&str],
    ) -> Result<Server> {
        let mut command =
            if self.is_pinned { pin::server(&self.program) } else { Command::new(&self.program) };
        command.arg(role).args(flags).arg("--config").arg(configuration(&self.scratch));
        for (option, value) in options {
            command.args([option, value.as_str()]);
        }
        command.env("IMQ_SECRET", &self.secret).env("IMQ_RPC_KEY", &self.rpc_key);
        Server::start(name, command, &self.scratch)
    }
}
