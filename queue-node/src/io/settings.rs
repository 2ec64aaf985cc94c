//! What a queue node is told when it starts.

use std::net::SocketAddr;
use std::sync::mpsc::SyncSender;

use link::io::Hub;

use crate::machine::Faults;

/// The settings of the process.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its id, unique in the cluster.
    pub id: String,
    /// The machine's name.
    pub host: String,
    /// The boss's link address, or `pipe:NAME` within the process.
    pub boss: String,
    /// Where links are accepted.
    pub listen: Listen,
    /// Under which address others find it; empty: the one it listens at.
    pub advertise: String,
    /// Where `/metrics`, `/healthz` and `/readyz` are.
    pub listen_http: SocketAddr,
    /// How many bytes it may keep by its own count; else a half of the memory it may have.
    pub bytes_max: Option<u64>,
    /// The cluster secret.
    pub secret: Vec<u8>,
    /// The pipes of this process.
    pub hub: Hub,
    /// Where to say why the node can never serve: its boss has another secret or is of another
    /// cluster, or refuses it.
    pub fatal: Option<SyncSender<String>>,
    /// Planted bugs, for tests.
    pub faults: Faults,
}

/// Where links are accepted.
#[derive(Debug, Clone)]
pub enum Listen {
    /// Over TCP.
    Tcp(SocketAddr),
    /// Over TCP, and under this name within the process, where it is found.
    Pipe(SocketAddr, String),
}

/// Why a queue node doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The link address.
    #[error("listening for links at {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The HTTP address.
    #[error("listening for HTTP at {0}: {1}")]
    ListenHttp(SocketAddr, std::io::Error),
    /// Something else the operating system refuses.
    #[error("starting the thread: {0}")]
    System(#[from] std::io::Error),
}
