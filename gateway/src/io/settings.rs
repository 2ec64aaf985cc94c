//! What a gateway is told when it starts.

use std::net::SocketAddr;
use std::sync::mpsc::SyncSender;

use link::io::Hub;
use link::io::tls::Tls;
use member::io::http::server::HostPattern;
use proto::limits;

use super::keys;
use super::network::Network;
use super::origins::Origins;
use super::pages::Page;
use super::web::ApiKey;
use crate::machine::{self, AddressLimits};

/// What a gateway opens and whom it asks.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its id, unique in the cluster.
    pub id: String,
    /// Which machine it runs on, as the operator calls it.
    pub host: String,
    /// Where clients speak protobuf over TCP.
    pub tcp: SocketAddr,
    /// Where clients open WebSockets.
    pub http: SocketAddr,
    /// Where the back end asks, and metrics are.
    pub web: SocketAddr,
    /// Under which names back ends may call, beside its own.
    pub hosts: Vec<HostPattern>,
    /// Link addresses of the bosses.
    pub bosses: Vec<String>,
    /// The cluster secret.
    pub secret: Vec<u8>,
    /// API keys of back ends; none: the RPC refuses everybody.
    pub rpc_keys: Vec<ApiKey>,
    /// Whose tokens are believed; without it, nobody's.
    pub auth: Option<keys::Settings>,
    /// Which pages may open WebSockets; by default none: only programs, which send no `Origin`.
    pub origins: Origins,
    /// What is handed out at the port of WebSockets; by default nothing.
    pub pages: &'static [Page],
    /// Threads with clients.
    pub lanes: usize,
    /// Client connections at most; fewer if the process may open fewer files.
    pub connections_max: usize,
    /// What one address may do.
    pub addresses: AddressLimits,
    /// Who brings clients of other addresses, and says so by the PROXY protocol.
    pub proxies: Vec<Network>,
    /// Who the gateway is for its clients: with it, both of their ports speak TLS.
    pub tls: Option<Tls>,
    /// How links are kept.
    pub beat_ms: u64,
    /// When a silent link is dead.
    pub dead_ms: u64,
    /// How lanes behave.
    pub lane: machine::Settings,
    /// Listeners within the process.
    pub hub: Hub,
    /// Where to say why the gateway can never serve: its boss has another secret or is of another
    /// cluster, or refuses it.
    pub fatal: Option<SyncSender<String>>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            id: "g1".to_owned(),
            host: "localhost".to_owned(),
            tcp: SocketAddr::from(([127, 0, 0, 1], 7400)),
            http: SocketAddr::from(([127, 0, 0, 1], 7480)),
            web: SocketAddr::from(([127, 0, 0, 1], 7490)),
            hosts: Vec::new(),
            bosses: vec!["127.0.0.1:7501".to_owned()],
            secret: Vec::new(),
            rpc_keys: Vec::new(),
            auth: None,
            origins: Origins::default(),
            pages: &[],
            lanes: 1,
            connections_max: 1_000_000,
            addresses: AddressLimits::default(),
            proxies: Vec::new(),
            tls: None,
            beat_ms: limits::BEAT_MS,
            dead_ms: limits::DEAD_MS,
            lane: machine::Settings::default(),
            hub: Hub::default(),
            fatal: None,
        }
    }
}
