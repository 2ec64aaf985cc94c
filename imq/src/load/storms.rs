//! The plans of users, sessions and back ends from the command line.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use loadtest::connect_storm::{self, ConnectStormOptions};
use loadtest::logins::{self, LoginsOptions};
use loadtest::resume_storm::{self, ResumeStormOptions};
use loadtest::rpc::{self, RpcOptions};

use super::common::{Common, LoginArgs};

/// `imq loadtest resume-storm`.
#[derive(Debug, Args)]
pub(crate) struct ResumeStormArgs {
    /// Sessions on the gateway that is killed.
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// How many of them share a room.
    #[arg(long, default_value_t = 10)]
    room_size: usize,
    /// Messages per second into all rooms together.
    #[arg(long, default_value_t = 500.0)]
    rate: f64,
    /// How long messages flow before the kill.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How long they flow after the last is back; 35 sees twice the time of grace through.
    #[arg(long, default_value_t = 3)]
    after_seconds: u64,
    /// How long they may take to come back.
    #[arg(long, default_value_t = 30)]
    patience_seconds: u64,
    #[command(flatten)]
    common: Common,
}

/// `imq loadtest connect-storm`.
#[derive(Debug, Args)]
pub(crate) struct ConnectStormArgs {
    /// How many are connected before, in rooms of ten.
    #[arg(long, default_value_t = 1_000)]
    connections: usize,
    /// Their messages per second, all together.
    #[arg(long, default_value_t = 1_000.0)]
    rate: f64,
    /// How many connect at once.
    #[arg(long, default_value_t = 10_000)]
    storm: usize,
    /// How long is measured before the storm, and after it.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    #[command(flatten)]
    login: LoginArgs,
    #[command(flatten)]
    common: Common,
}

/// `imq loadtest logins`.
#[derive(Debug, Args)]
pub(crate) struct LoginsArgs {
    /// How many logins are under way at a time.
    #[arg(long, default_value_t = 200)]
    in_flight: usize,
    /// End each session by `bye`; else its connection is reset.
    #[arg(long)]
    bye: bool,
    /// The measured window.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[command(flatten)]
    login: LoginArgs,
    #[command(flatten)]
    common: Common,
}

/// `imq loadtest rpc`.
#[derive(Debug, Args)]
pub(crate) struct RpcArgs {
    /// Connections, each with one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Messages in a request, a run for each; 1 is send_message, more are batch.
    #[arg(long, value_delimiter = ',', default_value = "1,100")]
    batches: Vec<usize>,
    /// The measured window of each run.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[command(flatten)]
    common: Common,
}

pub(super) fn resume_storm(args: &ResumeStormArgs) -> Result<ExitCode> {
    let mut options = ResumeStormOptions::new(args.common.binary()?);
    options.sessions = args.sessions;
    options.room_size = args.room_size;
    options.messages_per_s = args.rate;
    options.calm = Duration::from_secs(args.seconds);
    options.after = Duration::from_secs(args.after_seconds);
    options.patience = Duration::from_secs(args.patience_seconds);
    let report = resume_storm::run(&options)?;
    args.common.print(&report, report.sound())
}

pub(super) fn connect_storm(args: &ConnectStormArgs) -> Result<ExitCode> {
    let mut options = ConnectStormOptions::new(args.common.target()?);
    options.connections = args.connections;
    options.messages_per_s = args.rate;
    options.storm = args.storm;
    options.credentials = args.login.credentials()?;
    options.window = Duration::from_secs(args.seconds);
    let report = connect_storm::run(&options)?;
    args.common.print(&report, report.sound())
}

pub(super) fn logins(args: &LoginsArgs) -> Result<ExitCode> {
    let mut options = LoginsOptions::new(args.common.target()?);
    options.in_flight = args.in_flight;
    options.bye = args.bye;
    options.credentials = args.login.credentials()?;
    options.window = Duration::from_secs(args.seconds);
    let report = logins::run(&options)?;
    args.common.print(&report, report.sound())
}

pub(super) fn rpc(args: &RpcArgs) -> Result<ExitCode> {
    let mut options = RpcOptions::new(args.common.target()?);
    options.connections = args.connections;
    options.batches.clone_from(&args.batches);
    options.window = Duration::from_secs(args.seconds);
    args.common.print(&rpc::run(&options)?, true)
}
