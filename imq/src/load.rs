//! `imq loadtest` and `imq compare`: the load test's plans from the command line.

mod beside;
mod build;
mod common;
mod cost;
mod failover;
mod storms;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use beside::{CalloutSilentArgs, GuiltyArgs};
use build::BuildArgs;
use clap::{Args, Subcommand};
use cost::{ChurnArgs, IdleArgs, QueuesArgs};
use failover::FailoverArgs;
use loadtest::compare::{CompareOptions, LoadName, ServerName};
use loadtest::{Pace, Transport};
use serde::Serialize;
use storms::{ConnectStormArgs, LoginsArgs, ResumeStormArgs, RpcArgs};

/// Something was lost, doubled or out of order.
const UNSOUND: u8 = 3;

/// `imq loadtest PLAN`.
#[derive(Debug, Subcommand)]
pub(crate) enum Plan {
    /// People in rooms who send and receive, against running gateways.
    #[command(after_help = "Example: imq loadtest rooms --address 127.0.0.1:7400 --seconds 10")]
    Rooms(RoomsArgs),
    /// Memory of idle connections, with a cluster of its own.
    #[command(after_help = "Example: imq loadtest idle --websocket")]
    Idle(IdleArgs),
    /// CPU of create + join + leave + destroy, with a cluster of its own.
    #[command(after_help = "Example: imq loadtest churn --seconds 90")]
    Churn(ChurnArgs),
    /// Memory of empty queues, with a cluster of its own.
    #[command(after_help = "Example: imq loadtest queues --queues 200000")]
    Queues(QueuesArgs),
    /// A gateway is killed and all its sessions come back through another, with a cluster of its
    /// own.
    #[command(after_help = "Example: imq loadtest resume-storm --sessions 10000 --json")]
    ResumeStorm(ResumeStormArgs),
    /// Thousands connect at once while others' messages are timed, with a cluster of its own.
    #[command(after_help = "Example: imq loadtest connect-storm --storm 10000 --json")]
    ConnectStorm(ConnectStormArgs),
    /// CPU of a login, a new user each time, with a cluster of its own.
    #[command(after_help = "Example: imq loadtest logins --secret-file secret")]
    Logins(LoginsArgs),
    /// CPU of a web back end's messages, one by one and in batches, with a cluster of its own.
    #[command(after_help = "Example: imq loadtest rpc --batches 1,100")]
    Rpc(RpcArgs),
    /// A web application never answers, and those who have nothing to do with it are timed, with a
    /// cluster of its own.
    #[command(after_help = "Example: imq loadtest callout-silent --rounds 5 --json")]
    CalloutSilent(CalloutSilentArgs),
    /// Floods, receivers that never read, connections that never finish: those who have nothing to
    /// do with them are timed, with a cluster of its own.
    #[command(after_help = "Example: imq loadtest guilty --offences pings,slow-loris --rounds 3")]
    Guilty(GuiltyArgs),
    /// Queue nodes are killed under load and started again, and each message is judged, with a
    /// cluster of its own.
    #[command(after_help = "Example: imq loadtest failover --kills 20 --json")]
    Failover(FailoverArgs),
    /// The queues and sessions of `failover` that do nothing: it starts this itself.
    #[command(hide = true)]
    FailoverBystanders,
}

#[derive(Debug, Args)]
pub(crate) struct RoomsArgs {
    /// Gateways' client addresses, given to the connections in turn.
    #[arg(long, value_delimiter = ',', default_value = "127.0.0.1:7400")]
    address: Vec<SocketAddr>,
    #[command(flatten)]
    spoken: Spoken,
    /// How many connections.
    #[arg(long, default_value_t = 1000)]
    connections: usize,
    /// How many connections share a room.
    #[arg(long, default_value_t = 10)]
    room_size: usize,
    /// Bytes of a payload.
    #[arg(long, default_value_t = 100)]
    payload: usize,
    /// Closed loop: own messages in flight per connection.
    #[arg(long, default_value_t = 1, conflicts_with = "rate")]
    in_flight: u32,
    /// Open loop: messages per second of all together.
    #[arg(long)]
    rate: Option<f64>,
    /// The measured window.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Server processes of this machine whose CPU is counted.
    #[arg(long, value_delimiter = ',')]
    process: Vec<u32>,
    #[command(flatten)]
    build: BuildArgs,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// How connections speak: protobuf over TCP, unless one of these is given.
#[derive(Debug, Args)]
struct Spoken {
    /// Speak over WebSocket; addresses are then those of the clients' HTTP.
    #[arg(long)]
    websocket: bool,
    /// Speak JSON by server-sent events and POSTs, at the same addresses; only in an open loop.
    #[arg(long, conflicts_with = "websocket")]
    events: bool,
}

impl Spoken {
    fn transport(&self) -> Transport {
        match (self.websocket, self.events) {
            (true, _) => Transport::WebSocket,
            (false, true) => Transport::Events,
            (false, false) => Transport::Tcp,
        }
    }
}

/// `imq compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// How often each server has its turn with each load.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// The measured window of a run.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Which servers, among them Redis, Bun (both are what ratios are to) and imq in several ways:
    /// over TCP, imq-tls with TLS on its links, imq-copies with two queue nodes and so two copies
    /// of each queue, imq-ws-json and imq-ws-proto over WebSocket, imq-events by server-sent events
    /// and POSTs (open loops only) [default: redis, nats, mosquitto, imq, and if bun or centrifugo
    /// is there these and imq over WebSocket].
    #[arg(long, value_delimiter = ',')]
    servers: Vec<ServerName>,
    /// Which loads: rooms-10-n1, rooms-10-n8, rooms-100-n1, open-2000.
    #[arg(long, value_delimiter = ',')]
    loads: Vec<LoadName>,
    /// The program to measure [default: this one].
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Bun's program: `npm install bun` in an empty folder brings node_modules/.bin/bun [default:
    /// the bun that the shell would find].
    #[arg(long, value_name = "PATH")]
    bun: Option<PathBuf>,
    /// Centrifugo's program [default: the centrifugo that the shell would find].
    #[arg(long, value_name = "PATH")]
    centrifugo: Option<PathBuf>,
    #[command(flatten)]
    build: BuildArgs,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs a plan.
pub(crate) fn plan(plan: &Plan) -> Result<ExitCode> {
    match plan {
        Plan::Rooms(args) => rooms(args),
        Plan::Idle(args) => cost::idle(args),
        Plan::Churn(args) => cost::churn(args),
        Plan::Queues(args) => cost::queues(args),
        Plan::ResumeStorm(args) => storms::resume_storm(args),
        Plan::ConnectStorm(args) => storms::connect_storm(args),
        Plan::Logins(args) => storms::logins(args),
        Plan::Rpc(args) => storms::rpc(args),
        Plan::CalloutSilent(args) => beside::callout_silent(args),
        Plan::Guilty(args) => beside::guilty(args),
        Plan::Failover(args) => failover::failover(args),
        Plan::FailoverBystanders => failover::bystanders(),
    }
}

/// Compares the servers.
pub(crate) fn compare(args: &CompareArgs) -> Result<ExitCode> {
    args.build.check(args.binary.as_deref())?;
    let binary = args.binary.clone().map_or_else(this, Ok)?;
    let mut options = CompareOptions::new(binary);
    options.rounds = args.rounds;
    options.window = Duration::from_secs(args.seconds);
    options.servers.clone_from(&args.servers);
    options.programs.bun.clone_from(&args.bun);
    options.programs.centrifugo.clone_from(&args.centrifugo);
    if !args.loads.is_empty() {
        options.loads.clone_from(&args.loads);
    }
    let report = loadtest::compare::run(&options)?;
    let sound = report.sound();
    print(&report, args.json, sound)
}

fn rooms(args: &RoomsArgs) -> Result<ExitCode> {
    args.build.check(None)?;
    let mut options = loadtest::rooms::RoomsOptions::new(args.address.clone());
    options.transport = args.spoken.transport();
    options.connections = args.connections;
    options.room_size = args.room_size;
    options.payload_bytes = args.payload;
    options.pace = args.rate.map_or(Pace::InFlight(args.in_flight), Pace::PerSecond);
    options.window = Duration::from_secs(args.seconds);
    options.processes.clone_from(&args.process);
    let report = loadtest::rooms::run(&options)?;
    let sound = report.faults.none();
    print(&report, args.json, sound)
}

fn this() -> Result<PathBuf> {
    std::env::current_exe().context("looking for this program's own file")
}

fn print<R: Serialize + std::fmt::Display>(
    report: &R,
    json: bool,
    sound: bool,
) -> Result<ExitCode> {
    if json {
        println!("{}", serde_json::to_string(report)?);
    } else {
        println!("{report}");
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(UNSOUND) })
}
