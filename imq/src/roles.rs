//! The three roles, each as a process.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use link::io::clock;

use crate::config::{self, BossOptions, File, GatewayOptions, QueueNodeOptions};
use crate::logging;
use crate::shutdown::Signals;
use crate::supervisor;

const BOSS: &str = "127.0.0.1:7501";

/// `imq boss`.
pub(crate) fn boss(options: BossOptions) -> Result<ExitCode> {
    let _node = logging::node("boss", boss::ID).entered();
    let signals = Signals::listen()?;
    let file = File::of(&options.shared)?;
    let secret = options.shared.secret(&file)?;
    let hub = options.shared.tls.hub(&file.tls)?;
    let written = file.boss;
    let data_dir = options.data_dir.or(written.data_dir).unwrap_or_else(|| "imq-data".into());
    let mut settings = boss::Settings::new(data_dir, secret);
    settings.hub = hub;
    settings.link_address = Some(address(options.listen_link.or(written.listen_link), 7501));
    settings.http_address = address(options.listen_http.or(written.listen_http), 7500);
    settings.host = config::hostname();
    settings.hosts = config::hosts::all(options.hosts, written.hosts)?;
    let key_file = options.admin_key_file.or(written.admin_key_file);
    settings.admin_key = config::secrets::key("IMQ_ADMIN_KEY", key_file.as_ref())?;
    let key_file = options.read_key_file.or(written.read_key_file);
    settings.read_key = config::secrets::key("IMQ_READ_KEY", key_file.as_ref())?;
    let cluster = options.cluster.or(written.cluster);
    settings.cluster = cluster.map(|path| config::read(&path)).transpose()?;
    settings.expected_queue_nodes = options.expected_queue_nodes.or(written.expected_queue_nodes);
    let running = boss::run(settings).context("starting the boss")?;
    tracing::info!("the page is at http://{}/", running.http_address);
    supervisor::started(&running.board)?;
    let signal = signals.wait(|| reloaded(""))?;
    supervisor::stopping(signal);
    tracing::info!("{signal}: the boss stops; the nodes continue with the table that they have");
    running.stop();
    tracing::info!("the boss has ended");
    Ok(ExitCode::SUCCESS)
}

/// `imq queue-node`.
pub(crate) fn queue_node(options: QueueNodeOptions) -> Result<ExitCode> {
    let file = File::of(&options.shared)?;
    let secret = options.shared.secret(&file)?;
    let hub = options.shared.tls.hub(&file.tls)?;
    let written = file.queue_node;
    let (fatal, failed) = sync_channel(1);
    let id = id(options.id.or(written.id), "queue_node", "q1")?;
    let _node = logging::node("queue-node", &id).entered();
    let signals = Signals::listen()?;
    let settings = queue_node::Settings {
        id,
        host: options.host.or(written.host).unwrap_or_else(config::hostname),
        boss: options.boss.or(written.boss).unwrap_or_else(|| BOSS.to_owned()),
        listen: queue_node::Listen::Tcp(address(options.listen_link.or(written.listen_link), 7600)),
        advertise: options.advertise.or(written.advertise).unwrap_or_default(),
        listen_http: address(options.listen_http.or(written.listen_http), 7690),
        bytes_max: options.kept_bytes_max.or(written.kept_bytes_max),
        secret,
        hub,
        fatal: Some(fatal),
        faults: options.planted.faults(),
    };
    let running = queue_node::run(settings).context("starting the queue node")?;
    tracing::info!("links at {}, /metrics at http://{}", running.link, running.http);
    supervisor::started(&running.board)?;
    let signal = signals.wait_unless(failed, || reloaded(""));
    let why = signal.as_ref().map_or("it can't go on", |signal| signal);
    supervisor::stopping(why);
    let queues = running.board.number("imq_queue_node_queues");
    tracing::warn!("{why}: this node stops, and the {queues} queues that it holds are lost");
    running.stop().context("the queue node has crashed because of a bug")?;
    tracing::info!("the queue node has ended");
    signal?;
    Ok(ExitCode::SUCCESS)
}

/// `imq gateway`.
pub(crate) fn gateway(options: GatewayOptions) -> Result<ExitCode> {
    let file = File::of(&options.shared)?;
    let secret = options.shared.secret(&file)?;
    let hub = options.shared.tls.hub(&file.tls)?;
    let written = file.gateway;
    let tls = options.clients_tls(&written)?;
    let proxies = options.networks_of_proxies(&written)?;
    let origins = options.origins_of_pages(&written)?;
    let has_pages = !origins.is_empty();
    let addresses = options.address_limits(&written);
    let advertise = options.urls_for_clients(&written)?;
    let ping_every_ms = options.silence_ms(&written)?;
    let drain_notice = options.drain_notice(&written);
    let connections_max = options.connections_max.or(written.connections_max);
    let id = id(options.id.or(written.id), "gateway", "g1")?;
    let _node = logging::node("gateway", &id).entered();
    let signals = Signals::listen()?;
    let key_file = options.rpc_key_file.or(written.rpc_key_file);
    let rpc_key = config::secrets::key("IMQ_RPC_KEY", key_file.as_ref())?;
    let dev_auth = options.dev_auth.or(written.dev_auth).unwrap_or_default();
    let auth = options.auth.or(file.auth).settings();
    let auth = auth.map_err(|problems| anyhow::anyhow!(problems.join("; ")))?;
    let (fatal, failed) = sync_channel(1);
    let settings = gateway::Settings {
        host: options.host.or(written.host).unwrap_or_else(config::hostname),
        tcp: address(options.listen_client.or(written.listen_client), 7400),
        http: address(options.listen_http.or(written.listen_http), 7480),
        web: address(options.listen_rpc.or(written.listen_rpc), 7490),
        hosts: config::hosts::all(options.hosts, written.hosts)?,
        bosses: vec![options.boss.or(written.boss).unwrap_or_else(|| BOSS.to_owned())],
        secret,
        rpc_keys: config::rpc_keys::all(rpc_key, &written.rpc_keys)?,
        origins,
        addresses,
        proxies,
        tls,
        lanes: options.lanes.or(written.lanes).unwrap_or_else(cores).clamp(1, config::LANES_MAX),
        lane: gateway::machine::Settings {
            gateway: id.clone(),
            advertise,
            dev_auth,
            ping_every_ms,
            ..gateway::machine::Settings::default()
        },
        connections_max: connections_max.unwrap_or(config::CONNECTIONS_MAX) as usize,
        id,
        hub,
        fatal: Some(fatal),
        ..gateway::Settings::default()
    };
    check_who_may_connect(&settings, auth.is_some())?;
    let running = gateway::run(gateway::Settings { auth, ..settings });
    let running = running.context("starting the gateway")?;
    let (tcp, http, web) = (running.tcp, running.http, running.web);
    tracing::info!("clients at {tcp}, WebSockets at {http}, back ends at {web}");
    if !has_pages {
        tracing::info!(
            "only programs may connect, no web page: to let pages in, list their origins in \
             `origins`"
        );
    }
    let fetch = || match running.fetch_keys() {
        true => reloaded(", and the JWKS document is fetched now"),
        false => reloaded(""),
    };
    supervisor::started(&running.board)?;
    let signal = signals.wait_unless(failed, fetch);
    // Also one that may not go on leaves its clients time to go elsewhere.
    let why = signal.as_ref().map_or("refused", |signal| signal);
    supervisor::stopping(why);
    drain(running, why, drain_notice);
    signal.map(|_| ExitCode::SUCCESS)
}

/// Refuses to believe everybody where others can come, and says who can connect if that is nobody
/// or whoever wants to.
fn check_who_may_connect(settings: &gateway::Settings, has_keys: bool) -> Result<()> {
    let doors = [settings.tcp.ip(), settings.http.ip()];
    let dev_auth = settings.lane.dev_auth;
    if dev_auth && !doors.iter().all(std::net::IpAddr::is_loopback) {
        bail!(
            "dev_auth believes any user that a client names, so the client ports must be at \
             127.0.0.1 or ::1: listen there, or leave dev_auth out and give keys_file or jwks_url \
             in [auth]"
        );
    }
    if dev_auth {
        tracing::warn!("--dev-auth: anybody who reaches this gateway can connect as any user");
    } else if !has_keys {
        tracing::warn!("nobody can connect: give keys_file or jwks_url in [auth]");
    }
    Ok(())
}

/// Sends a gateway's clients elsewhere, and ends it. Before that it is unready for a while, so that
/// load balancers bring nobody any more who would be sent away at once.
fn drain(running: gateway::Running, signal: &str, notice: Duration) {
    if !notice.is_zero() {
        let reason = format!("it drains in {} ms", notice.as_millis());
        tracing::info!("{signal}: {reason}; until then it serves, and is not ready");
        running.board.set_unready("drain", Some(reason));
        std::thread::sleep(notice);
    }
    let (board, begun_us) = (running.board.clone(), clock::micros());
    let clients = || board.number("imq_gateway_connections");
    tracing::info!("{signal}: draining: {} clients are told to connect elsewhere", clients());
    running.drain();
    running.stop();
    let (took_ms, left) = ((clock::micros() - begun_us) / 1000, clients());
    tracing::info!("drained in {took_ms} ms; {left} clients hadn't gone by then and were cut off");
}

fn reloaded(more: &str) {
    tracing::info!(
        "SIGHUP: the files of TLS and of token keys are read again when they change{more}; \
         everything else is read only at the start"
    );
}

/// Cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn address(given: Option<SocketAddr>, port: u16) -> SocketAddr {
    given.unwrap_or_else(|| ([127, 0, 0, 1], port).into())
}

/// The node's id. There is no default: two nodes that nobody has named would be one.
fn id(given: Option<String>, section: &str, example: &str) -> Result<String> {
    let Some(id) = given else {
        bail!(
            "no id: give this node a unique one with --id {example}, IMQ_ID, or `id` in the file's \
             [{section}]"
        );
    };
    proto::name::NodeId::try_from(id.as_str()).with_context(|| format!("--id {id:?}"))?;
    Ok(id)
}
