//! The plans that say what a connection, a queue and its life cost, from the command line.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use loadtest::churn::{self, ChurnOptions};
use loadtest::idle::{self, IdleOptions};
use loadtest::queues::{self, QueuesOptions};

use super::Spoken;
use super::common::Common;

/// `imq loadtest idle`.
#[derive(Debug, Args)]
pub(crate) struct IdleArgs {
    #[command(flatten)]
    spoken: Spoken,
    /// Over TLS, with a certificate of the plan's own.
    #[arg(long)]
    tls: bool,
    /// Connections at each look at memory.
    #[arg(long, value_delimiter = ',', default_value = "2000,5000,8000,11000,14000")]
    steps: Vec<usize>,
    #[command(flatten)]
    common: Common,
}

/// `imq loadtest churn`.
#[derive(Debug, Args)]
pub(crate) struct ChurnArgs {
    /// How many connections.
    #[arg(long, default_value_t = 500)]
    connections: usize,
    /// How long.
    #[arg(long, default_value_t = 90)]
    seconds: u64,
    #[command(flatten)]
    common: Common,
}

/// `imq loadtest queues`.
#[derive(Debug, Args)]
pub(crate) struct QueuesArgs {
    /// How many queues.
    #[arg(long, default_value_t = 200_000)]
    queues: usize,
    #[command(flatten)]
    common: Common,
}

pub(super) fn idle(args: &IdleArgs) -> Result<ExitCode> {
    let mut options = IdleOptions::new(args.common.target()?);
    options.transport = args.spoken.transport();
    options.tls = args.tls;
    options.steps.clone_from(&args.steps);
    args.common.print(&idle::run(&options)?, true)
}

pub(super) fn churn(args: &ChurnArgs) -> Result<ExitCode> {
    let mut options = ChurnOptions::new(args.common.target()?);
    options.connections = args.connections;
    options.duration = Duration::from_secs(args.seconds);
    args.common.print(&churn::run(&options)?, true)
}

pub(super) fn queues(args: &QueuesArgs) -> Result<ExitCode> {
    let mut options = QueuesOptions::new(args.common.target()?);
    options.queues = args.queues;
    args.common.print(&queues::run(&options)?, true)
}
