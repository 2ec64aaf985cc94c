//! `imq dev`: the whole cluster in one process. Its nodes are linked by pipes; the ports are there
//! all the same.
//!
//! [`stage`] has the nodes, any of which may be killed; [`stagehand`] does that for the demo.

mod demo;
mod play;
mod stage;
mod stagehand;

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use imq_sdk::{Client, Options as Door};
use link::io::Hub;

use self::stage::Stage;
use self::stagehand::Stagehand;
use crate::shutdown::Signals;
use crate::{config, logging};

/// The default ports count from this one.
const PORT_BASE: u16 = 7400;
const QUEUE_NODES: u32 = 2;
/// The name under which the boss listens within the process.
const BOSS: &str = "boss";
/// What the demo's queue may have, in the cluster configuration: in no other cluster.
const DEMO_CLASS: &str = include_str!("dev/demo.toml");

/// `imq dev`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Takes the place of 7400; all other ports keep their distance.
    #[arg(long, env = "IMQ_PORT_BASE", default_value_t = PORT_BASE)]
    port_base: u16,
    /// Copies of each queue, on as many of the two queue nodes: 1 or 2.
    #[arg(long, default_value_t = QUEUE_NODES)]
    copies: u32,
}

/// What is shared by the cluster's nodes.
struct Cluster {
    base: u16,
    copies: u32,
    secret: Vec<u8>,
    rpc_key: String,
    admin_key: String,
    hub: Hub,
    /// The demo, at each gateway.
    pages: &'static [gateway::Page],
}

/// Runs the cluster until the process is told to end.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if !(1..=QUEUE_NODES).contains(&options.copies) {
        bail!("--copies {}: 1 to {QUEUE_NODES}, there are so many queue nodes", options.copies);
    }
    if options.port_base == 0 || options.port_base > u16::MAX - 300 {
        bail!("--port-base {}: 1 to {}", options.port_base, u16::MAX - 300);
    }
    let _node = logging::node("dev", "dev").entered();
    let cluster = Cluster {
        base: options.port_base,
        copies: options.copies,
        secret: key().into_bytes(),
        rpc_key: key(),
        admin_key: key(),
        hub: Hub::default(),
        pages: &[],
    };
    let pages = demo::pages([cluster.at(7480), cluster.at(7481)]);
    let cluster = Cluster { pages, ..cluster };
    let data = Scratch::new()?;
    let boss = cluster.boss(&data.0)?;
    cluster.say();
    let stage = Stage::open(cluster)?;
    await_service(stage.gateways())?;
    let signals = Signals::listen()?;
    let stagehand = Stagehand::start(stage)?;
    println!("imq: ready");
    tracing::info!("everything serves");
    let signal = signals.wait_at_terminal()?;
    tracing::info!("{signal}: the cluster stops, and everything in it is lost");
    stagehand.end()?.close()?;
    boss.stop();
    Ok(ExitCode::SUCCESS)
}

impl Cluster {
    /// The port that is this one by default.
    fn at(&self, port: u16) -> SocketAddr {
        ([127, 0, 0, 1], self.base + (port - PORT_BASE)).into()
    }

    fn boss(&self, data: &Path) -> Result<boss::Running> {
        let mut settings = boss::Settings::new(data.to_owned(), self.secret.clone());
        settings.link_address = Some(self.at(7501));
        settings.http_address = self.at(7500);
        settings.host = config::hostname();
        settings.pipe = Some(BOSS.to_owned());
        settings.hub = self.hub.clone();
        settings.admin_key = Some(self.admin_key.clone());
        settings.expected_queue_nodes = Some(QUEUE_NODES as usize);
        let copies = format!("copies = {}", self.copies);
        let classes = boss::DEFAULT_CLUSTER.replacen("copies = 2", &copies, 1);
        settings.cluster = Some(classes + DEMO_CLASS);
        let node = logging::node("boss", boss::ID);
        node.in_scope(|| boss::run(settings)).context("starting the boss")
    }

    fn queue_node(&self, at: u16) -> Result<queue_node::Running> {
        let id = format!("q{}", at + 1);
        let settings = queue_node::Settings {
            bytes_max: None,
            host: config::hostname(),
            boss: format!("pipe:{BOSS}"),
            listen: queue_node::Listen::Pipe(self.at(7600 + at), id.clone()),
            advertise: String::new(),
            listen_http: self.at(7690 + at),
            secret: self.secret.clone(),
            hub: self.hub.clone(),
            fatal: None,
            faults: queue_node::machine::Faults::default(),
            id,
        };
        let node = logging::node("queue-node", &settings.id);
        node.in_scope(|| queue_node::run(settings)).context("starting a queue node")
    }

    fn gateway(&self, at: u16) -> Result<gateway::Running> {
        let id = format!("g{}", at + 1);
        let (tcp, http) = (self.at(7400 + at), self.at(7480 + at));
        let advertise = [format!("tcp://{tcp}"), format!("ws://{http}")];
        let advertise = advertise.iter().map(|url| url.parse()).collect::<Result<_, _>>()?;
        let settings = gateway::Settings {
            host: config::hostname(),
            tcp,
            http,
            web: self.at(7490 + at),
            bosses: vec![format!("pipe:{BOSS}")],
            secret: self.secret.clone(),
            rpc_keys: vec![gateway::io::web::ApiKey::whole(&self.rpc_key)],
            origins: gateway::io::origins::Origins::any(),
            pages: self.pages,
            lanes: crate::roles::cores(),
            lane: gateway::machine::Settings {
                gateway: id.clone(),
                advertise,
                dev_auth: true,
                ..gateway::machine::Settings::default()
            },
            hub: self.hub.clone(),
            id,
            ..gateway::Settings::default()
        };
        let node = logging::node("gateway", &settings.id);
        node.in_scope(|| gateway::run(settings)).context("starting a gateway")
    }

    fn say(&self) {
        println!("boss: page http://{}/, link {}", self.at(7500), self.at(7501));
        for at in [0, 1] {
            let (tcp, http, web) = (self.at(7400 + at), self.at(7480 + at), self.at(7490 + at));
            let id = at + 1;
            println!("gateway g{id}: tcp {tcp}, ws://{http}/imq/v1/ws, rpc http://{web}/rpc/v1/");
        }
        for at in [0, 1] {
            let (link, http) = (self.at(7600 + at), self.at(7690 + at));
            println!("queue node q{}: link {link}, http://{http}/metrics", at + 1);
        }
        println!("rpc key: {}", self.rpc_key);
        println!("admin key: {}", self.admin_key);
        println!("demo: http://{}/", self.at(7480));
    }
}

/// Returns when a user can log in and join a queue through each gateway: then everything serves.
fn await_service<'a>(gateways: impl Iterator<Item = &'a gateway::Running>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for gateway in gateways {
            while !gateway.board.unready().is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            let door = Door {
                addresses: vec![gateway.tcp.to_string()],
                user: "imq-dev".to_owned(),
                client_name: "imq dev".to_owned(),
                ..Door::default()
            };
            let client = Client::connect(door).await.context("trying the gateway")?;
            client.close().await;
        }
        Ok(())
    })
}

/// A key for this run.
fn key() -> String {
    use rand::RngExt;
    format!("{:032x}", rand::rng().random::<u128>())
}

/// The boss's directory, gone with the process.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch> {
        // Made here, closed to others, and by nobody before: the name can't be foreseen.
        let path = std::env::temp_dir().join(format!("imq-dev-{}", key()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| path.display().to_string())?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!("{}: {error}", self.0.display());
        }
    }
}
