//! Settings: a TOML file, `IMQ_*` in the environment, and flags; the later wins. As written here,
//! as used in the roles' own settings.

mod auth;
mod check;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use proto::document::{self, Finding, Problem};
use proto::name::NodeId;
use serde::Deserialize;

mod door;
pub(crate) mod hosts;
mod planted;
pub(crate) mod rpc_keys;
pub(crate) mod secrets;
mod tls;
pub(crate) use auth::AuthOptions;
pub(crate) use check::{CheckOptions, check};
pub(crate) use planted::Planted;
pub(crate) use tls::TlsOptions;

/// The configuration file: a section for each role, and what all share.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    /// Where the cluster secret is.
    pub(crate) secret_file: Option<PathBuf>,
    pub(crate) tls: TlsOptions,
    pub(crate) boss: BossOptions,
    pub(crate) queue_node: QueueNodeOptions,
    pub(crate) gateway: GatewayOptions,
    pub(crate) auth: AuthOptions,
}

/// What every role has.
#[derive(Debug, Default, Clone, Args, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Shared {
    /// The configuration file.
    #[arg(long, env = "IMQ_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
    /// The file that holds the cluster secret, the same on every node; without it the secret is
    /// IMQ_SECRET in the environment.
    #[arg(long, env = "IMQ_SECRET_FILE", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) secret_file: Option<PathBuf>,
    /// TLS of links.
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) tls: TlsOptions,
}

/// `imq boss`.
#[derive(Debug, Default, Clone, Args, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BossOptions {
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) shared: Shared,
    /// Where nodes connect [default: 127.0.0.1:7501].
    #[arg(long, env = "IMQ_BOSS_LISTEN_LINK", value_name = "ADDRESS")]
    pub(crate) listen_link: Option<SocketAddr>,
    /// Where the status page and the API are [default: 127.0.0.1:7500].
    #[arg(long, env = "IMQ_BOSS_LISTEN_HTTP", value_name = "ADDRESS")]
    pub(crate) listen_http: Option<SocketAddr>,
    /// A name under which the page and the API may be asked for, beside loopback, the address they
    /// are at and the machine's name; `*.example.com` for all below, `*` for any; may stand several
    /// times [default: none].
    #[arg(long, env = "IMQ_BOSS_HOSTS", value_name = "NAME", value_delimiter = ',')]
    pub(crate) hosts: Option<Vec<String>>,
    /// Where the roster and the table are kept [default: imq-data].
    #[arg(long, env = "IMQ_BOSS_DATA_DIR", value_name = "DIRECTORY")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The cluster configuration, used while the store has none: classes of queues. See
    /// docs/configuration.md.
    #[arg(long, env = "IMQ_BOSS_CLUSTER", value_name = "FILE")]
    pub(crate) cluster: Option<PathBuf>,
    /// The file that holds the key for what changes anything; without it the key is IMQ_ADMIN_KEY
    /// in the environment [default: none, and nothing can be changed].
    #[arg(long, env = "IMQ_ADMIN_KEY_FILE", value_name = "FILE")]
    pub(crate) admin_key_file: Option<PathBuf>,
    /// The file that holds the key for reading the page and the API; without it the key is
    /// IMQ_READ_KEY in the environment. The admin key does as well [default: none, and everybody
    /// may read].
    #[arg(long, env = "IMQ_READ_KEY_FILE", value_name = "FILE")]
    pub(crate) read_key_file: Option<PathBuf>,
    /// A new cluster waits for so many queue nodes before it hands out buckets [default: those of
    /// the first second].
    #[arg(long, env = "IMQ_BOSS_EXPECTED_QUEUE_NODES", value_name = "COUNT")]
    pub(crate) expected_queue_nodes: Option<usize>,
}

/// `imq queue-node`.
#[derive(Debug, Default, Clone, Args, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct QueueNodeOptions {
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) shared: Shared,
    /// The node's id, unique in the cluster. Required.
    #[arg(long, env = "IMQ_ID", value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The machine's name: copies are kept on different ones [default: the kernel's hostname].
    #[arg(long, env = "IMQ_HOST", value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// The boss [default: 127.0.0.1:7501].
    #[arg(long, env = "IMQ_BOSS", value_name = "ADDRESS")]
    pub(crate) boss: Option<String>,
    /// Where gateways and other queue nodes connect [default: 127.0.0.1:7600].
    #[arg(long, env = "IMQ_QUEUE_NODE_LISTEN_LINK", value_name = "ADDRESS")]
    pub(crate) listen_link: Option<SocketAddr>,
    /// The address at which they reach it [default: the one it listens at].
    #[arg(long, env = "IMQ_QUEUE_NODE_ADVERTISE", value_name = "ADDRESS")]
    pub(crate) advertise: Option<String>,
    /// Where /metrics, /healthz and /readyz are [default: 127.0.0.1:7690].
    #[arg(long, env = "IMQ_QUEUE_NODE_LISTEN_HTTP", value_name = "ADDRESS")]
    pub(crate) listen_http: Option<SocketAddr>,
    /// How many bytes the node may keep, by its own count: above it, new queues, members and
    /// sessions are refused [default: half of the memory of the machine or of the control group].
    #[arg(long, env = "IMQ_QUEUE_NODE_KEPT_BYTES_MAX", value_name = "BYTES")]
    pub(crate) kept_bytes_max: Option<u64>,
    /// What tests plant.
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) planted: Planted,
}

/// `imq gateway`.
#[derive(Debug, Default, Clone, Args, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GatewayOptions {
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) shared: Shared,
    /// The gateway's id, unique in the cluster. Required.
    #[arg(long, env = "IMQ_ID", value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The machine's name [default: the kernel's hostname].
    #[arg(long, env = "IMQ_HOST", value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// The boss [default: 127.0.0.1:7501].
    #[arg(long, env = "IMQ_BOSS", value_name = "ADDRESS")]
    pub(crate) boss: Option<String>,
    /// Where clients connect over TCP [default: 127.0.0.1:7400].
    #[arg(long, env = "IMQ_GATEWAY_LISTEN_CLIENT", value_name = "ADDRESS")]
    pub(crate) listen_client: Option<SocketAddr>,
    /// Where pages connect over WebSocket [default: 127.0.0.1:7480].
    #[arg(long, env = "IMQ_GATEWAY_LISTEN_HTTP", value_name = "ADDRESS")]
    pub(crate) listen_http: Option<SocketAddr>,
    /// Where web back ends call, and /metrics, /healthz, /readyz are [default: 127.0.0.1:7490].
    #[arg(long, env = "IMQ_GATEWAY_LISTEN_RPC", value_name = "ADDRESS")]
    pub(crate) listen_rpc: Option<SocketAddr>,
    /// A host name under which back ends may call, besides loopback, the address that a connection
    /// reached and `host`; `*.example.com` for all names below it, `*` for any; may be given
    /// several times [default: none].
    #[arg(long, env = "IMQ_GATEWAY_HOSTS", value_name = "NAME", value_delimiter = ',')]
    pub(crate) hosts: Option<Vec<String>>,
    /// Threads that hold clients [default: one per core].
    #[arg(long, env = "IMQ_GATEWAY_LANES", value_name = "COUNT")]
    pub(crate) lanes: Option<usize>,
    /// Believe `connect.user` without a token, for development only [default: false].
    #[arg(long, env = "IMQ_GATEWAY_DEV_AUTH", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) dev_auth: Option<bool>,
    /// An origin whose pages may connect, like https://game.example or http://localhost:3000;
    /// https://*.game.example for all hosts below that name, `*` for any page; may be given
    /// several times [default: none, so only programs may connect].
    #[arg(long, env = "IMQ_GATEWAY_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    #[arg(visible_alias = "origin")]
    pub(crate) origins: Option<Vec<String>>,
    /// The gateway's certificate for clients, PEM: with it, both client ports speak TLS [default:
    /// none, and they don't].
    #[arg(long, env = "IMQ_GATEWAY_CLIENT_CERTIFICATE_FILE", value_name = "FILE")]
    pub(crate) client_certificate_file: Option<PathBuf>,
    /// That certificate's private key, PEM.
    #[arg(long, env = "IMQ_GATEWAY_CLIENT_KEY_FILE", value_name = "FILE")]
    pub(crate) client_key_file: Option<PathBuf>,
    /// Proxies, as addresses or ranges like 10.0.0.0/8: their connections to the client ports
    /// begin with the PROXY protocol; may be given several times [default: none].
    #[arg(long, env = "IMQ_GATEWAY_PROXIES", value_name = "RANGE", value_delimiter = ',')]
    pub(crate) proxies: Option<Vec<String>>,
    /// How many client connections one address may have at once, 0: no limit [default: 1000].
    #[arg(long, env = "IMQ_GATEWAY_ADDRESS_CONNECTIONS_MAX", value_name = "COUNT")]
    pub(crate) address_connections_max: Option<u32>,
    /// How often one address may try to connect per second, 0: no limit [default: 50].
    #[arg(long, env = "IMQ_GATEWAY_ADDRESS_ATTEMPTS_PER_S", value_name = "COUNT")]
    pub(crate) address_attempts_per_s: Option<u32>,
    /// How many client connections the gateway has at most; fewer if it may open fewer files
    /// [default: 1000000].
    #[arg(long, env = "IMQ_GATEWAY_CONNECTIONS_MAX", value_name = "COUNT")]
    pub(crate) connections_max: Option<u32>,
    /// Where clients dial this gateway, as tcp://, tls://, ws:// or wss:// with host and port:
    /// other gateways that are full or shut down send theirs here, and this one sends its own to
    /// those that advertise the same; may be given several times [default: none, and nobody is
    /// sent anywhere].
    #[arg(long, env = "IMQ_GATEWAY_ADVERTISE_CLIENTS", value_name = "URL", value_delimiter = ',')]
    pub(crate) advertise_clients: Option<Vec<String>>,
    /// When it is told to end, it goes on serving for so long while /readyz says that it isn't
    /// ready, so that load balancers bring no more clients; then it drains. 0 to 600000
    /// [default: 0].
    #[arg(long, env = "IMQ_GATEWAY_DRAIN_NOTICE_MS", value_name = "MS")]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=DRAIN_NOTICE_MS_MAX as i64))]
    pub(crate) drain_notice_ms: Option<u32>,
    /// A client is pinged when it has been silent this long, 1000 to 600000 [default: 25000].
    #[arg(long, env = "IMQ_GATEWAY_PING_EVERY_MS", value_name = "MS")]
    pub(crate) ping_every_ms: Option<u64>,
    /// The file that holds the key of the web back end, which may do everything; without it the
    /// key is IMQ_RPC_KEY in the environment [default: none, and the RPC accepts only the
    /// `rpc_keys` of the file].
    #[arg(long, env = "IMQ_RPC_KEY_FILE", value_name = "FILE")]
    pub(crate) rpc_key_file: Option<PathBuf>,
    /// Keys of more back ends, each with what it may do. Only in the file.
    #[arg(skip)]
    pub(crate) rpc_keys: Vec<rpc_keys::RpcKey>,
    /// A part of its own in the file.
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) auth: AuthOptions,
}

impl File {
    /// The file that a role was given, or an empty one.
    pub(crate) fn of(shared: &Shared) -> Result<File> {
        let Some(path) = &shared.config else { return Ok(File::default()) };
        let text = read(path)?;
        if check::is_of_cluster(&text) {
            bail!("{}: {}", path.display(), check::OF_CLUSTER);
        }
        File::parse(&text).map_err(|problems| {
            let lines = problems.iter().map(|problem| format!("\n  {problem}"));
            anyhow!("{}:{}", path.display(), lines.collect::<String>())
        })
    }

    /// Reads a file; else all that is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<File, Vec<Problem>> {
        document::read(text, File::findings)
    }

    fn findings(&self) -> Vec<Finding> {
        let ids = [("queue_node.id", &self.queue_node.id), ("gateway.id", &self.gateway.id)];
        let ids = ids.into_iter().filter_map(|(name, id)| {
            let error = NodeId::try_from(id.as_deref()?).err()?;
            Some(format!("{name}: {error}"))
        });
        let lanes = self.gateway.lanes.filter(|lanes| *lanes == 0 || *lanes > LANES_MAX);
        let lanes = lanes.map(|_| format!("gateway.lanes is 1 to {LANES_MAX}"));
        let notice = self.gateway.drain_notice_ms.filter(|ms| *ms > DRAIN_NOTICE_MS_MAX);
        let notice =
            notice.map(|_| format!("gateway.drain_notice_ms is 0 to {DRAIN_NOTICE_MS_MAX}"));
        let auth = self.auth.settings().err().unwrap_or_default();
        let door = self.gateway.problems_at_the_door();
        let hosts = hosts::problems("boss", self.boss.hosts.as_deref());
        let hosts = hosts.chain(hosts::problems("gateway", self.gateway.hosts.as_deref()));
        let sentences = ids.chain(lanes).chain(notice).chain(door).chain(hosts).chain(auth);
        let keys = self.gateway.rpc_keys.iter().enumerate();
        let keys = keys.flat_map(|(at, key)| key.findings(&format!("gateway.rpc_keys[{at}]")));
        sentences.map(Finding::of_sentence).chain(keys).collect()
    }
}

/// Client connections of a gateway, if its files allow: what a million users of one machine need.
pub(crate) const CONNECTIONS_MAX: u32 = 1_000_000;
/// Nobody waits for longer until a process ends: supervisors kill it before.
const DRAIN_NOTICE_MS_MAX: u32 = 600_000;

/// More lanes than any machine has cores.
pub(crate) const LANES_MAX: usize = 256;

impl Shared {
    /// The cluster secret, from wherever it was given.
    pub(crate) fn secret(&self, file: &File) -> Result<Vec<u8>> {
        let path = self.secret_file.as_ref().or(file.secret_file.as_ref());
        let secret = secrets::secret("IMQ_SECRET", path)?;
        let Some(secret) = secret else {
            bail!("no cluster secret: set IMQ_SECRET or --secret-file, the same for every node");
        };
        Ok(secret.into_bytes())
    }
}

/// The machine's name, as the kernel has it.
pub(crate) fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}

/// A file's text, with its path in the error.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests;
