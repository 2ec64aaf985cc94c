//! The plan in which queue nodes die, from the command line.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use loadtest::failover::{self, FailoverOptions, How};

use super::common::Common;
use super::this;

/// `imq loadtest failover`.
#[derive(Debug, Args)]
pub(crate) struct FailoverArgs {
    /// What is done to queue nodes. SIGKILL: kill (of the one that most is at home on), backup (of
    /// the one with the most copies), half (of half of them at once), gateway-and-home (with a
    /// gateway), boss-and-node (with the boss, which starts again at once), learner (of one that is
    /// being filled). SIGSTOP, later SIGCONT: stop. By a proxy that all links go through and that
    /// holds what is said, without a word: cut (two nodes from each other), apart (two nodes and
    /// all gateways from the boss), cut-one-way (in turn a node's fellow hears nothing of it, it
    /// nothing of its fellow, the boss nothing of it, it nothing of the boss, it nothing of all
    /// gateways, and they nothing of it), delay (what a node says and hears comes 10 to 200 ms
    /// late), power (SIGKILL of a node whose links nobody ends; those to other nodes are cut 200 ms
    /// before). By chance: random (a node, a gateway, the boss, or two of them one behind the
    /// other, each by SIGKILL, by SIGSTOP for up to 1.2 s, or by a cut from all other processes).
    #[arg(long, default_value = "kill")]
    how: How,
    /// Each server process on a host of its own, with packets dropped there instead of the proxy:
    /// network namespaces with nftables, for root. All but delay can be done so.
    #[arg(long)]
    hosts: bool,
    /// What chance begins with: a run says which one it had.
    #[arg(long)]
    seed: Option<u64>,
    /// How often.
    #[arg(long, default_value_t = 20)]
    kills: usize,
    /// How long nothing is done before each kill, and after the last.
    #[arg(long, default_value_t = 5.0)]
    pause_seconds: f64,
    /// How long a stopped node stands still, and how long links stay cut or slow.
    #[arg(long, default_value_t = 5.0)]
    hold_seconds: f64,
    /// How many queue nodes.
    #[arg(long, default_value_t = 3)]
    queue_nodes: usize,
    /// How many gateways.
    #[arg(long, default_value_t = 2)]
    gateways: usize,
    /// How many copies of each bucket the cluster keeps.
    #[arg(long, default_value_t = 2)]
    copies: usize,
    /// How many queues there are, created before.
    #[arg(long, default_value_t = 100_000)]
    queues: usize,
    /// How many sessions there are; most of them say nothing, each in a queue of its own.
    #[arg(long, default_value_t = 20_000)]
    sessions: usize,
    /// How many of them send, 40 at least for each probe room.
    #[arg(long, default_value_t = 1_000)]
    talkers: usize,
    /// How many of these share a room.
    #[arg(long, default_value_t = 2)]
    room_size: usize,
    /// Probe rooms on each queue node; each gets 1,000 messages per second, and times the gap.
    #[arg(long, default_value_t = 2)]
    probes: usize,
    /// Messages per second into all rooms together, probe rooms included.
    #[arg(long, default_value_t = 20_000.0)]
    rate: f64,
    /// Bytes of a payload.
    #[arg(long, default_value_t = 100)]
    payload: usize,
    #[command(flatten)]
    common: Common,
}

pub(super) fn failover(args: &FailoverArgs) -> Result<ExitCode> {
    if args.hosts {
        failover::alone()?;
    }
    let mut options = FailoverOptions::new(args.common.binary()?, this()?);
    options.how = args.how;
    options.hosts = args.hosts;
    options.seed = args.seed.unwrap_or(options.seed);
    options.kills = args.kills;
    options.pause = Duration::try_from_secs_f64(args.pause_seconds)?;
    options.hold = Duration::try_from_secs_f64(args.hold_seconds)?;
    options.queue_nodes = args.queue_nodes;
    options.gateways = args.gateways;
    options.copies = args.copies;
    options.queues = args.queues;
    options.sessions = args.sessions;
    options.talkers = args.talkers;
    options.room_size = args.room_size;
    options.probes = args.probes;
    options.messages_per_s = args.rate;
    options.payload_bytes = args.payload;
    let report = failover::run(&options)?;
    args.common.print(&report, report.sound())
}

/// `imq loadtest failover-bystanders`, which the plan starts beside itself.
pub(super) fn bystanders() -> Result<ExitCode> {
    failover::stand_by()?;
    Ok(ExitCode::SUCCESS)
}
