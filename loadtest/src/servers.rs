//! The servers that a load can start for itself, each ended when its handle is dropped.

pub(crate) mod cluster;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::interrupt::Interrupt;
use crate::processes::child::Server;
use crate::processes::{pin, ports, scratch::Scratch};
use crate::secure::Secured;
use cluster::{Cluster, Shape};

/// The rooms of Bun.
const BUN_SERVER: &str = include_str!("../bun/server.js");

/// Centrifugo lets everybody do everything; by default nobody may do anything.
const CENTRIFUGO: &str = "{\"client\": {\"insecure\": true}, \"log\": {\"level\": \"warn\"}}\n";

/// A server that `compare` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerName {
    /// Redis pub/sub.
    Redis,
    /// NATS core.
    Nats,
    /// Mosquitto, MQTT at quality of service 0.
    Mosquitto,
    /// imq: boss, gateway and queue node.
    Imq,
    /// The same with TLS on its links.
    #[serde(rename = "imq-tls")]
    ImqTls,
    /// The same with two queue nodes, so that each queue has two copies.
    #[serde(rename = "imq-copies")]
    ImqCopies,
    /// Bun's `server.publish`: rooms over WebSocket.
    Bun,
    /// Centrifugo, JSON over WebSocket.
    Centrifugo,
    /// imq in JSON over WebSocket.
    #[serde(rename = "imq-ws-json")]
    ImqWsJson,
    /// imq in protobuf over WebSocket.
    #[serde(rename = "imq-ws-proto")]
    ImqWsProto,
    /// imq in JSON by server-sent events and POSTs.
    #[serde(rename = "imq-events")]
    ImqEvents,
}

/// Where the programs are that can't be found by their names alone.
#[derive(Clone, Debug)]
pub struct Programs {
    /// imq, a release build.
    pub imq: PathBuf,
    /// Bun; without it, the one that the shell would find.
    pub bun: Option<PathBuf>,
    /// Centrifugo, likewise.
    pub centrifugo: Option<PathBuf>,
}

/// How the clients of a server speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Tcp,
    WebSocket,
}

impl ServerName {
    /// All of them, in the order in which they take turns.
    pub const ALL: [Self; 11] = [
        Self::Redis,
        Self::Nats,
        Self::Mosquitto,
        Self::Imq,
        Self::ImqTls,
        Self::ImqCopies,
        Self::Bun,
        Self::Centrifugo,
        Self::ImqWsJson,
        Self::ImqWsProto,
        Self::ImqEvents,
    ];

    /// Those that are compared unless others are named.
    pub const USUAL: [Self; 8] = [
        Self::Redis,
        Self::Nats,
        Self::Mosquitto,
        Self::Imq,
        Self::Bun,
        Self::Centrifugo,
        Self::ImqWsJson,
        Self::ImqWsProto,
    ];

    /// The name as it is typed and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Nats => "nats",
            Self::Mosquitto => "mosquitto",
            Self::Imq => "imq",
            Self::ImqTls => "imq-tls",
            Self::ImqCopies => "imq-copies",
            Self::Bun => "bun",
            Self::Centrifugo => "centrifugo",
            Self::ImqWsJson => "imq-ws-json",
            Self::ImqWsProto => "imq-ws-proto",
            Self::ImqEvents => "imq-events",
        }
    }

    /// How its clients speak.
    pub(crate) fn spoken(self) -> Spoken {
        match self {
            Self::Redis
            | Self::Nats
            | Self::Mosquitto
            | Self::Imq
            | Self::ImqTls
            | Self::ImqCopies => Spoken::Tcp,
            Self::Bun | Self::Centrifugo | Self::ImqWsJson | Self::ImqWsProto | Self::ImqEvents => {
                Spoken::WebSocket
            }
        }
    }

    /// Whether it is one of ours.
    pub(crate) fn is_imq(self) -> bool {
        match self {
            Self::Redis | Self::Nats | Self::Mosquitto | Self::Bun | Self::Centrifugo => false,
            Self::Imq
            | Self::ImqTls
            | Self::ImqCopies
            | Self::ImqWsJson
            | Self::ImqWsProto
            | Self::ImqEvents => true,
        }
    }

    /// Where the server's program is; `None` when it isn't installed.
    pub(crate) fn program(self, programs: &Programs) -> Option<PathBuf> {
        let named = |path: &Path| path.is_file().then(|| path.to_path_buf());
        match self {
            Self::Redis => found("redis-server"),
            Self::Nats => found("nats-server"),
            Self::Mosquitto => found("mosquitto"),
            Self::Bun => programs.bun.as_deref().map_or_else(|| found("bun"), named),
            Self::Centrifugo => {
                programs.centrifugo.as_deref().map_or_else(|| found("centrifugo"), named)
            }
            Self::Imq
            | Self::ImqTls
            | Self::ImqCopies
            | Self::ImqWsJson
            | Self::ImqWsProto
            | Self::ImqEvents => named(&programs.imq),
        }
    }
}

/// The program of this name. Debian keeps servers where a user's path doesn't look.
fn found(name: &str) -> Option<PathBuf> {
    ["", "/usr/sbin/", "/usr/local/sbin/", "/usr/local/bin/"]
        .map(|directory| PathBuf::from(format!("{directory}{name}")))
        .into_iter()
        .find(|program| {
            let mut command = Command::new(program);
            command.arg("--help").stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        })
}

impl std::str::FromStr for ServerName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|server| server.as_str() == name);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("no server {name:?}: one of {known}")
        })
    }
}

/// A server that serves.
#[derive(Debug)]
pub(crate) enum Running {
    /// One process and the directory it runs in, which is dropped after it.
    Single { server: Server, _scratch: Scratch, address: SocketAddr },
    /// imq's processes, and how its clients speak.
    Cluster { cluster: Box<Cluster>, spoken: Spoken },
}

impl Running {
    /// Starts a server on the servers' core and waits until it serves.
    pub(crate) fn start(name: ServerName, program: &Path, interrupt: &Interrupt) -> Result<Self> {
        let scratch = Scratch::new()?;
        let [address] = ports::free()?;
        let port = address.port().to_string();
        let mut command = pin::server(program);
        match name {
            ServerName::Redis => {
                command.args(["--bind", "127.0.0.1", "--port", &port]);
                command.args(["--save", "", "--appendonly", "no"]);
            }
            ServerName::Nats => {
                command.args(["--addr", "127.0.0.1", "--port", &port]);
            }
            ServerName::Mosquitto => {
                let path = scratch.path().join("mosquitto.conf");
                // As Redis and NATS have it; with Nagle's algorithm replies wait for each other.
                let configuration = format!(
                    "listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
                );
                fs::write(&path, configuration).context("writing mosquitto's configuration")?;
                command.arg("-c").arg(path);
            }
            ServerName::Bun => {
                let path = scratch.path().join("server.js");
                fs::write(&path, BUN_SERVER).context("writing bun's server")?;
                command.arg(path).arg(&port);
            }
            ServerName::Centrifugo => {
                let path = scratch.path().join("centrifugo.json");
                fs::write(&path, CENTRIFUGO).context("writing centrifugo's configuration")?;
                command.arg("--config").arg(path);
                command.args(["--http_server.address", "127.0.0.1", "--http_server.port", &port]);
            }
            ServerName::Imq
            | ServerName::ImqTls
            | ServerName::ImqCopies
            | ServerName::ImqWsJson
            | ServerName::ImqWsProto
            | ServerName::ImqEvents => {
                let tls = name == ServerName::ImqTls;
                let secured = if tls { Secured::Links } else { Secured::Nothing };
                let queue_nodes = if name == ServerName::ImqCopies { 2 } else { 1 };
                let shape = Shape { secured, queue_nodes, ..Shape::SMALLEST };
                let cluster = Box::new(Cluster::start(program, shape, interrupt)?);
                return Ok(Self::Cluster { cluster, spoken: name.spoken() });
            }
        }
        let mut server = Server::start(name.as_str(), command, &scratch)?;
        let ready = server.await_ready(interrupt, || TcpStream::connect(address).is_ok());
        ready.map_err(|error| error.context(server.tail()))?;
        Ok(Self::Single { server, _scratch: scratch, address })
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Single { address, .. } => *address,
            Self::Cluster { cluster, spoken: Spoken::Tcp } => cluster.door().client,
            Self::Cluster { cluster, spoken: Spoken::WebSocket } => cluster.door().client_http,
        }
    }

    /// The processes that serve.
    pub(crate) fn processes(&self) -> Vec<u32> {
        match self {
            Self::Single { server, .. } => vec![server.process()],
            Self::Cluster { cluster, .. } => cluster.processes(),
        }
    }

    /// The ends of the logs, for an error.
    pub(crate) fn tail(&self) -> String {
        match self {
            Self::Single { server, .. } => server.tail(),
            Self::Cluster { cluster, .. } => cluster.tail(),
        }
    }
}
