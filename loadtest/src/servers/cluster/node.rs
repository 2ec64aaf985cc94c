//! Starting the cluster's nodes, each with the options of its role.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;

use super::network::Medium;
use super::{BOSS, Gateway, QueueNode};
use crate::processes::child::Server;
use crate::processes::{pin, scratch::Scratch};

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
    /// What all gateways are told.
    pub(super) gateway_options: Vec<String>,
    /// What is between the processes.
    pub(super) medium: Medium,
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
        self.start(BOSS, ("boss", "boss"), &options, &[])
    }

    pub(super) fn queue_node(&self, number: usize) -> Result<QueueNode> {
        let id = format!("q{number}");
        let [link, http] = self.medium.addresses(&id)?;
        let door = self.medium.door(&id, link)?;
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
        let id = format!("q{number}");
        let mut options = vec![
            ("--id", id.clone()),
            ("--boss", self.boss_door.to_string()),
            ("--listen-link", link.to_string()),
            ("--listen-http", http.to_string()),
        ];
        if door != link {
            options.push(("--advertise", door.to_string()));
        }
        self.start(&id, ("queue-node", &format!("queue-node-{number}")), &options, &[])
    }

    pub(super) fn gateway(&self, number: usize) -> Result<Gateway> {
        let doors @ [client, client_http, rpc] = self.medium.addresses(&format!("g{number}"))?;
        Ok(Gateway { server: self.gateway_at(number, doors)?, client, client_http, rpc })
    }

    /// Starts a gateway at these addresses: for clients over TCP and HTTP, and for back ends.
    pub(super) fn gateway_at(
        &self,
        number: usize,
        [client, client_http, rpc]: [SocketAddr; 3],
    ) -> Result<Server> {
        let id = format!("g{number}");
        let options = [
            ("--id", id.clone()),
            ("--boss", self.boss_door.to_string()),
            ("--listen-client", client.to_string()),
            ("--listen-http", client_http.to_string()),
            ("--listen-rpc", rpc.to_string()),
        ];
        let name = format!("gateway-{number}");
        self.start(&id, ("gateway", &name), &options, &self.gateway_options)
    }

    fn start(
        &self,
        id: &str,
        (role, name): (&str, &str),
        options: &[(&str, String)],
        more: &[String],
    ) -> Result<Server> {
        let mut command = match self.is_pinned {
            true => pin::server(&self.program),
            false => self.medium.run(id, &self.program)?,
        };
        command.arg(role).args(more).arg("--config").arg(configuration(&self.scratch));
        for (option, value) in options {
            command.args([option, value.as_str()]);
        }
        command.env("IMQ_SECRET", &self.secret).env("IMQ_RPC_KEY", &self.rpc_key);
        Server::start(name, command, &self.scratch)
    }
}
