//! The plans of users, sessions and back ends from the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use loadtest::connect_storm::{self, ConnectStormOptions};
use loadtest::logins::{self, LoginsOptions};
use loadtest::resume_storm::{self, ResumeStormOptions};
use loadtest::rpc::{self, RpcOptions};
use loadtest::{Credentials, Target};

use super::{print, this};
use crate::config;

/// A secret for HS256 is at least as long as the hash (RFC 7518 section 3.2).
const SECRET_BYTES_MIN: usize = 32;

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

/// What all of them have.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The program to measure [default: this one].
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub(super) json: bool,
}

/// How clients log in: by name alone unless one of these is given.
#[derive(Debug, Args)]
struct LoginArgs {
    /// Sign a token (JWT, HS256) for each user with this secret of at least 32 bytes, which the
    /// cluster is given.
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
    /// A file of tokens, one a line, each used once.
    #[arg(long, value_name = "FILE", conflicts_with = "secret", requires = "keys_file")]
    token_file: Option<PathBuf>,
    /// What these tokens are verified with: the keys_file of the cluster's gateways.
    #[arg(long, value_name = "FILE", requires = "token_file")]
    keys_file: Option<PathBuf>,
}

impl Common {
    pub(super) fn binary(&self) -> Result<PathBuf> {
        self.binary.clone().map_or_else(this, Ok)
    }

    fn target(&self) -> Result<Target> {
        Ok(Target::Own { binary: self.binary()? })
    }
}

impl LoginArgs {
    fn credentials(&self) -> Result<Credentials> {
        match (&self.secret, self.token_file.as_ref().zip(self.keys_file.as_ref())) {
            (Some(secret), _) if secret.len() < SECRET_BYTES_MIN => bail!(
                "--secret has {} bytes, a gateway takes {SECRET_BYTES_MIN} or more: make one with \
                 `openssl rand -hex 32`",
                secret.len()
            ),
            (Some(secret), _) => Ok(Credentials::Secret(secret.clone())),
            (None, Some((file, keys))) => {
                let text = config::read(file)?;
                let tokens = text.lines().map(str::trim).filter(|line| !line.is_empty());
                let tokens: Vec<String> = tokens.map(str::to_owned).collect();
                if tokens.is_empty() {
                    bail!("{} has no tokens: write one a line", file.display());
                }
                Ok(Credentials::Tokens { tokens, keys: config::read(keys)? })
            }
            (None, None) => Ok(Credentials::Believed),
        }
    }
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
    let sound = report.sound();
    print(&report, args.common.json, sound)
}

pub(super) fn connect_storm(args: &ConnectStormArgs) -> Result<ExitCode> {
    let mut options = ConnectStormOptions::new(args.common.target()?);
    options.connections = args.connections;
    options.messages_per_s = args.rate;
    options.storm = args.storm;
    options.credentials = args.login.credentials()?;
    options.window = Duration::from_secs(args.seconds);
    let report = connect_storm::run(&options)?;
    let sound = report.sound();
    print(&report, args.common.json, sound)
}

pub(super) fn logins(args: &LoginsArgs) -> Result<ExitCode> {
    let mut options = LoginsOptions::new(args.common.target()?);
    options.in_flight = args.in_flight;
    options.bye = args.bye;
    options.credentials = args.login.credentials()?;
    options.window = Duration::from_secs(args.seconds);
    let report = logins::run(&options)?;
    let sound = report.sound();
    print(&report, args.common.json, sound)
}

pub(super) fn rpc(args: &RpcArgs) -> Result<ExitCode> {
    let mut options = RpcOptions::new(args.common.target()?);
    options.connections = args.connections;
    options.batches.clone_from(&args.batches);
    options.window = Duration::from_secs(args.seconds);
    let report = rpc::run(&options)?;
    print(&report, args.common.json, true)
}
